#!/usr/bin/env python3
"""Flips bits and cuts off ends in every kind of file of a finished dataset: `hamgen verify --full` has to notice.

    damage.py --hamgen build/release/bin/hamgen --count-flips 10000 --count-truncations 1000 --repair 200
    damage.py --only flip:train/shard-00000.h5:4711:3 --only cut:manifest.json:12

A flip is file:byte:bit, a cut file:bytes that stay. verify has to exit 1 and to name the file; of a sample, repair has
to bring back every byte.
"""
from __future__ import annotations

import json
import os
import re
import sys

import common
from common import Campaign, Result, differences, run

TINY = ("--system", "pendulum", "--n", "3", "--n-test", "1", "--shard-size", "2", "--image-size", "8", "--steps", "4")


class Damage:
    def __init__(self, campaign: Campaign):
        self.campaign, self.random = campaign, campaign.random
        self.reference = campaign.reference(TINY)
        self.root = campaign.reference_root(TINY)
        self.files = {name: (self.root / name).read_bytes() for name in self.reference}
        self.padding = [(name, place) for name, data in self.files.items() if name.endswith(".h5")
                        for run in re.finditer(rb"\0{16,}", data) for place in range(*run.span())]
        self.letters = [(name, place) for name, data in self.files.items() if name.endswith(".json")
                        for run in re.finditer(rb"[A-Za-z]", data) for place in [run.start()]]
        self.sizes = [len(data) for data in self.files.values()]

    def any_file(self) -> str:
        return self.random.choice(list(self.files))

    def flip(self) -> str:
        """Half of them in a file, whatever its size; the others anywhere, in runs of zeros, and in upper for lower case."""
        kind, bit = self.random.choice(("file", "file", "file", "byte", "padding", "letter")), self.random.randrange(8)
        if kind == "padding":
            name, place = self.random.choice(self.padding)
        elif kind == "letter":
            (name, place), bit = self.random.choice(self.letters), 5
        else:
            name = self.any_file() if kind == "file" else self.random.choices(list(self.files), self.sizes)[0]
            place = self.random.randrange(len(self.files[name]))
        self.campaign.add(f"flips: {kind}")
        return f"flip:{name}:{place}:{bit}"

    def cut(self) -> str:
        name = self.any_file()
        size = len(self.files[name])
        return f"cut:{name}:{self.random.choice((0, size - 1, *[self.random.randrange(size) for _ in range(6)]))}"

    def apply(self, case: str) -> str:
        """The name of the file that is damaged now."""
        what, name, place, *bit = case.split(":")
        data = self.files[name]
        if what == "cut":
            os.truncate(self.root / name, int(place))
            return name
        with open(self.root / name, "r+b") as file:
            file.seek(int(place))
            file.write(bytes([data[int(place)] ^ 1 << int(bit[0])]))
        return name

    def restore(self, names: list[str]) -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self.files[name])

    def verdict_problems(self, name: str, result: Result) -> list[str]:
        if result.status is None or result.status < 0:
            return common.message_problems(result)
        if result.status != 1:
            return [f"verify says exit {result.status}"]
        try:
            named = [problem["file"] for problem in json.loads(result.out)["problems"]]
        except (ValueError, KeyError, TypeError):
            return [f"verify's answer is not as promised: {result.out[:200]!r}"]
        return [] if name in named else [f"verify names {named}, but not {name}"]

    def try_repair(self, case: str) -> None:
        result = run(self.campaign.hamgen, "repair", self.root, "--quiet")
        self.campaign.add("repairs")
        failed = ["repair fails"] if result.status != 0 else []
        found = failed + [f"after repair, {text}" for text in differences(self.root, self.reference)]
        for path in self.root.rglob("*"):
            if path.is_file() and str(path.relative_to(self.root)) not in self.files:
                path.unlink()
        if found:
            self.campaign.violation("repairs", f"--only {case} --repair 1", found, result)
            self.restore(list(self.files))

    def try_case(self, case: str, repair: bool) -> None:
        name = self.apply(case)
        result = run(self.campaign.hamgen, "verify", self.root, "--full", "--json")
        kind = "flips" if case.startswith("flip") else "truncations"
        self.campaign.add(kind)
        if problems := self.verdict_problems(name, result):
            self.campaign.violation(kind, f"--only {case}", problems, result)
        if repair:
            self.try_repair(case)
        self.restore([name])

    def run(self, cases: list[str], repairs: int) -> None:
        every = max(1, len(cases) // repairs) if repairs else 0
        for i, case in enumerate(cases):
            self.try_case(case, every > 0 and i % every == 0)
        result = run(self.campaign.hamgen, "verify", self.root, "--full", "--json")
        if result.status != 0:
            self.campaign.violation("flips", "the dataset without damage", ["verify does not like it"], result)


def main() -> int:
    made = common.parser(__doc__, None, "")
    made.add_argument("--count-flips", type=int, default=10000, metavar="N", help="bit flips [10000]")
    made.add_argument("--count-truncations", type=int, default=1000, metavar="N", help="truncations [1000]")
    made.add_argument("--repair", type=int, default=0, metavar="N", help="how many of them are repaired, too [0]")
    made.add_argument("--only", action="append", metavar="CASE", help="this case alone")
    options = common.parse(made)
    with Campaign("damage", options) as campaign:
        damage = Damage(campaign)
        cases = options.only or ([damage.flip() for _ in range(options.count_flips)] +
                                 [damage.cut() for _ in range(options.count_truncations)])
        campaign.random.shuffle(cases)
        damage.run(cases, options.repair)
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

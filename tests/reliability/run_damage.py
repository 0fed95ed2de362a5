#!/usr/bin/env python3
"""Flips bits and cuts off ends in every file of a finished training: hgn-fit, hgn-eval and hgn-rollout have to answer as they do of
the whole one, or with status 1 and one line that says what is wrong.

    run_damage.py --hamgen build/release/bin/hamgen --count 1000     the other programs lie beside it, or are $HGN_FIT, ...
    run_damage.py --only eval:flip:model.safetensors:4711:3

A case is program:flip:file:byte:bit, or program:cut:file:bytes that stay.
"""
from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import common
from common import Campaign, Result, run

DATA = ("--system", "mass_spring", "--n", "24", "--n-test", "4", "--n-validation", "4", "--steps", "7", "--image-size", "16",
        "--shard-size", "10")
TINY = ("--preset", "small", "--precision", "fp32", "--device", "cpu", "--threads", "1", "--batch", "4", "--set", "encoder.filters=[8,8]",
        "--set", "decoder.filters=[8,8]", "--set", "hamiltonian.filters=[8]", "--set", "train.checkpoint_every=4", "--set",
        "train.validate_every=4", "--set", "train.log_every=2", "--quiet")
STEPS = 10
# What differs from run to run, or is told of how a run came about, is no part of an answer.
PASSING = ("seconds", "steps_per_second", "peak_memory_mib", "minutes", "training_minutes", "path", "run")


def program(hamgen: str, name: str) -> str:
    return os.environ.get(name.upper().replace("-", "_")) or str(Path(hamgen).with_name(name))


def answer(value: object) -> object:
    if isinstance(value, dict):
        return {key: answer(item) for key, item in value.items() if key not in PASSING}
    return [answer(item) for item in value] if isinstance(value, list) else value


class RunDamage:
    def __init__(self, campaign: Campaign):
        self.campaign, self.random = campaign, campaign.random
        self.programs = {name: program(campaign.hamgen, f"hgn-{name}") for name in ("fit", "eval", "rollout")}
        self.data = campaign.make(DATA, campaign.work / "data")
        self.whole = campaign.work / "whole"
        made = run(self.programs["fit"], "--data", self.data, "--out", self.whole, "--steps", STEPS, *TINY, timeout=600)
        if made.status != 0:
            raise SystemExit(f"run_damage: cannot train at all: {made}")
        self.files = {str(path.relative_to(self.whole)): path.read_bytes() for path in sorted(self.whole.rglob("*")) if path.is_file()}
        self.expected = {name: self.try_program(name, self.copy())[1] for name in self.programs}

    def copy(self) -> Path:
        root = self.campaign.directory() / "run"
        shutil.copytree(self.whole, root)
        return root

    def try_program(self, name: str, root: Path) -> tuple[Result, object]:
        """How it ended, and its answer."""
        commands = {
            "fit": ("--resume", root, "--quiet"),
            "eval": (root, "--data", self.data, "--trajectories", 4, "--forward", 4, "--backward", 4, "--json", "-", "--quiet"),
            "rollout": (root, "--data", self.data, "--steps", 3, "--out", root.parent / "picture.png", "--plain"),
        }
        result = run(self.programs[name], *commands[name], timeout=120)
        if result.status != 0:
            return result, None
        if name == "eval":
            return result, answer(json.loads(result.out))
        return result, common.digest(root / "model.safetensors" if name == "fit" else root.parent / "picture.png")

    def case(self) -> str:
        name, file = self.random.choice(list(self.programs)), self.random.choice(list(self.files))
        size = len(self.files[file])
        if self.random.random() < 0.25:
            return f"{name}:cut:{file}:{self.random.choice((0, max(0, size - 1), self.random.randrange(max(1, size))))}"
        return f"{name}:flip:{file}:{self.random.randrange(max(1, size))}:{self.random.randrange(8)}"

    def apply(self, root: Path, case: str) -> None:
        _, what, file, place, *bit = case.split(":")
        data = bytearray(self.files[file])
        if what == "cut":
            data = data[: int(place)]
        elif data:
            data[int(place)] ^= 1 << int(bit[0])
        (root / file).write_bytes(data)

    def try_case(self, case: str) -> None:
        name = case.split(":", 1)[0]
        root = self.copy()
        self.apply(root, case)
        result, found = self.try_program(name, root)
        self.campaign.add(name)
        self.campaign.add(f"exit {result.status}")
        if problems := self.problems(name, result, found):
            self.campaign.violation(name, f"--only {case}", problems, result)

    def problems(self, name: str, result: Result, found: object) -> list[str]:
        if result.status == 0:
            return [] if found == self.expected[name] else ["exit 0, but another answer than of the whole run"]
        if result.status in (1, 2) and result.message.startswith(f"hgn-{name}: "):
            return []
        if result.status in (1, 2):
            return [f"stderr does not begin with \"hgn-{name}: \""]
        return common.message_problems(result)

    def run(self, cases: list[str]) -> None:
        for case in cases:
            self.try_case(case)


def main() -> int:
    made = common.parser(__doc__, 1000, "damages")
    made.add_argument("--only", action="append", metavar="CASE", help="this case alone")
    options = common.parse(made)
    with Campaign("run_damage", options) as campaign:
        damage = RunDamage(campaign)
        damage.run(options.only or [damage.case() for _ in range(options.count)])
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

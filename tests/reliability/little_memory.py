#!/usr/bin/env python3
"""Runs hamgen with little address space (ulimit -v), from too little to load the program to ample, in steps.

    little_memory.py --hamgen build/release/bin/hamgen --count 120
    little_memory.py --only generate:8:123456        a command, its threads, and KiB

Every run is right, or ends with status 1 and a clear message; none is ended by a signal. A limit at which the program
cannot even say its version belongs to the system's loader.
"""
from __future__ import annotations

import functools
import resource
import shutil
import sys

import common
from common import SMALL, Campaign, Result, differences, false_manifest, message_problems, run

LEAST, MOST, NEAR = 4 << 10, 4 << 20, 64 << 10  # KiB
KINDS = [(command, threads) for threads in (1, 2, 8) for command in ("generate", "verify")] + [("repair", 2), ("resume", 2)]


def limited(campaign: Campaign, kib: int, *arguments: object) -> Result:
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (kib << 10, kib << 10))
    return run(campaign.hamgen, *arguments, preexec_fn=limit)


class LittleMemory:
    def __init__(self, campaign: Campaign):
        self.campaign = campaign
        self.reference = campaign.reference(SMALL)

    @functools.lru_cache(maxsize=None)
    def loads(self, kib: int) -> bool:
        return limited(self.campaign, kib, "--version").status == 0

    def least(self) -> int:
        """The smallest limit under which the program can say its version."""
        low, high = LEAST, MOST
        while high - low > 64:
            middle = (low + high) // 2
            low, high = (low, middle) if self.loads(middle) else (middle, high)
        return high

    def cases(self) -> list[tuple[str, int, int]]:
        """Limits from below the least: half in the next 64 MiB, where everything is decided, the others up to ample."""
        n = max(2, self.campaign.count // len(KINDS) - 1)
        least = self.least()
        limits = [LEAST] + [least + int(NEAR * i / n if i % 2 == 0 else (MOST - least) * (i / n) ** 4)
                            for i in range(n)]
        return [(command, threads, limit + self.campaign.random.randrange(1024))
                for limit in limits for command, threads in KINDS][:self.campaign.count]

    def try_case(self, command: str, threads: int, kib: int) -> None:
        root = self.campaign.directory() / "d"
        if command != "generate":
            shutil.copytree(self.campaign.reference_root(SMALL), root)
        if command in ("repair", "resume"):
            (root / "train" / "shard-00001.h5").unlink()
        if command == "resume":
            (root / "manifest.json").unlink()
        generate = [*SMALL, "--out", root, "--quiet", "--threads", threads]
        others = {"verify": ["verify", root, "--full", "--quiet", "--threads", threads], "repair": ["repair", root, "--quiet"]}
        arguments = others.get(command, generate)
        result = limited(self.campaign, kib, *arguments)
        self.campaign.add("runs")
        if result.status == 0:
            self.campaign.add("succeeded")
            problems = differences(root, self.reference)
        elif not self.loads(kib):
            self.campaign.add("did not load")
            problems = []
        else:
            self.campaign.add("refused")
            is_false_alarm = "DAMAGED" in result.out
            problems = ["verify finds damage where there is none"] if is_false_alarm else message_problems(result)
        if command != "repair":  # it begins with a manifest that promises too much
            problems += false_manifest(root, self.reference)
        again = run(self.campaign.hamgen, *arguments)
        problems += [f"after the same command with all memory, {text}" for text in differences(root, self.reference)]
        if problems:
            self.campaign.violation("runs", f"--only {command}:{threads}:{kib}", problems, result, again)


def main() -> int:
    made = common.parser(__doc__, 240, "runs")
    made.add_argument("--only", action="append", metavar="COMMAND:THREADS:KIB", help="this case alone")
    options = common.parse(made)
    with Campaign("little_memory", options) as campaign:
        memory = LittleMemory(campaign)
        only = [case.split(":") for case in options.only or []]
        for command, threads, kib in only or memory.cases():
            memory.try_case(command, int(threads), int(kib))
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Starts two hamgens on one directory, in every combination that people meet, at the same time and at awkward moments.

    races.py --hamgen build/release/bin/hamgen --count 100 --paused 800
    races.py --only different:7 --only paused-force:12               that race again

One wins, or the second goes on where the first ended; who gives way says so. What is there in the end is one
dataset, never a mixture. In a paused race one writer waits a while before one of its system calls, and the other
begins in that moment, and may wait somewhere, too: so a race that a busy file server loses once a year is lost here.
"""
from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import common
from common import Campaign, Result, build_shim, differences, false_manifest, message_problems

BASE = ("--system", "pendulum", "--n", "60", "--n-test", "20", "--shard-size", "8", "--image-size", "16")
SEEDS = tuple((*BASE, "--seed", str(seed)) for seed in (0, 1))
BUSY = "another hamgen is "
CONFIGURATION = "another configuration"
MISSING = ("missing", "no plan.json", "no directory")
PAUSE = 0.25  # seconds; an undisturbed run takes less
CLAIM = 40  # calls at the start of a run, where it is decided who may write


@dataclass
class Kind:
    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    may_say: tuple[str, ...]  # one of these is in the message of a run that gave way
    one_wins: bool = True  # at least one of both succeeds
    both_may_win: bool = True
    seed: int | None = 0  # of the dataset in the end; None: that of who wins
    begun: bool = False  # over a finished dataset of seed 0


RUN, OTHER_RUN = SEEDS
FORCE, OTHER_FORCE = (*RUN, "--force"), (*OTHER_RUN, "--force")
WORKER, HALF, OTHER_HALF = (*RUN, "--worker", "0/1"), (*RUN, "--worker", "0/2"), (*RUN, "--worker", "1/2")
OTHER_WORKER = (*OTHER_RUN, "--worker", "0/1")
KINDS = [
    Kind("same", RUN, RUN, (BUSY,)),
    Kind("different", RUN, OTHER_RUN, (BUSY, CONFIGURATION), both_may_win=False, seed=None),
    Kind("force", RUN, OTHER_FORCE, (BUSY, CONFIGURATION), seed=None),
    Kind("both-force", FORCE, OTHER_FORCE, (BUSY,), seed=None),
    Kind("same-force", FORCE, RUN, (BUSY,)),
    Kind("same-worker", WORKER, WORKER, ()),
    Kind("two-workers", HALF, OTHER_HALF, ()),
    Kind("worker-and-run", HALF, RUN, (BUSY,)),
    Kind("other-worker", WORKER, OTHER_WORKER, (CONFIGURATION,), both_may_win=False, seed=None),
    Kind("worker-and-force", OTHER_FORCE, WORKER, (BUSY, CONFIGURATION), seed=None),
    Kind("worker-and-finish", WORKER, ("finish",), (BUSY, *MISSING), one_wins=False),
    Kind("force-over", RUN, OTHER_FORCE, (BUSY, CONFIGURATION), seed=None, begun=True),
    Kind("both-force-over", FORCE, OTHER_FORCE, (BUSY,), seed=None, begun=True),
    Kind("worker-and-force-over", OTHER_FORCE, WORKER, (BUSY, CONFIGURATION), seed=None, begun=True),
    Kind("repair-and-force", ("repair",), OTHER_FORCE, (BUSY, *MISSING), seed=None, begun=True),
]


class Races:
    def __init__(self, campaign: Campaign):
        self.campaign = campaign
        began = time.monotonic()
        self.references = [campaign.reference(configuration) for configuration in SEEDS]
        self.length = (time.monotonic() - began) / 2
        self.shim = build_shim(campaign.work)
        self.lengths: dict[tuple[str, int], int] = {}

    def place(self, kind: Kind) -> Path:
        root = self.campaign.directory() / "d"
        if kind.begun:
            shutil.copytree(self.campaign.reference_root(RUN), root)
        return root

    def start(self, words: tuple[str, ...], root: Path, threads: int, **options):
        more = [root, "--quiet"] if len(words) == 1 else ["--out", root, "--quiet", "--threads", threads]
        return common.start(self.campaign.hamgen, *words, *more, **options)

    def race(self, kind: Kind, root: Path, random: Random) -> list[Result]:
        """Both at once in every second race; otherwise the second begins while the first is under way."""
        runs, processes = (kind.first, kind.second), {}
        order = random.sample((0, 1), 2)
        delay = random.choice((0.0, random.uniform(0, self.length)))
        threads = random.choice((1, 2))
        for i in order:
            processes[i] = self.start(runs[i], root, threads)
            if i == order[0] and delay:
                time.sleep(delay)
        return [common.finish(processes[i]) for i in (0, 1)]

    def environment(self, root: Path, name: str, call: int, seconds: float) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.shim), "IO_FAULT_ROOT": str(root.parent),
                "IO_FAULT_LOG": str(self.campaign.work / name), "IO_PAUSE": f"{call}:{round(seconds * 1000)}"}

    def calls(self, kind: Kind, which: int) -> int:
        """How many calls that a pause can come before there are in an undisturbed run."""
        if (kind.name, which) not in self.lengths:
            root = self.place(kind)
            (self.campaign.work / "calls").unlink(missing_ok=True)
            common.finish(self.start((kind.first, kind.second)[which], root, 1, env=self.environment(root, "calls", 0, 0)))
            self.lengths[kind.name, which] = len((self.campaign.work / "calls").read_text(encoding="utf-8").splitlines())
        return self.lengths[kind.name, which]

    def paused_race(self, kind: Kind, root: Path, random: Random) -> list[Result]:
        """One waits before a call, three times of four an early one; then the other begins, which may wait anywhere."""
        runs, processes, slow = (kind.first, kind.second), {}, random.randrange(2)
        n, m = self.calls(kind, slow), self.calls(kind, 1 - slow)
        root = self.place(kind)
        call = random.randint(1, min(n, CLAIM) if random.random() < 0.75 else n)
        log = self.campaign.work / "slow"
        log.unlink(missing_ok=True)
        (self.campaign.work / "fast").unlink(missing_ok=True)
        processes[slow] = self.start(runs[slow], root, 1, env=self.environment(root, "slow", call, PAUSE))
        while processes[slow].poll() is None and not (log.exists() and " <- pause" in log.read_text(encoding="utf-8")):
            time.sleep(0.001)
        wait = random.choice((0, 0.1, PAUSE, 2 * PAUSE))
        environment = self.environment(root, "fast", random.randint(1, m), wait)
        processes[1 - slow] = self.start(runs[1 - slow], root, 1, env=environment)
        return [common.finish(processes[i]) for i in (0, 1)]

    def pauses(self, logs: tuple[str, ...]) -> list[str]:
        lines = [(log, line) for log in logs for line in (self.campaign.work / log).read_text(encoding="utf-8").splitlines()]
        return [f"the {log} one waits before {line.split(' <- ')[0]}" for log, line in lines if line.endswith(" <- pause")]

    def problems(self, kind: Kind, root: Path, results: list[Result]) -> list[str]:
        found = []
        winners = [i for i in (0, 1) if results[i].status == 0]
        for i in {0, 1} - set(winners):
            found += message_problems(results[i]) if CONFIGURATION not in results[i].message else []
            if results[i].status == 1 and not any(words in results[i].message for words in kind.may_say):
                found.append(f"expected one of {kind.may_say}")
        if not winners and kind.one_wins:
            found.append("both gave way")
        if len(winners) == 2 and not kind.both_may_win:
            found.append("both succeeded")
        self.campaign.add("both succeeded" if len(winners) == 2 else "one gave way" if winners else "both gave way")
        return false_manifest(root, *self.references) + found + self.outcome(kind, root, winners)

    def outcome(self, kind: Kind, root: Path, winners: list[int]) -> list[str]:
        """What is there, after whoever won has finished."""
        if not winners:
            return []
        seed = kind.seed
        if seed is None and len(winners) == 1:
            seed = int((kind.first, kind.second)[winners[0]][:len(OTHER_RUN)] == OTHER_RUN)
        if not (root / "manifest.json").exists() and "--worker" in kind.first + kind.second:
            results = [common.run(self.campaign.hamgen, *configuration, "--out", root, "--quiet") for configuration in SEEDS]
            if results[0].status != 0 and results[1].status != 0:
                return [f"what the workers left cannot be finished: {results}"]
        choices = self.references if seed is None else [self.references[seed]]
        return min((differences(root, reference) for reference in choices), key=len)

    def try_case(self, case: str) -> None:
        kind = next(kind for kind in KINDS if kind.name == case.split(":")[0].removeprefix("paused-"))
        is_paused = case.startswith("paused-")
        root = self.place(kind)
        results = (self.paused_race if is_paused else self.race)(kind, root, Random(f"{self.campaign.seed} {case}"))
        what = "paused races" if is_paused else "races"
        self.campaign.add(what)
        if problems := self.problems(kind, root, results):
            problems += self.pauses(("slow", "fast")) if is_paused else []
            self.campaign.violation(what, f"--only {case}", problems, *results)


def cases(races: int, prefix: str = "") -> list[str]:
    return [f"{prefix}{KINDS[i % len(KINDS)].name}:{i // len(KINDS)}" for i in range(races)]


def main() -> int:
    made = common.parser(__doc__, 100, "races")
    made.add_argument("--paused", type=int, default=800, metavar="N", help="paused races [800]")
    made.add_argument("--only", action="append", metavar="KIND:K", help="this race alone (timing is never quite the same)")
    options = common.parse(made)
    with Campaign("races", options) as campaign:
        races = Races(campaign)
        for case in options.only or cases(options.count) + cases(options.paused, "paused-"):
            races.try_case(case)
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

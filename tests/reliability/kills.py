#!/usr/bin/env python3
"""Kills hamgen with SIGKILL, at random moments and at every step of its commit protocol, and goes on each time.

    kills.py --hamgen build/release/bin/hamgen --count 200
    kills.py --only generate:17                  one fault point again

Whenever a directory has a manifest, and when it is finished at last, its files are those of an undisturbed run; in
the end nothing else is left. The kills at every fault point need the program hamgen-with-fault-points beside hamgen.
"""
from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import common
from common import SMALL, Campaign, Result, differences, false_manifest, run
from io_faults import SCENARIOS, Scenario

LARGE = ("--system", "pendulum", "--n", "180", "--n-test", "24", "--shard-size", "12", "--image-size", "32")
MANY = 60  # interruptions of one dataset; more mean that it makes no headway


class RandomKills:
    """Kills of whole runs, of workers, and of what finishes their work, until --count of them struck."""

    def __init__(self, campaign: Campaign):
        self.campaign = campaign
        self.random = campaign.random
        self.reference = campaign.reference(LARGE)
        began = time.monotonic()
        campaign.make(LARGE, campaign.directory() / "d")
        self.length = time.monotonic() - began

    def interrupted(self, commands: list[list[object]], patience: float = 1) -> list[Result]:
        """Runs commands at once, and kills each at a moment of its own."""
        delays = [self.random.uniform(0, patience * self.length * self.random.choice((0.25, 0.6, 1.1))) for _ in commands]
        began = time.monotonic()
        processes = [common.start(self.campaign.hamgen, *command) for command in commands]
        for delay, process in sorted(zip(delays, processes), key=lambda pair: pair[0]):
            while time.monotonic() < began + delay and process.poll() is None:
                time.sleep(min(0.001, max(0.0, began + delay - time.monotonic())))
            process.kill()
        return [common.finish(process) for process in processes]

    def until_done(self, root: Path, commands: list[list[object]]) -> list[str]:
        """Goes on with what was killed until everything succeeds; what was wrong on the way."""
        for i in range(MANY):
            results = self.interrupted(commands, 1 + i / 20)
            killed = [result.status == -signal.SIGKILL for result in results]
            self.campaign.add("random kills", sum(killed))
            problems = [f"a run that was not killed: {result}" for result in results
                        if result.status not in (0, -signal.SIGKILL)] + false_manifest(root, self.reference)
            if problems:
                return problems
            commands = [command for command, again in zip(commands, killed) if again]
            if not commands:
                return []
        return [f"not finished after {MANY} interruptions"]

    def command(self, root: Path, *more: object) -> list[object]:
        return [*LARGE, "--out", root, "--quiet", "--threads", self.random.choice((1, 2, 3, 8)), *more]

    def whole_run(self, root: Path) -> list[str]:
        return self.until_done(root, [self.command(root)])

    def workers(self, root: Path) -> list[str]:
        n = self.random.choice((2, 3, 4))
        return (self.until_done(root, [self.command(root, "--worker", f"{i}/{n}") for i in range(n)]) or
                self.until_done(root, [["finish", root, "--quiet"]]))

    def workers_then_whole_run(self, root: Path) -> list[str]:
        self.interrupted([self.command(root, "--worker", f"{i}/2") for i in range(2)])
        return self.until_done(root, [self.command(root)])

    def run(self) -> None:
        kinds = (self.whole_run, self.workers, self.workers_then_whole_run)
        while self.campaign.counts.get("random kills", 0) < self.campaign.count:
            dataset = self.campaign.counts.get("datasets", 0)
            kind = kinds[dataset % len(kinds)]
            root = self.campaign.directory() / "d"
            problems = kind(root) or differences(root, self.reference)
            self.campaign.add("datasets")
            if problems:
                self.campaign.violation("random kills", f"dataset {dataset} ({kind.__name__})", problems)
                if self.campaign.violations["random kills"] >= 20:
                    return


class FaultPoints:
    """One kill at every fault point of every scenario that writes, and a second one on the way back."""

    def __init__(self, campaign: Campaign, program: str):
        self.campaign, self.program = campaign, program
        self.reference = campaign.reference(SMALL)
        self.log = campaign.work / "points"

    def points(self, scenario: Scenario) -> list[str]:
        """The fault points that an undisturbed run passes."""
        self.log.unlink(missing_ok=True)
        result = run(self.program, *scenario.command(scenario.start(self.campaign)), env={"HAMGEN_FAULT_LOG": str(self.log)})
        if result.status != 0:
            self.campaign.violation("fault points", f"{scenario.name} without a kill", ["it failed"], result)
            return []
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def killed(self, scenario: Scenario, root: Path, k: int) -> tuple[list[str], Result]:
        result = run(self.program, *scenario.command(root), env={"HAMGEN_FAULT_AT": str(k)})
        if result.status not in (0, -signal.SIGKILL):
            return [f"a run that was not killed: {result}"], result
        if scenario.name == "repair":  # it begins with a manifest that promises too much
            return [], result
        return false_manifest(root, self.reference, self.campaign.reference(scenario.before)), result

    def try_point(self, scenario: Scenario, k: int, name: str) -> None:
        root = scenario.start(self.campaign)
        problems, first = self.killed(scenario, root, k)
        self.campaign.add("fault points" if first.status == -signal.SIGKILL else "fault points not reached")
        again, second = self.killed(scenario, root, self.campaign.random.randint(1, k + 2))
        problems += again
        final = run(self.program, *scenario.command(root))
        if final.status == 0 and scenario.name == "worker":
            final = run(self.program, "finish", root, "--quiet")
        if final.status != 0:
            problems.append("it does not go on after the kill")
        problems += differences(root, self.reference)
        if problems:
            self.campaign.violation("fault points", f"--only {scenario.name}:{k} ({name})", problems, first, second, final)

    def run(self, only: list[str] | None, limit: int) -> None:
        every = []
        for scenario in SCENARIOS:
            if scenario.writes:
                every += [(scenario, k, name) for k, name in enumerate(self.points(scenario), 1)]
        if only:
            every = [case for case in every if f"{case[0].name}:{case[1]}" in only]
        if 0 <= limit < len(every):
            every = self.campaign.random.sample(every, limit)
        for scenario, k, name in every:
            self.try_point(scenario, k, name)


def main() -> int:
    made = common.parser(__doc__, 200, "kills at random moments")
    made.add_argument("--points", type=int, default=-1, metavar="N", help="fault points; -1: every one [-1]")
    made.add_argument("--only", action="append", metavar="SCENARIO:K", help="this fault point alone, and no random kills")
    options = common.parse(made)
    with Campaign("kills", options) as campaign:
        program = common.with_fault_points(options.hamgen)
        if options.only and not program:
            made.error("there is no hamgen-with-fault-points beside hamgen")
        if program:
            FaultPoints(campaign, program).run(options.only, options.points)
        else:
            campaign.skipped = "fault points: no hamgen-with-fault-points beside hamgen"
        if not options.only:
            RandomKills(campaign).run()
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

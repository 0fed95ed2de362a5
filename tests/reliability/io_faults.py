#!/usr/bin/env python3
"""Makes every I/O call of small hamgen runs fail, one at a time, in every way that io_faults.c knows.

    io_faults.py --hamgen build/release/bin/hamgen
    io_faults.py --only repair:write:ENOSPC:3:once      one case again (repeatable)

A case is scenario:call:error:k:mode. The program has to end by itself, with status 0 and the right dataset or with
status 1 and one line that names the reason; a directory with a manifest is always the right dataset; and the same
command without faults then makes it so, leaving nothing behind.
"""
from __future__ import annotations

import argparse
import collections
import errno
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Callable

import common
from common import OTHER, SMALL, Campaign, Result, build_shim, differences, false_manifest, message_problems, run

# What the system may answer. EINTR for ever does not happen: it comes at every second call.
ALWAYS_TRIED = ("ENOSPC", "EIO", "EINTR")
MORE = {"read": ("short",), "pread": ("short",), "write": ("short",), "pwrite": ("short",), "open": ("EMFILE",),
        "link": ("EPERM",), "flock": ("ENOLCK",), "fcntl": ("ENOLCK",), "fsync": ("EDQUOT",), "close": ("EDQUOT",)}
TIMEOUT = 20.0
STALE = ".shard-00002.h5.0123456789abcdef.partial"  # of a run that was killed


@dataclass
class Scenario:
    name: str
    prepare: Callable[[Path], None]  # turns a whole dataset into where the command starts
    command: Callable[[Path], list[object]]
    before: tuple[str, ...] = SMALL  # that dataset's configuration
    writes: bool = True

    def start(self, campaign: Campaign) -> Path:
        root = campaign.directory() / "d"
        campaign.reference(self.before)
        shutil.copytree(campaign.reference_root(self.before), root)
        self.prepare(root)
        return root


def remove(root: Path, *patterns: str) -> None:
    for pattern in patterns:
        for path in root.glob(pattern):
            path.unlink()


def nothing(root: Path) -> None:
    shutil.rmtree(root)


def half_done(root: Path) -> None:
    remove(root, "manifest.json", "train.h5", "test.h5", "test/*", "train/shard-00002.*", "train/shard-00001.json")
    (root / "test").rmdir()
    (root / "train" / STALE).write_bytes(b"half a shard")


def without_ending(root: Path) -> None:
    remove(root, "manifest.json", "train.h5", "test.h5")


def damaged(root: Path) -> None:
    remove(root, "train/shard-00000.h5", "test.h5")
    path = root / "train" / "shard-00001.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def whole(root: Path) -> None:
    pass


def generate(root: Path) -> list[object]:
    return [*SMALL, "--out", root, "--threads", 2, "--quiet"]


SCENARIOS = [
    Scenario("generate", nothing, generate),
    Scenario("resume", half_done, generate),
    Scenario("again", whole, generate),
    Scenario("force", whole, lambda root: [*generate(root), "--force"], before=OTHER),
    Scenario("worker", half_done, lambda root: [*generate(root), "--worker", "0/1"]),
    Scenario("finish", without_ending, lambda root: ["finish", root, "--quiet"]),
    Scenario("verify", whole, lambda root: ["verify", root, "--full", "--quiet", "--threads", 2], writes=False),
    Scenario("repair", damaged, lambda root: ["repair", root, "--quiet"]),
]


class IoFaults:
    def __init__(self, campaign: Campaign):
        self.campaign = campaign
        self.shim = build_shim(campaign.work)
        self.reference = campaign.reference(SMALL)
        self.log = campaign.work / "calls"

    def run(self, scenario: Scenario, root: Path, fault: str = "") -> Result:
        self.log.unlink(missing_ok=True)
        env = {"LD_PRELOAD": str(self.shim), "IO_FAULT_ROOT": str(root.parent), "IO_FAULT_LOG": str(self.log),
               "IO_FAULT": fault}
        return run(self.campaign.hamgen, *scenario.command(root), env=env, timeout=TIMEOUT)

    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def cases(self, scenario: Scenario) -> list[str]:
        """Every call of an undisturbed run, times every error, once and from there on."""
        root = scenario.start(self.campaign)
        result = self.run(scenario, root)
        if result.status != 0:
            self.campaign.violation("faults", f"{scenario.name} without a fault", ["it failed"], result)
            return []
        found = []
        for call, n in sorted(collections.Counter(line.split(" ", 1)[0] for line in self.calls()).items()):
            for error in ALWAYS_TRIED + MORE.get(call, ()):
                modes = ("once", "often") if error == "EINTR" else ("once", "always")
                found += [f"{call}:{error}:{k}:{mode}" for k in range(1, n + 1) for mode in modes]
        return found

    def try_case(self, scenario: Scenario, fault: str) -> None:
        root = scenario.start(self.campaign)
        before = common.digests(root) if root.exists() else {}
        faulty = self.run(scenario, root, fault)
        struck = [line for line in self.calls() if " <- " in line]
        self.campaign.add("faults" if struck else "not reached")
        problems = self.problems(scenario, fault, faulty, before, root)
        clean = run(self.campaign.hamgen, *scenario.command(root))
        if clean.status != 0:
            problems.append("the same command fails without the fault, too")
        problems += [f"after the same command without the fault, {text}" for text in self.final_differences(scenario, root)]
        self.campaign.add(f"exit {faulty.status}")
        if problems:
            where = f", at {struck[0].split(' <- ')[0].replace(str(root.parent), '.')}" if struck else ""
            self.campaign.violation("faults", f"--only {scenario.name}:{fault}{where}", problems, faulty, clean)

    def final_differences(self, scenario: Scenario, root: Path) -> list[str]:
        if scenario.name == "worker":
            result = run(self.campaign.hamgen, *generate(root))
            if result.status != 0:
                return [f"the whole command then fails: {result}"]
        return differences(root, self.reference)

    def problems(self, scenario: Scenario, fault: str, result: Result, before: dict[str, str], root: Path) -> list[str]:
        call, error, _, mode = fault.split(":")
        if result.status != 0:
            if error == "short" and result.status == 1:
                return ["a short transfer is no error, but it failed"]
            reason = os.strerror(getattr(errno, error)) if error != "short" else None
            if scenario.name == "verify" and result.status == 1 and not result.err:  # found, it thinks, a damage
                found = [] if not reason or reason in result.out else [f"verify's answer does not say \"{reason}\""]
            else:
                found = message_problems(result, reason)
        else:
            found = [text for text in differences(root, self.reference) if not text.endswith("left over")] \
                if scenario.name != "worker" else []
            found = [f"exit 0, but {text}" for text in found]
        after = common.digests(root) if root.exists() else {}
        if not scenario.writes and after != before:
            found.append("it changed the directory")
        if scenario.name == "repair":  # it begins with a manifest that promises too much
            return found + [f"{name} was right before" for name, hash in before.items()
                            if hash == self.reference.get(name) and after.get(name) != hash and "manifest.json" in after]
        return found + false_manifest(root, self.reference, self.campaign.reference(scenario.before))


def chosen(faults: IoFaults, options: argparse.Namespace) -> list[tuple[Scenario, str]]:
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    if options.only:
        return [(by_name[name], fault) for name, fault in (case.split(":", 1) for case in options.only)]
    every = [(by_name[name], fault) for name in options.scenario or by_name for fault in faults.cases(by_name[name])]
    faults.campaign.add("possible", len(every))
    return every if options.count == 0 else spread(every, faults.campaign.random)[:options.count]


def spread(cases: list[tuple[Scenario, str]], random: Random) -> list[tuple[Scenario, str]]:
    """In a random order that has a case of every call, error and mode of every scenario before a second one of any."""
    cases = random.sample(cases, len(cases))
    seen: collections.Counter[tuple[str, ...]] = collections.Counter()
    rounds = []
    for scenario, fault in cases:
        call, error, _, mode = fault.split(":")
        rounds.append(seen[scenario.name, call, error, mode])
        seen[scenario.name, call, error, mode] += 1
    return [case for _, case in sorted(zip(rounds, cases), key=lambda pair: pair[0])]


def main() -> int:
    made = common.parser(__doc__, 0, "cases, chosen at random; 0: every one")
    made.add_argument("--scenario", action="append", choices=[scenario.name for scenario in SCENARIOS], help="these alone")
    made.add_argument("--only", action="append", metavar="CASE", help="this case alone")
    options = common.parse(made)
    with Campaign("io_faults", options) as campaign:
        faults = IoFaults(campaign)
        for scenario, fault in chosen(faults, options):
            faults.try_case(scenario, fault)
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes datasets on disks that are too small for them: a clear error, no manifest, and on a larger disk it goes on.

    small_disk.py --hamgen build/release/bin/hamgen
    small_disk.py --only 50:16384                a shard size, and KiB of disk

The disks are tmpfs, which only root can mount; without, the campaign is skipped.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import common
from common import Campaign, differences, false_manifest, message_problems, run

DISK = 16384  # KiB
SHARD_SIZES = (40, 150, 7, 100, 2, 300, 20, 70)  # of the largest, not even one fits


def configuration(shard_size: int) -> tuple[str, ...]:
    return ("--system", "three_body", "--n", "300", "--n-test", "60", "--shard-size", str(shard_size), "--image-size", "64")


class Disk:
    """A tmpfs of a given size, for a while."""

    def __init__(self, path: Path, kib: int):
        self.path = path
        path.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", path], check=True, capture_output=True)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_) -> None:
        subprocess.run(["umount", "--lazy", self.path], check=True)


def can_mount(campaign: Campaign) -> bool:
    try:
        with Disk(campaign.work / "disk", 64):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def pages(path: Path) -> int:
    return -(-path.stat().st_size // 4096)


def cases(campaign: Campaign) -> list[tuple[int, int]]:
    """Every shard size on the small disk, and disks that lack a few pages for the end of a dataset."""
    if campaign.count <= 0:
        return []
    shard_size = SHARD_SIZES[0]
    campaign.reference(configuration(shard_size))
    root = campaign.reference_root(configuration(shard_size))
    needed = 4 * sum(pages(path) for path in root.rglob("*") if path.is_file())
    close = [(shard_size, needed - missing) for missing in (4, 8, 16, 32, 64, 128, 256, 1024)]
    return [case for pair in zip([(size, DISK) for size in SHARD_SIZES], close) for case in pair][:campaign.count]


def try_case(campaign: Campaign, shard_size: int, kib: int) -> None:
    reference = campaign.reference(configuration(shard_size))
    command = (*configuration(shard_size), "--quiet", "--threads", "2", "--out")
    larger = campaign.directory("larger") / "d"
    with Disk(campaign.work / "disk", kib) as disk:
        full = run(campaign.hamgen, *command, disk / "d")
        problems = false_manifest(disk / "d", reference)
        if full.status != 0:
            problems += message_problems(full, os.strerror(28))
        else:
            problems += differences(disk / "d", reference)
        campaign.add("full disks" if full.status else "disks that were large enough")
        if (disk / "d").exists():
            shutil.copytree(disk / "d", larger)
    kept = len(list(larger.glob("*/shard-*.json"))) if larger.exists() else 0
    campaign.add("finished shards that were moved", kept)
    moved = run(campaign.hamgen, *command, larger)
    if moved.status != 0:
        problems.append("it does not go on where there is space")
    problems += [f"after it went on where there is space, {text}" for text in differences(larger, reference)]
    if problems:
        campaign.violation("full disks", f"--only {shard_size}:{kib}", problems, full, moved)


def main() -> int:
    made = common.parser(__doc__, 16, "disks")
    made.add_argument("--only", action="append", metavar="SHARD_SIZE:KIB", help="this case alone")
    options = common.parse(made)
    with Campaign("small_disk", options) as campaign:
        if not can_mount(campaign):
            campaign.skipped = "no right to mount a tmpfs (root has it)"
            return campaign.finish()
        only = [tuple(map(int, case.split(":"))) for case in options.only or []]
        for shard_size, kib in only or cases(campaign):
            try_case(campaign, shard_size, kib)
        return campaign.finish()


if __name__ == "__main__":
    sys.exit(main())

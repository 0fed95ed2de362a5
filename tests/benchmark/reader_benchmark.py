#!/usr/bin/env python3
"""Trajectories a second: hamgen's reader beside an h5py loop over the same shards, alternating in one run.

    tests/benchmark/reader_benchmark.py build/release/bin [--dataset DIR] [--rounds N]

Makes 2,000 three-body trajectories of 64x64 pixels where no dataset is given. The h5py loops read one trajectory's frames
after the other from datasets that stay open, in order: as `frames[i]`, and into one array (read_direct, the fastest way).
hamgen's reader gives out batches of 16 in random order on two threads, from the page cache, too; its SHA-256 check of every
shard at opening is shown apart. Medians over the rounds.
"""
from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from hamgen.interpreter import need  # noqa: E402

need("h5py", "numpy")
import h5py  # noqa: E402
import numpy as np  # noqa: E402


def h5py_rate(root: Path, in_place: bool) -> float:
    """Of `frames[row]` for every row, or of reading into one array again and again (read_direct)."""
    manifest = json.loads((root / "manifest.json").read_text())
    shards = [h5py.File(root / shard["file"], "r")["frames"] for shard in manifest["splits"]["train"]["shards"]]
    frames = np.empty(shards[0].shape[1:], np.uint8)
    begin, count = time.perf_counter(), 0
    for shard in shards:
        for row in range(len(shard)):
            if in_place:
                shard.read_direct(frames, np.s_[row])
            else:
                frames = shard[row]
            count += 1
    return count / (time.perf_counter() - begin)


def our_rate(programs: Path, root: Path) -> dict:
    return json.loads(subprocess.run([programs / "reader_benchmark", root, "2", "1"], check=True, capture_output=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("programs", type=Path, help="folder of hamgen and reader_benchmark")
    parser.add_argument("--dataset", type=Path, help="a dataset with a train split")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.dataset or Path(scratch) / "three_body"
        if arguments.dataset is None:
            subprocess.run([arguments.programs / "hamgen", "--system", "three_body", "--n", "2000", "--n-test", "0",
                            "--out", root, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        rounds = [(h5py_rate(root, False), h5py_rate(root, True), our_rate(arguments.programs, root))
                  for _ in range(arguments.rounds)]
    loop, in_place = (statistics.median(round[i] for round in rounds) for i in (0, 1))
    ours = statistics.median(run["per_second"] for *_, run in rounds)
    opening = statistics.median(run["opening_s"] for *_, run in rounds)
    print(f"{rounds[0][2]['trajectories']} trajectories, median of {arguments.rounds} rounds, HDF5 {h5py.version.hdf5_version}")
    print(f"  h5py, frames[i]     {loop:8.0f} trajectories/s")
    print(f"  h5py, read_direct   {in_place:8.0f} trajectories/s")
    print(f"  hamgen, 2 threads   {ours:8.0f} trajectories/s, after {opening:.2f} s of opening (SHA-256 of every shard)")
    for i, name in enumerate(("frames[i]", "read_direct")):
        ratios = sorted(run["per_second"] / round[i] for *round, run in rounds)
        print(f"  times h5py's {name}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The campaigns' results as a Markdown table, for docs/results/reliability.md.

    summary.py                            of results.json, beside this program
    summary.py --collect LINES            first puts lines of JSON, as the campaigns end with, into results.json
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# What a row tells: campaign, its counts to add up, what was done, and what has to hold.
ROWS = (
    ("kills", ("random kills",), "SIGKILL at a random moment; whole runs, workers, finish",
     "the next run ends with the same bytes"),
    ("kills", ("fault points",), "SIGKILL at every step of every write", "the next run ends with the same bytes"),
    ("io_faults", ("faults",), "a system call that fails (no space, I/O error, interrupted, short), each in turn",
     "right dataset or clear error; then the same bytes"),
    ("small_disk", ("full disks",), "a disk that fills up", "clear error; goes on where there is space"),
    ("little_memory", ("runs",), "little address space", "right dataset or clear error"),
    ("races", ("races",), "two writers at once on one directory", "one dataset, no mixture"),
    ("races", ("paused races",), "the same, one of them waiting before a system call", "one dataset, no mixture"),
    ("damage", ("flips",), "one flipped bit in a finished dataset", "verify names the file"),
    ("damage", ("truncations",), "a file cut short", "verify names the file"),
    ("run_damage", ("fit", "eval", "rollout"), "one flipped bit in a finished training, or a file cut short",
     "the same answer, or a clear error"),
    ("damage", ("repairs",), "damage, then repair", "the same bytes"),
)


def collect(lines: str, results: dict[str, dict]) -> dict[str, dict]:
    """The entries by campaign, those in `lines` in place of older ones."""
    for line in lines.splitlines():
        entry = json.loads(line)
        results[entry["campaign"]] = entry
    return results


def table(results: dict[str, dict]) -> str:
    rows = ["| what was done | times | has to hold | violations |", "|---|---|---|---|"]
    for campaign, counts, what, rule in ROWS:
        entry = results.get(campaign)
        times = sum(entry["counts"].get(name, 0) for name in counts) if entry else 0
        if times == 0 and not (entry and "skipped" in entry):
            continue
        violations = sum(entry["violations_of"].get(name, 0) for name in counts)
        rows.append(f"| {what} | {times:,} | {rule} | {violations} |" if times else f"| {what} | skipped | {rule} | |")
    about = sorted({f"{entry['hamgen']}, {entry['date']}" for entry in results.values()})
    return "\n".join(rows) + f"\n\n{'; '.join(about)}."


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--results", type=Path, default=Path(__file__).with_name("results.json"), metavar="FILE",
                      help="[results.json beside this program]")
    made.add_argument("--collect", type=Path, metavar="LINES", help="file of JSON lines to put into FILE")
    options = made.parse_args()
    results = {}
    if options.results.exists():
        results = {entry["campaign"]: entry for entry in json.loads(options.results.read_text(encoding="utf-8"))}
    if options.collect:
        results = collect(options.collect.read_text(encoding="utf-8"), results)
        text = ",\n".join(json.dumps(results[name]) for name in sorted(results))
        options.results.write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What scripts/benchmarks share: hgn-fit's first weights and speed, and the scripts in PyTorch that it is measured beside."""
from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

from hamgen.programs import REPOSITORY, call, program
from hamgen.run_log import read_log

PYTHON = os.environ.get("PYTHON") or "/usr/bin/python3"  # that has torch


def make_first_weights(data: Path, run: Path) -> None:
    """A run of one step, whose configuration and weights scripts/benchmarks/fit_torch.py begins with."""
    call(program("hgn-fit"), "--data", data, "--preset", "paper", "--out", run, "--max-steps", 1, "--set", "data.validation=2", "--quiet")


def result_of(script: str, *words: object) -> dict:
    """What a script of this repository prints as one line of JSON."""
    done = subprocess.run([PYTHON, REPOSITORY / script, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def steps_per_second(run: Path, skipped: int) -> float:
    """The median of a run's lines of training, without the first ones."""
    return statistics.median([line["steps_per_second"] for line in read_log(run) if line["kind"] == "train"][skipped:])


def text_of_ratios(ratios: list[float]) -> str:
    """Median, least and largest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

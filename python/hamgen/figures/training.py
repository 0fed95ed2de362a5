"""Draw the curves of training runs: validation and training error over minutes, beside the dataset's yardsticks.

    scripts/plot_training.py runs/mass_spring runs/pendulum --out curves.png

Reads log.jsonl and result.json of each run; needs matplotlib.
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import matplotlib

from hamgen.run_log import read_log

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def series(lines: list[dict], kind: str) -> tuple[list[float], list[float]]:
    """Minutes since the first line, and the mean squared error, of the lines of one kind."""
    start = lines[0]["time"]
    chosen = [line for line in lines if line["kind"] == kind and line["mse"] is not None]
    return [(line["time"] - start) / 60 for line in chosen], [line["mse"] for line in chosen]


def draw(axes: plt.Axes, run: Path) -> None:
    lines = read_log(run)
    axes.plot(*series(lines, "train"), color="#bbbbbb", label="training, over the current horizon")
    axes.plot(*series(lines, "validation"), "o-", color="#1f77b4", markersize=3, label="validation, all frames")
    result = run / "result.json"
    test = json.loads(result.read_text(encoding="utf-8"))["test"] if result.exists() else {}
    for key, label, style in (("mean_image_mse", "mean image", ":"), ("noise_floor", "noise floor", "--")):
        if key in test:
            axes.axhline(test[key], color="#d62728", linestyle=style, linewidth=1, label=label)
    axes.set(yscale="log", xlabel="minutes", ylabel="pixel MSE, (value / 255)²", title=run.name)
    axes.legend(fontsize=8)


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw the curves of training runs.")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="directories that hgn-fit wrote")
    parser.add_argument("--out", type=Path, default=Path("curves.png"), metavar="FILE", help="picture to write [curves.png]")
    arguments = parser.parse_args()
    figure, panels = plt.subplots(1, len(arguments.runs), figsize=(5.2 * len(arguments.runs), 3.6), squeeze=False)
    try:
        for axes, run in zip(panels[0], arguments.runs):
            draw(axes, run)
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"plot_training: cannot draw {run}: {error!r}", file=sys.stderr)
        return 1
    figure.tight_layout()
    figure.savefig(arguments.out, dpi=110)
    print(arguments.out)
    return 0


"""Figures of what models make of sequences: rollouts beside the truth, and samples."""
from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hamgen.figures import parts
from hamgen.figures.parts import COLORS, QUIET, FigureError, plt, text
from hamgen.programs import program, why_missing


def drawn_rollout(run: Path, *options: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """Frames [rows, T, S, S, 3] of 1 that hgn-rollout shows, a row for each row of its sheet, and its JSON."""
    if reason := why_missing("hgn-rollout"):
        raise FigureError(reason)
    with tempfile.TemporaryDirectory(prefix="figures-") as directory:
        picture = Path(directory) / "frames.png"
        done = subprocess.run([program("hgn-rollout"), str(run), *map(str, options), "--plain", "--out", str(picture), "--json", "-"],
                              capture_output=True, text=True)
        message = done.stderr.strip().removeprefix("hgn-rollout: ")
        if done.returncode != 0:
            last = message.splitlines()[-1] if message else f"hgn-rollout ended with status {done.returncode}"
            raise FigureError(last, 2 if done.returncode == 2 else 1)
        if message:
            print(f"figures: {message}", file=sys.stderr)
        try:
            about, sheet = json.loads(done.stdout), plt.imread(picture)[..., :3]
            size = about["image_size"]
            frames = sheet.reshape(sheet.shape[0] // size, size, sheet.shape[1] // size, size, 3).swapaxes(1, 2)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FigureError(f"{program('hgn-rollout')} did not show {run} as hgn-rollout does: {error!r}") from error
    return frames, about


def figure_7(arguments: argparse.Namespace) -> plt.Figure:
    """hgn-rollout's sheet: observed; then truth and rollout forward, backward, at double speed, at half speed."""
    height = 0.8 + 0.53 * (5 + len(arguments.runs))
    figure, panels = plt.subplots(1, 2, figsize=(14, height), constrained_layout=True)
    for axes, split in zip(panels, ("train", "test")):
        chosen = ("--data", arguments.data, "--split", split, "--index", arguments.index, *device_of(arguments))
        sheet, about = drawn_rollout(arguments.runs[0], *chosen)
        rows = [sheet[0], sheet[1], *sheet[2::2]]
        labels = ["data", "ground truth", f"{about['title']}:\nforward", "backward", "double speed", "half speed"]
        errors = [row.get("mse_clean") for row in about["rows"]]
        for run in arguments.runs[1:]:
            other, about_other = drawn_rollout(run, *chosen, "--direction", "forward", "--steps", sheet.shape[1] - 1)
            if other.shape[1:] != sheet.shape[1:]:
                raise FigureError(f"frames have {other.shape[2]} pixels in {run}, {sheet.shape[2]} in {arguments.runs[0]}")
            rows.append(other[1])
            labels.append(f"{about_other['title']}:\nforward")
            errors += [row.get("mse_clean") for row in about_other["rows"]]
        shown = parts.evenly(sheet.shape[1])
        parts.draw_frames(axes, [row[shown] for row in rows], [str(i) for i in shown],
                          labels if split == "train" else None)
        axes.set_xlabel("frame")
        axes.set_title(f"{parts.name_of(about['system'])}, {split} sequence {arguments.index}", fontweight="bold")
        means = [np.mean([parts.number(value) for value in error or [None]]) for error in errors]
        note_errors(axes, ["", ""] + [text(1e4 * mean) for mean in means])
    return figure


def note_errors(axes: plt.Axes, notes: list[str]) -> None:
    """At the right end of the rows: how far a rollout's frames are from the exact motion."""
    axes.text(1.008, 1.02, "MSE × 10⁴", transform=axes.transAxes, color=QUIET, fontsize=9)
    right = axes.secondary_yaxis("right")
    right.set_yticks(axes.get_yticks(), notes)
    right.tick_params(length=0, labelcolor=QUIET)
    right.spines[:].set_visible(False)


def device_of(arguments: argparse.Namespace) -> tuple[str, ...]:
    return ("--device", arguments.device) if arguments.device else ()


def one_for_each(arguments: argparse.Namespace) -> list[str]:
    if arguments.data and len(arguments.data) != len(arguments.runs):
        raise FigureError(f"there are {len(arguments.runs)} runs and {len(arguments.data)} datasets: expected one for each run", 2)
    return arguments.data


def figure_8(arguments: argparse.Namespace) -> plt.Figure:
    chosen = ("--sample", arguments.samples, "--seed", arguments.seed, *device_of(arguments))
    results = [drawn_rollout(run, *chosen, *(("--data", data) if data else ()))
               for run, data in zip(arguments.runs, one_for_each(arguments) or [None] * len(arguments.runs))]
    columns = min(2, len(results))
    lines = math.ceil(len(results) / columns)
    figure, panels = plt.subplots(lines, columns, figsize=(6.6 * columns, lines * (0.8 + 0.6 * arguments.samples)),
                                  constrained_layout=True, squeeze=False)
    for axes in panels.flat[len(results):]:
        axes.axis("off")
    for axes, (sheet, about) in zip(panels.flat, results):
        shown = parts.evenly(sheet.shape[1])
        parts.draw_frames(axes, list(sheet[:, shown]), [str(i) for i in shown])
        axes.set_xlabel("frame")
        axes.set_title(parts.name_of(about["system"]), fontweight="bold")
        axes.set_title(f"{about['title']}, from {about.get('from', 'the prior')}", loc="right", color=QUIET, fontsize=9)
    return figure


def figure_rollouts(arguments: argparse.Namespace) -> plt.Figure:
    """Frames of a test sequence to twice the window, the exact motion above what the model makes of the window's."""
    figure, panels = plt.subplots(len(arguments.runs), 1, figsize=(9, 1.42 * len(arguments.runs)), constrained_layout=True, squeeze=False)
    for axes, run, data in zip(panels.flat, arguments.runs, one_for_each(arguments)):
        window, _ = drawn_rollout(run, "--data", data, "--index", arguments.index, "--direction", "forward", *device_of(arguments))
        last = 2 * (window.shape[1] - 1)
        sheet, about = drawn_rollout(run, "--data", data, "--index", arguments.index, "--direction", "forward", "--steps", last,
                                      *device_of(arguments))
        shown = parts.evenly(last + 1, 13)
        parts.draw_frames(axes, [sheet[0][shown], sheet[1][shown]], [str(i) for i in shown], ["truth", "rollout"])
        pitch = sheet.shape[2] + max(1, sheet.shape[2] // 16)
        seen = np.count_nonzero(shown <= last // 2)
        axes.axvline(seen * pitch - 1.5, color=COLORS[1], linewidth=1.5)
        axes.set_title(f"{parts.name_of(about['system'])}: seen to frame {last // 2}, then alone", fontsize=9)
    return figure

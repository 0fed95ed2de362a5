"""Figure 6: errors and energies over time, from what hgn-eval wrote."""
from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np

from hamgen.figures import parts
from hamgen.figures.parts import QUIET, FigureError, Look, number_at, plt, series_at, text


def figure_6(arguments: argparse.Namespace) -> plt.Figure:
    evaluations = [parts.read_evaluation(path) for path in arguments.evaluations]
    all_looks = parts.looks_of(evaluations)
    for path, evaluation in zip(arguments.evaluations, evaluations):
        if not any(len(errors_of(run)[0]) for run in evaluation["runs"]):
            raise FigureError(f"{path} has no run with an error of every frame: models of states have none")
    shown = {look for evaluation, looks in zip(evaluations, all_looks)
             for run, look in zip(evaluation["runs"], looks) if len(errors_of(run)[0])}
    labels = sorted(shown, key=lambda look: look.order)
    width = max(6, 3.7 * len(evaluations))
    columns = max(1, int(width / (0.8 + 0.065 * max(len(look.label) for look in labels))))
    entries = max(sum(len(energy_of(run)[0]) > 0 for run in evaluation["runs"]) for evaluation in evaluations)
    below = 0.18 * (1 + math.ceil(entries / 2))
    heights = (0.18 * math.ceil((len(labels) + 2) / columns), 2.3, 2.1, below, 2.1, below)
    figure = plt.figure(figsize=(width, sum(heights) + 1.6), constrained_layout=True)
    grid = figure.add_gridspec(len(heights), len(evaluations), height_ratios=heights)
    parts.draw_legend(figure.add_subplot(grid[0, :]), [*labels, *YARDSTICKS.values()], ncol=columns)
    for column, (evaluation, looks) in enumerate(zip(evaluations, all_looks)):
        axes = []
        for row in range(1, len(heights)):
            axes.append(figure.add_subplot(grid[row, column], sharex=axes[0] if row in (2, 4) else None))
        draw_errors(axes[0], evaluation, looks)
        draw_energies(axes[1], axes[2], evaluation, looks)
        draw_drifts(axes[3], axes[4], evaluation, looks)
        if column == 0:
            for which, label in ((0, "pixel MSE × 10⁴"), (1, "learned H"), (3, "|H(t) − H(0)| / spread of H")):
                axes[which].set_ylabel(label)
    return figure


YARDSTICKS = {"yardsticks/mean_image/mse": Look("mean image", QUIET, (0, (6, 2))),
              "yardsticks/noise_floor": Look("noise floor", QUIET, (0, (1, 1.5)))}


def errors_of(run: Any) -> tuple[np.ndarray, np.ndarray]:
    return series_at(run, "pixel_error/test/per_frame", "mse")


def energy_of(run: Any) -> tuple[np.ndarray, np.ndarray]:
    return series_at(run, "energy/example", "energy")


def draw_errors(axes: plt.Axes, evaluation: dict[str, Any], looks: list[Look]) -> None:
    for run, look in zip(evaluation["runs"], looks):
        time, errors = errors_of(run)
        axes.plot(time, 1e4 * errors, color=look.color, linestyle=look.dash)
    for path, look in YARDSTICKS.items():
        axes.axhline(1e4 * number_at(evaluation, path), color=look.color, linestyle=look.dash, linewidth=1)
    axes.set(yscale="log", xlabel="time")
    axes.yaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(plt.NullFormatter())
    axes.set_title(parts.name_of(parts.value_at(evaluation, "dataset/system")), fontweight="bold")


def draw_energies(axes: plt.Axes, below: plt.Axes, evaluation: dict[str, Any], looks: list[Look]) -> None:
    """The learned Hamiltonian along one rollout. Its mean and variance are this rollout's."""
    entries = []
    for run, look in zip(evaluation["runs"], looks):
        time, energy = energy_of(run)
        if len(time):
            axes.plot(time, energy, color=look.color, linestyle=look.dash)
            entries.append(look._replace(label=f"{text(np.nanmean(energy), 4)} ± {text(1e4 * np.nanvar(energy))}"))
    finish_panel(axes, below, entries, "E = μ ± σ² × 10⁴")


def draw_drifts(axes: plt.Axes, below: plt.Axes, evaluation: dict[str, Any], looks: list[Look]) -> None:
    """The same in units of how much H differs between trajectories, which a Hamiltonian that collapsed cannot hide."""
    entries = []
    for run, look in zip(evaluation["runs"], looks):
        time, energy = energy_of(run)
        spread = number_at(run, "energy/spread")
        if len(time):
            change = np.abs(energy - energy[0]) / (spread if spread > 0 else np.nan)
            change[change == 0] = np.nan  # no place on this axis
            axes.plot(time, change, color=look.color, linestyle=look.dash, marker=".", markersize=3)
            entries.append(look._replace(label=f"{text(number_at(run, 'energy/drift'), 2)} ({text(spread, 2)})"))
    axes.set_yscale("log")
    finish_panel(axes, below, entries, "drift over all rollouts (spread of H)")


def finish_panel(axes: plt.Axes, below: plt.Axes, entries: list[Look], title: str) -> None:
    axes.set_xlabel("time")
    parts.draw_legend(below, entries, title=title, ncol=2, loc="upper left")
    if not entries:
        axes.axis("off")
        axes.text(0.5, 0.5, "no run has a Hamiltonian", transform=axes.transAxes, ha="center", color=QUIET)

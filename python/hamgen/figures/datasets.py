"""Figure 5: frames and phase space of datasets."""
from __future__ import annotations

import argparse

import numpy as np

from hamgen import HamgenDataset
from hamgen.figures import parts
from hamgen.figures.parts import QUIET, FigureError, plt


def figure_5(arguments: argparse.Namespace) -> plt.Figure:
    count = len(arguments.data)
    figure = plt.figure(figsize=(12, 2.3 * count), constrained_layout=True)
    grid = figure.add_gridspec(count, 2, width_ratios=(8.6, 3))
    for row, root in enumerate(arguments.data):
        data = HamgenDataset(root, fields=("frames", "q", "p", "dq_dt", "dp_dt", "energy"))
        if arguments.index >= len(data):
            raise FigureError(f"--index = {arguments.index} is not allowed: {root} has train trajectories 0 to "
                              f"{len(data) - 1}", 2)
        items = [data[(arguments.index + i) % len(data)] for i in range(min(12, len(data)))]
        shown = parts.evenly(len(data.time), 8)
        axes = figure.add_subplot(grid[row, 0])
        parts.draw_frames(axes, [items[0]["frames"][shown] / 255], [f"{data.time[i]:g}" for i in shown])
        axes.set_title(parts.name_of(data.manifest["system"]), fontweight="bold")
        axes.set_title(data.manifest["hamiltonian"], loc="right", color=QUIET, fontsize=9)
        axes.set_xlabel("time")
        is_in_plane = all(name.startswith("xy"[i % 2]) for i, name in enumerate(data.coordinates))
        (draw_orbits if is_in_plane else draw_phase_plane)(figure.add_subplot(grid[row, 1]), items, data)
    return figure


def draw_phase_plane(axes: plt.Axes, items: list[dict[str, np.ndarray]], data: HamgenDataset) -> None:
    """The first coordinate and its momentum: of a system with one, each trajectory lies on a level line of H."""
    energies = [item["energy"][0] for item in items]
    colors = plt.cm.ScalarMappable(plt.Normalize(min(energies), max(energies)), "cividis")
    for item in items:
        q, p = (parts.curve(item[name], item[rate], data.time)[:, 0] for name, rate in (("q", "dq_dt"), ("p", "dp_dt")))
        axes.plot(q, p, color=colors.to_rgba(item["energy"][0]), linewidth=1.3)
    axes.set(xlabel=f"q ({data.coordinates[0].replace('_', ' ')})", ylabel="p")
    bar = axes.figure.colorbar(colors, ax=axes, fraction=0.05, pad=0.04)
    bar.outline.set_visible(False)
    bar.set_label("H", rotation=0, labelpad=8)


def draw_orbits(axes: plt.Axes, items: list[dict[str, np.ndarray]], data: HamgenDataset) -> None:
    """In the bodies' own colours: the orbits of the sequence that is shown, from the dots on, and of a few others."""
    look = data.manifest["config"]["look"]
    for item in items[3::-1]:
        is_shown = item is items[0]
        points = parts.curve(item["q"], item["dq_dt"], data.time)
        for body in range(points.shape[1] // 2):
            x, y = points[:, 2 * body], points[:, 2 * body + 1]
            color = look["colors"][body % len(look["colors"])]
            axes.plot(x, y, color=color, linewidth=1.6 if is_shown else 0.7, alpha=1 if is_shown else 0.4)
            if is_shown:
                axes.plot(x[0], y[0], "o", color=color, markersize=5)
    axes.set(xlabel="x", ylabel="y", facecolor=look["background"])
    axes.set_aspect("equal", adjustable="datalim")

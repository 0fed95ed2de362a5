"""Learned densities in figures.py: Figure 9, six panels for each flow in the plane; samples beside the data."""
from __future__ import annotations

import argparse
import math
import textwrap
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import numpy as np
from matplotlib.patheffects import withStroke

from hamgen.figures import parts
from hamgen.figures.parts import COLORS, INK, QUIET, FigureError, number_at, numbers_at, plt, text, value_at

# Inches: of a panel, of what is left of the first one, between two of them with and without a colour bar, of titles.
PANEL, LABEL, GAP, BAR, TITLE, AXIS = 2.2, 1.72, 0.17, 0.58, 0.3, 0.42
MOST_COORDINATES = 16  # that hgn-eval writes
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Flow(NamedTuple):
    """What a picture shows of one run. Windows are x low, x high, y low, y high, lattices [n, n] have y first."""

    run: dict[str, Any]
    window: np.ndarray  # of the data
    own_window: np.ndarray  # of p: the same in the flow's coordinates, which data.standardize makes others
    bandwidth: float  # of the densities, in the data's units
    of_data: np.ndarray
    of_samples: np.ndarray
    potential: np.ndarray  # [T, n, n] over the window
    kinetic: np.ndarray  # [T, n, n] over its own window
    paths: np.ndarray  # [steps + 1, 2, points], in the data's coordinates
    is_turned: bool = False  # potential, kinetic and own_window, by with_convex_kinetic


def read_flow(run: Any) -> Flow | None:
    """None of a run that is no flow in two dimensions, or where something is missing or not finite."""
    shown = value_at(run, "density/figure") if value_at(run, "model") == "nhf" else None
    energies, steps = value_at(shown, "hamiltonians"), value_at(shown, "paths")
    if not (isinstance(energies, list) and energies and isinstance(steps, list) and len(steps) > 1):
        return None
    n, window, bandwidth = number_at(shown, "lattice"), numbers_at(shown, "window"), number_at(shown, "bandwidth")
    lattices = [numbers_at(shown, f"density_of_{of}") for of in ("points", "samples")]
    lattices += [numbers_at(energy, name) for name in ("potential", "kinetic") for energy in energies]
    paths = [numbers_at(step, name) for step in steps for name in "xy"]
    if not (n >= 2 and bandwidth > 0 and all(len(values) == n * n for values in lattices) and len(window) == 4
            and len(paths[0]) > 0 and all(len(values) == len(paths[0]) for values in paths)):
        return None
    points = np.array(paths).reshape(len(steps), 2, -1)
    own = np.array([(axis.min(), axis.max()) for axis in points[0]]).ravel()
    finite = (np.isfinite(values).all() for values in (*lattices, window, own))
    if not (all(finite) and all(low < high for low, high in (window[:2], window[2:], own[:2], own[2:]))):
        return None
    for axis in range(2):  # the lattice that paths begin on spans the window
        low, high = own[2 * axis : 2 * axis + 2]
        points[:, axis] = window[2 * axis] + (points[:, axis] - low) / (high - low) * (np.diff(window)[2 * axis])
    surfaces = np.array(lattices).reshape(len(lattices), int(n), int(n))
    potential, kinetic = np.split(surfaces[2:], 2)
    return Flow(run, window, own, bandwidth, *surfaces[:2], potential, kinetic, points)


def read_flows(path: Path) -> list[Flow]:
    flows = [flow for run in parts.read_evaluation(path)["runs"] if (flow := read_flow(run)) is not None]
    if not flows:
        raise FigureError(f"{path} has no model nhf of two dimensions")
    return flows


def with_convex_kinetic(flow: Flow, which: int) -> Flow:
    """(q, p, H) and (q, -p, -H), with all of its H, are the same flow. Of the two, that where K of the chosen H is
    convex on the whole: the quadratic that fits it best has a positive trace."""
    kinetic = flow.kinetic[which] - flow.kinetic[which].min()
    squares = np.linspace(-1, 1, len(kinetic)) ** 2
    bend = squares - squares.mean()  # at right angles to constants and slopes
    wide, high = np.ptp(flow.own_window.reshape(2, 2), axis=1)
    if bend @ kinetic.mean(0) / wide**2 + bend @ kinetic.mean(1) / high**2 >= 0:
        return flow
    potential, kinetic = (energy.max((1, 2), keepdims=True) - energy for energy in (flow.potential, flow.kinetic))
    return flow._replace(potential=potential, kinetic=kinetic[:, ::-1, ::-1], own_window=-flow.own_window[[1, 0, 3, 2]],
                         is_turned=True)


def figure_9(arguments: argparse.Namespace) -> plt.Figure:
    flows = [flow for path in arguments.evaluations for flow in read_flows(path)]
    for flow in flows:
        if (arguments.hamiltonian or 1) > len(flow.potential):
            raise FigureError(f"--hamiltonian = {arguments.hamiltonian} is not allowed: {value_at(flow.run, 'run')} "
                              f"has 1 to {len(flow.potential)}", 2)
    heights = [min(1.5, max(0.5, np.diff(flow.window)[2] / np.diff(flow.window)[0])) * PANEL for flow in flows]
    lefts = LABEL + np.cumsum([0, *(PANEL + gap for gap in (GAP, BAR + 0.4, BAR, BAR, GAP))])
    width, height = lefts[-1] + PANEL, sum(heights) + len(flows) * (TITLE + AXIS)
    figure, top = plt.figure(figsize=(width, height)), height
    for flow, tall in zip(flows, heights):
        top -= TITLE + tall
        panels = [figure.add_axes((left / width, top / height, PANEL / width, tall / height)) for left in lefts]
        which = (arguments.hamiltonian or len(flow.potential)) - 1
        shown = with_convex_kinetic(flow, which)
        draw_row(panels, shown, which)
        draw_label(figure, top + tall, *label_of(flow.run, *["shown: −H(q, −p)"] * shown.is_turned))
        top -= AXIS
    return figure


def draw_label(figure: plt.Figure, top: float, name: str, notes: str) -> None:
    """At the left end of a row, whose top is so many inches up."""
    height, below = figure.get_figheight(), top - label_height(name)
    figure.text(0, top / height, name, va="top", fontweight="bold", fontsize=11)
    figure.text(0, below / height, notes, va="top", color=QUIET, fontsize=8.5, linespacing=1.45)


def label_height(name: str, notes: str = "") -> float:
    return 0.07 + 0.19 * len(name.splitlines()) + 0.172 * len(notes.splitlines())


def label_of(run: Any, *more: str) -> tuple[str, str]:
    return name_on(run), "\n".join([*notes_on(run), *more])


def name_on(run: Any) -> str:
    """The target's name, or the file's."""
    name = value_at(run, "density/data")
    is_file = isinstance(name, str) and not name.startswith("target ")
    name = parts.literal(name) if is_file else parts.name_of(name.removeprefix("target ") if name else None)
    return textwrap.fill(name, 14, max_lines=2, placeholder="…")


def notes_on(run: Any) -> list[str]:
    """The run's title, and how far it is from the data: what is known of it."""
    title, bounds = value_at(run, "title"), value_at(run, "density/bounds")
    lines = textwrap.wrap(parts.literal(title), 21) if isinstance(title, str) else []
    bounds = [bound for bound in bounds if number_at(bound, "draws") >= 1] if isinstance(bounds, list) else []
    means = {number_at(bound, "draws"): number_at(bound, "mean") for bound in bounds}
    most = max(means, default=1)
    numbers = {"ELBO {} nats": means.get(1, np.nan), f"IWAE {most:g} {{}}": means[most] if most > 1 else np.nan,
               "exact {}": number_at(run, "density/exact_log_likelihood/mean"),
               "KL on a grid {}": number_at(run, "density/grid/divergence")}
    return lines + [words.format(text(value)) for words, value in numbers.items() if np.isfinite(value)]


def draw_row(panels: list[plt.Axes], flow: Flow, which: int) -> None:
    ordinal = str(which + 1).translate(SUBSCRIPTS)
    integrator = value_at(flow.run, "integrator")
    step = f"{parts.literal(integrator)} step" if isinstance(integrator, str) else "step"
    titles = ("A: data", "B: samples", f"C: kinetic energy K{ordinal}(p)", f"D: potential V{ordinal}(q)",
              f"E: one {step} of H₁", f"F: whole flow, {len(flow.paths) - 1} steps")
    for axes, title in zip(panels, titles):
        window = flow.own_window if axes is panels[2] else flow.window
        axes.set(aspect="equal", anchor="NW", xlim=window[:2], ylim=window[2:])
        set_up(axes, title, axes in (panels[0], panels[2]))
    for axes, name in ((panels[0], "q"), (panels[2], "p")):
        axes.set_xlabel(name + "₁", labelpad=1)
        axes.set_ylabel(name + "₂", labelpad=3)
    draw_density(panels[0], flow, flow.of_data)
    draw_bar(draw_density(panels[1], flow, flow.of_samples))
    draw_energy(panels[2], flow.own_window, flow.kinetic[which], flow.kinetic[which])
    potential = flow.potential[which]
    draw_energy(panels[3], flow.window, potential, potential[flow.of_data >= 0.02 * flow.of_data.max()])
    panels[3].plot(*maxima_of(flow), "x", color="white", markersize=5, markeredgewidth=1,
                   path_effects=[withStroke(linewidth=2.2, foreground=INK, alpha=0.5)])
    draw_step(panels[4], flow.paths)
    draw_paths(panels[5], flow.paths)


def set_up(axes: plt.Axes, title: str, has_numbers: bool, intervals: Sequence[int] = (4, 4)) -> None:
    axes.set_title(title, fontsize=10)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_linewidth(0.6)
    axes.tick_params(length=2.5, labelsize=8, labelbottom=has_numbers, labelleft=has_numbers)
    for axis, most in zip((axes.xaxis, axes.yaxis), intervals):
        axis.set_major_locator(plt.MaxNLocator(most, steps=(1, 2, 5, 10)))


def draw_density(axes: plt.Axes, flow: Flow, density: np.ndarray) -> plt.cm.ScalarMappable:
    most = max(flow.of_data.max(), flow.of_samples.max()) or 1
    x, y = (np.linspace(*flow.window[i : i + 2], len(density)) for i in (0, 2))
    return axes.pcolormesh(x, y, density, cmap="Blues", vmin=0, vmax=most, shading="gouraud", rasterized=True)


def draw_energy(axes: plt.Axes, window: np.ndarray, energy: np.ndarray, important: np.ndarray) -> None:
    """Level lines between the lowest and the highest of the energies that are important."""
    x, y = (np.linspace(*window[i : i + 2], len(energy)) for i in (0, 2))
    lowest, highest = important.min(), important.max()
    levels = np.linspace(lowest, highest if highest > lowest else lowest + 1, 15)
    beyond = ("neither", "min", "max", "both")[(energy.min() < levels[0]) + 2 * (energy.max() > levels[-1])]
    filled = axes.contourf(x, y, energy, levels, cmap="cividis", extend=beyond)
    if energy.min() < energy.max():
        axes.contour(x, y, energy, levels, colors="white", linewidths=0.4, alpha=0.5)
    draw_bar(filled)


def draw_bar(colors: plt.cm.ScalarMappable) -> None:
    axes, (low, high) = colors.axes, colors.get_clim()
    ticks = plt.MaxNLocator(4, steps=(1, 2, 5, 10)).tick_values(low, high)
    bar = axes.figure.colorbar(colors, cax=axes.inset_axes((1.03, 0, 0.035, 1)), spacing="proportional",
                               extendfrac=0.03, ticks=[tick for tick in ticks if low <= tick <= high])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, labelsize=8)


def maxima_of(flow: Flow) -> np.ndarray:
    """Where the data's density is higher than at any place within two bandwidths: [2, modes]."""
    n = len(flow.of_data)
    x, y = (np.linspace(*flow.window[i : i + 2], n) for i in (0, 2))
    reach = [min(n, int(2 * flow.bandwidth / (axis[1] - axis[0]))) for axis in (x, y)]
    highest = flow.of_data
    for axis, cells in zip((1, 0), reach):
        padded = np.pad(highest, [(cells, cells) if i == axis else (0, 0) for i in range(2)])
        highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * cells + 1, axis).max(-1)
    rows, columns = np.nonzero((flow.of_data == highest) & (flow.of_data > flow.of_data.max() / 3))
    return np.array([x[columns], y[rows]])


def draw_step(axes: plt.Axes, paths: np.ndarray) -> None:
    """From every point of the lattice, or, where arrows would hide each other, from every second of a row."""
    side = math.isqrt(paths.shape[2])
    spacing = np.ptp(paths[0], axis=1).mean() / max(1, side - 1)
    every = 2 if np.mean(np.hypot(*(paths[1] - paths[0])) > 1.5 * spacing) > 0.5 else 1
    shown = np.arange(side * side).reshape(side, side)[::every, ::every].ravel()
    start, end = paths[:2, :, shown]
    axes.quiver(*start, *(end - start), color=COLORS[0], angles="xy", scale_units="xy", scale=1, width=0.005)


def draw_paths(axes: plt.Axes, paths: np.ndarray) -> None:
    axes.plot(paths[:, 0], paths[:, 1], color=INK, linewidth=0.4, alpha=0.25)
    axes.plot(*paths[-1], "o", color=COLORS[1], markersize=2, markeredgewidth=0, alpha=0.8)


# Samples beside the data, in any number of dimensions

class Scatter(NamedTuple):
    run: dict[str, Any]
    points: np.ndarray  # of the data: [coordinates, n]
    samples: np.ndarray


class Pair(NamedTuple):
    """Two coordinates, which have a panel for the data and one for the samples; or an odd last one, which has one."""

    names: list[str]
    points: np.ndarray
    samples: np.ndarray
    limits: np.ndarray  # [coordinates, 2]
    size: np.ndarray  # of a panel, in inches


def read_scatter(run: Any) -> Scatter | None:
    """None where something is missing or not finite."""
    both = []
    for name in ("points", "samples"):
        columns = value_at(run, f"density/scatter/{name}")
        columns = [numbers_at({name: column}, name) for column in columns] if isinstance(columns, list) else []
        if not (1 <= len(columns) <= MOST_COORDINATES and len(columns[0]) > 0
                and all(len(column) == len(columns[0]) and np.isfinite(column).all() for column in columns)):
            return None
        both.append(np.array(columns))
    return Scatter(run, *both) if len(both[0]) == len(both[1]) else None


def read_scatters(path: Path) -> list[Scatter]:
    scatters = [found for run in parts.read_evaluation(path)["runs"] if (found := read_scatter(run)) is not None]
    if not scatters:
        raise FigureError(f"{path} has no samples of a density")
    return scatters


def figure_samples(arguments: argparse.Namespace) -> plt.Figure:
    """A row for each run: of every two coordinates the data and, on the same axes, the model's samples."""
    scatters = [scatter for path in arguments.evaluations for scatter in read_scatters(path)]
    rows = [pairs_of(scatter, arguments.labels) for scatter in scatters]
    labels = [label_of(scatter.run) for scatter in scatters]
    talls = [max(*(pair.size[1] + AXIS for pair in row), label_height(*label)) for row, label in zip(rows, labels)]
    lefts, width = [], LABEL  # of the panels in each column of pairs
    for column in range(max(map(len, rows))):
        pairs = [row[column] for row in rows if column < len(row)]
        pitch = max(pair.size[0] for pair in pairs) + GAP
        lefts.append([width + pitch * i for i in range(max(len(pair.names) for pair in pairs))])
        width = lefts[-1][-1] + pitch + BAR
    width -= GAP + BAR
    height = sum(talls) + TITLE * len(rows)
    figure, top = plt.figure(figsize=(width, height)), height
    for row, label, tall in zip(rows, labels, talls):
        top -= TITLE
        for pair, places in zip(row, lefts):
            wide, high = pair.size / (width, height)
            boxes = [(left / width, top / height - high, wide, high) for left in places[: len(pair.names)]]
            draw = draw_scatters if len(boxes) == 2 else draw_histograms
            draw([figure.add_axes(box) for box in boxes], pair)
        draw_label(figure, top, *label)
        top -= tall
    return figure


def pairs_of(scatter: Scatter, labels: list[str] | None) -> list[Pair]:
    count = len(scatter.points)
    if labels and len(labels) != count:
        raise FigureError(f"--labels {' '.join(labels)} is not allowed: {value_at(scatter.run, 'run')} has coordinates "
                          f"1 to {count}", 2)
    names = [parts.literal(name) for name in labels or (f"x{i + 1}".translate(SUBSCRIPTS) for i in range(count))]
    ends = np.array([np.percentile(values, (0.5, 99.5), axis=1) for values in (scatter.points, scatter.samples)])
    low, high = ends[:, 0].min(0), ends[:, 1].max(0)
    margin = np.where(high > low, 0.08 * (high - low), np.maximum(1, np.abs(low)))
    limits = np.transpose((low - margin, high + margin))
    return [Pair(names[i : i + 2], scatter.points[i : i + 2], scatter.samples[i : i + 2], limits[i : i + 2],
                 PANEL * shape_of(limits[i : i + 2])) for i in range(0, count, 2)]


def shape_of(limits: np.ndarray) -> np.ndarray:
    """A panel's width and height, at most 1: those of the window, where neither is far too long."""
    sides = np.ptp(limits, axis=1)
    if len(sides) == 1:
        return np.array([1, 0.8])
    return sides / sides.max() if sides.max() <= 3 * sides.min() else np.ones(2)


def draw_scatters(panels: list[plt.Axes], pair: Pair) -> None:
    intervals = [max(2, round(4 * side / PANEL)) for side in pair.size]
    for axes, title, values, color in zip(panels, ("data", "samples"), (pair.points, pair.samples), COLORS):
        axes.set(xlim=pair.limits[0], ylim=pair.limits[1])
        set_up(axes, title, axes is panels[0], intervals)
        axes.plot(*values, "o", color=color, markersize=2.2, markeredgewidth=0, alpha=0.35)
    panels[0].set_xlabel(pair.names[0], labelpad=1)
    panels[0].set_ylabel(pair.names[1], labelpad=3)


def draw_histograms(panels: list[plt.Axes], pair: Pair) -> None:
    (axes,), edges = panels, np.linspace(*pair.limits[0], 41)
    set_up(axes, "", True)
    for name, (values,), color in zip(("data", "samples"), (pair.points, pair.samples), COLORS):
        shares = np.histogram(values, edges)[0] / len(values)
        axes.stairs(shares / np.diff(edges), edges, color=color, linewidth=1.2, label=name)
    axes.set(xlim=pair.limits[0], ylim=(0, None))
    axes.set_xlabel(pair.names[0], labelpad=1)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=2, borderaxespad=0.2, borderpad=0, handlelength=1.2,
                columnspacing=1.2)

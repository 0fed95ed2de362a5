"""Draw the figures of the paper (Toth et al., Hamiltonian Generative Networks) from datasets and runs of one's own.

    figures.py 5 --data mass_spring pendulum two_body three_body --out fig5.pdf      datasets: frames, phase space
    figures.py 6 mass_spring.json pendulum.json --out fig6.pdf                       errors and energies over time
    figures.py 7 runs/hgn runs/pixel_hnn --data three_body --index 3 --out fig7.pdf  roll-outs of two sequences
    figures.py 8 runs/mass_spring runs/pendulum --out fig8.pdf                       samples from the prior
    figures.py rollouts runs/a runs/b --data a b --out rollouts.png                  beyond the window, beside the truth
    figures.py 9 ring.json moons.json --out fig9.pdf                                 densities of Hamiltonian flows
    figures.py 10 --out fig10.pdf                                                    volume: leapfrog and Euler
    figures.py samples pendulum.json --labels q p --out samples.pdf                  points and samples of densities

Figures 6, 9 and samples read what `hgn-eval RUN... --json FILE` writes, 6 a file for each dataset. Figures 7, 8 and rollouts call
hgn-rollout: $HGN_ROLLOUT, or build/release/bin/hgn-rollout, or that on the PATH. Pictures are .png, .pdf or .svg. Needs matplotlib.
"""
from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any, Callable, NoReturn

import numpy as np

from hamgen import DatasetError, HamgenDataset
from hamgen.figures import parts
from hamgen.figures.density import figure_9, figure_samples
from hamgen.figures.parts import COLORS, INK, QUIET, SHADE, FigureError, Look, number_at, plt, series_at, text
from hamgen.figures.rollouts import figure_7, figure_8, figure_rollouts


# Figure 5: datasets

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


# Figure 6: errors and energies

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
    """The learned Hamiltonian along one roll-out. Its mean and variance are this roll-out's."""
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
    finish_panel(axes, below, entries, "drift over all roll-outs (spread of H)")


def finish_panel(axes: plt.Axes, below: plt.Axes, entries: list[Look], title: str) -> None:
    axes.set_xlabel("time")
    parts.draw_legend(below, entries, title=title, ncol=2, loc="upper left")
    if not entries:
        axes.axis("off")
        axes.text(0.5, 0.5, "no run has a Hamiltonian", transform=axes.transAxes, ha="center", color=QUIET)


# Figure 10: integrators

def figure_10(arguments: argparse.Namespace) -> plt.Figure:
    figure, panels = plt.subplots(1, 3, figsize=(12.6, 5.1), constrained_layout=True)
    force, potential = parts.FORCES[arguments.system], parts.POTENTIALS[arguments.system]
    steppers = {"Leapfrog": parts.leapfrog, "Euler": parts.euler}
    motions = {name: parts.motion_of(step, force, *parts.square(1.0, 0.0, 0.4), arguments.dt, arguments.steps)
               for name, step in steppers.items()}
    reach = 1.1 * max(np.abs(motion).max() for motion in motions.values())
    for axes, (name, step) in zip(panels, steppers.items()):
        draw_levels(axes, potential, reach)
        center = parts.motion_of(step, force, np.array([1.0]), np.array([0.0]), arguments.dt, arguments.steps)
        draw_cells(axes, motions[name], center[..., 0], f"A: {name}, {arguments.steps} steps of {arguments.dt:g}")
    draw_leapfrog(panels[2], force, potential)
    return figure


def draw_levels(axes: plt.Axes, potential: Callable[[np.ndarray], np.ndarray], reach: float) -> None:
    line = np.linspace(-reach, reach, 300)
    q, p = np.meshgrid(line, line)
    energy = p**2 / 2 + potential(q)
    axes.contour(q, p, energy, levels=(np.arange(1, 8) * reach / 7) ** 2 / 2, colors=SHADE, linewidths=0.7)
    axes.set(xlabel="q", ylabel="p", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))


def draw_cells(axes: plt.Axes, motion: np.ndarray, center: np.ndarray, title: str) -> None:
    """A cell of phase space [steps + 1, 2, n] on its way, at about eight of its steps."""
    shown = parts.evenly(len(motion), 9)
    axes.plot(center[:, 0], center[:, 1], "-", color=INK, linewidth=0.8, marker=".", markersize=3)
    for i in shown:
        axes.fill(*motion[i], facecolor=COLORS[0], alpha=0.35, linewidth=0)
        axes.fill(*motion[i], fill=False, edgecolor=COLORS[1] if i == 0 else COLORS[0], linewidth=1.3)
    first, last = parts.area(*motion[0]), parts.area(*motion[-1])
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=COLORS[0] + "59", edgecolor=color, linewidth=1.3)
               for color in COLORS[1::-1]]
    entries = [f"at first: area {text(first, 4)}",
               f"after {len(motion) - 1} steps: area {text(last, 4)} = {text(last / first, 5)} × the first"]
    axes.legend(handles, entries, loc="upper left", bbox_to_anchor=(0, -0.13), borderaxespad=0)
    axes.set_title(title)


def draw_leapfrog(axes: plt.Axes, force: Callable, potential: Callable) -> None:
    """Two wide steps as they are made: half a step in p, a whole one in q, half a step in p."""
    dt, q, p = 0.55, -1.4, 0.1
    draw_levels(axes, potential, 1.7)
    axes.set(xlim=(-1.6, 0), ylim=(-0.1, 1.5))
    for step in range(2):
        half = p + dt / 2 * force(q)
        new_q = q + dt * half
        new_p = half + dt / 2 * force(new_q)
        corners = ((q, p), (q, half), (new_q, half), (new_q, new_p))
        for start, end, color in zip(corners, corners[1:], (COLORS[0], COLORS[1], COLORS[0])):
            axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "shrinkA": 0, "shrinkB": 0})
        axes.plot([q, new_q], [p, new_p], "o", color=INK, markersize=5)
        q, p = new_q, new_p
    handles = [plt.Line2D([], [], color=INK, marker="o", linestyle="", markersize=5),
               *(plt.Line2D([], [], color=color) for color in COLORS[:2])]
    axes.legend(handles, ["state after a whole step", "p by half a step", "q by a step"], ncol=2, loc="upper left",
                bbox_to_anchor=(0, -0.13), borderaxespad=0)
    axes.set_title("B: updates of leapfrog")


# Command line

class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"figures: {message} ({self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def picture(name: str) -> Path:
    path = Path(name)
    if path.suffix not in parts.FORMATS:
        raise argparse.ArgumentTypeError(f"{name!r} is not allowed: expected a name that ends in .png, .pdf or .svg")
    return path


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(written: str) -> int:
        if not (written.isascii() and written.isdigit() and low <= int(written) <= high):
            raise argparse.ArgumentTypeError(f"{written!r} is not allowed: expected an integer from {low} to {high}")
        return int(written)

    return parse


def step_size(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not 0 < value < 2:
        raise argparse.ArgumentTypeError(f"{written!r} is not allowed: expected a number > 0 and < 2")
    return value


def make_parser() -> Parser:
    parser = Parser(prog="figures.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = parser.add_subparsers(metavar="FIGURE", required=True, dest="figure", help="5 to 10, or samples")

    def add(name: str, draw: Callable, summary: str) -> argparse.ArgumentParser:
        command = figures.add_parser(name, help=summary, description=f"{'Figure ' * name.isdigit()}{name}: {summary}.")
        command.set_defaults(draw=draw)
        command.add_argument("--out", type=picture, required=True, metavar="FILE", help="picture: .png, .pdf or .svg")
        return command

    def add_index(command: argparse.ArgumentParser) -> None:
        command.add_argument("--index", type=whole(0, 10**15), default=0, metavar="I", help="which sequence [0]")

    def add_reader(name: str, draw: Callable, summary: str) -> argparse.ArgumentParser:
        command = add(name, draw, summary)
        command.add_argument("evaluations", nargs="+", type=Path, metavar="EVALUATION.json",
                             help="what hgn-eval --json wrote")
        return command

    def add_runs(command: argparse.ArgumentParser, summary: str) -> None:
        command.add_argument("runs", nargs="+", type=Path, metavar="RUN", help=summary)
        command.add_argument("--device", metavar="X", help="auto, cpu, cuda or cuda:1 [as trained]")

    five = add("5", figure_5, "frames and phase space of datasets, a row each")
    five.add_argument("--data", nargs="+", required=True, metavar="DIR", help="datasets that hamgen made")
    add_index(five)
    add_reader("6", figure_6, "errors of every frame and the learned energy over time, a column for each dataset")
    seven = add("7", figure_7, "roll-outs of a train and a test sequence")
    add_runs(seven, "directories of hgn-fit: the first forward, backward, fast and slow, further ones forward")
    seven.add_argument("--data", required=True, metavar="DIR", help="dataset that hamgen made")
    add_index(seven)
    eight = add("8", figure_8, "sequences from the prior, a block for each run")
    add_runs(eight, "directories of hgn-fit, of models with a prior")
    eight.add_argument("--data", nargs="+", metavar="DIR",
                       help="a dataset for each run: samples are from a density of what the run makes of it, not from N(0, 1)")
    eight.add_argument("--samples", type=whole(1, 100), default=4, metavar="N", help="sequences of each run [4]")
    eight.add_argument("--seed", type=whole(0, 10**15), default=0, metavar="N", help="of the samples [0]")
    beyond = add("rollouts", figure_rollouts, "the truth above a roll-out twice as long as the window, of several runs")
    add_runs(beyond, "directories of hgn-fit")
    beyond.add_argument("--data", nargs="+", required=True, metavar="DIR", help="a dataset for each run")
    add_index(beyond)
    nine = add_reader("9", figure_9, "densities, energies and paths of Hamiltonian flows, a row for each run of nhf")
    nine.add_argument("--hamiltonian", type=whole(1, 10**15), metavar="N", help="whose energies, from 1 on [the last]")
    ten = add("10", figure_10, "a cell of phase space under leapfrog and Euler integration")
    ten.add_argument("--system", choices=sorted(parts.FORCES), default="oscillator", help="of mass 1 [oscillator]")
    ten.add_argument("--dt", type=step_size, default=0.2, metavar="X", help="step [0.2]")
    ten.add_argument("--steps", type=whole(1, 200), default=32, metavar="N", help="so many steps [32]")
    samples = add_reader("samples", figure_samples, "points of the data and samples of densities, a row for each run")
    samples.add_argument("--labels", nargs="+", metavar="NAME", help="of the coordinates [x₁ x₂ …]")
    return parser


def main(words: list[str] | None = None) -> int:
    arguments = make_parser().parse_args(words)
    try:
        if not (directory := arguments.out.absolute().parent).is_dir():
            raise FigureError(f"there is no directory {directory}")
        with plt.rc_context(parts.STYLE):
            parts.save(arguments.draw(arguments), arguments.out)
    except (FigureError, DatasetError) as error:
        print(f"figures: {error}", file=sys.stderr)
        return error.status if isinstance(error, FigureError) else 1
    except OSError as error:
        print(f"figures: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(arguments.out)
    return 0


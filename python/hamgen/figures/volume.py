"""Figure 10: a cell of phase space under leapfrog and Euler integration of H = p^2 / 2 + V(q)."""
from __future__ import annotations

import argparse
from typing import Callable

import numpy as np

from hamgen.figures import parts
from hamgen.figures.parts import COLORS, INK, SHADE, plt, text
from hamgen.integrators import euler, leapfrog, trajectory

FORCES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"oscillator": lambda q: -q, "pendulum": lambda q: -np.sin(q)}
POTENTIALS = {"oscillator": lambda q: q**2 / 2, "pendulum": lambda q: 1 - np.cos(q)}


def figure_10(arguments: argparse.Namespace) -> plt.Figure:
    figure, panels = plt.subplots(1, 3, figsize=(12.6, 5.1), constrained_layout=True)
    force, potential = FORCES[arguments.system], POTENTIALS[arguments.system]
    steppers = {"Leapfrog": leapfrog, "Euler": euler}
    motions = {name: trajectory(step, force, *square(1.0, 0.0, 0.4), arguments.dt, arguments.steps)
               for name, step in steppers.items()}
    reach = 1.1 * max(np.abs(motion).max() for motion in motions.values())
    for axes, (name, step) in zip(panels, steppers.items()):
        draw_levels(axes, potential, reach)
        center = trajectory(step, force, np.array([1.0]), np.array([0.0]), arguments.dt, arguments.steps)
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
    first, last = area(*motion[0]), area(*motion[-1])
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


def square(q: float, p: float, side: float, points: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """The edge of a square around (q, p): so many points a side."""
    s = np.arange(points) / points - 0.5
    half = np.full(points, 0.5)
    return q + side * np.concatenate([s, half, -s, -half]), p + side * np.concatenate([-half, s, half, -s])


def area(q: np.ndarray, p: np.ndarray) -> float:
    """Inside of the polygon with these corners."""
    return abs(np.dot(q, np.roll(p, -1)) - np.dot(p, np.roll(q, -1))) / 2

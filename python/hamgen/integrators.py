"""Integrators of H = p^2 / 2 + V(q), one step at a time: of figures and of observers who know the law."""
from __future__ import annotations

from typing import Callable

import numpy as np


def euler(force: Callable, q: np.ndarray, p: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Equations 16 and 17 of the paper."""
    return q + dt * p, p + dt * force(q)


def leapfrog(force: Callable, q: np.ndarray, p: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Equations 24 and 25 of the paper, and the second half of the step in p."""
    half = p + dt / 2 * force(q)
    q = q + dt * half
    return q, half + dt / 2 * force(q)


def trajectory(step: Callable, force: Callable, q: np.ndarray, p: np.ndarray, dt: float, steps: int) -> np.ndarray:
    """Points [steps + 1, 2, n] on their way through phase space."""
    states = [(q, p)]
    for _ in range(steps):
        states.append(step(force, *states[-1], dt))
    return np.array(states)

"""The physics and the pictures once more, in numpy, from their formulas alone.

Arrays: q, p [..., D], c (parameters) [..., P] with the same leading axes or ones that broadcast.
"""
from __future__ import annotations

import numpy as np


def energy(system: str, c: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
    if system == "mass_spring":
        m, k = c[..., 0], c[..., 1]
        return k * q[..., 0] ** 2 / 2 + p[..., 0] ** 2 / (2 * m)
    if system == "pendulum":
        m, g, l, factor = (c[..., i] for i in range(4))
        return factor * m * g * l * (1 - np.cos(q[..., 0])) + p[..., 0] ** 2 / (2 * m * l * l)
    g, masses = c[..., 0], c[..., 1:]
    x, momenta = _bodies(q), _bodies(p)
    total = ((momenta**2).sum(-1) / (2 * masses)).sum(-1)
    for i in range(masses.shape[-1]):
        for j in range(i):
            distance = np.linalg.norm(x[..., i, :] - x[..., j, :], axis=-1)
            total = total - g * masses[..., i] * masses[..., j] / distance
    return total


def rates(system: str, c: np.ndarray, q: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dq/dt = dH/dp and dp/dt = -dH/dq."""
    if system == "mass_spring":
        m, k = c[..., :1], c[..., 1:2]
        return p / m, -k * q
    if system == "pendulum":
        m, g, l, factor = (c[..., i : i + 1] for i in range(4))
        return p / (m * l * l), -factor * m * g * l * np.sin(q)
    g, masses = c[..., 0], c[..., 1:]
    x = _bodies(q)
    force = np.zeros(np.broadcast_shapes(x.shape, (*masses.shape, 2)))
    for i in range(masses.shape[-1]):
        for j in range(masses.shape[-1]):
            if i != j:
                apart = x[..., j, :] - x[..., i, :]
                pull = g * masses[..., i] * masses[..., j] / np.linalg.norm(apart, axis=-1) ** 3
                force[..., i, :] += pull[..., None] * apart
    return p / np.repeat(masses, 2, axis=-1), force.reshape(q.shape)


def _bodies(vectors: np.ndarray) -> np.ndarray:
    return vectors.reshape(*vectors.shape[:-1], -1, 2)


def positions(system: str, c: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Centres of the discs in the world: [..., discs, 2]."""
    if system == "mass_spring":
        return np.stack([np.zeros_like(q), q], axis=-1)
    if system == "pendulum":
        l = c[..., 2:3]
        return np.stack([l * np.sin(q), -l * np.cos(q)], axis=-1)
    return _bodies(q)


def radii(system: str, c: np.ndarray) -> np.ndarray:
    """Radius of each disc, world units: a disc's area is its body's mass."""
    masses = c[..., :1] if system in ("mass_spring", "pendulum") else c[..., 1:]
    return np.sqrt(masses / np.pi)


def half_width(system: str, config: dict) -> float:
    """Half the width of the view at the default masses of the one-dimensional systems."""
    return (1 + config["view"]["margin"]) * _reach(system, config)


def _reach(system: str, config: dict) -> float:
    if system == "mass_spring":
        return config["start"]["radius"][1] + np.sqrt(config["physics"]["mass"] / np.pi)
    if system == "pendulum":
        return config["physics"]["length"] + np.sqrt(config["physics"]["mass"] / np.pi)
    return 2.75


def color(text: str) -> np.ndarray:
    """"#rrggbb" to [3] of 0 to 255."""
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)


def render(centres: np.ndarray, disc_radii: np.ndarray, look: dict, width: int, view: float) -> np.ndarray:
    """Frames [..., W, W, 3] of 0 to 255, not rounded: render/frame_renderer.hpp's formula, disc by disc."""
    across = ((2 * np.arange(width) + 1) / width - 1) * view
    x, y = across[None, :], -across[:, None]
    frames = np.broadcast_to(color(look["background"]), (*centres.shape[:-2], width, width, 3))
    for disc in range(centres.shape[-2]):
        centre = centres[..., disc, :, None, None]
        distance = np.hypot(x - centre[..., 0, :, :], y - centre[..., 1, :, :])
        depth = (disc_radii[..., disc, None, None] - distance) / (2 * view) * look["sharpness"]
        alpha = (1 / (1 + np.exp(-depth)))[..., None]
        paint = color(look["colors"][disc % len(look["colors"])])
        frames = alpha * paint + (1 - alpha) * frames
    return frames

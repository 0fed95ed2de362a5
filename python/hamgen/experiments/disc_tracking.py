"""Where the bodies are in frames of hamgen, found by colour; for the systems whose law scripts know."""
from __future__ import annotations

import numpy as np

from hamgen import HamgenDataset

SYSTEMS = ("mass_spring", "pendulum", "two_body", "three_body")
CALIBRATION = 100  # trajectories


def why_unknown(data: HamgenDataset) -> str | None:
    """What makes a dataset's law other than the one that positions and constants of its configuration tell; None: nothing."""
    system, physics = data.manifest["system"], data.manifest["config"]["physics"]
    if system not in SYSTEMS:
        return f"shows {system}: only {', '.join(SYSTEMS[:-1])} and {SYSTEMS[-1]} are known"
    single = [value for name, value in physics.items() if name != "masses"] + physics.get("masses", [])
    if any(isinstance(value, (list, dict)) for value in single):
        return "has constants that vary from trajectory to trajectory"
    if physics.get("friction"):
        return "has friction: its energy is not conserved"
    return None


class Tracker:
    """Frames -> positions of the bodies, by colour."""

    def __init__(self, data: HamgenDataset, bodies: int) -> None:
        look = data.manifest["config"]["look"]
        self.background = rgb(look["background"])
        self.unmix = np.linalg.pinv(np.stack([rgb(look["colors"][body]) - self.background for body in range(bodies)]))
        items = [data[i] for i in range(min(CALIBRATION, len(data)))]
        area, centre = self.seen(np.stack([item["frames"] for item in items]) / 255)
        self.usual_area = np.median(area, axis=(0, 1))
        truth = positions_of(data, np.stack([item["q_observed"] for item in items])).reshape(-1, 2)
        pixels = np.concatenate([centre.reshape(-1, 2), np.ones((truth.shape[0], 1))], axis=1)
        self.to_world, *_ = np.linalg.lstsq(pixels, truth, rcond=None)
        self.error = float(np.sqrt(np.mean((pixels @ self.to_world - truth) ** 2)))

    def seen(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """frames [N, T, S, S, 3] of 1 -> areas [N, T, bodies] and centres [N, T, bodies, 2], in pixels."""
        share = np.clip((frames - self.background) @ self.unmix, 0, 1)
        share[share < 0.2] = 0  # what is faint is the background's own unrest
        area = share.sum(axis=(2, 3))
        line = np.arange(frames.shape[2])
        moments = np.stack([np.einsum("ntyxb,x->ntb", share, line), np.einsum("ntyxb,y->ntb", share, line)], axis=-1)
        return area, moments / np.maximum(area, 1e-6)[..., None]

    def __call__(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions [N, T, bodies, 2], and whether all bodies are there [N, T]."""
        area, centre = self.seen(frames)
        is_visible = ((area > 0.5 * self.usual_area) & (area < 1.5 * self.usual_area)).all(axis=2)
        return centre @ self.to_world[:2] + self.to_world[2], is_visible


def rgb(color: str) -> np.ndarray:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def positions_of(data: HamgenDataset, q: np.ndarray) -> np.ndarray:
    """Coordinates [..., D] -> positions of the bodies [..., bodies, 2]."""
    system = data.manifest["system"]
    if system == "mass_spring":
        return np.stack([np.zeros_like(q), q], axis=-1)
    if system == "pendulum":
        length = data.manifest["config"]["physics"]["length"]
        return length * np.stack([np.sin(q), -np.cos(q)], axis=-1)
    return q.reshape(*q.shape[:-1], -1, 2)

"""Observers who know the law of motion and see where the bodies are, noise and all: what they make of a sequence.

The least-squares observer fits one exact orbit. It knows nothing of which starts are likely. The Bayesian observer knows the
distribution that the dataset's starts were drawn from (start.* of its configuration) and the noise, too: it has the posterior, as
weighted orbits. No observer of the positions has a smaller mean squared error than the mean over them.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hamgen import HamgenDataset
from hamgen.integrators import leapfrog

Acceleration = Callable[[np.ndarray], np.ndarray]

FIT_SUBSTEPS, SUBSTEPS, ITERATIONS, NUDGE = 24, 40, 12, 1e-5
OUTER = 1 / (2 - 2 ** (1 / 3))  # of Yoshida's three leapfrog steps (1990, doi:10.1016/0375-9601(90)90092-3)
FREEDOM = 6.0  # degrees of it, of the t distribution that draws come from: heavier in the tails than what they stand for
LOGISTIC_VARIANCE = np.pi**2 / 3


def masses_of(physics: dict) -> list[float]:
    return [mass * physics.get("mass_factor", 1) for mass in physics["masses"]]


def acceleration_of(data: HamgenDataset) -> Acceleration:
    """d2q/dt2 at coordinates [..., D]."""
    system, physics = data.manifest["system"], data.manifest["config"]["physics"]
    if system == "mass_spring":
        return lambda q: -physics["stiffness"] / physics["mass"] * q
    if system == "pendulum":
        return lambda q: -physics["potential_factor"] * physics["gravity"] / physics["length"] * np.sin(q)
    masses = masses_of(physics)

    def gravity(q: np.ndarray) -> np.ndarray:
        pull = np.zeros_like(q)
        for i in range(len(masses)):
            for j in range(i + 1, len(masses)):
                x, y = q[..., 2 * j] - q[..., 2 * i], q[..., 2 * j + 1] - q[..., 2 * i + 1]
                share = physics["gravity"] * (x * x + y * y) ** -1.5
                for axis, away in enumerate((share * x, share * y)):
                    pull[..., 2 * i + axis] += masses[j] * away
                    pull[..., 2 * j + axis] -= masses[i] * away
        return pull

    return gravity


def orbit(acceleration: Acceleration, start: np.ndarray, frames: int, dt: float, substeps: int = SUBSTEPS) -> np.ndarray:
    """From coordinates and velocities [..., 2 D] to coordinates [..., frames, D]; dt < 0: into the past. Steps are fixed: bodies that come
    close to each other need more of them (is_exact tells)."""
    q, v = np.split(start, 2, axis=-1)
    shown = [q]
    for _ in range(frames - 1):
        for _ in range(substeps):
            for part in (OUTER, 1 - 2 * OUTER, OUTER):
                q, v = leapfrog(acceleration, q, v, part * dt / substeps)
        shown.append(q)
    return np.stack(shown, axis=-2)


def is_exact(acceleration: Acceleration, starts: np.ndarray, q: np.ndarray, after: int, before: int, dt: float, tolerance: float) -> np.ndarray:
    """Which orbits from `starts` [N, 2 D] are known to `tolerance`: those that give the true coordinates q [N, T, D] with the steps that
    fits are made with, and change by less with twice as many steps up to `after` frames behind the window, and `before` ahead of it."""

    def far(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.abs(a - b).reshape(len(a), -1).max(axis=1)

    missed = [far(orbit(acceleration, starts, q.shape[1], dt, FIT_SUBSTEPS), q)]
    for frames, step in ((q.shape[1] + after, dt), (before + 1, -dt)):
        missed.append(far(*(orbit(acceleration, starts, frames, step, substeps) for substeps in (SUBSTEPS, 2 * SUBSTEPS))))
    return np.nan_to_num(np.max(missed, axis=0), nan=np.inf) < tolerance


def least_squares(missed: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levenberg-Marquardt, for each row by itself: where residuals missed(x) [N, K] of x [N, P] are smallest, from `start` on; and
    J^T J there [N, P, P]."""
    best, damping, error = start.copy(), np.full(len(start), 1e-3), missed(start)

    def slopes() -> np.ndarray:
        return np.stack([(missed(best + NUDGE * unit) - error) / NUDGE for unit in np.eye(start.shape[1])], axis=2)

    for _ in range(ITERATIONS):
        jacobian = slopes()
        square = np.einsum("nki,nkj->nij", jacobian, jacobian)
        diagonal = np.einsum("nii->ni", square)[:, :, None] * np.eye(start.shape[1])
        slope = np.einsum("nki,nk->ni", jacobian, error)[..., None]
        tried = best - np.linalg.solve(square + damping[:, None, None] * diagonal, slope)[..., 0]
        then = missed(tried)
        is_better = (then**2).sum(1) < (error**2).sum(1)
        best[is_better], error[is_better] = tried[is_better], then[is_better]
        damping = np.where(is_better, damping / 10, damping * 10)
    jacobian = slopes()
    return best, np.einsum("nki,nkj->nij", jacobian, jacobian)


def fit(acceleration: Acceleration, start: np.ndarray, observed: np.ndarray, dt: float) -> np.ndarray:
    """The least-squares observer: starts [N, 2 D] whose orbits are nearest to what was observed, [N, T, D]."""
    frames = observed.shape[1]
    return least_squares(lambda of: (orbit(acceleration, of, frames, dt, FIT_SUBSTEPS) - observed).reshape(len(of), -1), start)[0]


class Starts:
    """The distribution that a dataset's starts are drawn from, as coordinates x [N, P]: all uniform, between their bounds through the
    logistic function, and last an angle."""

    def __init__(self, data: HamgenDataset) -> None:
        config = data.manifest["config"]
        self.system, self.physics, start = data.manifest["system"], config["physics"], config["start"]
        self.low, self.high = start["radius"]
        self.is_annulus = start.get("distribution") == "annulus"
        self.spread = start.get("velocity_spread", 0.0)
        self.acceleration = acceleration_of(data)
        self.bodies = len(self.physics["masses"]) if "masses" in self.physics else 0
        moved = {0: 0, 2: 2}.get(self.bodies, 2 * self.bodies)  # velocity components that are drawn; of a pair, one body's
        self.dimension = 2 + (moved if self.spread > 0 else 0)

    def near(self, state: np.ndarray) -> np.ndarray:
        """x [N, P] of a start near these coordinates and velocities [N, 2 D], of usual velocities."""
        q, v = np.split(state, 2, axis=1)
        if self.bodies:
            radius = np.hypot(q[:, ::2], q[:, 1::2]).mean(axis=1)
            angle = np.arctan2(q[:, 1], q[:, 0])
        else:
            radius, angle = np.hypot(q, v / self.rate())[:, 0], np.arctan2(v / self.rate(), q)[:, 0]
        share = np.clip((radius - self.low) / max(self.high - self.low, 1e-12), 0.05, 0.95)
        x = np.zeros((len(state), self.dimension))
        x[:, 0], x[:, -1] = np.log(share / (1 - share)), angle
        return x

    def rate(self) -> float:
        """dq/dt of a momentum of 1, of one body."""
        return 1 / (self.physics["mass"] * self.physics.get("length", 1.0) ** 2)

    def states(self, x: np.ndarray, sense: np.ndarray) -> np.ndarray:
        """Coordinates and velocities [..., 2 D] of x [..., P]; sense [...]: 1 or -1, the sense of rotation of several bodies."""
        share, angle = 1 / (1 + np.exp(-x[..., :-1])), x[..., -1]
        if self.is_annulus:
            radius = np.sqrt(self.low**2 + (self.high**2 - self.low**2) * share[..., 0])
        else:
            radius = self.low + (self.high - self.low) * share[..., 0]
        if not self.bodies:
            return np.stack([radius * np.cos(angle), self.rate() * radius * np.sin(angle)], axis=-1)
        masses = np.array(masses_of(self.physics))[:, None]
        turn = angle[..., None] + 2 * np.pi * np.arange(self.bodies) / self.bodies
        q = radius[..., None, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        q = q - (masses * q).sum(axis=-2, keepdims=True) / masses.sum()
        pull = self.acceleration(q.reshape(*q.shape[:-2], -1)).reshape(q.shape)
        inward = np.maximum(0, -(pull * q).sum(axis=-1)) / np.maximum((q**2).sum(axis=-1), 1e-300)
        v = (sense[..., None] * np.sqrt(inward))[..., None] * np.stack([-q[..., 1], q[..., 0]], axis=-1)
        v = v - (masses * v).sum(axis=-2, keepdims=True) / masses.sum()
        if self.spread > 0:
            factors = 1 + self.spread * (2 * share[..., 1:] - 1)
            if self.bodies == 2:
                first = v[..., 0, :] * factors
                v = np.stack([first, -first * masses[0] / masses[1]], axis=-2)
            else:
                v = v * factors.reshape(v.shape)
        return np.concatenate([q.reshape(*q.shape[:-2], -1), v.reshape(*v.shape[:-2], -1)], axis=-1)

    @staticmethod
    def log_density(x: np.ndarray) -> np.ndarray:
        """Of x [..., P], up to a constant: of the logistic distribution in each coordinate but the angle."""
        return -(np.abs(x[..., :-1]) + 2 * np.log1p(np.exp(-np.abs(x[..., :-1])))).sum(axis=-1)


@dataclass
class Posterior:
    """Starts [N, draws, 2 D], equally likely, and of how many independent draws they are worth [N]."""

    starts: np.ndarray
    effective: np.ndarray


def posterior(data: HamgenDataset, near: np.ndarray, observed: np.ndarray, draws: int, tries: int = 3000, seed: int = 0) -> Posterior:
    """The Bayesian observer, of sequences observed [N, T, D]. The sense of rotation is taken from `near`: where positions leave it open, the
    observer knows more than it should. Importance sampling about the likeliest start that is found from `near` on,
    coordinates and velocities [N, 2 D] as the least-squares observer has them: a t distribution as wide as the curvature tells, then
    twice one as wide as its weighted draws are."""
    starts, config = Starts(data), data.manifest["config"]
    dt, noise, frames = config["dt"], config["noise"]["std"], observed.shape[1]
    random = np.random.default_rng(seed)
    q, v = (part.reshape(len(near), -1, 2 if starts.bodies else 1) for part in np.split(near, 2, axis=1))
    sense = np.sign((q[..., 0] * v[..., -1] - q[..., -1] * v[..., 0]).sum(axis=1)) if starts.bodies else np.ones(len(near))

    def residuals(x: np.ndarray, of: np.ndarray, senses: np.ndarray) -> np.ndarray:
        shown = orbit(starts.acceleration, starts.states(x, senses), frames, dt, FIT_SUBSTEPS)
        return ((shown - of) / noise).reshape(*x.shape[:-1], -1)

    def with_prior(x: np.ndarray) -> np.ndarray:
        return np.concatenate([residuals(x, observed, sense), x[:, :-1] / np.sqrt(LOGISTIC_VARIANCE)], axis=1)

    found, square = least_squares(with_prior, starts.near(near))
    chosen, effective = [], []
    for row in range(len(near)):

        def log_target(x: np.ndarray, row: int = row) -> np.ndarray:
            missed = residuals(x, observed[row], np.full(len(x), sense[row]))
            return starts.log_density(x) - (missed**2).sum(axis=1) / 2

        mean, covariance = found[row], np.linalg.inv(square[row])
        for count in (tries // 4, tries // 4, tries - 2 * (tries // 4)):
            x, log_proposal = drawn_from_t(random, mean, covariance, count)
            weights = log_target(x) - log_proposal
            weights = np.exp(weights - weights.max())
            weights /= weights.sum()
            worth = 1 / (weights**2).sum()
            if worth > 4 * starts.dimension:
                mean = weights @ x
                covariance = np.einsum("n,ni,nj->ij", weights, x - mean, x - mean)
        chosen.append(starts.states(x[random.choice(count, draws, p=weights)], np.full(draws, sense[row])))
        effective.append(worth)
    return Posterior(np.stack(chosen), np.array(effective))


def drawn_from_t(random: np.random.Generator, mean: np.ndarray, covariance: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` draws [count, P], and the logarithm of their density up to a constant."""
    dimension = len(mean)
    normal = random.standard_normal((count, dimension)) * np.sqrt(FREEDOM / random.chisquare(FREEDOM, (count, 1)))
    x = mean + normal @ np.linalg.cholesky(covariance).T
    return x, -(FREEDOM + dimension) / 2 * np.log1p((normal**2).sum(axis=1) / FREEDOM)

"""scripts/experiments/known_law: its orbits are the dataset's, its fit is as good as statistics say, its discs are drawn as hamgen draws them."""
from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
import unittest

import numpy as np

from support import REPOSITORY, generate, new_directory

from hamgen import HamgenDataset
from hamgen.experiments.observers import Starts, acceleration_of, fit, is_exact, orbit, posterior

SCRIPT = REPOSITORY / "scripts/experiments/known_law"


def load():
    loader = importlib.machinery.SourceFileLoader("known_law", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("known_law", loader))
    loader.exec_module(module)
    return module


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Between the distribution functions of two samples, at most."""
    at = np.concatenate([a, b])
    share = [np.searchsorted(np.sort(of), at, side="right") / len(of) for of in (a, b)]
    return float(np.abs(share[0] - share[1]).max())


class KnownLaw(unittest.TestCase):
    def test_orbits_are_those_of_the_dataset(self) -> None:
        script = load()
        for system in ("mass_spring", "pendulum", "two_body", "three_body"):
            with self.subTest(system):
                root = generate(new_directory() / system, "--system", system, "--n", 4, "--n-test", 0, "--image-size", 32)
                data = script.HamgenDataset(root, fields=("q", "dq_dt"))
                items = [data[i] for i in range(4)]
                q, rates = (np.stack([item[name] for item in items]) for name in ("q", "dq_dt"))
                start = np.concatenate([q[:, 0], rates[:, 0]], axis=1)
                made = script.orbit(script.acceleration_of(data), start, q.shape[1], data.manifest["config"]["dt"])
                np.testing.assert_allclose(made, q, atol=1e-3)

    def test_orbits_that_fixed_steps_do_not_follow_are_told_apart(self) -> None:
        root = generate(new_directory() / "bodies", "--system", "three_body", "--n", 60, "--n-test", 0, "--image-size", 16,
                        "--set", "start.velocity_spread=0.5", "--set", "integrator.allow_redraws=true")
        data = HamgenDataset(root, fields=("q", "dq_dt"))
        items = [data[i] for i in range(60)]
        q, start = np.stack([item["q"] for item in items]), np.stack([np.concatenate([item["q"][0], item["dq_dt"][0]]) for item in items])
        known = is_exact(acceleration_of(data), start, q, 0, 0, 0.125, 0.01)
        missed = np.abs(orbit(acceleration_of(data), start, 31, 0.125, 24) - q).max(axis=(1, 2))
        self.assertTrue(0 < known.sum() < 60)
        self.assertLess(missed[known].max(), 0.01)

    def test_a_fit_leaves_the_variance_that_its_parameters_do_not_take(self) -> None:
        # 31 noisy numbers, two of them fitted: in the mean over frames 2 / 31 of the noise's variance is left in the fit.
        directory = new_directory()
        root = generate(directory / "springs", "--system", "mass_spring", "--n", 100, "--n-test", 100, "--image-size", 32)
        done = run(root, "--draws", 2, "--json", directory / "found.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads((directory / "found.json").read_text())["springs"]
        self.assertEqual(found["trajectories"], 100)
        self.assertAlmostEqual(found["missed"] / found["noise"] / np.sqrt(2 / 31), 1, delta=0.15)
        self.assertLess(found["drawing"], 1e-3)
        self.assertTrue(0.004 < found["clean"] < 0.03)

    def test_starts_are_drawn_as_the_dataset_draws_them(self) -> None:
        # Energies and angles of 400 starts of each kind: no further apart than two samples of one distribution.
        most = 1.95 * np.sqrt(2 / 400)  # Kolmogorov and Smirnov's, p = 0.001
        random = np.random.default_rng(3)
        for system, changes in (("mass_spring", ()), ("pendulum", ("--set", "start.distribution=annulus")), ("two_body", ()),
                                ("three_body", ("--set", "physics.masses=[1,2,0.5]", "--set", "physics.mass_factor=0.8"))):
            with self.subTest(system):
                root = generate(new_directory() / system, "--system", system, "--n", 400, "--n-test", 0, "--image-size", 16, *changes)
                data = HamgenDataset(root, fields=("q", "dq_dt"))
                items = [data[i] for i in range(400)]
                theirs = np.stack([np.concatenate([item["q"][0], item["dq_dt"][0]]) for item in items])
                starts = Starts(data)
                share = random.uniform(size=(400, starts.dimension))
                x = np.log(share / (1 - share))
                x[:, -1] = 2 * np.pi * share[:, -1]
                ours = starts.states(x, random.choice([-1, 1], 400))
                for statistic in (lambda z: (z**2).sum(axis=1), lambda z: z[:, 0], lambda z: z[:, -1], lambda z: np.arctan2(z[:, -1], z[:, 0])):
                    self.assertLess(distance(statistic(theirs), statistic(ours)), most)

    def test_draws_of_the_posterior_are_those_of_a_grid(self) -> None:
        # Two numbers make a start of mass_spring: the sum over a grid of them is the posterior's mean.
        root = generate(new_directory() / "springs", "--system", "mass_spring", "--n", 8, "--n-test", 0, "--image-size", 16,
                        "--set", "noise.std=0.3")
        data = HamgenDataset(root, fields=("q_observed",))
        observed = np.stack([data[i]["q_observed"] for i in range(8)])
        dt = data.manifest["config"]["dt"]
        radius, angle = np.meshgrid(np.linspace(0.1, 1, 401)[:-1] + 0.9 / 800, 2 * np.pi * np.arange(720) / 720, indexing="ij")
        every = np.stack([radius * np.cos(angle), radius * np.sin(angle) / 0.5], axis=-1).reshape(-1, 2)
        orbits = orbit(acceleration_of(data), every, 31, dt)[..., 0]
        near = np.concatenate([observed[:, 0], np.zeros((8, 1))], axis=1)
        found = posterior(data, fit(acceleration_of(data), near, observed, dt), observed, 4000)
        self.assertGreater(found.effective.min(), 300)
        for row in range(8):
            likelihood = -((orbits - observed[row, :, 0]) ** 2).sum(axis=1) / (2 * 0.3**2)
            weights = np.exp(likelihood - likelihood.max())
            mean = weights @ every / weights.sum()
            deviation = np.sqrt(weights @ (every - mean) ** 2 / weights.sum())
            drawn = found.starts[row]
            np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - mean) / deviation, 0.2)
            np.testing.assert_allclose(drawn.std(axis=0), deviation, rtol=0.15)

    def test_who_knows_the_starts_does_better_where_the_noise_leaves_much_open(self) -> None:
        directory = new_directory()
        root = generate(directory / "pair", "--system", "two_body", "--n", 100, "--n-test", 8, "--image-size", 16)
        done = run(root, "--trajectories", 8, "--draws", 16, "--json", directory / "found.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bayesian observer", done.stdout)
        found = json.loads((directory / "found.json").read_text())["pair"]
        for course in ("inside", "after", "before"):
            self.assertLess(found["bayesian"][course], found["least_squares"][course])
        self.assertLess(found["least_squares"]["inside"], found["least_squares"]["after"])
        self.assertGreater(found["bayesian"]["least_effective_draws"], 50)

    def test_discs_that_are_followed_are_where_they_were_drawn(self) -> None:
        # As if a model had decoded exact frames, shifted ones, and frames in which nothing is.
        script = load()
        root = generate(new_directory() / "bodies", "--system", "two_body", "--n", 100, "--n-test", 10, "--image-size", 32)
        noisy = script.HamgenDataset(root, fields=("frames", "q_observed"))
        test = script.HamgenDataset(root, split="test", fields=("q", "frames_clean"))
        here = script.positions_of(noisy, np.stack([test[i]["q"] for i in range(10)]))
        clean = np.stack([test[i]["frames_clean"] for i in range(10)]) / 255
        truth = script.Comparison(script.Drawing(noisy), here, clean, test.manifest["yardsticks"]["mean_image_mse_clean"])
        tracker = script.Tracker(noisy, 2)
        exact = script.discs_of(clean, tracker, truth)
        self.assertLess(exact["missed"], 0.1)
        self.assertEqual((exact["decoded"], exact["seen"]), (0, 1))
        shifted = script.discs_of(np.roll(clean, 1, axis=3), tracker, truth)
        self.assertAlmostEqual(shifted["missed"], np.sqrt(0.5), delta=0.05)  # one pixel along one of two axes
        self.assertAlmostEqual(shifted["clean"] / shifted["decoded"], 1, delta=0.1)
        empty = clean.copy()
        empty[:, ::2] = clean[0, 0, 0, 0]
        self.assertAlmostEqual(script.discs_of(empty, tracker, truth)["seen"], 15 / 31)

    def test_what_it_does_not_know_is_refused(self) -> None:
        directory = new_directory()
        few = ("--n", 3, "--n-test", 1, "--image-size", 32)
        root = generate(directory / "other", "--system", "henon_heiles", *few)
        vary = generate(directory / "vary", "--system", "pendulum", "--set", "physics.length=[0.8,1.2]", *few)
        lossy = generate(directory / "lossy", "--system", "mass_spring", "--set", "physics.friction=0.1", *few)
        for arguments, word in (([root], "henon_heiles"), ([directory / "nowhere"], "nowhere"), ([vary], "vary from"),
                                ([lossy], "friction")):
            done = run(*arguments)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(word, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(run(root, "--trajectories", 0).returncode, 2)


if __name__ == "__main__":
    unittest.main()

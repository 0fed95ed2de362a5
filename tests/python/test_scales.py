"""Trajectories of any size are as exact as their certificate says: against the closed form of an oscillator."""
from __future__ import annotations

import json
import unittest

import numpy as np

import support
from support import new_directory, read


class ScaleTest(unittest.TestCase):
    def assert_exact(self, root, mass, stiffness):
        q, p, energy, drift = (values[..., 0] if values.ndim == 3 else values for values in read(root, "train", "q", "p", "energy", "energy_drift"))
        frequency = np.sqrt(stiffness / mass)
        config = support.manifest(root)["config"]
        phase = frequency * config["dt"] * np.arange(q.shape[1])
        exact = q[:, :1] * np.cos(phase) + p[:, :1] / (mass * frequency) * np.sin(phase)
        size = np.hypot(q[:, :1], p[:, :1] / (mass * frequency))
        self.assertLess((np.abs(q - exact) / size).max(), 1e-10)
        relative = (np.abs(energy - energy[:, :1]) / energy[:, :1]).max(axis=1)
        self.assertLess(relative.max(), 1e-11)
        np.testing.assert_allclose(drift, relative, rtol=1e-2)  # what it says is what it is
        self.assertEqual(support.run("verify", root, "--regenerate", "100%", "--quiet").returncode, 0)

    def test_a_light_body_on_a_strong_spring(self):
        config = new_directory() / "config.json"
        config.write_text(json.dumps({
            "system": "custom", "n": 10, "n_test": 0, "steps": 30, "dt": 1e-6, "image": {"size": 16},
            "physics": {"coordinates": ["x"], "constants": ["m = 1e-12", "k = 40"], "hamiltonian": "p^2/(2 m) + k x^2/2"},
            "start": {"values": ["x = -1e-9 .. 1e-9", "p = 0"], "energy": None}, "scene": {"discs": ["0; x; 1e-10"]}}))
        self.assert_exact(support.generate(new_directory() / "data", "--config", config), 1e-12, 40)

    def test_small_and_large_mass_springs(self):
        for mass, radius in ((1e-6, "[1e-9,1e-8]"), (0.5, "[1e-7,1e-6]"), (0.5, "[1e8,1e9]")):
            with self.subTest(mass=mass, radius=radius):
                root = support.generate(new_directory() / "data", "--system", "mass_spring", "--n", 10, "--n-test", 0, "--image-size", 16,
                                        "--noise-std", 0, "--set", f"physics.mass={mass}", "--set", f"start.radius={radius}", "--dt", 0.01)
                self.assert_exact(root, mass, 2)


if __name__ == "__main__":
    unittest.main()

"""The stored states obey the stored Hamiltonian, judged by formulas and solvers that share no code with hamgen."""
from __future__ import annotations

import unittest

import h5py
import numpy as np

import reference
import support
from support import FRAMES, SYSTEMS, TEST, TRAIN, dataset, read

NOISE = {"mass_spring": 0.1, "pendulum": 0.1, "two_body": 0.05, "three_body": 0.2, "n_body": 0.2}


class HamiltonianTest(unittest.TestCase):
    def test_energy_is_the_hamiltonian(self):
        for system in SYSTEMS:
            for split in ("train", "test"):
                with self.subTest(system, split=split):
                    c, q, p, energy = read(dataset(system), split, "parameters", "q", "p", "energy")
                    ours = reference.energy(system, c[:, None], q, p)
                    np.testing.assert_allclose(energy, ours, rtol=1e-13, atol=1e-13)

    def test_drift_is_that_of_the_energy(self):
        for system in SYSTEMS:
            for split in ("train", "test"):
                with self.subTest(system, split=split):
                    energy, drift = read(dataset(system), split, "energy", "energy_drift")
                    start = np.abs(energy[:, :1])
                    ours = (np.abs(energy - energy[:, :1]) / np.where(start < 1e-3, 1, start)).max(axis=1)
                    np.testing.assert_allclose(drift, ours, rtol=1e-12, atol=0)
                    self.assertLessEqual(drift.max(), 1e-11)
                    self.assertEqual(drift.max(), support.manifest(dataset(system))["splits"][split]["max_energy_drift"])

    def test_rates_are_hamiltons_equations(self):
        for system in SYSTEMS:
            with self.subTest(system):
                c, q, p, dq_dt, dp_dt = read(dataset(system), "train", "parameters", "q", "p", "dq_dt", "dp_dt")
                velocity, force = reference.rates(system, c[:, None], q, p)
                np.testing.assert_allclose(dq_dt, velocity, rtol=1e-13, atol=1e-13)
                np.testing.assert_allclose(dp_dt, force, rtol=1e-12, atol=1e-12)

    def test_parameters_are_those_of_the_configuration(self):
        for system in SYSTEMS:
            with self.subTest(system):
                (c,) = read(dataset(system), "train", "parameters")
                physics = support.manifest(dataset(system))["config"]["physics"]
                keys = {"mass_spring": ("mass", "stiffness"),
                        "pendulum": ("mass", "gravity", "length", "potential_factor")}.get(system, ("gravity", "masses"))
                expected = np.concatenate([np.atleast_1d(physics[key]) for key in keys])
                np.testing.assert_array_equal(c, np.broadcast_to(expected, c.shape))


class MotionTest(unittest.TestCase):
    def test_mass_spring_in_closed_form(self):
        c, q, p = read(dataset("mass_spring"), "train", "parameters", "q", "p")
        time = self.times("mass_spring")
        m, omega = c[0, 0], np.sqrt(c[0, 1] / c[0, 0])
        cosine, sine = np.cos(omega * time), np.sin(omega * time)
        np.testing.assert_allclose(q[..., 0], q[:, :1, 0] * cosine + p[:, :1, 0] * sine / (m * omega), atol=1e-12)
        np.testing.assert_allclose(p[..., 0], p[:, :1, 0] * cosine - q[:, :1, 0] * sine * m * omega, atol=1e-12)

    def test_scipy_finds_the_same_orbits(self):
        try:
            from scipy.integrate import solve_ivp
        except ImportError:
            self.skipTest("scipy is not installed (Debian: apt-get install python3-scipy)")
        for system in ("pendulum", "two_body", "three_body"):
            with self.subTest(system):
                c, q, p = read(dataset(system), "test", "parameters", "q", "p")
                time = self.times(system)
                for i in range(3):
                    def flow(_, state, c=c[i]):
                        return np.concatenate(reference.rates(system, c, *np.split(state, 2)))

                    found = solve_ivp(flow, (0, time[-1]), np.concatenate([q[i, 0], p[i, 0]]), method="DOP853",
                                      t_eval=time, rtol=1e-12, atol=1e-12)
                    np.testing.assert_allclose(np.concatenate([q[i], p[i]], axis=1), found.y.T, rtol=0, atol=1e-8)

    def test_bodies_keep_momentum_and_angular_momentum(self):
        for system in ("two_body", "three_body", "n_body"):
            with self.subTest(system):
                q, p = (a.reshape(TRAIN, FRAMES, -1, 2) for a in read(dataset(system), "train", "q", "p"))
                momentum = p.sum(axis=2)
                spin = (q[..., 0] * p[..., 1] - q[..., 1] * p[..., 0]).sum(axis=2)
                np.testing.assert_allclose(momentum, np.broadcast_to(momentum[:, :1], momentum.shape), rtol=0, atol=1e-11)
                np.testing.assert_allclose(spin, np.broadcast_to(spin[:, :1], spin.shape), rtol=0, atol=1e-11)

    def times(self, system):
        with h5py.File(dataset(system) / "train.h5", "r") as file:
            return file["time"][()]


class ObservationTest(unittest.TestCase):
    def noise(self, system):
        """[trajectories, frames, 2 D] of q and p, both splits."""
        splits = []
        for split in ("train", "test"):
            q, p, q_observed, p_observed = read(dataset(system), split, "q", "p", "q_observed", "p_observed")
            splits.append(np.concatenate([q_observed - q, p_observed - p], axis=-1))
        return np.concatenate(splits)

    def test_noise_is_gaussian_of_the_given_size(self):
        for system, std in NOISE.items():
            with self.subTest(system):
                values = self.noise(system).ravel() / std
                count = values.size
                self.assertEqual(count, (TRAIN + TEST) * FRAMES * self.noise(system).shape[-1])
                # four standard errors of each moment of a Gaussian
                self.assertLess(abs(values.mean()), 4 / np.sqrt(count))
                self.assertLess(abs(values.var() - 1), 4 * np.sqrt(2 / count))
                self.assertLess(abs((values**3).mean()), 4 * np.sqrt(15 / count))
                self.assertLess(abs((values**4).mean() - 3), 4 * np.sqrt(96 / count))

    def test_noise_is_independent(self):
        for system, std in NOISE.items():
            with self.subTest(system):
                noise = self.noise(system) / std
                limit = 4 / np.sqrt(noise[:, 1:].size)
                self.assertLess(abs((noise[:, 1:] * noise[:, :-1]).mean()), limit)  # from frame to frame
                self.assertLess(abs((noise[1:] * noise[:-1]).mean()), limit * 1.1)  # from trajectory to trajectory
                half = noise.shape[-1] // 2
                self.assertLess(abs((noise[..., :half] * noise[..., half:]).mean()), limit * 1.5)  # of q and of p

    def test_no_noise_on_request(self):
        root = dataset("two_body", 32, "--noise-std", 0)
        q, p, q_observed, p_observed = read(root, "test", "q", "p", "q_observed", "p_observed")
        np.testing.assert_array_equal(q, q_observed)
        np.testing.assert_array_equal(p, p_observed)


if __name__ == "__main__":
    unittest.main()

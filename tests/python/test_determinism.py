"""Equal configurations give equal files; a trajectory depends on configuration, seed, split and number alone."""
from __future__ import annotations

import unittest

import h5py
import numpy as np

import support
from support import SHARD, SYSTEMS, TEST, TRAIN, dataset, digests, generate, new_directory, read

PER_TRAJECTORY = ("q", "p", "q_observed", "p_observed", "dq_dt", "dp_dt", "energy", "energy_drift", "parameters",
                  "view_x", "view_y", "frames")


def make(system, *arguments, n=TRAIN, n_test=TEST, shard=SHARD, size=32):
    return generate(new_directory() / "data", "--system", system, "--n", n, "--n-test", n_test, "--shard-size", shard,
                    "--image-size", size, *arguments)


class SameBytesTest(unittest.TestCase):
    def test_any_number_of_threads(self):
        for system, size in (("three_body", 64), ("three_body", 128), ("pendulum", 32), ("n_body", 32)):
            with self.subTest(system, size=size):
                self.assert_same_bytes(system, size=size)

    def test_redraws_too(self):
        root = self.assert_same_bytes("three_body", "--set", "integrator.max_energy_drift=3e-14",
                                      "--set", "integrator.max_tightenings=0", "--set", "integrator.allow_redraws=true")
        for split in ("train", "test"):
            self.assertGreater(support.manifest(root)["splits"][split]["redraws"], 0)
            self.assertLessEqual(read(root, split, "energy_drift")[0].max(), 3e-14)

    def assert_same_bytes(self, system, *arguments, size=32):
        roots = [make(system, "--threads", threads, *arguments, size=size) for threads in (1, 2, 7)]
        files = [digests(root) for root in roots]
        self.assertEqual(len(files[0]), 15)  # 5 shards and their records, 3 indices, plan, manifest
        self.assertEqual(files[0], files[1])
        self.assertEqual(files[0], files[2])
        return roots[0]

    def test_however_the_configuration_is_given(self):
        config = new_directory() / "config.json"
        config.write_text('{"system": "two_body", "n": 3, "n_test": 2, "shard_size": 7, "noise": {"std": 0.25}, "image": {"size": 16}}')
        by_file = generate(new_directory() / "data", "--config", config)
        by_flags = make("two_body", "--noise-std", "0.25", n=3, n_test=2, size=16, shard=7)
        by_set = make("two_body", "--set", "noise.std=0.25", n=3, n_test=2, size=16, shard=7)
        self.assertEqual(digests(by_file), digests(by_flags))
        self.assertEqual(digests(by_file), digests(by_set))


class SameTrajectoriesTest(unittest.TestCase):
    def assert_same(self, a, b, split="train", count=None, names=PER_TRAJECTORY):
        for name, left, right in zip(names, read(a, split, *names), read(b, split, *names)):
            np.testing.assert_array_equal(left[:count], right[:count], name)

    def test_any_shard_size(self):
        for system in SYSTEMS:
            with self.subTest(system):
                a, b = make(system, shard=10, size=16), make(system, shard=25, size=16)
                self.assertEqual([len(support.shard_files(root, "train")) for root in (a, b)], [3, 1])
                self.assert_same(a, b)
                self.assert_same(a, b, "test", names=(*PER_TRAJECTORY, "frames_clean"))
                with h5py.File(a / "train.h5", "r") as left, h5py.File(b / "train.h5", "r") as right:
                    np.testing.assert_array_equal(left["frames"][()], right["frames"][()])

    def test_more_trajectories_begin_with_the_same(self):
        fewer, more = dataset("three_body"), make("three_body", n=40, n_test=12)
        self.assert_same(fewer, more, "train", TRAIN)
        self.assert_same(fewer, more, "test", TEST)

    def test_noise_look_and_compression_leave_the_motion_alone(self):
        root, motion = dataset("three_body"), ("q", "p", "energy")
        self.assert_same(root, make("three_body", "--noise-std", "0.01"), names=motion)
        self.assert_same(root, make("three_body", "--set", "look.background=#000000"), names=motion)
        self.assert_same(root, make("three_body", "--set", "compression=3"))

    def test_longer_trajectories_begin_with_the_same(self):
        short, long = dataset("pendulum"), make("pendulum", "--steps", "40")
        (q_short,), (q_long,) = read(short, "train", "q"), read(long, "train", "q")
        np.testing.assert_allclose(q_long[:, : q_short.shape[1]], q_short, rtol=0, atol=1e-12)


class DifferentTest(unittest.TestCase):
    def assert_all_differ(self, a, b):
        """No trajectory of one is a trajectory of the other, in start or in noise."""
        for left, right in zip(a, b):
            for i in range(len(left)):
                for j in range(len(right)):
                    self.assertFalse(np.isclose(left[i], right[j], rtol=0, atol=1e-6).all(), f"{i} and {j}")

    def starts_and_noise(self, root, split):
        q, p, q_observed = read(root, split, "q", "p", "q_observed")
        return np.concatenate([q[:, 0], p[:, 0]], axis=-1), (q_observed - q)[:, :3].reshape(len(q), -1)

    def test_train_and_test(self):
        for system in SYSTEMS:
            with self.subTest(system):
                self.assert_all_differ(*(self.starts_and_noise(dataset(system), split) for split in ("train", "test")))

    def test_seeds(self):
        for system in SYSTEMS:
            with self.subTest(system):
                other = dataset(system, 32, "--seed", "1")
                self.assert_all_differ(*(self.starts_and_noise(root, "train") for root in (dataset(system), other)))

    def test_trajectories_of_a_split(self):
        for system in SYSTEMS:
            with self.subTest(system):
                for values in self.starts_and_noise(dataset(system), "train"):
                    self.assertEqual(len(np.unique(values.round(6), axis=0)), TRAIN)


if __name__ == "__main__":
    unittest.main()

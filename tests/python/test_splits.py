"""Generalisation splits, friction and hues, as they lie on the disk."""
from __future__ import annotations

import unittest

import h5py
import numpy as np

from support import generate, manifest, new_directory, run

from hamgen import HamgenDataset

EXTRA = ("test_extrapolate", "test_energy", "test_parameters")


class SplitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.root = generate(new_directory() / "data", "--system", "pendulum", "--n", 12, "--n-test", 4, "--image-size", 16, "--shard-size", 5,
                            "--set", "physics.friction=0.05", "--set", "look.hues=6",
                            "--set", "test_extrapolate.n=6", "--set", "test_extrapolate.steps=70",
                            "--set", "test_energy.n=7", "--set", "test_energy.start.radius=[2.3,2.9]",
                            "--set", "test_parameters.n=3", "--set", "test_parameters.physics.mass=[0.8,1]")

    def open(self, split: str) -> h5py.File:
        return h5py.File(self.root / f"{split}.h5", "r")

    def test_friction_is_not_reversible(self) -> None:
        self.assertIs(manifest(self.root)["is_reversible"], False)

    def test_manifest_counts_and_frames(self) -> None:
        splits = manifest(self.root)["splits"]
        self.assertEqual({name: split["trajectories"] for name, split in splits.items()},
                         {"train": 12, "test": 4, "test_extrapolate": 6, "test_energy": 7, "test_parameters": 3, "validation": 2})
        self.assertEqual({name: split["frames"] for name, split in splits.items() if "frames" in split}, {"test_extrapolate": 71})

    def test_every_split_reads_like_test(self) -> None:
        for name in ("test", "validation", *EXTRA):
            with self.subTest(name), self.open(name) as data:
                frames = 71 if name == "test_extrapolate" else 31
                self.assertEqual(data["frames"].shape[1:], (frames, 16, 16, 3))
                self.assertEqual(data["frames_clean"].shape, data["frames"].shape)
                self.assertEqual(data.attrs["split"], name)
                item = HamgenDataset(self.root, split=name, fields=("frames", "q", "frames_clean"))[1]
                np.testing.assert_array_equal(item["frames"], data["frames"][1])
                self.assertEqual(item["q"].shape, (frames, 1))

    def test_validation_is_of_its_own_stream_and_changes_no_other_split(self) -> None:
        few = ("--system", "two_body", "--n", 6, "--n-test", 5, "--image-size", 16)
        with_it, without = (generate(new_directory() / name, *few, "--n-validation", count) for name, count in (("with", 5), ("without", 0)))
        self.assertNotIn("validation", manifest(without)["splits"])
        for split in ("train", "test"):
            self.assertEqual(*(manifest(root)["splits"][split]["shards"][0]["content"] for root in (with_it, without)), split)
        starts = {split: [HamgenDataset(with_it, split=split, fields=("q",))[i]["q"][0, 0] for i in range(5)]
                  for split in ("train", "test", "validation")}
        self.assertEqual(len(set(sum(starts.values(), []))), 15)

    def test_they_ask_what_they_say(self) -> None:
        with self.open("train") as train, self.open("test_energy") as energy, self.open("test_parameters") as parameters:
            radius = lambda data: np.hypot(data["q"][:, 0, 0], data["p"][:, 0, 0])
            self.assertLess(radius(train).max(), 2.3)
            self.assertGreaterEqual(radius(energy).min(), 2.3 - 1e-12)
            self.assertTrue((train["parameters"][:, 0] == 0.5).all())
            self.assertTrue((parameters["parameters"][:, 0] >= 0.8).all())
            np.testing.assert_array_equal(train["x"], energy["x"])

    def test_friction_balances(self) -> None:
        for name in ("train", *EXTRA):
            with self.subTest(name), self.open(name) as data:
                energy, lost = data["energy"][:], data["energy_lost"][:]
                balance = energy + lost
                self.assertLess(np.abs(balance / balance[:, :1] - 1).max(), 1e-11)
                self.assertTrue((np.diff(lost, axis=1) > 0).all())
                mass = data["parameters"][:, :1]  # 2 m g l sin q
                np.testing.assert_allclose(data["dp_dt"][:, :, 0],
                                           -6 * mass * np.sin(data["q"][:, :, 0]) - 0.05 * data["dq_dt"][:, :, 0], atol=1e-12)

    def test_hues_are_stored_and_seen(self) -> None:
        with self.open("train") as data:
            self.assertEqual(data["parameter"][-1].decode(), "hue_1")
            self.assertEqual(data["parameter_unit"][-1].decode(), "turn")
            hues = data["parameters"][:, -1]
            self.assertTrue(np.isin(np.round(hues * 6), range(6)).all())
            brightest = data["frames"][:, 0].reshape(12, -1, 3).max(1).argmax(1)
            for hue, channel in zip(np.round(hues * 6).astype(int), brightest):
                self.assertIn(channel, {0: (0,), 1: (0, 1), 2: (1,), 3: (1, 2), 4: (2,), 5: (0, 2)}[hue])

    def test_verify_and_preview(self) -> None:
        done = run("verify", self.root, "--full", "--regenerate", 32)
        self.assertEqual((done.returncode, "32 equal to the last bit" in done.stdout), (0, True), done.stdout + done.stderr)
        self.assertEqual(run("preview", self.root, "--split", "test_extrapolate", "--out", new_directory()).returncode, 0)
        done = run("preview", self.root, "--split", "test_nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no split", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""scripts/experiments/prior_samples: discs followed through noise-free frames move as the exact states do."""
from __future__ import annotations

import importlib.machinery
import importlib.util
import unittest

import numpy as np

from support import REPOSITORY, generate, new_directory

try:
    import matplotlib  # noqa: F401
except ImportError:
    raise unittest.SkipTest("needs matplotlib") from None


def load():
    loader = importlib.machinery.SourceFileLoader("prior_samples", str(REPOSITORY / "scripts/experiments/prior_samples"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("prior_samples", loader))
    loader.exec_module(module)
    return module


class PriorSamples(unittest.TestCase):
    def test_followed_discs_are_where_they_are_and_keep_their_energy(self) -> None:
        script = load()
        for system, bodies in (("mass_spring", 1), ("pendulum", 1), ("two_body", 2)):
            with self.subTest(system):
                root = generate(new_directory() / system, "--system", system, "--n", 40, "--n-test", 10, "--image-size", 32)
                data = script.HamgenDataset(root, fields=("frames", "q_observed"))
                test = script.HamgenDataset(root, split="test", fields=("frames_clean", "q", "energy"))
                items = [test[i] for i in range(len(test))]
                tracker = script.Tracker(data, bodies)
                seen, is_visible = tracker(np.stack([item["frames_clean"] for item in items]) / 255)
                truth = script.positions_of(data, np.stack([item["q"] for item in items]))
                whole = is_visible.all(axis=1)
                self.assertGreater(whole.mean(), 0.8)
                self.assertLess(np.abs(seen[whole] - truth[whole]).mean(), 0.02)
                followed = script.motion_of(data, seen[whole])["energy"].mean(axis=1)
                exact = np.stack([item["energy"] for item in items])[whole].mean(axis=1)
                np.testing.assert_allclose(followed, exact, rtol=0.12, atol=0.03)

    def test_the_distance_of_distributions(self) -> None:
        distance = load().distance
        a = np.arange(100.0)
        self.assertEqual(distance(a, a), 0)
        self.assertEqual(distance(a, a + 1000), 1)
        self.assertAlmostEqual(distance(a, np.concatenate([a[:50], np.full(50, np.inf)])), 0.5)


if __name__ == "__main__":
    unittest.main()

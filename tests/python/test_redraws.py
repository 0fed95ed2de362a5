"""Starts that cannot be followed: counted by reason, told, and refused where they are many."""
from __future__ import annotations

import json
import unittest

import numpy as np

import support
from support import new_directory, read, run

CROWD = ("--system", "n_body", "--n", 40, "--n-test", 0, "--shard-size", 10, "--image-size", 16,
         "--set", "integrator.max_steps=40")


class RedrawTest(unittest.TestCase):
    def test_many_are_an_error_as_soon_as_it_is_certain(self):
        out = new_directory() / "data"
        done = run(*CROWD, "--out", out, "--quiet", "--set", "integrator.max_steps=12")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Ahamgen: too many starts of train cannot be followed: \d+ were given up \(stalled \d+\)[^\n]+\n\Z")
        self.assertIn("--set integrator.allow_redraws=true", done.stderr)
        self.assertFalse((out / "manifest.json").exists())

    def test_workers_too(self):
        out = new_directory() / "data"
        for worker in range(4):
            done = run(*CROWD, "--out", out, "--quiet", "--set", "integrator.max_steps=17", "--worker", f"{worker}/4")
            if done.returncode != 0:
                break
        else:
            done = run("finish", out, "--quiet")
        self.assertEqual(done.returncode, 1)
        self.assertIn("too many starts of train", done.stderr)
        self.assertFalse((out / "manifest.json").exists())

    def test_allowed_they_are_told_and_counted(self):
        out = new_directory() / "data"
        done = run(*CROWD, "--n-validation", 0, "--out", out, "--quiet", "--set", "integrator.max_steps=17",
                   "--set", "integrator.allow_redraws=true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"\AWARNING: [0-9.]+ % of the starts drawn for train could not be followed[^\n]+\n\Z")
        train = support.manifest(out)["splits"]["train"]
        self.assertEqual(train["redraw_reasons"], {"stalled": train["redraws"]})
        self.assertEqual(sum(shard.get("redraw_reasons", {}).get("stalled", 0) for shard in train["shards"]), train["redraws"])
        self.assertEqual(run("verify", out, "--full", "--regenerate", "100%", "--quiet").returncode, 0)
        self.assertEqual(run("repair", out, "--quiet").stdout, f"{out}: nothing to repair\n")

    def test_none_is_no_word(self):
        out = new_directory() / "data"
        done = run("--system", "pendulum", "--n", 4, "--image-size", 16, "--out", out, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("redraw_reasons", support.manifest(out)["splits"]["train"])


class WallTest(unittest.TestCase):
    def test_walls_are_bounced_off(self):
        config = new_directory() / "walls.json"
        config.write_text(json.dumps({
            "system": "custom", "n": 60, "n_test": 0, "steps": 60, "dt": 0.1, "image": {"size": 16},
            "physics": {"coordinates": ["x"], "constants": ["k = 200"], "hamiltonian": "p^2/2 + k max(0, abs(x)-1)^2"},
            "start": {"values": ["x = -1 .. 1", "p = -1 .. 1"], "energy": None}, "scene": {"discs": ["0; x; 0.1"]}}))
        root = support.generate(new_directory() / "data", "--config", config)
        q, = read(root, "train", "q")
        self.assertEqual(support.manifest(root)["splits"]["train"]["redraws"], 0)
        self.assertGreater(np.mean(np.abs(q).max(axis=(1, 2)) > 1), 0.7)


class NoConstantsTest(unittest.TestCase):
    def test_a_system_without_constants(self):
        out = new_directory() / "data"
        done = run("--system", "custom", "--n", 6, "--n-test", 2, "--shard-size", 3, "--image-size", 16, "--out", out, "--quiet",
                   "--set", "physics.constants=[]", "--set", "physics.hamiltonian=p^2/2 + q^2/2", "--set", "start.energy=null")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(read(out, "train", "parameters")[0].shape, (6, 0))
        done = run("verify", out, "--full", "--regenerate", "100%", "--quiet")
        self.assertEqual(done.returncode, 0, done.stdout)
        (out / "train" / "shard-00001.h5").unlink()
        self.assertEqual(run("repair", out, "--quiet").returncode, 0)
        self.assertEqual(run("verify", out, "--quiet").returncode, 0)


if __name__ == "__main__":
    unittest.main()

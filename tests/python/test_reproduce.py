"""scripts/reproduce, from nothing to its table, with next to no training."""
from __future__ import annotations

import os
import subprocess
import sys
import time
import unittest

from support import HAMGEN, REPOSITORY, new_directory

NEEDED = ("HGN_FIT", "HGN_EVAL", "HGN_ROLLOUT")


def reproduce(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, REPOSITORY / "scripts/reproduce", *map(str, words)], capture_output=True, text=True,
                          env={**os.environ, "HAMGEN": str(HAMGEN)}, check=False)


@unittest.skipUnless(all(os.environ.get(name) for name in NEEDED), "built without LibTorch")
class Reproduce(unittest.TestCase):
    def test_the_whole_way_and_nothing_twice(self) -> None:
        out = new_directory()
        done = reproduce("mass_spring", "--quick", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("expected", "forward", "double speed", "energy drift", "the paper's train error is 0.08"):
            self.assertIn(word, done.stdout)
        made = next((out / "quick/mass_spring").glob("compact-*-0"))
        for name in ("evaluation.html", "rollout.png", "samples.png", "run/result.json"):
            self.assertTrue((made / name).exists(), name)
        before = (made / "run/result.json").stat().st_mtime_ns
        again = reproduce("mass_spring", "--quick", "--out", out)
        self.assertEqual((again.returncode, again.stdout), (0, done.stdout))
        self.assertEqual((made / "run/result.json").stat().st_mtime_ns, before)
        self.assertNotRegex(again.stderr, r"(?m)^\$ \S*hgn-(fit|eval|rollout) ")  # commands it runs; "Next:" may name them

    def test_stopped_it_saves_and_goes_on(self) -> None:
        out = new_directory()
        words = [sys.executable, REPOSITORY / "scripts/reproduce", "pendulum", "--out", out]
        environment = {**os.environ, "HAMGEN": str(HAMGEN)}
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(1200):
            logs = list((out / "pendulum").glob("compact-*-0/run/log.jsonl"))
            if logs and '"train"' in logs[0].read_text():
                break
            time.sleep(0.1)
        child.terminate()
        _, message = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 75, message)
        self.assertIn("Go on with the same command", message)
        self.assertTrue(list((logs[0].parent / "checkpoints").glob("*.safetensors")))
        again = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        time.sleep(2)
        self.assertIn("at work in", reproduce("pendulum", "--out", out).stderr)
        again.terminate()
        self.assertIn("--resume", again.communicate(timeout=60)[1])

    def test_what_is_not_understood(self) -> None:
        self.assertEqual(reproduce("moon").returncode, 2)
        self.assertEqual(reproduce().returncode, 2)


if __name__ == "__main__":
    unittest.main()

"""scripts/reproduce, from nothing to its table, with next to no training."""
from __future__ import annotations

import os
import subprocess
import sys
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
        for word in ("expected", "60 steps forward", "energy drift", "the paper's train error is 0.08"):
            self.assertIn(word, done.stdout)
        made = out / "quick/mass_spring"
        for name in ("evaluation.html", "rollout.png", "samples.png", "run/result.json"):
            self.assertTrue((made / name).exists(), name)
        before = (made / "run/result.json").stat().st_mtime_ns
        again = reproduce("mass_spring", "--quick", "--out", out)
        self.assertEqual((again.returncode, again.stdout), (0, done.stdout))
        self.assertEqual((made / "run/result.json").stat().st_mtime_ns, before)
        self.assertNotIn("hgn-fit", again.stderr)

    def test_what_is_not_understood(self) -> None:
        self.assertEqual(reproduce("moon").returncode, 2)
        self.assertEqual(reproduce().returncode, 2)


if __name__ == "__main__":
    unittest.main()

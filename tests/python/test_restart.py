"""What programs with OpenMP set for the libraries that they use, before these look: apps/shell/restart.hpp."""
from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import new_directory

HGN_FIT = os.environ.get("HGN_FIT")


@unittest.skipUnless(HGN_FIT, "needs hgn-fit")
class Restart(unittest.TestCase):
    def environment_of_a_training(self, **chosen: str) -> dict[str, str]:
        base = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENBLAS_CORETYPE")}
        out = new_directory() / "run"
        child = subprocess.Popen([HGN_FIT, "--model", "nhf", "--target", "ring", "--steps", "1000000", "--threads", "1", "--out", out, "--quiet"],
                                 env=base | chosen, stdout=subprocess.DEVNULL)
        try:
            for _ in range(600):  # until it trains: after all starts
                if (out / "log.jsonl").exists():
                    break
                time.sleep(0.05)
            found = Path(f"/proc/{child.pid}/environ").read_bytes().split(b"\0")
            return dict(line.decode().split("=", 1) for line in found if b"=" in line)
        finally:
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(60), 75)

    def test_threads_sleep_where_nobody_has_chosen(self) -> None:
        self.assertEqual(self.environment_of_a_training()["OMP_WAIT_POLICY"], "passive")

    def test_what_was_chosen_stays(self) -> None:
        found = self.environment_of_a_training(OMP_WAIT_POLICY="active", OPENBLAS_CORETYPE="Haswell")
        self.assertEqual((found["OMP_WAIT_POLICY"], found["OPENBLAS_CORETYPE"]), ("active", "Haswell"))
        self.assertNotIn("OMP_WAIT_POLICY", self.environment_of_a_training(GOMP_SPINCOUNT="100"))


if __name__ == "__main__":
    unittest.main()

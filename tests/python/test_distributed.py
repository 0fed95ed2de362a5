"""hgn-fit in several processes: the same training as one, and all end when one is lost."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import HAMGEN

HGN_FIT = os.environ.get("HGN_FIT", "")
ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ROOT / "scripts/launch"
SMALL = ["--preset", "small", "--set", "train.batch=4", "--set", "data.validation=5", "--set", "train.log_every=1",
         "--set", "train.checkpoint_every=1", "--set", "precision=fp32", "--quiet"]


def lines(directory: Path, kind: str = "train") -> list[dict]:
    found = [json.loads(line) for line in (directory / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in found if line["kind"] == kind]


@unittest.skipUnless(HGN_FIT, "built without the model")
class Distributed(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.place = tempfile.TemporaryDirectory()
        cls.root = Path(cls.place.name)
        cls.data = cls.root / "data"
        subprocess.run([HAMGEN, "--system", "mass_spring", "--n", "20", "--n-test", "5", "--n-validation", "5", "--image-size", "16", "--steps", "8", "--out",
                        cls.data, "--quiet"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.place.cleanup()

    def fit(self, name: str, processes: int, *words: str, launch: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        command = [HGN_FIT, "--data", str(self.data), "--out", str(self.root / name), *SMALL, *words]
        if processes > 1:
            command = [str(LAUNCH), "--processes", str(processes), *launch, "--", *command]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    def assert_equal_logs(self, one: str, other: str, kind: str, keys: tuple[str, ...]) -> None:
        a, b = lines(self.root / one, kind), lines(self.root / other, kind)
        self.assertEqual([line["step"] for line in a], [line["step"] for line in b])
        for x, y in zip(a, b):
            for key in keys:
                self.assertAlmostEqual(x[key], y[key], delta=2e-4 * abs(x[key]), msg=f"{key} of step {x['step']}")

    def test_two_processes_train_as_one_does_with_the_same_batch(self) -> None:
        words = ("--max-steps", "6", "--set", "train.validate_every=3")
        vector = ("--steps", "6", "--set", "latent.shape=vector", "--set", "objective.guide=1", "--set", "objective.guide_end=0.5")
        for name, processes, more in (("one", 1, ()), ("two", 2, ()), ("four", 4, ()), ("vector one", 1, vector), ("vector two", 2, vector)):
            done = self.fit(name, processes, *words, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads((self.root / name / "result.json").read_text())["processes"], processes)
            self.assertEqual(done.stdout.count("parameters"), 1, done.stdout)  # the first process alone reports
        for name in ("two", "four"):
            self.assert_equal_logs("one", name, "train", ("mse", "kl", "loss", "gradient_norm"))
            self.assert_equal_logs("one", name, "validation", ("mse", "mse_clean"))
        self.assert_equal_logs("vector one", "vector two", "train", ("mse", "guide", "loss", "gradient_norm"))

    def test_flows_share_their_points(self) -> None:
        for name, processes in (("flow1", 1), ("flow2", 2)):
            command = [HGN_FIT, "--model", "nhf", "--target", "two_modes", "--out", str(self.root / name), "--max-steps", "8",
                       "--set", "flow.hidden=[16]", "--set", "encoder.hidden=[16]", "--set", "train.log_every=1", "--quiet",
                       "--threads", "1", "--set", "data.validation=10"]
            if processes > 1:
                command = [str(LAUNCH), "--", *command]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_equal_logs("flow1", "flow2", "train", ("nll", "gradient_norm"))

    def wait_for_step(self, name: str, step: int) -> None:
        deadline = time.monotonic() + 120
        log = self.root / name / "log.jsonl"
        while not (log.exists() and f'"step":{step},' in log.read_text(encoding="utf-8")):
            self.assertLess(time.monotonic(), deadline, "the training does not begin")
            time.sleep(0.05)

    def test_a_lost_process_ends_the_others_and_the_run_goes_on(self) -> None:
        self.fit("undisturbed", 2, "--max-steps", "40")
        command = [str(LAUNCH), "--restarts", "2", "--patience", "20", "--", HGN_FIT, "--data", str(self.data), "--out",
                   str(self.root / "killed"), *SMALL, "--max-steps", "40", "--set", "timeout=5"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as launcher:
            self.wait_for_step("killed", 3)
            children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
            os.kill(int(children[1]), signal.SIGKILL)
            _, errors = launcher.communicate(timeout=240)
        self.assertEqual(launcher.returncode, 0, errors)
        self.assertIn("another process of this training is lost", errors)
        a, b = lines(self.root / "undisturbed"), lines(self.root / "killed")
        keys = ("step", "mse", "loss", "gradient_norm")
        self.assertEqual([[line[key] for key in keys] for line in a], [[line[key] for key in keys] for line in b])

    def test_one_signal_stops_all(self) -> None:
        command = [str(LAUNCH), "--", HGN_FIT, "--data", str(self.data), "--out", str(self.root / "stopped"), *SMALL]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as launcher:
            self.wait_for_step("stopped", 3)
            children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
            os.kill(int(children[1]), signal.SIGUSR1)  # to the second alone: the first one saves
            _, errors = launcher.communicate(timeout=120)
        self.assertEqual(launcher.returncode, 75, errors)
        self.assertIn("interrupted; saved", errors)

    def test_refusals(self) -> None:
        done = self.fit("odd", 2, "--set", "train.batch=5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("2 processes share it evenly", done.stderr)
        done = subprocess.run([LAUNCH, "--restarts", "1", "--", HGN_FIT, "--data", str(self.data)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--out", done.stderr)
        done = subprocess.run([HGN_FIT, "--data", str(self.data), "--out", str(self.root / "x"), *SMALL], capture_output=True,
                              text=True, check=False, env={**os.environ, "RANK": "2", "WORLD_SIZE": "2"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("RANK", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""States that are vectors, through the programs: what is found in the data, stopped and resumed, and used where the data are gone."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from support import dataset, new_directory

HGN_FIT, HGN_EVAL, HGN_ROLLOUT = (os.environ.get(name, "") for name in ("HGN_FIT", "HGN_EVAL", "HGN_ROLLOUT"))
SMALL = ("--preset", "quick", "--threads", 1, "--quiet", "--set", "train.batch=4", "--set", "train.log_every=1", "--set", "encoder.filters=[8,8,8]",
         "--set", "decoder.filters=[8]", "--set", "data.validation=4")


def run(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


def config_of(path: Path) -> dict:
    return json.loads((path / "config.json").read_text())


def errors_of(path: Path) -> list[tuple]:
    lines = map(json.loads, (path / "log.jsonl").read_text().splitlines())
    return [(line["step"], line["mse"], line["guide"], line["guide_weight"]) for line in lines if line["kind"] == "train"]


@unittest.skipUnless(HGN_FIT, "built without LibTorch")
class VectorState(unittest.TestCase):
    def train(self, data: Path, *words: object, out: Path | None = None) -> Path:
        out = out or new_directory() / "run"
        done = run(HGN_FIT, "--data", data, "--out", out, *SMALL, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_as_many_numbers_as_move_and_known_noise_where_it_can_be(self) -> None:
        for system, dimension in (("mass_spring", 1), ("pendulum", 1), ("two_body", 2)):
            with self.subTest(system):
                config = config_of(self.train(dataset(system), "--steps", 2))
                self.assertEqual((config["latent"]["dimension"], config["objective"]["noise"]), (dimension, "known"))
        config = config_of(self.train(dataset("double_pendulum"), "--steps", 2))
        self.assertEqual(config["objective"]["noise"], "unknown")

    def test_stopped_and_resumed_it_is_the_same_and_needs_no_data_to_be_used(self) -> None:
        data = new_directory() / "data"
        shutil.copytree(dataset("mass_spring"), data)
        guided = ("--steps", 8, "--set", "objective.guide_end=0.4")
        whole = self.train(data, *guided)
        parts = self.train(data, *guided, "--max-steps", 3)
        self.assertEqual(run(HGN_FIT, "--resume", parts, "--quiet").returncode, 0)
        self.assertEqual(errors_of(parts), errors_of(whole))
        self.assertEqual((parts / "model.safetensors").read_bytes(), (whole / "model.safetensors").read_bytes())
        weights = [line[3] for line in errors_of(whole)]
        self.assertGreater(weights[0], 0)
        self.assertEqual(weights[-1], 0)
        evaluated = run(HGN_EVAL, whole, "--data", data, "--json", "-", "--quiet", "--trajectories", 2)
        self.assertEqual(evaluated.returncode, 0, evaluated.stderr)
        self.assertGreater(json.loads(evaluated.stdout)["runs"][0]["pixel_error"]["forward"]["mse_clean"]["mean"], 0)
        shutil.rmtree(data)
        drawn = run(HGN_ROLLOUT, whole, "--sample", 2, "--out", whole.parent / "samples.png")
        self.assertEqual(drawn.returncode, 0, drawn.stderr)

    def test_noise_that_turns_pictures_is_known_to_whoever_uses_the_run(self) -> None:
        data = dataset("pendulum")
        out = self.train(data, "--steps", 30)
        turning = json.loads((data / "manifest.json").read_text())["frames"]["turning_noise"]
        self.assertEqual(json.loads((out / "run.json").read_text())["data_shape"]["turning_noise"], turning)
        evaluated = run(HGN_EVAL, out, "--data", data, "--json", "-", "--quiet", "--trajectories", 1000)
        self.assertEqual(evaluated.returncode, 0, evaluated.stderr)
        found = json.loads(evaluated.stdout)["runs"][0]["pixel_error"]["test"]
        trained = json.loads((out / "result.json").read_text())["test"]
        for name in ("mse", "mse_clean"):
            self.assertAlmostEqual(found[name]["mean"] / trained[name], 1, places=4)

    def test_a_trained_run_may_infer_in_another_way(self) -> None:
        out, errors = self.train(dataset("pendulum"), "--steps", 30), []
        for steps in (1, 0):
            config = config_of(out)
            config["latent"]["refine"] = steps
            (out / "config.json").write_text(json.dumps(config))
            evaluated = run(HGN_EVAL, out, "--data", dataset("pendulum"), "--json", "-", "--quiet")
            self.assertEqual(evaluated.returncode, 0, evaluated.stderr)
            errors.append(json.loads(evaluated.stdout)["runs"][0]["pixel_error"]["test"]["mse"]["mean"])
        self.assertLess(errors[0], errors[1])

    def test_the_baseline_without_a_hamiltonian_takes_it_too(self) -> None:
        out = self.train(dataset("pendulum"), "--model", "latent_ode", "--steps", 3)
        self.assertEqual(config_of(out)["latent"]["dimension"], 1)

    def test_what_does_not_go_together(self) -> None:
        for words, message in ((("--set", "latent.shape=image", "--set", "objective.guide=0", "--set", "latent.dimension=3"), "latent.q_channels"),
                               (("--set", "latent.shape=image", "--set", "latent.refine=0"), "only a vector has coordinates"),
                               (("--set", "latent.shape=image"), "latent.refine > 0"),
                               (("--set", "latent.dimension=65"), "latent.refine > 0"),
                               (("--set", "hamiltonian.network=convolutional"), "hamiltonian.network"),
                               (("--set", "encoder.framewise=3"), "the last convolution sees all frames"),
                               (("--set", "objective.consistency=0.1"), "encoder.centres")):
            with self.subTest(words):
                done = run(HGN_FIT, "--data", dataset("pendulum"), "--out", new_directory() / "run", *SMALL, *words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(message, done.stderr)


if __name__ == "__main__":
    unittest.main()

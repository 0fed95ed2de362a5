"""hgn-eval and hgn-rollout as a user meets them: what they write, and what they refuse."""
import functools
import json
import os
import shutil
import subprocess
import unittest

import numpy as np
from PIL import Image
from support import generate, new_directory
from test_hgn_fit import HGN_FIT, dataset, fit, train

HGN_EVAL, HGN_ROLLOUT = os.environ.get("HGN_EVAL"), os.environ.get("HGN_ROLLOUT")


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=300, cwd=new_directory())


@functools.lru_cache(maxsize=None)
def trained(model="hgn"):
    out = new_directory() / model
    done = train(out) if model == "hgn" else fit("--data", dataset(), "--model", model, "--steps", 30, "--threads", 1,
                                                 "--set", "hnn.hidden=[16]", "--out", out, "--quiet")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return out


class Refusals(unittest.TestCase):
    def assert_refused(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


@unittest.skipUnless(HGN_EVAL, "HGN_EVAL is not set: built without LibTorch")
class Evaluation(Refusals):
    def test_table_json_and_page_tell_the_same(self):
        out = new_directory()
        done = run(HGN_EVAL, trained(), trained("hnn"), "--data", dataset(), "--json", out / "report.json", "--html",
                   out / "report.html", "--forward", 10, "--backward", 4, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads((out / "report.json").read_text())
        self.assertEqual(report["format"], "hamgen-evaluation-1")
        mse = report["runs"][0]["pixel_error"]["test"]["mse"]["mean"]
        self.assertIn(f"{1e4 * mse:.2f} +- ", done.stdout)
        page = (out / "report.html").read_text()
        self.assertIn("hgn leapfrog", page)
        self.assertIn("data:image/png;base64,", page)
        self.assertNotIn("NaN", (out / "report.json").read_text())
        self.assertEqual(len(report["runs"][0]["pixel_error"]["forward"]["per_frame"]["time"]), 11)
        self.assertGreater(report["runs"][1]["state_error"]["test"]["derivative_mse"]["mean"], 0)
        printed = run(HGN_EVAL, trained(), "--data", dataset(), "--json", "-", "--quiet", "--forward", 10, "--backward", 4)
        again = json.loads(printed.stdout)["runs"][0]
        self.assertEqual(again["pixel_error"], report["runs"][0]["pixel_error"])

    def test_bad_input(self):
        data, hgn = dataset(), trained()
        self.assert_refused(run(HGN_EVAL, hgn), 2, "--data")
        self.assert_refused(run(HGN_EVAL, "--data", data), 2, "no run")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", data, "--forward", "0"), 2, "--forward", "0")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", data, "--backward", "1e9"), 2, "--backward")
        self.assert_refused(run(HGN_EVAL, data, "--data", data, "--quiet"), 1, "not a run of hgn-fit")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", hgn, "--quiet"), 1, "manifest.json")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", data, "--forward", 7), 2, "--forward = 7", "sees 8 frames")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", data, "--html", "nowhere/x.html"), 2, "nowhere")
        self.assert_refused(run(HGN_EVAL, hgn, "--data", data, "--nonsense"), 2, "nonsense")

    def test_runs_that_do_not_compare_are_refused(self):
        short = new_directory() / "short"
        self.assertEqual(train(short, "--set", "data.context=4", "--set", "data.horizon=5").returncode, 0)
        self.assert_refused(run(HGN_EVAL, trained(), short, "--data", dataset()), 2, "8 frames", "5 frames", "apart")
        slow = generate(new_directory() / "slow", "--system", "mass_spring", "--n", 5, "--n-test", 4, "--steps", 7,
                        "--image-size", 16, "--set", "dt=0.25")
        done = run(HGN_EVAL, trained(), "--data", slow, "--quiet")
        self.assertEqual(done.returncode, 2)
        self.assertIn("apart in time", done.stderr)
        bodies = generate(new_directory() / "bodies", "--system", "two_body", "--n", 5, "--n-test", 4, "--steps", 7,
                          "--image-size", 16)
        done = run(HGN_EVAL, trained("hnn"), "--data", bodies, "--quiet")
        self.assertEqual(done.returncode, 2)
        self.assertIn("looks at 1 coordinates: the dataset's states have 4", done.stderr)

    def test_a_run_that_is_not_finished_is_told_how_to_finish(self):
        copy = new_directory() / "run"
        shutil.copytree(trained(), copy)
        (copy / "model.safetensors").unlink()
        self.assert_refused(run(HGN_EVAL, copy, "--data", dataset(), "--quiet"), 1, "not finished", "hgn-fit --resume")

    def test_damaged_weights_are_refused(self):
        copy = new_directory() / "run"
        shutil.copytree(trained(), copy)
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        self.assert_refused(run(HGN_EVAL, copy, "--data", dataset(), "--quiet"), 1, "model.safetensors")

    def test_another_dataset_is_allowed_and_told_loudly(self):
        other = generate(new_directory() / "other", "--system", "mass_spring", "--n", 5, "--n-test", 4, "--steps", 7,
                         "--image-size", 16, "--seed", 9)
        done = run(HGN_EVAL, trained(), "--data", other, "--json", "-", "--quiet", "--forward", 8, "--backward", 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ANOTHER DATASET", done.stderr)
        self.assertTrue(json.loads(done.stdout)["runs"][0]["is_other_dataset"])

    def test_a_dataset_that_does_not_fit_is_refused(self):
        short = generate(new_directory() / "short", "--system", "mass_spring", "--n", 5, "--n-test", 4, "--steps", 3,
                         "--image-size", 16)
        done = run(HGN_EVAL, trained(), "--data", short, "--quiet")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("looks at 8 frames: the dataset's trajectories have 4", done.stderr)


@unittest.skipUnless(HGN_ROLLOUT, "HGN_ROLLOUT is not set: built without LibTorch")
class Rollouts(Refusals):
    def rollout(self, *arguments):
        return run(HGN_ROLLOUT, trained(), *arguments)

    def test_sheets_strips_and_animations(self):
        out = new_directory()
        for name, arguments in {"all.png": (), "back.gif": ("--direction", "backward"), "fast.png": ("--speed", 2.5),
                                "long.png": ("--steps", 40), "between.png": ("--interpolate", 3),
                                "samples.png": ("--sample", 3)}.items():
            with self.subTest(name):
                done = self.rollout("--data", dataset(), *arguments, "--out", out / name)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(name, done.stdout)
                with Image.open(out / name) as picture:
                    self.assertGreater(np.asarray(picture.convert("RGB")).std(), 5)
        with Image.open(out / "back.gif") as animation:
            self.assertEqual(animation.n_frames, 8)

    def test_a_plain_strip_holds_the_frames_themselves(self):
        out = new_directory() / "plain.png"
        done = self.rollout("--data", dataset(), "--direction", "forward", "--plain", "--out", out, "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        with Image.open(out) as image:
            picture = np.asarray(image.convert("RGB")) / 255
        self.assertEqual(picture.shape, (2 * 16, 8 * 16, 3))  # truth above the rollout
        row = json.loads(done.stdout)["rows"][0]
        frames = picture.reshape(2, 16, 8, 16, 3).transpose(0, 2, 1, 3, 4)
        mse = ((frames[0] - frames[1]) ** 2).mean(axis=(1, 2, 3))
        np.testing.assert_allclose(mse, row["mse_clean"], rtol=0.05, atol=2e-5)

    def test_samples_are_from_the_prior_or_from_what_is_encoded(self):
        pictures = {}
        for source, data in (("the prior", ()), ("what is encoded", ("--data", dataset()))):
            out = new_directory() / "samples.png"
            done = self.rollout("--sample", 5, "--plain", *data, "--out", out, "--json", "-")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(json.loads(done.stdout)["from"], source)
            with Image.open(out) as image:
                pictures[source] = np.asarray(image.convert("RGB"))
            self.assertEqual(pictures[source].shape, (5 * 16, 8 * 16, 3))
        self.assertTrue((pictures["the prior"] != pictures["what is encoded"]).any())
        few = generate(new_directory() / "few", "--system", "mass_spring", "--n", 9, "--n-test", 4, "--steps", 7, "--image-size", 16)
        done = self.rollout("--sample", 2, "--data", few)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("ANOTHER DATASET", done.stderr)
        self.assertIn("at least ten sequences", done.stderr)

    def test_there_and_back_is_told(self):
        done = self.rollout("--data", dataset(), "--out", "x.png")
        self.assertIn("forward and back again: the state misses the start by", done.stdout)

    def test_bad_input(self):
        data = dataset()
        self.assert_refused(self.rollout("--data", data, "--index", 4), 2, "trajectory 4", "trajectories 0 to 3")
        self.assert_refused(self.rollout("--data", data, "--split", "valid"), 2, "--split")
        self.assert_refused(self.rollout("--data", data, "--direction", "up"), 2, "--direction")
        self.assert_refused(self.rollout("--data", data, "--speed", "-1"), 2, "--speed")
        self.assert_refused(self.rollout("--data", data, "--steps", 0), 2, "--steps")
        self.assert_refused(self.rollout("--data", data, "--out", "x.bmp"), 2, ".png or .gif")
        self.assert_refused(self.rollout("--data", data, "--interpolate", 1, "--speed", 2), 2, "--speed does not go with")
        self.assert_refused(self.rollout("--sample", 2, "--index", 1), 2, "--index does not go with --sample")
        self.assert_refused(self.rollout(), 2, "--data")
        self.assert_refused(run(HGN_ROLLOUT, trained("hnn"), "--data", data), 2, "sees no frames")
        self.assert_refused(run(HGN_ROLLOUT, "--data", data), 2, "expected one run")


@unittest.skipUnless(HGN_FIT, "HGN_FIT is not set: built without LibTorch")
class Models(Refusals):
    def test_every_model_has_a_preset_and_prints_its_configuration(self):
        for model in ("hgn", "latent_ode", "pixel_hnn", "pixel_hnn_conv", "hnn", "baseline_mlp"):
            with self.subTest(model):
                for preset in ("paper",) if model in ("hnn", "baseline_mlp") else ("paper", "small"):
                    done = fit("--model", model, "--preset", preset, "--print-config")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(json.loads(done.stdout)["model"], model)

    def test_a_preset_of_other_models_is_refused(self):
        self.assert_refused(fit("--model", "hnn", "--preset", "small", "--print-config"), 2, "small", "hnn")
        self.assert_refused(fit("--model", "resnet", "--print-config"), 2, "resnet", "baseline_mlp")

    def test_a_run_of_states_goes_on_like_any_other(self):
        whole, parts = new_directory() / "whole", new_directory() / "parts"
        options = ("--data", dataset(), "--model", "hnn", "--steps", 30, "--threads", 1, "--set", "hnn.hidden=[16]", "--quiet")
        self.assertEqual(fit(*options, "--out", whole).returncode, 0)
        self.assertEqual(fit(*options, "--max-steps", 13, "--out", parts).returncode, 0)
        self.assertEqual(fit("--resume", parts, "--quiet").returncode, 0)
        self.assertEqual((whole / "model.safetensors").read_bytes(), (parts / "model.safetensors").read_bytes())


if __name__ == "__main__":
    unittest.main()

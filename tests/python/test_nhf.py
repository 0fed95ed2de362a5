"""Densities as a user meets them: targets, tables and shards; what is refused; the same flow in PyTorch."""
import functools
import json
import os
import subprocess
import unittest

import h5py
import numpy as np
from support import generate, new_directory

try:
    import torch

    from hamgen import nhf_torch
    from hamgen.hgn_torch import read_safetensors
except ImportError:
    torch = None

HGN_FIT, HGN_EVAL = os.environ.get("HGN_FIT"), os.environ.get("HGN_EVAL")
QUICK = ("--device", "cpu", "--threads", "1", "--quiet", "--set", "data.validation=200")
SMALL = ("--set", "flow.hamiltonians=2", "--set", "flow.hidden=[16,16]", "--set", "encoder.hidden=[16,16]")


def call(program, *words):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=300)


def fit(out, *words, model="nhf"):
    return call(HGN_FIT, "--model", model, "--out", out, *QUICK, *words)


def evaluate(run, *words):
    report = new_directory() / "report.json"
    done = call(HGN_EVAL, run, "--threads", 1, "--quiet", "--points", 50, "--draws", 10, "--json", report, *words)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(report.read_text())["runs"][0], done.stdout


@functools.lru_cache(maxsize=None)
def shards():
    return generate(new_directory() / "pendulum", "--system", "pendulum", "--n", 400, "--n-test", 100, "--steps", 10, "--image-size", 8)


@functools.lru_cache(maxsize=None)
def trained(*words, model="nhf"):
    out = new_directory() / "run"
    done = fit(out, *words, model=model)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return out


def log_of(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("time", "steps_per_second")} for line in lines]


@unittest.skipUnless(HGN_FIT and HGN_EVAL, "needs hgn-fit and hgn-eval")
class Densities(unittest.TestCase):
    def test_a_target_is_learned_and_evaluated(self):
        run = trained("--target", "two_modes", "--steps", 600, *SMALL)
        result = json.loads((run / "result.json").read_text())["test"]
        self.assertLess(result["elbo"], result["iwae"])
        self.assertLess(result["iwae"], result["exact"])
        entry, text = evaluate(run)
        density = entry["density"]
        means = [bound["mean"] for bound in density["bounds"]]
        self.assertEqual([bound["draws"] for bound in density["bounds"]], [1, 10])
        self.assertLessEqual(means[0], means[1])
        self.assertGreater(density["grid"]["divergence"], 0)
        self.assertLess(density["inversion_fp32"]["largest"], 1e-5)
        self.assertLess(density["inversion_fp64"]["largest"], 1e-12)
        self.assertLess(density["volume_error"], 1e-9)
        self.assertEqual(density["modes"]["modes"], 2)
        self.assertEqual(len(density["figure"]["density_of_points"]), density["figure"]["lattice"] ** 2)
        self.assertIn("two_modes", text)

    def test_real_nvp_beside_it(self):
        run = trained("--target", "two_modes", "--steps", 400, "--set", "flow.hidden=[16,16]", model="real_nvp")
        density = evaluate(run)[0]["density"]
        self.assertFalse(density["has_latent"])
        self.assertEqual(density["bounds"][0]["mean"], density["bounds"][1]["mean"])

    def test_points_of_shards_and_of_tables(self):
        run = trained("--data", shards(), "--field", '["q","p"]', "--frame", "null", "--steps", 50, *SMALL)
        entry, _ = evaluate(run)
        self.assertEqual(entry["density"]["dimension"], 2)
        self.assertFalse(entry["is_other_dataset"])
        self.assertNotIn("exact_log_likelihood", entry["density"])
        table = new_directory() / "points.h5"
        with h5py.File(table, "w") as file:
            file["group/x"] = np.random.default_rng(1).normal(size=(500, 3)).astype("f4")
        run = trained("--data", table, "--field", "group/x", "--steps", 50, "--set", "data.validation=100", *SMALL)
        self.assertEqual(evaluate(run)[0]["density"]["dimension"], 3)
        with h5py.File(table, "a") as file:
            file["group/x"][0, 0] = 9
        done = call(HGN_FIT, "--resume", run)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the one", done.stderr)

    def test_an_interrupted_run_ends_with_the_same_log(self):
        words = ("--target", "moons", "--steps", 60, "--batch", 64, "--set", "train.log_every=10", "--set", "train.checkpoint_every=15",
                 *SMALL)
        whole, parts = new_directory() / "whole", new_directory() / "parts"
        self.assertEqual(fit(whole, *words).returncode, 0)
        self.assertEqual(fit(parts, *words, "--max-steps", 25).returncode, 0)
        self.assertEqual(call(HGN_FIT, "--resume", parts, "--quiet").returncode, 0)
        self.assertEqual(log_of(whole), log_of(parts))

    def test_what_is_refused(self):
        out = new_directory() / "run"
        for words, part in ((("--target", "rings"), "ring"), (("--target", "ring", "--data", shards()), "--data"), ((), "--target"),
                            (("--data", shards(), "--field", "frames"), "q_observed"), (("--data", shards(), "--frame", 11), "0 to 10"),
                            (("--target", "ring", "--set", "integrator.method=rk4"), "leapfrog"),
                            (("--data", shards(), "--field", "energy", "--steps", "1", "--model", "real_nvp"), "one coordinate")):
            done = fit(out, *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(part, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertFalse(out.exists())
        done = call(HGN_FIT, "--target", "ring", "--out", out)  # hgn has no targets
        self.assertEqual(done.returncode, 2)


@unittest.skipUnless(torch and HGN_FIT and HGN_EVAL, "needs torch (Debian: python3-torch), hgn-fit and hgn-eval")
class SameInPyTorch(unittest.TestCase):
    def test_energies_and_paths(self):
        for options, module in (((), {}), (("--set", "flow.kinetic=quadratic", "--set", "flow.shared=true"), {"quadratic": True, "shared": True})):
            run = trained("--target", "ring", "--steps", 30, "--set", "flow.hamiltonians=3", "--set", "encoder.covariance=diagonal", *options)
            figure = evaluate(run)[0]["density"]["figure"]
            flow = nhf_torch.NeuralHamiltonianFlow(2, 3, **module)
            weights = {name: tensor for name, tensor in read_safetensors(run / "model.safetensors")[0].items()
                       if not name.startswith("standardizer")}
            flow.load_state_dict(weights)
            q = torch.tensor([figure["paths"][0]["x"], figure["paths"][0]["y"]]).T.float()
            with torch.no_grad():
                end = flow.flow(q, torch.zeros_like(q))[0]
            np.testing.assert_allclose(end[:, 0], figure["paths"][-1]["x"], atol=2e-5)
            np.testing.assert_allclose(end[:, 1], figure["paths"][-1]["y"], atol=2e-5)
            low, high, bottom, top = figure["window"]
            n = figure["lattice"]
            y, x = np.meshgrid(np.linspace(bottom, top, n), np.linspace(low, high, n), indexing="ij")
            places = torch.tensor(np.stack([x.ravel(), y.ravel()], 1)).float()
            with torch.no_grad():
                potential = flow.hamiltonians[-1].potential(places).squeeze(1)
            np.testing.assert_allclose(potential - potential.min(), figure["hamiltonians"][-1]["potential"], atol=2e-5)

    def test_the_bound(self):
        """The mean of 64 draws of the PyTorch module's own noise agrees with the program's bound within its error."""
        run = trained("--target", "two_modes", "--steps", 300, "--set", "flow.hamiltonians=2", "--set", "encoder.covariance=diagonal",
                      "--set", "prior.kind=soft_uniform")
        entry, _ = evaluate(run)
        flow = nhf_torch.NeuralHamiltonianFlow(2, 2)
        flow.load_state_dict({name: tensor for name, tensor in read_safetensors(run / "model.safetensors")[0].items()
                              if not name.startswith("standardizer")})
        points = entry["density"]["scatter"]["points"]
        q = torch.tensor(points).T[:50].float()  # test points: the evaluation's first
        torch.manual_seed(1)
        with torch.no_grad():
            values = torch.stack([flow.elbo(q) for _ in range(200)])
        program = entry["density"]["bounds"][0]["mean"]  # ten draws of each point
        error = float(values.std(0).square().sum().sqrt()) / 50 / 10**0.5
        self.assertAlmostEqual(float(values.mean()), program, delta=5 * error)


if __name__ == "__main__":
    unittest.main()

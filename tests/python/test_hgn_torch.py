"""python/hamgen/hgn_torch.py against the C++ networks: same weights, same outputs, same gradients of the whole loss."""
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support import new_directory

try:
    import torch

    from hamgen import hgn_torch
except ImportError:
    torch = None

DUMP = os.environ.get("DUMP_HGN")
if DUMP and not torch and os.environ.get("HAMGEN_TEST_EVERYTHING"):
    raise RuntimeError("torch cannot be imported, and HAMGEN_TEST_EVERYTHING is set")

SMALL = {
    "precision": "fp32", "device": "cpu",
    "data": {"context": 4},
    "latent": {"q_channels": 3, "z_channels": 5},
    "encoder": {"filters": [8, 8, 8]},
    "transform": {"filters": [8]},
    "hamiltonian": {"filters": [8, 8], "form": "separable", "readout": "learned"},
    "decoder": {"filters": [8, 6], "residual": False},
    "objective": {"multiplier": "error"},
}

VARIANTS = {
    "separable convolutions, GECO, sigmoid blocks": {},
    "natural, dense, beta": {"hamiltonian": {"form": "natural", "network": "dense", "scale": 4.0},
                             "objective": {"kind": "beta", "beta": 0.5}, "encoder": {"downsampling": "early"},
                             "decoder": {"block_activation": "none", "output_activation": "sigmoid"}},
    "natural, yoshida4": {"hamiltonian": {"form": "natural"}, "integrator": {"method": "yoshida4"}},
    "joint, rk4, deterministic": {"hamiltonian": {"form": "joint"}, "integrator": {"method": "rk4", "substeps": 2},
                                  "latent": {"deterministic": True}},
    "joint, Euler, no f_psi": {"hamiltonian": {"form": "joint", "network": "dense"}, "integrator": {"method": "euler"},
                               "transform": {"enabled": False}},
    "the paper's": {"hamiltonian": {"form": "natural", "readout": "sum"}, "decoder": {"filters": [3, 6], "residual": True},
                    "transform": {"filters": [8, 8]}, "objective": {"multiplier": "kl"}},
    "joint, dense, summed": {"hamiltonian": {"form": "joint", "network": "dense", "readout": "sum"}, "integrator": {"method": "rk4"}},
    "natural, from the middle": {"hamiltonian": {"form": "natural"}, "latent": {"anchor": "middle"}},
    "natural, from a late frame": {"hamiltonian": {"form": "natural"}, "latent": {"anchor": "late"}},
    "joint, rk4, from the middle": {"hamiltonian": {"form": "joint"}, "integrator": {"method": "rk4"},
                                    "latent": {"anchor": "middle"}},
    "natural, frame by frame": {"hamiltonian": {"form": "natural"},
                                "encoder": {"filters": [6, 7, 8], "framewise": 2, "downsampling": "early"}},
    "natural, known noise": {"hamiltonian": {"form": "natural"},
                             "objective": {"kind": "beta", "noise": "known", "total_variation": 0.01}},
    "natural, noise that turns": {"hamiltonian": {"form": "natural"}, "objective": {"kind": "beta", "noise": "known"}},
    "a vector": {"latent": {"shape": "vector", "dimension": 3}, "hamiltonian": {"form": "natural", "network": "dense"},
                 "decoder": {"dense": [5, 7]}, "objective": {"guide": 1.0}},
    "a vector, and the centres of colours": {
        "latent": {"shape": "vector", "dimension": 2}, "hamiltonian": {"form": "natural", "network": "dense"}, "decoder": {"dense": [5]},
        "encoder": {"filters": [6, 7, 8], "framewise": 1, "centres": [9, 7]}},
    "a vector, refined": {
        "latent": {"shape": "vector", "dimension": 2, "refine": 2, "anchor": "middle"}, "decoder": {"dense": [5]},
        "hamiltonian": {"form": "natural", "network": "dense"}, "objective": {"kind": "beta", "noise": "known"}},
    "a vector, joint, no f_psi, deterministic": {
        "latent": {"shape": "vector", "dimension": 1, "deterministic": True}, "transform": {"enabled": False}, "decoder": {"dense": []},
        "hamiltonian": {"form": "joint", "network": "dense"}, "integrator": {"method": "rk4"}},
    "the authors' mailed stack": {"hamiltonian": {"filters": [6, 8, 8, 8], "kernels": [3, 2, 2, 2], "strides": [1, 2, 1, 1]}},
}


def merged(*parts):
    result = {}
    for part in parts:
        for key, value in part.items():
            result[key] = merged(result.get(key, {}), value) if isinstance(value, dict) else value
    return result


@unittest.skipUnless(torch and DUMP, "needs torch (Debian: python3-torch) and hgn-fit")
class SameAsProgram(unittest.TestCase):
    def check(self, changes, *noise):
        directory = new_directory()
        (directory / "config.json").write_text(json.dumps(merged(SMALL, changes)))
        config = json.loads(subprocess.run(
            [os.environ["HGN_FIT"], "--print-config", "--preset", "paper", "--config", directory / "config.json"],
            check=True, capture_output=True, text=True).stdout)
        (directory / "config.json").write_text(json.dumps(config))
        subprocess.run([DUMP, directory / "config.json", directory / "dump", *noise], check=True)
        tensors, _ = hgn_torch.read_safetensors(directory / "dump")
        io = {name[3:]: tensor for name, tensor in tensors.items() if name.startswith("io/")}
        turning = {"pivot": [7, 8.5], "std": 0.2} if "turning" in noise else None
        hgn = hgn_torch.Hgn(config, frames=6, image_size=16, dt=0.2, turning_noise=turning)
        hgn.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith(("io/", "gradient/"))})

        mean, log_variance = hgn.encode(hgn.to_pixels(io["frames"][:, :4]))
        self.assert_close(mean, io["mean"], 1e-5)
        if log_variance is not None:
            self.assert_close(log_variance, io["log_variance"], 1e-5)
        states = hgn.rollout(hgn.start(mean), 6)
        self.assert_close(states[-1][0], io["last_q"], 1e-5)
        self.assert_close(states[-1][1], io["last_p"], 1e-5)
        self.assert_close(hgn.hamiltonian(*states[-1]), io["energy"], 1e-5)
        # Of refined states derivatives are differences, which rounding changes.
        self.assert_close(hgn.reconstruct(io["frames"]), io["reconstruction"], 1e-3 if config["latent"]["refine"] else 1e-5)

        loss = hgn.loss(io["frames"], io["noise"])
        self.assert_close(loss, io["loss"], 1e-5)
        loss.backward()
        for name, parameter in hgn.named_parameters():
            expected = tensors["gradient/" + name]
            actual = torch.zeros_like(expected) if parameter.grad is None else parameter.grad
            self.assert_close(actual, expected, 1e-4, name)

    def assert_close(self, actual, expected, tolerance, what=""):
        """Relative to the largest element."""
        scale = max(1e-12, float(expected.abs().max()))
        self.assertLessEqual(float((actual - expected).abs().max()) / scale, tolerance, what)


@unittest.skipUnless(torch, "needs torch (Debian: python3-torch)")
class Copies(unittest.TestCase):
    def test_two_files_are_enough_and_one_is_not(self):
        here = new_directory()
        source = Path(hgn_torch.__file__).parent
        shutil.copy(source / "hgn_torch.py", here)
        done = [subprocess.run([sys.executable, "-c", "import hgn_torch; print(hgn_torch.Hgn)"], cwd=here, capture_output=True, text=True, check=False)]
        shutil.copy(source / "hgn_layers.py", here)
        done.append(subprocess.run(done[0].args, cwd=here, capture_output=True, text=True, check=False))
        self.assertIn("needs hgn_layers.py beside it", done[0].stderr)
        self.assertEqual((done[1].returncode, done[1].stdout.strip()), (0, "<class 'hgn_torch.Hgn'>"), done[1].stderr)


for number, (name, changes) in enumerate(VARIANTS.items()):
    setattr(SameAsProgram, f"test_{number}", lambda self, changes=changes, noise=["turning"] * ("turns" in name): self.check(changes, *noise))
    getattr(SameAsProgram, f"test_{number}").__doc__ = name


if __name__ == "__main__":
    unittest.main()

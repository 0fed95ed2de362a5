#!/usr/bin/env python3
"""The networks of hgn-fit in PyTorch: load a run's weights, look inside, go on in Python. torch and numpy, nothing else.

    from hamgen.hgn_torch import load_run          # of a copy, beside hgn_layers.py: from hgn_torch import load_run
    hgn = load_run("runs/three_body")              # Hgn with the weights of model.safetensors, in eval mode
    video = hgn.reconstruct(frames)                # frames: uint8 [B, T, H, W, 3] -> float [B, T, 3, S, S] of 1
    states = hgn.window(hgn.start(z), 60)          # list of (q, p), each [B, C, 4, 4], or [B, D, 1, 1] of vectors

Parameters have the names that hgn-fit gives them. It is written plainly, for reading and as an independent reference:
the tests compare its outputs and gradients with those of the C++ program.

    python3 hgn_torch.py RUN                       prints the run's networks
"""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import struct
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a command, under any python3 (but not a copy of the two files)
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    with contextlib.suppress(ImportError):
        from hamgen.interpreter import need

        need("numpy", "torch")
try:
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import Tensor, nn
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"hamgen.hgn_torch needs {missing.name}, which this Python ({sys.executable}) does not have. Install it with python3 -m "
                              f"pip install {missing.name}, or use Debian's /usr/bin/python3 with apt-get install python3-{missing.name}",
                              name=missing.name) from missing

if __package__:
    from hamgen.hgn_layers import LATENT_SIZE, Conv, Decoder, Dense, Encoder, Hamiltonian, Stack, least_squares, turning_blur
else:  # a copy of the two files, or a command
    try:
        from hgn_layers import LATENT_SIZE, Conv, Decoder, Dense, Encoder, Hamiltonian, Stack, least_squares, turning_blur
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{__file__} needs hgn_layers.py beside it, from the same directory of hamgen", name=missing.name) from missing

_DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U8": np.uint8}


def read_safetensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file. Raises ValueError where its content does not have the SHA-256 among its metadata."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    if digest := metadata.pop("sha256", None):
        before, key, after = data.partition(f'"sha256":"{digest}"'.encode())
        without = before + key.replace(digest.encode(), b"0" * 64) + after
        if hashlib.sha256(without).hexdigest() != digest:
            raise ValueError(f"{path} is damaged: its content does not have its SHA-256")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = np.frombuffer(data[8 + length + begin : 8 + length + end], dtype=_DTYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(raw.reshape(entry["shape"]).copy())
    return tensors, metadata


class Hgn(nn.Module):
    """The Hamiltonian Generative Network (Toth et al., ICLR 2020, sec. 3.2 and A.1).

    config  what config.json of a run holds
    frames, image_size, dt, noise_floor, turning_noise  of the training data: data_shape in run.json
    """

    def __init__(self, config: dict[str, Any], frames: int, image_size: int, dt: float, noise_floor: float | None = None,
                 turning_noise: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.config, self.frames, self.image_size, self.noise_floor = config, frames, image_size, noise_floor
        self.context = config["data"]["context"] or frames
        self.dt = config["integrator"]["dt"] or dt
        latent = config["latent"]
        last = self.context - 1
        self.anchor = {"first": 0, "middle": last // 2, "late": 2 * last // 3}[latent.get("anchor", "first")]
        is_vector = latent.get("shape", "image") == "vector"
        q_channels = latent["dimension"] if is_vector else latent["q_channels"]
        if q_channels is None:
            raise ValueError("latent.dimension = null: hgn-fit resolves it, and config.json of a run has it")
        has_transform = config["transform"]["enabled"]
        z_channels = latent["z_channels"] if has_transform and not is_vector else 2 * q_channels
        self.z_shape = (z_channels, 1, 1) if is_vector else (z_channels, LATENT_SIZE, LATENT_SIZE)
        self.is_deterministic = latent["deterministic"]

        outputs = z_channels * (1 if self.is_deterministic else 2)
        self.encoder = Encoder(config["encoder"], self.context, image_size, outputs, is_vector)
        if has_transform:
            widths = [z_channels] + config["transform"]["filters"] + [2 * q_channels]
            self.transform = Stack(*[(Dense if is_vector else Conv)(a, b) for a, b in zip(widths, widths[1:])])
        self.hamiltonian = Hamiltonian(config["hamiltonian"], q_channels, 1 if is_vector else LATENT_SIZE)
        self.decoder = Decoder(config["decoder"], q_channels, image_size, is_vector)
        for name in ("pixel_mean", "pixel_std"):
            self.register_buffer(name, torch.ones(3, 1, 1))
        self.objective = nn.Module()  # GECO's state
        for name in ("multiplier", "average"):
            self.objective.register_buffer(name, torch.ones(()))
        if config["objective"].get("guide"):
            self.guide = nn.Module()  # of training alone
            self.guide.readout = nn.Parameter(torch.eye(q_channels))
        self.knows_noise = config["objective"].get("noise") == "known"
        for name in ("blur_x", "blur_y") if self.knows_noise else ():
            self.objective.register_buffer(name, torch.eye(image_size))
        blur = turning_blur(image_size, turning_noise["pivot"], turning_noise["std"]) if self.knows_noise and turning_noise else None
        self.register_buffer("turning_blur", blur, persistent=False)

    def to_pixels(self, frames: Tensor) -> Tensor:
        """uint8 [..., H, W, 3] to [..., 3, S, S] of 1; larger frames are averaged over areas."""
        pixels = frames.flatten(0, -4).permute(0, 3, 1, 2).to(self.pixel_mean.dtype) / 255
        pixels = F.avg_pool2d(pixels, frames.shape[-2] // self.image_size)
        return pixels.view(*frames.shape[:-3], 3, self.image_size, self.image_size)

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log-variance (None where deterministic) of z, from [B, context, 3, S, S]."""
        y = self.encoder((pixels - self.pixel_mean) / self.pixel_std)
        if self.is_deterministic:
            return y, None
        mean, log_variance = y.chunk(2, 1)
        return mean, torch.where(log_variance > 2, 2 + (log_variance - 2).clamp(min=0).log1p(), log_variance)

    def start(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """f_psi: the state (q, p) at the frame `anchor`."""
        return tuple((self.transform(z) if hasattr(self, "transform") else z).chunk(2, 1))

    def step(self, q: Tensor, p: Tensor, dt: float) -> tuple[Tensor, Tensor]:
        """One step of the configured integrator, written out (eq. 16 to 25)."""
        method, gradients = self.config["integrator"]["method"], self.hamiltonian.gradients
        if method in ("leapfrog", "yoshida4"):
            outer = 1 / (2 - 2 ** (1 / 3))
            for part in (1,) if method == "leapfrog" else (outer, 1 - 2 * outer, outer):
                p = p - part * dt / 2 * gradients(q, p)[0]
                q = q + part * dt * gradients(q, p)[1]
                p = p - part * dt / 2 * gradients(q, p)[0]
            return q, p
        if method == "euler":
            dq, dp = gradients(q, p)
            return q + dt * dp, p - dt * dq
        if method == "rk4":
            slopes: list[tuple[Tensor, Tensor]] = []
            for fraction in (0, 0.5, 0.5, 1):
                at = (q + fraction * dt * slopes[-1][0], p + fraction * dt * slopes[-1][1]) if slopes else (q, p)
                dq, dp = gradients(*at)
                slopes.append((dp, -dq))
            weights = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
            return (q + dt * sum(w * s[0] for w, s in zip(weights, slopes)),
                    p + dt * sum(w * s[1] for w, s in zip(weights, slopes)))
        raise NotImplementedError(f"integrator {method} is in hgn-fit only")

    def rollout(self, state: tuple[Tensor, Tensor], frames: int, speed: float = 1) -> list[tuple[Tensor, Tensor]]:
        """The state and its future, `frames` in all; a negative speed plays backward."""
        substeps = self.config["integrator"]["substeps"]
        states = [state]
        while len(states) < frames:
            state = states[-1]
            for _ in range(substeps):
                state = self.step(*state, speed * self.dt / substeps)
            states.append(state)
        return states

    def window(self, state: tuple[Tensor, Tensor], frames: int) -> list[tuple[Tensor, Tensor]]:
        """The states at a window's first `frames` frames, from that at the anchor: backward and forward."""
        past = self.rollout(state, self.anchor + 1, -1)[::-1]
        return (past + self.rollout(state, max(frames - self.anchor, 1))[1:])[:frames]

    def decode(self, q: Tensor) -> Tensor:
        return self.decoder(q)

    def expected(self, decoded: Tensor) -> Tensor:
        """What noisy frames are on average where decoded ones [..., 3, S, S] are."""
        if not self.knows_noise:
            return decoded
        if self.turning_blur is not None:
            return torch.sparse.mm(self.turning_blur, decoded.reshape(-1, self.image_size**2).T).T.reshape(decoded.shape)
        return self.objective.blur_y @ decoded @ self.objective.blur_x.T

    @torch.no_grad()
    def infer(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """The state (q, p) at the frame `anchor`, from the first frames of uint8 [B, T, H, W, 3]: what the encoder gives, and then
        latent.refine steps of Gauss and Newton towards the least squared error of the frames that it saw."""
        if (steps := self.config["latent"].get("refine", 0)) and len(frames) > 32:  # what all slopes of more take
            q, p = zip(*map(self.infer, frames.split(32)))
            return torch.cat(q), torch.cat(p)
        pixels = self.to_pixels(frames[:, : self.context])
        state = self.start(self.encode(pixels)[0])
        if not steps:
            return state

        def missed(rows: Tensor) -> Tensor:
            states = self.window(tuple(rows[..., None, None].chunk(2, 1)), self.context)
            return (self.expected(torch.stack([self.decode(q) for q, _ in states], 1)) - pixels).flatten(1)

        return tuple(least_squares(missed, torch.cat(state, 1).flatten(1), steps)[..., None, None].chunk(2, 1))

    @torch.no_grad()
    def reconstruct(self, frames: Tensor, count: int | None = None) -> Tensor:
        """Infers the state from the first frames of uint8 [B, T, H, W, 3], decodes `count` (all): [B, count, 3, S, S]."""
        states = self.window(self.infer(frames), count or self.frames)
        return torch.stack([self.decode(q) for q, _ in states], 1)

    def loss(self, frames: Tensor, noise: Tensor | None) -> Tensor:
        """The objective (eq. 4) with every frame of the window decoded, beta as at the beginning, and nothing asked of
        parts of the window (objective.consistency) or of a guide (objective.guide); `noise`: standard normal, as z."""
        objective = self.config["objective"]
        mean, log_variance = self.encode(self.to_pixels(frames[:, : self.context]))
        z = mean if log_variance is None else mean + (0.5 * log_variance).exp() * noise
        horizon = self.config["data"]["horizon"] or self.frames
        first = self.anchor * (self.frames - horizon) // max(self.frames - 1, 1)
        counted = slice(first, first + horizon)
        states = self.window(self.start(z), first + horizon)[counted]
        decoded = torch.stack([self.decode(q) for q, _ in states], 1)
        mse = F.mse_loss(self.expected(decoded), self.to_pixels(frames[:, counted]))
        if weight := objective.get("total_variation", 0):
            here, down, right = decoded[..., :-1, :-1], decoded[..., 1:, :-1], decoded[..., :-1, 1:]
            length = ((down - here) ** 2 + (right - here) ** 2 + 1e-6).sqrt()
            mse = mse + weight * length.sum() / decoded.numel()
        kl = torch.zeros(())
        if log_variance is not None:
            kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).flatten(1).sum(1).mean()
            kl = kl / (self.frames * 3 * self.image_size**2)
        if objective["kind"] == "geco":
            violation, multiplier = mse - self.tolerance, self.objective.multiplier
            if log_variance is None:
                return mse
            return violation + kl / multiplier if objective.get("multiplier") == "kl" else kl + multiplier * violation
        return mse + objective["beta"] * kl

    @property
    def tolerance(self) -> float:
        """The mean squared error, (value / 255)^2, that GECO tolerates: objective.kappa's, or a multiple of the dataset's noise floor."""
        objective = self.config["objective"]
        if (kappa := objective["kappa"]) is not None:
            return kappa**2
        return objective["tolerance"] * self.noise_floor if self.noise_floor else 0.0316**2


def load_run(run: str | Path, weights: str = "model.safetensors") -> Hgn:
    """The model of a finished run, with the weights of one of its files. Raises FileNotFoundError, KeyError; ValueError for files that are
    damaged, or a configuration that is not the one that the weights were trained with."""
    run = Path(run)
    config, about = (json.loads((run / name).read_text(encoding="utf-8")) for name in ("config.json", "run.json"))
    if digest := about.get("checksum"):
        before = (run / "run.json").read_bytes().rpartition(digest.encode())[0]
        if hashlib.sha256(before).hexdigest() != digest:
            raise ValueError(f"{run / 'run.json'} is damaged: its content does not have its checksum")
    tensors, metadata = read_safetensors(run / weights)
    for path, text in json.loads(metadata.get("settings", "{}")).items():
        if path in _CHANGEABLE:
            continue
        trained = json.loads(text)
        if (found := _value_at(config, path, trained)) != trained:
            raise ValueError(f"{run / 'config.json'} has changed since: {weights} was made with {path} = {text}, not {json.dumps(found)}")
    hgn = Hgn(config, **about["data_shape"])
    hgn.load_state_dict(tensors)
    return hgn.eval()


_CHANGEABLE = ("threads", "device", "data.workers", "timeout", "train.steps", "latent.refine", "data")  # that a run may go on with


def _value_at(config: dict[str, Any], path: str, otherwise: Any) -> Any:
    for part in path.split("."):
        if part not in config:
            return otherwise
        config = config[part]
    return config


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the networks of a run of hgn-fit.")
    parser.add_argument("run", metavar="RUN", help="directory that hgn-fit wrote")
    try:
        hgn = load_run(parser.parse_args().run)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        print(f"hgn_torch: {error}", file=sys.stderr)
        return 1
    for name, parameter in hgn.named_parameters():
        print(f"{name:40} {list(parameter.shape)}")
    print(f"{sum(parameter.numel() for parameter in hgn.parameters())} parameters")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Train the Hamiltonian Generative Network of a run in PyTorch, the way one would write it down: the yardstick of scripts/benchmarks/fit_speed.

    scripts/benchmarks/fit_torch.py RUN --data DIR [--steps N] [--seconds S] [--threads N]

RUN is a run of hgn-fit that gives configuration and first weights (one step is enough: hgn-fit --max-steps 1). Every frame is
decoded, the integrator takes its steps one by one, a DataLoader reads the shards, Adam moves the weights, fp32 throughout.
Prints one line of JSON: steps, seconds, the median of the steps per second without the first steps, and, with --test N, the test
MSE over N trajectories after every --test-every steps; with --until MSE it ends there.
"""
from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from hamgen.interpreter import need  # noqa: E402

need("h5py", "numpy", "torch")
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from hamgen import HamgenDataset  # noqa: E402
from hamgen.hgn_torch import Hgn, load_run  # noqa: E402

WARM_UP = 2  # steps that are not counted


def batches(data: HamgenDataset, size: int, workers: int) -> Iterator[Tensor]:
    loader = torch.utils.data.DataLoader(data, size, shuffle=True, num_workers=workers, drop_last=True,
                                         persistent_workers=workers > 0)
    while True:
        for batch in loader:
            yield batch["frames"]


def train_step(hgn: Hgn, optimizer: torch.optim.Optimizer, frames: Tensor, average: Tensor | None) -> Tensor:
    """One step; returns GECO's moving average of the constraint."""
    objective = hgn.config["objective"]
    noise = torch.randn(len(frames), *hgn.z_shape, device=frames.device)
    optimizer.zero_grad()
    mean, log_variance = hgn.encode(hgn.to_pixels(frames))
    z = mean + (0.5 * log_variance).exp() * noise
    states = hgn.window(hgn.start(z), frames.shape[1])
    decoded = torch.stack([hgn.decode(q) for q, _ in states], 1)
    mse = torch.nn.functional.mse_loss(hgn.expected(decoded), hgn.to_pixels(frames))
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).flatten(1).sum(1).mean() / frames[0].numel()
    (kl + hgn.objective.multiplier * (mse - hgn.tolerance)).backward()
    optimizer.step()
    constraint, decay = mse.detach() / hgn.tolerance - 1, objective["geco_decay"]
    average = constraint if average is None else decay * average + (1 - decay) * constraint
    hgn.objective.multiplier *= torch.exp(objective["geco_rate"] * average.clamp(-1, 1))
    hgn.objective.multiplier.clamp_(*objective["geco_bounds"])
    return average


def test_mse(hgn: Hgn, data: HamgenDataset, count: int, device: str) -> float:
    errors = []
    for first in range(0, count, 16):
        frames = torch.stack([torch.from_numpy(data[i]["frames"]) for i in range(first, min(first + 16, count))])
        frames = frames.to(device)
        errors.append((hgn.expected(hgn.reconstruct(frames)) - hgn.to_pixels(frames)).square().flatten(1).mean(1))
    return torch.cat(errors).mean().item()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of training, without tests")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that read batches [0]")
    parser.add_argument("--test", type=int, default=0, metavar="N", help="trajectories to test on [0]")
    parser.add_argument("--test-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--until", type=float, default=0, metavar="MSE", help="end at this test MSE")
    parser.add_argument("--device", default="cpu", help="[cpu]")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    hgn = load_run(options.run).train().to(options.device)
    optimizer = torch.optim.Adam([p for p in hgn.parameters()], lr=hgn.config["optimizer"]["learning_rate"])
    stream = batches(HamgenDataset(options.data), hgn.config["train"]["batch"], options.workers)
    seconds, times, tests, average = 0.0, [], [], None
    while len(times) < options.steps and seconds < options.seconds:
        begin = time.perf_counter()
        average = train_step(hgn, optimizer, next(stream).to(options.device), average)
        if options.device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
        seconds += times[-1]
        if options.test > 0 and len(times) % options.test_every == 0:
            error = test_mse(hgn, HamgenDataset(options.data, "test"), options.test, options.device)
            tests.append({"step": len(times), "seconds": seconds, "mse": error})
            print(json.dumps(tests[-1]), file=sys.stderr, flush=True)
            if error <= options.until:
                break
    print(json.dumps({"steps": len(times), "seconds": seconds, "torch": torch.__version__,
                      "steps_per_second": 1 / statistics.median(times[WARM_UP:] or times), "tests": tests}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

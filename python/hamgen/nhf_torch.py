#!/usr/bin/env python3
"""Neural Hamiltonian Flow in PyTorch (Toth et al., ICLR 2020, sec. 3.3 and A.2), as one would plainly write it.

    from hamgen.nhf_torch import NeuralHamiltonianFlow
    flow = NeuralHamiltonianFlow(dimension=2, hamiltonians=4)
    loss = -flow.elbo(q).mean()                    # q: [B, dimension], nats
    q, p = flow.sample(1000)

    python/hamgen/nhf_torch.py --hamiltonians 4 --batch 256 --steps 200 --threads 2 [--json]

The command trains on a mixture of Gaussians and prints steps per second and the last batch's ELBO. An independent
reference: parameters have the names that the C++ program gives them. Needs torch alone, 1.13 or later.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import math
import statistics
import sys
import time
from pathlib import Path
from typing import Callable, NoReturn

if __name__ == "__main__":  # a command, under any python3 (but not a copy of this file alone)
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    with contextlib.suppress(ImportError):
        from hamgen.interpreter import need

        need("torch")
try:
    import torch
    import torch.nn.functional as F
    from torch import Tensor, nn
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"hamgen.nhf_torch needs {missing.name}, which this Python ({sys.executable}) does not have. Install it with python3 -m "
                              f"pip install {missing.name}, or use Debian's /usr/bin/python3 with apt-get install python3-{missing.name}",
                              name=missing.name) from missing

HIDDEN = 128
PRIORS = ("soft_uniform", "normal")
LEARNING_RATE = 3e-4
SMALLEST_DEVIATION = 1e-4
MODE_DISTANCE, MODE_STD = 2.0, 0.5
WARM_UP, BLOCK = 10, 20  # training steps


class Mlp(nn.Sequential):
    """[..., inputs] -> [..., outputs], two hidden layers; `has_bias`: of the last layer."""

    def __init__(self, inputs: int, outputs: int, activation: Callable[[Tensor], Tensor], has_bias: bool) -> None:
        super().__init__(nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, HIDDEN),
                         nn.Linear(HIDDEN, outputs, bias=has_bias))
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self[0](x))
        x = self.activation(self[1](x))
        return self[2](x)


def gradient(energy: nn.Module, x: Tensor) -> Tensor:
    """d energy / dx, differentiable where autograd records."""
    is_recorded = torch.is_grad_enabled()
    with torch.enable_grad():
        if not x.requires_grad:
            x = x.detach().requires_grad_()
        return torch.autograd.grad(energy(x).sum(), x, create_graph=is_recorded)[0]


class Hamiltonian(nn.Module):
    """H(q, p) = V(q) + K(p), or V(q) + p.p / 2."""

    def __init__(self, dimension: int, is_quadratic: bool) -> None:
        super().__init__()
        self.potential = Mlp(dimension, 1, F.softplus, has_bias=False)
        if not is_quadratic:
            self.kinetic = Mlp(dimension, 1, F.softplus, has_bias=False)
        self.is_quadratic = is_quadratic

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        """Energy [B]."""
        kinetic = 0.5 * p.square().sum(-1) if self.is_quadratic else self.kinetic(p).squeeze(-1)
        return self.potential(q).squeeze(-1) + kinetic

    def velocity(self, p: Tensor) -> Tensor:
        return p if self.is_quadratic else gradient(self.kinetic, p)

    def leapfrog(self, q: Tensor, p: Tensor, steps: int, dt: float) -> tuple[Tensor, Tensor]:
        """Kick, drift, kick; a step's last gradient of V is the next one's first."""
        slope = gradient(self.potential, q)
        for _ in range(steps):
            p = p - dt / 2 * slope
            q = q + dt * self.velocity(p)
            slope = gradient(self.potential, q)
            p = p - dt / 2 * slope
        return q, p


class Encoder(nn.Module):
    """f(p | q), a Gaussian."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.mean = Mlp(dimension, dimension, F.relu, has_bias=True)
        self.deviation = Mlp(dimension, dimension, F.relu, has_bias=True)

    def forward(self, q: Tensor) -> tuple[Tensor, Tensor]:
        return self.mean(q), F.softplus(self.deviation(q)) + SMALLEST_DEVIATION


class NeuralHamiltonianFlow(nn.Module):
    """Hamiltonians in sequence, from a simple prior to the density of the data.

    hamiltonians   so many; `shared`: the same one so many times
    steps, dt      of leapfrog, for each Hamiltonian
    quadratic      K(p) = p.p / 2 in place of a network
    prior          soft_uniform, of `width` and with edges of `sharpness`, or normal; for each coordinate of q and p
    """

    def __init__(self, dimension: int = 2, hamiltonians: int = 4, *, steps: int = 2, dt: float = 0.5,
                 shared: bool = False, quadratic: bool = False, prior: str = "soft_uniform", width: float = 8,
                 sharpness: float = 4) -> None:
        super().__init__()
        if prior not in PRIORS:
            raise ValueError(f"prior {prior!r} is not allowed: expected one of {', '.join(PRIORS)}")
        self.dimension, self.steps, self.dt = dimension, steps, dt
        self.prior, self.width, self.sharpness = prior, width, sharpness
        different, self.repeats = (1, hamiltonians) if shared else (hamiltonians, 1)
        self.hamiltonians = nn.ModuleList(Hamiltonian(dimension, quadratic) for _ in range(different))
        self.encoder = Encoder(dimension)

    def flow(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """s_T = H_T o ... o H_1 (s_0)."""
        for hamiltonian in list(self.hamiltonians) * self.repeats:
            q, p = hamiltonian.leapfrog(q, p, self.steps, self.dt)
        return q, p

    def inverse(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """s_0 of s_T."""
        for hamiltonian in reversed(list(self.hamiltonians) * self.repeats):
            q, p = hamiltonian.leapfrog(q, p, self.steps, -self.dt)
        return q, p

    def log_prior(self, q: Tensor, p: Tensor) -> Tensor:
        """Log density [B] of s_0, in nats."""
        s, w, b = torch.cat((q, p), -1), self.width, self.sharpness
        if self.prior == "normal":
            return (-0.5 * s.square() - 0.5 * math.log(2 * math.pi)).sum(-1)
        log_mass = math.log(w / -math.expm1(-b * w))
        return (F.logsigmoid(b * (s + w / 2)) + F.logsigmoid(-b * (s - w / 2)) - log_mass).sum(-1)

    def elbo(self, q: Tensor, noise: Tensor | None = None) -> Tensor:
        """Eq. 6 [B] with one p for each q, in nats; `noise`: standard normal, as q."""
        if noise is None:
            noise = torch.randn_like(q)
        mean, deviation = self.encoder(q)
        p = mean + deviation * noise
        log_posterior = (-0.5 * noise.square() - deviation.log() - 0.5 * math.log(2 * math.pi)).sum(-1)
        return self.log_prior(*self.inverse(q, p)) - log_posterior

    @torch.no_grad()
    def sample(self, n: int) -> tuple[Tensor, Tensor]:
        """n samples (q, p) of the flow, each [n, dimension]."""
        s = torch.empty(n, 2 * self.dimension).to(next(self.parameters()))
        if self.prior == "normal":
            s.normal_()
        else:  # this sum has exactly the soft-uniform density
            logistic = torch.rand_like(s).logit(eps=torch.finfo(s.dtype).eps / 2)
            s = self.width * (torch.rand_like(s) - 0.5) + logistic / self.sharpness
        return self.flow(*s.chunk(2, -1))


def mixture(n: int, modes: int, dimension: int) -> Tensor:
    """Samples [n, dimension] of equal Gaussians at +-2 on the first axis, or +-2 on each of the first two."""
    axes = modes.bit_length() - 1
    signs = 2.0 * torch.randint(2, (n, axes)) - 1
    return F.pad(MODE_DISTANCE * signs, (0, dimension - axes)) + MODE_STD * torch.randn(n, dimension)


def train(flow: NeuralHamiltonianFlow, batch: int, steps: int, modes: int) -> tuple[float, float]:
    """Steps per second, the median over blocks of steps, and the last batch's mean ELBO."""
    optimizer = torch.optim.Adam(flow.parameters(), lr=LEARNING_RATE)
    rates = []
    for step in range(1, steps + 1):
        loss = -flow.elbo(mixture(batch, modes, flow.dimension)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step >= WARM_UP and (step - WARM_UP) % BLOCK == 0:
            now = time.perf_counter()
            if step > WARM_UP:
                rates.append(BLOCK / (now - start))
            start = now
    return statistics.median(rates), -loss.item()


# Command line

class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"nhf_torch: {message} ({self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(written: str) -> int:
        if not (written.isascii() and written.isdigit() and low <= int(written) <= high):
            raise argparse.ArgumentTypeError(f"{written!r} is not allowed: expected an integer from {low} to {high}")
        return int(written)

    return parse


def make_parser() -> Parser:
    parser = Parser(prog="nhf_torch.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hamiltonians", type=whole(1, 1000), default=4, metavar="T", help="in sequence [4]")
    parser.add_argument("--shared", action="store_true", help="one Hamiltonian, T times")
    parser.add_argument("--quadratic", action="store_true", help="K(p) = p.p / 2 in place of a network")
    parser.add_argument("--prior", choices=PRIORS, default=PRIORS[0], help=f"[{PRIORS[0]}]")
    parser.add_argument("--dimension", type=whole(1, 1000), default=2, metavar="D", help="of q [2]")
    parser.add_argument("--modes", type=int, choices=(2, 4), default=2, help="of the data [2]")
    parser.add_argument("--batch", type=whole(1, 10**6), default=256, metavar="B", help="[256]")
    parser.add_argument("--steps", type=whole(WARM_UP + BLOCK, 10**9), default=200, metavar="N",
                        help="of training [200]")
    parser.add_argument("--threads", type=whole(1, 1024), default=1, metavar="N", help="of torch [1]")
    parser.add_argument("--seed", type=whole(0, 10**15), default=0, metavar="N", help="of weights, data and noise [0]")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser


def main() -> int:
    parser = make_parser()
    options = parser.parse_args()
    if options.modes == 4 and options.dimension < 2:
        parser.error("four modes need --dimension 2 or more")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    flow = NeuralHamiltonianFlow(options.dimension, options.hamiltonians, shared=options.shared,
                                 quadratic=options.quadratic, prior=options.prior)
    rate, elbo = train(flow, options.batch, options.steps, options.modes)
    if options.json:
        asked = {name: value for name, value in vars(options).items() if name != "json"}
        print(json.dumps({**asked, "torch": torch.__version__, "steps_per_second": rate, "elbo": elbo}))
    else:
        print(f"{rate:.2f} steps per second, ELBO {elbo:.4f} nats after {options.steps} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())

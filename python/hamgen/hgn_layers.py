"""The layers of hgn-fit's networks in PyTorch: what hamgen.hgn_torch is made of. Parameters have the names that hgn-fit gives them."""
from __future__ import annotations

import math
from typing import Any, Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LATENT_SIZE = 4


class Conv(nn.Module):
    """A convolution whose output has ceil(size / stride) pixels, the odd row and column of padding at the end."""

    def __init__(self, channels: int, filters: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.weight = nn.Parameter(torch.zeros(filters, channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-1]
        total = max(0, (-(-size // self.stride) - 1) * self.stride + self.kernel - size)
        before, after = total // 2, total - total // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), self.weight, self.bias, self.stride)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class Stack(nn.Sequential):
    """Layers with an activation between them."""

    activation = staticmethod(_leaky)

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self):
            x = layer(x)
            if i + 1 < len(self):
                x = self.activation(x)
        return x


class Dense(nn.Linear):
    """[N, C, S, S] to a vector, [N, outputs, 1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))[..., None, None]


class Centres(Stack):
    """Where the centre of each colour is in every frame of [B, T, 3, S, S], through dense layers: [B, units]."""

    def __init__(self, units: list[int], context: int) -> None:
        super().__init__(*[nn.Linear(a, b) for a, b in zip([6 * context, *units], units)])
        for name, start in (("origin", torch.zeros(6)), ("axes", torch.eye(6))):
            self.register_buffer(name, start)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-1]
        places = (torch.arange(size, dtype=x.dtype, device=x.device) + 0.5) * 2 / size - 1
        centres = torch.cat([(x * places).mean((3, 4)), (x * places[:, None]).mean((3, 4))], 2)
        return _leaky(super().forward(((centres - self.origin) @ self.axes).flatten(1)))


class ScalarNet(Stack):
    """A network to one energy per sequence, with softplus."""

    activation = staticmethod(F.softplus)

    def __init__(self, config: dict[str, Any], channels: int, size: int) -> None:
        filters = config["filters"]
        self.scale, self.is_dense = config["scale"], config["network"] == "dense"
        self.has_readout = config.get("readout", "learned") == "learned"
        inputs = [channels * size**2 if self.is_dense else channels] + filters
        if self.is_dense:
            layers: list[nn.Module] = [nn.Linear(a, b) for a, b in zip(inputs, filters + [1])]
        else:
            kernels, strides = (values * len(filters) if len(values) == 1 else values
                                for values in (config["kernels"], config["strides"]))
            layers = [Conv(*arguments) for arguments in zip(inputs, filters, kernels, strides)] + [Conv(inputs[-1], 1, 1)]
        super().__init__(*layers if self.has_readout else layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x.flatten(1) if self.is_dense else x)
        return self.scale * (y if self.has_readout else self.activation(y)).flatten(1).sum(1)


class Hamiltonian(nn.Module):
    """H(q, p): separable V(q) + K(p), natural V(q) + p.p / 2, or joint."""

    def __init__(self, config: dict[str, Any], channels: int, size: int = LATENT_SIZE) -> None:
        super().__init__()
        self.form = config["form"]
        if self.form == "joint":
            self.joint = ScalarNet(config, 2 * channels, size)
        else:
            self.potential = ScalarNet(config, channels, size)
        if self.form == "separable":
            self.kinetic = ScalarNet(config, channels, size)

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        """Energy [B]."""
        if self.form == "joint":
            return self.joint(torch.cat((q, p), 1))
        kinetic = self.kinetic(p) if self.form == "separable" else 0.5 * p.flatten(1).square().sum(1)
        return self.potential(q) + kinetic

    def gradients(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """dH/dq and dH/dp, differentiable where autograd records."""
        is_recorded = torch.is_grad_enabled()
        with torch.enable_grad():
            q, p = (x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in (q, p))
            return torch.autograd.grad(self(q, p).sum(), (q, p), create_graph=is_recorded)


class Encoder(nn.Module):
    """Normalised frames [B, T, 3, S, S] to outputs [B, outputs, 4, 4], or [B, outputs, 1, 1] of vectors."""

    def __init__(self, config: dict[str, Any], context: int, image_size: int, outputs: int, is_vector: bool) -> None:
        super().__init__()
        self.framewise = config.get("framewise", 0)  # layers that see one frame each
        filters = config["filters"] + ([] if is_vector else [outputs])
        halvings = (image_size // LATENT_SIZE).bit_length() - 1
        halving = {k if config["downsampling"] == "early" else k * len(filters) // halvings for k in range(halvings)}
        inputs = [3, *filters]
        inputs[self.framewise] *= context
        self.convolutions = len(filters)
        for i in range(self.convolutions):
            self.add_module(str(i), Conv(inputs[i], filters[i], 3, 2 if i in halving else 1))
        units = config.get("centres", []) if is_vector else []
        self.centres = Centres(units, context) if units else None
        self.head = Dense(filters[-1] * LATENT_SIZE**2 + sum(units[-1:]), outputs) if is_vector else None

    def forward(self, frames: Tensor) -> Tensor:
        x = frames.flatten(0, 1) if self.framewise else frames.flatten(1, 2)
        for i in range(self.convolutions):
            if 0 < self.framewise == i:
                x = x.unflatten(0, frames.shape[:2]).flatten(1, 2)
            x = self.get_submodule(str(i))(x)
            if self.head is not None or i + 1 < self.convolutions:
                x = _leaky(x)
        if self.centres is not None:
            x = torch.cat((x.flatten(1), self.centres(frames)), 1)
        return x if self.head is None else self.head(x)


class Decoder(nn.Module):
    """q [N, C, 4, 4], or a vector [N, C, 1, 1], to frames [N, 3, S, S] of 1."""

    def __init__(self, config: dict[str, Any], channels: int, image_size: int, is_vector: bool = False) -> None:
        super().__init__()
        self.config, self.blocks = config, (image_size // LATENT_SIZE).bit_length() - 1
        self.dense = 0  # layers between a vector and the first image
        if is_vector:
            widths = [channels, *config["dense"], config["filters"][0] * LATENT_SIZE**2]
            channels, self.dense = config["filters"][0], len(widths) - 1
            for i in range(self.dense):
                self.add_module(f"dense_{i}", Dense(widths[i], widths[i + 1]))
        for block in range(self.blocks):
            filters = config["filters"][min(block, len(config["filters"]) - 1)]
            if config.get("residual") and channels != filters:
                self.add_module(f"block{block}_skip", Conv(channels, filters, 1))
            for i in range(config["convolutions"]):
                self.add_module(f"block{block}_{i}", Conv(channels, filters))
                channels = filters
        self.output = Conv(channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        for i in range(self.dense):
            x = _leaky(self.get_submodule(f"dense_{i}")(x))
        if self.dense:
            x = x.view(len(x), -1, LATENT_SIZE, LATENT_SIZE)
        for block in range(self.blocks):
            given = x = F.interpolate(x, scale_factor=2, mode="nearest")
            for i in range(self.config["convolutions"]):
                x = _leaky(self.get_submodule(f"block{block}_{i}")(x))
            if self.config.get("residual"):
                x = x + (self.get_submodule(f"block{block}_skip")(given) if hasattr(self, f"block{block}_skip") else given)
            if self.config["block_activation"] == "sigmoid":
                x = x.sigmoid()
        x = self.output(x)
        return x.sigmoid() if self.config["output_activation"] == "sigmoid" else x


def least_squares(missed: Callable[[Tensor], Tensor], rows: Tensor, steps: int) -> Tensor:
    """After `steps` steps of Gauss and Newton (Levenberg, Marquardt) from rows [B, n] towards the least sum of missed(rows)^2, [B, values]; a
    row that would not come closer stays. Derivatives are differences, as hgn-fit takes them."""
    nudge, damping = 2e-3, rows.new_full((len(rows), 1), 1e-2, dtype=torch.float64)
    for _ in range(steps):
        now = missed(rows).double()
        slopes = torch.stack([(missed(rows + nudge * unit).double() - now) / nudge for unit in torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)], 2)
        squares, pull = slopes.mT @ slopes, slopes.mT @ now[..., None]
        diagonal = squares.diagonal(dim1=1, dim2=2)
        damped = squares + torch.diag_embed(damping * diagonal + 1e-5 * diagonal.amax(1, keepdim=True) + 1e-12)
        tried = rows - torch.linalg.solve(damped, pull)[..., 0].to(rows.dtype)
        is_better = ((missed(tried).double() ** 2).sum(1) < (now**2).sum(1))[:, None]
        rows, damping = torch.where(is_better, tried, rows), torch.where(is_better, 0.3 * damping, 10 * damping)
    return rows


def turning_blur(size: int, pivot: Sequence[float], deviation: float) -> Tensor:
    """What noise that turns pictures makes of them on average, sparse [size^2, size^2]: every pixel the mean over an arc about the
    pivot (x and y, pixels from the left and the upper edge), by an angle of this standard deviation (radian, below 0.9)."""
    farthest = math.hypot(*(max(abs(place), abs(size - place)) for place in pivot))
    steps = max(2, math.ceil(3.5 * deviation * farthest / 0.25))  # a quarter of a pixel on the longest arc
    x = torch.linspace(-3.5, 3.5, 2 * steps + 1, dtype=torch.float64)
    weights = (-x * x / 2).exp()
    index = torch.arange(size, dtype=torch.float64) + 0.5
    blocks = []
    for down in index - pivot[1]:  # row by row of the picture
        right, block = index - pivot[0], torch.zeros(size, size**2, dtype=torch.float64)
        for angle, weight in zip(x * deviation, weights / weights.sum()):
            axes = []
            for place in (pivot[0] + angle.cos() * right - angle.sin() * down, pivot[1] + angle.sin() * right + angle.cos() * down):
                pixels = (place - 0.5).floor()[:, None] + torch.arange(-2, 4)  # Lanczos's kernel of three pixels
                away = place[:, None] - 0.5 - pixels
                kernel = torch.sinc(away) * torch.sinc(away / 3) * (away.abs() < 3)
                axes.append((pixels.clamp(0, size - 1).long(), kernel / kernel.sum(1, keepdim=True)))
            (columns, across), (rows, along) = axes
            where = rows[:, :, None] * size + columns[:, None, :]
            block.scatter_add_(1, where.flatten(1), (weight * along[:, :, None] * across[:, None, :]).flatten(1))
        block *= block.abs() >= 1e-5
        blocks.append((block / block.sum(1, keepdim=True)).float().to_sparse())
    return torch.cat(blocks)

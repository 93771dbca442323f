"""Batch normalisation, written to be read beside its paper, and the unit of layers that it is used in.

Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
2015, https://arxiv.org/abs/1502.03167.

`BatchNormalization` computes what `nn.BatchNorm2d` computes. The networks of the zoo use PyTorch's, which is faster.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks.zoo import parts
from cnnviz.text import N_

__all__ = ["Activation", "BatchNormalization", "ConvNormActivation", "Norm", "Unit", "make_unit", "normalisation"]

Norm = Callable[[int], nn.Module]  # makes the normalisation of so many channels
Activation = Callable[[], nn.Module]  # makes an activation; one for every use
Unit = Callable[..., nn.Module]  # makes a `ConvNormActivation`, from (in_channels, out_channels, kernel_size, …)


class BatchNormalization(nn.Module):
    """Every channel brought to mean 0 and variance 1, then scaled and shifted by two weights that are learned.

    In training the mean and the variance are those of the batch (algorithm 1): an output depends on the other
    pictures that happen to be in it. In prediction they are the running statistics of training (algorithm 2, line
    10), so that the answer to a picture is the same in any company.

    Args:
        channels: of the input (N, channels, H, W).
        eps: ε, added to the variance: a channel that is constant must not divide by zero.
        momentum: share of the newest batch in the running statistics; None for the plain mean of all batches.
        affine: whether γ and β are there, `weight` and `bias`; the paper begins with γ = 1 and β = 0.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float | None = 0.1, *, affine: bool = True) -> None:
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, channels, H, W); in training, also keep account of the running statistics.

        Raises:
            ShapeError: when the input has other channels.
            ParameterError: in training, when a channel has a single value: its variance is unknown.
        """
        if x.dim() != 4 or x.shape[1] != self.channels:
            raise ShapeError("BatchNormalization", tuple(x.shape[1:]), f"{self.channels} × … × …")
        mean, variance = self._of_batch(x) if self.training else (self.running_mean, self.running_var)
        normalised = (x - _per_channel(mean)) / torch.sqrt(_per_channel(variance) + self.eps)
        if self.weight is None or self.bias is None:
            return normalised
        return _per_channel(self.weight) * normalised + _per_channel(self.bias)

    def _of_batch(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance over the pictures and their pixels: a convolution's channel is one feature (§3.2)."""
        values = x.numel() // self.channels
        if values < 2:
            reason = N_("one value has no variance")
            raise ParameterError("values per channel", values, "≥ 2", reason)
        mean = x.mean(dim=(0, 2, 3))
        variance = ((x - _per_channel(mean)) ** 2).mean(dim=(0, 2, 3))
        self._keep(mean.detach(), variance.detach() * values / (values - 1))
        return mean, variance

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch; the variance without bias (algorithm 2, line 10)."""
        self.num_batches_tracked += 1
        share = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean += share * (mean - self.running_mean)
        self.running_var += share * (variance - self.running_var)


class ConvNormActivation(nn.Sequential):
    """Convolution, normalisation, activation: the order of §3.2, which normalises W·u before the nonlinearity.

    The convolution has no bias where a normalisation follows: subtracting the mean would take it away again, and β
    does its work.

    Args:
        in_channels: of the input.
        out_channels: filters of the convolution.
        kernel_size: side, or (rows, columns).
        stride: step of the convolution.
        padding: zeros around the input; None for as many as keep the size at stride 1, for odd kernels.
        groups: of the convolution; `in_channels` makes it depthwise.
        norm: makes the normalisation; None for a convolution with bias instead.
        activation: makes the activation; None for a linear unit.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        norm: Norm | None = nn.BatchNorm2d,
        activation: Activation | None = nn.ReLU,
    ) -> None:
        rows, columns = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        zeros = (rows // 2, columns // 2) if padding is None else padding
        conv = nn.Conv2d(in_channels, out_channels, (rows, columns), stride, zeros, groups=groups, bias=norm is None)
        layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv)
        if norm is not None:
            layers["norm"] = norm(out_channels)
        if activation is not None:
            layers["activation"] = activation()
        super().__init__(layers)


def normalisation(name: str, eps: float = 1e-5, momentum: float = 0.1) -> Norm | None:
    """What makes the normalisation `name`, one of `parts.NORMS`; None for "none".

    Args:
        name: "batch", "group" or "none".
        eps: of batch normalisation.
        momentum: of batch normalisation.

    Raises:
        ParameterError: when there is none of that name.
    """
    parts.norm(name, 1)
    if name == "batch":
        return partial(nn.BatchNorm2d, eps=eps, momentum=momentum)
    return None if name == "none" else parts.group_norm


def make_unit(norm: str, activation: str, eps: float = 1e-5, momentum: float = 0.1) -> Unit:
    """What makes the convolutions of one network: `ConvNormActivation` with its normalisation and its activation.

    Args:
        norm: one of `parts.NORMS`.
        activation: a key of `parts.ACTIVATIONS`.
        eps: of batch normalisation.
        momentum: of batch normalisation.

    Raises:
        ParameterError: when there is none of that name.
    """
    parts.activation(activation)
    return partial(
        ConvNormActivation, norm=normalisation(norm, eps, momentum), activation=partial(parts.activation, activation)
    )


def _per_channel(values: Tensor) -> Tensor:
    """(C,) as (C, 1, 1), to be used on (N, C, H, W)."""
    return values[:, None, None]

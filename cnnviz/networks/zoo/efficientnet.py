"""EfficientNet: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019.

arXiv:1905.11946. A search found B0, a network of MobileNetV2's blocks with gates (table 1). It grows in depth, width
and resolution together: d = α^φ, w = β^φ, r = γ^φ (equation 3). Rule, table of the published networks and table 1
are in `cnnviz.networks.scaling`, which needs no torch.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

import torch
from torch import Tensor, nn

from cnnviz.networks.scaling import BASELINE, Stage, compound, round_channels, round_repeats
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.batch_norm import Activation, ConvNormActivation, Norm, Unit, normalisation
from cnnviz.networks.zoo.parts import Add
from cnnviz.networks.zoo.squeeze_excitation import SqueezeExcitation

__all__ = ["EfficientNet", "MBConv", "StochasticDepth", "initialise"]


class StochasticDepth(nn.Module):
    """In training, leave out the residual of some pictures: the block is then only its shortcut.

    Huang et al., "Deep Networks with Stochastic Depth", 2016, arXiv:1603.09382. What is kept grows by 1 / (1 − p), so
    that the mean is the same as in prediction, where nothing is left out.

    Args:
        p: chance that a picture loses its residual, from 0 to below 1.
    """

    family = "regularisation"

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.label = f"p = {p:.3g}"

    def forward(self, x: Tensor) -> Tensor:
        """Set some of the N pictures of (N, C, H, W) to zero."""
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], 1, 1, 1, device=x.device, dtype=x.dtype) >= self.p
        return x * kept / (1 - self.p)


class MBConv(nn.Module):
    """MobileNetV2's inverted residual with a gate behind the depthwise convolution (table 1; MnasNet, figure 7b).

    Args:
        in_channels: of the input; the gate has a quarter as many units inside.
        out_channels: of the output.
        kernel_size: of the depthwise convolution.
        stride: of the depthwise convolution.
        expansion: how many times more channels there are inside: MBConv1 or MBConv6.
        drop: chance that training leaves the residual of a picture out.
        norm: makes a normalisation; None for none.
        activation: makes an activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        expansion: int = 6,
        drop: float = 0.0,
        norm: Norm | None = nn.BatchNorm2d,
        activation: Activation = nn.SiLU,
    ) -> None:
        super().__init__()
        unit, inner = partial(ConvNormActivation, norm=norm), in_channels * expansion
        self.expand = unit(in_channels, inner, 1, activation=activation) if expansion > 1 else None
        self.depthwise = unit(inner, inner, kernel_size, stride=stride, groups=inner, activation=activation)
        self.squeeze_excitation = SqueezeExcitation(inner, max(1, in_channels // 4), activation)
        self.project = unit(inner, out_channels, 1, activation=None)
        residual = stride == 1 and in_channels == out_channels
        self.stochastic_depth = StochasticDepth(drop) if residual else None
        self.add = Add() if residual else None

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        wide = x if self.expand is None else self.expand(x)
        narrow: Tensor = self.project(self.squeeze_excitation(self.depthwise(wide)))
        if self.add is None or self.stochastic_depth is None:
            return narrow
        total: Tensor = self.add(self.stochastic_depth(narrow), x)
        return total


class EfficientNet(nn.Sequential):
    """Stages 1 to 9 of table 1, scaled.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        phi: φ; deepens by α^φ and widens by β^φ. The picture should grow, too: `scaling.compound(phi).resolution`.
        width: multiplies the maps of all layers, rounded to multiples of 8; beside φ.
        depth: multiplies the number of blocks in each stage, rounded up; beside φ.
        dropout: share of the averages left out in training: 0.2 for B0 to 0.5 for B7 (§5.2).
        stochastic_depth: chance that training leaves out the last block's residual; it grows from 0 for the first.
        activation: a key of `parts.ACTIVATIONS`; the paper's is SiLU, also called Swish-1.
        norm: one of `parts.NORMS`.
        eps: of batch normalisation.
        momentum: of batch normalisation.

    Raises:
        ParameterError: when φ is outside its range.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        phi: float = 0.0,
        width: float = 1.0,
        depth: float = 1.0,
        dropout: float = 0.2,
        stochastic_depth: float = 0.2,
        activation: str = "silu",
        norm: str = "batch",
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        scale = compound(phi)
        width, depth = width * scale.width, depth * scale.depth
        make_norm, make_activation = normalisation(norm, eps, momentum), partial(parts.activation, activation)
        unit = partial(ConvNormActivation, norm=make_norm, activation=make_activation)
        block = partial(MBConv, norm=make_norm, activation=make_activation)

        first, *middle, last = BASELINE
        repeats = [round_repeats(stage.layers * depth) for stage in middle]
        drops = iter(stochastic_depth * number / sum(repeats) for number in range(sum(repeats)))
        channels = round_channels(first.channels * width)
        stages: OrderedDict[str, nn.Module] = OrderedDict(stage1=unit(in_channels, channels, 3, stride=2))
        for number, (stage, times) in enumerate(zip(middle, repeats, strict=True), 2):
            after = round_channels(stage.channels * width)
            stages[f"stage{number}"] = _stage(stage, channels, after, list(islice(drops, times)), block)
            channels = after
        stages["stage9"] = _head(channels, round_channels(last.channels * width), num_classes, dropout, unit)
        super().__init__(stages)
        initialise(self)


def initialise(network: nn.Module) -> None:
    """Draw the weights of a new network: the paper does not say how, the authors' code does.

    github.com/tensorflow/tpu, efficientnet_model.py: convolutions from N(0, 2 / fan-out) (a depthwise filter has k² of
    them), linear layers evenly from ±1 / √classes, biases zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        elif isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.out_features)
            nn.init.uniform_(module.weight, -bound, bound)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def _stage(
    stage: Stage, in_channels: int, out_channels: int, drops: Sequence[float], block: Callable[..., MBConv]
) -> nn.Sequential:
    """A block for each chance in `drops`: the first one steps and widens, the others keep the shape."""
    blocks = []
    for place, drop in enumerate(drops):
        stride, before = (stage.stride, in_channels) if place == 0 else (1, out_channels)
        blocks.append(block(before, out_channels, stage.kernel_size, stride, stage.expansion, drop))
    return nn.Sequential(*blocks)


def _head(in_channels: int, channels: int, num_classes: int, dropout: float, unit: Unit) -> nn.Sequential:
    """Stage 9: 1×1 convolution, pooling, fully connected layer."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv=unit(in_channels, channels, 1), avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()
    )
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    layers["fc"] = nn.Linear(channels, num_classes)
    return nn.Sequential(layers)

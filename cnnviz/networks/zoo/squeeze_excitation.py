"""Squeeze-and-excitation: Hu, Shen, Albanie, Sun and Wu, "Squeeze-and-Excitation Networks", 2017, arXiv:1709.01507.

A gate of a few weights looks at the averages of all channels and says, for this picture, which of them matter. It can
be put into any network; here, into ResNet-50.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from cnnviz.networks.zoo.batch_norm import Activation, make_unit
from cnnviz.networks.zoo.parts import Multiply
from cnnviz.networks.zoo.resnet import Bottleneck, Recipe, initialise

__all__ = ["SEBottleneck", "SEResNet", "SqueezeExcitation", "initialise"]

# Table 1: blocks of conv2_x … conv5_x, those of ResNet-50.
_BLOCKS = (3, 4, 6, 3)


class SqueezeExcitation(nn.Module):
    """Weigh each channel by a number between 0 and 1 that depends on all channels (figure 1).

    Squeeze: the average of each channel, z (equation 2). Excitation: s = σ(W₂ δ(W₁ z)), two fully connected layers
    with a bottleneck between (equation 3); on maps of one pixel they are 1×1 convolutions. Scale: each channel times
    its s (equation 4).

    Args:
        channels: of the input.
        reduced: units between the two layers; `channels` / 16 in the paper.
        activation: makes δ.
        gate: makes σ.
    """

    def __init__(
        self,
        channels: int,
        reduced: int,
        activation: Activation = nn.ReLU,
        gate: Activation = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, reduced, 1)
        self.activation = activation()
        self.fc2 = nn.Conv2d(reduced, channels, 1)
        self.gate = gate()
        self.scale = Multiply()

    def forward(self, x: Tensor) -> Tensor:
        """From (N, channels, H, W) to the same shape."""
        gate = self.gate(self.fc2(self.activation(self.fc1(self.squeeze(x)))))
        weighed: Tensor = self.scale(x, gate)
        return weighed


class SEBottleneck(Bottleneck):
    """ResNet's bottleneck with a gate on the residual, before the addition (figure 3).

    Args:
        in_channels: maps of the input.
        channels: maps between the 1×1 convolutions; the output has four times as many.
        stride: step of the block.
        recipe: what the network's blocks have in common.
        reduction: r, how many times fewer units than channels the gate has inside.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, recipe: Recipe, reduction: int = 16) -> None:
        super().__init__(in_channels, channels, stride, recipe)
        out_channels = channels * self.expansion
        self.squeeze_excitation = SqueezeExcitation(out_channels, max(1, out_channels // reduction))

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, in_channels, H, W) to (N, 4 · channels, H / stride, W / stride)."""
        residual = self.activation1(self.norm1(self.conv1(x)))
        residual = self.activation2(self.norm2(self.conv2(residual)))
        residual = self.squeeze_excitation(self.norm3(self.conv3(residual)))
        identity = x if self.shortcut is None else self.shortcut(x)
        y: Tensor = self.activation3(self.add(residual, identity))
        return y


class SEResNet(nn.Sequential):
    """SE-ResNet-50 (table 1, middle), with stages named as in ResNet's table; blocks step in their first 1×1.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages.
        reduction: r, how many times fewer units than channels a gate has inside; table 10 compares 2 to 32.
        activation: a key of `parts.ACTIVATIONS`; the gates keep ReLU and sigmoid.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        reduction: int = 16,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        recipe = Recipe(activation, norm, stride_in_1x1=True)
        channels = max(1, round(64 * width))
        conv1 = make_unit(norm, activation)(in_channels, channels, 7, stride=2)
        stages: OrderedDict[str, nn.Module] = OrderedDict(conv1=conv1)
        before = channels
        for number, blocks in enumerate(_BLOCKS):
            maps = channels * 2**number
            layers: OrderedDict[str, nn.Module] = OrderedDict()
            if number == 0:
                layers["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
            for place in range(blocks):
                stride = 2 if number > 0 and place == 0 else 1
                layers[str(place)] = SEBottleneck(before, maps, stride, recipe, reduction)
                before = maps * SEBottleneck.expansion
            stages[f"conv{number + 2}_x"] = nn.Sequential(layers)
        stages["avgpool"] = nn.AdaptiveAvgPool2d(1)
        stages["flatten"] = nn.Flatten()
        stages["fc"] = nn.Linear(before, num_classes)
        super().__init__(stages)
        initialise(self)

"""Squeeze-and-excitation: Hu, Shen, Albanie, Sun and Wu, "Squeeze-and-Excitation Networks", 2017, arXiv:1709.01507.

A gate of a few weights looks at the averages of all channels and says, for this picture, which of them matter. It can
be put into any network; here, into ResNet-50.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnnviz.networks.zoo import initialisation
from cnnviz.networks.zoo.batch_norm import Activation
from cnnviz.networks.zoo.parts import Multiply
from cnnviz.networks.zoo.resnet import CONFIGURATIONS, Bottleneck, Recipe, make_layers

__all__ = ["SEBottleneck", "SEResNet", "SqueezeExcitation"]


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
        recipe: what the network's blocks have in common; its `reduction` says how many times fewer units than
            channels the gate has inside.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, recipe: Recipe) -> None:
        super().__init__(in_channels, channels, stride, recipe)
        out_channels = channels * self.expansion
        self.squeeze_excitation = SqueezeExcitation(out_channels, max(1, out_channels // recipe.reduction))

    def residual(self, x: Tensor) -> Tensor:
        """ResNet's residual, each map of it weighed."""
        weighed: Tensor = self.squeeze_excitation(super().residual(x))
        return weighed


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
        recipe = Recipe(activation, norm, stride_in_1x1=True, reduction=reduction)
        _, blocks = CONFIGURATIONS[50]
        super().__init__(make_layers(SEBottleneck, blocks, in_channels, num_classes, round(64 * width), recipe))
        initialisation.he(self)

"""VGG: nothing but 3×3 convolutions, and more of them.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014. Two 3×3
convolutions see what one of 5×5 sees, three see 7×7, with fewer weights and an activation after each (section 2.3).
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import initialisation, parts

__all__ = ["CONFIGURATIONS", "VGG", "CifarVGG", "Stage"]

# Table 1, columns A, B, D and E: convolutions of each stage, by the number of layers with weights.
CONFIGURATIONS: dict[int, tuple[int, ...]] = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
_CHANNELS = (64, 128, 256, 512, 512)


class Stage(nn.Sequential):
    """Some 3×3 convolutions of equal width and a 2×2 max pooling: (N, C, H, W) -> (N, C', H/2, W/2).

    Layers are numbered as people quote them: the second convolution of the third stage is `conv3_2`.
    """

    def __init__(
        self, number: int, convolutions: int, in_channels: int, channels: int, activation: str, norm: str
    ) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for place in range(1, convolutions + 1):
            before = in_channels if place == 1 else channels
            layers[f"conv{number}_{place}"] = _convolution(before, channels, activation, norm)
        layers[f"pool{number}"] = nn.MaxPool2d(kernel_size=2, stride=2)
        super().__init__(layers)


def _convolution(in_channels: int, channels: int, activation: str, norm: str) -> nn.Sequential:
    """A convolution and what follows it. Its bias is idle before a normalisation, but torchvision's has one."""
    return parts.chain(
        conv=nn.Conv2d(in_channels, channels, kernel_size=3, padding=1),
        norm=parts.norm(norm, channels),
        activation=parts.activation(activation),
    )


class VGG(nn.Sequential):
    """A network of table 1; with batch normalisation, which was published a year later, torchvision's "_bn".

    Args:
        depth: layers with weights: 11, 13, 16 or 19.
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps and the hidden units.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the hidden units that is left out in training (section 3.1).

    Raises:
        ParameterError: for another depth.
    """

    def __init__(
        self,
        depth: int = 16,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "none",
        dropout: float = 0.5,
    ) -> None:
        if depth not in CONFIGURATIONS:
            raise ParameterError("depth", depth, ", ".join(map(str, CONFIGURATIONS)))
        channels = [round(each * width) for each in _CHANNELS]
        super().__init__(_stages(CONFIGURATIONS[depth], in_channels, channels, activation, norm))
        self.classifier = _classifier(channels[-1], round(4096 * width), num_classes, activation, dropout)
        # The authors began with a shallow network, drawn from N(0, 0.1²), and grew it; after the submission they found
        # that Glorot's way needs no such detour (section 3.1).
        initialisation.glorot(self)


class CifarVGG(nn.Sequential):
    """Column A of table 1 for pictures of 32×32, with batch normalisation: five stages, and one linear layer.

    The five poolings leave a single pixel of CIFAR's pictures, so that a classifier for 7×7 maps would see it 49 times.
    Liu and Deng, "Very Deep Convolutional Neural Network Based Image Classification Using Small Training Sample Size",
    2015 (doi 10.1109/ACPR.2015.7486599), showed that VGG learns so few pictures when it is normalised.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the last maps that is left out in training.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "batch",
        dropout: float = 0.5,
    ) -> None:
        channels = [round(each * width) for each in _CHANNELS]
        super().__init__(_stages(CONFIGURATIONS[11], in_channels, channels, activation, norm))
        head: OrderedDict[str, nn.Module] = OrderedDict(avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
        if dropout:
            head["dropout"] = nn.Dropout(dropout)
        head["fc"] = nn.Linear(channels[-1], num_classes)
        self.classifier = nn.Sequential(head)
        initialisation.glorot(self)


def _stages(
    convolutions: tuple[int, ...], in_channels: int, channels: list[int], activation: str, norm: str
) -> OrderedDict[str, nn.Module]:
    """stage1 … stage5, each with its number of convolutions and channels."""
    inputs = [in_channels, *channels[:-1]]
    return OrderedDict(
        (f"stage{number}", Stage(number, count, before, after, activation, norm))
        for number, (count, before, after) in enumerate(zip(convolutions, inputs, channels, strict=True), start=1)
    )


def _classifier(channels: int, hidden: int, num_classes: int, activation: str, dropout: float) -> nn.Sequential:
    """FC-4096, FC-4096, FC-1000 of table 1: nine tenths of all weights.

    The average pooling changes nothing at 224×224, where the maps are 7×7; it lets other sizes in.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["avgpool"] = nn.AdaptiveAvgPool2d(7)
    layers["flatten"] = nn.Flatten()
    for name, inputs in (("6", channels * 7 * 7), ("7", hidden)):
        layers[f"fc{name}"] = nn.Linear(inputs, hidden)
        layers[f"activation{name}"] = parts.activation(activation)
        if dropout:
            layers[f"dropout{name}"] = nn.Dropout(dropout)
    layers["fc8"] = nn.Linear(hidden, num_classes)
    return nn.Sequential(layers)

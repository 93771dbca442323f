"""AlexNet: the network of 2012 that made the field, and its slimmer successor of 2014.

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, and
Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, whose single column is the
"alexnet" of torchvision.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from cnnviz.networks.zoo import parts

__all__ = ["AlexNet", "AlexNet2012", "Stage", "initialise", "response_normalisation"]


class Stage(nn.Sequential):
    """One of the five convolutional layers: convolution, activation, then normalisation and pooling where they are.

    Args:
        conv: its convolution.
        activation: a key of `parts.ACTIVATIONS`.
        norm: after the activation, as in section 3.3: None for nothing.
        pool: 3×3 at steps of 2, so that neighbouring windows overlap (section 3.4).
    """

    def __init__(self, conv: nn.Conv2d, activation: str, *, norm: nn.Module | None = None, pool: bool = False) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv, activation=parts.activation(activation))
        if norm is not None:
            layers["norm"] = norm
        if pool:
            layers["pool"] = nn.MaxPool2d(kernel_size=3, stride=2)
        super().__init__(layers)


def response_normalisation() -> nn.Module:
    """Divide by (k + α Σ a²)^β over 5 neighbouring maps, with k = 2, α = 10⁻⁴ and β = 0.75: section 3.3.

    PyTorch divides α by the number of maps, the paper does not.
    """
    return nn.LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0)


class AlexNet2012(nn.Sequential):
    """The network of 2012 for pictures of 227×227, with 60,965,224 parameters: section 3.5 and figure 2.

    The paper's two GPUs each hold half of the maps, and only the third convolution and the fully connected layers
    read both halves. On one machine these are convolutions in two groups. The figure says 224×224; its own sizes,
    55×55 after the first layer, need 227×227.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps and the hidden units.
        activation: a key of `parts.ACTIVATIONS`.
        groups: halves that the second, fourth and fifth convolution keep apart; 1 joins them.
        response_norm: whether the first two layers normalise across maps.
        dropout: share of the hidden units that is left out in training (section 4.2).
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        activation: str = "relu",
        groups: int = 2,
        response_norm: bool = True,
        dropout: float = 0.5,
    ) -> None:
        # Counted by halves, so that two groups always fit.
        first, second, third, fourth, hidden = (2 * round(half * width) for half in (48, 128, 192, 192, 2048))
        convolutions = (
            nn.Conv2d(in_channels, first, kernel_size=11, stride=4),
            nn.Conv2d(first, second, kernel_size=5, padding=2, groups=groups),
            nn.Conv2d(second, third, kernel_size=3, padding=1),
            nn.Conv2d(third, fourth, kernel_size=3, padding=1, groups=groups),
            nn.Conv2d(fourth, second, kernel_size=3, padding=1, groups=groups),
        )
        norms = [response_normalisation() if response_norm and place < 2 else None for place in range(5)]
        super().__init__(_stages(convolutions, activation, norms))
        self.flatten = nn.Flatten()
        self.fc6 = nn.Sequential(_hidden(second * 6 * 6, hidden, activation, dropout))
        self.fc7 = nn.Sequential(_hidden(hidden, hidden, activation, dropout))
        self.fc8 = nn.Linear(hidden, num_classes)
        initialise(self)


class AlexNet(nn.Sequential):
    """The single column of 2014, equal to torchvision's "alexnet": 61,100,840 parameters.

    Against 2012: no halves, no normalisation, fewer maps in the first convolutions; dropout comes before the fully
    connected layers. The average pooling changes nothing at 224×224, where the maps are 6×6 already.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps and the hidden units.
        activation: a key of `parts.ACTIVATIONS`.
        dropout: share of the inputs of both hidden layers that is left out in training.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        first, second, third, last, hidden = (round(channels * width) for channels in (64, 192, 384, 256, 4096))
        convolutions = (
            nn.Conv2d(in_channels, first, kernel_size=11, stride=4, padding=2),
            nn.Conv2d(first, second, kernel_size=5, padding=2),
            nn.Conv2d(second, third, kernel_size=3, padding=1),
            nn.Conv2d(third, last, kernel_size=3, padding=1),
            nn.Conv2d(last, last, kernel_size=3, padding=1),
        )
        super().__init__(_stages(convolutions, activation, [None] * 5))
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.flatten = nn.Flatten()
        self.fc6 = nn.Sequential(_dropout_first(_hidden(last * 6 * 6, hidden, activation, dropout)))
        self.fc7 = nn.Sequential(_dropout_first(_hidden(hidden, hidden, activation, dropout)))
        self.fc8 = nn.Linear(hidden, num_classes)
        initialise(self)


Layers = OrderedDict[str, nn.Module]


def _stages(convolutions: tuple[nn.Conv2d, ...], activation: str, norms: list[nn.Module | None]) -> Layers:
    """conv1 … conv5; the first, second and fifth end in pooling."""
    stages: Layers = OrderedDict()
    for number, (conv, norm) in enumerate(zip(convolutions, norms, strict=True), start=1):
        stages[f"conv{number}"] = Stage(conv, activation, norm=norm, pool=number in (1, 2, 5))
    return stages


def _hidden(inputs: int, outputs: int, activation: str, dropout: float) -> Layers:
    """A fully connected layer, its activation and its dropout."""
    layers: Layers = OrderedDict(linear=nn.Linear(inputs, outputs), activation=parts.activation(activation))
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    return layers


def _dropout_first(layers: Layers) -> Layers:
    if "dropout" in layers:
        layers.move_to_end("dropout", last=False)
    return layers


def initialise(network: nn.Module) -> None:
    """Draw weights from N(0, 0.01²), as section 5 of the paper of 2012 does; that of 2014 says nothing about it.

    Biases are 1 where ReLUs would otherwise begin in the dark, in the second, fourth and fifth convolution and in
    the hidden fully connected layers, else 0.
    """
    bright = ("conv2", "conv4", "conv5", "fc6", "fc7")
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            if module.bias is not None:
                nn.init.constant_(module.bias, float(name.startswith(bright)))

"""Network in Network: a small perceptron at every pixel, and an average instead of a classifier.

Lin, Chen and Yan, "Network In Network", 2013. The sizes of the layers are those of the models that the authors
released: https://gist.github.com/mavenlin/d802a5849de39225bcc6 for ImageNet, and cuda-convnet's for CIFAR-10.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from torch import nn

from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.batch_norm import ConvNormActivation, normalisation

__all__ = ["CifarNetworkInNetwork", "MLPConv", "NetworkInNetwork", "initialise"]

_MIDDLE, _SMALL = 0.05, 0.01  # standard deviations of the weights


class MLPConv(nn.Sequential):
    """A convolution, and two more layers of a perceptron that slides along with it: section 3.1, figure 1b.

    Sliding a fully connected layer is convolving with 1×1: it recombines the maps at each pixel alone. The authors
    call it cascaded cross channel parametric pooling, cccp.

    Args:
        in_channels: of the input.
        channels: maps of the convolution and of the two 1×1 layers.
        kernel_size: side of the convolution.
        stride: step of the convolution.
        padding: of the convolution.
        activation: after each of the three, a key of `parts.ACTIVATIONS`.
        norm: before each activation, one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int,
        channels: tuple[int, int, int],
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        activation: str = "relu",
        norm: str = "none",
    ) -> None:
        factory = partial(parts.activation, activation)
        layer = partial(ConvNormActivation, norm=normalisation(norm), activation=factory)
        first, second, third = channels
        super().__init__(
            OrderedDict(
                conv=layer(in_channels, first, kernel_size, stride=stride, padding=padding),
                cccp1=layer(first, second, 1),
                cccp2=layer(second, third, 1),
            )
        )


class NetworkInNetwork(nn.Sequential):
    """The released network for ImageNet, 224×224: an eighth of AlexNet's parameters, and about its accuracy.

    Args:
        in_channels: of the picture.
        num_classes: of the answer; the last layer has a map for each.
        width: multiplies the maps of all layers but the last.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the numbers that is left out in training before the last block.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "none",
        dropout: float = 0.5,
    ) -> None:
        first, second, third, fourth = (round(channels * width) for channels in (96, 256, 384, 1024))
        block = partial(MLPConv, activation=activation, norm=norm)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["mlpconv1"] = block(in_channels, (first,) * 3, 11, stride=4)
        layers["pool1"] = _pool()
        layers["mlpconv2"] = block(first, (second,) * 3, 5, padding=2)
        layers["pool2"] = _pool()
        layers["mlpconv3"] = block(second, (third,) * 3, 3, padding=1)
        layers["pool3"] = _pool()
        if dropout:
            layers["dropout"] = nn.Dropout(dropout)
        layers["mlpconv4"] = block(third, (fourth, fourth, num_classes), 3, padding=1)
        super().__init__(_with_average(layers))
        initialise(self, small=("mlpconv1.conv", "mlpconv3.conv", "mlpconv4.cccp2"))


class CifarNetworkInNetwork(nn.Sequential):
    """The network for CIFAR-10, 32×32, with 966,986 parameters: three blocks, as in figure 2.

    Args:
        in_channels: of the picture.
        num_classes: of the answer; the last layer has a map for each.
        width: multiplies the maps of all layers but the last.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the numbers that is left out in training after the first two blocks (section 4.1).
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "none",
        dropout: float = 0.5,
    ) -> None:
        wide, middle, narrow = (round(channels * width) for channels in (192, 160, 96))
        block = partial(MLPConv, activation=activation, norm=norm)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["mlpconv1"] = block(in_channels, (wide, middle, narrow), 5, padding=2)
        layers["pool1"] = _pool()
        if dropout:
            layers["dropout1"] = nn.Dropout(dropout)
        layers["mlpconv2"] = block(narrow, (wide,) * 3, 5, padding=2)
        layers["pool2"] = _pool()
        if dropout:
            layers["dropout2"] = nn.Dropout(dropout)
        layers["mlpconv3"] = block(wide, (wide, wide, num_classes), 3, padding=1)
        super().__init__(_with_average(layers))
        initialise(self)


def _pool() -> nn.MaxPool2d:
    """3×3 at steps of 2; a last window may hang over the edge, as Caffe's does."""
    return nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)


def _with_average(layers: OrderedDict[str, nn.Module]) -> OrderedDict[str, nn.Module]:
    """The answer for each class is the average of its map: section 3.2."""
    return OrderedDict(**layers, avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())


def initialise(network: nn.Module, small: tuple[str, ...] = ()) -> None:
    """Draw weights from N(0, 0.05²), and from N(0, 0.01²) in the layers `small`; biases zero.

    The paper has them "manually set" (section 4.1); for ImageNet these are the numbers of the released model,
    the CIFAR network takes the first of them throughout.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=_SMALL if name.startswith(small) else _MIDDLE)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

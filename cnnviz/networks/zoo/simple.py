"""Two small networks to begin with: what a convolutional network is, before any paper's refinements.

Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.3 and figure 9.7, take a convolutional layer
apart into three stages: convolution, detector (the activation) and pooling. Both networks are that, repeated.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from cnnviz.networks.zoo import initialisation, parts

__all__ = ["ConvolutionStage", "HierarchicalCNN", "SimpleCNN"]


class ConvolutionStage(nn.Sequential):
    """3×3 convolution, normalisation, activation, 2×2 max pooling: (N, C, H, W) -> (N, C', H/2, W/2).

    Where there is a normalisation the convolution has no bias: it would be subtracted again (Ioffe and Szegedy,
    "Batch Normalization", 2015, section 3.2).
    """

    def __init__(self, in_channels: int, out_channels: int, activation: str, norm: str) -> None:
        super().__init__(
            parts.present(
                conv=nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=norm == "none"),
                norm=parts.norm(norm, out_channels),
                activation=parts.activation(activation),
                pool=nn.MaxPool2d(kernel_size=2),
            )
        )


class SimpleCNN(nn.Sequential):
    """Two stages of 32 and 64 maps, and a classifier with one hidden layer of 128: for digits of 28×28.

    The average pooling before the classifier changes nothing at 28×28, where the maps are 7×7 already; it lets
    the network take pictures of other sizes.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of both stages, and the hidden units.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the hidden units that is left out in training.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "none",
        dropout: float = 0.5,
    ) -> None:
        first, second, hidden = (round(channels * width) for channels in (32, 64, 128))
        classifier: OrderedDict[str, nn.Module] = OrderedDict()
        classifier["avgpool"] = nn.AdaptiveAvgPool2d(7)
        classifier["flatten"] = nn.Flatten()
        classifier["fc1"] = nn.Linear(second * 7 * 7, hidden)
        classifier["activation"] = parts.activation(activation)
        if dropout:
            classifier["dropout"] = nn.Dropout(dropout)
        classifier["fc2"] = nn.Linear(hidden, num_classes)
        super().__init__(
            OrderedDict(
                stage1=ConvolutionStage(in_channels, first, activation, norm),
                stage2=ConvolutionStage(first, second, activation, norm),
                classifier=nn.Sequential(classifier),
            )
        )
        initialisation.he(self)


class HierarchicalCNN(nn.Sequential):
    """Three stages of 64, 128 and 256 maps with batch normalisation: for small colour pictures, 32×32.

    Each stage halves the maps' sides and doubles their number: later units see more of the picture, and there
    are more kinds of them. The average of each last map goes to the classifier, so that any size will do.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        dropout: share of the 256 averages that is left out in training.
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
        low, middle, high = (round(channels * width) for channels in (64, 128, 256))
        classifier: OrderedDict[str, nn.Module] = OrderedDict()
        classifier["avgpool"] = nn.AdaptiveAvgPool2d(1)
        classifier["flatten"] = nn.Flatten()
        if dropout:
            classifier["dropout"] = nn.Dropout(dropout)
        classifier["fc"] = nn.Linear(high, num_classes)
        super().__init__(
            OrderedDict(
                stage1=ConvolutionStage(in_channels, low, activation, norm),
                stage2=ConvolutionStage(low, middle, activation, norm),
                stage3=ConvolutionStage(middle, high, activation, norm),
                classifier=nn.Sequential(classifier),
            )
        )
        initialisation.he(self)

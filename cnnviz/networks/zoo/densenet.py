"""DenseNet: Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks", 2016.

arXiv:1608.06993. Within a block every layer reads the maps of all layers before it, x_l = H_l([x_0, x_1, …, x_(l-1)])
(equation 2): joined, not added as in a ResNet. A layer adds only k maps of its own, the growth rate; what is known
already need not be learned again. The networks here are DenseNet-BC: with bottlenecks and with compression (§3).
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.parts import Concatenate, chain, present, through

__all__ = ["DEPTHS", "DenseBlock", "DenseLayer", "DenseNet", "Transition"]

# Table 1: layers of the four dense blocks, by the number of all layers.
DEPTHS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32), 264: (6, 12, 64, 48)}


class DenseLayer(nn.Module):
    """H_l of equation 2: normalisation, activation, 1×1 to `bottleneck`·k maps, and the same again with 3×3 to k maps.

    The normalisation comes first: every layer that reads a map scales it in its own way (§3, "Composite function").

    Args:
        in_channels: of all maps before it together.
        growth_rate: k, maps that it adds.
        bottleneck: maps behind the 1×1 convolution, in units of k; 4 in the paper.
        dropout: share of its output left out in training; the paper uses 0.2 where it does not augment (§4.2).
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int,
        growth_rate: int,
        bottleneck: int = 4,
        dropout: float = 0.0,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        super().__init__()
        inner, bias = bottleneck * growth_rate, norm == "none"
        self.concatenate = Concatenate()
        self.norm1 = parts.norm(norm, in_channels)
        self.activation1 = parts.activation(activation)
        self.conv1 = nn.Conv2d(in_channels, inner, 1, bias=bias)
        self.norm2 = parts.norm(norm, inner)
        self.activation2 = parts.activation(activation)
        self.conv2 = nn.Conv2d(inner, growth_rate, 3, padding=1, bias=bias)
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, maps: list[Tensor]) -> Tensor:
        """From the maps of all layers before it, (N, ·, H, W) each, to its own: (N, growth_rate, H, W)."""
        x = through(self.concatenate(*maps), self.norm1, self.activation1, self.conv1)
        return through(x, self.norm2, self.activation2, self.conv2, self.dropout)


class DenseBlock(nn.Module):
    """Layers that all see each other's maps: L layers have L·(L + 1) / 2 connections (figure 1).

    Args:
        layers: number of layers.
        in_channels: of the input.
        growth_rate: k, maps that each layer adds.
        bottleneck, dropout, activation, norm: see `DenseLayer`.
    """

    def __init__(
        self,
        layers: int,
        in_channels: int,
        growth_rate: int,
        bottleneck: int = 4,
        dropout: float = 0.0,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        super().__init__()
        for number in range(layers):
            channels = in_channels + number * growth_rate
            layer = DenseLayer(channels, growth_rate, bottleneck, dropout, activation, norm)
            self.add_module(f"layer{number + 1}", layer)
        self.concatenate = Concatenate()
        self.out_channels = in_channels + layers * growth_rate

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, in_channels + layers · growth_rate, H, W)."""
        maps = [x]
        for layer in self.children():
            if isinstance(layer, DenseLayer):
                maps.append(layer(maps))
        joined: Tensor = self.concatenate(*maps)
        return joined


class Transition(nn.Sequential):
    """Between two blocks: 1×1 to a share θ of the maps, and 2×2 average pooling (§3, "Pooling layers", "Compression").

    Maps of different sizes cannot be joined: this is where a network with dense blocks becomes smaller.
    """

    def __init__(self, in_channels: int, out_channels: int, activation: str = "relu", norm: str = "batch") -> None:
        super().__init__(
            present(
                norm=parts.norm(norm, in_channels),
                activation=parts.activation(activation),
                conv=nn.Conv2d(in_channels, out_channels, 1, bias=norm == "none"),
                pool=nn.AvgPool2d(2),
            )
        )


class DenseNet(nn.Sequential):
    """A network of table 1: a stem, four dense blocks with transitions between them, one linear layer.

    Args:
        depth: layers with weights: 121, 169, 201 or 264.
        in_channels: of the picture.
        num_classes: of the answer.
        growth_rate: k, maps that each layer adds; the stem has 2k.
        compression: θ, share of the maps that a transition keeps.
        bottleneck: maps behind the 1×1 convolution of a layer, in units of k.
        dropout: share of each layer's output left out in training.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.

    Raises:
        ParameterError: for another depth.
    """

    def __init__(
        self,
        depth: int = 121,
        in_channels: int = 3,
        num_classes: int = 1000,
        growth_rate: int = 32,
        compression: float = 0.5,
        bottleneck: int = 4,
        dropout: float = 0.0,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        if depth not in DEPTHS:
            raise ParameterError("depth", depth, ", ".join(map(str, DEPTHS)))
        channels = 2 * growth_rate
        stages: OrderedDict[str, nn.Module] = OrderedDict(stem=_stem(in_channels, channels, activation, norm))
        for number, layers in enumerate(DEPTHS[depth], 1):
            if number > 1:
                kept = max(1, int(compression * channels))
                stages[f"transition{number - 1}"] = Transition(channels, kept, activation, norm)
                channels = kept
            block = DenseBlock(layers, channels, growth_rate, bottleneck, dropout, activation, norm)
            stages[f"dense_block{number}"] = block
            channels = block.out_channels
        super().__init__(
            present(
                **stages,
                norm=parts.norm(norm, channels),
                activation=parts.activation(activation),
                avgpool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                fc=nn.Linear(channels, num_classes),
            )
        )
        initialisation.he(self)  # section 4.2


def _stem(in_channels: int, channels: int, activation: str, norm: str) -> nn.Sequential:
    """The first rows of table 1, from 224×224 to 56×56."""
    return chain(
        conv=nn.Conv2d(in_channels, channels, 7, stride=2, padding=3, bias=norm == "none"),
        norm=parts.norm(norm, channels),
        activation=parts.activation(activation),
        pool=nn.MaxPool2d(3, stride=2, padding=1),
    )

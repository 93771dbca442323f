"""Records of the DenseNets, and of a ResNet with squeeze-and-excitation."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.networks.zoo.records.early import ACTIVATION, DROPOUT, NORM, TORCHVISION, WIDTH
from cnnviz.text import N_

__all__ = ["DENSE"]

_NORM = replace(NORM, default="batch")

_DENSENET = Paper(
    "Huang, Liu, van der Maaten, Weinberger",
    "Densely Connected Convolutional Networks",
    2016,
    "https://arxiv.org/abs/1608.06993",
)
_SOURCES = "Huang et al. 2016, table 3 (one crop); Keras Applications (parameters); torchvision 0.28 (operations)"
_PUBLISHED = {
    121: (
        Published("ImageNet", _SOURCES, 74.98, 92.29, 8.1e6, 2.834e9),
        Published("ImageNet", TORCHVISION, 74.434, 91.972, 7_978_856, 2.834e9),
    ),
    169: (
        Published("ImageNet", _SOURCES, 76.20, 93.15, 14.3e6, 3.36e9),
        Published("ImageNet", TORCHVISION, 75.600, 92.806, 14_149_480, 3.36e9),
        Published("ImageNet", "Tan and Le 2019 (EfficientNet), table 2", 76.2, 93.2, 14e6, 3.5e9),
    ),
    201: (
        Published("ImageNet", _SOURCES, 77.42, 93.66, 20.2e6, 4.291e9),
        Published("ImageNet", TORCHVISION, 76.896, 93.370, 20_013_928, 4.291e9),
    ),
}
_OPTIONS = (
    Option(
        "growth_rate",
        N_("Growth rate k"),
        32,
        minimum=4,
        maximum=48,
        help=N_("The maps that each layer adds to those before it."),
    ),
    Option(
        "compression",
        N_("Compression θ"),
        0.5,
        minimum=0.1,
        maximum=1,
        help=N_("The share of the maps that a transition keeps."),
    ),
    Option(
        "bottleneck",
        N_("Bottleneck"),
        4,
        minimum=1,
        maximum=8,
        help=N_("A layer's 1 × 1 convolution makes this many times k maps for its 3 × 3 convolution."),
    ),
    replace(DROPOUT, default=0.0),
    ACTIVATION,
    _NORM,
)


def _densenet(depth: int) -> Architecture:
    return Architecture(
        key=f"densenet{depth}",
        title=f"DenseNet-{depth}",
        family="densenet",
        paper=_DENSENET,
        input_shape=(3, 224, 224),
        builder="densenet:DenseNet",
        num_classes=1000,
        novelty=N_(
            "Every layer of a block reads the maps of all layers before it, joined instead of added. What is known "
            "need not be learned again: a few new maps per layer are enough."
        ),
        arguments={"depth": depth},
        options=_OPTIONS,
        published=_PUBLISHED[depth],
        blocks=("DenseLayer", "DenseBlock", "Transition"),
        lesson=N_("Open a dense block: each layer joins all maps before it, and adds only 32 of its own."),
    )


_SE_RESNET = Architecture(
    key="se_resnet50",
    title="SE-ResNet-50",
    family="squeeze_excitation",
    paper=Paper("Hu et al.", "Squeeze-and-Excitation Networks", 2017, "https://arxiv.org/abs/1709.01507"),
    input_shape=(3, 224, 224),
    builder="squeeze_excitation:SEResNet",
    num_classes=1000,
    novelty=N_(
        "A gate looks at the averages of all channels and weighs each of them, for this picture. It can be put into "
        "any network; a network with gates won ImageNet 2017."
    ),
    options=(
        replace(WIDTH, maximum=1.5),
        Option(
            "reduction",
            N_("Reduction ratio r"),
            16,
            choices=(2, 4, 8, 16, 32),
            help=N_("How many times fewer units than channels a gate has inside."),
        ),
        ACTIVATION,
        _NORM,
    ),
    published=(
        Published("ImageNet", "Hu et al. 2017, table 2 (one crop)", top1=76.71, top5=93.38, macs=3.87e9),
        Published("ImageNet", "Hu et al. 2017, table 10 (r = 16)", top1=77.72, top5=93.97, parameters=28.1e6),
    ),
    blocks=("SEBottleneck", "SqueezeExcitation"),
    lesson=N_("The gates hold 9% of the parameters, but less than a thousandth of the operations."),
)

DENSE: tuple[Architecture, ...] = (*(_densenet(depth) for depth in (121, 169, 201)), _SE_RESNET)

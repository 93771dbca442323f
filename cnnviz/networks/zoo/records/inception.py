"""Records of the Inception networks, from GoogLeNet to Xception."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.networks.zoo.records.early import ACTIVATION, DROPOUT, NORM, TORCHVISION, WIDTH
from cnnviz.text import N_

__all__ = ["INCEPTION"]

_NORM = replace(NORM, default="batch")
_WIDTH = replace(WIDTH, maximum=1.5)  # Inception v3 and Xception hold 0.1 GB of weights as they are

_GOOGLENET_PAPER = Paper("Szegedy et al.", "Going Deeper with Convolutions", 2014, "https://arxiv.org/abs/1409.4842")
_AUXILIARY = Option(
    "auxiliary",
    N_("Auxiliary heads"),
    False,
    choices=(True, False),
    help=N_("Two small classifiers in the middle, used in training only: their loss brings gradient to early layers."),
)
_LOCAL_RESPONSE = Option("local_response", N_("Normalisation across maps"), False, choices=(True, False))
_THIRD_KERNEL = Option(
    "third_kernel",
    N_("Largest kernel in a module"),
    3,
    choices=(3, 5),
    help=N_("5 × 5 in the paper; 3 × 3 in torchvision, by a slip in the code that its weights were trained with."),
)
_GOOGLENET = Architecture(
    key="googlenet",
    title="GoogLeNet",
    family="googlenet",
    paper=_GOOGLENET_PAPER,
    input_shape=(3, 224, 224),
    builder="googlenet:GoogLeNet",
    num_classes=1000,
    novelty=N_(
        "Kernels of several sizes side by side in every module, made affordable by 1 × 1 convolutions that reduce the "
        "channels first. This is torchvision's form, with batch normalisation."
    ),
    options=(
        WIDTH,
        _THIRD_KERNEL,
        _LOCAL_RESPONSE,
        _AUXILIARY,
        replace(DROPOUT, default=0.2),
        ACTIVATION,
        _NORM,
    ),
    published=(Published("ImageNet", TORCHVISION, 69.778, 89.530, 6_624_904, 1.498e9),),
    blocks=("Inception", "AuxiliaryHead"),
    lesson=N_(
        "Open a module: 1 × 1 convolutions reduce the channels before the larger kernels, in 3a from 192 to 96 and 16."
    ),
)
_GOOGLENET_2014 = Architecture(
    key="googlenet_2014",
    title="GoogLeNet, 2014",
    family="googlenet",
    paper=_GOOGLENET_PAPER,
    input_shape=(3, 224, 224),
    builder="googlenet:GoogLeNet",
    num_classes=1000,
    novelty=N_(
        "As it won ImageNet 2014: with 5 × 5 convolutions, normalisation across maps, and 22 layers with weights, but "
        "a ninth of AlexNet's parameters."
    ),
    options=(
        WIDTH,
        replace(_THIRD_KERNEL, default=5),
        replace(_LOCAL_RESPONSE, default=True),
        _AUXILIARY,
        replace(DROPOUT, default=0.4),
        ACTIVATION,
        NORM,
    ),
    published=(
        Published("ImageNet", "Szegedy et al. 2014, table 3 (one crop) and section 1", top5=89.93, macs=1.5e9),
        Published("ImageNet", "Howard et al. 2017 (MobileNets), table 8", top1=69.8, parameters=6.8e6, macs=1.55e9),
    ),
    blocks=("Inception", "AuxiliaryHead"),
    lesson=N_(
        "Compare it with torchvision's form: its 5 × 5 kernels have 25 weights instead of 9, but the whole network "
        "only 6% more."
    ),
)
_INCEPTION_V3 = Architecture(
    key="inception_v3",
    title="Inception v3",
    family="inception",
    paper=Paper(
        "Szegedy et al.",
        "Rethinking the Inception Architecture for Computer Vision",
        2015,
        "https://arxiv.org/abs/1512.00567",
    ),
    input_shape=(3, 299, 299),
    builder="inception:InceptionV3",
    num_classes=1000,
    novelty=N_(
        "Large kernels factorised: 5 × 5 to two 3 × 3, n × n to 1 × n and n × 1. A convolution and a pooling side by "
        "side make the maps smaller."
    ),
    options=(_WIDTH, DROPOUT, ACTIVATION, _NORM),
    published=(
        Published(
            "ImageNet",
            "Keras Applications (accuracy, parameters); Tan and Le 2019 (EfficientNet), table 2 (operations)",
            77.9,
            93.7,
            23.9e6,
            5.7e9,
        ),
        Published("ImageNet", "Szegedy et al. 2015, table 3 (one crop)", top1=78.8, top5=94.4, macs=4.8e9),
        Published("ImageNet", TORCHVISION, top1=77.294, top5=93.450, macs=5.713e9),  # counts its auxiliary head
    ),
    blocks=(
        "InceptionA",
        "InceptionB",
        "InceptionC",
        "ReductionA",
        "ReductionB",
        "Factorised5x5",
        "Asymmetric",
        "Split",
    ),
    lesson=N_("Look for 1 × 7 and 7 × 1 in the middle stage: together they have 14 weights where a 7 × 7 has 49."),
)


def _blocks(letter: str, default: int) -> Option:
    titles = {"a": N_("Blocks at 35 × 35"), "b": N_("Blocks at 17 × 17"), "c": N_("Blocks at 8 × 8")}
    return Option(f"blocks_{letter}", titles[letter], default, minimum=1, maximum=default)


def _scale(letter: str, default: float) -> Option:
    titles = {
        "a": N_("Scale of residuals at 35 × 35"),
        "b": N_("Scale of residuals at 17 × 17"),
        "c": N_("Scale of residuals at 8 × 8"),
    }
    return Option(
        f"scale_{letter}",
        titles[letter],
        default,
        minimum=0,
        maximum=1,
        help=N_("Residuals are multiplied by it before they are added; 0.1 to 0.3 kept the training stable."),
    )


_INCEPTION_RESNET = Architecture(
    key="inception_resnet_v2",
    title="Inception-ResNet-v2",
    family="inception_resnet",
    paper=Paper(
        "Szegedy, Ioffe, Vanhoucke, Alemi",
        "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
        2016,
        "https://arxiv.org/abs/1602.07261",
    ),
    input_shape=(3, 299, 299),
    builder="inception_resnet:InceptionResNetV2",
    num_classes=1000,
    novelty=N_(
        "Inception modules that compute residuals: they train faster than modules without shortcuts. Scaling the "
        "residuals down keeps the training stable."
    ),
    options=(
        _blocks("a", 10),
        _blocks("b", 20),
        _blocks("c", 10),
        _scale("a", 0.17),
        _scale("b", 0.1),
        _scale("c", 0.2),
        replace(DROPOUT, default=0.2),
        ACTIVATION,
        _NORM,
    ),
    published=(
        Published(
            "ImageNet",
            "Szegedy et al. 2016, table 2 (accuracy); Tan and Le 2019 (EfficientNet), table 2 (parameters, operations)",
            80.1,
            95.1,
            56e6,
            13e9,
        ),
    ),
    blocks=("InceptionResNetA", "InceptionResNetB", "InceptionResNetC", "ReductionA", "ReductionB", "Scale"),
    lesson=N_(
        "In every block a 1 × 1 convolution brings the residual to the channels of the input; two of three parameters "
        "are in 1 × 1 convolutions."
    ),
)
_XCEPTION = Architecture(
    key="xception",
    title="Xception",
    family="xception",
    paper=Paper(
        "Chollet",
        "Xception: Deep Learning with Depthwise Separable Convolutions",
        2016,
        "https://arxiv.org/abs/1610.02357",
    ),
    input_shape=(3, 299, 299),
    builder="xception:Xception",
    num_classes=1000,
    novelty=N_(
        "The extreme Inception: every channel is convolved by itself, then 1 × 1 convolutions mix the channels; with "
        "shortcuts, and as many parameters as Inception v3."
    ),
    options=(
        _WIDTH,
        Option("middle_blocks", N_("Blocks of the middle flow"), 8, minimum=1, maximum=16),
        DROPOUT,
        ACTIVATION,
        _NORM,
    ),
    published=(
        Published(
            "ImageNet",
            "Chollet 2016, tables 1 and 3; Tan and Le 2019 (EfficientNet), table 2 (operations)",
            79.0,
            94.5,
            22_855_952,
            8.4e9,
        ),
    ),
    blocks=("XceptionBlock", "SeparableConvolution"),
    lesson=N_("Nine of ten operations are in the 1 × 1 convolutions; the depthwise ones take less than 2%."),
)

INCEPTION: tuple[Architecture, ...] = (
    _GOOGLENET_2014,
    _GOOGLENET,
    _INCEPTION_V3,
    _INCEPTION_RESNET,
    _XCEPTION,
)

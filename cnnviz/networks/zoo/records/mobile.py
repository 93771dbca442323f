"""Records of the networks made for little memory and few operations: MobileNets and EfficientNets."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.networks.scaling import VARIANTS
from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.networks.zoo.records.early import ACTIVATION, DROPOUT, NORM, TORCHVISION, WIDTH
from cnnviz.text import N_

__all__ = ["DROPOUTS", "MOBILE"]

_NORM = replace(NORM, default="batch")
_RELU6 = replace(ACTIVATION, default="relu6", choices=("relu6", *ACTIVATION.choices))

_MOBILENET_V1 = Architecture(
    key="mobilenet_v1",
    title="MobileNetV1",
    family="mobilenet",
    paper=Paper(
        "Howard et al.",
        "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
        2017,
        "https://arxiv.org/abs/1704.04861",
    ),
    input_shape=(3, 224, 224),
    builder="mobilenet:MobileNetV1",
    num_classes=1000,
    novelty=N_(
        "Depthwise separable convolutions behind the first, ordinary one: one filter for each channel, then 1 × 1 "
        "across them, for about a ninth of the operations. A multiplier of the width trades accuracy for speed."
    ),
    options=(WIDTH, replace(DROPOUT, default=0.001), _RELU6, _NORM),
    published=(Published("ImageNet", "Howard et al. 2017, table 8", top1=70.6, parameters=4.2e6, macs=569e6),),
    blocks=("DepthwiseSeparable", "ConvNormActivation"),
    lesson=N_("Nineteen of twenty operations are in the 1 × 1 convolutions, the depthwise ones take 3%."),
)
_MOBILENET_V2 = Architecture(
    key="mobilenet_v2",
    title="MobileNetV2",
    family="mobilenet",
    paper=Paper(
        "Sandler et al.",
        "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
        2018,
        "https://arxiv.org/abs/1801.04381",
    ),
    input_shape=(3, 224, 224),
    builder="mobilenet:MobileNetV2",
    num_classes=1000,
    novelty=N_(
        "Inverted residuals: blocks widen few channels, convolve them depthwise and narrow them again without an "
        "activation. Shortcuts join the narrow ends."
    ),
    options=(WIDTH, replace(DROPOUT, default=0.2), _RELU6, _NORM),
    published=(
        Published("ImageNet", "Sandler et al. 2018, table 4", top1=72.0, parameters=3.4e6, macs=300e6),
        Published("ImageNet", TORCHVISION, 71.878, 90.286, 3_504_872, 0.301e9),
    ),
    blocks=("InvertedResidual", "ConvNormActivation"),
    lesson=N_("Between the blocks there are 16 to 320 channels; inside of most blocks, six times as many."),
)

_EFFICIENTNET = Paper(
    "Tan, Le",
    "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    2019,
    "https://arxiv.org/abs/1905.11946",
)
_TABLE_2 = "Tan and Le 2019, table 2"
# Share of the averages left out in training: `efficientnet_params` in the authors' efficientnet_builder.py.
DROPOUTS = {"B0": 0.2, "B1": 0.2, "B2": 0.3, "B3": 0.3, "B4": 0.4, "B5": 0.4, "B6": 0.5, "B7": 0.5}
_EFFICIENTNETS = {  # of table 2, and of torchvision
    "B0": ((77.1, 93.3, 5.3e6, 0.39e9), (77.692, 93.532, 5_288_548, 0.386e9)),
    "B1": ((79.1, 94.4, 7.8e6, 0.70e9), (78.642, 94.186, 7_794_184, 0.687e9)),
    "B2": ((80.1, 94.9, 9.2e6, 1.0e9), (80.608, 95.310, 9_109_994, 1.088e9)),
    "B3": ((81.6, 95.7, 12e6, 1.8e9), (82.008, 96.054, 12_233_232, 1.827e9)),
    "B4": ((82.9, 96.4, 19e6, 4.2e9), (83.384, 96.594, 19_341_616, 4.394e9)),
    "B5": ((83.6, 96.7, 30e6, 9.9e9), (83.444, 96.628, 30_389_784, 10.266e9)),
    "B6": ((84.0, 96.8, 43e6, 19e9), (84.008, 96.916, 43_040_704, 19.068e9)),
    "B7": ((84.3, 97.0, 66e6, 37e9), (84.122, 96.908, 66_347_960, 37.746e9)),
}
_PHI = Option(
    "phi",
    N_("Compound coefficient φ"),
    0.0,
    minimum=0,
    maximum=7,
    help=N_(
        "The network gets 1.2^φ times as deep and 1.1^φ times as wide; its pictures should get 1.15^φ times larger."
    ),
)
_STOCHASTIC_DEPTH = Option(
    "stochastic_depth",
    N_("Stochastic depth"),
    0.2,
    minimum=0,
    maximum=0.9,
    help=N_("The chance that training skips the last block; for earlier blocks it is smaller, in proportion."),
)


def _efficientnet(name: str) -> Architecture:
    by, (paper, torchvision) = VARIANTS[name], _EFFICIENTNETS[name]
    if name == "B0":
        options: tuple[Option, ...] = (_PHI,)
        novelty = N_(
            "Found by a search: MobileNetV2's blocks with a gate on the channels. It is the baseline that compound "
            "scaling makes larger."
        )
        lesson = N_("Move φ: the stages get more blocks and more channels at once.")
    else:
        depth = Option("depth", N_("Depth"), by.depth, minimum=0.5, maximum=3.1, help=N_("Times as many blocks as B0."))
        options = (replace(WIDTH, default=by.width, help=N_("Times as many channels as B0.")), depth)
        novelty = N_("EfficientNet-B0 made deeper, wider and for larger pictures at once, by one rule.")
        lesson = N_("The stages are those of B0: compare how many blocks each has, and how many channels.")
    return Architecture(
        key=f"efficientnet_{name.lower()}",
        title=f"EfficientNet-{name}",
        family="efficientnet",
        paper=_EFFICIENTNET,
        input_shape=(3, by.resolution, by.resolution),
        builder="efficientnet:EfficientNet",
        num_classes=1000,
        novelty=novelty,
        # torchvision has taken over other constants of batch normalisation for the three largest ones.
        arguments={"eps": 1e-3, "momentum": 0.01} if name in ("B5", "B6", "B7") else {},
        options=(
            *options,
            replace(DROPOUT, default=DROPOUTS[name]),
            _STOCHASTIC_DEPTH,
            replace(ACTIVATION, default="silu"),
            _NORM,
        ),
        published=(Published("ImageNet", _TABLE_2, *paper), Published("ImageNet", TORCHVISION, *torchvision)),
        blocks=("MBConv", "SqueezeExcitation", "StochasticDepth"),
        lesson=lesson,
    )


MOBILE: tuple[Architecture, ...] = (
    _MOBILENET_V1,
    _MOBILENET_V2,
    *(_efficientnet(name) for name in _EFFICIENTNETS),
)

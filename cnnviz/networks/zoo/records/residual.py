"""Records of the residual networks, for ImageNet and for CIFAR-10, and of their plain twins."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.networks.zoo.records.early import ACTIVATION, NORM, TORCHVISION, WIDTH
from cnnviz.text import N_

__all__ = ["RESIDUAL"]

_SHORTCUT = Option(
    "shortcut",
    N_("Shortcut"),
    "B",
    choices=("A", "B", "C"),
    help=N_(
        "A: zeros where a block widens, no parameters. B: a 1 × 1 convolution there. C: a 1 × 1 convolution in "
        "every block."
    ),
)
_STRIDE = Option(
    "stride_in_1x1",
    N_("Stride in the first 1 × 1"),
    False,
    choices=(True, False),
    help=N_("As in the paper. Otherwise the 3 × 3 convolution has the stride, as in most libraries."),
)
_NORM = replace(NORM, default="batch")

_RESNET = Paper(
    "He, Zhang, Ren, Sun", "Deep Residual Learning for Image Recognition", 2015, "https://arxiv.org/abs/1512.03385"
)
_TABLE_3 = "He et al. 2015, tables 1 and 3 (10 crops)"
_RESNET_PUBLISHED = {
    18: (
        Published("ImageNet", "He et al. 2015, tables 1 and 2 (10 crops, shortcut A)", top1=72.12, macs=1.8e9),
        Published("ImageNet", TORCHVISION, 69.758, 89.078, 11_689_512, 1.814e9),
    ),
    34: (
        Published("ImageNet", _TABLE_3, top1=75.48, top5=92.54, macs=3.6e9),
        Published("ImageNet", TORCHVISION, 73.314, 91.420, 21_797_672, 3.664e9),
    ),
    50: (
        Published("ImageNet", _TABLE_3, top1=77.15, top5=93.29, macs=3.8e9),
        Published("ImageNet", TORCHVISION, 76.130, 92.862, 25_557_032, 4.089e9),
        Published("ImageNet", "Tan and Le 2019 (EfficientNet), table 2", 76.0, 93.0, 26e6, 4.1e9),
    ),
    101: (
        Published("ImageNet", _TABLE_3, top1=78.25, top5=93.95, macs=7.6e9),
        Published("ImageNet", TORCHVISION, 77.374, 93.546, 44_549_160, 7.801e9),
    ),
    152: (
        Published("ImageNet", _TABLE_3, top1=78.57, top5=94.29, macs=11.3e9),
        Published("ImageNet", TORCHVISION, 78.312, 94.046, 60_192_808, 11.514e9),
        Published("ImageNet", "Tan and Le 2019 (EfficientNet), table 2", 77.8, 93.8, 60e6, 11e9),
    ),
}
_BOTTLENECKS = {
    50: N_(
        "Bottleneck blocks: 1 × 1 convolutions reduce the maps before the 3 × 3 and restore them after it, so that 50 "
        "layers cost little more than the 34 of ResNet-34."
    ),
    101: N_(
        "Bottleneck blocks as in ResNet-50, 17 more of them in conv4_x: twice the layers, for about twice the "
        "operations."
    ),
    152: N_(
        "Bottleneck blocks as in ResNet-50, three times as many layers: the deepest network for ImageNet at its time, "
        "with fewer operations than VGG-16."
    ),
}


def _resnet(depth: int) -> Architecture:
    if depth < 50:
        novelty = N_(
            "A shortcut around every two convolutions: a block learns what to add to its input. So more layers do "
            "no harm, and many more can be trained."
        )
        lesson = N_("Open a block: its input goes around the two convolutions and is added behind them.")
    else:
        novelty = _BOTTLENECKS[depth]
        lesson = N_("In a block, the 3 × 3 convolution works on a quarter of the maps that leave it.")
    return Architecture(
        key=f"resnet{depth}",
        title=f"ResNet-{depth}",
        family="resnet",
        paper=_RESNET,
        input_shape=(3, 224, 224),
        builder="resnet:ResNet",
        num_classes=1000,
        novelty=novelty,
        arguments={"depth": depth},
        options=(_SHORTCUT, *((_STRIDE,) if depth >= 50 else ()), WIDTH, ACTIVATION, _NORM),
        published=_RESNET_PUBLISHED[depth],
        blocks=("BasicBlock" if depth < 50 else "Bottleneck", "ProjectionShortcut", "Add"),
        lesson=lesson,
    )


_RESNEXT = Architecture(
    key="resnext50_32x4d",
    title="ResNeXt-50 32×4d",
    family="resnet",
    paper=Paper(
        "Xie et al.",
        "Aggregated Residual Transformations for Deep Neural Networks",
        2016,
        "https://arxiv.org/abs/1611.05431",
    ),
    input_shape=(3, 224, 224),
    builder="resnet:resnext50",
    num_classes=1000,
    novelty=N_(
        "The bottleneck splits into 32 parallel paths of 4 maps, a grouped convolution: for the same cost, more "
        "paths score better than more maps or more layers."
    ),
    options=(
        Option(
            "cardinality",
            N_("Paths × maps"),
            "32x4d",
            choices=("1x64d", "2x40d", "4x24d", "8x14d", "32x4d"),
            help=N_("Pairs of equal cost, from table 2 of the paper: 1x64d is ResNet-50."),
        ),
        _SHORTCUT,
        WIDTH,
        ACTIVATION,
        _NORM,
    ),
    published=(
        Published("ImageNet", "Xie et al. 2016, tables 1 and 3 (1 crop)", top1=77.8, parameters=25.0e6, macs=4.2e9),
        Published("ImageNet", TORCHVISION, 77.618, 93.698, 25_028_904, 4.230e9),
    ),
    blocks=("Bottleneck", "ProjectionShortcut", "Add"),
    lesson=N_("Compare it with ResNet-50: twice the maps in the middle of each block, and no more parameters."),
)

_TABLE_6 = "He et al. 2015, table 6"
_CIFAR_PUBLISHED = {
    20: Published("CIFAR-10", _TABLE_6, top1=91.25, parameters=0.27e6),
    32: Published("CIFAR-10", _TABLE_6, top1=92.49, parameters=0.46e6),
    44: Published("CIFAR-10", _TABLE_6, top1=92.83, parameters=0.66e6),
    56: Published("CIFAR-10", _TABLE_6, top1=93.03, parameters=0.85e6),
    110: Published("CIFAR-10", _TABLE_6, top1=93.57, parameters=1.7e6),
}


def _cifar_resnet(depth: int) -> Architecture:
    return Architecture(
        key=f"resnet{depth}",
        title=f"ResNet-{depth}, CIFAR-10",
        family="cifar_resnet",
        paper=_RESNET,
        input_shape=(3, 32, 32),
        builder="cifar_resnet:CifarResNet",
        num_classes=10,
        novelty=N_("Residual blocks of two convolutions with shortcuts that have no parameters: a study of depth."),
        arguments={"depth": depth},
        options=(replace(_SHORTCUT, default="A"), WIDTH, ACTIVATION, _NORM),
        published=(_CIFAR_PUBLISHED[depth],),
        blocks=("BasicBlock", "PaddedShortcut", "Add"),
        lesson=N_(
            "Compare it with its plain twin: the same parameters and the same operations, but for the additions."
        ),
    )


def _plain(depth: int) -> Architecture:
    return Architecture(
        key=f"plain{depth}",
        title=f"Plain-{depth}, CIFAR-10",
        family="cifar_resnet",
        paper=_RESNET,
        input_shape=(3, 32, 32),
        builder="cifar_resnet:PlainNet",
        num_classes=10,
        novelty=N_(
            "The control of the experiment: the residual network without its shortcuts. With more layers it gets "
            "worse, on the training pictures, too (figure 6 of the paper)."
        ),
        arguments={"depth": depth},
        options=(WIDTH, ACTIVATION, _NORM),
        blocks=("PlainBlock",),
        lesson=N_("There is one path: what the first layers do reaches the answer only through all the others."),
    )


RESIDUAL: tuple[Architecture, ...] = (
    *(_resnet(depth) for depth in _RESNET_PUBLISHED),
    *(_cifar_resnet(depth) for depth in _CIFAR_PUBLISHED),
    *(_plain(depth) for depth in _CIFAR_PUBLISHED),
    _RESNEXT,
)

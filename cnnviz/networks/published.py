"""What networks scored on ImageNet, and at what cost: numbers as they were published, each with its source.

Accuracies are of one centre crop of each picture of the validation set (ILSVRC 2012), where the source says how it
was tested. Training differs from source to source: a few tenths of a percent between two networks mean little.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.text import N_

__all__ = ["FAMILIES", "RESULTS", "YEARS", "Cited", "Result", "Source", "get", "up_to"]


@dataclass(frozen=True)
class Source:
    """Where a number stands: paper and table, or library and page; `link` is an https address."""

    title: str
    link: str


@dataclass(frozen=True)
class Cited:
    """A number as it is printed in `source`."""

    value: float
    source: Source


@dataclass(frozen=True)
class Result:
    """One network on ImageNet.

    Attributes:
        key: torchvision's name, where that has the network.
        title: its name as people write it.
        family: a key of `FAMILIES`.
        year: of its first publication.
        input_size: pixels of a side of the picture that it was tested on.
        top1: percent of the pictures whose class was named right.
        parameters: numbers that it learned.
        macs: multiply-accumulates for one picture (papers call them FLOPs, or multiply-adds).
    """

    key: str
    title: str
    family: str
    year: int
    input_size: int
    top1: Cited
    parameters: Cited
    macs: Cited

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its numbers stand, each source once."""
        return tuple(dict.fromkeys(each.source for each in (self.top1, self.parameters, self.macs)))


FAMILIES = {
    "alexnet": "AlexNet",
    "vgg": "VGG",
    "inception": "Inception",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "densenet": "DenseNet",
    "senet": "SENet",
    "xception": "Xception",
    "nasnet": "NASNet",
    "mobilenet": "MobileNet",
    "efficientnet": "EfficientNet",
}

_TORCHVISION = Source(
    N_("torchvision 0.28, data of the weights IMAGENET1K_V1"), "https://docs.pytorch.org/vision/stable/models.html"
)
_KERAS = Source(
    N_("Keras Applications, available models (running averages of batch norm counted, too)"),
    "https://keras.io/api/applications/",
)
_MOBILENETS_8 = Source("Howard et al. 2017, MobileNets, table 8", "https://arxiv.org/abs/1704.04861")
_MOBILENETS_9 = Source("Howard et al. 2017, MobileNets, table 9", "https://arxiv.org/abs/1704.04861")
_MOBILENETV2 = Source("Sandler et al. 2018, MobileNetV2, table 4", "https://arxiv.org/abs/1801.04381")
_SLIM = Source(
    N_("TensorFlow-Slim, pre-trained models"), "https://github.com/tensorflow/models/tree/master/research/slim"
)
_ZOO_INCEPTION = Source(
    N_("Open Model Zoo, googlenet-v2-tf (prints twice the multiply-accumulates)"),
    "https://github.com/openvinotoolkit/open_model_zoo/tree/master/models/public/googlenet-v2-tf",
)
_ZOO_SENET = Source(
    "Open Model Zoo, se-resnet-50",
    "https://github.com/openvinotoolkit/open_model_zoo/tree/master/models/public/se-resnet-50",
)
_TORCH_RESNETS = Source(
    N_("Facebook's ResNets in Torch, 1-crop error rates"),
    "https://github.com/facebookarchive/fb.resnet.torch/tree/master/pretrained",
)
_RESNEXT_1 = Source("Xie et al. 2016, ResNeXt, table 1", "https://arxiv.org/abs/1611.05431")
_RESNEXT_3 = Source("Xie et al. 2016, ResNeXt, table 3", "https://arxiv.org/abs/1611.05431")
_DENSENET = Source("Huang et al. 2016, DenseNet, table 3", "https://arxiv.org/abs/1608.06993")
_SENET = Source("Hu et al. 2017, Squeeze-and-Excitation Networks, table 2", "https://arxiv.org/abs/1709.01507")
_EFFICIENTNET = Source("Tan and Le 2019, EfficientNet, table 2", "https://arxiv.org/abs/1905.11946")

_Number = tuple[float, Source]


def _cited(
    key: str, title: str, family: str, year: int, size: int, top1: _Number, millions: _Number, billions: _Number
) -> Result:
    """A result with a source for each number; parameters in millions, operations in billions."""
    parameters, macs = Cited(round(millions[0] * 1e6), millions[1]), Cited(round(billions[0] * 1e9), billions[1])
    return Result(key, title, family, year, size, Cited(*top1), parameters, macs)


def _row(
    source: Source,
    key: str,
    title: str,
    family: str,
    year: int,
    size: int,
    top1: float,
    millions: float,
    billions: float,
) -> Result:
    """A result whose three numbers stand in one row of one table."""
    return _cited(key, title, family, year, size, (top1, source), (millions, source), (billions, source))


def _resnet(depth: int, top1: _Number, millions: float, billions: float) -> Result:
    """He et al. printed ten-crop errors and no parameters: single-crop ones and counts come from libraries."""
    name = f"ResNet-{depth}"
    counts = (millions, _TORCHVISION), (billions, _TORCHVISION)
    return _cited(f"resnet{depth}", name, "resnet", 2015, 224, top1, *counts)


def _densenet(depth: int, error: float, millions: float, billions: float) -> Result:
    counts = (millions, _KERAS), (billions, _TORCHVISION)
    top1 = round(100 - error, 2), _DENSENET
    return _cited(f"densenet{depth}", f"DenseNet-{depth}", "densenet", 2016, 224, top1, *counts)


def _efficientnet(number: int, size: int, top1: float, millions: float, billions: float) -> Result:
    key, title = f"efficientnet_b{number}", f"EfficientNet-B{number}"
    return _row(_EFFICIENTNET, key, title, "efficientnet", 2019, size, top1, millions, billions)


RESULTS = (
    _row(_MOBILENETS_9, "alexnet", "AlexNet", "alexnet", 2012, 224, 57.2, 60, 0.72),
    _row(_TORCHVISION, "vgg11", "VGG-11", "vgg", 2014, 224, 69.02, 132.863336, 7.609),
    _row(_TORCHVISION, "vgg13", "VGG-13", "vgg", 2014, 224, 69.928, 133.047848, 11.308),
    _row(_TORCHVISION, "vgg16", "VGG-16", "vgg", 2014, 224, 71.592, 138.357544, 15.47),
    _row(_TORCHVISION, "vgg19", "VGG-19", "vgg", 2014, 224, 72.376, 143.667240, 19.632),
    _row(_MOBILENETS_8, "googlenet", "GoogLeNet", "inception", 2014, 224, 69.8, 6.8, 1.55),
    _cited(
        "inception_v2", "Inception-v2", "inception", 2015, 224,
        (73.9, _SLIM), (11.185, _ZOO_INCEPTION), (4.058 / 2, _ZOO_INCEPTION),
    ),
    _cited(
        "inception_v3", "Inception-v3", "inception", 2015, 299, (77.9, _KERAS), (23.9, _KERAS), (5.7, _EFFICIENTNET)
    ),
    _row(_EFFICIENTNET, "inception_v4", "Inception-v4", "inception", 2016, 299, 80.0, 48, 13),
    _row(_EFFICIENTNET, "inception_resnet_v2", "Inception-ResNet-v2", "inception", 2016, 299, 80.1, 56, 13),
    _resnet(18, (69.57, _TORCH_RESNETS), 11.689512, 1.814),
    _resnet(34, (73.27, _TORCH_RESNETS), 21.797672, 3.664),
    _resnet(50, (76.0, _EFFICIENTNET), 25.557032, 4.089),
    _resnet(101, (77.56, _TORCH_RESNETS), 44.549160, 7.801),
    _resnet(152, (77.8, _EFFICIENTNET), 60.192808, 11.514),
    _cited(
        "resnext50_32x4d", "ResNeXt-50 32×4d", "resnext", 2016, 224,
        (77.8, _RESNEXT_3), (25.0, _RESNEXT_1), (4.2, _RESNEXT_1),
    ),
    _row(_EFFICIENTNET, "resnext101_64x4d", "ResNeXt-101 64×4d", "resnext", 2016, 320, 80.9, 84, 32),
    _densenet(121, 25.02, 8.1, 2.834),
    _densenet(169, 23.80, 14.3, 3.36),
    _densenet(201, 22.58, 20.2, 4.291),
    _row(_EFFICIENTNET, "densenet264", "DenseNet-264", "densenet", 2016, 224, 77.9, 34, 6.0),
    _row(_EFFICIENTNET, "xception", "Xception", "xception", 2016, 299, 79.0, 23, 8.4),
    _row(_MOBILENETS_8, "mobilenet_v1", "MobileNetV1", "mobilenet", 2017, 224, 70.6, 4.2, 0.569),
    _row(_EFFICIENTNET, "nasnet_a", "NASNet-A", "nasnet", 2017, 331, 82.7, 89, 24),
    _cited(
        "se_resnet50", "SE-ResNet-50", "senet", 2017, 224, (76.71, _SENET), (28.061, _ZOO_SENET), (3.87, _SENET)
    ),
    _row(_EFFICIENTNET, "senet154", "SENet-154", "senet", 2017, 320, 82.7, 146, 42),
    _row(_MOBILENETV2, "mobilenet_v2", "MobileNetV2", "mobilenet", 2018, 224, 72.0, 3.4, 0.300),
    _row(_MOBILENETV2, "mobilenet_v2_1.4", "MobileNetV2 (1.4)", "mobilenet", 2018, 224, 74.7, 6.9, 0.585),
    _efficientnet(0, 224, 77.1, 5.3, 0.39),
    _efficientnet(1, 240, 79.1, 7.8, 0.70),
    _efficientnet(2, 260, 80.1, 9.2, 1.0),
    _efficientnet(3, 300, 81.6, 12, 1.8),
    _efficientnet(4, 380, 82.9, 19, 4.2),
    _efficientnet(5, 456, 83.6, 30, 9.9),
    _efficientnet(6, 528, 84.0, 43, 19),
    _efficientnet(7, 600, 84.3, 66, 37),
)  # fmt: skip

YEARS = (min(each.year for each in RESULTS), max(each.year for each in RESULTS))
"""First and last year of publication."""

_BY_KEY = {each.key: each for each in RESULTS}


def get(key: str) -> Result:
    """The result of a network; KeyError when there is none of that key."""
    return _BY_KEY[key]


def up_to(year: int) -> tuple[Result, ...]:
    """What had been published by the end of `year`."""
    return tuple(each for each in RESULTS if each.year <= year)

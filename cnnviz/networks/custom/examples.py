"""Networks to start from, each as text and with what to see in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cnnviz.networks.custom.network import Custom
from cnnviz.networks.custom.text import read
from cnnviz.text import N_

__all__ = ["EXAMPLES", "Example"]


@dataclass(frozen=True)
class Example:
    """A network to start from.

    Attributes:
        key: how it is called.
        title: its name.
        text: as `read` reads it.
        lesson: what to see in it, marked with `N_`.
        source: what it follows.
    """

    key: str
    title: str
    text: str
    lesson: str
    source: str

    @cached_property
    def custom(self) -> Custom:
        """The network, read once: a page asks for it at each rerun."""
        return read(self.text)


def _vgg_stage(channels: int, count: int) -> str:
    return f"conv{channels}k3p1-bn-relu-" * count + "max2"


def _stages(*stages: str) -> str:
    return "-".join(stages)


EXAMPLES = (
    Example(
        "lenet",
        N_("LeNet-5, modern"),
        "1x32x32:conv6k5-relu-max2-conv16k5-relu-max2-flat-fc120-relu-fc84-relu-fc10",
        N_("Nearly all parameters are in the first linear layer, nearly all operations in the convolutions."),
        "LeCun et al. 1998, figure 2",
    ),
    Example(
        "vgg",
        N_("A small VGG"),
        "3x32x32:" + _stages(_vgg_stage(32, 2), _vgg_stage(64, 2), _vgg_stage(128, 2), "flat-fc256-relu-drop50-fc10"),
        N_("3×3 everywhere; each pooling halves the sides, and then the channels double."),
        "Simonyan and Zisserman 2015, arXiv 1409.1556, section 2.1",
    ),
    Example(
        "resnet",
        N_("ResNet-20 for small pictures"),
        "3x32x32:"
        + _stages("conv16k3p1b0-bn-relu-res16-res16-res16", "res32s2-res32-res32", "res64s2-res64-res64")
        + "-gap-flat-fc10",
        N_(
            "Twenty layers with weights in a row, no large linear layer: 0.27 million parameters. 2,752 of them are in "
            "1×1 convolutions on two shortcuts; the paper pads with zeros there and has 269,722, as in the other tabs."
        ),
        "He et al. 2016, arXiv 1512.03385, section 4.2",
    ),
    Example(
        "mobilenet",
        N_("A small MobileNet"),
        "3x32x32:" + _stages("conv32k3p1b0-bn-relu-sep64-sep128s2-sep128", "sep256s2-sep256-sep512s2-gap-flat-fc10"),
        N_("Depthwise separable convolutions: compare their operations with those of the small VGG."),
        "Howard et al. 2017, arXiv 1704.04861, table 1",
    ),
    Example(
        "mobilenet2",
        N_("Inverted residuals and gates"),
        "3x64x64:" + _stages("conv16k3s2p1b0-bn-silu-inv16e1-inv24s2-inv24-se4", "inv40k5s2-inv40k5-se4-gap-flat-fc10"),
        N_("Narrow between the blocks, wide inside of them: open a block to see it."),
        "Sandler et al. 2018, arXiv 1801.04381, table 2",
    ),
)

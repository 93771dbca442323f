"""Stacks from the literature whose receptive field is worth a look."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.stack_text import read_stack
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["STACKS", "KnownStack", "known"]


@dataclass(frozen=True)
class KnownStack:
    """A stack from the literature.

    Attributes:
        key: how it is called in a notebook.
        title: marked with `N_`.
        text: its layers, as `read_stack` reads them.
        lesson: what to see in it, marked with `N_`.
        source: paper and place.
    """

    key: str
    title: str
    text: str
    lesson: str
    source: str

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, from the input on."""
        return read_stack(self.text)


_VGG = "Simonyan and Zisserman, ICLR 2015, arXiv 1409.1556"

STACKS = (
    KnownStack(
        "alexnet",
        N_("AlexNet, convolutional part"),
        "c11s4p2-m3s2-c5p2-m3s2-c3p1-c3p1-c3p1-m3s2",
        N_("Large kernels and strides at the start: one unit at the end sees 195 × 195 pixels."),
        "Krizhevsky, arXiv 1404.5997; torchvision",
    ),
    KnownStack(
        "vgg16",
        N_("VGG-16, convolutional part"),
        "-".join(["c3p1"] * 2 + ["m2"] + ["c3p1"] * 2 + ["m2"] + (["c3p1"] * 3 + ["m2"]) * 3),
        N_("Only 3 × 3: the field grows fast because every pooling doubles the jump."),
        f"{_VGG}, table 1, column D",
    ),
    KnownStack(
        "resnet_stem",
        N_("Stem of ResNet"),
        "c7s2p3-m3s2p1",
        N_("Two layers, and units are already four pixels apart."),
        "He et al., CVPR 2016, arXiv 1512.03385, table 1",
    ),
    KnownStack(
        "two_3x3",
        N_("Two 3 × 3"),
        "c3p1-c3p1",
        N_("Sees as much as one 5 × 5, with 18 weights per pair of channels instead of 25."),
        f"{_VGG}, section 2.3",
    ),
    KnownStack(
        "one_5x5",
        N_("One 5 × 5"),
        "c5p2",
        N_("Sees as much as two 3 × 3."),
        f"{_VGG}, section 2.3",
    ),
    KnownStack(
        "three_3x3",
        N_("Three 3 × 3"),
        "c3p1-c3p1-c3p1",
        N_("Sees as much as one 7 × 7, with 27 weights per pair of channels instead of 49."),
        f"{_VGG}, section 2.3",
    ),
    KnownStack(
        "one_7x7",
        N_("One 7 × 7"),
        "c7p3",
        N_("Sees as much as three 3 × 3."),
        f"{_VGG}, section 2.3",
    ),
    KnownStack(
        "dilated",
        N_("Dilations 1, 2, 4"),
        "c3p1-c3p2d2-c3p4d4",
        N_("The field doubles with every layer, and no pixel is skipped: 3, 7, 15."),
        "Yu and Koltun, ICLR 2016, arXiv 1511.07122, section 2, figure 1",
    ),
)
_BY_KEY = {stack.key: stack for stack in STACKS}


def known(key: str) -> KnownStack:
    """Look up a known stack.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in _BY_KEY:
        raise ParameterError("stack", key[:40], ", ".join(_BY_KEY))
    return _BY_KEY[key]

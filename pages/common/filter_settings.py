"""The settings of the Filter playground, and what to try there: for the page itself and for links to it."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.convolution import filtering, kernels
from cnnviz.convolution.catalogue import make
from cnnviz.convolution.chain import Linear
from cnnviz.errors import ParameterError
from cnnviz.images.source import Noise, Source
from pages.common.chain_controls import chain_settings
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.pictures import picture_settings
from pages.common.settings import Setting, choice
from pages.common.viewer import MODES

__all__ = ["SETTINGS", "filter_suggestions", "query_of"]


def _numbers(count: int) -> Callable[[str], tuple[int, ...]]:
    """Decoder of `count` whole numbers joined by dots."""

    def decode(text: str) -> tuple[int, ...]:
        parts = text.split(".")
        if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            raise ParameterError("numbers", text[:40], f"{count} numbers")
        return tuple(map(int, parts))

    return decode


def _joined(values: tuple[int, ...]) -> str:
    return ".".join(map(str, values))


SETTINGS = (
    *picture_settings(),
    *chain_settings(),
    choice("border", "reflect", filtering.BORDERS),
    choice("operation", "correlation", ("correlation", "convolution")),
    choice("colour", "colour", ("colour", "luminance")),
    choice("view", "auto", MODES),
    choice("tool", "filter", ("filter", "match")),
    Setting("region", (), _joined, _numbers(4)),
    Setting("pixel", (), _joined, _numbers(2)),
)


def query_of(suggestion: Suggestion) -> dict[str, str]:
    """A suggestion as it stands in the address of the page."""
    encode = {setting.name: setting.encode for setting in SETTINGS}
    return {name: encode[name](value) for name, value in suggestion.values.items()}


def filter_suggestions() -> list[Suggestion]:
    """What to try, in the visitor's language."""
    edge = (make("sobel_x"),)
    gaussian = make("gaussian", {"size": 5, "sigma": 1.0})
    three = make("box", {"size": 3})
    return [
        Suggestion(
            _("Signed edges"),
            _("Orange: it gets brighter to the right; blue: darker. Clip instead, and half of the edges disappear."),
            {"picture": Source("astronaut"), "chain": edge},
        ),
        Suggestion(
            _("Blur or median?"),
            _(
                "A median removes salt and pepper and keeps the edges; a Gaussian only smears the dots. "
                "Compare PSNR under “Noise”."
            ),
            {"picture": Source("camera"), "noise": Noise("salt_and_pepper", 0.05), "chain": (make("median"),)},
        ),
        Suggestion(
            _("Two 3×3 = one 5×5"),
            _("Two box filters in a row equal the single 5×5 kernel shown under “About the kernel”."),
            {"picture": Source("cat"), "chain": (three, three)},
        ),
        Suggestion(
            _("Convolution flips"),
            _(
                "A single dot shows the kernel: turned by 180° under correlation, upright under convolution. "
                "Switch the operation."
            ),
            {
                "picture": Source("impulse", (("rows", 15), ("columns", 21))),
                "chain": (make("emboss"),),
                "view": "signed",
            },
        ),
        Suggestion(
            _("Stride aliases"),
            _("Every fourth pixel of fine rings: false rings appear (aliasing). Put a Gaussian before it."),
            {"picture": Source("zone_plate"), "chain": (Linear(kernels.get("identity"), stride=4),)},
        ),
        Suggestion(
            _("Direction as hue"),
            _("The hue tells in which direction the picture gets brighter, the brightness how fast."),
            {"picture": Source("coffee"), "chain": (gaussian, make("gradient_sobel")), "step": 1, "view": "hue"},
        ),
        Suggestion(
            _("Find a pattern"),
            _("Normalised correlation finds the framed coin again and gives every look-alike a score."),
            {"picture": Source("coins"), "tool": "match", "region": (102, 183, 44, 44)},
        ),
    ]

"""The settings of the page Frequency response, and what to try there."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.convolution import filtering, notation
from cnnviz.convolution.catalogue import make
from cnnviz.convolution.frequency import design, editing
from cnnviz.convolution.frequency.design import Design
from cnnviz.convolution.frequency.editing import Mask, Stroke
from cnnviz.convolution.frequency.mask_text import read_mask, write_mask
from cnnviz.convolution.frequency.sampling import BLURS
from cnnviz.convolution.frequency.spectrum import WINDOWS
from cnnviz.convolution.steps import Linear
from cnnviz.errors import ParameterError
from cnnviz.images.source import Source
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.pictures import picture_settings
from pages.common.settings import Setting, choice, flag, number

__all__ = ["BORDERS", "MOST_COMPARED", "MOST_STRENGTH", "SCALES", "SETTINGS", "TABS", "frequency_suggestions"]

MODES = ("kernel", "edit", "sampling")
SCALES = ("linear", "log", "db", "phase")
TABS = ("facts", "sections", "surface", "banks", "program", "files")
BORDERS = tuple(border for border in filtering.BORDERS if border != "valid")
MOST_COMPARED = 3
MOST_STRENGTH = 50  # percent of the range of brightness, of a wave laid over the picture

Point = tuple[float, float]
Steps = tuple[Linear, ...]


def _read_kernels(text: str, most: int) -> Steps:
    steps = notation.read(text)
    plain = tuple(step for step in steps if isinstance(step, Linear) and step == Linear(step.kernel))
    if not 1 <= len(plain) <= most or len(plain) != len(steps):
        raise ParameterError("chain", text[:40], f"1 … {most}")
    return plain


def _read_point(text: str) -> Point:
    """Read "0.125,-0.25": a row and a column frequency.

    Raises:
        ParameterError: for anything else, or when one is not from -0.5 to 0.5.
    """
    parts = text.split(",")
    if len(parts) == 2 and all(len(part) <= 12 for part in parts):
        row, column = float(parts[0]), float(parts[1])
        if -0.5 <= row <= 0.5 and -0.5 <= column <= 0.5:
            return row, column
    raise ParameterError("frequency", text[:40], "-0.5 … 0.5, -0.5 … 0.5")


def _write_point(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"


_NUMBERS = [parameter.name for parameter in design.PARAMETERS]


def _write_design(chosen: Design) -> str:
    numbers = [f"{getattr(chosen, name):g}" for name in _NUMBERS]
    return "~".join([chosen.shape, chosen.kind, *numbers, _write_point(chosen.centre)])


def _read_design(text: str) -> Design:
    shape, kind, *numbers, centre = text[:120].split("~")
    if len(numbers) != len(_NUMBERS):
        raise ParameterError("design", text[:40], _write_design(_DESIGN))
    values = {name: float(text) for name, text in zip(_NUMBERS, numbers, strict=True)}
    return Design(shape, kind, **values, centre=_read_point(centre))  # type: ignore[arg-type]  # it checks them


_DESIGN = Design("ideal", "low")
_WAVE = (0.0546875, 0.029296875)  # whole periods on 512 pixels: no seam at the edges

SETTINGS = (
    *picture_settings("camera"),
    Setting(
        "chain", (make("gaussian", {"size": 9, "sigma": 2.0}),), notation.write, lambda text: _read_kernels(text, 1)
    ),
    choice("mode", "kernel", MODES),
    choice("filter", "kernel", ("kernel", "design")),
    Setting("design", _DESIGN, _write_design, _read_design),
    choice("border", "circular", BORDERS),
    choice("operation", "correlation", ("correlation", "convolution")),
    choice("scale", "linear", SCALES),
    Setting("probe", (0.0, 0.125), _write_point, _read_point),
    Setting("compare", (), notation.write, lambda text: _read_kernels(text, MOST_COMPARED)),
    choice("tab", "facts", TABS),
    choice("window", "none", WINDOWS),
    number("angle", 0, 0, 179),
    flag("rings"),
    number("stride", 4, 2, 8),
    Setting("mask", Mask(), write_mask, read_mask),
    choice("keep", "remove", editing.MODES),
    Setting("brush", 0.03, "{:g}".format, lambda text: editing.PARAMETERS["radius"].check(float(text))),
    Setting("wave", _WAVE, _write_point, _read_point),
    number("strength", 0, 0, MOST_STRENGTH),
    choice("blur", "binomial", [blur for blur in BLURS if blur != "none"]),
)


def frequency_suggestions() -> list[Suggestion]:
    """What to try, in the visitor's language."""
    gaussian, box = make("gaussian", {"size": 15, "sigma": 2.0}), make("box", {"size": 9})
    return [
        Suggestion(
            _("Gaussian or box?"),
            _(
                "Both blur, but the box lets some fine waves through again, with turned sign: compare the sections. "
                "The Gaussian falls and stays down."
            ),
            {"chain": (box,), "compare": (gaussian,), "tab": "sections", "scale": "db", "probe": (0.0, 0.16)},
        ),
        Suggestion(
            _("Sobel: a direction"),
            _("Passes waves that change from column to column, most of all those of four pixels, and no flat areas."),
            {"picture": Source("camera"), "chain": (make("sobel_x"),), "probe": (0.0, 0.25)},
        ),
        Suggestion(
            _("Sharpen = 1 + high-pass"),
            _("The gain is 1 at zero and grows with the frequency: nothing is lost, fine detail is raised."),
            {"chain": (make("sharpen"),), "tab": "sections", "probe": (0.25, 0.25)},
        ),
        Suggestion(
            _("The ideal filter rings"),
            _("A sharp end in frequency is a kernel without end in space: every edge gets echoes. Try Gaussian."),
            {"filter": "design", "design": replace(_DESIGN, cutoff=0.06), "probe": (0.0, 0.04)},
        ),
        Suggestion(
            _("Remove stripes"),
            _("A pattern over a photo is two dots in its spectrum. They are painted out, and the stripes are gone."),
            {
                "mode": "edit",
                "picture": Source("astronaut"),
                "strength": 20,
                "mask": Mask((Stroke((_WAVE,), 0.012),)),
                "probe": _WAVE,
            },
        ),
        Suggestion(
            _("Checkerboard, stride 2"),
            _("Every second pixel of such a checkerboard is the same: the board folds onto frequency zero."),
            {
                "mode": "sampling",
                "picture": Source("checkerboard", (("rows", 64), ("columns", 64), ("cell", 1))),
                "stride": 2,
                "probe": (-0.5, -0.5),
            },
        ),
    ]

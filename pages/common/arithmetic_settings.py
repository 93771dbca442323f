"""The settings of the page Convolution arithmetic, and what to try there."""

from __future__ import annotations

from cnnviz.convolution import contents, layer_text, presets
from cnnviz.convolution.arithmetic import Convolution, Layer
from cnnviz.convolution.presets import Preset
from cnnviz.errors import ParameterError
from pages.common.field_tab import FIELD_SETTINGS
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.settings import Setting, choice, flag, number
from pages.common.signal_tab import SIGNAL_SETTINGS

__all__ = [
    "LARGEST_SIDE",
    "LAST_SEED",
    "PHOTO",
    "SETTINGS",
    "TABS",
    "arithmetic_suggestions",
    "is_rectangular",
    "preset_values",
    "read_size",
    "write_size",
]

LARGEST_SIDE = 256  # cells of an input that can be typed
VIEWS = ("windows", "spread")
PREDICTIONS = ("off", "size", "values")
TABS = ("why", "parameters", "sharing", "field", "matrix", "methods", "program")
PHOTO = "photo"
LAST_SEED = 99

_SUGGESTED = ("resnet_conv1", "dilated", "depthwise", "checkerboard", "max_pool")


def read_size(text: str) -> tuple[int, int]:
    """Read "5x7" (rows, columns) or "5".

    Raises:
        ParameterError: for anything else, and for more than `LARGEST_SIDE` cells.
    """
    parts = text.lower().replace("×", "x").replace(" ", "").split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ParameterError("input", text[:20], f"1 … {LARGEST_SIDE} × 1 … {LARGEST_SIDE}")
    rows, columns = int(parts[0]), int(parts[-1])
    if not (1 <= rows <= LARGEST_SIDE and 1 <= columns <= LARGEST_SIDE):
        raise ParameterError("input", text[:20], f"1 … {LARGEST_SIDE} × 1 … {LARGEST_SIDE}")
    return rows, columns


def write_size(size: tuple[int, int]) -> str:
    """Write "5x7"."""
    return f"{size[0]}x{size[1]}"


SETTINGS = (
    choice("mode", "layer", ("layer", "signal")),
    Setting("layer", Convolution(3, stride=2, padding=1, bias=False), layer_text.write, layer_text.read),
    Setting("size", (5, 5), write_size, read_size),
    flag("apart"),
    choice("cells", "integers", (*contents.CELLS, PHOTO)),
    choice("weights", "integers", contents.WEIGHTS),
    number("seed", 0, 0, LAST_SEED),
    choice("view", "windows", VIEWS),
    choice("predict", "off", PREDICTIONS),
    number("step", 1, 1, 10**7),
    choice("tab", "why", TABS),
    *FIELD_SETTINGS,
    *SIGNAL_SETTINGS,
)


def preset_values(preset: Preset) -> dict[str, object]:
    """A preset as settings of the page; what it leaves open is at its default."""
    values: dict[str, object] = {"layer": preset.layer, "size": preset.size}
    for name, value, usual in (("cells", preset.cells, "integers"), ("weights", preset.weights, "integers")):
        if value != usual:
            values[name] = value
    if preset.layer.kind == "transposed":
        values["view"] = "spread"
    if preset.tab:
        values["tab"] = preset.tab
    return values


def is_rectangular(layer: Layer) -> bool:
    """True when the layer is not the same along rows and columns."""
    pairs = [layer.kernel_size, layer.stride, layer.dilation, getattr(layer, "output_padding", (0, 0))]
    pairs += [] if isinstance(layer.padding, str) else [layer.padding]
    return any(rows != columns for rows, columns in pairs)


def arithmetic_suggestions() -> list[Suggestion]:
    """What to try, in the visitor's language."""
    chosen = [presets.get(key) for key in _SUGGESTED]
    signal = Suggestion(
        _("In 1-D"),
        _("Convolution puts a copy of the kernel at every impulse; correlation puts a flipped one. Play it, or point."),
        {"mode": "signal"},
    )
    return [*(Suggestion(_(each.title), _(each.look), preset_values(each)) for each in chosen), signal]

"""The settings of the page Architectures: which network, how it is built, what it is compared with, what is open."""

from __future__ import annotations

import re
from dataclasses import replace

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.images import samples
from cnnviz.networks import zoo
from cnnviz.networks.zoo import Architecture, Option, Value
from cnnviz.networks.zoo.architecture import COMMON
from pages.common.diagram import MOST_OPEN, PAINTS, View
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.network_facts import Options, is_text
from pages.common.settings import Setting, Settings, choice

__all__ = [
    "LARGEST_SIDE",
    "MOST_WORDS",
    "OWN_SETTINGS",
    "TABS",
    "architecture_suggestions",
    "as_published",
    "legal",
    "offered",
    "options_of",
    "published_size",
    "size_of",
]

LARGEST_SIDE = 1024  # pixels; a network's facts take no longer for it, but nobody trains on more
MOST_WORDS = 512
TABS = ("diagram", "layers", "compare", "families", "scaling", "blocks", "signal", "build")
DEFAULT = "resnet18"

_NAME = re.compile(r"[A-Za-z0-9_.#*:]{1,160}")
_PAIR = re.compile(r"([a-z0-9_]{1,30})-([A-Za-z0-9_.+-]{1,20})")
_MOST_OPTIONS = 12

Texts = tuple[tuple[str, str], ...]


def _write_view(view: View) -> str:
    return "~".join([",".join(view.open), view.selected, view.paint])


def _read_view(text: str) -> View:
    opened, selected, paint = text.split("~")
    names = opened.split(",") if opened else []
    if paint not in PAINTS or not all(map(_NAME.fullmatch, [*names, *([selected] if selected else [])])):
        raise ParameterError("view", text[:40], "conv2_x,conv2_x.0~conv2_x.0.conv1~kind")
    return View(tuple(names[:MOST_OPEN]), selected, paint)


def _write_options(options: Texts) -> str:
    return "~".join(f"{name}-{value}" for name, value in options)


def _read_options(text: str) -> Texts:
    pairs = [_PAIR.fullmatch(part) for part in text.split("~")]
    if not all(pairs) or len(pairs) > _MOST_OPTIONS:
        raise ParameterError("options", text[:40], "norm-none~num_classes-10")
    return tuple((pair[1], pair[2]) for pair in pairs if pair)


def _write_size(size: tuple[int, ...] | None) -> str:
    return "x".join(map(str, size or ()))


def _read_size(text: str) -> tuple[int, ...]:
    size = tuple(int(part) for part in text.split("x"))
    if not 1 <= len(size) <= 2 or not all(1 <= side <= LARGEST_SIDE for side in size):
        raise ParameterError("size", text[:40], f"1x1 … {LARGEST_SIDE}x{LARGEST_SIDE}")
    return size


OWN_SETTINGS = (
    choice("net", DEFAULT, zoo.names()),
    Setting("options", (), _write_options, _read_options),
    Setting("size", None, _write_size, _read_size),
    choice("tab", "diagram", TABS),
    Setting("view", View(), _write_view, _read_view),
    choice("other", "resnet34", zoo.names()),
    Setting("compare_view", View(), _write_view, _read_view),
    choice("sample", "cat", samples.names()),
)


def offered(record: Architecture) -> tuple[Option, ...]:
    """What can be set about a network: first what all have, with the record's own defaults."""
    own = {"in_channels": record.in_channels, "num_classes": record.num_classes}
    common = tuple(replace(each, default=own[each.name]) for each in COMMON)
    return (*(common[1:] if is_text(record) else common), *record.options)


def options_of(settings: Settings) -> Options:
    """The options that differ from the published network.

    Raises:
        ParameterError: for a name that the network does not have, or a value outside its range.
    """
    texts = dict(settings["options"])
    legal_ones = offered(zoo.get(settings["net"]))
    if strange := texts.keys() - {option.name for option in legal_ones}:
        raise ParameterError("options", min(strange), ", ".join(option.name for option in legal_ones))
    known = [option for option in legal_ones if option.name in texts]
    values = [(option.name, option.check(_parsed(option, texts[option.name]))) for option in known]
    defaults = {option.name: option.default for option in known}
    return tuple((name, value) for name, value in values if value != defaults[name])


def _parsed(option: Option, text: str) -> Value:
    """A text of the address as the type of the option's default."""
    try:
        match option.default:
            case bool():
                return {"True": True, "False": False}[text]
            case int() if text.isascii() and text.lstrip("-").isdigit():
                return int(text)
            case int():
                raise ValueError(text)
            case float():
                return float(text)
    except (ValueError, KeyError):
        raise ParameterError(option.name, text, ", ".join(map(str, option.choices)) or "1, 2, …") from None
    return text


def size_of(settings: Settings) -> tuple[int, ...]:
    """Rows and columns of the input, or the number of words; the published ones unless set."""
    chosen: tuple[int, ...] | None = settings["size"]
    return published_size(settings["net"]) if chosen is None else chosen


def published_size(name: str) -> tuple[int, ...]:
    """Rows and columns, or the number of words, that a network was published for."""
    record = zoo.get(name)
    return record.input_shape if is_text(record) else record.input_shape[1:]


def as_published(settings: Settings) -> bool:
    """Whether the network is as its record describes it."""
    return not options_of(settings) and size_of(settings) == published_size(settings["net"])


def legal(settings: Settings) -> CnnvizError | None:
    """Put options and a size that are not legal back to the published ones, and return what was wrong."""
    size, published = size_of(settings), published_size(settings["net"])
    try:
        if len(size) != len(published) or (len(size) == 1 and size[0] > MOST_WORDS):
            settings["size"] = None
            raise ParameterError("size", _write_size(size), _write_size(published))
        options_of(settings)
    except CnnvizError as error:
        settings["options"] = ()
        return error
    return None


def architecture_suggestions() -> list[Suggestion]:
    """Networks with what is to be seen in them."""
    return [
        Suggestion(
            _("LeNet-5 of 1998"),
            _("Two convolutions, two trainable subsamplings, then C5, F6 and the output: read the arithmetic of C3."),
            {"net": "lenet5_1998", "view": View(("c3", "c3.conv"), "c3.conv", "kind")},
        ),
        Suggestion(
            _("VGG’s weights"),
            _("Painted by parameters: the first fully connected layer holds more than all others together."),
            {"net": "vgg16", "view": View(("classifier",), "classifier", "parameters")},
        ),
        Suggestion(
            _("Inception block"),
            _("Four branches look at the same input with different windows, and their maps are put side by side."),
            {"net": "googlenet", "view": View(("inception_3a",), "inception_3a", "kind")},
        ),
        Suggestion(
            _("Shortcut"),
            _("Open a block: the input goes around two convolutions and is added to what they make of it."),
            {"net": "resnet18", "view": View(("conv3_x", "conv3_x.0"), "conv3_x.0", "kind")},
        ),
        Suggestion(
            _("Plain or residual"),
            _("The same layers, with and without shortcuts, which cost no parameters and no multiplications."),
            {"net": "plain20", "other": "resnet20", "tab": "compare"},
        ),
        Suggestion(
            _("Vanishing gradient"),
            _(
                "With sigmoids, the gradient of a plain network fades on its way to the input. Shortcuts soften that, "
                "and batch normalisation stops it."
            ),
            {"tab": "signal"},
        ),
    ]

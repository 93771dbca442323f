"""Settings of the page Feature maps: network, step, channel and position, and things to try."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnnviz.errors import ParameterError
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.maps_grid import SCALES, SORTS
from pages.common.maps_overview import FOLDS
from pages.common.pictures import picture_settings
from pages.common.settings import Setting, Settings, choice, flag, number

__all__ = [
    "MAPS_SETTINGS",
    "NETWORK",
    "PICTURE",
    "STEP",
    "Place",
    "leave_channel",
    "maps_suggestions",
    "read_place",
    "read_step",
    "write_place",
]

NETWORK = "resnet20-cifar10"
PICTURE = "cat"
STEP = re.compile(r"[A-Za-z0-9_.#-]{1,160}")
_MODEL = re.compile(r"[A-Za-z0-9_.:@-]{1,160}")
_PLACE = re.compile(r"(\d{1,5})\.(\d{1,5})")
_MOST_CHANNELS = 100_000


@dataclass(frozen=True)
class Place:
    """A position in a feature map, rows before columns, from 0."""

    row: int
    column: int


def read_place(text: str) -> Place | None:
    """Read "12.7"; "" is no place.

    Raises:
        ParameterError: for anything else.
    """
    if not text:
        return None
    if found := _PLACE.fullmatch(text):
        return Place(int(found[1]), int(found[2]))
    raise ParameterError("at", text[:40], "12.7")


def write_place(place: Place | None) -> str:
    """Write a place as it stands in the address."""
    return "" if place is None else f"{place.row}.{place.column}"


def read_step(text: str) -> str:
    """Read the name of a step; whether a network has it is seen when it has run.

    Raises:
        ParameterError: when no step can be called so.
    """
    if text and not STEP.fullmatch(text):
        raise ParameterError("step", text[:40], "conv1.conv")
    return text


def _read_model(text: str) -> str:
    if not _MODEL.fullmatch(text):
        raise ParameterError("model", text[:40], NETWORK)
    return text


MAPS_SETTINGS: tuple[Setting, ...] = (
    *picture_settings(PICTURE),
    Setting("model", NETWORK, str, _read_model),
    Setting("step", "", str, read_step),
    number("channel", -1, -1, _MOST_CHANNELS),
    Setting("at", None, write_place, read_place),
    choice("fold", "ends", FOLDS),
    choice("scale", "layer", SCALES),
    choice("sort", "index", SORTS),
    flag("dead"),
)
"""step "": the whole network; channel −1: all channels of the step; at None: no position is pinned; dead: only dead
channels are shown."""


def maps_suggestions() -> list[Suggestion]:
    """What a first visitor may try; every one works without a network connection."""
    return [
        Suggestion(
            _("From pixels to “cat”"),
            _("Each strip is a layer: edges first, then parts, at last a few coarse maps and one answer."),
            {"model": NETWORK, "step": ""},
        ),
        Suggestion(
            _("Follow one number"),
            _(
                "Move over the map: the window, its products, the sum, the normalisation and the ReLU give this "
                "number. A click keeps the place."
            ),
            {"step": "conv1.conv", "channel": 2},
        ),
        Suggestion(
            _("A shortcut adds"),
            _("The block adds what it computed to what came in; compare the two maps with their sum."),
            {"step": "conv3_x.1.add", "channel": 5},
        ),
        Suggestion(
            _("Where does it look?"),
            _("Grad-CAM: the places that speak for the answer."),
            {"tab": "why"},
        ),
        Suggestion(
            _("Switch a block off"),
            _("Without the residual branch the block passes on what came in; see what is left of the answer."),
            {"tab": "whatif", "off": "conv4_x.1.norm2"},
        ),
        Suggestion(
            _("Trained or random?"),
            _("The same layers with random weights: they respond, but nothing is sorted out."),
            {"tab": "compare"},
        ),
    ]


def leave_channel(settings: Settings) -> None:
    """Back from one channel to all channels of its step."""
    settings["channel"], settings["at"] = -1, None

"""Draw a digit: a trained network answers while one draws, in the browser; with and without centring."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.figures import colours
from cnnviz.training import control
from cnnviz.training.drawing import EXAMPLES, START
from pages.common.components import pack
from pages.common.drawing_pad import mount, pad_labels, strokes_record
from pages.common.language import _
from pages.common.run_list import short_name
from pages.common.settings import Setting, Settings, choice
from pages.common.spectra import keep

if TYPE_CHECKING:
    from pathlib import Path

    from cnnviz.networks.plain import Step
    from cnnviz.training.digit_networks import DigitNetwork

__all__ = ["DRAW_SETTINGS", "WAYS", "draw_message", "draw_tab", "network_blob"]

WAYS = ("centred", "drawn")
_DEFAULT = "lenet5-mnist"


def _read_name(text: str) -> str:
    if not control.NAME.fullmatch(text.removeprefix("run:")):
        raise ParameterError("draw_network", text[:40], _DEFAULT)
    return text


DRAW_SETTINGS: tuple[Setting, ...] = (
    choice("draw_way", "centred", WAYS),
    Setting("draw_network", _DEFAULT, str, _read_name),
)


def draw_tab(settings: Settings) -> None:
    """Draw the tab."""
    names = _names()
    if settings["draw_network"] not in names:
        st.info(_("The network {name} is not here any more.").format(name=settings["draw_network"]))
        settings["draw_network"] = _DEFAULT
    network = _load(settings["draw_network"])
    blob = network_blob(network.steps)
    keep({blob.key: blob.data, _examples().key: _examples().data})
    key = f"{settings.page}/pad"

    def report() -> None:
        way = (st.session_state.get(key) or {}).get("way")
        if way in WAYS:
            settings["draw_way"] = way

    mount(key, draw_message(network, blob.key, settings["draw_way"]), on_way_change=report)
    _choice_of_network(settings, names)
    st.caption(_about(network))


def _choice_of_network(settings: Settings, names: Sequence[str]) -> None:
    if len(names) > 1:
        settings.control("draw_network", st.selectbox, _("Network"), names, format_func=_network_title)


def _network_title(name: str) -> str:
    run = name.removeprefix("run:")
    return _("run {name}").format(name=short_name(run)) if run != name else name


def _about(network: DigitNetwork) -> str:
    """What answers, how good it is, and how a drawing is brought to it."""
    words = [_("{title}, trained on {data}.").format(title=network.title, data=network.data)]
    if network.accuracy is not None:
        share = f"{100 * network.accuracy:.2f}"
        words.append(_("It reads {share}% of the test pictures rightly.").format(share=share))
    frame = network.frame
    text = _(
        "Centred means: the larger side of the digit is fitted to {box} of {side} pixels, then its centre of mass is "
        "moved to the middle, as the training pictures of MNIST were made (LeCun et al. 1998, section III.A)."
    )
    words.append(text.format(box=frame.box, side=frame.side))
    if frame.enlarge > 1:
        size = frame.side * frame.enlarge
        words.append(_("Then it is enlarged to {size}×{size} by linear interpolation.").format(size=size))
    words.append(_("The network always names a digit, for a scribble too: it has never seen anything else."))
    return " ".join(words)


# ---- networks


def _names() -> tuple[str, ...]:
    from cnnviz.training import digit_networks

    return digit_networks.names(_runs())


def _runs() -> Path:
    from cnnviz.training import control

    return control.RUNS


def _load(name: str) -> DigitNetwork:
    from cnnviz.training import digit_networks

    return _trained(name) if not name.startswith(digit_networks.RUN) else digit_networks.load(name, _runs())


@st.cache_resource(max_entries=8, show_spinner=False)  # those in models/ do not change while the server runs
def _trained(name: str) -> DigitNetwork:
    from cnnviz.training import digit_networks

    return digit_networks.load(name)


# ---- the message


@dataclass(frozen=True)
class _Blob:
    """Bytes that the browser keeps, and their name there."""

    key: str
    data: bytes


def _named(kind: str, data: bytes) -> _Blob:
    return _Blob(f"{kind}/{hashlib.blake2b(data, digest_size=8).hexdigest()}", data)


def network_blob(steps: Sequence[Step]) -> _Blob:
    """The layers with their weights: JSON and float32, packed."""
    arrays: list[bytes] = []
    records: list[dict[str, Any]] = []
    start = 0
    for step in steps:
        record = {"name": step.name, "kind": step.kind, **step.numbers}
        for part in ("weight", "bias"):
            array = getattr(step, part)
            if array is not None:
                record[part] = {"start": start, "shape": array.shape}
                arrays.append(np.ascontiguousarray(array, "<f4").tobytes())
                start += array.size
        records.append(record)
    return _named("network", pack({"steps": records}, b"".join(arrays)))


def _examples() -> _Blob:
    record = {name: strokes_record(strokes) for name, strokes in EXAMPLES.items()}
    return _named("examples", json.dumps({"digits": record, "start": strokes_record(START)}).encode())


def draw_message(network: DigitNetwork, weights: str, way: str) -> bytes:
    """Everything that the browser needs but the weights, which are kept under the name `weights`."""
    header = {
        "mode": "lab",
        "key": "draw",
        "way": way,
        "weights": weights,
        "examples": _examples().key,
        "input": {"rows": network.side, "columns": network.side, "mean": network.mean, "std": network.std},
        "frame": asdict(network.frame),
        "labels": {**pad_labels(), **_labels()},
    }
    return pack(header, colours.diverging().tobytes(), colours.sequential().tobytes())


def _labels() -> dict[str, Any]:
    return {
        "examples": _("Or take one:"),
        "example": _("Example: {digit}"),
        "box": _("The square is where digits of the training set lie."),
        "ways": {"centred": _("centred"), "drawn": _("as drawn")},
        "choose": _("What the network sees; choose one"),
        "seen": _("{way}: {side}×{side} pixels; the answer is {answer}"),
        "nothing": _("Draw a digit."),
        "sure": _("Next best is {second} with {next}; the margin is {margin} percentage points."),
        "hesitates": _("It hesitates between {first} and {second}: {share} against {next}."),
        "same": _("Centred or not, the answer is {answer}."),
        "differs": {
            "centred": _("As drawn, the same picture would be read as {other}."),
            "drawn": _("Centred as in the training set, it would be read as {other}."),
        },
        **_experiment_labels(),
    }


def _experiment_labels() -> dict[str, Any]:
    return {
        "move": _("Move and shrink the drawing"),
        "moves": {
            "left": _("2 pixels to the left"),
            "up": _("2 pixels up"),
            "down": _("2 pixels down"),
            "right": _("2 pixels to the right"),
            "smaller": _("Smaller"),
            "larger": _("Larger"),
            "corner": _("Small in the corner"),
        },
        "shifts": _("Answer when shifted by up to {reach} pixels, {way}"),
        "shifts_image": _("Map of the answers for shifts of up to {reach} pixels"),
        "working": _("Computing the answers …"),
        "stays": _("{way}: still {answer} for {count} of {total} shifts"),
        "cell": _("{right} to the right, {down} down: {answer} with {share}"),
        "colour": _("Colour: probability of {answer}, from 0 to 1"),
        "maps": _("What the layers make of it"),
        "map": _("{layer}: {shown} of {count} maps, {rows}×{columns}, {low} … {high}"),
        "map_all": _("{layer}: {count} maps, {rows}×{columns}, {low} … {high}"),
        "before": _("before the activation"),
        "pooled": _("after activation and pooling"),
        "signed": _("orange is positive, blue negative"),
        "bright": _("the brighter, the stronger"),
    }

"""A layer and its input as text: typed by the visitor or brought by an address, and explained where impossible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnviz.convolution import layer_text
from cnnviz.convolution.arithmetic import Layer
from cnnviz.errors import CnnvizError
from pages.common.arithmetic_settings import read_size, write_size
from pages.common.language import _, sentence
from pages.common.settings import Settings, bound

__all__ = ["legal_or_default", "refusals", "typed_controls"]

_DRAFTS = "arithmetic/drafts"  # session: field -> _Draft


@dataclass(frozen=True, eq=False)
class _Draft:
    """A text that was refused, why, and the layer and size that stayed in use: with others it is forgotten."""

    text: str
    error: CnnvizError
    layer: Layer
    size: tuple[int, int]
    from_address: bool = False


def _draft(settings: Settings, field: str) -> _Draft | None:
    drafts: dict[str, _Draft] = st.session_state.setdefault(_DRAFTS, {})
    draft = drafts.get(field)
    if draft is None or (draft.layer, draft.size) != (settings["layer"], settings["size"]):
        drafts.pop(field, None)
        return None
    return draft


def _refuse(settings: Settings, field: str, text: str, error: CnnvizError, *, from_address: bool = False) -> None:
    drafts: dict[str, _Draft] = st.session_state.setdefault(_DRAFTS, {})
    drafts[field] = _Draft(text, error, settings["layer"], settings["size"], from_address)


def legal_or_default(settings: Settings) -> tuple[Layer, tuple[int, int]]:
    """The layer and the input's size, when they go together; otherwise the defaults, and a sentence is kept.

    An address can hold a layer and a size that are legal each, but not together.
    """
    layer, size = settings["layer"], settings["size"]
    try:
        layer.output_size(size)
    except CnnvizError as error:
        settings["layer"] = settings.settings["layer"].default
        settings["size"] = settings.settings["size"].default
        text = f"{layer_text.write(layer)}, {write_size(size)}"
        _refuse(settings, "layer", text, error, from_address=True)
    return settings["layer"], settings["size"]


def refusals(settings: Settings) -> None:
    """Say what is not possible: above the picture, where it is seen from everywhere."""
    for draft in (_draft(settings, "layer"), _draft(settings, "size")):
        if draft is None:
            continue
        kept = _("The default is shown instead.") if draft.from_address else _("The last possible one stays in use.")
        shown = draft.text[:80].replace("`", "")
        st.error(f"`{shown}`: {sentence(draft.error)} {kept}", icon=":material/error:")


def typed_controls(settings: Settings) -> None:
    """Type the layer as in PyTorch, and the input; what is not possible is explained, and nothing else changes."""
    hint = _('As in PyTorch; also padding=((top, bottom), (left, right)), "same_tensorflow" and "full"')
    _field(settings, "layer", layer_text.write(settings["layer"]), _type_layer, _("Type the layer"), hint)
    _field(settings, "size", write_size(settings["size"]), _type_size, _("Type the input's size"), _("rows x columns"))


def _field(
    settings: Settings, field: str, value: str, take: Callable[[Settings, str], None], label: str, hint: str
) -> None:
    def store(text: str) -> None:
        try:
            take(settings, text)
        except CnnvizError as error:
            _refuse(settings, field, text, error)

    draft = _draft(settings, field)
    shown = value if draft is None or draft.from_address else draft.text
    bound(f"arithmetic/typed {field}", shown, store, st.text_input, label, help=hint, max_chars=300)


def _type_layer(settings: Settings, text: str) -> None:
    fresh = layer_text.read(text)
    fresh.output_size(settings["size"])
    settings["layer"], settings["step"] = fresh, 1
    settings["view"] = "spread" if fresh.kind == "transposed" else "windows"


def _type_size(settings: Settings, text: str) -> None:
    fresh = read_size(text)
    settings["layer"].output_size(fresh)
    settings["size"], settings["step"] = fresh, 1

"""The receptive field: a stack of layers, what a unit of each layer sees, drawn on a picture, proved by gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.known_stacks import STACKS, known
from cnnviz.convolution.receptive_field import Field, Region, field, inside, reach, region
from cnnviz.convolution.stack_text import read_stack, write_stack
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks import gradient_field
from pages.common.callbacks import to_the_end
from pages.common.components import component, pack
from pages.common.cropped import cropped
from pages.common.field_table import read_shown, stack_table
from pages.common.language import _, sentence, translate
from pages.common.settings import Setting, Settings, bound

__all__ = ["FIELD_SETTINGS", "PICTURE_SIZE", "field_tab"]

PICTURE_SIZE = 224  # pixels of a side, what networks for ImageNet are given
_SAMPLE = "cat"
_OWN = "own"

FIELD_SETTINGS = (Setting("stack", known("alexnet").layers, write_stack, read_shown),)


def field_tab(settings: Settings, layer: Layer) -> None:
    """Draw the tab; the page has the settings `FIELD_SETTINGS`, and shows `layer` above."""
    st.markdown(
        _(
            "The **receptive field** of a unit is the part of the picture that it can see. "
            "Every layer widens it, and every stride makes the next layers widen it faster."
        )
    )
    left, right = st.columns([6, 5], gap="medium")
    with left:
        _known_control(settings)
        _own_control(settings, layer)
        stack_table(settings)
    layers: tuple[Layer, ...] = settings["stack"]
    try:
        fields = field(layers, PICTURE_SIZE)
    except ParameterError as error:
        right.error(_fault(layers, error), icon=":material/error:")
        return
    with right:
        _picture(settings, layers, fields)
    _results(layers, fields)
    _confirmation(settings)


def _fault(layers: Sequence[Layer], error: ParameterError) -> str:
    """Say which layer cannot be used on what the ones before it leave of the picture."""
    for number in range(1, len(layers) + 1):
        try:
            field(layers[:number], PICTURE_SIZE)
        except ParameterError:
            return _("Layer {number} does not fit: {why}").format(number=number, why=translate(error))
    return translate(error)


# ---- choosing the layers


def _known_control(settings: Settings) -> None:
    keys = {stack.text: stack.key for stack in STACKS}
    now = keys.get(write_stack(settings["stack"]), _OWN)

    def change(key: str) -> None:
        if key != _OWN:
            settings["stack"] = known(key).layers

    bound(
        f"{settings.page}/known stack",
        now,
        change,
        st.selectbox,
        _("Layers"),
        [*keys.values(), *([_OWN] if now == _OWN else [])],
        format_func=lambda key: _("Your own") if key == _OWN else _(known(key).title),
    )
    if now == _OWN:
        st.caption(_("Your own layers. To start again, choose a stack above."))
    else:
        st.caption(_(known(now).lesson) + " " + _("Source: {source}").format(source=known(now).source))


def _own_control(settings: Settings, layer: Layer) -> None:
    """Begin a stack with the layer that the page shows, where the table can hold it."""
    try:
        layers = read_shown(write_stack([layer]))
        field(layers, PICTURE_SIZE)
    except CnnvizError:
        return
    st.button(
        _("Start with the layer above"),
        key=f"{settings.page}/stack own",
        icon=":material/north:",
        on_click=lambda: settings.__setitem__("stack", layers),
    )


# ---- showing


def _name(layer: Layer) -> str:
    short = {"convolution": _("conv {size}"), "max": _("max pool {size}"), "average": _("average pool {size}")}
    return short[layer.kind].format(size="{}×{}".format(*layer.kernel_size))


def _picture(settings: Settings, layers: Sequence[Layer], fields: Sequence[Field]) -> None:
    header = {
        "size": PICTURE_SIZE,
        "layers": [_record(layer, each) for layer, each in zip(layers, fields, strict=True)],
        "labels": {
            "canvas": _("Picture with receptive fields. Arrow keys choose another unit of the last layer."),
            "line": _(
                "Unit ({row}, {column}) of the last layer’s {rows} × {columns} sees rows {top} to {bottom} and columns "
                "{left} to {right}; {padding}% of that is padding."
            ),
            "hint": _(
                "Move over the picture, tap it, or use the arrow keys. All counts start at 0. Hatched and dashed: "
                "outside of the picture, that is padding. Each frame lies inside the next layer’s."
            ),
        },
    }
    component("receptive_field", "../unpack.js", "main.js")(
        key=f"{settings.page}/receptive field", data=pack(header, cropped(_SAMPLE, (PICTURE_SIZE, PICTURE_SIZE)))
    )


def _record(layer: Layer, found: Field) -> dict[str, Any]:
    record: dict[str, Any] = {"name": _name(layer)}
    padding = layer.padding_for((1, 1))
    for i, (name, along) in enumerate((("rows", found.rows), ("columns", found.columns))):
        # From a unit to the one in the layer before that the middle weight of its window reads.
        offset = (layer.kernel_size[i] - 1) // 2 * layer.dilation[i] - padding[i][0]
        record[name] = [along.size, along.jump, -along.padding, along.output, layer.stride[i], offset]
    return record


def _results(layers: Sequence[Layer], fields: Sequence[Field]) -> None:
    st.table(
        {
            _("Layer"): [f"{number} {_name(layer)}" for number, layer in enumerate(layers, 1)],
            _("Receptive field r"): [f"{each.rows.size:,} × {each.columns.size:,}" for each in fields],
            _("Jump j"): [_both(f"{each.rows.jump:,}", f"{each.columns.jump:,}") for each in fields],
            _("Start"): [_both(f"{each.rows.start:g}", f"{each.columns.start:g}") for each in fields],
            _("Output"): [f"{each.rows.output} × {each.columns.output}" for each in fields],
        },
        hide_index=True,
    )
    st.caption(
        _(
            "r: pixels that one unit sees. j: pixels from one unit to the next. Start: centre of the first unit’s "
            "field; 0 is the centre of the first pixel. Each layer adds (k − 1)·d·j to r and multiplies j by "
            "its stride."
        )
        + " "
        + _("Source: {source}").format(source="Araujo, Norris, Sim, Distill 2019, doi 10.23915/distill.00021")
    )


def _both(rows: str, columns: str) -> str:
    return rows if rows == columns else f"{rows} × {columns}"


# ---- proving


@dataclass(frozen=True)
class _Proof:
    """For one unit: the field inside the picture, what its windows reach of it, and where gradients were found."""

    unit: tuple[int, int]
    expected: Region | None
    reached: Region | None
    found: Region | None


def _confirmation(settings: Settings) -> None:
    key, text = f"{settings.page}/proved stack", write_stack(settings["stack"])

    @to_the_end
    def ask() -> None:
        st.session_state[key] = text

    st.button(_("Confirm with gradients"), key=f"{key}/button", on_click=ask, icon=":material/fact_check:")
    if st.session_state.get(key) != text:
        st.caption(
            _("Builds these layers in PyTorch and looks which pixels have a gradient. The first time takes seconds.")
        )
        return
    try:
        with st.spinner(_("Computing gradients in PyTorch")):
            proofs = _proofs(text)
    except CnnvizError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    _verdict(proofs)


@st.cache_data(max_entries=64, show_spinner=False)
def _proofs(text: str) -> list[_Proof]:
    """The first, the middle and the last unit of the last layer."""
    layers = read_stack(text)
    last = field(layers, PICTURE_SIZE)[-1]
    rows, columns = (along.output or 1 for along in (last.rows, last.columns))
    units = dict.fromkeys([(0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1)])
    size = (PICTURE_SIZE, PICTURE_SIZE)
    return [
        _Proof(
            unit,
            inside(region(last, *unit), size),
            reach(layers, size, unit),
            gradient_field.support(layers, size, unit),
        )
        for unit in units
    ]


def _verdict(proofs: Sequence[_Proof]) -> None:
    if all(each.found == each.expected for each in proofs):
        st.success(_("Confirmed: the pixels with a gradient are exactly the calculated field inside the picture."))
    elif all(each.found == each.reached for each in proofs):
        st.info(
            _(
                "Confirmed, with less at the edge: there, some windows read only padding, or a stride or dilation "
                "skips the outermost pixels. Calculated window by window, the result is the same."
            )
        )
    else:
        st.error(_("Not confirmed: gradients and calculation differ. This is our mistake."))
    st.table(
        {
            _("Unit"): [f"({each.unit[0]}, {each.unit[1]})" for each in proofs],
            _("Calculated"): [_place(each.expected) for each in proofs],
            _("Found by gradients"): [_place(each.found) for each in proofs],
        },
        hide_index=True,
    )


def _place(where: Region | None) -> str:
    if where is None:
        return _("padding only")
    return _("rows {top}–{bottom}, columns {left}–{right}").format(**where._asdict())

"""What excites a unit in the visitor's own picture: the places that do it most, and the pixels that one depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution.receptive_field import Region
from cnnviz.engine import FieldJob
from cnnviz.networks.top_places import top_places
from pages.common.language import _, ngettext
from pages.common.map_strips import short_number
from pages.common.maps_excite_unit import Unit
from pages.common.maps_looked import Looked
from pages.common.overlay import Box, Panel, overlay
from pages.common.percent import percent
from pages.common.small_figures import figure
from pages.common.work import awaited

if TYPE_CHECKING:
    from cnnviz.networks.effective_field import EffectiveField

__all__ = ["cut_out", "effective", "places"]

_COUNT = 5
_WIDTH = 72  # pixels of a place
_OUTSIDE = 0.5  # grey, where a field leaves the picture


def places(looked: Looked, unit: Unit) -> None:
    """Cut out what the most active places see."""
    st.markdown("**" + _("What excites it in your picture") + "**")
    field, size = unit.layer.field, looked.seen.shape[:2]
    if unit.at is None:
        st.caption(
            _("It sees the whole picture; its activation is {value}.").format(value=short_number(unit.map.item()))
        )
        return
    if field is None or (field.rows.size >= size[0] and field.columns.size >= size[1]):
        words = _("Each place sees the whole picture; the largest activation is {value}.")
        st.caption(words.format(value=short_number(float(unit.map.max()))))
        return
    found = top_places(unit.map, field, _COUNT)
    if not found:
        st.caption(_("Nothing: the channel is nowhere above zero here."))
        return
    with st.container(horizontal=True, gap="small", key="maps-excite-places"):
        for place in found:
            region = Region(*field.rows.span(place.row), *field.columns.span(place.column))
            alt = _("row {row}, column {column}").format(row=place.row + 1, column=place.column + 1)
            with st.container(width=_WIDTH):
                st.html(figure(cut_out(looked.seen, region), _WIDTH, short_number(place.value), alt))
    st.caption(
        _("Each is {rows}×{columns} pixels, what one place sees; below, its activation.").format(
            rows=field.rows.size, columns=field.columns.size
        )
    )


def cut_out(seen: NDArray[np.float32], region: Region) -> NDArray[np.float32]:
    """A rectangle of a picture (H, W, C); what lies outside of the picture is grey."""
    rows, columns = region.bottom - region.top + 1, region.right - region.left + 1
    cut = np.full((rows, columns, seen.shape[2]), _OUTSIDE, np.float32)
    top, left = max(region.top, 0), max(region.left, 0)
    inner = seen[top : region.bottom + 1, left : region.right + 1]
    down, right = top - region.top, left - region.left
    cut[down : down + inner.shape[0], right : right + inner.shape[1]] = inner
    return cut


def effective(looked: Looked, unit: Unit) -> None:
    """Draw the pixels that one activation depends on, with the field that the arithmetic of the layers allows."""
    st.markdown("**" + _("The pixels that one activation depends on") + "**")
    job = FieldJob(looked.model, looked.image, unit.layer.name, unit.channel, unit.at)
    found = awaited("maps/excite/field", job, _("Following the gradient"))
    if found is None:
        return
    size = looked.seen.shape[0], looked.seen.shape[1]
    boxes = _boxes(found)
    alt = " ".join([_size_words(found, size), *(box.text for box in boxes)])
    panel = Panel(_unit_words(unit, found), alt, found.values, None, boxes)
    overlay("maps/excite/overlay", looked.seen, [panel], False)
    if not found.values.any():
        st.info(_("No pixel changes this number: it lies behind a ReLU that is shut."))
        return
    st.caption(f"{_size_words(found, size)} {_source()}")


def _unit_words(unit: Unit, found: EffectiveField) -> str:
    if unit.at is None:
        return _("activation {value}").format(value=short_number(found.activation))
    words = _("row {row}, column {column}: activation {value}")
    return words.format(row=unit.at[0] + 1, column=unit.at[1] + 1, value=short_number(found.activation))


def _boxes(found: EffectiveField) -> tuple[Box, ...]:
    boxes = []
    if found.support is not None:
        rows, columns = _extent(found.support)
        text = _("with any influence: {rows}×{columns} pixels").format(rows=rows, columns=columns)
        boxes.append(Box(found.support, "support", text))
    if found.theoretical is not None and found.visible is not None:
        rows, columns = _extent(found.theoretical)
        inside = _extent(found.visible)
        text = _("by the arithmetic of the layers: {rows}×{columns} pixels").format(rows=rows, columns=columns)
        if inside != (rows, columns):
            more = _("{rows}×{columns} of them inside of the picture").format(rows=inside[0], columns=inside[1])
            text = f"{text}, {more}"
        boxes.append(Box(found.theoretical, "theoretical", text))
    return tuple(boxes)


def _extent(region: Region) -> tuple[int, int]:
    return region.bottom - region.top + 1, region.right - region.left + 1


def _size_words(found: EffectiveField, size: tuple[int, int]) -> str:
    share, threshold = percent(found.pixels / (size[0] * size[1])), percent(found.threshold, 2)
    return ngettext(
        "{count} pixel counts, {share} of the picture: above {threshold} of the largest derivative.",
        "{count} pixels count, {share} of the picture: above {threshold} of the largest derivative.",
        found.pixels,
    ).format(count=f"{found.pixels:,}", share=share, threshold=threshold)


def _source() -> str:
    return _("Luo et al., NeurIPS 2016, arXiv 1701.04128: influence is strong in the middle and fades to the edge.")

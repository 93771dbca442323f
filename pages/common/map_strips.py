"""Maps of a few channels in rows under each other, all on one printed scale: before, after, difference."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import encode
from cnnviz.figures.colours import MIDDLE, diverging
from cnnviz.figures.display import display_signed
from cnnviz.figures.tiles import block_mean
from pages.common.language import _

__all__ = ["ACROSS", "SCALES", "Block", "Group", "Maps", "as_maps", "extent", "short_number", "strips"]

Maps = NDArray[np.float32]

ACROSS = 8
"""Channels side by side."""

SCALES = ("step", "all", "row")
"""What the colours are shared by: all rows of a step, all steps, or each row alone."""

_LARGEST = 112  # pixels of a tile; the browser enlarges smaller ones without smoothing


@dataclass(frozen=True, eq=False)
class Group:
    """The same channels in several rows.

    Attributes:
        channels: from 0, at most `ACROSS`.
        rows: what a row is called, and its maps (C, H, W).
        notes: a short text for each channel; may be empty.
    """

    channels: Sequence[int]
    rows: Sequence[tuple[str, Maps]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """What is shown of one step, or of two that are compared: a title, and groups of rows."""

    title: str
    groups: Sequence[Group]


def as_maps(values: Maps) -> Maps:
    """(C, H, W); a vector (F,) becomes maps of one place."""
    return values if values.ndim == 3 else values.reshape(len(values), 1, -1)


def extent(blocks: Sequence[Block]) -> float:
    """The largest absolute number that is shown: the end of a common scale; 0 when there is none."""
    return max((_largest(group, maps) for each in blocks for group in each.groups for _, maps in group.rows), default=0)


def _largest(group: Group, maps: Maps) -> float:
    shown = np.abs(maps[list(group.channels)])
    finite = shown[np.isfinite(shown)]
    return float(finite.max()) if finite.size else 0.0


def strips(blocks: Sequence[Block], scale: str = SCALES[0]) -> str:
    """HTML of all blocks with their scales, in the visitor's language.

    Args:
        blocks: what is shown.
        scale: one of `SCALES`.
    """
    common = extent(blocks) if scale == "all" else None
    shown = "".join(_block(each, scale, common) for each in blocks)
    bar = "" if common is None else _bar(common, _("One scale for all"))
    return f'{_STYLE}<div class="map-strips">{bar}{shown}</div>'


def short_number(value: float) -> str:
    """Three digits: 0.0123, 12.3, 1.2e+05; with a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _bar(scale: float, text: str) -> str:
    """The colours and the numbers at their ends."""
    stops = ", ".join(_hex(diverging()[place]) for place in np.linspace(0, 2 * MIDDLE, 9).astype(int))
    low, high, said = short_number(-scale), short_number(scale), html.escape(text)
    return (
        f'<p class="scale"><span>{low}</span><i style="background:linear-gradient(90deg,{stops})"></i>'
        f"<span>{high}</span><span>{said}</span></p>"
    )


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _block(block: Block, scale: str, common: float | None) -> str:
    own = extent([block]) if scale == "step" else common
    bar = _bar(own, _("One scale for these rows")) if scale == "step" and own is not None else ""
    groups = "".join(_group(each, own) for each in block.groups)
    return f"<section><h6>{html.escape(block.title)}</h6>{bar}{groups}</section>"


def _group(group: Group, scale: float | None) -> str:
    notes = group.notes or [""] * len(group.channels)
    heads = "".join(
        f"<b>{channel}<small>{html.escape(note)}</small></b>"
        for channel, note in zip(group.channels, notes, strict=True)
    )
    head = html.escape(_("channel"))
    rows = "".join(_row(label, maps, group, scale) for label, maps in group.rows)
    return f'<div class="maps"><span class="head">{head}</span>{heads}{rows}</div>'


def _row(label: str, maps: Maps, group: Group, common: float | None) -> str:
    scale = _largest(group, maps) if common is None else common
    told = "" if common is not None else f"<small>±{short_number(scale)}</small>"
    tiles = "".join(_tile(label, maps[channel], channel, scale) for channel in group.channels)
    return f"<span>{html.escape(label)}{told}</span>{tiles}"


def _tile(label: str, values: Maps, channel: int, scale: float) -> str:
    known = np.nan_to_num(values, posinf=scale, neginf=-scale)
    reduced = block_mean(known[None], -(-max(known.shape) // _LARGEST))[0]
    data = base64.b64encode(encode.png(display_signed(reduced, scale).rgb)).decode()
    low, high = short_number(float(known.min())), short_number(float(known.max()))
    name = _("{row}, channel {channel}: {low} … {high}").format(row=label, channel=channel, low=low, high=high)
    rows, columns = values.shape
    text = html.escape(name, quote=True)
    style = f"aspect-ratio:{columns}/{rows}"
    return f'<img alt="{text}" title="{text}" style="{style}" src="data:image/png;base64,{data}">'


_STYLE = f"""<style>
.map-strips {{ overflow-x: auto; }}
.map-strips .scale {{ display: flex; gap: .5rem; align-items: center; margin: 0 0 .3rem; font-size: .9rem;
  flex-wrap: wrap; }}
.map-strips .scale i {{ width: 9rem; height: .8rem; border: 1px solid #8888; }}
.map-strips h6 {{ margin: .5rem 0 .1rem; padding: 0; font-size: 1rem; }}
.map-strips .maps {{ display: grid; grid-template-columns: 6.5rem repeat({ACROSS}, minmax(2.4rem, 6rem));
  gap: 3px 6px; align-items: center; min-width: 30rem; margin-bottom: .4rem; }}
.map-strips .maps > span {{ grid-column: 1; font-size: .9rem; line-height: 1.1; }}
.map-strips .maps > b {{ text-align: center; font-size: .85rem; line-height: 1.1; }}
.map-strips .maps small {{ display: block; font-weight: 400; }}
.map-strips img {{ width: 100%; max-height: 6rem; image-rendering: pixelated; outline: 1px solid #8884;
  outline-offset: -1px; }}
</style>"""

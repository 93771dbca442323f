"""Maps of a few channels in rows under each other, on printed scales: before, after, difference."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import encode, map_sheets
from cnnviz.figures.colours import diverging, sequential
from cnnviz.figures.display import display_signed
from cnnviz.figures.tiles import block_mean
from pages.common.language import _

__all__ = ["ACROSS", "SCALES", "Block", "Group", "Maps", "Row", "as_maps", "short_number", "strips"]

Maps = NDArray[np.float32]

ACROSS = 8
"""Channels side by side."""

SCALES = ("step", "all", "row")
"""What the colours are shared by: all rows of a step, all steps, or each row alone."""

_LARGEST = 112  # pixels of a tile; the browser enlarges smaller ones without smoothing
_STOPS = 9  # colours of a printed scale; the browser mixes those between


@dataclass(frozen=True, eq=False)
class Row:
    """Maps under one name.

    Attributes:
        label: what they are called.
        maps: (C, H, W).
        difference: of two others. It is signed whatever its numbers are: where nothing changed, it has no colour.
    """

    label: str
    maps: Maps
    difference: bool = False


@dataclass(frozen=True, eq=False)
class Group:
    """The same channels in several rows.

    Attributes:
        channels: from 0, at most `ACROSS`.
        rows: of maps with these channels.
        notes: a short text for each channel; may be empty.
    """

    channels: Sequence[int]
    rows: Sequence[Row]
    notes: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """What is shown of one step, or of two that are compared: a title, a text below it, and groups of rows."""

    title: str
    groups: Sequence[Group]
    text: str = ""


@dataclass(frozen=True)
class _Scale:
    """The colours of numbers up to `end`: from −`end` where they are signed, else from 0."""

    end: float
    signed: bool

    @property
    def ends(self) -> tuple[str, str]:
        return short_number(-self.end) if self.signed and self.end else "0", short_number(self.end)

    def rgb(self, values: Maps) -> NDArray[np.uint8]:
        if self.signed:
            return display_signed(values, self.end).rgb
        return map_sheets.Scale(0.0, self.end).colours(values)

    def bar(self) -> str:
        """The colours and the numbers at their ends."""
        palette, (low, high) = diverging() if self.signed else sequential(), self.ends
        places = np.linspace(0, len(palette) - 1, _STOPS).round().astype(int)
        stops = ", ".join(_hex(palette[place]) for place in places)
        return f'<span>{low}</span><i style="background:linear-gradient(90deg,{stops})"></i><span>{high}</span>'


@dataclass(frozen=True)
class _Scales:
    """What rows share: one end; the maps' sign decides about their colours, differences are signed.

    Attributes:
        end: the largest absolute number of the channels that are shown; 0 when there is none.
        signed: whether a map has a negative number, in whatever channel: all pages of a step have the same colours.
    """

    end: float
    signed: bool

    def of(self, row: Row) -> _Scale:
        return _Scale(self.end, self.signed or row.difference)


def as_maps(values: Maps) -> Maps:
    """(C, H, W); a vector (F,) becomes maps of one place."""
    return values if values.ndim == 3 else values.reshape(len(values), 1, -1)


def strips(blocks: Sequence[Block], scale: str = SCALES[0]) -> str:
    """HTML of all blocks with their scales, in the visitor's language.

    Args:
        blocks: what is shown.
        scale: one of `SCALES`.
    """
    groups = [group for each in blocks for group in each.groups]
    common = _scales(_rows(groups)) if scale == "all" else None
    bars = "" if common is None else _bars(common, groups, everything=True)
    shown = "".join(_block(each, scale, common) for each in blocks)
    return f'{_STYLE}<div class="map-strips">{bars}{shown}</div>'


def short_number(value: float) -> str:
    """Three digits: 0.0123, 12.3, 1.2e+05; with a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _rows(groups: Iterable[Group]) -> list[tuple[Group, Row]]:
    return [(group, row) for group in groups for row in group.rows]


def _scales(rows: Iterable[tuple[Group, Row]]) -> _Scales:
    end, signed = 0.0, False
    for group, row in rows:
        shown = np.abs(row.maps[list(group.channels)])
        end = max(end, float(shown.max(where=np.isfinite(shown), initial=0)))
        signed = signed or (not row.difference and bool((row.maps < 0).any()))
    return _Scales(end, signed)


def _bars(scales: _Scales, groups: Sequence[Group], *, everything: bool) -> str:
    """The scale that these rows share; where maps and differences have other colours, both."""
    kinds = {scales.of(row) for _group, row in _rows(groups)}
    if len(kinds) < 2:
        texts = [_("One scale for all") if everything else _("One scale for these rows")]
    elif everything:
        texts = [_("One scale for all maps"), _("for all differences")]
    else:
        texts = [_("One scale for these maps"), _("for their difference")]
    bars = zip(sorted(kinds, key=lambda each: each.signed), texts, strict=False)  # no rows have no scale
    shown = (f'<span class="scale">{each.bar()}<span>{html.escape(text)}</span></span>' for each, text in bars)
    return f'<p class="scales">{"".join(shown)}</p>'


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _block(block: Block, scale: str, common: _Scales | None) -> str:
    shared = _scales(_rows(block.groups)) if scale == "step" else common
    bars = _bars(shared, block.groups, everything=False) if scale == "step" and shared is not None else ""
    text = f"<p>{html.escape(block.text)}</p>" if block.text else ""
    groups = "".join(_group(each, shared) for each in block.groups)
    return f"<section><h6>{html.escape(block.title)}</h6>{text}{bars}{groups}</section>"


def _group(group: Group, shared: _Scales | None) -> str:
    notes = group.notes or [""] * len(group.channels)
    heads = "".join(
        f"<b>{channel}<small>{html.escape(note)}</small></b>"
        for channel, note in zip(group.channels, notes, strict=True)
    )
    head = html.escape(_("channel"))
    rows = "".join(_row(each, group, shared) for each in group.rows)
    return f'<div class="maps"><span class="head">{head}</span>{heads}{rows}</div>'


def _row(row: Row, group: Group, shared: _Scales | None) -> str:
    own = _scales([(group, row)]) if shared is None else shared
    scale = own.of(row)
    bar = f'<small class="scale">{scale.bar()}</small>' if shared is None else ""
    tiles = "".join(_tile(row.label, row.maps[channel], channel, scale) for channel in group.channels)
    return f"<span>{_breakable(row.label)}{bar}</span>{tiles}"


def _breakable(text: str) -> str:
    """A name such as conv4_x.2.activation, which may go on in another line behind a full stop."""
    return html.escape(text).replace(".", ".<wbr>")


def _tile(label: str, values: Maps, channel: int, scale: _Scale) -> str:
    known = np.nan_to_num(values, posinf=scale.end, neginf=-scale.end)
    reduced = block_mean(known[None], -(-max(known.shape) // _LARGEST))[0]
    data = base64.b64encode(encode.png(scale.rgb(reduced))).decode()
    low, high = short_number(float(known.min())), short_number(float(known.max()))
    name = _("{row}, channel {channel}: {low} … {high}").format(row=label, channel=channel, low=low, high=high)
    rows, columns = values.shape
    text = html.escape(name, quote=True)
    style = f"aspect-ratio:{columns}/{rows}"
    return f'<img alt="{text}" title="{text}" style="{style}" src="data:image/png;base64,{data}">'


# A phone has no room beside the maps: there, what a row is called stands above it.
_STYLE = f"""<style>
.map-strips {{ container-type: inline-size; }}
.map-strips .scales {{ display: flex; flex-wrap: wrap; gap: 0 2rem; margin: 0 0 .3rem; font-size: .9rem; }}
.map-strips .scale {{ display: flex; flex-wrap: wrap; gap: .2rem .5rem; align-items: center; }}
.map-strips .scale i {{ width: 9rem; height: .8rem; border: 1px solid #8888; }}
.map-strips small.scale {{ gap: .3rem; margin: .2rem 0 0; font-size: .8rem; }}
.map-strips small.scale i {{ width: 2.5rem; height: .6rem; }}
.map-strips h6 {{ margin: .5rem 0 .1rem; padding: 0; font-size: 1rem; overflow-wrap: anywhere; }}
.map-strips section > p:not(.scales) {{ margin: 0 0 .3rem; font-size: .9rem; }}
.map-strips .maps {{ display: grid; grid-template-columns: 9rem repeat({ACROSS}, minmax(0, 6rem)); gap: 3px 6px;
  align-items: center; margin-bottom: .4rem; }}
.map-strips .maps > span {{ grid-column: 1; font-size: .9rem; line-height: 1.1; overflow-wrap: anywhere; }}
.map-strips .maps > b {{ text-align: center; font-size: .85rem; line-height: 1.1; overflow-wrap: anywhere; }}
.map-strips .maps b small {{ display: block; font-weight: 400; }}
.map-strips img {{ width: 100%; max-height: 6rem; image-rendering: pixelated; outline: 1px solid #8884;
  outline-offset: -1px; }}
@container (max-width: 36rem) {{
  .map-strips .maps {{ grid-template-columns: repeat({ACROSS}, minmax(0, 1fr)); gap: 3px; }}
  .map-strips .maps > span {{ grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 .7rem; align-items: center;
    margin-top: .15rem; }}
  .map-strips .maps > span small.scale {{ margin: 0; }}
  .map-strips .scales i {{ width: 5rem; }}
  .map-strips .maps b small {{ font-size: .7rem; }}
}}
</style>"""

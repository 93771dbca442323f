"""Masks as text that an address carries unchanged, read back from anybody.

"s0.02e0.01p0.1x-0.2p0.12x-0.19_r0.1t0.2_w45b20": a stroke with radius, soft edge and points (row x column), a ring
from 0.1 to 0.2, a wedge around 45 degrees; "i_" in front inverts.
"""

from __future__ import annotations

import re

from cnnviz.convolution.frequency.editing import MOST_POINTS, MOST_REGIONS, Mask, Region, Ring, Stroke, Wedge
from cnnviz.errors import ParameterError

__all__ = ["LONGEST_TEXT", "read_mask", "write_mask"]

LONGEST_TEXT = 20_000
_DECIMALS = 4
_INVERTED = "i"

_NUMBER = r"(-?[0-9]{1,3}(?:\.[0-9]{1,4})?)"
_SOFT = rf"(?:e{_NUMBER})?"
_POINT = re.compile(rf"p{_NUMBER}x{_NUMBER}")
_STROKE = re.compile(rf"s{_NUMBER}{_SOFT}((?:p[-0-9.x]{{3,18}}){{1,{MOST_POINTS}}})")
_RING = re.compile(rf"r{_NUMBER}t{_NUMBER}{_SOFT}")
_WEDGE = re.compile(rf"w{_NUMBER}b{_NUMBER}")


def write_mask(mask: Mask) -> str:
    """Write a mask, its numbers rounded to four decimals; a mask without regions is "" or "i"."""
    parts = [_INVERTED] * mask.inverted + [_write(region) for region in mask.regions]
    return "_".join(parts)


def _write(region: Region) -> str:
    match region:
        case Stroke():
            points = "".join(f"p{_number(row)}x{_number(column)}" for row, column in region.points)
            return f"s{_number(region.radius)}{_soft(region.soft)}{points}"
        case Ring():
            return f"r{_number(region.low)}t{_number(region.high)}{_soft(region.soft)}"
        case Wedge():
            return f"w{_number(region.angle)}b{_number(region.width)}"


def _soft(width: float) -> str:
    return f"e{_number(width)}" if round(width, _DECIMALS) else ""


def _number(value: float) -> str:
    # Adding zero turns the -0.0 of a rounded small number into 0.0.
    return f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def read_mask(text: str) -> Mask:
    """Read a mask that `write_mask` wrote; the text may come from anybody.

    Raises:
        ParameterError: when it is no mask, too long, or a number is out of its range.
    """
    if len(text) > LONGEST_TEXT:
        raise ParameterError("mask", f"{len(text)}", f"≤ {LONGEST_TEXT}")
    parts = text.split("_") if text else []
    inverted = parts[:1] == [_INVERTED]
    parts = parts[1:] if inverted else parts
    if len(parts) > MOST_REGIONS:
        raise ParameterError("regions", len(parts), f"0 … {MOST_REGIONS}")
    return Mask(tuple(_read(part) for part in parts), inverted)


def _read(text: str) -> Region:
    if found := _STROKE.fullmatch(text):
        return Stroke(_read_points(found[3]), float(found[1]), float(found[2] or 0))
    if found := _RING.fullmatch(text):
        return Ring(float(found[1]), float(found[2]), float(found[3] or 0))
    if found := _WEDGE.fullmatch(text):
        return Wedge(float(found[1]), float(found[2]))
    raise ParameterError("region", text[:40], "s0.02p0.1x0.2, r0.1t0.2, w45b20")


def _read_points(text: str) -> tuple[tuple[float, float], ...]:
    points = [_POINT.fullmatch("p" + part) for part in text.split("p")[1:]]
    if not all(points):
        raise ParameterError("points", text[:40], "p0.1x-0.2p0.12x-0.19")
    return tuple((float(point[1]), float(point[2])) for point in points if point)

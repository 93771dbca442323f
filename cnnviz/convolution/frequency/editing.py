"""Editing a spectrum by hand: paint, rings and wedges choose frequencies, and the picture shows what they were for.

A selection is 1 where a frequency is chosen, 0 where not, with anything between at soft edges. It always holds f and
-f alike, because only so the picture stays real. Frequencies are in cycles per pixel, (row, column), and repeat with
period 1: paint at the edge of the spectrum goes on at the opposite one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.checks import Pair, Picture
from cnnviz.convolution.frequency.design import apply, checked_transfer
from cnnviz.convolution.frequency.grid import (
    ROUNDING,
    Array,
    checked_grid,
    checked_picture,
    contrast_energy,
    frequencies,
    mirrored,
    radius,
)
from cnnviz.convolution.frequency.response import axis
from cnnviz.convolution.frequency.spectrum import Spectrum as Transformed
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.errors import ParameterError, WorkError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "MODES",
    "MOST_POINTS",
    "MOST_REGIONS",
    "PARAMETERS",
    "Edited",
    "Mask",
    "Mode",
    "Point",
    "Region",
    "Ring",
    "Stroke",
    "Wedge",
    "edit",
    "gains",
]

Point = tuple[float, float]
Mode = Literal["remove", "keep"]
MODES: Mapping[Mode, str] = {
    "remove": N_("Remove what is chosen"),
    "keep": N_("Keep only what is chosen"),
}

MOST_REGIONS = 32
MOST_POINTS = 1000  # of all strokes of a mask
_MOST_CELLS = 2**25  # that all pieces of a mask's strokes look at: about a second and a half

_CYCLES, _DEGREES = N_("cycles per pixel"), N_("degrees")
PARAMETERS: Mapping[str, Parameter] = {
    each.name: each
    for each in (
        Parameter("row", N_("Row frequency"), 0.0, -0.5, 0.5, 0.005, _CYCLES),
        Parameter("column", N_("Column frequency"), 0.0, -0.5, 0.5, 0.005, _CYCLES),
        Parameter("radius", N_("Radius of the brush"), 0.02, 0.001, 0.25, 0.001, _CYCLES),
        Parameter("soft", N_("Soft edge"), 0.0, 0.0, 0.25, 0.005, _CYCLES),
        Parameter("low", N_("Inner radius"), 0.1, 0.0, 0.71, 0.005, _CYCLES),
        Parameter("high", N_("Outer radius"), 0.2, 0.0, 0.71, 0.005, _CYCLES),
        Parameter("angle", N_("Direction"), 0.0, 0.0, 180.0, 1.0, _DEGREES),
        Parameter("width", N_("Opening"), 20.0, 0.1, 180.0, 1.0, _DEGREES),
    )
}


class _Checked:
    """Takes its numbers from outside: checks every field that is a parameter, and stores it as a plain number."""

    def _check(self, *names: str) -> None:
        for name in names:
            object.__setattr__(self, name, PARAMETERS[name].check(getattr(self, name)))


@dataclass(frozen=True)
class Stroke(_Checked):
    """What a round brush covers that is drawn along `points`.

    Attributes:
        points: 1 to 1000 frequencies (row, column), each -0.5 to 0.5; neighbours are joined by straight lines.
        radius: of the brush, 0.001 to 0.25.
        soft: width of the edge around it, 0 to 0.25, over which the selection falls to 0 as a raised cosine.

    Raises:
        ParameterError: when one of them is not legal.
    """

    points: tuple[Point, ...]
    radius: float = 0.02
    soft: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers, which may come from a browser."""
        self._check("radius", "soft")
        object.__setattr__(self, "points", _checked_points(self.points))

    def selection(self, grid: Pair) -> Array:
        """Cover every frequency near enough to a piece of the line, and its mirror image."""
        nearest: Array = np.full(grid, np.inf)
        lines = axis(grid[0]), axis(grid[1])
        for (start, end), box in self._pieces(lines):
            rows, columns = lines[0][box[0], np.newaxis], lines[1][box[1]]
            np.minimum(nearest[box], _distance(rows, columns, start, end), out=nearest[box])
        return _even(_edge(nearest - self.radius, self.soft))

    def cells(self, grid: Pair) -> int:
        """Frequencies that are looked at to cover it: how much work it is."""
        boxes = (box for _, box in self._pieces((axis(grid[0]), axis(grid[1]))))
        return sum((down.stop - down.start) * (right.stop - right.start) for down, right in boxes)

    def _pieces(self, lines: tuple[Array, Array]) -> Iterator[tuple[tuple[Point, Point], tuple[slice, slice]]]:
        """Every straight piece, with the part of the grid it can reach; also as it comes back at the other edge."""
        ends = list(pairwise(self.points)) or [(self.points[0], self.points[0])]
        reach = self.radius + self.soft + ROUNDING
        for (start, end), (down, right) in product(ends, product((-1, 0, 1), repeat=2)):
            first, last = (start[0] + down, start[1] + right), (end[0] + down, end[1] + right)
            box = _box(lines[0], first[0], last[0], reach), _box(lines[1], first[1], last[1], reach)
            if box[0].start < box[0].stop and box[1].start < box[1].stop:
                yield (first, last), box


@dataclass(frozen=True)
class Ring(_Checked):
    """All frequencies of a range, in every direction: `low` ≤ |f| ≤ `high`.

    Attributes:
        low: 0 to 0.71; at 0 the mean belongs to it.
        high: `low` to 0.71.
        soft: width of the edges outside of it, 0 to 0.25.

    Raises:
        ParameterError: when one of them is not legal.
    """

    low: float
    high: float
    soft: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._check("low", "high", "soft")
        if self.high < self.low:
            raise ParameterError("high", self.high, f"{self.low:g} … 0.71")

    def selection(self, grid: Pair) -> Array:
        """Measure how far each frequency is outside."""
        distances = radius(grid)
        return _edge(np.maximum(self.low - distances, distances - self.high), self.soft)


@dataclass(frozen=True)
class Wedge(_Checked):
    """All waves of a range of directions, without the mean, which has none.

    Attributes:
        angle: the middle, 0 to 180 degrees: 0 is a wave along the columns (upright stripes), 90 down the rows.
        width: the opening, 0.1 to 180 degrees.

    Raises:
        ParameterError: when one of them is not legal.
    """

    angle: float
    width: float = 20.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._check("angle", "width")

    def selection(self, grid: Pair) -> Array:
        """Compare directions; a wave right at -0.5 runs both ways and belongs where either belongs."""
        rows, columns = frequencies(grid)
        turned = (np.rad2deg(np.arctan2(rows, columns)) - self.angle + 90.0) % 180.0 - 90.0
        inside = (np.abs(turned) <= self.width / 2 + 1e-9) & (radius(grid) > 0)
        return _even(inside.astype(np.float64))


Region = Stroke | Ring | Wedge


@dataclass(frozen=True)
class Mask:
    """Regions together: chosen is what lies in any of them, or with `inverted` what lies in none.

    Attributes:
        regions: at most 32, with at most 1000 points.
        inverted: whether everything else is chosen instead.

    Raises:
        ParameterError: when there are too many, or one is no region.
    """

    regions: tuple[Region, ...] = ()
    inverted: bool = False

    def __post_init__(self) -> None:
        """Check the numbers of regions and points."""
        object.__setattr__(self, "regions", tuple(self.regions))
        if len(self.regions) > MOST_REGIONS:
            raise ParameterError("regions", len(self.regions), f"0 … {MOST_REGIONS}")
        for region in self.regions:
            if not isinstance(region, Region):
                raise ParameterError("regions", type(region).__name__, "Stroke, Ring, Wedge")
        points = sum(len(each.points) for each in self.regions if isinstance(each, Stroke))
        if points > MOST_POINTS:
            raise ParameterError("points", points, f"0 … {MOST_POINTS}")

    def selection(self, size: int | Pair) -> Array:
        """How much of each frequency is chosen: float64 (rows, columns), 0 to 1, zero in the middle, even.

        Raises:
            ParameterError: when `size` is not 1 to 2048 in each side.
            WorkError: when the strokes would take too long.
        """
        grid = checked_grid(size)
        if sum(each.cells(grid) for each in self.regions if isinstance(each, Stroke)) > _MOST_CELLS:
            raise WorkError(N_("These strokes are too long and too wide to be painted; draw with a smaller brush."))
        chosen: Array = np.zeros(grid)
        for region in self.regions:
            np.maximum(chosen, region.selection(grid), out=chosen)
        return 1.0 - chosen if self.inverted else chosen


@dataclass(frozen=True, eq=False)
class Edited:
    """A picture whose spectrum was edited.

    Attributes:
        pixels: float32, the shape of the picture; nothing is clipped.
        transfer: float64 (H, W), what each frequency was multiplied by.
        removed: share of the picture's energy, its mean left out, that is gone: 0 to 1.
    """

    pixels: Picture
    transfer: Array
    removed: float


def edit(
    picture: Transformed | ArrayLike, selection: ArrayLike, mode: str = "remove", keep_mean: bool = True
) -> Edited:
    """Remove the chosen frequencies from a picture, or all others; the picture is taken as periodic.

    Args:
        picture: (H, W) or (H, W, C), at most 2048 in a side, or what `spectrum.transform` made of it, which saves a
            transform.
        selection: (H, W), 0 to 1, zero frequency in the middle, equal at f and -f, as `Mask.selection` gives it.
        mode: a key of `MODES`.
        keep_mean: leave zero frequency alone, so that the picture keeps its brightness.

    Raises:
        ParameterError: when an argument is something else.
    """
    whole = picture if isinstance(picture, Transformed) else transform(checked_picture(picture))
    chosen = checked_transfer(selection, whole.size)
    if chosen.min() < 0 or chosen.max() > 1:
        raise ParameterError("selection", f"{chosen.min():g} … {chosen.max():g}", "0 … 1")
    transfer = gains(chosen, mode, keep_mean)
    return Edited(apply(whole, transfer), transfer, _removed(contrast_energy(whole.magnitude), transfer))


def gains(selection: Array, mode: str = "remove", keep_mean: bool = True) -> Array:
    """What each frequency is multiplied by when the chosen ones, or all others, are removed.

    Raises:
        ParameterError: when `mode` is no key of `MODES`.
    """
    if mode not in MODES:
        raise ParameterError("mode", str(mode)[:40], ", ".join(get_args(Mode)))
    transfer = 1.0 - selection if mode == "remove" else selection.copy()
    if keep_mean:
        transfer[selection.shape[0] // 2, selection.shape[1] // 2] = 1.0
    return transfer


def _removed(energy: Array, transfer: Array) -> float:
    total = float(energy.sum())
    return max(0.0, float((energy * (1.0 - transfer**2)).sum()) / total) if total > 0 else 0.0


def _edge(outside: Array, soft: float) -> Array:
    """1 where nothing is outside, 0 from `soft` outside on, a raised cosine between."""
    if soft == 0:
        return (outside <= ROUNDING).astype(np.float64)
    return np.asarray((1.0 + np.cos(np.pi * np.clip(outside / soft, 0.0, 1.0))) / 2, np.float64)


def _even(selection: Array) -> Array:
    return np.asarray(np.maximum(selection, mirrored(selection)), np.float64)


def _box(line: Array, first: float, last: float, reach: float) -> slice:
    """The part of an ascending axis within `reach` of the span from `first` to `last`."""
    low, high = min(first, last) - reach, max(first, last) + reach
    return slice(int(np.searchsorted(line, low)), int(np.searchsorted(line, high, side="right")))


def _distance(rows: Array, columns: Array, start: Point, end: Point) -> Array:
    """Distance of every (row, column) from the straight line between two points."""
    down, right = end[0] - start[0], end[1] - start[1]
    length = down**2 + right**2
    along = ((rows - start[0]) * down + (columns - start[1]) * right) / length if length > 0 else np.zeros(1)
    place = np.clip(along, 0.0, 1.0)
    return np.asarray(np.hypot(rows - start[0] - place * down, columns - start[1] - place * right), np.float64)


def _checked_points(points: object) -> tuple[Point, ...]:
    if not isinstance(points, (tuple, list)) or not 1 <= len(points) <= MOST_POINTS:
        raise ParameterError("points", str(points)[:40], f"1 … {MOST_POINTS} x (row, column)")
    return tuple(_checked_point(point) for point in points)


def _checked_point(point: object) -> Point:
    if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 2:
        raise ParameterError("points", str(point)[:40], "(row, column)")
    return float(PARAMETERS["row"].check(point[0])), float(PARAMETERS["column"].check(point[1]))

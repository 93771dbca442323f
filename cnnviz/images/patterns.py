"""Test patterns whose every value follows from a formula.

Each pattern is one function that needs only NumPy, so that its source can be read, copied and run elsewhere.
Rows count downwards and columns to the right. Angles count from the direction of the columns (to the right)
towards the direction of the rows (downwards): 0 degrees points right, 90 degrees points down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnviz.errors import ParameterError
from cnnviz.images.image import Image
from cnnviz.images.reading import MAX_SIDE
from cnnviz.parameters import Parameter, resolve
from cnnviz.text import N_

__all__ = [
    "SIZE",
    "Pattern",
    "checkerboard",
    "get",
    "grating",
    "impulse",
    "make",
    "names",
    "step_edge",
    "zone_plate",
]


def impulse(rows: int, columns: int) -> np.ndarray:
    """Return black with one white pixel, at (rows // 2, columns // 2): a filter's answer is its kernel.

    Args:
        rows: height in pixels.
        columns: width in pixels.

    Returns:
        float32, shape (rows, columns), 0 or 1.
    """
    picture = np.zeros((rows, columns), dtype=np.float32)
    picture[rows // 2, columns // 2] = 1.0
    return picture


def step_edge(rows: int, columns: int, angle: float = 0.0) -> np.ndarray:
    """Return a straight edge through the middle of the picture, from black to white.

    value = clip(d + 1/2, 0, 1), where d = (x - xm) cos(angle) + (y - ym) sin(angle) is the distance in pixels
    from the edge; x is the column, y the row, and (ym, xm) = ((rows - 1) / 2, (columns - 1) / 2). So the ramp
    is one pixel wide.

    Args:
        rows: height in pixels.
        columns: width in pixels.
        angle: direction in which it gets brighter, in degrees: 0 to the right, 90 downwards.

    Returns:
        float32, shape (rows, columns), 0-1.
    """
    y, x = np.arange(rows)[:, np.newaxis], np.arange(columns)
    direction = np.deg2rad(angle)
    distance = (x - (columns - 1) / 2) * np.cos(direction) + (y - (rows - 1) / 2) * np.sin(direction)
    picture: np.ndarray = np.clip(distance + 0.5, 0.0, 1.0).astype(np.float32)
    return picture


def checkerboard(rows: int, columns: int, cell: int = 16) -> np.ndarray:
    """Return squares of black and white in turn; the one at the top left is black.

    value = (row // cell + column // cell) mod 2.

    Args:
        rows: height in pixels.
        columns: width in pixels.
        cell: side of a square in pixels.

    Returns:
        float32, shape (rows, columns), 0 or 1.
    """
    y, x = np.arange(rows)[:, np.newaxis], np.arange(columns)
    return ((y // cell + x // cell) % 2).astype(np.float32)


def grating(rows: int, columns: int, frequency: float = 0.05, angle: float = 0.0) -> np.ndarray:
    """Return waves of a single frequency and direction.

    value = 1/2 + 1/2 cos(2 pi frequency (x cos(angle) + y sin(angle))), where x and y are the column and the
    row counted from the pixel (rows // 2, columns // 2). Its spectrum has peaks at zero and at
    plus and minus (frequency sin(angle), frequency cos(angle)) along (rows, columns).

    Args:
        rows: height in pixels.
        columns: width in pixels.
        frequency: cycles per pixel; 0.5 is the highest that pixels can hold.
        angle: direction in which the waves run, in degrees: 0 to the right, 90 downwards.

    Returns:
        float32, shape (rows, columns), 0-1.
    """
    y, x = np.arange(rows)[:, np.newaxis], np.arange(columns)
    direction = np.deg2rad(angle)
    along = (x - columns // 2) * np.cos(direction) + (y - rows // 2) * np.sin(direction)
    picture: np.ndarray = (0.5 + 0.5 * np.cos(2 * np.pi * frequency * along)).astype(np.float32)
    return picture


def zone_plate(rows: int, columns: int, frequency: float = 0.5) -> np.ndarray:
    """Return rings whose frequency grows evenly from the middle outwards: all frequencies in one picture.

    value = 1/2 + 1/2 cos(pi k r^2) with k = frequency / R, where r is the distance in pixels from the pixel
    (rows // 2, columns // 2) and R = min(rows, columns) / 2. The local frequency is the
    derivative of k r^2 / 2, k r cycles per pixel: `frequency` where the rings touch the nearer border.

    Args:
        rows: height in pixels.
        columns: width in pixels.
        frequency: cycles per pixel at the distance R; beyond 0.5 false rings appear (aliasing).

    Returns:
        float32, shape (rows, columns), 0-1.
    """
    y, x = np.arange(rows)[:, np.newaxis], np.arange(columns)
    squared = (x - columns // 2) ** 2 + (y - rows // 2) ** 2
    growth = frequency / (min(rows, columns) / 2)
    picture: np.ndarray = (0.5 + 0.5 * np.cos(np.pi * growth * squared)).astype(np.float32)
    return picture


@dataclass(frozen=True)
class Pattern:
    """One test pattern.

    Attributes:
        key: how it is called in a link or a notebook.
        title: its name, marked with `N_`.
        good_for: what one can see with it, marked with `N_`.
        parameters: what `build` takes besides the size.
        build: (rows, columns, **parameters) -> float32 array of shape (rows, columns), 0-1.
    """

    key: str
    title: str
    good_for: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., np.ndarray]


def _angle() -> Parameter:
    return Parameter("angle", N_("Angle"), 0.0, -180.0, 180.0, 1.0, N_("degrees"))


_PATTERNS = (
    Pattern(
        "zone_plate",
        N_("Zone plate"),
        N_("All frequencies at once: see which of them a filter passes, and what stride turns them into."),
        (Parameter("frequency", N_("Highest frequency"), 0.5, 0.01, 1.0, 0.01, N_("cycles per pixel")),),
        zone_plate,
    ),
    Pattern(
        "step_edge",
        N_("Step edge"),
        N_("One edge of known direction: the answer of an edge filter, and how far a blur spreads it."),
        (_angle(),),
        step_edge,
    ),
    Pattern(
        "checkerboard",
        N_("Checkerboard"),
        N_("Edges and corners at regular distances: stride, pooling and dilation become countable."),
        (Parameter("cell", N_("Side of a square"), 16, 1, 256, 1, N_("pixels"), integer=True),),
        checkerboard,
    ),
    Pattern(
        "grating",
        N_("Sinusoidal grating"),
        N_("A single frequency: a linear filter only changes its contrast and shifts it."),
        (
            Parameter("frequency", N_("Frequency"), 0.05, 0.0, 0.5, 0.005, N_("cycles per pixel")),
            _angle(),
        ),
        grating,
    ),
    Pattern(
        "impulse",
        N_("Impulse"),
        N_("A single bright pixel: the picture that comes out is the kernel, turned by correlation."),
        (),
        impulse,
    ),
)
_BY_KEY = {pattern.key: pattern for pattern in _PATTERNS}
SIZE = (
    Parameter("rows", N_("Rows"), 256, 1, MAX_SIDE, 1, N_("pixels"), integer=True),
    Parameter("columns", N_("Columns"), 256, 1, MAX_SIDE, 1, N_("pixels"), integer=True),
)


def names() -> tuple[str, ...]:
    """The keys of all patterns, those that teach most first."""
    return tuple(_BY_KEY)


def get(key: str) -> Pattern:
    """Look up a pattern.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in _BY_KEY:
        raise ParameterError("pattern", key, ", ".join(_BY_KEY))
    return _BY_KEY[key]


def make(key: str, rows: int = 256, columns: int = 256, **parameters: float) -> Image:
    """Make a pattern as a picture, called by its key and rounded to 8 bits.

    Args:
        key: one of `names()`.
        rows: height in pixels, 1 to 2048.
        columns: width in pixels, 1 to 2048.
        **parameters: as listed in the pattern's `parameters`; defaults for those left out.

    Raises:
        ParameterError: when the key or a parameter is unknown, or a number is out of range.
    """
    pattern = get(key)
    size = resolve(SIZE, {"rows": rows, "columns": columns})
    picture = pattern.build(**size, **resolve(pattern.parameters, parameters))
    return Image.from_array(picture, key, is_photo=False)

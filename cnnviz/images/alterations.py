"""Changes of a picture that an answer should survive: moved, turned, mirrored, brighter, noisy; the same each time.

The first three move places and leave values: they can be done to a feature map as well, and a network whose maps move
with the picture is called equivariant (Cohen and Welling, "Group equivariant convolutional networks", ICML 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError
from cnnviz.images import noise
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = ["KINDS", "Alteration", "Kind", "flipped", "get", "names", "rotated", "shifted"]

Floats = NDArray[np.float32]
_SEED = 0
_MOST_PLANES = 4  # that OpenCV turns at once


def flipped(values: Floats) -> Floats:
    """Mirror (H, W, …) from left to right."""
    return values[:, ::-1]


def shifted(values: Floats, columns: int) -> Floats:
    """Move (H, W, …) to the right by so many columns, to the left where negative; the edge is repeated."""
    width = values.shape[1]
    return values[:, np.clip(np.arange(width) - columns, 0, width - 1)]


def rotated(values: Floats, degrees: float) -> Floats:
    """Turn (H, W) or (H, W, C) counter-clockwise about its centre, by linear interpolation; edges are mirrored."""
    rows, columns = values.shape[:2]
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    planes = np.ascontiguousarray(values.reshape(rows, columns, -1))
    turned = [
        cv2.warpAffine(
            planes[..., start : start + _MOST_PLANES],
            turn,
            (columns, rows),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ).reshape(rows, columns, -1)
        for start in range(0, planes.shape[2], _MOST_PLANES)
    ]
    return np.asarray(np.concatenate(turned, axis=2), np.float32).reshape(values.shape)


def _brighter(values: Floats, factor: float) -> Floats:
    return np.asarray(np.clip(values * factor, 0, 1), np.float32)


def _noisy(values: Floats, sigma: float) -> Floats:
    return np.asarray(noise.gaussian(values, sigma, _SEED), np.float32)


@dataclass(frozen=True)
class Kind:
    """One kind of change.

    Attributes:
        key: how it is called in a link or a notebook.
        title: its name, marked with `N_`.
        parameter: how much; None when there is nothing to choose.
        apply: (values (H, W, …), amount) -> values of the same shape.
        moves: it moves places and leaves values.
    """

    key: str
    title: str
    parameter: Parameter | None
    apply: Callable[[Floats, float], Floats]
    moves: bool


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        each.key: each
        for each in (
            Kind("flip", N_("Mirror"), None, lambda values, _: flipped(values), True),
            Kind(
                "shift",
                N_("Shift to the right"),
                Parameter("columns", N_("By"), 4, -64, 64, 1, N_("pixels"), integer=True),
                lambda values, columns: shifted(values, int(columns)),
                True,
            ),
            Kind(
                "rotation",
                N_("Turn to the left"),
                Parameter("degrees", N_("Angle"), 15, -180, 180, 5, "°"),
                rotated,
                True,
            ),
            Kind("brightness", N_("Brightness"), Parameter("factor", N_("Factor"), 1.3, 0, 3, 0.1), _brighter, False),
            Kind(
                "noise",
                N_("Gaussian noise"),
                Parameter("sigma", N_("Standard deviation"), 0.1, 0, 0.5, 0.01),
                _noisy,
                False,
            ),
        )
    }
)
"""All kinds of changes by their keys."""


def names() -> tuple[str, ...]:
    """The keys of all kinds."""
    return tuple(KINDS)


def get(key: str) -> Kind:
    """Look up a kind of change.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in KINDS:
        raise ParameterError("alteration", key[:40], ", ".join(KINDS))
    return KINDS[key]


@dataclass(frozen=True)
class Alteration:
    """A kind of change, and how much.

    Attributes:
        kind: a key of `KINDS`.
        amount: in the unit of the kind's parameter; 0 for a kind that has none.

    Raises:
        ParameterError: unknown kind, or an amount out of range.
    """

    kind: str
    amount: float = 0

    def __post_init__(self) -> None:
        """Check both."""
        parameter = get(self.kind).parameter
        object.__setattr__(self, "amount", parameter.check(self.amount) if parameter else 0)

    @property
    def moves(self) -> bool:
        """It moves places and leaves values."""
        return get(self.kind).moves

    def applied(self, values: Floats) -> Floats:
        """A changed copy of a picture (H, W, C) with values 0-1."""
        return np.ascontiguousarray(get(self.kind).apply(values, self.amount), np.float32)

    def followed(self, maps: Floats, jump: float = 1) -> Floats:
        """Maps (C, H, W) moved as the picture was: what an equivariant network would make of the moved picture.

        Args:
            maps: of the picture as it was.
            jump: pixels of the picture from one place of the maps to the next; a shift is rounded to whole places.

        Raises:
            ParameterError: for a kind that does not move places.
        """
        if not self.moves:
            raise ParameterError("alteration", self.kind, ", ".join(key for key, each in KINDS.items() if each.moves))
        amount = round(self.amount / jump) if self.kind == "shift" else self.amount
        moved = get(self.kind).apply(maps.transpose(1, 2, 0), amount)
        return np.ascontiguousarray(moved.transpose(2, 0, 1), np.float32)

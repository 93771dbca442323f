"""Numbers about the channels of one layer's maps, and all channels in three colours. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError

__all__ = ["ChannelStatistics", "principal_colours", "statistics"]

_LOW, _HIGH = 1, 99  # percentiles that become black and white: single places would leave the rest grey


@dataclass(frozen=True, eq=False)
class ChannelStatistics:
    """One number for every channel, in arrays of C.

    Attributes:
        minimum: the smallest activation.
        maximum: the largest activation.
        mean: of all places.
        variance: of all places, in units of the activation squared.
        zeros: share of places that are exactly zero, 0 … 1: the sparsity after a ReLU.
        dead: nowhere above zero. After a ReLU the channel says nothing about this picture.
        top: (C, 2), row and column of the largest activation; the first one in reading order.
    """

    minimum: NDArray[np.float32]
    maximum: NDArray[np.float32]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    zeros: NDArray[np.float64]
    dead: NDArray[np.bool_]
    top: NDArray[np.int64]


def statistics(maps: NDArray[np.float32]) -> ChannelStatistics:
    """Describe every channel of `maps`, (C, H, W).

    Raises:
        ParameterError: when `maps` has other than three axes, or is empty.
    """
    places = _flat(maps)
    top = np.unravel_index(places.argmax(axis=1), maps.shape[1:])
    maximum = places.max(axis=1)
    return ChannelStatistics(
        minimum=places.min(axis=1),
        maximum=maximum,
        mean=places.mean(axis=1, dtype=np.float64),
        variance=places.var(axis=1, dtype=np.float64),
        zeros=1 - np.count_nonzero(places, axis=1) / places.shape[1],
        dead=maximum <= 0,
        top=np.stack(top, axis=1),
    )


def principal_colours(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The three directions in which the channels vary most, as red, green and blue.

    Principal components (Pearson 1901): places are points in a space with an axis for every channel; red is the
    direction of their largest variance. A component has no sign of its own; here the channel that weighs most in it
    weighs positively. Each colour runs from its 1st to its 99th percentile.

    Args:
        maps: (C, H, W).

    Returns:
        (H, W, 3), 0 … 1. A component without variance, as the second and third of a single channel, is 0.5. What is
        infinite or NaN counts as 0.

    Raises:
        ParameterError: when `maps` has other than three axes, or is empty.
    """
    places = np.nan_to_num(_flat(maps).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    centred = places - places.mean(axis=1, keepdims=True)
    variances, components = _components(centred)
    colours = np.full((3, places.shape[1]), 0.5)
    for colour, variance, component in zip(colours, variances, components, strict=False):
        if variance > np.finfo(np.float32).eps ** 2 * variances[0]:
            weights = centred @ component  # of the channels in it, but for a factor
            colour[:] = _stretched(component * np.sign(weights[np.abs(weights).argmax()]))
    return colours.T.reshape(*maps.shape[1:], 3).astype(np.float32)


def _components(centred: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The three largest variances and, up to a factor, the places' values; by the smaller of the two products."""
    channels, places = centred.shape
    few = centred.T if places < channels else centred
    variances, directions = np.linalg.eigh(few @ few.T)
    variances, directions = variances[::-1][:3], directions.T[::-1][:3]
    return variances, directions if places < channels else directions @ centred


def _flat(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """(C, places)."""
    if maps.ndim != 3 or not maps.size:
        raise ParameterError("maps", maps.shape, "(C, H, W)")
    return maps.reshape(len(maps), -1)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.percentile(values, (_LOW, _HIGH))
    if high <= low:
        low, high = values.min(), values.max()
    stretched: NDArray[np.float64] = np.clip((values - low) / (high - low), 0, 1)
    return stretched

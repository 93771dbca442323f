"""Convolution seen as multiplication of spectra: which frequencies a kernel passes, and what that does to a picture.

Frequencies are in cycles per pixel, -0.5 to 0.5, the row frequency before the column frequency; zero is in the
middle of every array. Nothing here loads SciPy when it is imported.
"""

from cnnviz.convolution.frequency.response import (
    DECIBEL_FLOOR,
    MAX_SIZE,
    NEGLIGIBLE,
    OPERATIONS,
    ORIGINS,
    Operation,
    Origin,
    Response,
    at,
    axis,
    decibels,
    on_grid,
    phase,
    response,
)

__all__ = [
    "DECIBEL_FLOOR",
    "MAX_SIZE",
    "NEGLIGIBLE",
    "OPERATIONS",
    "ORIGINS",
    "Operation",
    "Origin",
    "Response",
    "at",
    "axis",
    "decibels",
    "on_grid",
    "phase",
    "response",
]

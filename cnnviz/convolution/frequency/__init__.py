"""Convolution seen as multiplication of spectra: which frequencies a kernel passes, and what that does to a picture.

- `response`, `at`: the frequency response of a kernel, on a grid or at single frequencies
- `section`, `radial_mean`: lines through it, and its mean over all directions
- `facts`: gains, -3 dB bands, kind of filter, phase
- `spectrum`: the spectrum of a picture
- `theorem`: filtering by spectra, and its comparison with filtering pixel by pixel
- `design`: filters drawn in frequency; `banks`, `learned`: many kernels beside each other
- `folding`, `sampling`, `shifts`: what stride does to frequencies

Frequencies are in cycles per pixel, -0.5 to 0.5, the row frequency before the column frequency; zero is in the
middle of every array. Nothing here loads SciPy when it is imported.
"""

from cnnviz.convolution.frequency import banks, design, folding, learned, sampling, shifts, spectrum, theorem
from cnnviz.convolution.frequency.classes import TITLES, Class, Classified, Heading
from cnnviz.convolution.frequency.extremes import Band, Peak
from cnnviz.convolution.frequency.profiles import Kind, Profile
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
from cnnviz.convolution.frequency.response_facts import Corners, Phase, ResponseFacts, facts
from cnnviz.convolution.frequency.sections import DIRECTIONS, RadialMean, Section, radial_mean, section

__all__ = [
    "DECIBEL_FLOOR",
    "DIRECTIONS",
    "MAX_SIZE",
    "NEGLIGIBLE",
    "OPERATIONS",
    "ORIGINS",
    "TITLES",
    "Band",
    "Class",
    "Classified",
    "Corners",
    "Heading",
    "Kind",
    "Operation",
    "Origin",
    "Peak",
    "Phase",
    "Profile",
    "RadialMean",
    "Response",
    "ResponseFacts",
    "Section",
    "at",
    "axis",
    "banks",
    "decibels",
    "design",
    "facts",
    "folding",
    "learned",
    "on_grid",
    "phase",
    "radial_mean",
    "response",
    "sampling",
    "section",
    "shifts",
    "spectrum",
    "theorem",
]

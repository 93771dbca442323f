"""The families of the registry as records; the weights themselves are in `kernel_builders`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import kernel_builders as build
from cnnviz.convolution.checks import Weights
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True)
class Family:
    """A named kind of kernel.

    Attributes:
        key: its name in `kernels.get`.
        title: what a user reads, marked for translation.
        responds_to: one sentence, marked for translation: what in a picture makes the output large.
        formula: the weights as LaTeX, without dollar signs.
        source: the paper, book or library it is taken from.
        parameters: the numbers it takes, with ranges and defaults.
        build: makes the weights, float64 (kh, kw), from one keyword per parameter.
    """

    key: str
    title: str
    responds_to: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., Weights]


_GONZALEZ = "R. C. Gonzalez, R. E. Woods: Digital Image Processing, chapter 3"
_SOBEL = (
    "I. Sobel, G. Feldman: A 3x3 isotropic gradient operator (1968), in R. O. Duda, P. E. Hart: "
    "Pattern Classification and Scene Analysis (1973)"
)
_SCHARR = "H. Scharr: Optimale Operatoren in der Digitalen Bildverarbeitung, thesis, Heidelberg 2000"
_PREWITT = "J. M. S. Prewitt: Object enhancement and extraction, Picture Processing and Psychopictorics (1970)"
_ROBERTS = "L. G. Roberts: Machine perception of three-dimensional solids, thesis, MIT 1963"
_MARR = "D. Marr, E. Hildreth: Theory of edge detection, Proc. R. Soc. Lond. B 207 (1980)"
_DAUGMAN = (
    "J. G. Daugman: Uncertainty relation for resolution in space, spatial frequency, and orientation, "
    "J. Opt. Soc. Am. A 2 (1985)"
)
_PIXELS = N_("pixels")
_DEGREES = N_("degrees")

_ACROSS = N_("Changes from left to right, as at upright edges: positive where it gets brighter to the right.")
_DOWN = N_("Changes from top to bottom, as at level edges: positive where it gets brighter downwards.")


def _size(default: int) -> Parameter:
    return Parameter("size", N_("Size"), default, 3, 31, 2, _PIXELS, integer=True)


def _sigma(default: float, name: str = "sigma", title: str = N_("Width (sigma)")) -> Parameter:
    return Parameter(name, title, default, 0.3, 15.0, 0.1, _PIXELS)


def _angle(name: str, title: str, maximum: float) -> Parameter:
    return Parameter(name, title, 0.0, 0.0, maximum, 1.0, _DEGREES)


def _fixed(key: str, title: str, responds_to: str, source: str, weights: ArrayLike) -> Family:
    """Record a kernel without parameters; its formula is its table."""
    table = np.asarray(weights, dtype=np.float64)
    rows = r" \\ ".join(" & ".join(f"{cell:g}" for cell in row) for row in table)
    formula = rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"
    return Family(key, title, responds_to, formula, source, (), table.copy)


FAMILIES: tuple[Family, ...] = (
    _fixed(
        "identity",
        N_("Identity"),
        N_("Nothing is changed: every pixel is copied."),
        _GONZALEZ,
        build.identity(1),
    ),
    Family(
        "shift",
        N_("Shift"),
        N_("The same picture, moved: one weight of 1 beside the centre."),
        r"w(u, v) = \delta(u + \mathrm{rows})\,\delta(v + \mathrm{columns})",
        _GONZALEZ,
        (
            Parameter("rows", N_("Down"), 0, -15, 15, 1, _PIXELS, integer=True),
            Parameter("columns", N_("To the right"), 5, -15, 15, 1, _PIXELS, integer=True),
        ),
        build.shift,
    ),
    Family(
        "box",
        N_("Box blur"),
        N_("The mean of the neighbourhood: detail smaller than the box fades."),
        r"w(u, v) = \frac{1}{n^2}",
        _GONZALEZ,
        (_size(3),),
        build.box,
    ),
    Family(
        "gaussian",
        N_("Gaussian blur"),
        N_("A mean in which near pixels count more: smooths alike in all directions."),
        r"w(x, y) \propto e^{-(x^2 + y^2) / 2\sigma^2},\quad \sum w = 1",
        _GONZALEZ,
        (_size(5), _sigma(1.0)),
        build.gaussian,
    ),
    _fixed(
        "sharpen",
        N_("Sharpen"),
        N_("The picture plus its edges: flat areas stay, fine detail grows."),
        _GONZALEZ + "; identity minus the Laplacian",
        build.SHARPEN,
    ),
    Family(
        "unsharp",
        N_("Unsharp mask"),
        N_("The picture plus what a blur takes away: detail finer than the blur grows."),
        r"w = \delta + a\,(\delta - G_\sigma)",
        _GONZALEZ,
        (_size(5), _sigma(1.0), Parameter("amount", N_("Amount"), 1.0, 0.0, 10.0, 0.1)),
        build.unsharp,
    ),
    _fixed(
        "edge",
        N_("Edges (8 neighbours)"),
        N_("Edges, lines and dots of any direction; flat areas give 0."),
        _GONZALEZ,
        build.EDGE,
    ),
    _fixed(
        "laplacian",
        N_("Laplacian (4 neighbours)"),
        N_("Where brightness bends: the two sides of an edge get opposite signs."),
        _GONZALEZ,
        build.LAPLACIAN,
    ),
    _fixed(
        "laplacian_8",
        N_("Laplacian (8 neighbours)"),
        N_("Where brightness bends, diagonals included: the two sides of an edge get opposite signs."),
        _GONZALEZ,
        build.LAPLACIAN_8,
    ),
    _fixed(
        "emboss",
        N_("Emboss"),
        N_("Changes along the falling diagonal, added to the picture: it seems lit from one corner."),
        "GIMP manual, filter Convolution Matrix",
        build.EMBOSS,
    ),
    _fixed("sobel_x", N_("Sobel X"), _ACROSS, _SOBEL, np.outer(build.SOBEL, build.DERIVATIVE)),
    _fixed("sobel_y", N_("Sobel Y"), _DOWN, _SOBEL, np.outer(build.DERIVATIVE, build.SOBEL)),
    _fixed("scharr_x", N_("Scharr X"), _ACROSS, _SCHARR, np.outer(build.SCHARR, build.DERIVATIVE)),
    _fixed("scharr_y", N_("Scharr Y"), _DOWN, _SCHARR, np.outer(build.DERIVATIVE, build.SCHARR)),
    _fixed("prewitt_x", N_("Prewitt X"), _ACROSS, _PREWITT, np.outer(build.PREWITT, build.DERIVATIVE)),
    _fixed("prewitt_y", N_("Prewitt Y"), _DOWN, _PREWITT, np.outer(build.DERIVATIVE, build.PREWITT)),
    _fixed(
        "roberts_pos_diag",
        N_("Roberts, falling diagonal"),
        N_("The upper left pixel minus the lower right one: edges that cross the falling diagonal."),
        _ROBERTS,
        build.ROBERTS_POS_DIAG,
    ),
    _fixed(
        "roberts_neg_diag",
        N_("Roberts, rising diagonal"),
        N_("The upper right pixel minus the lower left one: edges that cross the rising diagonal."),
        _ROBERTS,
        build.ROBERTS_NEG_DIAG,
    ),
    Family(
        "laplacian_of_gaussian",
        N_("Laplacian of Gaussian"),
        N_("Blobs about as large as sigma and the two sides of edges: negative on what is bright."),
        r"w(x, y) = \frac{x^2 + y^2 - 2\sigma^2}{\sigma^4}\,G_\sigma(x, y) - \mathrm{mean}",
        _MARR + "; zero sum as in MATLAB fspecial('log')",
        (_size(9), _sigma(1.4)),
        build.laplacian_of_gaussian,
    ),
    Family(
        "difference_of_gaussians",
        N_("Difference of Gaussians"),
        N_("Detail between two widths, a band of frequencies: positive on what is bright."),
        r"w = G_{\sigma_1} - G_{\sigma_2}",
        _MARR + ", appendix B: ratio 1.6",
        (
            _size(9),
            _sigma(1.0, "sigma_narrow", N_("Narrow width (sigma)")),
            _sigma(1.6, "sigma_wide", N_("Wide width (sigma)")),
        ),
        build.difference_of_gaussians,
    ),
    Family(
        "gabor",
        N_("Gabor"),
        N_("Stripes of one wavelength and one direction, as the first layer of networks often learns."),
        r"w(x, y) = e^{-(x'^2 + \gamma^2 y'^2) / 2\sigma^2} \cos(2\pi x' / \lambda + \varphi),\quad "
        r"x' = x \cos\theta + y \sin\theta,\; y' = y \cos\theta - x \sin\theta",
        _DAUGMAN,
        (
            _size(11),
            Parameter("wavelength", N_("Wavelength"), 4.0, 2.0, 31.0, 0.5, _PIXELS),
            _angle("angle", N_("Direction of the wave"), 180.0),
            _sigma(2.0),
            Parameter("aspect", N_("Aspect"), 0.5, 0.1, 2.0, 0.1),
            _angle("phase", N_("Phase"), 360.0),
        ),
        build.gabor,
    ),
    Family(
        "motion_blur",
        N_("Motion blur"),
        N_("A mean along a line, as if the camera had moved: detail along that line fades."),
        r"w = \frac{1}{n} \sum_{t = -(n - 1) / 2}^{(n - 1) / 2} \delta(x - t \cos\theta,\, y - t \sin\theta)",
        _GONZALEZ + " (linear motion, chapter 5)",
        (
            Parameter("length", N_("Length"), 9, 3, 31, 2, _PIXELS, integer=True),
            _angle("angle", N_("Direction"), 180.0),
        ),
        build.motion_blur,
    ),
)

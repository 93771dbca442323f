"""Everything that can be a step of a chain, by one list of keys: the kernels and their companions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnviz.convolution import kernels
from cnnviz.convolution.companions import BILATERAL_PARAMETERS, CANNY_PARAMETERS, MEDIAN_PARAMETERS
from cnnviz.convolution.steps import GRADIENT_PAIRS, Bilateral, Canny, GradientMagnitude, Linear, Median, Step
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter, resolve
from cnnviz.text import N_

__all__ = ["Entry", "entry", "key_of", "make", "names", "values_of"]


@dataclass(frozen=True)
class Entry:
    """One thing that a step can be.

    Attributes:
        key: "gaussian", …, "custom" for typed kernels; "median", "bilateral", "canny", "gradient_sobel", ….
        title: its name, marked with `N_`.
        responds_to: one sentence, marked with `N_`.
        source: paper, book or library.
        formula: LaTeX without dollar signs, or "".
        parameters: the numbers it takes.
        linear: False for what is not a convolution.
    """

    key: str
    title: str
    responds_to: str
    source: str
    formula: str
    parameters: tuple[Parameter, ...]
    linear: bool


def _families() -> list[Entry]:
    records = [kernels.family(key) for key in kernels.names()]
    return [
        Entry(each.key, each.title, each.responds_to, each.source, each.formula, each.parameters, True)
        for each in records
    ]


_CUSTOM = Entry(kernels.CUSTOM, N_("Custom kernel"), N_("Whatever you type into its cells."), "", "", (), linear=True)

_GRADIENT = N_("Edges in every direction: the length of the gradient, from an X and a Y kernel.")
_GRADIENT_TITLES = {
    "sobel": N_("Gradient (Sobel)"),
    "scharr": N_("Gradient (Scharr)"),
    "prewitt": N_("Gradient (Prewitt)"),
}

_COMPANIONS = (
    *(
        Entry(
            f"gradient_{pair}",
            _GRADIENT_TITLES[pair],
            _GRADIENT,
            kernels.family(f"{pair}_x").source,
            r"\sqrt{g_x^2 + g_y^2}",
            (),
            linear=False,
        )
        for pair in GRADIENT_PAIRS
    ),
    Entry(
        "median",
        N_("Median"),
        N_("Removes single wrong pixels and keeps edges sharp."),
        "J. W. Tukey: Exploratory Data Analysis (1977)",
        "",
        MEDIAN_PARAMETERS,
        linear=False,
    ),
    Entry(
        "bilateral",
        N_("Bilateral filter"),
        N_("Smooths areas of similar colour and stops at edges."),
        "C. Tomasi, R. Manduchi: Bilateral filtering for gray and color images, ICCV 1998",
        "",
        BILATERAL_PARAMETERS,
        linear=False,
    ),
    Entry(
        "canny",
        N_("Canny edges"),
        N_("Thin, connected lines where the gradient is strong."),
        "J. Canny: A computational approach to edge detection, IEEE PAMI 8 (1986)",
        "",
        CANNY_PARAMETERS,
        linear=False,
    ),
)

_ENTRIES: Mapping[str, Entry] = MappingProxyType({each.key: each for each in (*_families(), _CUSTOM, *_COMPANIONS)})


def names() -> tuple[str, ...]:
    """All keys, kernels first, in the order of a menu."""
    return tuple(_ENTRIES)


def entry(key: str) -> Entry:
    """Look up an entry.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in _ENTRIES:
        raise ParameterError("filter", key, ", ".join(_ENTRIES))
    return _ENTRIES[key]


def make(key: str, values: Mapping[str, float] | None = None) -> Step:
    """Make a step with default stride, dilation and repeat; `values` may leave out parameters.

    Raises:
        ParameterError: unknown key or parameter, a value out of range, or "custom", which needs weights.
    """
    chosen = entry(key)
    if key == kernels.CUSTOM:
        raise ParameterError("filter", key, "made with kernels.custom(weights)")
    numbers = resolve(chosen.parameters, values or {})
    if chosen.linear:
        return Linear(kernels.get(key, **numbers))
    if key.startswith("gradient_"):
        return GradientMagnitude(next(pair for pair in GRADIENT_PAIRS if key.endswith(pair)))
    kinds: dict[str, type[Median] | type[Bilateral] | type[Canny]] = {
        "median": Median,
        "bilateral": Bilateral,
        "canny": Canny,
    }
    return kinds[key](**numbers)  # type: ignore[arg-type]  # resolve() has made ints where ints are due


def key_of(step: Step) -> str:
    """The key under which a step stands in the list."""
    match step:
        case Linear():
            return step.kernel.key
        case GradientMagnitude():
            return f"gradient_{step.pair}"
        case Median():
            return "median"
        case Bilateral():
            return "bilateral"
        case Canny():
            return "canny"


def values_of(step: Step) -> dict[str, float]:
    """The parameters of a step by name."""
    if isinstance(step, Linear):
        return dict(step.kernel.parameters)
    return {each.name: getattr(step, each.name) for each in entry(key_of(step)).parameters}

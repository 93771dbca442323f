"""Kernels by name: a registry of families, each with its formula, source and parameters.

All weights are applied by correlation (`filtering.correlate`), which is what networks call a convolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from numpy.typing import ArrayLike

from cnnviz.convolution.checks import MAX_KERNEL_SIZE, Weights, checked_weights
from cnnviz.convolution.kernel_families import FAMILIES, Family
from cnnviz.errors import ParameterError
from cnnviz.parameters import resolve
from cnnviz.text import N_

__all__ = ["CUSTOM", "MAX_KERNEL_SIZE", "Family", "Kernel", "custom", "family", "get", "names"]

CUSTOM = "custom"

_BY_KEY: Mapping[str, Family] = MappingProxyType({each.key: each for each in FAMILIES})


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel and where it came from.

    Equal and hashable by value (key, parameters, weights), and it can be pickled.

    Attributes:
        key: the family's name, or "custom".
        weights: float64, shape (kh, kw), each side 1 to 31, read-only.
        parameters: the numbers it was built with, read-only; empty for fixed and custom kernels.
        title: what a user reads, marked for translation.

    Raises:
        KernelError: when the weights are not a kernel.
    """

    key: str
    weights: Weights = field(repr=False)
    parameters: Mapping[str, float]
    title: str

    def __post_init__(self) -> None:
        """Check the weights and make everything read-only."""
        weights = checked_weights(self.weights, MAX_KERNEL_SIZE)
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def _identity(self) -> tuple[object, ...]:
        return self.key, tuple(self.parameters.items()), self.weights.shape, self.weights.tobytes()

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Kernel) and self._identity() == other._identity()

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._identity())

    def __reduce__(self) -> tuple[type[Kernel], tuple[object, ...]]:
        """Pickle the plain values: a read-only mapping cannot be pickled itself."""
        return Kernel, (self.key, self.weights, dict(self.parameters), self.title)


def names() -> tuple[str, ...]:
    """Return the keys of all families, in the order in which a page lists them."""
    return tuple(_BY_KEY)


def family(key: str) -> Family:
    """Return the record of one family.

    Raises:
        ParameterError: when there is none of that name.
    """
    if key not in _BY_KEY:
        raise ParameterError("kernel", key, ", ".join(_BY_KEY))
    return _BY_KEY[key]


def get(key: str, **parameters: object) -> Kernel:
    """Build a kernel by name, e.g. `get("gaussian", size=3, sigma=1.0)`.

    Args:
        key: one of `names()`.
        parameters: as listed in `family(key).parameters`; what is left out takes its default.

    Raises:
        ParameterError: when the name is unknown, or a parameter unknown or out of its range.
    """
    record = family(key)
    values = resolve(record.parameters, parameters)
    return Kernel(key, record.build(**values), values, record.title)


def custom(weights: ArrayLike) -> Kernel:
    """Wrap weights of one's own, shape (kh, kw).

    Raises:
        KernelError: when they are not a table of finite numbers with 1 to 31 rows and columns; `cells`
            names the bad cells.
    """
    return Kernel(CUSTOM, checked_weights(weights, MAX_KERNEL_SIZE), {}, N_("Your own kernel"))

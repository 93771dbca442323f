"""Numbers that a kernel, a test pattern or a noise can be given: names, ranges and defaults, as records."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cnnviz.errors import ParameterError

__all__ = ["Parameter", "resolve"]


@dataclass(frozen=True)
class Parameter:
    """One number with its legal range.

    Attributes:
        name: as it is spelled in the call.
        title: what a user reads beside the control, marked with `N_`.
        default: the value when none is given; legal itself.
        minimum: smallest legal value (included).
        maximum: largest legal value (included).
        step: distance between two positions of the control. For an `integer` it binds: only minimum,
            minimum + step, … are legal (so minimum 1 and step 2 means odd). For other numbers it is advice.
        unit: what the number counts, e.g. "pixels" (marked with `N_`), or "" for a bare number.
        integer: True when only whole numbers are legal; `check` then returns an int.
    """

    name: str
    title: str
    default: float
    minimum: float
    maximum: float
    step: float
    unit: str = ""
    integer: bool = False

    @property
    def legal(self) -> str:
        """The legal range in symbols, readable in every language: "0.1 … 10", for integers "1, 3, … 31"."""
        if not self.integer or self.minimum + self.step >= self.maximum:
            return f"{self.minimum:g} … {self.maximum:g}"
        return f"{self.minimum:g}, {self.minimum + self.step:g}, … {self.maximum:g}"

    def check(self, value: object) -> float | int:
        """Return `value` as a plain int or float when it is legal.

        A whole number written as a float (3.0) is taken for an integer parameter; a bool or a text is not
        a number here.

        Raises:
            ParameterError: when `value` is not a real number, is NaN or infinite, is out of range, or is not
                on a step of an integer parameter.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ParameterError(self.name, value, self.legal)
        number = int(value) if isinstance(value, numbers.Integral) else float(value)
        off_step = self.integer and (number - self.minimum) % self.step != 0
        if not (self.minimum <= number <= self.maximum) or off_step:
            raise ParameterError(self.name, value, self.legal)
        return int(number) if self.integer else float(number)


def resolve(parameters: Iterable[Parameter], values: Mapping[str, object]) -> dict[str, float | int]:
    """Check `values` against `parameters` and fill in the defaults.

    Returns:
        One checked number per parameter, in the order of `parameters`.

    Raises:
        ParameterError: when a name is unknown or a value is not legal.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in values:
        if name not in known:
            raise ParameterError(name, values[name], f"left out (known: {', '.join(known) or '-'})")
    return {name: parameter.check(values.get(name, parameter.default)) for name, parameter in known.items()}

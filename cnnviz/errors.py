"""What can go wrong for reasons a user can mend.

CnnvizError
├── DataError        a data set that is missing, damaged, too large or laid out in another way
├── ImageError       bytes that are not a picture we can show, or are too large
├── KernelError      weights that cannot be used; `cells` names the bad ones
├── ParameterError   a parameter outside its legal range
├── RunError         a training run that cannot be read, written or continued
├── ShapeError       a layer that cannot be used on what reaches it
├── UnknownNetworkError   a name that the zoo does not have
├── WeightsError     weights that do not belong to a network
└── WorkError        a computation that would keep everybody waiting

Every error carries an English template and the values that belong in it, so that a page can translate
the sentence and a notebook can read `str(error)`. Anything else that is raised is a bug.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.text import N_, Sentence

__all__ = [
    "BadCell",
    "CnnvizError",
    "DataError",
    "ImageError",
    "KernelError",
    "ParameterError",
    "RunError",
    "ShapeError",
    "UnknownNetworkError",
    "WeightsError",
    "WorkError",
]


class CnnvizError(Exception):
    """Base of all errors that are the input's fault, not the program's.

    Args:
        template: English sentence in `str.format` form, marked with `N_`, saying what is wrong and what to do.
        data: the values named in the template.
    """

    def __init__(self, template: str, **data: object) -> None:
        self.template = template
        self.data = data
        super().__init__(template.format(**data))


class DataError(CnnvizError):
    """Raised when a data set cannot be used: missing, damaged, too large, or not made of class folders."""


class ImageError(CnnvizError):
    """Raised when bytes cannot become a picture: empty, damaged, too large, or of another kind."""


@dataclass(frozen=True)
class BadCell:
    """A kernel cell that is not a finite number: `row` and `column` count from 1, `text` is what stood there."""

    row: int
    column: int
    text: str


class KernelError(CnnvizError):
    """Raised when weights are not a usable kernel; `cells` lists the cells at fault, if single cells are."""

    def __init__(self, template: str, cells: tuple[BadCell, ...] = (), **data: object) -> None:
        super().__init__(template, **data)
        self.cells = cells


class ParameterError(CnnvizError):
    """Raised when a parameter is outside its legal range.

    Attributes:
        name: the parameter, as it is spelled in the call.
        value: what was given.
        legal: the legal range in words or symbols, e.g. "1 … 31".
        reason: why, marked with `N_`; may be empty.
    """

    def __init__(self, name: str, value: object, legal: str, reason: str = "") -> None:
        if reason:
            template = N_("{name} is {value}, but must be {legal}: {reason}.")
            super().__init__(template, name=name, value=value, legal=legal, reason=reason)
        else:
            super().__init__(N_("{name} is {value}, but must be {legal}."), name=name, value=value, legal=legal)
        self.name = name
        self.value = value
        self.legal = legal
        self.reason = reason


class RunError(CnnvizError):
    """Raised when a training run cannot be read, written or continued."""


class ShapeError(CnnvizError):
    """Raised when a layer cannot be used on what reaches it.

    Attributes:
        layer: its name in the network.
        given: shape of what reached it.
        expected: what the layer says that it needs, in its own terms.
    """

    def __init__(self, layer: str, given: tuple[int, ...], expected: str) -> None:
        shape = " × ".join(map(str, given))
        template = N_("Layer {layer} cannot be used on an input of {given}; it needs {expected}.")
        super().__init__(template, layer=layer, given=shape, expected=expected)
        self.layer = layer
        self.given = given
        self.expected = expected


class UnknownNetworkError(CnnvizError):
    """Raised when the zoo has no network of that name; `name` is what was asked for."""

    def __init__(self, name: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(
            N_("There is no network “{name}”. There are: {names}."), name=name[:60], names=", ".join(names)
        )
        self.name = name


class WeightsError(CnnvizError):
    """Raised when weights do not belong to a network; `misfits` lists what did not fit, where that is known."""

    def __init__(self, template: str, misfits: tuple[Sentence, ...] = (), **data: object) -> None:
        super().__init__(template, **data)
        self.misfits = misfits


class WorkError(CnnvizError):
    """Raised when a computation would take far longer than a page may: the remedy is in the sentence."""

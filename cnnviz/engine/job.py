"""What a network job is: what to compute, of which picture, with which network, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnviz.engine.devices import Device
from cnnviz.images import Image

if TYPE_CHECKING:
    from cnnviz.networks.loaded import Loaded

__all__ = ["Context", "Job", "Key", "Progress"]

_Result = TypeVar("_Result", covariant=True)
_Inner = TypeVar("_Inner")


class Compute(Protocol):
    """Takes a job to its result."""

    def __call__(self, job: Job[_Inner], /) -> _Inner: ...


class Key(NamedTuple):
    """What a result is kept under.

    Attributes:
        kind: class of the job.
        model: key of its network in the catalogue.
        parameters: the other fields of the job; a picture is its digest.
    """

    kind: str
    model: str
    parameters: tuple[Hashable, ...]


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a job is.

    Attributes:
        fraction: 0-1.
        text: what it does just now, marked with `N_`; empty when it has not said.
        picture: what it has come to so far, float32, (H, W, C), 0-1; None when it shows nothing on the way.
    """

    fraction: float = 0.0
    text: str = ""
    picture: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Context:
    """What a running job is given.

    Attributes:
        loaded: the network, on `device`, with its classes and its preprocessing. Shared: not to be changed.
        device: where to compute.
        report: says how far the job is: a fraction, 0-1, and a text marked with `N_`, "" when there is no more to say.
        show: hands over a picture of what it has come to so far.
        cancelled: True when nobody wants the result any more; the job may then return anything at once, or raise.
        compute: the result of another job with the same network: the one that is kept, or computed now.
    """

    loaded: Loaded
    device: Device
    report: Callable[[float, str], None]
    show: Callable[[NDArray[np.float32]], None]
    cancelled: Callable[[], bool]
    compute: Compute


@dataclass(frozen=True)
class Job(ABC, Generic[_Result]):
    """A computation with a network: a frozen record that can be pickled, hashed and compared by value.

    A result is shared by everybody who asks for the same, so it must not be changed: its arrays are read-only.

    Attributes:
        model: key of the network in the catalogue.
    """

    model: str

    @property
    def key(self) -> Key:
        """Equal for jobs with equal results: pictures count by their digest, not by their name."""
        others = (getattr(self, field.name) for field in fields(self) if field.name != "model")
        parameters = tuple(each.digest if isinstance(each, Image) else each for each in others)
        return Key(type(self).__qualname__, self.model, parameters)

    @property
    def is_long(self) -> bool:
        """Whether it takes many forward passes: while such jobs run, one that does not may run beside them."""
        return False

    @abstractmethod
    def run(self, context: Context) -> _Result:
        """Compute the result, in one of the engine's threads."""

"""Small networks and jobs that wait for the test to let them go on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from cnnviz.engine import Context, Job, LocalEngine
from cnnviz.engine.devices import CPU
from cnnviz.networks.loaded import Loaded
from cnnviz.networks.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Callable

torch.set_num_threads(1)

LONG = 20.0  # seconds after which a test gives up
SIZE = (100 + 10) * 4
"""Bytes of the network of `load`."""


def load(key: str) -> Loaded:
    """A network of 110 numbers."""
    network = nn.Linear(10, 10).eval().requires_grad_(False)
    return Loaded(key, key, "", "own", network, ("a",) * 10, Preparation((1, 1, 10), (0.0,), (1.0,)))


def engine(**options: Any) -> LocalEngine:
    """One worker on the CPU, and networks without files."""
    defaults = {"stamp": lambda _: (), "device": CPU, "workers": 1}
    return LocalEngine(options.pop("load", load), **{**defaults, **options})


@dataclass(frozen=True, eq=False)
class Gate:
    """Where a job stops until the test opens; counts how often it was reached."""

    reached: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    open: threading.Event = field(default_factory=threading.Event)

    def pass_through(self) -> None:
        """Tell the test, then wait for it."""
        self.reached.release()
        assert self.open.wait(LONG)

    def wait_until_reached(self) -> None:
        """Wait for a job to come."""
        assert self.reached.acquire(timeout=LONG)


@dataclass(frozen=True)
class Held(Job[str]):
    """Waits at a gate, then returns its word."""

    word: str
    gate: Gate

    def run(self, context: Context) -> str:  # noqa: ARG002 - as all jobs
        """Wait and return."""
        self.gate.pass_through()
        return self.word


@dataclass(frozen=True)
class Long(Held):
    """The same for a job that takes many passes."""

    @property
    def is_long(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Called(Job[Any]):
    """Returns what a function makes of the context."""

    function: Callable[[Context], Any]

    def run(self, context: Context) -> Any:
        """Call it."""
        return self.function(context)

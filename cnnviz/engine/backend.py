"""What pages know of an engine: they give it jobs and hold tickets, and cannot tell where it computes."""

from __future__ import annotations

from typing import Protocol, TypeVar

from cnnviz.engine.devices import Device
from cnnviz.engine.job import Job, Progress
from cnnviz.text import Sentence

__all__ = ["Backend", "Ticket"]

_Result = TypeVar("_Result")
_Out = TypeVar("_Out", covariant=True)


class Ticket(Protocol[_Out]):
    """A visitor's claim to the result of a job. Whoever drops it does not want the result any more."""

    @property
    def done(self) -> bool:
        """Whether `result` answers at once."""

    @property
    def place(self) -> int:
        """Place among those who wait, 1 for the next one; 0 when the job runs or has ended."""

    @property
    def progress(self) -> Progress:
        """How far the job is."""

    @property
    def note(self) -> Sentence | None:
        """What the visitor should know about how the result came about; None before there is one, and mostly."""

    def result(self, timeout: float | None = None) -> _Out:
        """The result, waited for. It is shared, so it must not be changed.

        Args:
            timeout: seconds to wait at most; for ever if None. A Streamlit script waits in short steps, since it can
                be stopped only in between.

        Raises:
            TimeoutError: when it is not there yet.
            concurrent.futures.CancelledError: after `cancel`, and when the engine was closed.
            CnnvizError: what the job raised, or the network's loading.
        """

    def cancel(self) -> None:
        """Give the claim up. A job that nobody else wants leaves the queue, or is told to stop."""


class Backend(Protocol):
    """Something that runs network jobs: threads of this process, or a cluster to which jobs travel pickled."""

    @property
    def device(self) -> Device:
        """Where jobs are computed."""

    def submit(self, job: Job[_Result]) -> Ticket[_Result]:
        """Ask for a result.

        Raises:
            WorkError: when too many jobs are waiting.
        """

    def run(self, job: Job[_Result]) -> _Result:
        """Ask for a result and wait for it, however long: for notebooks and scripts."""

    def close(self) -> None:
        """Stop: nothing new is taken, what waits is cancelled, what runs is told to stop."""

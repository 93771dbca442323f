"""A visitor's claim to a job of this process."""

from __future__ import annotations

import weakref
from concurrent.futures import CancelledError
from typing import Generic, TypeVar

from cnnviz.engine.job import Progress
from cnnviz.engine.queue import Queue, Task
from cnnviz.text import Sentence

__all__ = ["LocalTicket"]

_Result = TypeVar("_Result")


class LocalTicket(Generic[_Result]):
    """A claim to a job of this process, see `backend.Ticket`."""

    def __init__(self, task: Task[_Result], queue: Queue) -> None:
        self._task = task
        self._queue = queue
        # A visitor who goes away, or whose script was stopped, drops the ticket without a word.
        self._leave = weakref.finalize(self, queue.left.put, task)
        self._leave.atexit = False

    @property
    def done(self) -> bool:
        """Whether `result` answers at once."""
        return not self._leave.alive or self._task.future.done()

    @property
    def place(self) -> int:
        """Place among those who wait, 1 for the next one; 0 when the job runs or has ended."""
        return self._queue.place(self._task)

    @property
    def progress(self) -> Progress:
        """How far the job is."""
        return self._task.progress

    @property
    def note(self) -> Sentence | None:
        """What the visitor should know about how the result came about."""
        future = self._task.future
        arrived = future.done() and not future.cancelled() and future.exception() is None
        return future.result().note if arrived else None

    def result(self, timeout: float | None = None) -> _Result:
        """The result, waited for at most `timeout` seconds."""
        if not self._leave.alive:
            raise CancelledError
        return self._task.future.result(timeout).value

    def cancel(self) -> None:
        """Give the claim up; a second time nothing happens."""
        self._leave()
        self._queue.settle()

"""Who computes next: jobs in the order in which they were asked for, equal ones once, unwanted ones not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from cnnviz.engine.job import Job, Key, Progress
from cnnviz.errors import WorkError
from cnnviz.text import N_, Sentence

__all__ = ["Outcome", "Queue", "Task"]

_Result = TypeVar("_Result")

_FULL = N_("{count} computations are waiting already: try again in a moment.")
_CLOSED = N_("The server is shutting down and computes nothing more: open the page again in a moment.")


@dataclass(frozen=True)
class Outcome(Generic[_Result]):
    """A result, and what the visitor should know about how it came about, if anything."""

    value: _Result
    note: Sentence | None = None


@dataclass(eq=False)
class Task(Generic[_Result]):
    """A job on its way.

    Attributes:
        job: what to compute.
        future: its outcome, error or end without either.
        wanted: how many tickets still ask for it.
        progress: what the job said last.
        stopped: the job has been told that nobody wants it, so what it returns is no result.
        outdated: its network has changed since it was asked for, so the result is not kept.
        is_extra: it runs beside as many as may run, all of them long.
    """

    job: Job[_Result]
    future: Future[Outcome[_Result]] = field(default_factory=Future)
    wanted: int = 0
    progress: Progress = field(default_factory=Progress)
    stopped: bool = False
    outdated: bool = False
    is_extra: bool = False


class Queue:
    """Jobs that wait and jobs that run.

    While all that run are long, one more may run that is not: nobody waits for minutes to see a picture's maps.

    Args:
        at_once: so many run at a time.
        most_waiting: so many may wait, then nobody else may enter.
        known: the outcome that is kept for a key, if any.
    """

    def __init__(self, at_once: int, most_waiting: int, known: Callable[[Key], Outcome[Any] | None]) -> None:
        self.left: SimpleQueue[Task[Any]] = SimpleQueue()
        """Tasks that lost a visitor: written even while this thread holds the lock, as a garbage collector does."""
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._known = known
        self._waiting: list[Task[Any]] = []
        self._running: list[Task[Any]] = []
        self._tasks: dict[Key, Task[Any]] = {}  # waiting and running, by value
        self._changed = threading.Condition(threading.Lock())
        self._closed = False

    def enter(self, job: Job[Any]) -> Task[Any]:
        """Ask for a job: join the equal one on its way, or take what is kept, or wait at the end of the queue.

        Raises:
            WorkError: when too many are waiting, or the queue is closed.
        """
        key = job.key
        with self._changed:
            self._settle()
            if self._closed:
                raise WorkError(_CLOSED)
            task = self._tasks.get(key) or self._done(key, job) or self._append(key, job)
            task.wanted += 1
            return task

    def take(self) -> Task[Any] | None:
        """The next task, when there is one that may run; None when the queue is closed."""
        with self._changed:
            while True:
                self._settle()
                if self._closed:
                    return None
                if (task := self._next()) is not None:
                    self._waiting.remove(task)
                    self._running.append(task)
                    return task
                self._changed.wait()

    def finish(self, task: Task[Any]) -> None:
        """A task has ended and is not to be joined any more."""
        with self._changed:
            self._running.remove(task)
            self._forget(task)
            self._changed.notify_all()

    def place(self, task: Task[Any]) -> int:
        """1 for the next one, and so on; 0 for one that runs or has ended."""
        with self._changed:
            self._settle()
            return self._waiting.index(task) + 1 if task in self._waiting else 0

    def is_unwanted(self, task: Task[Any]) -> bool:
        """Whether a running task should stop; once this was True nobody can join it any more."""
        with self._changed:
            self._settle()
            if self._closed or not task.wanted:
                task.stopped = True
                self._forget(task)
            return task.stopped

    def outdate(self, model: str) -> None:
        """Let nobody join what is on its way for this network: it has changed."""
        with self._changed:
            for task in [each for each in self._tasks.values() if each.job.model == model]:
                task.outdated = True
                self._forget(task)

    def settle(self) -> None:
        """Take those out of the queue whom nobody wants any more."""
        with self._changed:
            self._settle()

    def close(self) -> None:
        """Send everybody home: what waits never runs, what runs is told to stop."""
        with self._changed:
            self._closed = True
            for task in self._waiting:
                self._give_up(task)
            self._waiting.clear()
            self._changed.notify_all()

    def _next(self) -> Task[Any] | None:
        """The first that may run now."""
        if len(self._running) < self._at_once:
            return self._waiting[0] if self._waiting else None
        if len(self._running) > self._at_once or not all(each.job.is_long for each in self._running):
            return None
        task = next((each for each in self._waiting if not each.job.is_long), None)
        if task is not None:
            task.is_extra = True
        return task

    def _settle(self) -> None:
        while not self.left.empty():
            task = self.left.get()
            task.wanted -= 1
            if not task.wanted and task in self._waiting:
                self._waiting.remove(task)
                self._give_up(task)

    def _give_up(self, task: Task[Any]) -> None:
        self._forget(task)
        task.future.cancel()

    def _forget(self, task: Task[Any]) -> None:
        if self._tasks.get(task.job.key) is task:
            del self._tasks[task.job.key]

    def _done(self, key: Key, job: Job[Any]) -> Task[Any] | None:
        if (outcome := self._known(key)) is None:
            return None
        task = Task(job)
        task.future.set_result(outcome)
        return task

    def _append(self, key: Key, job: Job[Any]) -> Task[Any]:
        if len(self._waiting) >= self._most_waiting:
            raise WorkError(_FULL, count=len(self._waiting))
        task = self._tasks[key] = Task(job)
        self._waiting.append(task)
        self._changed.notify_all()  # not each thread may take each task
        return task

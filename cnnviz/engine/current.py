"""The engine that everybody in this process shares."""

from __future__ import annotations

import threading
from typing import TypeVar

from cnnviz.engine.backend import Backend, Ticket
from cnnviz.engine.job import Job
from cnnviz.engine.local import LocalEngine

__all__ = ["get", "run", "submit", "use"]

_Result = TypeVar("_Result")

_lock = threading.Lock()
_current: Backend | None = None


def get() -> Backend:
    """The process's engine; made when it is first asked for."""
    global _current
    with _lock:
        if _current is None:
            _current = LocalEngine()
        return _current


def use(backend: Backend | None) -> Backend | None:
    """Let another one compute from now on, such as a cluster; None makes a new one when it is needed.

    Returns:
        The one before, if there was any: still open, with its jobs.
    """
    global _current
    with _lock:
        before, _current = _current, backend
        return before


def submit(job: Job[_Result]) -> Ticket[_Result]:
    """Ask the process's engine for a result.

    Raises:
        WorkError: when too many jobs are waiting.
    """
    return get().submit(job)


def run(job: Job[_Result]) -> _Result:
    """Ask the process's engine for a result and wait for it: for notebooks; pages hold tickets."""
    return get().run(job)

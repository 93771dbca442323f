"""Who trains a run: the process that holds the lock on its folder. The system lets go of it however the process ends.

A number of a process would not do: after a restart of the machine another process may have it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnviz.errors import RunError
from cnnviz.text import N_

__all__ = ["HELD", "busy", "hold", "let_go", "locked", "take"]

HELD = "CNNVIZ_LOCK"
"""Environment variable: the file descriptor of the lock that this process was born with, or took for its whole life."""

_LOCKED = N_("Another process trains the run in {folder}: wait for it, or stop it first.")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")
_TRIES, _PAUSE = 5, 0.01  # seconds; a reader that asks `busy` is in the way for a moment


def take(folder: Path) -> int:
    """Take the lock of a run's folder, and return the file descriptor to close (or to leave to a child process).

    Raises:
        RunError: when another process has it, or the folder cannot be written.
    """
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return descriptor
    os.close(descriptor)
    raise RunError(_LOCKED, folder=folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from training a run; nothing to do in a process that holds its lock for life.

    Raises:
        RunError: as `take`.
    """
    if _is_held(folder):
        yield
        return
    descriptor = take(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def hold(folder: Path) -> None:
    """Hold the lock until the process ends, or lets go: the one that it was born with, or a new one.

    Raises:
        RunError: as `take`.
    """
    if not _is_held(folder):
        os.environ[HELD] = str(take(folder))
    os.set_inheritable(int(os.environ[HELD]), False)


def let_go() -> None:
    """Let go of the lock that this process holds."""
    os.close(int(os.environ.pop(HELD)))


def _is_held(folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(int(os.environ.get(HELD, ""))), (folder / "lock").stat())
    except (ValueError, OverflowError, OSError):
        return False


def busy(folder: Path) -> bool:
    """Whether a process holds the lock."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False

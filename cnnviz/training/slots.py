"""Worker slots: so many runs train at once, the others queue, first come first served.

Below a folder, `slot-0`, `slot-1`, … and one `ticket-NUMBER-…` for each process that waits are files that processes
lock; `door` is locked by whoever looks at them. The system lets go of a lock when its process ends, however it does:
nothing has to be tidied after a crash.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Queue", "count", "door", "expected"]

_FOLDER = ".slots"


def count() -> int:
    """How many runs may train at once: CNNVIZ_SLOTS, or 1."""
    given = os.environ.get("CNNVIZ_SLOTS", "")
    return max(int(given), 1) if given.isdecimal() else 1


@contextmanager
def door(runs: Path) -> Iterator[Path]:
    """Be the only one who looks at slots and tickets; the value is their folder.

    Raises:
        OSError: when `runs` cannot be written.
    """
    folder = runs / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "door", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)


def expected(runs: Path) -> int:
    """The place that a process would get which came now: 0 for a slot, else from 1."""
    with door(runs) as folder:
        waiting = _tickets(folder)
        return waiting + 1 if waiting or not _any_free(folder) else 0


class Queue:
    """One process's way to a slot, and back into the queue when it has left.

    Args:
        runs: the folder of all runs.
        since: when it came, in nanoseconds since 1970; now, when left out.
    """

    def __init__(self, runs: Path, since: int | None = None) -> None:
        self._runs, self._since = runs, since
        self._ticket: tuple[Path, int] | None = None
        self._slot: int | None = None

    def place(self) -> int:
        """0 with a slot of one's own, which is kept until `leave`; else the place in the queue, from 1.

        Raises:
            OSError: when the folder of the runs cannot be written.
        """
        if self._slot is not None:
            return 0
        with door(self._runs) as folder:
            ticket = self._ticket or self._take_ticket(folder)
            place = 1 + _tickets(folder, before=ticket[0].name)
            if place == 1:
                self._slot = _free(folder)
            if self._slot is None:
                return place
            self._drop_ticket()
        return 0

    def leave(self) -> None:
        """Give the slot back, or leave the queue; whoever asks for a `place` afterwards has just come."""
        self._drop_ticket()
        if self._slot is not None:
            os.close(self._slot)
        self._slot = None

    def _take_ticket(self, folder: Path) -> tuple[Path, int]:
        since, self._since = self._since or time.time_ns(), None
        path = folder / f"ticket-{since:020}-{os.getpid()}"
        descriptor = _locked(path)
        if descriptor is None:  # a second queue of one process, of the same moment
            raise FileExistsError(path)
        self._ticket = (path, descriptor)
        return self._ticket

    def _drop_ticket(self) -> None:
        if self._ticket:
            path, descriptor = self._ticket
            path.unlink(missing_ok=True)
            os.close(descriptor)
        self._ticket = None


def _locked(path: Path | str) -> int | None:
    """Lock a file; None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _free(folder: Path) -> int | None:
    """Lock a slot that is free; None when there is none."""
    for number in range(count()):
        if (descriptor := _locked(folder / f"slot-{number}")) is not None:
            return descriptor
    return None


def _any_free(folder: Path) -> bool:
    descriptor = _free(folder)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _tickets(folder: Path, before: str = "ticket-~") -> int:
    """Count tickets of processes that live and came before one of that name; those of dead ones are thrown away."""
    found = 0
    for name in os.listdir(folder):  # noqa: PTH208 - everyone who waits looks again and again
        if not "ticket-" < name < before:
            continue
        descriptor = _locked(f"{folder}/{name}")
        if descriptor is None:
            found += 1
        else:
            (folder / name).unlink()
            os.close(descriptor)
    return found

"""Long work says how far it is, and stops when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Asked", "Cancelled", "Progress", "Report"]

Report = Callable[[float], None]
"""Is told the share that is done, 0 … 1."""

Asked = Callable[[], bool]
"""Says whether the work shall stop."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside of a computation that was asked to stop."""


@dataclass
class Progress:
    """Counts the parts of one computation.

    Attributes:
        total: parts that it has.
        report: told after each part.
        cancelled: asked before each part.
        done: parts so far.
    """

    total: int
    report: Report | None = None
    cancelled: Asked | None = None
    done: int = 0

    def check(self) -> None:
        """Stop when asked to.

        Raises:
            Cancelled: when `cancelled` says so.
        """
        if self.cancelled is not None and self.cancelled():
            raise Cancelled

    def step(self) -> None:
        """Count one part as done."""
        self.done += 1
        if self.report is not None:
            self.report(min(1.0, self.done / self.total))

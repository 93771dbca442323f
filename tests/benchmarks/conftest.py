"""What runs as a plain test: the calls that are measured, once each, but not the pages that only a stopwatch needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as in pages.common.server

STOPWATCH = (
    "test_repaint.py", "test_response_repaint.py", "test_another_picture",  # pages and servers of their own, and
    # nothing asserted
    "test_playing[5 x 5]", "test_playing[3 x 32 x 32]", "test_playing[256 x 256]",  # two other sizes stay
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these out unless benchmarks are enabled: they take a minute of every run and prove nothing."""
    if config.getoption("benchmark_enable"):
        return
    left_out = [item for item in items if item.path.name in STOPWATCH or item.name in STOPWATCH]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]

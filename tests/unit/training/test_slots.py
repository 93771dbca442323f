"""Worker slots: so many at once, the others in the order in which they came, and nobody waits for the dead."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cnnviz.training import slots
from cnnviz.training.slots import Queue

if TYPE_CHECKING:
    from pathlib import Path

WAITER = """
import sys, time
from pathlib import Path
from cnnviz.training.slots import Queue
queue = Queue(Path(sys.argv[1]))
print(queue.place(), flush=True)
time.sleep(60)
"""


def test_first_come_first_served(tmp_path: Path) -> None:
    """One has the slot, the others have places; whoever leaves and comes back is the last."""
    first, second, third = (Queue(tmp_path) for _ in range(3))
    assert slots.expected(tmp_path) == 0
    assert [each.place() for each in (first, second, third)] == [0, 1, 2]
    assert slots.expected(tmp_path) == 3
    first.leave()
    assert [each.place() for each in (third, first, second)] == [2, 3, 0]
    assert [each.place() for each in (third, first)] == [1, 2]
    second.leave()
    assert [each.place() for each in (first, third)] == [2, 0]


def test_who_came_earlier_is_served_earlier(tmp_path: Path) -> None:
    """A process that took longer to come up keeps the place of the moment when it was started."""
    running, late, early = Queue(tmp_path), Queue(tmp_path, since=2_000), Queue(tmp_path, since=1_000)
    assert [each.place() for each in (running, late, early, late)] == [0, 1, 1, 2]


def test_slots_can_be_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CNNVIZ_SLOTS says how many run at once; what is no number counts for one."""
    monkeypatch.setenv("CNNVIZ_SLOTS", "2")
    assert [Queue(tmp_path / "two").place() for _ in range(3)] == [0, 0, 1]
    monkeypatch.setenv("CNNVIZ_SLOTS", "many")
    assert [Queue(tmp_path / "one").place() for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("has_slot", [True, False])
def test_the_dead_are_not_waited_for(tmp_path: Path, root: Path, has_slot: bool) -> None:
    """A process that is killed in its slot, or in the queue, makes room at once."""
    running = Queue(tmp_path)
    if not has_slot:
        assert running.place() == 0
    process = subprocess.Popen(
        [sys.executable, "-c", WAITER, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == ("0" if has_slot else "1")
        mine = Queue(tmp_path)
        assert mine.place() == (1 if has_slot else 2)
        process.kill()
    assert mine.place() == (0 if has_slot else 1)

"""Files of the lab: what was replaced can still be fetched for a while, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pages.common import lab_files
from pages.common.lab_files import KEPT, Files


class Storage:
    """Like Streamlit's: an address is the content's, and what no run of the page offers is deleted."""

    def __init__(self) -> None:
        self.places: dict[str, bytes] = {}

    def add(self, data: bytes, _mime: str, place: str) -> str:
        """Keep a file at its place."""
        self.places[place] = data
        return f"/media/{data.decode()}"

    def there(self) -> set[bytes]:
        """What can be fetched."""
        return set(self.places.values())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still, an empty session, and a storage."""
    found = SimpleNamespace(now=100.0, storage=Storage())
    monkeypatch.setattr(lab_files, "time", SimpleNamespace(monotonic=lambda: found.now))
    monkeypatch.setattr(lab_files, "st", SimpleNamespace(session_state={}))
    monkeypatch.setattr(lab_files, "get_instance", lambda: SimpleNamespace(media_file_mgr=found.storage))
    return found


def runs(clock: SimpleNamespace, *offered: dict[str, bytes]) -> Iterator[set[bytes]]:
    """Run the page for each of these, and say what can be fetched afterwards."""
    for files in offered:
        clock.storage.places.clear()
        page = Files("lab")
        for name, data in files.items():
            assert page.offer(name, data) == f"/media/{data.decode()}"
        page.close()
        yield clock.storage.there()


def test_another_run_leaves_the_files_of_the_one_before_for_a_while(clock: SimpleNamespace) -> None:
    """Replaced files and those that have no successor; a file that stays is no late one."""
    one, other = {"epoch 0": b"a0", "epoch 1": b"a1", "pictures": b"p"}, {"epoch 0": b"b0", "pictures": b"p"}
    pages = runs(clock, one, other, other, other)
    assert next(pages) == {b"a0", b"a1", b"p"}
    assert next(pages) == {b"a0", b"a1", b"p", b"b0"}
    clock.now += KEPT - 0.1
    assert next(pages) == {b"a0", b"a1", b"p", b"b0"}
    clock.now += 0.2
    assert next(pages) == {b"b0", b"p"}

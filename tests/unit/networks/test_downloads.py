"""Weights are fetched whole and right, or not at all; what has come is not fetched twice."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnviz.errors import WeightsError
from cnnviz.networks import downloads, published_weights, torchvision_models

if TYPE_CHECKING:
    from pathlib import Path

DATA = np.random.default_rng(0).bytes(1_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()[:8]


class Server(ThreadingHTTPServer):
    """Serves DATA. `cut`: bytes after which it hangs up; `ranges`: whether it can begin in the middle."""

    cut, ranges = len(DATA), True
    asked: list[int]
    gate: threading.Event


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send the file, or the rest of it."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(found[1]) if found and self.server.ranges else 0
        self.server.asked.append(begin)
        self.server.gate.wait(5)
        if self.path != "/file" or begin >= len(DATA):
            self.send_error(404 if self.path != "/file" else 416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(DATA) - begin))
        self.end_headers()
        self.wfile.write(DATA[begin : max(begin, self.server.cut)])


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on this machine."""
    with Server(("127.0.0.1", 0), Answer) as running:
        running.asked, running.gate = [], threading.Event()
        running.gate.set()
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def go_on(_here: int, _total: int) -> bool:
    """Nobody cancels."""
    return True


def address(server: Server, path: str = "file") -> str:
    """Of the file."""
    return f"http://127.0.0.1:{server.server_port}/{path}"


def test_a_file_comes_whole_with_its_progress(server: Server, tmp_path: Path) -> None:
    """Once: who asks again finds it."""
    steps: list[tuple[int, int]] = []
    path = tmp_path / "new" / "weights.pth"
    for _ in range(2):
        downloads.fetch(address(server), path, DIGEST, lambda *step: steps.append(step) is None)
    assert path.read_bytes() == DATA
    assert steps[-1] == (len(DATA), len(DATA))
    assert steps == sorted(steps)
    assert len(steps) >= 4
    assert server.asked == [0]
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize("ranges", [True, False])
def test_what_broke_off_goes_on(server: Server, tmp_path: Path, ranges: bool) -> None:
    """From where it was; from the beginning if the server cannot begin in the middle."""
    path = tmp_path / "weights.pth"
    server.cut, server.ranges = 400_000, ranges
    with pytest.raises(WeightsError, match="broke off after 400,000 bytes"):
        downloads.fetch(address(server), path, DIGEST, go_on)
    assert not path.exists()
    server.cut = len(DATA)
    downloads.fetch(address(server), path, DIGEST, go_on)
    assert path.read_bytes() == DATA
    assert server.asked == [0, 400_000 if ranges else 0]


def test_who_cancels_can_go_on_later(server: Server, tmp_path: Path) -> None:
    """What has come is kept."""
    path = tmp_path / "weights.pth"
    with pytest.raises(downloads.CancelledError):
        downloads.fetch(address(server), path, DIGEST, lambda here, _total: here < 300_000)
    assert not path.exists()
    downloads.fetch(address(server), path, DIGEST, go_on)
    assert path.read_bytes() == DATA
    assert server.asked[1] >= 300_000


def test_a_wrong_file_is_deleted(server: Server, tmp_path: Path) -> None:
    """Also one whose beginning was another's, and one that had come whole before it was checked."""
    path, partial = tmp_path / "weights.pth", tmp_path / "weights.pth.partial"
    with pytest.raises(WeightsError, match=f"SHA-256 {DIGEST} instead of 01234567"):
        downloads.fetch(address(server), path, "01234567", go_on)
    partial.write_bytes(b"another file")
    with pytest.raises(WeightsError, match="not what its name promises"):
        downloads.fetch(address(server), path, DIGEST, go_on)
    assert not path.exists()
    assert not partial.exists()
    partial.write_bytes(DATA)
    assert downloads.fetch(address(server), path, DIGEST, go_on).read_bytes() == DATA


def test_two_who_ask_at_once_fetch_it_once(server: Server, tmp_path: Path) -> None:
    """The second one waits, and sees how far the first one is."""
    path = tmp_path / "weights.pth"
    waiting = threading.Event()
    server.gate.clear()
    first = threading.Thread(target=downloads.fetch, args=(address(server), path, DIGEST, go_on))
    first.start()
    while not server.asked:
        waiting.wait(0.01)
    second = threading.Thread(
        target=downloads.fetch, args=(address(server), path, DIGEST, lambda *_step: waiting.set() is None)
    )
    second.start()
    assert waiting.wait(5)
    server.gate.set()
    first.join(10)
    second.join(10)
    assert path.read_bytes() == DATA
    assert server.asked == [0]


def test_without_network_a_sentence_offers_the_others(server: Server, tmp_path: Path) -> None:
    """Nobody listens, the file is not there, the folder cannot be written."""
    with pytest.raises(WeightsError, match=r"does not answer .*: choose a shipped network"):
        downloads.fetch("http://127.0.0.1:9/file", tmp_path / "weights.pth", DIGEST, go_on)
    with pytest.raises(WeightsError, match="choose a shipped network"):
        downloads.fetch(address(server, "other"), tmp_path / "weights.pth", DIGEST, go_on)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WeightsError, match="cannot be written"):
        downloads.fetch(address(server), tmp_path / "file" / "weights.pth", DIGEST, go_on)


def test_torchvisions_files_are_named_for_their_hash(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record is fetched to torch's folder and checked against the digits in its name."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    record = torchvision_models.Record("resnet18", "IMAGENET1K_V1", f"net_top1_67.823-{DIGEST}.pth", len(DATA), 224)
    monkeypatch.setattr(published_weights, "facts", lambda _record: SimpleNamespace(url=address(server)))
    assert not record.is_here
    assert downloads.download(record, go_on) == tmp_path / "hub" / "checkpoints" / record.file
    assert record.is_here
    server.shutdown()
    assert downloads.download(record, go_on).read_bytes() == DATA
    digests = {each.path.stem.rpartition("-")[2] for each in torchvision_models.RECORDS}
    assert all(re.fullmatch(r"[0-9a-f]{8,10}", each) for each in digests)

"""The server that `make run` starts: what it tells browsers, and whom it lets in."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.app import serve

if TYPE_CHECKING:
    from pathlib import Path


def websocket(url: str, **headers: str) -> int:
    """Ask for the page's websocket with `headers` and return the HTTP status: 101 when it is opened."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        **headers,
    }
    connection.request("GET", "/_stcore/stream", headers=asked)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/media/none.png"])
def test_every_answer_forbids_other_hosts(app_server: str, path: str) -> None:
    """No page of ours may fetch from, or send to, another host, whatever is smuggled into it."""
    connection = http.client.HTTPConnection(urlsplit(app_server).netloc, timeout=10)
    connection.request("GET", path)
    headers = connection.getresponse().headers
    connection.close()
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert not [source for sources in policy.values() for source in sources.split() if "." in source or "*" in source]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_this_machine_is_let_in_and_a_borrowed_name_is_not(app_server: str) -> None:
    """A hostile site that points its own name at 127.0.0.1 cannot drive the app of whoever visits it."""
    port = urlsplit(app_server).port
    for host in ("127.0.0.1", "localhost"):
        assert websocket(app_server, Host=f"{host}:{port}", Origin=f"http://{host}:{port}") == 101
    assert websocket(app_server, Host=f"evil.example:{port}", Origin=f"http://evil.example:{port}") == 403


def test_a_class_is_let_in_by_any_name_but_not_from_another_site(root: Path, tmp_path: Path) -> None:
    """With --address 0.0.0.0 the network's own names work; a page of another site still cannot connect."""
    with serve(root, tmp_path / "log.txt", "--address", "0.0.0.0") as url:  # noqa: S104 - that is the point
        port = urlsplit(url).port
        for host in (f"127.0.0.1:{port}", f"teacher.local:{port}", f"10.1.2.3:{port}"):
            assert websocket(url, Host=host, Origin=f"http://{host}") == 101
        assert websocket(url, Host=f"teacher.local:{port}", Origin="http://evil.example") == 403


def test_a_taken_port_is_one_sentence(app_server: str, root: Path, tmp_path: Path) -> None:
    """Starting the app twice says what to do."""
    port = str(urlsplit(app_server).port)
    taken = serve(root, tmp_path / "log.txt", "--port", port)
    with pytest.raises(RuntimeError, match=r"Cannot listen on 127\.0\.0\.1, port .*: make run PORT="), taken:
        pass

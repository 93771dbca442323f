"""Fetching a file of weights: with progress, checked against its hash, taken up again where it broke off.

What has come lies in FILE.partial until all of it is there and right; then it is renamed, so that FILE is never half a
file. One process fetches at a time; who asks meanwhile waits and finds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks.torchvision_models import Record
from cnnviz.text import N_

__all__ = ["CancelledError", "Progress", "download", "fetch"]

Progress = Callable[[int, int], bool]
"""Called with bytes that are here and bytes in all (0 when nobody knows); False stops."""

_CHUNK = 2**18  # bytes
_TIMEOUT = 20  # seconds without an answer
_PAUSE = 0.2  # seconds between two looks at another's download
_COMPLETE = 416  # HTTP: nothing is left in the range that was asked for

_NO_NETWORK = N_(
    "{file} cannot be fetched, because the server does not answer ({reason}): choose a shipped network or one with "
    "random weights, or try again when there is a network."
)
_BROKEN_OFF = N_("{file} broke off after {given:,} bytes: try again, and it goes on from there.")
_WRONG = N_("{file} is not what its name promises (SHA-256 {given} instead of {announced}): it was deleted; try again.")
_NO_ROOM = N_("{file} cannot be written to {folder}: {reason}.")
_STOPPED = N_("{file} was stopped after {given:,} bytes: ask again, and it goes on from there.")


class CancelledError(WeightsError):
    """Raised when `progress` said that nobody waits any more."""


def download(record: Record, progress: Progress) -> Path:
    """Fetch weights that torchvision publishes to where torchvision keeps them; nothing to do when they are there.

    Raises:
        WeightsError: as `fetch`.
    """
    if record.is_here:
        return record.path
    from cnnviz.networks.published_weights import facts

    digest = record.path.stem.rpartition("-")[2]  # torchvision's files are called NAME-DIGITS.pth
    return fetch(facts(record).url, record.path, digest, progress)


def fetch(address: str, path: Path, digest: str, progress: Progress) -> Path:
    """Fetch a file.

    Args:
        address: http or https.
        path: where it is to lie.
        digest: the first hexadecimal digits of its SHA-256.
        progress: called every quarter of a megabyte, and while another process fetches the same file.

    Returns:
        `path`.

    Raises:
        CancelledError: when `progress` returned False; what has come is kept.
        WeightsError: when there is no network, the connection breaks (what has come is kept), the file is another one
            (it is deleted), or there is no room for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path, progress):
            if not path.is_file():
                _receive(address, path, progress)
                _put(path, digest)
    except CnnvizError:
        raise
    except (URLError, TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise _network_error(path, error) from error
    except OSError as error:
        raise WeightsError(_NO_ROOM, file=path.name, folder=path.parent, reason=error.strerror or error) from error
    return path


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}.partial")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _network_error(path: Path, error: Exception) -> WeightsError:
    here = _size(_partial(path))
    if here and not isinstance(error, URLError):
        return WeightsError(_BROKEN_OFF, file=path.name, given=here)
    return WeightsError(_NO_NETWORK, file=path.name, reason=getattr(error, "reason", "") or type(error).__name__)


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the file's lock; meanwhile show what another one has fetched. The system frees it if its holder dies."""
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _taken(descriptor):
            _tell(path, _size(_partial(path)), 0, progress)
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tell(path: Path, here: int, total: int, progress: Progress) -> None:
    if not progress(here, total):
        raise CancelledError(_STOPPED, file=path.name, given=here)


def _receive(address: str, path: Path, progress: Progress) -> None:
    """Write what is missing to the partial file; all of it, if the server cannot begin in the middle."""
    partial = _partial(path)
    here = _size(partial)
    request = Request(address, headers={"Range": f"bytes={here}-"} if here else {})  # noqa: S310 - from torchvision
    try:
        answer = urlopen(request, timeout=_TIMEOUT)  # noqa: S310 - the same
    except HTTPError as error:
        error.close()
        if error.code == _COMPLETE:  # all of it had come; whether it is right, the hash will tell
            return
        raise
    with answer:
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        here = here if goes_on else 0
        total = here + int(answer.headers.get("Content-Length") or 0)
        with partial.open("ab" if goes_on else "wb") as file:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                here += len(chunk)
                _tell(path, here, total, progress)
    if here < total:
        raise WeightsError(_BROKEN_OFF, file=path.name, given=here)


def _put(path: Path, digest: str) -> None:
    """Rename the partial file if it is right, delete it if it is not."""
    partial = _partial(path)
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(digest):
        partial.unlink()
        raise WeightsError(_WRONG, file=path.name, given=found[: len(digest)], announced=digest)
    partial.replace(path)

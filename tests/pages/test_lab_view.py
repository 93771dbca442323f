"""What the lab sends to the browser: numbers as they are, each epoch once, and little each second."""

from __future__ import annotations

import json
import zlib
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.errors import RunError
from cnnviz.training import observations
from pages.common import lab_view as page_side
from pages.common.lab_packing import pack_observation, pack_pictures, summary
from pages.common.lab_view import BUNDLE, COLUMNS, Progress, Seen, feed_message, lab_message, seen
from tests.messages import unpacked
from tests.pages import lab_runs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def _fresh() -> None:
    for cache in (page_side._bundle, page_side._single, page_side._history, page_side._pictures):
        cache.clear()


def array(record: dict[str, Any], blobs: list[bytes], kind: Any = np.uint8) -> NDArray[Any]:
    """The array of a record."""
    return np.frombuffer(blobs[record["blob"]], kind).reshape(record["shape"])


class Storage:
    """Keeps what is offered, as Streamlit's media storage does."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def __call__(self, _name: str, data: bytes) -> str:
        """Keep the data; return an address that is a digest of them."""
        address = f"/media/{zlib.crc32(data):08x}{zlib.adler32(data):08x}.bin"
        self.files[address] = data
        return address


def lines(message: dict[str, Any], storage: Storage, name: str) -> list[list[float]]:
    """All lines of metrics or steps: those of the file and those of the message."""
    past = json.loads(zlib.decompress(storage.files[message["history"][0]])) if message["history"] else {name: []}
    return [*past[name], *message[name]]


def test_an_observation_arrives_as_it_is() -> None:
    """Weights, counts and norms exactly; feature maps to half a level of 255."""
    shown = lab_runs.observation(3, filters=(50, 3, 5, 4), layers=110, classes=100)
    header, blobs = unpacked(zlib.decompress(pack_observation(shown)))
    np.testing.assert_array_equal(array(header["filters"], blobs, "<f4"), shown.filters[:48])
    assert (header["filters"]["of"], header["filters"]["channels"]) == (50, 3)
    np.testing.assert_array_equal(array(header["confusion"], blobs, "<u4"), shown.confusion)
    np.testing.assert_array_equal(array(header["wrong"], blobs), shown.mistakes.pictures)
    assert header["strip"]["answers"] == shown.strip.answers.tolist()
    for record, name in zip(header["maps"], ("conv1", "linear"), strict=True):
        levels = array(record, blobs).astype(float)
        extent = np.abs(shown.maps[name]).max()
        values = (levels - 127) / 127 if record["signed"] else levels / 255
        np.testing.assert_allclose(values * extent, shown.maps[name], atol=extent / 250)
        assert record["signed"] == (name == "linear")
    gradients = dict(header["norms"][0])
    assert list(gradients) == list(shown.gradient_norms)
    np.testing.assert_allclose(list(gradients.values()), list(shown.gradient_norms.values()), rtol=1e-5)
    pictures, blobs = unpacked(zlib.decompress(pack_pictures(shown)))
    np.testing.assert_array_equal(array(pictures["picture"], blobs), shown.picture)
    np.testing.assert_array_equal(array(pictures["strip"], blobs), shown.strip.pictures)


def test_of_other_channels_than_one_or_three_the_first_is_sent() -> None:
    """Five channels have no colours: the scale is that of the first, and the number of channels goes along."""
    shown = lab_runs.observation(0, filters=(4, 5, 3, 3))
    header, blobs = unpacked(zlib.decompress(pack_observation(shown)))
    np.testing.assert_array_equal(array(header["filters"], blobs, "<f4"), shown.filters[:, :1])
    assert header["filters"]["channels"] == 5
    assert summary(shown)["extent"] == np.abs(shown.filters[:, 0]).max()


def test_what_is_no_number_does_not_break_the_message() -> None:
    """A network that has burst: NaN and infinity become nothing, in scales, norms and lines."""
    shown = lab_runs.observation(0)
    shown.filters[0, 0, 0, 0] = np.nan
    shown.maps["linear"][0, 0, 0] = np.inf
    burst = {"layer1": float("nan"), "layer2": 0.0, "layer3": 2.0}
    object.__setattr__(shown, "gradient_norms", burst)
    header, _ = unpacked(zlib.decompress(pack_observation(shown)))
    assert header["norms"][0] == [["layer1", None], ["layer2", 0.0], ["layer3", 2.0]]
    found = summary(shown)
    assert found["norms"][0] == (2.0, 2.0)
    assert found["extent"] == np.nanmax(np.abs(shown.filters))
    run = Progress("run", [{"epoch": 1, "train_loss": float("nan")}], [], 2)
    message = feed_message("lab", run, lab_runs.seen(-1), Storage())
    assert message["rows"] == [[1.0, *[None] * 8]]


def test_all_lines_arrive_and_few_of_them_each_second() -> None:
    """File and message together are the whole of metrics and steps."""
    for epochs in (0, 1, 3, 9, 200):
        run, storage = lab_runs.progress(epochs, 200), Storage()
        message = feed_message("lab", run, lab_runs.seen(-1), storage)
        rows = [[row[name] for name in COLUMNS] for row in run.metrics]
        steps = [[step[name] for name in ("step", "loss", "learning_rate")] for step in run.steps]
        assert np.allclose(np.array(lines(message, storage, "rows")), np.array(rows), rtol=1e-5)
        assert np.allclose(lines(message, storage, "steps"), steps, rtol=1e-5)
        assert len(message["rows"]) < page_side.ROWS_APART
        assert len(message["steps"]) < page_side.STEPS_APART


def test_a_history_that_was_written_anew_is_sent_anew() -> None:
    """A resumed run writes its last lines again: as many of them, other numbers."""
    run, storage = lab_runs.progress(8), Storage()
    again = Progress("run", [*run.metrics[:-1], {**run.metrics[-1], "train_loss": 9.0}], run.steps, 20)
    addresses = [feed_message("lab", each, lab_runs.seen(-1), storage)["history"][0] for each in (run, again)]
    assert addresses[0] != addresses[1]
    assert json.loads(zlib.decompress(storage.files[addresses[1]]))["rows"][-1][2] == 9.0


def test_every_epoch_is_in_one_file_and_packed_once() -> None:
    """Full bundles, then epochs by themselves; what is there already is not read again."""
    storage, read = Storage(), []
    run = lab_runs.progress(20)

    def reading(last: int) -> Seen:
        known = lab_runs.seen(last)
        return Seen("run", known.stamps, lambda epoch: (read.append(epoch), known.read(epoch))[1])

    for last in range(BUNDLE + 4):
        message = feed_message("lab", run, reading(last), storage)
    message = feed_message("lab", run, reading(BUNDLE + 3), storage)
    assert [(first, final) for _, first, final, _ in message["files"]] == [
        (0, 15),
        (16, 16),
        (17, 17),
        (18, 18),
        (19, 19),
    ]
    single = [epoch for epoch in range(BUNDLE + 4) if epoch != BUNDLE - 1]  # that one fills the bundle
    assert sorted(read) == sorted([0, *single, *range(BUNDLE)])  # 0 also for the pictures
    found = []
    for address, first, final, stamp in message["files"]:
        header, blobs = unpacked(storage.files[address])
        assert stamp == reduce(xor, (record["stamp"] for record in header["epochs"]))
        assert [record["epoch"] for record in header["epochs"]] == list(range(first, final + 1))
        found += [unpacked(zlib.decompress(blob))[0]["strip"]["answers"] for blob in blobs]
    assert found == [lab_runs.observation(epoch).strip.answers.tolist() for epoch in range(BUNDLE + 4)]


def test_a_message_of_a_long_run_is_small() -> None:
    """Two hundred epochs seen, a thousand steps: kilobytes each second, whatever the network."""
    observed = lab_runs.seen(191 + 15, "long", layers=2, maps=(1, 2, 2))  # as many single files as there can be
    message = feed_message("lab", lab_runs.progress(203, 300), observed, Storage())
    assert len(message["files"]) == 27
    assert len(json.dumps(message)) < 3500
    short = feed_message("lab", lab_runs.progress(5), lab_runs.seen(5, "short"), Storage())
    assert len(json.dumps(short)) < 1500


def test_a_damaged_observation_is_left_out() -> None:
    """The other epochs are shown; the pictures come when the first can be read."""

    def read(epoch: int) -> observations.Observation:
        if epoch == 0:
            raise RunError("damaged")
        return lab_runs.observation(epoch)

    storage = Storage()
    message = feed_message("lab", lab_runs.progress(1), Seen("run", {0: 1, 1: 2}, read), storage)
    (_, broken), (_, whole) = (unpacked(storage.files[file[0]]) for file in message["files"])
    assert (broken, bool(whole[0])) == ([b""], True)
    assert message["pictures"] is None


def test_a_folder_is_read_as_the_run_writes_it(tmp_path: Path) -> None:
    """Epochs that are there, with stamps that change when one is written anew."""
    (tmp_path / "observations").mkdir()
    assert seen(tmp_path).stamps == {}
    for epoch in (0, 1):
        path = tmp_path / "observations" / f"epoch-{epoch:04}.safetensors"
        path.write_bytes(observations._packed(lab_runs.observation(epoch)))
    observed = seen(tmp_path)
    assert list(observed.stamps) == [0, 1]
    np.testing.assert_array_equal(observed.read(1).filters, lab_runs.observation(1).filters)
    path.touch()
    assert seen(tmp_path).stamps[1] != observed.stamps[1]


def test_the_lab_itself_stays_the_same() -> None:
    """While a run goes on, words and colours are one and the same message, which Streamlit sends once."""
    assert lab_message("lab", ["0", "1"]) == lab_message("lab", ["0", "1"])
    header, blobs = unpacked(lab_message("lab", ["0", "1"]))
    assert (header["classes"], [len(blob) for blob in blobs]) == (["0", "1"], [768, 765])


def _page() -> None:
    import streamlit as st

    from pages.common.lab_view import lab_view
    from tests.pages import lab_runs

    lab_view("lab", lab_runs.progress(2), lab_runs.seen(2), ["a", "b"])
    st.write("drawn")


def test_it_is_drawn_on_a_page() -> None:
    """Both parts are mounted, again and again."""
    page = AppTest.from_function(_page, default_timeout=60).run()
    page.run()
    assert not page.exception
    assert page.markdown[0].value == "drawn"

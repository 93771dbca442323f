"""What the view of one channel gets from Python, and what it may send back."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from cnnviz.convolution.receptive_field import Along, Field
from cnnviz.networks.explained import Explanation
from cnnviz.networks.explanation import explain
from cnnviz.networks.passes import run_pass
from cnnviz.networks.zoo.parts import Add, Concatenate
from pages.common.channel_packing import packed
from pages.common.channel_view import placement, read_place
from pages.common.channel_words import sentence
from pages.common.language import begin_run

torch.set_num_threads(1)

PLACES = [None, [], [1], [1, 2, 3], "12", [0, 9], [-1, 0], [True, 0], [1.0, 2], {"0": 1}, [[0], 1]]


@pytest.fixture(autouse=True)
def _english() -> None:
    begin_run()


class Small(nn.Module):
    """A network with a step of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, (2, 3), stride=2, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.LeakyReLU(0.2)
        self.add, self.cat = Add(), Concatenate()
        self.max, self.average = nn.MaxPool2d(2, ceil_mode=True), nn.AdaptiveAvgPool2d((2, 1))
        self.linear = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Through all of them."""
        x = self.act(self.norm(self.conv(x)))
        x = self.average(self.max(self.cat(x, self.add(x, x.square()))))
        return self.linear(x.flatten(1))


@pytest.fixture(scope="module")
def explanations() -> dict[str, Explanation]:
    """The last channel of every step."""
    torch.manual_seed(0)
    network = Small().eval()
    pass_ = run_pass("small", network, torch.randn(3, 11, 9))
    return {name: explain(network, pass_, name, len(maps) - 1) for name, maps in pass_.maps.items()}


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """As unpack.js and arithmetic.js read it."""
    (length,) = struct.unpack("<I", message[:4])
    header = json.loads(message[4 : 4 + length])
    blobs = np.split(np.frombuffer(message[4 + length :], np.uint8), np.cumsum(header["blobs"]))
    types = {"f4": np.float32, "i4": np.int32}
    return header, {
        each["name"]: blob.view(types[each["type"]]).reshape(each["shape"])
        for each, blob in zip(header["arrays"], blobs, strict=False)
    }


def test_messages_hold_what_is_needed_to_compute_the_channel(explanations: dict[str, Explanation]) -> None:
    """From the message alone: windows times kernels, summed, scaled, bent, are the map."""
    header, arrays = unpacked(packed(explanations["act"])[1])
    rows, columns = arrays["rows"], arrays["columns"]
    padded = np.pad(arrays["inputs"].astype(float), ((0, 0), (0, 1), (0, 1)))
    windows = padded[:, rows[:, None, :, None], columns[None, :, None, :]]
    total = np.einsum("kyxij,kij->yx", windows, arrays["weights"]) + header["head"]["bias"]
    assert total == pytest.approx(arrays["head"], abs=1e-5)
    scaled = header["normalised"]["scale"] * total + header["normalised"]["shift"]
    slope = header["activated"]["settings"]["slope"]
    assert np.where(scaled > 0, scaled, slope * scaled) == pytest.approx(arrays["map"], abs=1e-5)
    assert header["histogram"]["zeros"] + sum(header["histogram"]["counts"]) == arrays["map"].size
    assert arrays["map"][tuple(header["start"])] == arrays["map"].max() > 0  # what is looked at first


def test_every_kind_of_step_is_packed_and_named(explanations: dict[str, Explanation]) -> None:
    """Names of messages tell contents apart; all can be said in a sentence."""
    kinds = {name: (unpacked(packed(each)[1])[0]["head"] or {}).get("kind") for name, each in explanations.items()}
    assert kinds == {
        "conv": "convolution", "norm": "convolution", "act": "convolution", "square": None, "add": "add",
        "cat": "joined", "max": "max", "average": "average", "flatten": None, "linear": "convolution",
    }  # fmt: skip
    assert len({packed(each)[0] for each in explanations.values()}) == len(explanations)
    sentences = {name: sentence(each) for name, each in explanations.items()}
    assert "channel 7 of the 8 joined ones is channel 3 of the 4 from add" in sentences["cat"]
    assert "kernel of 2×1" in sentences["linear"]


@pytest.mark.parametrize("value", PLACES, ids=str)
def test_a_browser_may_send_anything(value: Any) -> None:
    """What is no place of the map lets go of the pinned one."""
    assert read_place(value, (4, 9)) is None
    assert read_place([3, 8], (4, 9)) == (3, 8)


def test_units_lie_on_the_middle_of_what_they_see() -> None:
    """On the picture, against the spans of the receptive field."""
    field = Field(Along(7, 4, 3, 5), Along(4, 2, 0, 8))
    found = placement(field, (5, 8), (20, 22))
    for unit in range(5):
        first, last = field.rows.span(unit)
        middle = (found["top"] + found["height"] * (unit + 0.5) / 5) * 20
        assert middle == pytest.approx((first + last + 1) / 2)
    for unit in range(8):
        first, last = field.columns.span(unit)
        middle = (found["left"] + found["width"] * (unit + 0.5) / 8) * 22
        assert middle == pytest.approx((first + last + 1) / 2)


def _page() -> None:
    """A page with the view alone."""
    import numpy as np
    import torch
    from torch import nn

    from cnnviz.networks.explanation import explain
    from cnnviz.networks.passes import run_pass
    from pages.common.channel_view import channel_view

    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    pass_ = run_pass("own", network, torch.zeros(3, 8, 8))
    channel_view("channel", explain(network, pass_, "1", 1), np.zeros((8, 8, 3), np.float32), at=(2, 3))


def test_the_view_draws() -> None:
    """A black picture, a dead channel, and a pinned place are no errors."""
    assert not AppTest.from_function(_page, default_timeout=30).run().exception

"""The tab "Draw a digit" and the pad: what goes to the browser, and what is taken from it."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz.errors import ParameterError
from cnnviz.networks import shipped
from cnnviz.training import digit_networks
from cnnviz.training.drawing import EXAMPLES, START, ink, read_strokes
from pages.common.draw_tab import DRAW_SETTINGS, draw_message, network_blob
from pages.common.drawing_pad import png_of, strokes_record
from pages.common.language import begin_run
from tests.messages import unpacked

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _english() -> None:
    begin_run()


def tab() -> None:
    """The tab alone on a page."""
    from pages.common.draw_tab import DRAW_SETTINGS, draw_tab
    from pages.common.settings import Settings

    draw_tab(Settings("training", DRAW_SETTINGS))


def pad() -> None:
    """The pad alone on a page."""
    import streamlit as st

    from pages.common.drawing_pad import drawing_pad

    st.session_state["drawing"] = drawing_pad("pad")


def test_the_browser_gets_the_networks_own_weights() -> None:
    """Every float of the shipped LeNet-5, in order, at the places that the layers name."""
    network = digit_networks.load("lenet5-mnist")
    header, (weights,) = unpacked(network_blob(network.steps).data)
    floats = np.frombuffer(weights, "<f4")
    assert floats.size == 61_706
    state = shipped.load("lenet5-mnist").network.state_dict()
    for step in header["steps"]:
        for part in ("weight", "bias"):
            if part in step:
                expected = state[f"{step['name']}.{part}"].numpy()
                place = step[part]
                assert tuple(place["shape"]) == expected.shape
                found = floats[place["start"] : place["start"] + expected.size]
                np.testing.assert_array_equal(found, expected.ravel())


def test_another_way_sends_no_weights_again() -> None:
    """The message with the way is small; what is large is kept by the browser under a name made of its bytes."""
    network = digit_networks.load("lenet5-mnist")
    blob = network_blob(network.steps)
    assert blob.key == network_blob(network.steps).key
    message = draw_message(network, blob.key, "drawn")
    assert len(message) < 8_000 < 200_000 < len(blob.data)
    header, _ = unpacked(message)
    assert (header["way"], header["weights"]) == ("drawn", blob.key)
    assert header["frame"] == {"side": 28, "box": 20, "enlarge": 1}


def test_examples_survive_the_way_to_the_browser() -> None:
    """What the browser gets, it may send back."""
    for strokes in (*EXAMPLES.values(), START):
        again = read_strokes(json.loads(json.dumps(strokes_record(strokes))))
        assert abs(ink(again) - ink(strokes)).max() < 0.1


def test_a_kept_drawing_is_a_png() -> None:
    """Grey, as large as the pad, white on black, and exactly the ink."""
    picture = Image.open(io.BytesIO(png_of(EXAMPLES["2"])))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (280, 280))
    np.testing.assert_array_equal(np.asarray(picture), np.rint(255 * ink(EXAMPLES["2"])).astype(np.uint8))


@pytest.mark.parametrize("text", ["", "run:", "../x", "a b", "run:" + "x" * 90, "<script>"])
def test_hostile_names_of_networks_are_refused(text: str) -> None:
    """The address may hold anything."""
    setting = next(each for each in DRAW_SETTINGS if each.name == "draw_network")
    with pytest.raises(ParameterError):
        setting.decode(text)


def test_the_tab_is_drawn_and_says_what_answers() -> None:
    """Title, data and the measured accuracy of the card."""
    app = AppTest.from_function(tab, default_timeout=60).run()
    assert not app.exception
    accuracy = shipped.load("lenet5-mnist").card["accuracy"]["top1"]
    assert any(f"{100 * accuracy:.2f}%" in each.value and "MNIST" in each.value for each in app.caption)


def test_a_network_that_is_gone_is_replaced() -> None:
    """A link to a run that was removed shows the shipped network, and says so."""
    app = AppTest.from_function(tab, default_timeout=60)
    app.query_params["draw_network"] = "run:gone"
    app.run()
    assert not app.exception
    assert "run:gone" in app.info[0].value


def test_the_pad_hands_nothing_over_before_keep_is_pressed() -> None:
    """None is no drawing."""
    app = AppTest.from_function(pad, default_timeout=60).run()
    assert not app.exception
    assert app.session_state["drawing"] is None

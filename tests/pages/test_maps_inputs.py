"""A drawing as the network's picture, and kernels sent to other pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.convolution import notation
from cnnviz.errors import ParameterError
from cnnviz.networks import shipped
from cnnviz.training.drawing import EXAMPLES, MNIST, Stroke, as_drawn, centred, ink
from pages.common.maps_inputs import INPUT_SETTINGS

torch.set_num_threads(1)


def page() -> None:
    """What is looked at, and the pad below."""
    import streamlit as st

    from pages.common.maps_inputs import INPUT_SETTINGS, drawing_controls, drawing_input
    from pages.common.maps_looked import look
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.pictures import pictures
    from pages.common.settings import Settings

    settings = Settings("maps", (*MAPS_SETTINGS, *INPUT_SETTINGS))
    drawn = drawing_input(settings)
    st.session_state["drawn"] = drawn
    looked = look("maps", settings["model"], drawn or pictures(settings).shown)
    st.session_state["looked"] = looked
    drawing_controls(settings, looked)


def opened(**query: str) -> AppTest:
    """The page at an address."""
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"model": "lenet5-mnist", **query})
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("way", "made"), [("centred", centred), ("drawn", as_drawn)])
def test_the_network_sees_the_drawing_as_mnist_has_it(way: str, made: Any) -> None:
    """28×28, the same levels as in the lab; the network reads it."""
    app = opened(draw="4", draw_way=way)
    looked = app.session_state["looked"]
    np.testing.assert_array_equal(looked.seen[..., 0], np.rint(255 * made(ink(EXAMPLES["4"]), MNIST)) / np.float32(255))
    assert looked.about.classes[looked.answer] == "4"


def test_the_toggle_brings_a_drawing_and_takes_it_away() -> None:
    """Without it, the chosen picture is looked at; the pad is there for grey networks only."""
    app = opened()
    assert app.session_state["drawn"] is None
    app.toggle[0].set_value(True).run()
    assert app.session_state["drawn"].size == (28, 28)
    app.toggle[0].set_value(False).run()
    assert app.session_state["drawn"] is None
    assert not opened(model="resnet20-cifar10").toggle


def test_the_visitors_drawing() -> None:
    """An empty pad is black, and said to be; what the visitor drew is a picture, for a colour network, too."""
    empty = opened(draw="own")
    assert not empty.session_state["drawn"].levels.any()
    assert any("Nothing is drawn yet" in each.value for each in empty.caption)
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"draw": "own"})
    strokes = (Stroke(((140.0, 60.0), (140.0, 220.0)), 24.0),)
    app.session_state["maps/strokes"] = strokes
    app.run()
    assert app.toggle[0].value
    expected = np.rint(255 * centred(ink(strokes), MNIST.__class__(32, 23)))
    np.testing.assert_array_equal(app.session_state["drawn"].levels[..., 0], expected)


@pytest.mark.parametrize("text", ["10", "x", "<b>", "-1"])
def test_hostile_addresses_are_refused(text: str) -> None:
    """Only digits that lie ready, or one's own."""
    with pytest.raises(ParameterError):
        INPUT_SETTINGS[0].decode(text)


# ---- kernels


def kernels() -> None:
    """The links alone; where they lead is noted instead of linked, because there are no other pages here."""
    from unittest.mock import patch

    import streamlit as st

    from pages.common import site
    from pages.common.maps_kernel_links import kernel_links
    from pages.common.maps_looked import look
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.pictures import pictures
    from pages.common.settings import Settings

    settings = Settings("maps", MAPS_SETTINGS)
    looked = look("maps", settings["model"], pictures(settings).shown)
    with patch.object(site, "link") as link:
        kernel_links(settings, looked)
    st.session_state["links"] = [(each.args[0].address, each.args[2]["chain"]) for each in link.call_args_list]


def sent(app: AppTest) -> Any:
    """The kernel that both pages get."""
    (first, chain), (second, other) = app.session_state["links"]
    assert (first, second, chain) == ("filters", "frequency", other)
    (step,) = notation.read(chain)
    return step.kernel.weights


def test_a_kernel_is_sent_as_it_is_in_the_network() -> None:
    """In four digits: all colours summed, then one of them."""
    weight = shipped.load("resnet20-cifar10").network.state_dict()["conv1.conv.weight"].numpy()[3]
    app = AppTest.from_function(kernels, default_timeout=60)
    app.query_params.update({"step": "conv1.conv", "channel": "3"})
    app.run()
    assert not app.exception
    np.testing.assert_allclose(sent(app), weight.sum(axis=0), rtol=1e-3)
    app.selectbox[0].set_value(2).run()
    np.testing.assert_allclose(sent(app), weight[2], rtol=1e-3)
    assert f"{weight[2].max():.3g}".replace("-", "−") in app.caption[0].value


def test_deeper_layers_offer_the_strongest_input_first() -> None:
    """Its kernel comes from the same place in the weights; other steps have no kernel to send."""
    weight = shipped.load("resnet20-cifar10").network.state_dict()["conv3_x.1.conv1.weight"].numpy()[5]
    app = AppTest.from_function(kernels, default_timeout=60)
    app.query_params.update({"step": "conv3_x.1.conv1", "channel": "5"})
    app.run()
    chosen = app.selectbox[0].value
    assert "strongest" in app.selectbox[0].options[0]
    np.testing.assert_allclose(sent(app), weight[chosen], rtol=1e-3)
    for query in ({"step": "conv3_x.1.add", "channel": "5"}, {"step": "conv1.conv"}):
        other = AppTest.from_function(kernels, default_timeout=60)
        other.query_params.update(query)
        assert other.run().session_state["links"] == []

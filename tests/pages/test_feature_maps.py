"""What the page Feature maps says, refuses and keeps, without a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz.images import samples
from cnnviz.networks import catalogue, shipped, zoo
from pages.common import maps_zoom, site
from pages.common.maps_grid import View
from pages.common.maps_overview import Look
from pages.common.maps_settings import NETWORK, PICTURE, maps_suggestions
from tests.messages import unpacked
from tests.pages.test_every_page import open_app, texts

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

torch.set_num_threads(1)


def maps(root: Path, language: str = "en", **query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    app = open_app(root, site.MAPS, language, **query)
    assert not app.exception
    return app


def own_answer(key: str) -> tuple[str, float]:
    """Class and probability for the page's first picture, by a forward pass of our own."""
    loaded = catalogue.load(key)
    with torch.inference_mode():
        shares = loaded.network(loaded.prepare(samples.load(PICTURE))[None])[0].softmax(0)
    return loaded.classes[int(shares.argmax())], float(shares.max())


def test_the_first_visit_shows_the_answer_of_a_shipped_network(root: Path) -> None:
    """Name and share are those of a forward pass of the test's own."""
    app = maps(root)
    name, share = own_answer(NETWORK)
    assert not app.error
    assert f"answer: {name}, {100 * share:.1f}%" in texts(app)


def test_a_title_that_the_select_box_cuts_is_said_in_full(root: Path) -> None:
    """In the line below it; a short title is not said twice."""
    long = texts(maps(root, model="random:nin_cifar"))
    assert "Network in Network, CIFAR-10, random weights · 32×32, colour" in long
    short = texts(maps(root))
    assert "32×32, colour" in short
    assert not re.search(r"ResNet-20, CIFAR-10 \(\d\d\.\d%\) · 32×32", short.replace("\\", ""))


def test_lists_say_how_often_a_trained_network_is_right(root: Path) -> None:
    """As its card does; so two of one kind can be told apart."""
    app = maps(root, "es")
    titles = next(each for each in app.selectbox if each.label == "Red").options
    for name in shipped.names():
        share = shipped.read_card(name)["accuracy"]["top1"]
        assert sum(each.endswith(f" ({100 * share:.1f}\u00a0%)") for each in titles) == 1
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("suggestion", range(len(maps_suggestions())))
def test_every_suggestion_works(root: Path, suggestion: int) -> None:
    """A click draws the page anew, says what to look at, and fails nowhere."""
    app = maps(root)
    app.button(f"maps/suggestion/{suggestion}").click().run()
    assert not app.exception
    assert not app.error
    assert maps_suggestions()[suggestion].look in texts(app)


def test_the_way_leads_up_one_level_at_a_time(root: Path) -> None:
    """From one channel to its step, from there to the network; the address follows."""
    app = maps(root, step="conv1.conv", channel="3", at="2.5")
    app.button("maps/to step").click().run()
    assert (app.query_params["step"], "channel" in app.query_params) == ("conv1.conv", False)
    app.button("maps/to network").click().run()
    assert "step" not in app.query_params


def test_whoever_goes_up_finds_the_place_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a channel that a link opened: the grid selects it, and the overview knows where the visitor was."""
    grids: list[dict[str, Any]] = []
    overviews: list[dict[str, Any]] = []
    monkeypatch.setattr(maps_zoom, "maps_grid", lambda *_parts, **named: grids.append(named))
    monkeypatch.setattr(maps_zoom, "maps_overview", lambda *_parts, **named: overviews.append(named))
    app = maps(root, step="conv4_x.2.conv1", channel="37")
    app.button("maps/to step").click().run()
    assert grids[-1]["view"].channel == 37
    app.button("maps/to network").click().run()
    assert overviews[-1]["left"] == ("conv4_x.2.conv1", 37)
    straight = maps(root, step="conv4_x.2.conv1", channel="5")
    straight.button("maps/to network").click().run()
    assert overviews[-1]["left"] == ("conv4_x.2.conv1", 5)


def test_channels_can_be_sorted_by_the_difference_to_another_picture(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mean absolute difference, from hooks of the test's own; the other picture is at choice."""
    packed: list[bytes] = []
    monkeypatch.setattr(maps_zoom, "maps_grid", lambda _key, grid, **_named: packed.append(grid))
    maps(root, step="conv1.conv")
    assert "difference" not in unpacked(packed[-1])[0]["numbers"]
    app = maps(root, step="conv1.conv", sort="difference", compare_picture="rocket")
    assert next(each for each in app.selectbox if each.label == "Difference to").value == "rocket"

    loaded = catalogue.load(NETWORK)
    seen: list[torch.Tensor] = []
    hook = loaded.network.get_submodule("conv1.conv").register_forward_hook(lambda *call: seen.append(call[2][0]))
    with torch.inference_mode():
        for name in (PICTURE, "rocket"):
            loaded.network(loaded.prepare(samples.load(name))[None])
    hook.remove()
    header, blobs = unpacked(packed[-1])
    numbers = np.frombuffer(blobs[2], "<f4").reshape(len(header["numbers"]), -1)
    expected = (seen[0] - seen[1]).abs().mean(dim=(1, 2))
    np.testing.assert_allclose(numbers[header["numbers"].index("difference")], expected, rtol=1e-4)


def test_the_next_layer_keeps_the_channel_as_far_as_it_can(root: Path) -> None:
    """From the last channel of 64 to the ten numbers of the classifier."""
    app = maps(root, step="flatten", channel="63")
    app.button("maps/by 1").click().run()
    assert app.query_params["step"] == "fc"
    assert app.query_params["channel"] == "9"
    assert app.button("maps/by 1").disabled


def test_what_was_chosen_in_the_grid_comes_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that only dead channels are shown: a grid that is told otherwise takes the choice back."""
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(maps_zoom, "maps_grid", lambda *_parts, **named: drawn.append(named))
    app = maps(root, step="conv1.conv")
    drawn[-1]["on_view"](View(4, "mean", "channel", True))
    app.run()
    assert drawn[-1]["view"] == View(4, "mean", "channel", True)


def test_a_link_holds_how_one_looks_at_the_network_and_a_layer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps, one scale for all, dead channels alone: from the address, and into it."""
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(maps_zoom, "maps_overview", lambda *_parts, **named: drawn.append(named))
    monkeypatch.setattr(maps_zoom, "maps_grid", lambda *_parts, **named: drawn.append(named))
    app = maps(root, fold="all", scale="network", dead="1")
    assert drawn[-1]["look"] == Look("all", "network")
    drawn[-1]["on_look"](Look("ends", "channel"))
    app.run()
    assert drawn[-1]["look"] == Look("ends", "channel")
    assert ("fold" in app.query_params, app.query_params["scale"]) == (False, "channel")
    maps(root, step="conv1.conv", dead="1")
    assert drawn[-1]["view"] == View(0, "index", "layer", True)


def test_a_hint_is_for_the_page_that_its_suggestion_made(root: Path) -> None:
    """Also that of the first one, which sets nothing but the defaults."""
    app = maps(root)
    app.button("maps/suggestion/0").click().run()
    look = maps_suggestions()[0].look
    assert look in texts(app)
    networks = next(each for each in app.selectbox if each.label == "Network")
    networks.select(next(each for each in networks.options if each.startswith("VGG-11"))).run()
    assert look not in texts(app)


@pytest.mark.parametrize(
    "query",
    [
        {"model": "resnet999"},
        {"model": "../../etc/passwd"},
        {"model": "upload:0000@resnet18"},
        {"model": "torchvision:resnet18"},
        {"step": "<script>"},
        {"step": "conv9_x.nowhere"},
        {"step": "conv1.conv", "channel": "99999"},
        {"step": "conv1.conv", "channel": "-7"},
        {"step": "conv1.conv", "channel": "1", "at": "99.99"},
        {"step": "conv1.conv", "channel": "1", "at": "a.b"},
        {"off": "nowhere;conv1.conv:9999"},
        {"off": ";;:::"},
    ],
)
def test_hostile_addresses_get_a_sentence(
    root: Path, query: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in the address: the page is drawn, and its controls are there to mend it."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # no weights are on this machine
    app = maps(root, **query)
    assert "our mistake" not in texts(app)
    assert app.sidebar.selectbox


def test_weights_in_torchs_cache_are_used(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that torchvision would have fetched lies in its folder: the network answers as torchvision's does."""
    from cnnviz.networks import torchvision_models
    from cnnviz.networks.torchvision_door import torchvision

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    record = torchvision_models.record_of("squeezenet1_1")
    torch.manual_seed(3)
    theirs = torchvision().models.squeezenet1_1().eval()
    record.path.parent.mkdir(parents=True)
    torch.save(theirs.state_dict(), record.path)
    app = maps(root, model="torchvision:squeezenet1_1")
    loaded = catalogue.load("torchvision:squeezenet1_1")
    with torch.inference_mode():
        shares = theirs(loaded.prepare(samples.load(PICTURE))[None])[0].softmax(0)
    assert f"answer: {loaded.classes[int(shares.argmax())]}, {100 * float(shares.max()):.1f}%" in texts(app)


def test_a_network_that_is_not_here_is_offered(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button names the size; nothing is fetched before it is pressed."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    app = maps(root, model="torchvision:resnet18")
    assert "46.8" in texts(app)
    assert app.button("maps/fetch").label == "Fetch the weights (47 MB)"


@pytest.mark.parametrize("key", ["random:densenet121", "lenet5-mnist", "random:mobilenet_v2"])
def test_other_networks_are_drawn(root: Path, key: str) -> None:
    """Concatenations, grey pictures, depthwise convolutions: overview and answer are there."""
    app = maps(root, model=key)
    assert not app.error
    name, share = own_answer(key)
    assert f"answer: {name}, {100 * share:.1f}%" in texts(app)


def test_the_default_network_is_in_the_zoo() -> None:
    """Its card names an architecture that can be opened in Architectures."""
    assert catalogue.load(NETWORK).architecture in zoo.names()

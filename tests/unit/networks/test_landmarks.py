"""Which steps stand for their block: compared with those that every path from the input to the answer goes through."""

from __future__ import annotations

import networkx
import pytest
from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.facts import Layer
from cnnviz.networks.landmarks import landmarks, stage
from cnnviz.networks.summary import summarize

FIRST = {
    "resnet18": ["conv1.activation", "conv2_x.pool", "conv2_x.0.activation2", "conv2_x.1.activation2"],
    "googlenet": ["stem.conv1.activation", "stem.pool1", "stem.reduce2.activation", "stem.conv2.activation"],
    "densenet121": ["stem.activation", "stem.pool", "dense_block1.concatenate", "transition1.conv"],
}


def dominators(layers: tuple[Layer, ...]) -> set[int]:
    """Steps on every path from the input to the last step."""
    graph = networkx.DiGraph([(source, layer.index) for layer in layers for source in layer.sources])
    above = networkx.immediate_dominators(graph, -1)
    found, at = set(), layers[-1].index
    while at != -1:
        found.add(at)
        at = above[at]
    return found


@pytest.mark.parametrize("name", FIRST)
def test_a_block_is_shown_by_its_end(name: str) -> None:
    """No step that something leads around is shown, and every stage of the network is."""
    layers = summarize(zoo.blueprint(name), (1, 3, 224, 224)).layers
    shown = landmarks(layers)
    assert [layers[index].name for index in shown][:4] == FIRST[name]
    assert layers[shown[-1]].name == "fc"
    assert set(shown) <= dominators(layers)
    told = {stage(layer.name) for layer in layers if layer.family not in ("reshape", "regularisation")}
    assert {stage(layers[index].name) for index in shown} == told


def test_convolutions_without_blocks_are_shown_by_size() -> None:
    """As in torchvision's VGG, where all of them stand in one list."""
    features = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3, padding=1), nn.ReLU()
    )
    network = nn.Sequential()
    network.add_module("features", features)
    network.add_module("flatten", nn.Flatten())
    network.add_module("fc", nn.Linear(8 * 16, 5))
    layers = summarize(network, (1, 3, 8, 8)).layers
    assert [layers[index].name for index in landmarks(layers)] == ["features.1", "features.4", "fc"]
    assert landmarks(()) == ()
    assert stage("relu#2") == "relu"

"""The jobs of taking a network away: what they return can be shared, and is what was loaded."""

from __future__ import annotations

import pickle

import pytest
import torch
from safetensors.torch import load

from cnnviz.engine import LocalEngine, SourceJob, WeightsJob
from cnnviz.networks import shipped


@pytest.fixture
def engine():
    """One of this test."""
    engine = LocalEngine()
    yield engine
    engine.close()


def test_source_and_weights_of_a_shipped_network(engine: LocalEngine) -> None:
    """The file has the numbers of models/, and the source names the file that lies there."""
    name = "lenet5-mnist"
    source = engine.run(pickle.loads(pickle.dumps(SourceJob(name))))  # noqa: S301 - our own bytes
    assert f'load_file("{source.weights}")' in source.code
    assert (shipped.MODELS / source.weights).is_file()
    state = shipped.load(name).network.state_dict()
    found = load(engine.run(WeightsJob(name)))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)

"""Passes against the bare network."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks import zoo
from cnnviz.networks.passes import run_pass, summary_of
from cnnviz.networks.what_if import read

torch.set_num_threads(1)


def resnet20() -> nn.Module:
    """With random weights."""
    torch.manual_seed(0)
    return zoo.build("resnet20").eval()


def test_a_pass_holds_what_the_network_returned() -> None:
    """Logits, probabilities, and one map for every step, in the summary's shape; read-only, and all counted."""
    network, x = resnet20(), torch.randn(3, 32, 32)
    found = run_pass("random:resnet20", network, x)
    with torch.no_grad():
        logits = network(x[None])[0]
    assert np.array_equal(found.logits, logits.numpy())
    np.testing.assert_allclose(found.probabilities, logits.softmax(0).numpy(), rtol=1e-5)
    assert [(n, (1, *m.shape)) for n, m in found.maps.items()] == [
        (x.name, x.output_shape) for x in found.summary.layers
    ]
    arrays = [found.input, found.logits, found.probabilities, *found.maps.values()]
    assert found.bytes == sum(each.size * 4 for each in arrays)
    assert not any(each.flags.writeable for each in arrays)
    assert np.array_equal(found.input, x.numpy())
    assert not np.shares_memory(found.input, x.numpy())
    assert found.milliseconds > 0
    assert (found.model, found.device) == ("random:resnet20", "cpu")
    assert pickle.loads(pickle.dumps(found)).summary == found.summary  # noqa: S301 - our own


def test_what_if_and_keep() -> None:
    """One channel is zero, others are as before; only one step is kept."""
    network, x = resnet20(), torch.randn(3, 32, 32)
    step = summary_of(network, (1, 3, 32, 32)).layers[0].name
    plain = run_pass("", network, x, keep=[step])
    off = run_pass("", network, x, keep=[step], what_if=read(f"{step}:2"))
    assert list(off.maps) == [step]
    assert not off.maps[step][2].any()
    assert np.array_equal(np.delete(off.maps[step], 2, 0), np.delete(plain.maps[step], 2, 0))
    assert not np.array_equal(off.logits, plain.logits)


def test_bad_inputs() -> None:
    """A batch, a picture of other channels, and a network that returns pictures."""
    network = resnet20()
    with pytest.raises(ParameterError, match="C, H, W"):
        run_pass("", network, torch.zeros(1, 3, 32, 32))
    with pytest.raises(ShapeError):
        run_pass("", network, torch.zeros(1, 32, 32))
    with pytest.raises(ParameterError, match="classes"):
        run_pass("", nn.Conv2d(3, 1, 1).eval(), torch.zeros(3, 8, 8))


def test_the_summary_is_made_once() -> None:
    """For every network and shape."""
    network = resnet20()
    assert summary_of(network, (1, 3, 32, 32)) is summary_of(network, (1, 3, 32, 32))
    assert summary_of(network, (1, 3, 32, 40)).input_shape == (1, 3, 32, 40)

"""With the same weights, the early and the residual networks answer as torchvision's do."""

from __future__ import annotations

import copy

import pytest
import torch

from cnnviz.networks import weights, zoo
from tests.unit.networks.zoo.later_cases import pictures, random_state, torchvision_blueprint

torch.set_num_threads(1)


@pytest.mark.parametrize("key", ["alexnet", "vgg11", "vgg16_bn", "resnet18", "resnet50", "resnext50_32x4d"])
def test_answers_are_equal(key: str) -> None:
    """To 1e-5, for random weights and random statistics of the normalisation."""
    ours, theirs = zoo.blueprint(key).eval(), copy.deepcopy(torchvision_blueprint(key)).eval()
    state = random_state(theirs)
    theirs.load_state_dict(state, assign=True)
    ours.load_state_dict(weights.from_torchvision(key, state), assign=True)
    with torch.inference_mode():
        x = pictures(2, 3, 64, 96)
        mine, expected = ours(x), theirs(x)
    assert expected.std() > 0.1
    assert (expected[0] - expected[1]).abs().max() > 0.1
    torch.testing.assert_close(mine, expected, rtol=1e-5, atol=1e-5)

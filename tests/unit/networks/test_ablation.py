"""Each channel off in turn, against one forward pass for each with a hook of one's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.networks import ablation, catalogue
from cnnviz.networks.progress import Cancelled

torch.set_num_threads(1)

STEP = "c3.conv"


@pytest.fixture(scope="module")
def loaded() -> catalogue.Loaded:
    """LeNet-5, whose second convolution has 16 channels."""
    return catalogue.load("lenet5-mnist")


def test_every_channel_is_switched_off_alone(loaded: catalogue.Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probabilities and answers in batches of five are those of sixteen passes; the network is as it was."""
    monkeypatch.setattr(ablation, "_MOST_PICTURES", 5)
    x = loaded.prepare(samples.load("cat"))
    network = loaded.network
    told: list[float] = []
    found = ablation.ablate(network, x, STEP, 7, report=told.append)
    expected = []
    for channel in range(16):

        def silence(_module: object, _inputs: object, output: torch.Tensor, channel: int = channel) -> torch.Tensor:
            keep = torch.ones(16)
            keep[channel] = 0
            return output * keep.view(1, -1, 1, 1)

        handle = network.get_submodule(STEP).register_forward_hook(silence)
        expected.append(network(x[None])[0].softmax(0).numpy())
        handle.remove()
    before = network(x[None])[0].softmax(0)[7].item()
    np.testing.assert_allclose(found.probabilities, np.stack(expected)[:, 7], atol=1e-5)
    np.testing.assert_array_equal(found.answers, np.stack(expected).argmax(1))
    assert found.before == pytest.approx(before, abs=1e-5)
    np.testing.assert_allclose(found.drops, before - np.stack(expected)[:, 7], atol=2e-5)
    assert np.ptp(found.drops) > 0.001
    assert told == [0.25, 0.5, 0.75, 1]


def test_wrong_questions_and_impatience(loaded: catalogue.Loaded) -> None:
    """One sentence for a step or class that is not there; who does not want it any more is heard."""
    x = loaded.prepare(samples.load("cat"))
    with pytest.raises(ParameterError, match="step"):
        ablation.ablate(loaded.network, x, "no such step", 0)
    with pytest.raises(ParameterError, match="target"):
        ablation.ablate(loaded.network, x, STEP, 10)
    with pytest.raises(Cancelled):
        ablation.ablate(loaded.network, x, STEP, 0, cancelled=lambda: True)

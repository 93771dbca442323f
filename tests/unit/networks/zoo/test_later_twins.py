"""From GoogLeNet to EfficientNet: with the same weights, our networks answer as torchvision's do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.networks.torchvision_door import torchvision
from tests.unit.networks.zoo.later_cases import (
    SHARED,
    blueprint,
    pictures,
    summary,
    torchvision_blueprint,
    torchvision_network,
    weight_count,
    with_weights_of,
)

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("key", "side"),
    [("googlenet", 64), ("inception_v3", 96), ("densenet121", 64), ("mobilenet_v2", 64), ("efficientnet_b0", 64)],
)
def test_answers_are_equal(key: str, side: int) -> None:
    """To 1e-5 of their size, for random weights and random statistics of the normalisation."""
    ours, theirs = with_weights_of(torchvision_blueprint(key), key)
    x = pictures(2, 3, side, side + 16)
    with torch.inference_mode():
        mine, expected = ours.eval()(x), theirs.eval()(x)
    assert expected.std() > 0.1
    assert (expected[0] - expected[1]).abs().max() > 0.1
    torch.testing.assert_close(mine, expected, rtol=1e-5, atol=1e-5)


def test_auxiliary_heads_answer_in_training() -> None:
    """All three scores of GoogLeNet, and the statistics that training collects; dropout is off on both sides."""
    theirs = torchvision_network("googlenet", aux_logits=True, dropout=0.0, dropout_aux=0.0)
    ours, theirs = with_weights_of(theirs, "googlenet", auxiliary=True, dropout=0.0)
    for module in ours.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    x = pictures(4, 3, 64, 64)
    with torch.no_grad():
        mine, expected = ours.train()(x), theirs.train()(x)
    assert mine.auxiliary1.std() > 0.1
    torch.testing.assert_close(mine.logits, expected.logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(mine.auxiliary1, expected.aux_logits1, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(mine.auxiliary2, expected.aux_logits2, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.inception_5b.branch_1x1.norm.running_var, theirs.inception5b.branch1.bn.running_var)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("key", SHARED)
def test_parameters_are_as_many(key: str) -> None:
    """As torchvision's; its Inception v3 is published with an auxiliary head, which ours has not."""
    count = weight_count(blueprint(key))
    assert count == weight_count(torchvision_blueprint(key))
    if key != "inception_v3":
        assert count == torchvision().models.get_model_weights(key).IMAGENET1K_V1.meta["num_params"]


@pytest.mark.parametrize(
    "key", [key for key in SHARED if key not in ("densenet169", "efficientnet_b5", "efficientnet_b6")]
)
def test_operations_are_as_many(key: str) -> None:
    """Within 1 % of what torchvision publishes, at the size that its weights expect: 288 for B2 instead of 260."""
    told = torchvision().models.get_model_weights(key).IMAGENET1K_V1
    macs = summary(key, told.transforms.keywords["crop_size"]).macs
    assert macs / 1e9 == pytest.approx(told.meta["_ops"], rel=0.01)


@pytest.mark.parametrize("key", SHARED)
def test_normalisations_and_dropouts_have_the_same_constants(key: str) -> None:
    """ε, the share of a new batch, and the share that is left out; training depends on them."""

    def constants(network: nn.Module) -> tuple[list[tuple[float, float | None]], list[float]]:
        norms = [(each.eps, each.momentum) for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
        return norms, [each.p for each in network.modules() if isinstance(each, nn.Dropout)]

    assert constants(blueprint(key)) == constants(torchvision_blueprint(key))


@pytest.mark.parametrize("key", ["efficientnet_b0", "efficientnet_b7"])
def test_residuals_are_left_out_as_often(key: str) -> None:
    """Block by block; blocks without a shortcut have nothing to leave out."""
    ours = [each.label for each in blueprint(key).modules() if type(each).__name__ == "StochasticDepth"]
    theirs = [
        f"p = {each.stochastic_depth.p:.3g}"
        for each in torchvision_blueprint(key).modules()
        if getattr(each, "use_res_connect", False)
    ]
    assert len(ours) > 5
    assert ours == theirs

"""torchvision's weights, renamed for our networks, and refused where they do not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import CnnvizError, UnknownNetworkError, WeightsError
from cnnviz.networks import weights, zoo
from tests.unit.networks.zoo.later_cases import SHARED, blueprint, torchvision_blueprint, torchvision_network

if TYPE_CHECKING:
    from torch import Tensor

torch.set_num_threads(1)

ALL = (
    "alexnet",
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    "resnext50_32x4d",
    *SHARED,
)


def state(key: str = "mobilenet_v2") -> dict[str, Tensor]:
    """Names and shapes of torchvision's network."""
    return dict(torchvision_blueprint(key).state_dict())


@pytest.mark.parametrize("key", ALL)
def test_every_name_has_one_counterpart(key: str) -> None:
    """The renamed weights are those of our network, each with its shape."""
    renamed = weights.from_torchvision(key, state(key))
    expected = blueprint(key).state_dict()
    assert {name: value.shape for name, value in renamed.items()} == {
        name: value.shape for name, value in expected.items()
    }
    assert len(renamed) == len(state(key))


def test_tensors_are_handed_on_as_they_are() -> None:
    """Nothing is copied, and the dictionary that was given stays as it was."""
    given = state()
    before = dict(given)
    renamed = weights.from_torchvision("mobilenet_v2", given)
    assert renamed["bottleneck2.1.project.norm.bias"] is given["features.3.conv.3.bias"]
    assert given == before


@pytest.mark.parametrize("key", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_left_out_where_there_are_none(key: str) -> None:
    """Torchvision's files have them; for predictions they are not needed."""
    theirs = torchvision_network(key, aux_logits=True).state_dict()
    assert len(theirs) > len(state(key))
    assert weights.from_torchvision(key, theirs).keys() == blueprint(key).state_dict().keys()


def test_auxiliary_heads_are_kept_where_there_are_some() -> None:
    """The options are those that the network is built with."""
    theirs = torchvision_network("googlenet", aux_logits=True).state_dict()
    renamed = weights.from_torchvision("googlenet", theirs, auxiliary=True)
    assert renamed["auxiliary2.fc1.weight"] is theirs["aux2.fc1.weight"]
    assert renamed.keys() == zoo.blueprint("googlenet", auxiliary=True).state_dict().keys()
    with pytest.raises(WeightsError, match=r"lack “auxiliary1\."):
        weights.from_torchvision("googlenet", state("googlenet"), auxiliary=True)


def test_files_without_a_count_of_batches_are_completed() -> None:
    """Those from before PyTorch 0.4.1 have none."""
    given = {name: value for name, value in state().items() if not name.endswith("num_batches_tracked")}
    renamed = weights.from_torchvision("mobilenet_v2", given)
    counts = [value for name, value in renamed.items() if name.endswith("num_batches_tracked")]
    assert len(counts) == 52
    assert all(value.shape == () and value.dtype == torch.long and value == 0 for value in counts)


def test_the_oldest_files_of_densenet_are_understood() -> None:
    """Torchvision's own file writes "norm.1" for "norm1" in its layers."""
    given = state("densenet121")
    old = {name.replace(".norm2.", ".norm.2.").replace(".conv1.", ".conv.1."): given[name] for name in given}
    assert old.keys() != given.keys()
    assert weights.from_torchvision("densenet121", old).keys() == blueprint("densenet121").state_dict().keys()


@pytest.mark.parametrize("key", ["se_resnet50", "text_cnn", "xception"])
def test_networks_that_torchvision_does_not_have(key: str) -> None:
    """The sentence says so."""
    with pytest.raises(WeightsError, match=f"torchvision has no network “{key}”"):
        weights.from_torchvision(key, {})


def test_networks_that_nobody_has() -> None:
    """As everywhere in the zoo."""
    with pytest.raises(UnknownNetworkError):
        weights.from_torchvision("nonsense", {})


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("mobilenet_v2", "densenet121"),
        ("densenet121", "mobilenet_v2"),
        ("efficientnet_b0", "mobilenet_v2"),
        ("mobilenet_v2", "efficientnet_b0"),
        ("inception_v3", "googlenet"),
        ("googlenet", "inception_v3"),
        ("mobilenet_v1", "mobilenet_v2"),
        ("googlenet_2014", "googlenet"),
        ("vgg11", "vgg19"),
        ("alexnet", "mobilenet_v2"),
        ("resnet50", "densenet121"),
    ],
)
def test_weights_of_another_network_are_refused(key: str, other: str) -> None:
    """The sentence names a parameter, and it is no bug that the page reports."""
    with pytest.raises(CnnvizError, match="“"):
        weights.from_torchvision(key, state(other))


@pytest.mark.parametrize(
    "name", ["", "weight", "features", "features.99.conv.0.0.weight", "features.1.conv.7.weight", "ä" * 10_000]
)
def test_names_that_nobody_gives_are_refused_in_a_short_sentence(name: str) -> None:
    """Files are untrusted."""
    for key in ("mobilenet_v2", "efficientnet_b0", "inception_v3", "googlenet", "vgg11"):
        with pytest.raises(WeightsError) as refused:
            weights.from_torchvision(key, {name: torch.zeros(1)})
        assert len(str(refused.value)) < 200


def test_a_missing_tensor_is_named() -> None:
    """As our network calls it."""
    given = state()
    del given["classifier.1.bias"]
    with pytest.raises(WeightsError, match=r"lack “fc\.bias”"):
        weights.from_torchvision("mobilenet_v2", given)


def test_another_shape_is_told_with_both_shapes() -> None:
    """A classifier for other classes is the usual case; the option `num_classes` is the remedy."""
    given = state() | {"classifier.1.weight": torch.zeros(10, 1280), "classifier.1.bias": torch.zeros(10)}
    with pytest.raises(WeightsError, match="10 × 1280, but mobilenet_v2 needs 1000 × 1280"):
        weights.from_torchvision("mobilenet_v2", given)
    assert weights.from_torchvision("mobilenet_v2", given, num_classes=10)["fc.weight"].shape == (10, 1280)

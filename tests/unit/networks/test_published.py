"""Published results: what the tables print, against torchvision's own records and its networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from cnnviz.networks import published
from cnnviz.networks.published import FAMILIES, RESULTS, YEARS, Result, get, up_to
from cnnviz.networks.torchvision_door import torchvision

torch.set_num_threads(1)

# Key, top-1 in percent, parameters in millions, multiply-accumulates in billions, as lectures print them.
LECTURE = [
    ("resnet50", 76.0, 25.6, 4.1),
    ("densenet169", 76.2, 14.3, 3.4),
    ("inception_v3", 77.9, 23.9, 5.7),
    ("efficientnet_b0", 77.1, 5.3, 0.39),
    ("efficientnet_b7", 84.3, 66, 37),
]
NOT_IN_TORCHVISION = {
    "densenet264",
    "inception_resnet_v2",
    "inception_v2",
    "inception_v4",
    "mobilenet_v1",
    "mobilenet_v2_1.4",
    "nasnet_a",
    "se_resnet50",
    "senet154",
    "xception",
}
IN_TORCHVISION = [each for each in RESULTS if each.key not in NOT_IN_TORCHVISION]


def weights(result: Result) -> Any:
    """The first weights of the same network in torchvision."""
    return torchvision().models.get_model_weights(result.key).IMAGENET1K_V1


@pytest.mark.parametrize(("key", "top1", "millions", "billions"), LECTURE)
def test_the_figures_that_lectures_show(key: str, top1: float, millions: float, billions: float) -> None:
    """Rounded as they are usually printed."""
    result = get(key)
    assert result.top1.value == pytest.approx(top1, abs=0.01)
    assert float(f"{result.parameters.value / 1e6:.3g}") == millions
    assert float(f"{result.macs.value / 1e9:.2g}") == billions


@pytest.mark.parametrize(("number", "top1"), [(1, 79.1), (4, 82.9)])
def test_accuracies_of_efficientnet(number: int, top1: float) -> None:
    """Table 2 of the paper."""
    assert get(f"efficientnet_b{number}").top1.value == top1


@pytest.mark.parametrize("result", IN_TORCHVISION, ids=lambda result: result.key)
def test_against_torchvision(result: Result) -> None:
    """Sizes within rounding (running averages make 1.1%), operations within 5%, accuracy within 2.5 points."""
    meta = weights(result).meta
    crop = weights(result).transforms.keywords["crop_size"]
    if crop == result.input_size:  # another picture, other operations, and another accuracy
        assert result.macs.value == pytest.approx(meta["_ops"] * 1e9, rel=0.05)
        assert result.top1.value == pytest.approx(meta["_metrics"]["ImageNet-1K"]["acc@1"], abs=2.5)
    if result.key != "inception_v3":  # torchvision counts the auxiliary head, which is gone after training
        assert result.parameters.value == pytest.approx(meta["num_params"], rel=0.03)


def test_torchvision_has_all_the_others() -> None:
    """The comparison above leaves out only what cannot be compared."""
    models = torchvision().models.list_models()
    assert {each.key for each in RESULTS if each.key not in models} == NOT_IN_TORCHVISION


def test_numbers_that_claim_to_be_torchvisions_are() -> None:
    """Every number whose source is torchvision stands in its records."""
    checked = 0
    for result in RESULTS:
        for name in ("top1", "parameters", "macs"):
            cited = getattr(result, name)
            if cited.source.title.startswith("torchvision"):
                meta = weights(result).meta
                printed = {
                    "top1": meta["_metrics"]["ImageNet-1K"]["acc@1"],
                    "parameters": meta["num_params"],
                    "macs": round(meta["_ops"] * 1e9),
                }
                assert cited.value == printed[name], (result.key, name)
                checked += 1
    assert checked == 4 * 3 + 5 * 2 + 3


def test_inception_v3_without_its_auxiliary_head() -> None:
    """23.9 million: torchvision's network without the head, and the running averages that Keras counts."""
    with torch.device("meta"):
        model = torchvision().models.inception_v3(weights=None, aux_logits=False, init_weights=False)
    averages = sum(each.numel() for name, each in model.named_buffers() if "running" in name)
    counted = sum(each.numel() for each in model.parameters()) + averages
    assert round(counted / 1e6, 1) in (23.9, 23.8)
    assert get("inception_v3").parameters.value == pytest.approx(counted, rel=0.005)


@pytest.mark.parametrize("depth", [121, 169, 201])
def test_keras_counts_the_running_averages(depth: int) -> None:
    """So says the source, and so it is: parameters and running averages make Keras' number."""
    with torch.device("meta"):
        model = getattr(torchvision().models, f"densenet{depth}")(weights=None)
    averages = sum(each.numel() for name, each in model.named_buffers() if "running" in name)
    counted = sum(each.numel() for each in model.parameters()) + averages
    assert get(f"densenet{depth}").parameters.value == round(counted / 1e6, 1) * 1e6


def test_every_result_is_whole() -> None:
    """Known family, sensible numbers, a link for each source, no network twice."""
    assert len({each.key for each in RESULTS}) == len({each.title for each in RESULTS}) == len(RESULTS)
    assert {each.family for each in RESULTS} == set(FAMILIES)
    for each in RESULTS:
        assert 50 < each.top1.value < 90
        assert 1e6 < each.parameters.value < 2e8
        assert 1e8 < each.macs.value < 1e11
        assert all(source.link.startswith("https://") for source in each.sources)


def test_years() -> None:
    """Nothing is lost in the last year, and nothing but AlexNet is there in the first."""
    assert YEARS == (2012, 2019)
    assert [each.key for each in up_to(YEARS[0])] == ["alexnet"]
    assert up_to(YEARS[1]) == RESULTS
    assert up_to(2011) == ()


def test_an_unknown_network_is_a_bug() -> None:
    """Keys come from the program."""
    with pytest.raises(KeyError):
        published.get("resnet51")

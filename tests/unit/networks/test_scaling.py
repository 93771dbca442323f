"""Compound scaling by arithmetic, against torchvision's EfficientNets and the paper."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParameterError
from cnnviz.networks import published
from cnnviz.networks.scaling import (
    ALONE,
    BASELINE,
    VARIANTS,
    Coefficients,
    Multipliers,
    compound,
    fitting_phis,
    round_channels,
    round_repeats,
    scaled,
)
from cnnviz.networks.torchvision_door import torchvision

torch.set_num_threads(1)


def reference(variant: str) -> Any:
    """The weights of a variant in torchvision."""
    return torchvision().models.get_model_weights(f"efficientnet_{variant.lower()}").IMAGENET1K_V1


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_published_networks_are_counted_exactly(variant: str) -> None:
    """Parameters as in torchvision's records; operations to the three decimals printed there, on its picture size."""
    by, weights = VARIANTS[variant], reference(variant)
    side = weights.transforms.keywords["crop_size"]
    found = scaled(Multipliers(by.depth, by.width, side))
    assert found.parameters == weights.meta["num_params"]
    assert found.macs / 1e9 == pytest.approx(weights.meta["_ops"], abs=0.0005)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_paper_agrees(variant: str) -> None:
    """Table 2 of the paper prints the operations within 5%, and the parameters within rounding."""
    found, result = scaled(VARIANTS[variant]), published.get(f"efficientnet_{variant.lower()}")
    assert result.input_size == VARIANTS[variant].resolution
    assert found.macs == pytest.approx(result.macs.value, rel=0.05)
    assert found.parameters == pytest.approx(result.parameters.value, rel=0.02)


@pytest.mark.parametrize("by", [Multipliers(1, 1, 224), Multipliers(1.7, 1.3, 131), Multipliers(1.1, 2.2, 65)])
def test_every_stage_is_torchvisions(by: Multipliers) -> None:
    """Stage by stage: parameters, channels, blocks and sizes, for scales that nobody published."""
    models = torchvision().models.efficientnet
    EfficientNet, MBConvConfig = models.EfficientNet, models.MBConvConfig  # noqa: N806 - classes
    setting = [
        MBConvConfig(stage.expansion, stage.kernel_size, stage.stride, before.channels, stage.channels, stage.layers,
                     by.width, by.depth)
        for before, stage in pairwise(BASELINE)
        if stage.kind == "mbconv"
    ]  # fmt: skip
    head = round_channels(1280 * by.width)
    with torch.device("meta"):
        model = EfficientNet(setting, dropout=0.0, last_channel=head)
    x = torch.empty(1, 3, by.resolution, by.resolution, device="meta")
    found = scaled(by)
    assert found.parameters == sum(each.numel() for each in model.parameters())
    for stage, module in zip(found.stages, model.features, strict=True):
        assert stage.side == x.shape[-1]
        x = module(x)
        assert stage.channels == x.shape[1]
        own = sum(each.numel() for each in module.parameters())
        if stage.stage.kind == "head":
            own += sum(each.numel() for each in model.classifier.parameters())
        else:
            assert stage.layers == (len(module) if stage.stage.kind == "mbconv" else 1)
        assert stage.parameters == own


def test_the_table_of_stages_is_the_papers() -> None:
    """Table 1 prints the resolution of each stage's input."""
    assert [each.side for each in scaled(compound(0)).stages] == [224, 112, 112, 56, 28, 14, 14, 7, 7]


def test_the_coefficients_of_the_paper() -> None:
    """α·β²·γ² is about 2, and φ = 1 multiplies depth, width and resolution by them."""
    assert Coefficients().growth == pytest.approx(1.92, abs=0.001)
    one = compound(1)
    assert (one.depth, one.width, one.resolution) == (1.2, 1.1, round(224 * 1.15))
    assert compound(0) == VARIANTS["B0"]


def test_joint_scaling_multiplies_what_the_single_ones_do() -> None:
    """Figure 3 scales one at a time; together their factors multiply, but for rounding."""
    base = scaled(compound(0))
    ratios = [scaled(compound(3, only=each)).macs / base.macs for each in ALONE]
    joint = scaled(compound(3)).macs / base.macs
    assert joint == pytest.approx(ratios[0] * ratios[1] * ratios[2], rel=0.15)
    assert joint == pytest.approx(Coefficients().growth ** 3, rel=0.3)


def test_resolution_costs_operations_but_no_parameters() -> None:
    """The same weights at more places."""
    base, larger = scaled(compound(0)), scaled(Multipliers(1, 1, 448))
    assert larger.parameters == base.parameters
    assert larger.macs == pytest.approx(4 * base.macs, rel=0.01)


@pytest.mark.parametrize("phi", [0.5, 3.0, 7.0])
def test_the_phi_of_multipliers_is_found_again(phi: float) -> None:
    """By each of the three; resolution only to whole pixels."""
    assert fitting_phis(compound(phi)) == pytest.approx((phi, phi, phi), abs=0.02)


def test_published_numbers_are_not_phi() -> None:
    """B2 was scaled with φ = 1, B3 with about 2."""
    assert fitting_phis(VARIANTS["B0"]) == (0, 0, 0)
    assert fitting_phis(VARIANTS["B2"]) == pytest.approx((1, 1, 1), abs=0.1)
    assert fitting_phis(VARIANTS["B3"]) == pytest.approx((2, 2, 2), abs=0.2)


@given(st.floats(1, 16), st.integers(1, 2000))
@settings(max_examples=200, deadline=None)
def test_rounding_as_in_the_reference(factor: float, channels: int) -> None:
    """As torchvision rounds, for any number of channels; repeats are never fewer than asked for."""
    _make_divisible = torchvision().models._utils._make_divisible

    assert round_channels(channels * factor) == _make_divisible(channels * factor, 8)
    assert 0 <= round_repeats(channels * factor) - channels * factor < 1


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: compound(-0.1), "phi"),
        (lambda: compound(9), "phi"),
        (lambda: compound(float("nan")), "phi"),
        (lambda: compound(1, only="height"), "only"),
        (lambda: Coefficients(alpha=0.9), "alpha"),
        (lambda: Coefficients(gamma=2.1), "gamma"),
        (lambda: fitting_phis(VARIANTS["B1"], Coefficients(beta=1)), "beta"),
        (lambda: scaled(Multipliers(17, 1, 224)), "depth"),
        (lambda: scaled(Multipliers(1, 0.5, 224)), "width"),
        (lambda: scaled(Multipliers(1, 1, 5000)), "resolution"),
    ],
)
def test_what_is_refused(call: Any, name: str) -> None:
    """The error names the parameter at fault."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name

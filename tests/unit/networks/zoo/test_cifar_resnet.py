"""Residual networks for CIFAR-10 and their plain twins: table 6 and section 4.2."""

from __future__ import annotations

import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.zoo.cifar_resnet import CifarResNet, PlainNet
from tests.unit.networks.zoo.later_cases import layer_count, published, weight_count

torch.set_num_threads(1)

DEPTHS = (20, 32, 44, 56, 110)


@pytest.mark.parametrize(("depth", "millions"), [(20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.7")])
def test_parameters_of_table_6(depth: int, millions: str) -> None:
    """To the digits printed."""
    count = weight_count(published(f"resnet{depth}")[0])
    assert f"{count / 1e6:.{len(millions) - 2}f}" == millions


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_plain_twin_differs_by_its_shortcuts_alone(depth: int) -> None:
    """The same weights, layers and operations: what the paper compares."""
    (residual, with_shortcuts), (plain, without) = published(f"resnet{depth}"), published(f"plain{depth}")
    assert layer_count(residual) == layer_count(plain) == depth
    shapes = [{name: value.shape for name, value in each.state_dict().items()} for each in (residual, plain)]
    assert shapes[0] == shapes[1]
    assert with_shortcuts.macs == without.macs
    more = [each.kind for each in with_shortcuts.layers if each.kind not in {other.kind for other in without.layers}]
    assert more.count("Add") == (depth - 2) // 2
    assert more.count("ZeroPad3d") == more.count("AvgPool2d") == 2


def test_the_twins_agree_when_the_residual_one_adds_nothing() -> None:
    """With the same weights they differ; without its shortcuts' share, they do not."""
    torch.manual_seed(0)
    residual, plain = CifarResNet(8).eval(), PlainNet(8).eval()
    plain.load_state_dict(residual.state_dict())
    x = torch.randn(2, 3, 32, 32)
    assert (residual(x) - plain(x)).abs().max() > 0.1
    for module in residual.modules():
        if type(module).__name__ == "Add":
            module.register_forward_hook(lambda _module, inputs, _output: inputs[0])
    torch.testing.assert_close(residual(x), plain(x))


def test_stages() -> None:
    """16 maps of 32×32, 32 of 16×16, 64 of 8×8: the table of section 4.2."""
    _, found = published("resnet20")
    shapes = {each.name.split(".")[0]: each.output_shape[1:] for each in found.layers}
    assert [shapes[f"conv{stage}_x"] for stage in (2, 3, 4)] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_shortcuts() -> None:
    """Option A, the paper's, has no parameters; B has two projections, C nine."""
    counts = {kind: weight_count(zoo.blueprint("resnet20", shortcut=kind)) for kind in "ABC"}
    assert counts["A"] == weight_count(zoo.blueprint("plain20"))
    widening = sum(2 * c * c + 2 * 2 * c for c in (16, 32))
    keeping = sum(blocks * (c * c + 2 * c) for blocks, c in ((3, 16), (2, 32), (2, 64)))
    assert counts["B"] - counts["A"] == widening
    assert counts["C"] - counts["B"] == keeping


@pytest.mark.parametrize("builder", [CifarResNet, PlainNet])
@pytest.mark.parametrize("depth", [2, 21, 51])
def test_depths_are_6n_plus_2(builder: type[CifarResNet] | type[PlainNet], depth: int) -> None:
    """Anything else is refused."""
    with pytest.raises(ParameterError, match="6n"):
        builder(depth)

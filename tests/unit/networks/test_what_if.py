"""What-ifs against networks with weights set to zero, blocks written out, and the texts that stand for them."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.branches import additions, branches
from cnnviz.networks.capture import capture
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.what_if import LONGEST, NOTHING, Off, WhatIf, changes, read, write

if TYPE_CHECKING:
    from cnnviz.networks.facts import Summary

torch.set_num_threads(1)

SHAPE = (1, 3, 32, 32)


def case(source: str) -> tuple[nn.Module, Summary, Tensor]:
    """A residual network, ours (modules add) or torchvision's (operators add, in place), and noise."""
    torch.manual_seed(0)
    model = zoo.build("resnet18") if source == "ours" else torchvision().models.resnet18()
    return model.eval(), summarize(model, SHAPE), torch.randn(SHAPE)


def run(model: nn.Module, summary: Summary, x: Tensor, *off: Off) -> dict[str, Tensor]:
    """All steps with these things off."""
    with torch.no_grad():
        return capture(model, x, changes=changes(WhatIf(frozenset(off)), summary))


def test_a_channel_off_is_its_weights_set_to_zero() -> None:
    """In a copy of the network whose filters 3 and 5 are zero; all later steps agree."""
    model, summary, x = case("torchvision")
    by_hand = copy.deepcopy(model)
    assert isinstance(by_hand, nn.Module)
    by_hand.get_submodule("layer1.0.conv2").weight.data[[3, 5]] = 0
    expected = run(by_hand, summary, x)
    found = run(model, summary, x, Off("layer1.0.conv2", (3, 5)))
    assert all(torch.equal(found[name], each) for name, each in expected.items())
    assert not torch.equal(found["fc"], run(model, summary, x)["fc"])


@pytest.mark.parametrize("source", ["ours", "torchvision"])
def test_branches_off(source: str) -> None:
    """Without its residual branch a block returns its input; without its shortcut the residual; exactly."""
    model, summary, x = case(source)
    plain = run(model, summary, x)
    addition = additions(summary)[1]
    residual, shortcut = branches(summary, addition)
    assert (residual.shortcut, shortcut.shortcut) == (False, True)
    assert (len(residual.steps), shortcut.steps) == (5, ())
    assert torch.equal(run(model, summary, x, residual.off)[addition], plain[shortcut.end])
    assert torch.equal(run(model, summary, x, shortcut.off)[addition], plain[residual.end])
    off = run(model, summary, x, residual.off, shortcut.off)
    assert not off[addition].any()
    off = run(model, summary, x, Off(addition, summand=0), Off(addition, summand=1))
    assert not off[addition].any()
    assert torch.equal(off[residual.end], plain[residual.end])


@pytest.mark.parametrize("source", ["ours", "torchvision"])
def test_a_shortcut_with_weights_is_a_branch_of_its_own(source: str) -> None:
    """Projection and batch norm; the ways part after the block before."""
    model, summary, x = case(source)
    addition = additions(summary)[2]
    residual, shortcut = branches(summary, addition)
    kinds = {layer.name: layer.kind for layer in summary.layers}
    assert [kinds[step] for step in shortcut.steps] == ["Conv2d", "BatchNorm2d"]
    assert [kinds[step] for step in residual.steps] == ["Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d"]
    plain = run(model, summary, x)
    assert torch.equal(run(model, summary, x, shortcut.off)[addition], plain[residual.end])


def test_texts_for_addresses() -> None:
    """Names of all kinds, ranges and summands come back as they were, also through pickle."""
    off = (Off("conv1", (0, 4, 5, 6, 7, 12)), Off("a;b:c@d.relu#2"), Off("layer2.0.add", summand=1))
    what_if = WhatIf(frozenset(off))
    assert write(WhatIf(frozenset(off[:1]))) == "conv1:0,4-7,12"
    assert read(write(what_if)) == what_if == pickle.loads(pickle.dumps(what_if))  # noqa: S301 - our own
    assert (read(""), write(NOTHING)) == (NOTHING, "")


@pytest.mark.parametrize(
    "text", [":3", "conv1:", "conv1:7-4", "conv1:-1", "conv1:999999", "conv1@x", "a@1@1", "a:1@1", "x" * (LONGEST + 1)]
)
def test_bad_texts(text: str) -> None:
    """Whatever stands in an address, the answer is one sentence."""
    with pytest.raises(ParameterError, match="what_if"):
        read(text)


def test_a_short_text_does_not_stand_for_millions_of_channels() -> None:
    """Each of many steps without almost all channels there can be: refused before a number is written down."""
    text = ";".join(f"{step}:0-99999" for step in range(250))
    assert len(text) < LONGEST
    tracemalloc.start()
    with pytest.raises(ParameterError, match="what_if"):
        read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    assert [len(each.channels) for each in read("a:0-99998").off] == [99_999]


@pytest.mark.parametrize("text", ["conv9", "conv1:64", "conv1@0", "layer1.0.add@2", "flatten:600", "layer9.0.add@1"])
def test_what_is_not_there_cannot_be_off(text: str) -> None:
    """Steps, channels and summands are checked against the summary."""
    _, summary, _ = case("torchvision")
    with pytest.raises(ParameterError, match="what_if"):
        changes(read(text), summary)


def test_only_additions_have_branches() -> None:
    """A convolution has none."""
    with pytest.raises(ParameterError, match="conv1"):
        branches(case("torchvision")[1], "conv1")

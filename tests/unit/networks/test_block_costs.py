"""Costs of blocks: PyTorch's modules have as many parameters and do as many operations."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParameterError
from cnnviz.networks.block_costs import BLOCKS, KERNELS, BlockCost, Design, cost, costs, separable_ratio
from tests.unit.networks.block_modules import module, operations

torch.set_num_threads(1)

DESIGNS = st.builds(
    Design,
    in_channels=st.integers(1, 6).map(lambda n: 8 * n),
    out_channels=st.integers(1, 6).map(lambda n: 8 * n),
    kernel_size=st.sampled_from(KERNELS),
    size=st.integers(1, 20),
    stride=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4, 8]),
    reduction=st.integers(1, 9),
    expansion=st.integers(1, 7),
)


def work_out(words: str) -> int:
    """The value of an arithmetic in words."""
    assert re.fullmatch(r"[\d·+ ]+", words)
    return int(eval(words.replace("·", "*"), {}))  # noqa: S307 - digits and signs only


@pytest.mark.parametrize("key", BLOCKS)
@given(design=DESIGNS)
@settings(max_examples=15, deadline=None)
def test_as_torch_counts(key: str, design: Design) -> None:
    """Parameters of the modules, and half of the operations that torch's counter finds."""
    block, found = module(key, design), cost(key, design)
    assert found.parameters == sum(each.numel() for each in block.parameters())
    assert found.macs == operations(key, design)
    assert work_out(found.parameters_words) == found.parameters
    assert work_out(found.macs_words) == found.macs


def by_formula(key: str, d: Design) -> float:
    """The parameters by the formula of the recipe, its LaTeX read as arithmetic."""
    text = BLOCKS[key].formula.replace(r"\left", "").replace(r"\right", "").replace("\\,", "*")
    text = re.sub(r"\\t?frac\{(.*?)\}\{(.*?)\}", r"((\1)/(\2))", text)
    text = text.replace("^", "**")
    text = re.sub(r"\)\s*(?=[\dA-Za-z(])", ")*", text)
    names = {"C": d.in_channels, "N": d.out_channels, "k": d.kernel_size, "g": d.groups, "r": d.reduction}
    return float(eval(text.strip(), {}, names | {"t": d.expansion}))  # noqa: S307 - our own formulas


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("key", BLOCKS)
def test_the_formula_is_the_count(key: str, kernel: int) -> None:
    """What stands in letters beside the bars gives the same number, where reductions leave no rest."""
    design = Design(64, 128, kernel, reduction=4, groups=8, expansion=5)
    assert by_formula(key, design) == cost(key, design).parameters


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("out", [1, 32, 512])
def test_the_ratio_of_a_separable_convolution(kernel: int, out: int) -> None:
    """1/N + 1/k², for parameters and, without stride, for operations."""
    design = Design(48, out, kernel, groups=1)
    standard, separable = cost("standard", design), cost("separable", design)
    ratio = separable_ratio(kernel, out)
    assert separable.parameters / standard.parameters == pytest.approx(ratio)
    assert separable.macs / standard.macs == pytest.approx(ratio)


def test_two_threes_against_a_five() -> None:
    """18 against 25 weights for each pair of channels: 28 % fewer (Szegedy et al. 2015, section 3.1)."""
    design = Design(64, 64, 5)
    assert cost("stacked", design).parameters / cost("standard", design).parameters == pytest.approx(0.72)


def test_one_by_three_and_three_by_one() -> None:
    """33 % cheaper for the same number of maps (Szegedy et al. 2015, section 3.2)."""
    design = Design(64, 64, 3)
    assert cost("asymmetric", design).parameters / cost("standard", design).parameters == pytest.approx(2 / 3)


def test_groups_divide_the_cost() -> None:
    """Of g groups, each output reads a g-th."""
    design = Design(64, 128, 3, groups=16)
    assert 16 * cost("grouped", design).macs == cost("standard", design).macs


def test_the_bottleneck_of_resnet_50() -> None:
    """The second block of its first stage: 256 maps, 64 inside: 70,400 parameters with batch norms, 69,632 without."""
    found: BlockCost = cost("bottleneck", Design(256, 256, 3, 56, reduction=4))
    assert found.parameters == 256 * 64 + 9 * 64 * 64 + 64 * 256 == 70_400 - 2 * (64 + 64 + 256)
    assert found.macs == found.parameters * 56 * 56


def test_all_kinds_in_order() -> None:
    """The bars of the page."""
    assert [each.key for each in costs(Design())] == list(BLOCKS)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"in_channels": 0}, "in_channels"),
        ({"out_channels": 5000}, "out_channels"),
        ({"kernel_size": 4}, "kernel_size"),
        ({"stride": 3}, "stride"),
        ({"size": 1000}, "size"),
        ({"reduction": 0}, "reduction"),
        ({"expansion": 11}, "expansion"),
        ({"in_channels": 30, "groups": 4}, "groups"),
    ],
)
def test_what_is_refused(values: dict[str, int], name: str) -> None:
    """The error names the parameter at fault."""
    with pytest.raises(ParameterError) as caught:
        costs(Design(**values))
    assert caught.value.name == name

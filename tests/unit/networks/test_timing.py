"""The comparison of methods: what is run, what is left out, and what the numbers mean."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import ParameterError
from cnnviz.networks import timing
from cnnviz.networks.timing import MOST_LOOPED, Timing, compare
from tests.unit.convolution.reference_cases import Case, cases

torch.set_num_threads(1)
METHODS = ["loops", "im2col", "fourier", "torch"]


def numbers(layer: Layer, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Cells and weights of ones."""
    return np.ones((layer.in_channels, *size)), np.ones(layer.weight_shape) if layer.weight_shape else None


def by_method(found: tuple[Timing, ...]) -> dict[str, Timing]:
    """By key, in the order that the page shows."""
    assert [each.method for each in found] == METHODS
    return {each.method: each for each in found}


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_methods_agree(case: Case) -> None:
    """What was run took time and agrees with the library; what was not has a reason and no numbers."""
    before = case.cells.copy()
    for each in by_method(compare(*case.arguments, budget_s=0.001)).values():
        assert each.title
        if each.reason:
            assert each.method == "fourier"
            assert not case.layer.weight_shape
            assert each.milliseconds is each.largest_difference is each.multiplications is None
        else:
            assert each.milliseconds is not None
            assert 0 < each.milliseconds < 60_000
            assert each.largest_difference is not None
            assert each.largest_difference < 1e-9
    np.testing.assert_array_equal(case.cells, before)


@pytest.mark.parametrize("layer", [Convolution(3, in_channels=2, out_channels=4), TransposedConvolution((2, 3), 2)])
def test_multiplications(layer: Layer) -> None:
    """Loops and the matrix product multiply as often as the layer says; the others have their own ways."""
    found = by_method(compare(layer, *numbers(layer, (5, 6)), budget_s=0.001))
    assert found["loops"].multiplications == found["im2col"].multiplications == layer.macs((5, 6))
    assert found["fourier"].multiplications is found["torch"].multiplications is None
    assert found["torch"].largest_difference == 0


def test_a_difference_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that is off by 0.25 in one output is shown to be."""
    layer = Convolution(2)
    right = timing.fourier.run

    def wrong(*arguments: object) -> object:
        traced = right(*arguments)  # type: ignore[arg-type]  # as they came
        traced.values[0, 1, 1] -= 0.25
        return traced

    monkeypatch.setattr(timing.fourier, "run", wrong)
    found = by_method(compare(layer, *numbers(layer, (4, 4)), budget_s=0.001))
    np.testing.assert_allclose(found["fourier"].largest_difference, 0.25)
    assert found["loops"].largest_difference == 0


def test_nothing_but_padding() -> None:
    """A maximum of nothing but padding is minus infinity in all methods, and that is no difference."""
    layer = MaxPooling(2, padding=1, dilation=2)
    found = by_method(compare(layer, np.ones((1, 1, 1)), budget_s=0.001))
    assert found["loops"].largest_difference == found["im2col"].largest_difference == 0


@pytest.mark.parametrize(
    ("layer", "size", "left_out"),
    [
        (Convolution(3, padding=1, in_channels=3, out_channels=12), (30, 32), {"loops"}),
        (TransposedConvolution(4, 4, in_channels=2, out_channels=10), (32, 32), {"loops"}),
        (MaxPooling(3, 1), (190, 190), {"loops", "fourier"}),
        (AveragePooling(3, 2), (9, 9), {"fourier"}),
        (Convolution(31, padding=15), (110, 110), {"loops", "im2col"}),
        (Convolution(1, 16, in_channels=128, out_channels=64), (64, 64), {"fourier"}),
        (Convolution(7, in_channels=256, out_channels=256), (64, 64), set(METHODS)),
        (MaxPooling(1, channels=700), (128, 128), set(METHODS)),
    ],
)
def test_left_out(layer: Layer, size: tuple[int, int], left_out: set[str]) -> None:
    """Too many multiplications, too much memory, no weights: each has its reason, and the others run."""
    found = compare(layer, *numbers(layer, size), budget_s=0.001)
    assert {each.method for each in found if each.reason} == left_out == {
        each.method for each in found if each.milliseconds is None
    }  # fmt: skip


def test_the_limit_of_the_loops() -> None:
    """Loops run up to the limit and not one multiplication further."""
    layer = Convolution(1, in_channels=100, out_channels=100)
    assert layer.macs((5, 6)) == MOST_LOOPED
    runs = [by_method(compare(layer, *numbers(layer, size), budget_s=0.001))["loops"] for size in ((5, 6), (1, 31))]
    assert not runs[0].reason
    assert "loops" in runs[1].reason


class Clock:
    """A clock that moves when a call says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.now


def test_median_without_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of runs that take 4, 1, 9, 2, 1 and so on the first is left out, and runs stop within the share."""
    clock, taken = Clock(), iter([4.0, 1.0, 9.0, 2.0, 1.0, 1.0, 1.0])
    calls = count()

    def call() -> np.ndarray:
        clock.now += next(taken)
        return np.full(1, float(next(calls)))

    monkeypatch.setattr(timing, "perf_counter", clock)
    milliseconds, values = timing._timed(call, 20.0)
    assert milliseconds == 1500.0  # of 1, 9, 2, 1: after 17 s another like the first would end after the 20
    assert values.tolist() == [0.0]
    assert next(calls) == 5


def test_one_run_counts_when_there_is_time_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method slower than its share is run once, and that is its time."""
    clock = Clock()

    def call() -> np.ndarray:
        clock.now += 3.0
        return np.zeros(1)

    monkeypatch.setattr(timing, "perf_counter", clock)
    assert timing._timed(call, 5.0)[0] == 3000.0
    assert clock.now == 103.0


@pytest.mark.parametrize("budget", [0, -1.0, 61.0, np.nan])
def test_budget_out_of_range(budget: float) -> None:
    """Nobody waits for ever, and nothing is measured in no time."""
    with pytest.raises(ParameterError, match="budget_s"):
        compare(Convolution(1), np.ones((1, 2, 2)), np.ones((1, 1, 1, 1)), budget_s=budget)


@pytest.mark.parametrize(
    ("name", "cells", "weights"),
    [
        ("cells", np.ones((4, 4)), np.ones((1, 1, 2, 2))),
        ("cells", np.ones((2, 4, 4)), np.ones((1, 1, 2, 2))),
        ("weights", np.ones((1, 4, 4)), np.ones((1, 1, 3, 3))),
        ("kernel_size", np.ones((1, 1, 1)), np.ones((1, 1, 2, 2))),
    ],
)
def test_wrong_shapes_are_named(name: str, cells: np.ndarray, weights: np.ndarray) -> None:
    """As every method refuses them."""
    with pytest.raises(ParameterError) as error:
        compare(Convolution(2), cells, weights)
    assert error.value.name == name


PROBE = """
import sys
import numpy as np
from cnnviz.convolution.arithmetic import Convolution
from cnnviz.networks import timing

def timed(call, share):
    loaded.append(set(sys.modules))
    return 1.0, call()

assert not {"torch", "scipy"} & set(sys.modules)
loaded, timing._timed = [], timed
timing.compare(Convolution(2), np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)))
print("scipy.fft" in loaded[2], "torch" in loaded[3])
"""


def test_first_imports_are_not_measured(root: Path) -> None:
    """In a process that has never used SciPy or torch, the first measurement is like any other."""
    ran = subprocess.run([sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True"]

"""Signals, kernels and sums along one axis: NumPy, SciPy, PyTorch and the laws of convolution as oracles."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal
from torch.nn import functional

from cnnviz.convolution.signals import (
    KERNELS,
    SIGNALS,
    centred,
    convolve,
    correlate,
    is_antisymmetric,
    is_symmetric,
    kernel,
    signal,
)
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

LINES = st.lists(st.integers(-9, 9), min_size=1, max_size=12).map(lambda values: np.array(values, np.float64))


@settings(deadline=None)
@given(x=LINES, h=LINES)
def test_sums_are_those_of_numpy_and_scipy(x: np.ndarray, h: np.ndarray) -> None:
    """Every output of the full overlap, also where the kernel is longer than the signal."""
    np.testing.assert_array_equal(convolve(x, h), np.convolve(x, h))
    np.testing.assert_array_equal(convolve(x, h), scipy_signal.convolve(x, h, method="direct"))
    np.testing.assert_array_equal(correlate(x, h), np.correlate(x, h, "full"))
    np.testing.assert_array_equal(correlate(x, h), scipy_signal.correlate(x, h, method="direct"))


@settings(deadline=None)
@given(x=LINES, h=LINES)
def test_laws(x: np.ndarray, h: np.ndarray) -> None:
    """Convolution commutes; correlation is convolution with the flipped kernel; lengths add up."""
    np.testing.assert_array_equal(convolve(x, h), convolve(h, x))
    np.testing.assert_array_equal(correlate(x, h), convolve(x, h[::-1]))
    assert len(convolve(x, h)) == len(x) + len(h) - 1


def test_by_hand() -> None:
    """(1, 2, 3) with (1, 0, 2): the kernel's copies, scaled by 1, 2 and 3, laid down one place further each."""
    np.testing.assert_array_equal(convolve([1, 2, 3], [1, 0, 2]), [1, 2, 5, 4, 6])
    np.testing.assert_array_equal(correlate([1, 2, 3], [1, 0, 2]), [2, 4, 7, 2, 3])


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")  # it costs torch a copy
@settings(deadline=None)
@given(x=LINES, h=LINES)
def test_centred_outputs_are_those_of_a_layer(x: np.ndarray, h: np.ndarray) -> None:
    """The n outputs in the middle are what torch computes with padding="same", for odd and even kernels."""
    batch, weights = (torch.tensor(values)[None, None] for values in (x, h))
    expected = functional.conv1d(batch, weights, padding="same")[0, 0].numpy()
    np.testing.assert_array_equal(centred(correlate(x, h), len(h)), expected)
    assert len(centred(convolve(x, h), len(h))) == len(x)


@pytest.mark.parametrize("width", [3, 5, 9])
def test_centred_outputs_of_an_odd_kernel_are_numpys(width: int) -> None:
    """For odd widths every convention of "same" is the same."""
    x, h = signal("noisy_step", 21), kernel("decay", width)
    np.testing.assert_allclose(centred(convolve(x, h), width), np.convolve(x, h, "same"), rtol=0, atol=1e-14)
    np.testing.assert_allclose(centred(correlate(x, h), width), np.correlate(x, h, "same"), rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", list(KERNELS))
@pytest.mark.parametrize(("spacing", "width"), [(7, 4), (5, 5), (3, 6), (1, 3), (20, 2)])
def test_impulses_copy_the_kernel(kind: str, spacing: int, width: int) -> None:
    """The output is a copy of the kernel at every impulse; correlation's are flipped; overlapping copies add."""
    x, h = signal("impulses", 21, spacing), kernel(kind, width)
    copies, flipped = np.zeros(21 + width - 1), np.zeros(21 + width - 1)
    for place in range(spacing // 2, 21, spacing):
        assert x[place] == 1
        copies[place : place + width] += h
        flipped[place : place + width] += h[::-1]
    assert x.sum() == len(range(spacing // 2, 21, spacing))
    np.testing.assert_allclose(convolve(x, h), copies, rtol=0, atol=1e-14)
    np.testing.assert_allclose(correlate(x, h), flipped, rtol=0, atol=1e-14)


@pytest.mark.parametrize("width", [1, 2, 3, 6, 9, 31])
def test_box_and_bell(width: int) -> None:
    """Both sum to 1; the box is even, the bell has the binomial coefficients."""
    np.testing.assert_allclose(kernel("box", width), np.ones(width) / width)
    expected = [comb(width - 1, k) / 2 ** (width - 1) for k in range(width)]
    np.testing.assert_allclose(kernel("bell", width), expected, rtol=1e-14)
    assert kernel("bell", width).sum() == pytest.approx(1)


@pytest.mark.parametrize("width", [2, 3, 4, 7])
def test_difference_measures_slopes(width: int) -> None:
    """Correlated, a difference of any width gives 0 on a constant and the slope on a straight line."""
    h = kernel("difference", width)
    inside = slice(width - 1, 40 - width + 1)
    np.testing.assert_allclose(correlate(np.ones(40), h)[inside], 0, atol=1e-14)
    np.testing.assert_allclose(correlate(3.0 * np.arange(40), h)[inside], 3, rtol=1e-12)


def test_kernels_by_hand() -> None:
    """The narrow ones written out."""
    np.testing.assert_array_equal(kernel("bell", 4), [0.125, 0.375, 0.375, 0.125])
    np.testing.assert_array_equal(kernel("difference", 2), [-1, 1])
    np.testing.assert_array_equal(kernel("difference", 3), [-0.5, 0, 0.5])
    np.testing.assert_array_equal(kernel("decay", 4), [1, 0.5, 0.25, 0.125])


@pytest.mark.parametrize("kind", list(KERNELS))
@pytest.mark.parametrize("width", [2, 3, 6])
def test_symmetry_decides_whether_the_flip_matters(kind: str, width: int) -> None:
    """What the two predicates say is what the two outputs do: equal, opposite, or neither."""
    x, h = signal("noisy_step", 15), kernel(kind, width)
    both = convolve(x, h), correlate(x, h)
    assert is_symmetric(h) == np.allclose(*both) == (kind in ("box", "bell"))
    assert is_antisymmetric(h) == np.allclose(both[0], -both[1]) == (kind == "difference")


def test_signals_by_hand() -> None:
    """Short signals written out, of even and odd lengths."""
    np.testing.assert_array_equal(signal("impulses", 9, 4), [0, 0, 1, 0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(signal("step", 6), [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(signal("pulse", 7), [0, 0, 1, 1, 1, 0, 0])
    np.testing.assert_allclose(signal("ramp", 5), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(signal("alternating", 3), [1, -1, 1])


def test_noise_follows_its_seed() -> None:
    """The same seed gives the same noise, another seed another; the step stays visible through it."""
    noisy = signal("noisy_step", 400, seed=3)
    np.testing.assert_array_equal(noisy, signal("noisy_step", 400, seed=3))
    assert not np.array_equal(noisy, signal("noisy_step", 400, seed=4))
    np.testing.assert_array_equal(noisy, np.round(noisy, 2))
    assert np.std(noisy - signal("step", 400)) == pytest.approx(0.1, rel=0.15)
    assert noisy[200:].mean() - noisy[:200].mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("kind", list(SIGNALS))
@pytest.mark.parametrize("length", [1, 2, 8, 21])
def test_every_signal_has_its_length(kind: str, length: int) -> None:
    """Every registered kind gives as many finite numbers as were asked for, and has a title."""
    values = signal(kind, length, 3)
    assert values.shape == (length,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()
    assert SIGNALS[kind]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("kind", lambda: signal("saw")),
        ("length", lambda: signal("step", 0)),
        ("length", lambda: signal("step", 1025)),
        ("spacing", lambda: signal("impulses", 9, 0)),
        ("seed", lambda: signal("noisy_step", 9, seed=-1)),
        ("kind", lambda: kernel("sobel")),
        ("width", lambda: kernel("box", 0)),
        ("width", lambda: kernel("difference", 1)),
        ("width", lambda: kernel("bell", 32)),
        ("signal", lambda: convolve([], [1])),
        ("kernel", lambda: convolve([1], [[1, 2]])),
        ("width", lambda: centred([1, 2], 3)),
    ],
)
def test_refusals(name: str, call: object) -> None:
    """What is out of range is refused under its name."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name


def test_arguments_stay_untouched() -> None:
    """Neither array is changed, and what `centred` returns is no view."""
    x, h = np.arange(5.0), np.arange(3.0)
    full = convolve(x, h)
    centred(full, 3)[:] = 7
    np.testing.assert_array_equal(x, np.arange(5.0))
    np.testing.assert_array_equal(h, np.arange(3.0))
    np.testing.assert_array_equal(full, np.convolve(x, h))

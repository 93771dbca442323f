"""Pooling against PyTorch, and how far it follows shifts, against cases that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.nn import functional

from cnnviz.convolution.frequency.shifts import POOLINGS, Pooling, consistency, pool, shift_consistency
from cnnviz.errors import ParameterError
from cnnviz.images import patterns, samples

torch.set_num_threads(1)

SHAPES = [(16, 24), (17, 27, 3)]


def picture(shape: tuple[int, ...]) -> np.ndarray:
    """Random values from -1 to 1."""
    return np.random.default_rng(len(shape)).uniform(-1, 1, shape).astype(np.float32)


def planes(x: np.ndarray, rows: int, columns: int) -> torch.Tensor:
    """(C, 1, rows, columns) in torch."""
    return torch.tensor(np.atleast_3d(x)[:rows, :columns]).permute(2, 0, 1)[:, None]


def as_picture(tensor: torch.Tensor, x: np.ndarray) -> np.ndarray:
    """Back to (H, W) or (H, W, C)."""
    return tensor[:, 0].permute(1, 2, 0).numpy().reshape(*tensor.shape[2:], *x.shape[2:])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stride", [(2, 2), (3, 2), (1, 4)])
def test_maximum_average_and_stride_are_those_of_torch(shape: tuple[int, ...], stride: tuple[int, int]) -> None:
    """`max_pool2d`, `avg_pool2d` and slicing: value by value."""
    x = picture(shape)
    rows, columns = (n - n % s for n, s in zip(shape, stride, strict=False))
    tensor = planes(x, rows, columns)
    maximum = pool(x, Pooling("max", stride))
    np.testing.assert_array_equal(
        np.atleast_3d(maximum), np.atleast_3d(as_picture(functional.max_pool2d(tensor, stride), x))
    )
    average = np.atleast_3d(as_picture(functional.avg_pool2d(tensor, stride), x))
    np.testing.assert_allclose(np.atleast_3d(pool(x, Pooling("average", stride))), average, atol=1e-6)
    strided = pool(x, Pooling("strided", stride))
    np.testing.assert_array_equal(np.atleast_3d(strided), np.atleast_3d(x[:rows, :columns][:: stride[0], :: stride[1]]))


@pytest.mark.parametrize("window", [3, (2, 5)])
def test_overlapping_windows_are_those_of_torch(window: object) -> None:
    """Windows larger than the stride, over a picture that goes on periodically."""
    x = picture((12, 18))
    kh, kw = window if isinstance(window, tuple) else (window, window)
    padded = functional.pad(planes(x, 12, 18), (0, kw - 1, 0, kh - 1), mode="circular")
    want = functional.max_pool2d(padded, (kh, kw), stride=2)[0, 0].numpy()
    np.testing.assert_array_equal(pool(x, Pooling("max", 2, window)), want)
    want = functional.avg_pool2d(padded, (kh, kw), stride=2)[0, 0].numpy()
    np.testing.assert_allclose(pool(x, Pooling("average", 2, window)), want, atol=1e-6)


@pytest.mark.parametrize("taps", [None, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["blur", "max_blur"])
def test_blur_pooling_is_a_chain_of_torchs_layers(kind: str, taps: int | None) -> None:
    """Max pooling of stride 1 if there is one, then `conv2d` with a binomial kernel and stride 2."""
    x = picture((12, 18))
    tensor = planes(x, 12, 18)
    if kind == "max_blur":
        tensor = functional.max_pool2d(functional.pad(tensor, (0, 1, 0, 1), mode="circular"), 2, stride=1)
    size = taps or 3
    line = np.poly1d([0.5, 0.5]) ** (size - 1)
    coefficients = np.atleast_1d(line.coeffs)
    weights = torch.tensor(np.outer(coefficients, coefficients), dtype=torch.float32)[None, None]
    sides = ((size - 1) // 2, size // 2)
    want = functional.conv2d(functional.pad(tensor, sides * 2, mode="circular"), weights, stride=2)[0, 0].numpy()
    np.testing.assert_allclose(pool(x, Pooling(kind, 2, None, taps)), want, atol=1e-6)


@pytest.mark.parametrize("kind", list(POOLINGS))
def test_a_flat_picture_is_always_consistent(kind: str) -> None:
    """Nothing to see before and after: 1 for every shift, rounding included."""
    for value in (0.0, 0.3, 1e6):
        assert consistency(np.full((12, 18, 3), value), Pooling(kind, 3)).worst == 1


@pytest.mark.parametrize("kind", list(POOLINGS))
@pytest.mark.parametrize("shift", [(2, 0), (0, -3), (4, 6), (0, 0)])
def test_shifts_by_whole_output_pixels_cost_nothing(kind: str, shift: tuple[int, int]) -> None:
    """A shift by a multiple of the stride moves the output by whole pixels."""
    x = picture((20, 27))
    assert shift_consistency(x, Pooling(kind, (2, 3)), shift) == pytest.approx(1, abs=1e-12)


def test_a_checkerboard_without_a_blur_flips() -> None:
    """Every second pixel of it is flat, black or white: as inconsistent as can be; any mean makes it grey, always."""
    board = patterns.checkerboard(16, 24, 1)
    assert np.ptp(pool(board, Pooling("strided"))) == 0
    assert shift_consistency(board, Pooling("strided"), (0, 1)) == 0
    for kind in ("average", "blur", "max"):  # the maximum of two by two is always white
        assert np.ptp(pool(board, Pooling(kind))) == 0
        assert shift_consistency(board, Pooling(kind), (0, 1)) == 1


def test_a_low_frequency_survives_every_linear_pooling() -> None:
    """Far below the limit a shifted wave is the shifted wave; beyond, only a blur prevents the worst."""
    slow = patterns.grating(32, 64, 2 / 64)
    for kind in ("strided", "average", "blur"):
        assert shift_consistency(slow, Pooling(kind), (0, 1)) == pytest.approx(1, abs=1e-6)
    assert 0.99 < shift_consistency(slow, Pooling("max"), (0, 1)) < 1


def test_consistency_of_a_wave_beyond_the_limit_by_hand() -> None:
    """Between pixels a wave at 0.3 turns by 2 pi 0.3, its alias by -2 pi 0.4 / 2: they differ by pi, by the sign.

    Beside a wave of energy e that survives, the correlation is (e - 1) / (e + 1).
    """
    x = np.cos(2 * np.pi * 0.3 * np.arange(40))[None, :] * np.ones((4, 1))
    pooling = Pooling("strided", (1, 2))
    assert shift_consistency(x, pooling, (0, 1)) == pytest.approx(0, abs=1e-6)
    assert shift_consistency(x, pooling, (0, 2)) == pytest.approx(1, abs=1e-6)
    mixed = x + np.cos(2 * np.pi * 0.1 * np.arange(40))
    assert shift_consistency(mixed, pooling, (0, 1)) == pytest.approx(0, abs=1e-6)
    mostly = x + 3 * np.cos(2 * np.pi * 0.1 * np.arange(40))
    assert shift_consistency(mostly, pooling, (0, 1)) == pytest.approx((9 - 1) / (9 + 1), abs=1e-6)


def test_the_definition_term_by_term() -> None:
    """Against SciPy's Fourier shift and the formula of the docstring, on a picture of odd output size."""
    x = picture((18, 30)).astype(np.float64) + 0.2
    pooling = Pooling("max")
    y = pool(x, pooling).astype(np.float64)
    a = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(y), (0.5, 0))).real
    b = pool(np.roll(x, 1, 0), pooling).astype(np.float64)
    m = np.mean([a, b])
    want = 1 - ((a - b) ** 2).sum() / (((a - m) ** 2).sum() + ((b - m) ** 2).sum())
    assert 0 < want < 1
    assert shift_consistency(x, pooling, (1, 0)) == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("key", ["grass", "coffee"])
def test_blur_makes_pooling_of_photos_more_consistent(key: str) -> None:
    """Zhang's claim, measured: plain stride is worst, max pooling is helped by a blur, more blur helps more."""
    x = samples.load(key).luminance[:256, :256]
    found = {kind: consistency(x, Pooling(kind)).mean for kind in POOLINGS}
    assert found["strided"] < found["average"] < found["blur"]
    assert found["max"] < found["max_blur"]
    wider = [consistency(x, Pooling("blur", taps=taps)).mean for taps in (1, 3, 5, 7)]
    assert wider == sorted(wider)
    assert wider[0] == pytest.approx(found["strided"])


def test_the_report_is_made_of_single_shifts() -> None:
    """Every cell is the number of its shift; mean and worst are those of the cells."""
    x = picture((12, 18, 2))
    pooling = Pooling("average", (2, 3))
    found = consistency(x, pooling)
    assert found.by_shift.shape == (2, 3)
    for shift in np.ndindex(2, 3):
        assert found.by_shift[shift] == pytest.approx(shift_consistency(x, pooling, shift))
    assert found.by_shift[0, 0] == 1
    assert found.mean == pytest.approx((found.by_shift.sum() - 1) / 5)
    assert found.by_shift[found.worst_shift] == found.worst == found.by_shift.min()
    assert consistency(x, Pooling("max", 1)).mean == 1


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("kind", lambda: Pooling("median")),
        ("kind", lambda: Pooling(["max"])),
        ("stride", lambda: Pooling("max", 0)),
        ("stride", lambda: Pooling("max", (2, 17))),
        ("window", lambda: Pooling("max", 2, 17)),
        ("taps", lambda: Pooling("blur", taps=32)),
        ("pixels", lambda: pool(np.zeros((3, 8)), Pooling("max", 4))),
        ("pixels", lambda: pool(np.full((8, 8), np.inf), Pooling("max"))),
        ("shift", lambda: shift_consistency(np.zeros((8, 8)), Pooling("max"), (0.5, 0))),
        ("shift", lambda: shift_consistency(np.zeros((8, 8)), Pooling("max"), 1)),
        ("shift", lambda: shift_consistency(np.zeros((8, 8)), Pooling("max"), (0, 10**9))),
    ],
)
def test_illegal_poolings_are_named(name: str, call: object) -> None:
    """Each error names its parameter."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name


def test_poolings_are_values() -> None:
    """One number stands for both axes; equal and hashable by value."""
    assert Pooling("max", 2, 3) == Pooling("max", (2, 2), (3, 3))
    assert len({Pooling("max"), Pooling("max", 2), Pooling("max", 2, 2)}) == 1

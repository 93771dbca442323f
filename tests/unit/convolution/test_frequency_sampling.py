"""Subsampling: where frequencies fold to, against the transforms of real samples, PyTorch and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, ndimage, special
from torch.nn import functional

from cnnviz.convolution.frequency import grid
from cnnviz.convolution.frequency.folding import alias, fold, folding, sources
from cnnviz.convolution.frequency.sampling import BLURS, PARAMETERS, aliased_share, blur_weights, subsample
from cnnviz.errors import ParameterError

torch.set_num_threads(1)


def wave(size: tuple[int, int], row: float, column: float, phase: float = 0.3) -> np.ndarray:
    """A cosine of one frequency, in cycles per pixel."""
    y, x = np.mgrid[: size[0], : size[1]]
    return np.cos(2 * np.pi * (row * y + column * x) + phase)


@settings(max_examples=200, deadline=None)
@given(frequency=st.floats(-3, 3), stride=st.integers(1, 16))
def test_the_samples_of_a_wave_are_those_of_its_alias(frequency: float, stride: int) -> None:
    """exp(2 pi i f n) at every s-th n is exp(2 pi i f' m) of the alias, which is a frequency an output can hold."""
    found = alias(frequency, stride)
    m = np.arange(12)
    np.testing.assert_allclose(np.exp(2j * np.pi * frequency * stride * m), np.exp(2j * np.pi * found.output * m))
    assert abs(found.output) <= 0.5 + 1e-9
    assert found.input == pytest.approx(found.output / stride)
    assert found.frequency * stride == pytest.approx(found.output + found.zone)
    mirror = alias(-frequency, stride)
    assert (mirror.zone, mirror.output) == (-found.zone, -found.output)


@pytest.mark.parametrize(
    ("frequency", "stride", "zone", "output"),
    [
        (0.1, 2, 0, 0.2),
        (0.25, 2, 0, 0.5),
        (-0.25, 2, 0, -0.5),
        (0.3, 2, 1, -0.4),
        (0.5, 2, 1, 0.0),
        (-0.4, 2, -1, 0.2),
        (0.5, 4, 2, 0.0),
        (0.3, 4, 1, 0.2),
        (1 / 6, 3, 0, 0.5),
        (0.37, 1, 0, 0.37),
        (0, 16, 0, 0.0),
    ],
)
def test_aliases_by_hand(frequency: float, stride: int, zone: int, output: float) -> None:
    """The numbers of a blackboard: 0.3 looks like 0.4 running backwards when every second pixel is kept."""
    found = alias(frequency, stride)
    assert found.zone == zone
    assert found.output == pytest.approx(output, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(output=st.floats(-2, 2), stride=st.integers(1, 16))
def test_exactly_stride_frequencies_look_the_same(output: float, stride: int) -> None:
    """All of them, and no other, fold onto the given one."""
    found = sources(output, stride)
    assert len(found) == stride
    assert list(found) == sorted(found)
    assert found[0] >= -0.5 - 1e-9
    assert found[-1] < 0.5
    for frequency in found:
        away = alias(frequency, stride).output - output
        assert away == pytest.approx(round(away), abs=1e-9)
    np.testing.assert_allclose(np.diff(found), 1 / stride)


def test_sources_by_hand() -> None:
    """Stride 2: a constant is zero or the fastest wave; the new limit is a quarter, both ways."""
    assert sources(0, 2) == (-0.5, 0.0)
    assert sources(0.5, 2) == sources(-0.5, 2) == (-0.25, 0.25)
    assert sources(0.2, 1) == (0.2,)
    np.testing.assert_allclose(sources(0.2, 4), [-0.45, -0.2, 0.05, 0.3])


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 3), (4, 1), (5, 4)])
@pytest.mark.parametrize("size", [(20, 12), (40, 60), (60, 36)])
def test_the_spectrum_of_a_subsampled_picture_is_folded(size: tuple[int, int], stride: tuple[int, int]) -> None:
    """DFT of every s-th pixel = mean of the shifted spectra, exactly."""
    x = np.random.default_rng(0).random(size)
    want = fft.fftshift(fft.fft2(x[:: stride[0], :: stride[1]])) if _divides(size, stride) else None
    if want is None:
        with pytest.raises(ParameterError, match="multiples"):
            fold(grid.spectrum(x), stride)
        return
    np.testing.assert_allclose(fold(grid.spectrum(x), stride), want, atol=1e-11)


def _divides(size: tuple[int, int], stride: tuple[int, int]) -> bool:
    return not any(side % step for side, step in zip(size, stride, strict=True))


@pytest.mark.parametrize("stride", [(2, 2), (2, 3), (4, 1), (5, 6)])
@pytest.mark.parametrize("size", [(20, 12), (21, 13)])
def test_the_map_says_of_each_frequency_what_alias_says(size: tuple[int, int], stride: tuple[int, int]) -> None:
    """Zones, outputs, labels and the share that is kept, one frequency after the other."""
    found = folding(size, stride)
    rows, columns = (fft.fftshift(fft.fftfreq(side)) for side in size)
    for r, c in np.ndindex(size):
        down, right = alias(rows[r], stride[0]), alias(columns[c], stride[1])
        assert tuple(found.zones[r, c]) == (down.zone, right.zone)
        assert tuple(found.outputs[r, c]) == (down.output, right.output)
        assert found.copies[found.labels[r, c]] == (down.zone, right.zone)
        assert found.folds[r, c] == ((down.zone, right.zone) != (0, 0))
    assert found.copies[0] == (0, 0)
    assert found.kept == np.mean(~found.folds)
    assert len(set(found.copies)) == len(found.copies)


@pytest.mark.parametrize("stride", [(2, 2), (3, 2)])
def test_the_map_agrees_with_the_transform(stride: tuple[int, int]) -> None:
    """A wave of any one frequency of the grid, subsampled, has its one peak where the map puts it."""
    size = (18, 12)
    small = (size[0] // stride[0], size[1] // stride[1])
    found = folding(size, stride)
    rows, columns = (fft.fftshift(fft.fftfreq(side)) for side in size)
    y, x = np.mgrid[: size[0], : size[1]]
    for r, c in np.ndindex(size):
        picture = np.exp(2j * np.pi * (rows[r] * y + columns[c] * x))[:: stride[0], :: stride[1]]
        place = np.unravel_index(np.abs(fft.fft2(picture)).argmax(), small)
        want = np.rint(found.outputs[r, c] * small).astype(int) % small
        assert tuple(want) == place


@pytest.mark.parametrize("shape", [(24, 30), (24, 30, 3), (25, 31)])
@pytest.mark.parametrize("stride", [1, 2, (3, 2), 4])
def test_without_a_blur_pixels_are_dropped_and_nothing_else(shape: tuple[int, ...], stride: object) -> None:
    """Exactly the slice, and the energy beyond the limit is the same before and after."""
    x = np.random.default_rng(1).random(shape, dtype=np.float32)
    found = subsample(x, stride)
    steps = stride if isinstance(stride, tuple) else (stride, stride)
    np.testing.assert_array_equal(found.pixels, x[:: steps[0], :: steps[1]])
    assert found.pixels.dtype == np.float32
    assert found.aliased_before == found.aliased_after == aliased_share(x, stride)
    np.testing.assert_array_equal(found.blurred, x)


@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("blur", list(BLURS))
def test_subsampling_is_a_convolution_with_stride(blur: str, stride: int) -> None:
    """`conv2d` of the circularly padded picture, with the blur as its weights."""
    x = np.random.default_rng(2).random((18, 24), dtype=np.float32)
    found = subsample(x, stride, blur, border="circular")
    kh, kw = found.weights.shape
    padding = ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2)
    padded = functional.pad(torch.tensor(x)[None, None], padding, mode="circular")
    want = functional.conv2d(padded, torch.tensor(found.weights, dtype=torch.float32)[None, None], stride=stride)
    np.testing.assert_allclose(found.pixels, want[0, 0].numpy(), atol=1e-6)


def test_a_box_blur_before_stride_2_is_average_pooling() -> None:
    """`avg_pool2d` of torch, value by value."""
    x = np.random.default_rng(3).random((18, 24), dtype=np.float32)
    want = functional.avg_pool2d(torch.tensor(x)[None, None], 2)[0, 0].numpy()
    np.testing.assert_allclose(subsample(x, 2, "box").pixels, want, atol=1e-6)


def test_the_weights_of_the_blurs() -> None:
    """Binomial coefficients by SciPy, the Gaussian by SciPy's filter; an axis of stride 1 is left alone."""
    for taps in (1, 2, 3, 5, 8):
        line = special.binom(taps - 1, np.arange(taps)) / 2 ** (taps - 1)
        np.testing.assert_allclose(blur_weights("binomial", (2, 1), taps=taps), line[:, None])
    np.testing.assert_allclose(blur_weights("binomial", 2) * 16, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    assert blur_weights("binomial", (4, 3)).shape == (7, 5)
    impulse = np.zeros(31)
    impulse[15] = 1
    line = blur_weights("gaussian", (1, 4), sigma=1.7)
    want = ndimage.gaussian_filter1d(impulse, 1.7, radius=math.ceil(3 * 1.7))
    np.testing.assert_allclose(line[0], want[want > 0])
    assert blur_weights("gaussian", (1, 4)).shape == (1, 13)
    for blur in BLURS:
        assert blur_weights(blur, 1).tolist() == [[1.0]]
        for stride in (2, 3, 16):
            assert blur_weights(blur, stride).sum() == pytest.approx(1)


@pytest.mark.parametrize("stride", [2, 3, 5, 8, 16])
def test_the_gaussian_is_tied_to_the_stride(stride: int) -> None:
    """At the new limit a wave keeps exp(-pi^2 / 8) of its amplitude, but for the cut at 3 sigma."""
    line = blur_weights("gaussian", (1, stride))[0]
    n = np.arange(len(line)) - len(line) // 2
    assert (line * np.cos(np.pi * n / stride)).sum() == pytest.approx(math.exp(-(np.pi**2) / 8), abs=0.01)


@pytest.mark.parametrize("channels", [(), (2,)])
def test_the_aliased_share_is_the_energy_beyond_the_limit(channels: tuple[int, ...]) -> None:
    """Two waves of known energy on a large mean, one of them beyond the limit along the columns only."""
    size = (40, 60)
    low, high = wave(size, 0.2, 0.1), wave(size, 0.1, 0.3)
    x = (5 + 2 * low + high).reshape(size + (1,) * len(channels)) * np.ones(channels)
    assert aliased_share(x, 2) == pytest.approx(1 / 5, abs=1e-6)
    assert aliased_share(x, (2, 1)) == pytest.approx(0, abs=1e-6)
    assert aliased_share(x, 1) == 0
    assert aliased_share(x, 16) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("value", [0, 0.3, 1, -1e6])
def test_a_flat_picture_has_nothing_to_alias(value: float) -> None:
    """Its only frequency is zero, rounding included."""
    found = subsample(np.full((33, 40, 3), value), 2, "binomial")
    assert (found.aliased_before, found.aliased_after) == (0, 0)
    np.testing.assert_allclose(found.pixels, value, rtol=1e-6)


@pytest.mark.parametrize("blur", ["box", "binomial", "gaussian"])
def test_a_blur_leaves_of_a_wave_what_its_response_says(blur: str) -> None:
    """The share that still folds is the squared gain of the blur at that frequency."""
    x = wave((40, 60), 0, 0.4)
    found = subsample(x, 2, blur, border="circular")
    n = np.arange(found.weights.shape[1])
    gain = abs((found.weights.sum(axis=0) * np.exp(-2j * np.pi * 0.4 * n)).sum())
    assert found.aliased_before == pytest.approx(1, abs=1e-6)
    assert found.aliased_after == pytest.approx(gain**2, abs=1e-6)
    assert found.aliased_after < 0.2


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("frequency", lambda: alias(math.nan, 2)),
        ("frequency", lambda: alias(1e300, 2)),
        ("stride", lambda: alias(0.1, 0)),
        ("stride", lambda: alias(0.1, 17)),
        ("stride", lambda: sources(0.1, 1.5)),
        ("output", lambda: sources("0", 2)),
        ("size", lambda: folding((0, 3), 2)),
        ("stride", lambda: folding(8, (2, 0))),
        ("centred", lambda: fold(np.zeros(4), 2)),
        ("centred", lambda: fold(np.zeros((0, 4)), 2)),
        ("centred", lambda: fold(np.full((4, 4), "a"), 2)),
        ("blur", lambda: subsample(np.zeros((4, 4)), 2, "median")),
        ("blur", lambda: blur_weights("x" * 100_000)),
        ("taps", lambda: blur_weights("binomial", taps=0)),
        ("taps", lambda: blur_weights("box", taps=32)),
        ("sigma", lambda: blur_weights("gaussian", sigma=math.inf)),
        ("border", lambda: subsample(np.zeros((4, 4)), 2, "box", border="valid")),
        ("border", lambda: subsample(np.zeros((4, 4)), 2, "none", border="mirror")),
        ("pixels", lambda: subsample(np.full((4, 4), np.nan))),
        ("pixels", lambda: aliased_share(np.zeros((3000, 1)))),
    ],
)
def test_what_is_not_legal_is_named(name: str, call: object) -> None:
    """Each error names its parameter, in a short sentence."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name
    assert len(str(caught.value)) < 250


def test_parameters_have_legal_defaults() -> None:
    """What a page shows first is legal."""
    for parameter in PARAMETERS:
        assert parameter.check(parameter.default) == parameter.default

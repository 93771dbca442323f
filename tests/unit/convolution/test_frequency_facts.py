"""Facts about responses: kinds known from the kernels' definitions, numbers from closed forms and dense grids."""

from __future__ import annotations

import math
import string

import numpy as np
import pytest
import scipy.optimize
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import filtering, frequency, kernels
from cnnviz.convolution.frequency import classes, extremes, profiles
from cnnviz.errors import KernelError, ParameterError

KINDS = {
    "identity": "all-pass",
    "shift": "all-pass",
    "box": "low-pass",
    "gaussian": "low-pass",
    "sharpen": "high-boost",
    "unsharp": "high-boost",
    "edge": "high-pass",
    "laplacian": "high-pass",
    "laplacian_8": "high-pass",
    "laplacian_of_gaussian": "band-pass",
    "difference_of_gaussians": "band-pass",
}
# Angle of the direction in degrees, kind along it, kind across it.
HEADINGS = {
    "emboss": (45, "band-pass", "low-pass"),
    "sobel_x": (0, "band-pass", "low-pass"),
    "sobel_y": (90, "band-pass", "low-pass"),
    "scharr_x": (0, "band-pass", "low-pass"),
    "scharr_y": (90, "band-pass", "low-pass"),
    "prewitt_x": (0, "band-pass", "low-pass"),
    "prewitt_y": (90, "band-pass", "low-pass"),
    "roberts_pos_diag": (45, "band-pass", "all-pass"),
    "roberts_neg_diag": (135, "band-pass", "all-pass"),
    "gabor": (0, "band-pass", "low-pass"),
    "motion_blur": (90, "all-pass", "low-pass"),
}


def gaussian(size: int, sigma: float) -> np.ndarray:
    """A Gaussian of the registry."""
    return kernels.get("gaussian", size=size, sigma=sigma).weights


def identity(size: int) -> np.ndarray:
    """A 1 in the middle."""
    return np.pad([[1.0]], size // 2)


def dense(weights: np.ndarray, n: int = 720) -> np.ndarray:
    """NumPy's |H| on a dense grid."""
    return np.abs(np.fft.fft2(weights, (n, n)))


# ---- kinds


@pytest.mark.parametrize("key", kernels.names())
def test_every_kernel_of_the_registry_is_what_it_is_known_for(key: str) -> None:
    """Blurs are low-pass, Laplacians high-pass, derivatives directional with the right direction."""
    found = frequency.facts(kernels.get(key).weights)
    if key in KINDS:
        assert (found.kind, found.heading) == (KINDS[key], None)
        return
    assert found.kind == "directional"
    assert found.heading is not None
    angle, along, across = HEADINGS[key]
    assert math.degrees(found.heading.angle) == pytest.approx(angle, abs=0.01)
    assert (found.heading.along.kind, found.heading.across.kind) == (along, across)
    assert found.classified.unevenness > 0.5


DOG = kernels.get("difference_of_gaussians").weights


@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        (np.zeros((3, 3)), "blocked"),
        ([[-2.0]], "all-pass"),
        (kernels.get("shift", rows=-7, columns=3).weights, "all-pass"),
        (kernels.get("unsharp", amount=0.05).weights, "all-pass"),
        (gaussian(31, 4.0), "low-pass"),
        (-gaussian(5, 0.5), "low-pass"),
        (np.full((2, 2), 0.25), "low-pass"),
        (np.full((8, 8), 1 / 64), "low-pass"),
        (np.full((31, 31), 1.0), "low-pass"),
        (np.outer(scipy.signal.firwin(15, 0.5), scipy.signal.firwin(15, 0.5)), "low-pass"),
        (identity(9) - gaussian(9, 1.5), "high-pass"),
        (identity(3) - 1 / 9, "high-pass"),
        (-kernels.get("laplacian").weights, "high-pass"),
        (kernels.get("unsharp", amount=10).weights, "high-boost"),
        (scipy.signal.convolve2d(*[kernels.get("sharpen").weights] * 2), "high-boost"),
        (kernels.get("difference_of_gaussians", size=31, sigma_narrow=2, sigma_wide=3.2).weights, "band-pass"),
        (kernels.get("laplacian_of_gaussian", size=31, sigma=3).weights, "band-pass"),
        (identity(9) - DOG / dense(DOG).max(), "band-stop"),
        (identity(9) - 0.5 * DOG / dense(DOG).max(), "band-stop"),
        (np.full((1, 3), 1 / 3), "directional"),
        (np.full((3, 9), 1 / 27), "directional"),
        (kernels.get("motion_blur", angle=20).weights, "directional"),
        ([[1.0, -1.0]], "directional"),
        ([[1.0, 0, -1], [0, 0, 0], [-1, 0, 1]], "directional"),
        ([[-1.0, 3, -1]], "directional"),
    ],
)
def test_kinds_of_other_kernels(weights: np.ndarray, kind: str) -> None:
    """Made to be what they are: complements, sums, products; signs and even sides do not matter."""
    found = frequency.facts(weights)
    assert found.kind == kind
    assert found.title == frequency.TITLES[kind]  # type: ignore[index]  # a key of the table


@pytest.mark.parametrize("key", kernels.names())
@pytest.mark.parametrize("factor", [-3.0, 1e-200, 1e5 / 64])
def test_scale_does_not_change_the_kind(key: str, factor: float) -> None:
    """Gains are multiplied, everything else stays."""
    weights = kernels.get(key).weights
    one, other = frequency.facts(weights), frequency.facts(factor * weights)
    assert (one.kind, one.phase.kind) == (other.kind, other.phase.kind)
    assert other.peak.gain == pytest.approx(abs(factor) * one.peak.gain, rel=1e-9)
    assert (other.peak.f_row, other.peak.f_column) == pytest.approx((one.peak.f_row, one.peak.f_column), abs=1e-6)
    assert other.corners.zero == pytest.approx(factor * one.corners.zero, rel=1e-9, abs=abs(factor) * 1e-13)


@pytest.mark.parametrize("key", kernels.names())
def test_turning_the_picture_turns_the_direction(key: str) -> None:
    """The transposed kernel is of the same kind; its direction is mirrored at the diagonal."""
    weights = kernels.get(key).weights
    one, other = frequency.facts(weights), frequency.facts(weights.T)
    assert one.kind == other.kind
    if one.heading is not None:
        assert other.heading is not None
        expected = (math.pi / 2 - one.heading.angle) % math.pi
        assert math.cos(2 * (other.heading.angle - expected)) == pytest.approx(1)


@pytest.mark.parametrize("angle", [0, 30, 72, 90, 135, 171])
def test_gabor_points_where_it_was_told(angle: int) -> None:
    """The direction of the wave is found to 2 degrees, the wavelength to 2 percent."""
    weights = kernels.get("gabor", size=21, wavelength=5, sigma=3, angle=angle).weights
    found = frequency.facts(weights)
    assert found.heading is not None
    off = (math.degrees(found.heading.angle) - angle + 90) % 180 - 90
    assert abs(off) < 2
    assert found.heading.along.kind == "band-pass"
    assert found.peak.radius == pytest.approx(1 / 5, rel=0.02)


@pytest.mark.parametrize("key", kernels.names())
def test_reasons_are_sentences_whose_numbers_are_true(key: str) -> None:
    """Every field is filled; smallest, largest and edge gains bound those of a dense grid."""
    weights = kernels.get(key).weights
    found = frequency.facts(weights)
    gains = dense(weights)
    for line in (*found.classified.reasons, found.phase.reason):
        names = {name for _, name, _, _ in string.Formatter().parse(line.template) if name}
        assert names <= set(line.data)
        assert str(line)
        assert "{" not in str(line)
    if found.kind == "directional":
        return
    data = found.classified.reasons[0].data
    rim = np.concatenate((gains[360], gains[:, 360]))
    tolerance = 2e-3 * gains.max()
    assert data["zero"] == pytest.approx(abs(weights.sum()), abs=1e-12)
    assert data["rim_low"] == pytest.approx(rim.min(), abs=5 * tolerance)
    assert data["rim_high"] == pytest.approx(rim.max(), abs=tolerance)
    assert data["largest"] == pytest.approx(gains.max(), abs=tolerance)
    assert gains.min() - tolerance <= data["smallest"] <= gains.min() + 0.05 * gains.max()


def test_reasons_in_words() -> None:
    """Two of them as a user reads them."""
    laplacian, sobel = (frequency.facts(kernels.get(key).weights).classified for key in ("laplacian", "sobel_x"))
    assert str(laplacian.reasons[0]) == "Flat areas have the gain 0; at the highest frequencies it is 4 at least."
    assert [str(line) for line in sobel.reasons] == [
        "Directions differ: at 0.250 cycles per pixel the gain is 8 along 0° and 0 along 90°.",
        "Along 0° it is a band-pass: the gain is 8 at 0.250 cycles per pixel, 0 at zero and 0 at the end.",
        "At right angles to it, from the peak on, it is a low-pass: the gain falls from 8 to 0.",
    ]


def test_every_kind_has_a_title_and_a_sentence() -> None:
    """Nothing that can be found has no words."""
    kinds = set(frequency.TITLES) - {"directional"}
    assert set(classes._REASONS) == kinds
    assert set(classes._ALONG) == kinds - {"blocked"}
    assert set(classes._ACROSS) == {"all-pass", "low-pass", "band-stop", "mixed"}


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 9999))
def test_any_kernel_has_facts(kh: int, kw: int, seed: int) -> None:
    """Random weights never break a sentence, and the peak is not below a dense grid's."""
    weights = np.random.default_rng(seed).standard_normal((kh, kw))
    found = frequency.facts(weights)
    assert all(str(line) for line in (*found.classified.reasons, found.phase.reason))
    assert 0 <= found.classified.unevenness <= 1 + 1e-9
    assert found.peak.gain >= dense(weights, 180).max() * (1 - 1e-9)
    assert (found.heading is None) == (found.kind != "directional")


@pytest.mark.parametrize(("size", "seed"), [(2, 3746), (5, 1272), (5, 2987), (6, 126), (6, 2638), (7, 671), (7, 680)])
def test_the_highest_hill_is_climbed_to_its_top(size: int, seed: int) -> None:
    """A saddle at a corner that rises in a narrow sector only; two hills, the lower of which a grid meets better."""
    weights = np.random.default_rng(seed).standard_normal((size, size))
    found = frequency.facts(weights).peak
    assert found.gain >= dense(weights, 720).max() * (1 - 1e-12)
    assert found.gain == pytest.approx(abs(frequency.at(weights, found.f_row, found.f_column)), rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("rows_of_zeros", [0, 1])
def test_the_peak_of_a_line_is_on_its_axis(seed: int, rows_of_zeros: int) -> None:
    """Across it |H| does not change: the frequency nearest to zero is named, of two mirrored ones the positive."""
    rng = np.random.default_rng(seed)
    line = rng.standard_normal(int(rng.integers(2, 12)))
    weights = np.pad(line[np.newaxis], ((rows_of_zeros,) * 2, (0, 0)))
    lying, standing = frequency.facts(weights).peak, frequency.facts(weights.T).peak
    assert (lying.f_row, standing.f_column) == (0, 0)
    assert (standing.f_row, standing.gain) == pytest.approx((lying.f_column, lying.gain), abs=1e-6)
    assert 0 <= lying.f_column <= 0.5
    found = np.abs(np.fft.rfft(line, 200_000))
    assert lying.gain == pytest.approx(found.max(), rel=1e-7)
    assert lying.f_column == pytest.approx(found.argmax() / 200_000, abs=1e-5)


def test_profiles_by_hand() -> None:
    """Cut at half height: what begins and ends above it, and how often it is crossed, decides."""
    cases = {
        "low-pass": [1, 0.9, 0.2, 0.4],
        "high-pass": [0, 0.1, 0.8, 1],
        "high-boost": [0.1, 0.1, 0.8, 1],
        "band-pass": [0, 1, 0.1, 0.3],
        "band-stop": [1, 0.7, 0.1, 0.9],
        "mixed": [1, 0, 1, 0],
        "all-pass": [1, 0.95, 0.9, 1],
    }
    distance = np.array([0.1, 0.2, 0.3, 0.4])
    for kind, gains in cases.items():
        assert profiles.profile(distance, np.array(gains), 1.0).kind == kind
    found = profiles.profile(distance, np.array([1, 0.9, 0.2, 0.4]), 20.0)
    assert (found.kind, found.start, found.end, found.smallest, found.largest) == ("blocked", 1, 0.4, 0.2, 1)
    assert (found.smallest_at, found.largest_at) == (pytest.approx(0.2), 0)
    assert found.half_at == pytest.approx(0.1 + 0.1 * 0.3 / 0.7)  # from 0.9 down to 0.2, crossing 0.6


# ---- gains


@pytest.mark.parametrize("key", kernels.names())
@pytest.mark.parametrize("operation", frequency.OPERATIONS)
def test_corners_are_what_stripes_and_flat_areas_become(key: str, operation: str) -> None:
    """Filter a flat picture, stripes and a chessboard: each comes back as itself, times the corner's gain."""
    weights = kernels.get(key).weights
    corners = frequency.facts(weights, operation).corners
    filter_ = filtering.convolve if operation == "convolution" else filtering.correlate
    i, j = np.mgrid[:8, :6]
    patterns = {"zero": 0 * i, "rows": i, "columns": j, "both": i + j}
    for name, exponent in patterns.items():
        pattern = (-1.0) ** exponent
        expected = getattr(corners, name) * pattern
        tolerance = 2e-6 * np.abs(weights).sum()
        np.testing.assert_allclose(filter_(pattern, weights, "circular"), expected, atol=tolerance)


def test_sums_that_are_rounding_are_zero() -> None:
    """The Laplacian of Gaussian sums to exactly 0 in the facts."""
    assert frequency.facts(kernels.get("laplacian_of_gaussian").weights).corners.zero == 0.0


@pytest.mark.parametrize("key", kernels.names())
def test_the_peak_is_the_largest_gain(key: str) -> None:
    """Not below a dense grid, there to be found by `at`, and a maximum for SciPy too."""
    weights = kernels.get(key).weights
    peak = frequency.facts(weights).peak
    assert peak.gain >= dense(weights).max() * (1 - 1e-12)
    assert abs(frequency.at(weights, peak.f_row, peak.f_column)) == pytest.approx(peak.gain, rel=1e-9)
    assert 0 <= peak.f_row <= 0.5
    assert -0.5 < peak.f_column <= 0.5
    better = scipy.optimize.minimize(
        lambda f: -abs(frequency.at(weights, *f)), (peak.f_row + 1e-4, peak.f_column - 1e-4), method="Nelder-Mead"
    )
    assert -better.fun <= peak.gain * (1 + 1e-9)


@pytest.mark.parametrize(
    ("key", "gain", "f_row", "f_column"),
    [
        ("laplacian", 8, 0.5, 0.5),
        ("laplacian_8", 12, 0, 0.5),
        ("sobel_x", 8, 0, 0.25),
        ("sobel_y", 8, 0.25, 0),
        ("scharr_x", 32, 0, 0.25),
        ("roberts_pos_diag", 2, 0.25, 0.25),
        ("roberts_neg_diag", 2, 0.25, -0.25),
        ("box", 1, 0, 0),
        ("sharpen", 9, 0.5, 0.5),
    ],
)
def test_peaks_known_from_formulas(key: str, gain: float, f_row: float, f_column: float) -> None:
    """|4 sin w1 ...|: derived from the weights; of equal frequencies the one nearest to zero, then to the right."""
    peak = frequency.facts(kernels.get(key).weights).peak
    assert (peak.gain, peak.f_row, peak.f_column) == pytest.approx((gain, f_row, f_column), abs=1e-7)


def test_the_peak_of_emboss_solves_its_equation() -> None:
    """|H|^2 = 1 + (4 sin w + 4 sin 2w)^2 on the diagonal: cos w + 2 cos 2w = 0, cos w = (sqrt(33) - 1) / 8."""
    w = math.acos((math.sqrt(33) - 1) / 8)
    peak = frequency.facts(kernels.get("emboss").weights).peak
    assert (peak.f_row, peak.f_column) == pytest.approx((w / (2 * math.pi),) * 2, abs=1e-7)
    assert peak.gain == pytest.approx(math.hypot(1, 4 * math.sin(w) + 4 * math.sin(2 * w)), rel=1e-12)


# ---- -3 dB


def test_cutoffs_from_formulas() -> None:
    """Box: (1 + 2 cos w) / 3 = 0.7071. Laplacian: 2 - 2 cos w = 0.7071 x 4. Sobel: sin w = 0.7071, twice."""
    root = math.sqrt(0.5)
    box = frequency.facts(kernels.get("box").weights)
    expected = math.acos((3 * root - 1) / 2) / (2 * math.pi)
    assert box.cutoff("rows") == pytest.approx(expected, abs=1e-12)
    assert box.cutoff("columns") == pytest.approx(expected, abs=1e-12)
    laplacian = frequency.facts(kernels.get("laplacian").weights)
    assert laplacian.cutoff("rows") == pytest.approx(math.acos(1 - 2 * root) / (2 * math.pi), abs=1e-12)
    band = laplacian.bands["diagonal"]
    assert band is not None
    assert (band.peak, band.gain, band.high, band.end) == (
        pytest.approx(root),
        pytest.approx(8),
        None,
        pytest.approx(root),
    )
    assert band.low == pytest.approx(math.acos(1 - 2 * root) / (2 * math.pi) * math.sqrt(2), abs=1e-12)
    sobel = frequency.facts(kernels.get("sobel_x").weights)
    band = sobel.bands["columns"]
    assert band is not None
    assert (band.low, band.peak, band.high) == pytest.approx((0.125, 0.25, 0.375), abs=1e-7)
    assert sobel.cutoff("columns") is None
    assert sobel.bands["rows"] is None
    assert sobel.cutoff("rows") is None


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_cutoff_of_a_gaussian(sigma: float) -> None:
    """sqrt(ln 2) / (2 pi sigma) in every direction, but for sampling and cutting off."""
    found = frequency.facts(gaussian(31, sigma))
    for direction in frequency.DIRECTIONS:
        assert found.cutoff(direction) == pytest.approx(math.sqrt(math.log(2)) / (2 * math.pi * sigma), rel=2e-3)


@pytest.mark.parametrize("key", kernels.names())
@pytest.mark.parametrize("direction", frequency.DIRECTIONS)
def test_bands_on_the_exact_section(key: str, direction: str) -> None:
    """At both ends |H| is 0.7071 of the section's largest, inside it is not below; nothing without ends."""
    weights = kernels.get(key).weights
    band = frequency.facts(weights).bands[direction]
    section = frequency.section(weights, direction, 4001)
    positive = section.frequency >= 0
    distance, magnitude = section.frequency[positive], section.magnitude[positive]
    if band is None:
        assert magnitude.max() < 1e-12
        return
    assert band.end == pytest.approx(distance[-1])
    assert magnitude.max() * (1 - 1e-12) <= band.gain <= magnitude.max() * (1 + 1e-4)
    inside = (distance > (band.low or 0)) & (distance < (band.high or 1))
    assert magnitude[inside].min() >= math.sqrt(0.5) * band.gain * (1 - 1e-9)
    angle = frequency.DIRECTIONS[direction]
    for edge in (band.low, band.high):
        if edge is not None:
            value = abs(frequency.at(weights, edge * math.sin(angle), edge * math.cos(angle)))
            assert value == pytest.approx(math.sqrt(0.5) * band.gain, rel=1e-9)


def test_bands_of_kernels_without_a_fall() -> None:
    """All-pass: neither end; zero: nothing; an unknown direction is refused."""
    flat = frequency.facts(kernels.get("shift").weights).bands["diagonal"]
    assert flat is not None
    assert (flat.low, flat.high, flat.cutoff) == (None, None, None)
    assert set(frequency.facts(np.zeros((2, 3))).bands.values()) == {None}
    with pytest.raises(ParameterError):
        extremes.band([[1.0]], "up")


# ---- phase and the rest


@pytest.mark.parametrize("key", kernels.names())
def test_phase_kinds_are_those_of_the_response(key: str) -> None:
    """Zero: H is real. Linear: H times the delay's wave is real, or imaginary for a quarter. Neither: nothing is."""
    weights = kernels.get(key).weights
    for operation in frequency.OPERATIONS:
        phase = frequency.facts(weights, operation).phase
        response = frequency.response(weights, (33, 31), operation=operation)
        rows, columns = phase.delay or (0.0, 0.0)
        turn = np.exp(2j * np.pi * (response.rows[:, None] * rows + response.columns * columns))
        values = response.values * turn * (1j if phase.quarter else 1)
        real = np.abs(values.imag).max() < 1e-12 * np.abs(values).max()
        assert real == (phase.kind != "neither")
        assert (phase.kind == "zero") == (real and not phase.quarter and (rows, columns) == (0, 0))


def test_known_delays() -> None:
    """Shift moves by what it says when correlated, back when convolved; an even box by half a pixel."""
    weights = kernels.get("shift", rows=2, columns=-3).weights
    assert frequency.facts(weights, "correlation").phase.delay == (2, -3)
    assert frequency.facts(weights).phase.delay == (-2, 3)
    even = frequency.facts(np.ones((2, 3)), "correlation").phase
    assert (even.kind, even.delay) == ("linear", (-0.5, 0))
    x = np.zeros((9, 9))
    x[4, 4] = 1
    spread = filtering.correlate(x, np.ones((2, 3)), "zeros")
    assert np.average(np.mgrid[:9, :9][0], weights=spread) == pytest.approx(4 - 0.5)
    assert frequency.facts([[1.0, 2, 4]]).phase.kind == "neither"


def test_separable_and_zero() -> None:
    """Rank 1 is separable; nothing but zeros has a gain of 0 everywhere and no direction."""
    assert frequency.facts(kernels.get("sobel_x").weights).separable
    assert not frequency.facts(kernels.get("laplacian").weights).separable
    nothing = frequency.facts(np.zeros((3, 4)))
    assert (nothing.kind, nothing.peak.gain, nothing.corners.zero, nothing.phase.kind) == ("blocked", 0, 0, "zero")
    assert "0" in str(nothing.classified.reasons[0])


def test_what_has_no_facts() -> None:
    """NaN, and an operation that is none."""
    with pytest.raises(KernelError):
        frequency.facts([[np.nan]])
    with pytest.raises(ParameterError):
        frequency.facts([[1.0]], "both")

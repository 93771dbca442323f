"""Masks, edited spectra, peaks and masks as text, against geometry written out and waves that are known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft

from cnnviz.convolution.frequency import grid
from cnnviz.convolution.frequency.design import Design, apply
from cnnviz.convolution.frequency.editing import MOST_POINTS, MOST_REGIONS, PARAMETERS, Mask, Ring, Stroke, Wedge, edit
from cnnviz.convolution.frequency.mask_text import LONGEST_TEXT, read_mask, write_mask
from cnnviz.convolution.frequency.peaks import notches, peaks
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.errors import CnnvizError, ParameterError, WorkError
from cnnviz.images import Image, quality, samples

SIZES = [(40, 40), (33, 47), (28, 31), (1, 9), (1, 1)]
REGIONS = [
    Stroke(((0.1, 0.2), (0.3, -0.1), (0.45, 0.4)), 0.04),
    Stroke(((-0.5, 0.5),), 0.1, 0.05),
    Ring(0.1, 0.2),
    Ring(0, 0.05, 0.1),
    Wedge(30, 40),
    Wedge(90, 10),
]


def coordinates() -> st.SearchStrategy[float]:
    """Frequencies that four decimals write exactly."""
    return st.integers(-5000, 5000).map(lambda n: n / 10_000)


def masks() -> st.SearchStrategy[Mask]:
    """Masks of all kinds of regions, with numbers of at most four decimals."""
    tenths = st.integers(0, 2500).map(lambda n: n / 10_000)
    points = st.lists(st.tuples(coordinates(), coordinates()), min_size=1, max_size=5)
    strokes = st.builds(Stroke, points, st.integers(10, 2500).map(lambda n: n / 10_000), tenths)
    rings = st.builds(lambda low, width, soft: Ring(low, round(low + width, 4), soft), tenths, st.just(0.25), tenths)
    wedges = st.builds(Wedge, st.integers(0, 180), st.integers(1, 1800).map(lambda n: n / 10))
    return st.builds(Mask, st.lists(st.one_of(strokes, rings, wedges), max_size=4), st.booleans())


@settings(max_examples=60, deadline=None)
@given(mask=masks(), size=st.tuples(st.integers(1, 24), st.integers(1, 24)))
def test_every_selection_is_even_and_from_0_to_1(mask: Mask, size: tuple[int, int]) -> None:
    """So that the picture stays real: the imaginary part is rounding, whatever was painted."""
    chosen = mask.selection(size)
    assert chosen.shape == size
    assert chosen.min() >= 0
    assert chosen.max() <= 1
    np.testing.assert_allclose(chosen, grid.mirrored(chosen), rtol=0, atol=1e-9)
    x = np.random.default_rng(0).random((*size, 2), dtype=np.float32)
    found = edit(x, chosen, "keep", keep_mean=False)
    whole = fft.ifft2(fft.fft2(x.astype(np.float64), axes=(0, 1)) * fft.ifftshift(chosen)[..., None], axes=(0, 1))
    assert np.abs(whole.imag).max() < 1e-12
    np.testing.assert_allclose(found.pixels, whole.real, atol=2e-6)


def distance_to_line(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Distance from a straight piece: the least over many places along it."""
    places = start + np.linspace(0, 1, 201)[:, None] * (end - start)
    return float(np.hypot(*(places - point).T).min())


@pytest.mark.parametrize("size", [(20, 20), (13, 24)])
@pytest.mark.parametrize("soft", [0.0, 0.06])
def test_a_stroke_covers_what_is_near_its_line(size: tuple[int, int], soft: float) -> None:
    """Every frequency, in all its repetitions and mirrored, measured against every piece."""
    points = np.array([[0.1, 0.2], [0.3, -0.1], [0.45, 0.47]])
    radius = 0.0503
    found = Mask((Stroke([list(point) for point in points.tolist()], radius, soft),)).selection(size)
    rows, columns = (fft.fftshift(fft.fftfreq(side)) for side in size)
    for r, c in np.ndindex(size):
        nearest = min(
            distance_to_line(sign * np.array([rows[r], columns[c]]) + [down, right], points[i], points[i + 1])
            for sign in (1, -1)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            for i in (0, 1)
        )
        outside = nearest - radius
        falling = (1 + math.cos(math.pi * min(max(outside / (soft or 1), 0), 1))) / 2
        want = falling if soft else float(outside <= 0)
        assert found[r, c] == pytest.approx(want, abs=1e-3), (r, c)


def test_a_dot_at_the_corner_is_whole() -> None:
    """At (0.5, 0.5) the spectrum goes on: the same disc as in the middle, moved there."""
    corner = Mask((Stroke(((0.5, 0.5),), 0.12),)).selection((40, 30))
    middle = Mask((Stroke(((0.0, 0.0),), 0.12),)).selection((40, 30))
    np.testing.assert_array_equal(corner, np.roll(middle, (20, 15), (0, 1)))
    assert 0 < middle.sum() < 200


@pytest.mark.parametrize("size", SIZES)
def test_rings_are_designs(size: tuple[int, int]) -> None:
    """A hard ring is the ideal band-pass, from 0 on the ideal low-pass."""
    ring = Mask((Ring(0.1, 0.3),)).selection(size)
    np.testing.assert_array_equal(ring, Design("ideal", "band", low=0.1, high=0.3).transfer(size))
    disc = Mask((Ring(0, 0.2),)).selection(size)
    np.testing.assert_array_equal(disc, Design("ideal", "low", 0.2).transfer(size))


def test_the_soft_edge_of_a_ring_is_a_raised_cosine() -> None:
    """1 inside, 1/2 half a width outside, 0 a width outside, on both sides."""
    line = Mask((Ring(0.2, 0.25, 0.1),)).selection((1, 200))[0]
    f = fft.fftshift(fft.fftfreq(200))
    levels = {0.1: 0, 0.15: 0.5, 0.2: 1, 0.225: 1, 0.25: 1, 0.3: 0.5, 0.35: 0, 0.4: 0}
    for frequency, level in levels.items():
        assert line[np.abs(f - frequency).argmin()] == pytest.approx(level, abs=1e-9)


def test_a_wedge_holds_waves_of_its_directions() -> None:
    """Each frequency within half the opening, over 180 degrees back to 0; never the mean."""
    for angle, width in ((30, 40), (0, 20), (175, 30), (90, 180)):
        found = Mask((Wedge(angle, width),)).selection((21, 25))
        for r, c in np.ndindex(21, 25):
            row, column = (r - 10) / 21, (c - 12) / 25
            away = abs((math.degrees(math.atan2(row, column)) - angle + 90) % 180 - 90)
            if abs(away - width / 2) > 1e-6:
                assert found[r, c] == (away < width / 2 and (r, c) != (10, 12))


def test_regions_join_and_invert() -> None:
    """The union is the largest of all, its inversion 1 minus that; no region chooses nothing."""
    parts = [Mask((region,)).selection((30, 31)) for region in REGIONS]
    union = Mask(tuple(REGIONS)).selection((30, 31))
    np.testing.assert_array_equal(union, np.max(parts, axis=0))
    np.testing.assert_array_equal(Mask(tuple(REGIONS), inverted=True).selection((30, 31)), 1 - union)
    assert not Mask().selection(8).any()
    assert Mask(inverted=True).selection(8).all()


@pytest.mark.parametrize("shape", [(30, 41), (30, 41, 3)])
def test_removed_and_kept_make_the_picture(shape: tuple[int, ...]) -> None:
    """What is removed plus what is kept is the picture; for hard edges their energies add up too."""
    x = np.random.default_rng(1).random(shape, dtype=np.float32)
    chosen = Mask((Ring(0.1, 0.2), Wedge(45, 30))).selection(shape[:2])
    removed, kept = edit(x, chosen, "remove"), edit(x, chosen, "keep", keep_mean=False)
    np.testing.assert_allclose(removed.pixels + kept.pixels, x, atol=1e-6)
    assert removed.removed + kept.removed == pytest.approx(1)
    assert removed.pixels.shape == shape
    want = 1 - removed.pixels.var(axis=(0, 1)).sum() / x.var(axis=(0, 1)).sum()  # Parseval
    assert removed.removed == pytest.approx(want, abs=1e-5)
    np.testing.assert_array_equal(apply(x, removed.transfer), removed.pixels)


def test_the_mean_stays_unless_it_is_given_up() -> None:
    """Brightness is kept by default, in both modes; a flat picture has no energy to remove."""
    x = np.random.default_rng(2).random((20, 21), dtype=np.float32)
    everything = np.ones((20, 21))
    assert edit(x, everything).pixels.mean() == pytest.approx(x.mean(), abs=1e-6)
    assert np.ptp(edit(x, everything).pixels) < 1e-6
    assert edit(x, everything).removed == pytest.approx(1)
    assert edit(x, everything, keep_mean=False).pixels.mean() == pytest.approx(0, abs=1e-6)
    assert edit(x, 0 * everything, "keep").pixels.mean() == pytest.approx(x.mean(), abs=1e-6)
    assert edit(np.full((20, 21), 0.3), everything).removed == 0


@pytest.mark.parametrize("frequency", [(0.125, 0.25), (-0.2, 0.11), (0.0, 0.3), (0.31, 0.0), (-0.4, 0.37)])
@pytest.mark.parametrize("key", ["coffee", "astronaut", "camera"])
def test_a_grating_on_a_photo_is_found_and_taken_out(key: str, frequency: tuple[float, float]) -> None:
    """The strongest peak lies at its frequency, with its amplitude; without it the picture is closer to the photo."""
    clean = samples.load(key)
    rows, columns = clean.size
    y, x = np.mgrid[:rows, :columns]
    grating = 0.15 * np.cos(2 * np.pi * (frequency[0] * y + frequency[1] * x) + 0.7)
    spoiled = clean.pixels + grating[..., None].astype(np.float32)
    found = peaks(spoiled)
    assert abs(found[0].row - frequency[0]) <= 0.5001 / rows
    assert abs(found[0].column - frequency[1]) <= 0.5001 / columns
    assert found[0].amplitude == pytest.approx(0.15, rel=0.35)
    assert found[0].prominence == max(peak.prominence for peak in found)
    repaired = edit(spoiled, Mask(notches(found[:1], 0.01)).selection(clean.size)).pixels
    before, after = (quality.compare(clean, image(each)).psnr for each in (spoiled, repaired))
    assert after > before + 3


def image(pixels: np.ndarray) -> Image:
    """As a picture, clipped to 0-1."""
    return Image.from_array(pixels, "edited")


def test_amplitude_and_order_of_peaks() -> None:
    """Waves on the grid have their exact amplitude; the one that stands out most comes first, count limits."""
    y, x = np.mgrid[:64, :80]
    waves = [(12 / 64, 20 / 80, 0.5), (-24 / 64, 8 / 80, 0.05), (0.0, 32 / 80, 0.2)]
    noise = 1e-3 * np.random.default_rng(3).standard_normal((64, 80))
    picture = 3 + noise + sum(a * np.cos(2 * np.pi * (r * y + c * x)) for r, c, a in waves)
    found = peaks(picture, count=3)
    assert {(peak.row, peak.column) for peak in found} == {(r, c) for r, c, _ in waves}
    for peak in found:
        want = next(a for r, c, a in waves if (r, c) == (peak.row, peak.column))
        assert peak.amplitude == pytest.approx(want, rel=0.01)
    assert [peak.prominence for peak in found] == sorted((peak.prominence for peak in found), reverse=True)
    assert peaks(picture, count=1) == found[:1]


@pytest.mark.parametrize("shape", [(64, 64), (50, 71, 3), (5, 7), (1, 30), (2, 2), (1, 1)])
def test_noise_and_flat_pictures_have_no_peaks(shape: tuple[int, ...]) -> None:
    """Nothing stands out where nothing repeats."""
    assert peaks(np.random.default_rng(4).random(shape)) == ()
    assert peaks(np.full(shape, 0.3)) == ()


def test_the_fastest_waves_are_found_once() -> None:
    """At -0.5, which is its own mirror image, along rows, columns and both."""
    y, x = np.mgrid[:32, :40]
    noise = 1e-4 * np.random.default_rng(5).standard_normal((32, 40))
    for row, column in ((-0.5, 0.5), (0.0, 0.5), (-0.5, 0.0)):
        found = peaks(noise + np.cos(2 * np.pi * (row * y + column * x)))
        assert [(abs(peak.row), peak.column) for peak in found] == [(abs(row), column)]
        assert found[0].amplitude == pytest.approx(1, abs=0.01)


@settings(max_examples=200, deadline=None)
@given(mask=masks())
def test_text_and_back(mask: Mask) -> None:
    """A mask survives the address, in characters that an address does not escape."""
    text = write_mask(mask)
    assert read_mask(text) == mask
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")


def test_texts_as_documented() -> None:
    """The example of the module, and what is left out."""
    text = "s0.02e0.01p0.1x-0.2p0.12x-0.19_r0.1t0.2_w45b20"
    stroke = Stroke(((0.1, -0.2), (0.12, -0.19)), 0.02, 0.01)
    assert read_mask(text) == Mask((stroke, Ring(0.1, 0.2), Wedge(45, 20)))
    assert write_mask(read_mask("i_" + text)) == "i_" + text
    assert read_mask("") == Mask()
    assert read_mask("i") == Mask(inverted=True)
    assert write_mask(Mask((Stroke(((-0.00001, 0.5),)),))) == "s0.02p0x0.5"


def test_the_longest_mask_fits() -> None:
    """What is legal can be written and read: 1000 points and 32 regions."""
    strokes = [Stroke([(-0.1234, -0.4321)] * 50, 0.1234, 0.1234)] * 20
    mask = Mask((*strokes, *[Ring(0.1234, 0.4321, 0.1234)] * 12))
    assert len(mask.regions) == MOST_REGIONS
    assert len(write_mask(mask)) <= LONGEST_TEXT
    assert read_mask(write_mask(mask)) == mask
    assert read_mask(write_mask(Mask((Stroke([(-0.1234, -0.4321)] * MOST_POINTS),)))).regions


@pytest.mark.parametrize(
    "text",
    [
        "_",
        "i_i",
        "i_",
        "x",
        "s0.02",
        "s0.02p",
        "s0.02p0.1",
        "s0.02p0.1x0.6",
        "s9p0x0",
        "s0.02p0.1x0.2x0.3",
        "s0.02p--1x0",
        "s0.02p0.1x0.2\n",
        "s.02p0.1x0.2",
        "s1e9p0.1x0.2",
        "r0.2t0.1",
        "r0.1",
        "r0.1tnan",
        "w200b10",
        "w45",
        "w45b0",
        "w٤5b20",
        "W45b20",
        "_".join(["w45b20"] * (MOST_REGIONS + 1)),
        "s0.02" + "p0x0" * (MOST_POINTS + 1),
        "_".join(["s0.02" + "p0x0" * 600] * 2),
        "s0.02p" + "1" * 10_000,
        "s" * 100_000,
        "s0.02p0x0_" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_hostile_texts(text: str) -> None:
    """What is no mask is refused in one sentence, however long it is."""
    with pytest.raises(ParameterError) as caught:
        read_mask(text)
    assert len(str(caught.value)) < 250


@settings(max_examples=300, deadline=None)
@given(st.text("srwipxteb_-.0123456789 é", max_size=60))
def test_garbage_is_refused_or_read(text: str) -> None:
    """Any text is read or refused; what was read and written is read the same."""
    try:
        mask = read_mask(text)
    except CnnvizError:
        return
    assert read_mask(write_mask(mask)) == mask


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("points", lambda: Stroke(())),
        ("points", lambda: Stroke("0.1")),
        ("points", lambda: Stroke({"a": 1})),
        ("points", lambda: Stroke((("0.1"),))),
        ("points", lambda: Stroke(((0.1, 0.2, 0.3),))),
        ("points", lambda: Stroke(((0, 0),) * (MOST_POINTS + 1))),
        ("row", lambda: Stroke(((0.51, 0),))),
        ("column", lambda: Stroke(((0, math.nan),))),
        ("column", lambda: Stroke(((0, None),))),
        ("row", lambda: Stroke(json.loads("[[true, 0]]"))),
        ("row", lambda: Stroke(json.loads("[[1e999, 0]]"))),
        ("radius", lambda: Stroke(((0, 0),), 0)),
        ("soft", lambda: Stroke(((0, 0),), 0.1, -0.1)),
        ("high", lambda: Ring(0.3, 0.2)),
        ("low", lambda: Ring(-0.1, 0.2)),
        ("angle", lambda: Wedge(181)),
        ("width", lambda: Wedge(0, 0)),
        ("regions", lambda: Mask((Ring(0, 0.1),) * (MOST_REGIONS + 1))),
        ("regions", lambda: Mask(("r0t0.1",))),
        ("points", lambda: Mask((Stroke(((0, 0),) * 600),) * 2)),
        ("size", lambda: Mask().selection((0, 3))),
        ("transfer", lambda: edit(np.zeros((4, 4)), np.zeros((4, 5)))),
        ("transfer", lambda: edit(np.zeros((4, 4)), np.eye(4, k=1))),
        ("selection", lambda: edit(np.zeros((4, 4)), np.full((4, 4), 1.5))),
        ("mode", lambda: edit(np.zeros((4, 4)), np.ones((4, 4)), "drop" * 10_000)),
        ("pixels", lambda: edit(np.full((4, 4), np.nan), np.ones((4, 4)))),
        ("count", lambda: peaks(np.zeros((4, 4)), 0)),
        ("away", lambda: peaks(np.zeros((4, 4)), away=math.inf)),
        ("prominence", lambda: peaks(np.zeros((4, 4)), prominence=0.5)),
    ],
)
def test_what_a_browser_may_send_is_checked(name: str, call: object) -> None:
    """Each error names its parameter, in a short sentence."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name
    assert len(str(caught.value)) < 250


def test_a_stroke_without_end_is_refused() -> None:
    """A thousand points from corner to corner on the largest grid would take minutes."""
    wild = Stroke([(0.5, 0.5), (-0.5, -0.5)] * 500, 0.25)
    with pytest.raises(WorkError, match="smaller brush"):
        Mask((wild,)).selection(2048)
    assert Mask((wild,)).selection(64).any()


def test_many_strokes_together_are_refused() -> None:
    """The limit holds for a mask: thirty-two wide strokes, each of them fine, would take as long as one too many."""
    wide = Stroke([(0.4, 0.4), (-0.4, 0.4)] * 10, 0.25)
    assert Mask((wide,)).selection(256).any()
    with pytest.raises(WorkError, match="smaller brush"):
        Mask((wide,) * 32).selection(1024)


def test_a_spectrum_at_hand_gives_the_same() -> None:
    """Handing over the transform saves it, and changes nothing."""
    x = np.random.default_rng(3).random((31, 42), dtype=np.float32)
    chosen = Mask((Ring(0.1, 0.3), Wedge(20, 30))).selection((31, 42))
    plain, ready = edit(x, chosen), edit(transform(x), chosen)
    np.testing.assert_array_equal(plain.pixels, ready.pixels)
    assert plain.removed == ready.removed


def test_parameters_have_legal_defaults() -> None:
    """What a page shows first is legal."""
    for parameter in PARAMETERS.values():
        assert parameter.check(parameter.default) == parameter.default

"""The colour maps, measured in CIELAB and by simulated colour blindness."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from skimage import color

from cnnviz.figures.colours import MIDDLE, cyclic, directions, diverging, sequential

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A physiologically-based model for simulation of color
# vision deficiency, IEEE TVCG 15 (2009), table 1, severity 1.0; for linear RGB.
MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def lab(rgb: np.ndarray) -> np.ndarray:
    """Turn (N, 3) levels into CIELAB by scikit-image."""
    return color.rgb2lab(rgb[None] / 255.0)[0]


def simulated(rgb: np.ndarray, matrix: list[list[float]]) -> np.ndarray:
    """What a dichromat sees, as CIELAB: the matrix works on linear light (sRGB, IEC 61966-2-1)."""
    share = rgb / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(matrix).T, 0, 1)
    encoded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return color.rgb2lab(encoded[None])[0]


def test_zero_is_the_middle_entry_and_neutral() -> None:
    """255 entries, zero in the middle: no hue, and the lightest of all."""
    palette = diverging()
    assert (palette.shape, palette.dtype) == ((255, 3), np.uint8)
    assert MIDDLE == len(palette) // 2 == 127
    lightness, a, b = lab(palette)[MIDDLE]
    assert lightness > 95
    assert max(abs(a), abs(b)) < 1


def test_lightness_falls_alike_on_both_sides() -> None:
    """From zero outwards every entry is darker, and +x is as dark as -x."""
    lightness = lab(diverging())[:, 0]
    negative, positive = lightness[MIDDLE::-1], lightness[MIDDLE:]
    for side in (negative, positive):
        # 8 bits round each entry, so a single step may stand still; three steps may not.
        assert np.diff(side).max() < 0.1
        assert (side[3:] - side[:-3]).max() < 0
        assert side[0] - side[-1] > 40
    np.testing.assert_allclose(negative, positive, rtol=0, atol=1.5)


def test_lightness_falls_evenly() -> None:
    """Equal differences of the numbers are equal differences of lightness: within 1 of a straight line."""
    lightness = lab(diverging())[:, 0]
    for side in (lightness[MIDDLE::-1], lightness[MIDDLE:]):
        np.testing.assert_allclose(side, np.linspace(side[0], side[-1], MIDDLE + 1), rtol=0, atol=1)


def test_negative_is_blue_and_positive_orange() -> None:
    """The hue angle in CIELAB: blue lies around 280°, orange between red (40°) and yellow (100°)."""
    ends = lab(diverging()[[0, -1]])
    blue, orange = np.degrees(np.arctan2(ends[:, 2], ends[:, 1])) % 360
    assert 250 < blue < 300
    assert 40 < orange < 75
    red, green, blue = (int(level) for level in diverging()[0])
    assert blue > green > red
    red, green, blue = (int(level) for level in diverging()[-1])
    assert red > green > blue


@pytest.mark.parametrize("matrix", MACHADO.values(), ids=MACHADO)
def test_signs_stay_apart_without_red_and_green(matrix: list[list[float]]) -> None:
    """For a dichromat -x and +x differ by more than 20 in CIELAB from x = 0.3 on (2.3 is just noticeable)."""
    seen = simulated(diverging(), matrix)
    first = round(0.3 * MIDDLE)
    difference = np.linalg.norm(seen[MIDDLE::-1] - seen[MIDDLE:], axis=1)
    assert difference[first:].min() > 20


@pytest.mark.parametrize("matrix", MACHADO.values(), ids=MACHADO)
def test_each_sign_stays_apart_from_zero(matrix: list[list[float]]) -> None:
    """For a dichromat a number of 0.3 differs from zero by more than 10 in CIELAB, on both sides."""
    seen = simulated(diverging(), matrix)
    distance = np.linalg.norm(seen - seen[MIDDLE], axis=1)
    first = round(0.3 * MIDDLE)
    assert distance[: MIDDLE - first + 1].min() > 10
    assert distance[MIDDLE + first :].min() > 10


def test_the_map_is_shared_and_read_only() -> None:
    """Nobody can change the colours of everybody else."""
    with pytest.raises(ValueError, match="read-only"):
        diverging()[0, 0] = 0


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 135, 180, 270, 359, -90, -180, 360, 720 + 45])
@pytest.mark.parametrize("strength", [0.0, 0.25, 0.7, 1.0])
def test_directions_are_the_hues_of_colorsys(degrees: float, strength: float) -> None:
    """The hue runs once around for a whole turn, from red at 0; the strength is the brightness."""
    shape = (3, 5)
    angle = np.full(shape, np.radians(degrees), np.float32)
    got = directions(angle, np.full(shape, strength, np.float32))
    want = 255 * np.array(colorsys.hsv_to_rgb(degrees / 360 % 1, 1, strength))
    assert (got.shape, got.dtype) == ((*shape, 3), np.uint8)
    np.testing.assert_allclose(got, np.broadcast_to(want, got.shape), rtol=0, atol=1)


def test_directions_known_by_name() -> None:
    """0° is red, 120° green, 240° blue; no strength is black, and strength beyond 1 counts as 1."""
    angle = np.radians(np.array([[0, 120, 240, 240, 0]])).astype(np.float32)
    strength = np.array([[1, 1, 1, 0, 7]], np.float32)
    want = [[[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0], [255, 0, 0]]]
    np.testing.assert_array_equal(directions(angle, strength), want)


def test_both_ends_of_atan2_have_one_colour() -> None:
    """-pi and pi are one direction; so are 0 and the smallest angle below it."""
    angle = np.array([[-np.pi, np.pi, 0, -1e-9]], np.float32)
    first, second, zero, below = directions(angle, np.ones_like(angle))[0].astype(int)
    np.testing.assert_allclose(first, second, atol=1)
    np.testing.assert_allclose(zero, below, atol=1)


@pytest.mark.parametrize("kind", [None, *MACHADO])
def test_gains_get_lighter_for_every_reader(kind: str | None) -> None:
    """The sequential map: lightness grows from dark to light without a step back, also for dichromats."""
    palette = sequential()
    assert (palette.shape, palette.dtype) == ((256, 3), np.uint8)
    seen = lab(palette) if kind is None else simulated(palette, MACHADO[kind])
    assert np.diff(seen[:, 0]).min() > -0.3  # 8 bits round
    assert seen[-1, 0] - seen[0, 0] > 70


def test_the_ends_of_the_cyclic_map_meet() -> None:
    """-180 and 180 degrees are one phase: the step from the last colour to the first is as small as the others."""
    palette = lab(cyclic())
    steps = np.linalg.norm(np.diff(palette, axis=0), axis=1)
    assert np.linalg.norm(palette[-1] - palette[0]) <= 1.5 * steps.max()
    assert not cyclic().flags.writeable
    assert not sequential().flags.writeable

"""Test patterns against closed forms and their spectra."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from cnnviz.errors import ParameterError
from cnnviz.images import patterns

SIZES = [(64, 64), (33, 50), (50, 33), (1, 7), (1, 1)]


@pytest.mark.parametrize("key", patterns.names())
def test_every_pattern_is_complete(key: str) -> None:
    """Each record is filled in, its defaults are legal, and it names its function's arguments."""
    pattern = patterns.get(key)
    assert pattern.key == key
    assert pattern.title
    assert pattern.good_for.endswith(".")
    arguments = inspect.signature(pattern.build).parameters
    assert list(arguments) == ["rows", "columns", *(p.name for p in pattern.parameters)]
    for parameter in pattern.parameters:
        assert parameter.check(parameter.default) == parameter.default == arguments[parameter.name].default
        assert f"{parameter.name}: " in (pattern.build.__doc__ or "")


@pytest.mark.parametrize("key", patterns.names())
@pytest.mark.parametrize("size", SIZES)
def test_every_pattern_of_every_size_is_a_picture(key: str, size: tuple[int, int]) -> None:
    """At the ends of every parameter too: float32 of the size asked for, 0 to 1, and a lossless Image."""
    pattern = patterns.get(key)
    for end in ("minimum", "default", "maximum"):
        values = {parameter.name: getattr(parameter, end) for parameter in pattern.parameters}
        array = pattern.build(*size, **values)
        assert array.dtype == np.float32
        assert array.shape == size
        assert 0 <= array.min() <= array.max() <= 1
        image = patterns.make(key, *size, **values)
        assert image.size == size
        assert np.abs(image.pixels - array[..., None]).max() <= 0.5 / 255 + 1e-7
        assert not image.is_photo
        assert image.name == key


@pytest.mark.parametrize("key", patterns.names())
def test_the_source_of_every_pattern_runs_alone(key: str) -> None:
    """Its text and `import numpy as np` are enough: that is what "copy as Python" gives away."""
    build = patterns.get(key).build
    scope: dict[str, object] = {"np": np}
    exec(inspect.getsource(build), scope)  # noqa: S102 - our own source
    copy = scope[build.__name__]
    assert callable(copy)
    np.testing.assert_array_equal(copy(20, 30), build(20, 30))


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_impulse_is_one_pixel(rows: int, columns: int) -> None:
    """All black but (rows // 2, columns // 2), so its spectrum has magnitude 1 everywhere."""
    picture = patterns.impulse(rows, columns)
    assert picture.sum() == 1
    assert picture[rows // 2, columns // 2] == 1
    np.testing.assert_allclose(np.abs(np.fft.fft2(picture)), 1, atol=1e-6)


@pytest.mark.parametrize(("rows", "columns", "cell"), [(8, 12, 2), (7, 11, 3), (5, 5, 1), (4, 4, 9)])
def test_checkerboard_by_counting(rows: int, columns: int, cell: int) -> None:
    """Black at the top left, and every cell the opposite of its neighbours."""
    picture = patterns.checkerboard(rows, columns, cell)
    unit = np.kron([[0, 1], [1, 0]], np.ones((cell, cell)))
    repeated = np.tile(unit, (rows // cell + 1, columns // cell + 1))
    np.testing.assert_array_equal(picture, repeated[:rows, :columns])


def test_step_edge_to_the_right_and_downwards() -> None:
    """0 degrees: black left half, white right half; 90: black above, white below; 180 turns it round."""
    right = patterns.step_edge(6, 8, 0)
    np.testing.assert_array_equal(right, np.tile([0, 0, 0, 0, 1, 1, 1, 1], (6, 1)))
    down = patterns.step_edge(6, 8, 90)
    np.testing.assert_allclose(down, np.tile([[0], [0], [0], [1], [1], [1]], (1, 8)), atol=1e-6)
    np.testing.assert_allclose(patterns.step_edge(6, 8, 180), 1 - right, atol=1e-6)
    assert patterns.step_edge(5, 9, 0)[:, 4].tolist() == [0.5] * 5


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 137.0, -60.0])
def test_step_edge_points_in_its_direction(angle: float) -> None:
    """The mean gradient (down, right) stands at `angle`, and half of the picture is white."""
    picture = patterns.step_edge(101, 101, angle).astype(np.float64)
    y, x = np.mgrid[-50:51, -50:51]
    disc = x**2 + y**2 < 45**2
    down, right = np.gradient(picture)
    measured = np.degrees(np.arctan2(down[disc].sum(), right[disc].sum()))
    assert measured == pytest.approx(angle, abs=0.5)
    assert picture.mean() == pytest.approx(0.5, abs=1e-6)
    assert np.abs(picture + picture[::-1, ::-1] - 1).max() < 1e-6


@pytest.mark.parametrize(("row_cycles", "column_cycles"), [(0, 8), (8, 0), (6, 6), (5, -9), (-3, 7), (0, 32), (1, 0)])
def test_grating_is_one_pair_of_peaks(row_cycles: int, column_cycles: int) -> None:
    """Whole cycles: the spectrum is 1/2 at zero, 1/4 at plus and minus the frequency, nothing else."""
    rows, columns = 48, 64
    frequencies = np.array([row_cycles / rows, column_cycles / columns])
    angle = np.degrees(np.arctan2(*frequencies))
    picture = patterns.grating(rows, columns, float(np.hypot(*frequencies)), float(angle))
    spectrum = np.abs(np.fft.fft2(picture)) / picture.size
    expected = np.zeros((rows, columns))
    expected[0, 0] = 0.5
    expected[row_cycles, column_cycles] += 0.25
    expected[-row_cycles, -column_cycles] += 0.25
    np.testing.assert_allclose(spectrum, expected, atol=1e-6)


def test_angles_of_gratings_turn_from_right_to_down() -> None:
    """0 degrees varies along the columns only, 90 along the rows only; 45 is constant along x + y."""
    assert np.ptp(patterns.grating(16, 16, 0.1, 0), axis=0).max() == 0
    assert np.ptp(patterns.grating(16, 16, 0.1, 90), axis=1).max() < 1e-6
    diagonal = patterns.grating(16, 16, 0.1, 45)
    np.testing.assert_allclose(diagonal[1:, :-1], diagonal[:-1, 1:], atol=1e-6)


@pytest.mark.parametrize("frequency", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("rows", "columns"), [(9, 12), (12, 9)])
def test_zone_plate_by_its_formula(rows: int, columns: int, frequency: float) -> None:
    """1/2 + 1/2 cos(pi k r^2), k = frequency / R, R half of the shorter side, pixel by pixel."""
    picture = patterns.zone_plate(rows, columns, frequency)
    for row in range(rows):
        for column in range(columns):
            r = math.hypot(row - rows // 2, column - columns // 2)
            expected = 0.5 + 0.5 * math.cos(math.pi * frequency / 4.5 * r * r)
            assert picture[row, column] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("place", [0.25, 0.5, 0.75])
def test_zone_plate_around_a_point_is_a_grating_of_its_distance(place: float) -> None:
    """The strongest frequency of a window at distance r is frequency * r / R, in that direction."""
    size, frequency, half = 512, 0.5, 24
    picture = patterns.zone_plate(size, size, frequency).astype(np.float64) - 0.5
    column = size // 2 + round(place * size / 2)
    window = picture[size // 2 - half : size // 2 + half, column - half : column + half]
    window = window * np.hanning(2 * half)[:, None] * np.hanning(2 * half)
    spectrum = np.abs(np.fft.fft2(window, (512, 512)))
    row, peak = np.unravel_index(spectrum[:, :257].argmax(), (512, 257))
    assert min(row, 512 - row) / 512 <= 0.01
    assert peak / 512 == pytest.approx(place * frequency, abs=0.01)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("sine", {}),
        ("grating", {"frequency": 0.6}),
        ("grating", {"frequency": float("nan")}),
        ("grating", {"angle": "30"}),
        ("grating", {"cell": 3}),
        ("checkerboard", {"cell": 0}),
        ("checkerboard", {"cell": 2.5}),
        ("impulse", {"rows": 0}),
        ("impulse", {"columns": 2049}),
        ("impulse", {"rows": 7.5}),
        ("impulse", {"rows": True}),
    ],
)
def test_illegal_requests_are_refused(key: str, values: dict[str, object]) -> None:
    """Unknown keys and names, wrong types and numbers out of range."""
    with pytest.raises(ParameterError):
        patterns.make(key, **values)

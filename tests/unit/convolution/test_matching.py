"""Template matching against OpenCV, scikit-image and its definition."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import feature

from cnnviz.convolution.matching import match
from cnnviz.errors import ParameterError


def picture(shape: tuple[int, ...]) -> np.ndarray:
    """Random values from 0 to 1, read-only."""
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    x.setflags(write=False)
    return x


@pytest.mark.parametrize("window", [(1, 5), (4, 4), (7, 3), (16, 21), (31, 44)])
@pytest.mark.parametrize("shape", [(31, 44), (31, 44, 1), (31, 44, 3)])
def test_response_is_opencvs(shape: tuple[int, ...], window: tuple[int, int]) -> None:
    """TM_CCOEFF_NORMED, grey and colour, for windows up to the whole picture."""
    x = picture(shape)
    template = np.random.default_rng(1).random((*window, *shape[2:]), dtype=np.float32)
    got = match(x, template).response
    want = cv2.matchTemplate(x, template, cv2.TM_CCOEFF_NORMED)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=2e-5)


def test_response_is_scikit_images() -> None:
    """feature.match_template in float64."""
    x, template = picture((40, 33)).astype(np.float64), picture((9, 6)).astype(np.float64)
    np.testing.assert_allclose(match(x, template).response, feature.match_template(x, template), atol=1e-6)


def test_response_is_the_correlation_coefficient() -> None:
    """Window by window, np.corrcoef."""
    x, template = picture((12, 15)), np.random.default_rng(2).random((4, 5))
    response = match(x, template).response
    for row, column in np.ndindex(response.shape):
        window = x[row : row + 4, column : column + 5]
        want = np.corrcoef(window.ravel(), template.ravel())[0, 1]
        assert response[row, column] == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("shape", [(50, 37), (50, 37, 3)])
def test_a_piece_is_found_where_it_was_cut(shape: tuple[int, ...]) -> None:
    """Also with other brightness and contrast; a negative finds the opposite."""
    x = picture(shape)
    piece = x[21:30, 8:20]
    for template in (piece, 0.3 * piece + 0.5, 7 * piece - 2):
        found = match(x, template)
        assert found.peak == (21, 8)
        assert found.peak_value == pytest.approx(1, abs=1e-6)
        assert found.peak_value == found.response.max()
    assert match(x, -piece).response[21, 8] == pytest.approx(-1, abs=1e-6)


def test_flat_windows_answer_0_and_faint_ones_count() -> None:
    """A flat area beside bright noise is exactly 0; a step of one grey level in it is found."""
    x = np.full((400, 300), 0.7)
    x[:200] = picture((200, 300))
    template = np.zeros((8, 8))
    template[:, 4:] = 1
    response = match(x, template).response
    assert not response[200:].any()
    x[300:310, 150:] += 1 / 255
    assert match(x, template).response[301, 146] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_flat_template_is_refused(value: float) -> None:
    """It has no norm to divide by."""
    with pytest.raises(ParameterError, match="template is flat"):
        match(picture((9, 9)), np.full((3, 3), value))
    with pytest.raises(ParameterError, match="template is flat"):
        match(picture((9, 9, 3)), np.full((3, 3, 3), value) * [1.0, 0.5, 0.2])


@pytest.mark.parametrize(
    ("shape", "window"),
    [((9, 9), (10, 3)), ((9, 9), (3, 10)), ((9, 9), (3, 3, 1)), ((9, 9, 3), (3, 3)), ((9, 9, 3), (3, 3, 1))],
)
def test_a_template_must_fit(shape: tuple[int, ...], window: tuple[int, ...]) -> None:
    """Not larger than the picture, and with its channels."""
    with pytest.raises(ParameterError) as caught:
        match(picture(shape), np.random.default_rng(0).random(window))
    assert caught.value.name == "template"

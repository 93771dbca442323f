"""Small pictures in HTML: the levels that they have, words that stay words."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from pages.common.small_figures import figure, in_a_row


def levels(text: str) -> np.ndarray:
    """The pixels of the figure's picture."""
    data = re.search(r'src="data:image/png;base64,([^"]+)"', text)
    assert data is not None
    image = Image.open(io.BytesIO(base64.b64decode(data[1])))
    return np.asarray(image.convert("RGB") if image.mode == "P" else image)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_is_there(channels: int) -> None:
    """At the picture's own size, rounded to levels; what is outside of 0–1 is cut."""
    picture = np.random.default_rng(channels).uniform(-0.2, 1.2, (5, 7, channels)).astype(np.float32)
    expected = np.rint(255 * picture.clip(0, 1)).astype(np.uint8)
    text = figure(picture, 100)
    np.testing.assert_array_equal(levels(text), expected[:, :, 0] if channels == 1 else expected)
    assert figure(expected, 100) == text
    assert "image-rendering:pixelated" in text
    assert "image-rendering:auto" in figure(picture, 6)


def test_words_stay_words() -> None:
    """A caption is no HTML, an alternative text neither; several figures may be one picture."""
    picture = np.zeros((2, 2, 3), np.uint8)
    hostile = '<b>"x"</b>'
    text = figure(picture, 10, hostile)
    assert "<b>" not in text
    assert 'alt=""' in text
    assert 'alt="&lt;b&gt;&quot;x&quot;&lt;/b&gt;"' in figure(picture, 10, "caption", hostile)
    assert in_a_row([text, text]).count("<figure") == 2
    assert 'role="img" aria-label="all"' in in_a_row([text], "all")

"""The sample photos, one by one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from cnnviz.errors import ParameterError
from cnnviz.images import samples

# What the docstrings of skimage.data say, and what we call it.
LICENCES = {
    "CC0 1.0": r"CC0",
    "Public domain": r"public domain",
    "No known copyright restrictions": r"No known copyright restrictions",
}


@pytest.mark.parametrize("key", samples.names())
def test_every_sample_is_complete_and_free(key: str) -> None:
    """Each record is filled in, and the docstring of scikit-image's function gives the licence we name."""
    sample = samples.get(key)
    assert sample.key == key
    assert all((sample.title, sample.file, sample.licence, sample.credit))
    assert sample.good_for.endswith(".")
    assert re.search(LICENCES[sample.licence], getattr(skimage.data, key).__doc__, re.IGNORECASE)


@pytest.mark.parametrize("key", samples.names())
def test_every_sample_is_the_picture_of_scikit_image(key: str) -> None:
    """Same size and, but for colour profiles and transparency, the same levels as skimage.data gives."""
    image, reference = samples.load(key), getattr(skimage.data, key)()
    assert image.size == reference.shape[:2]
    assert image.name == key
    assert image.depth == 8
    if not image.notes:
        stored = reference if reference.ndim == 3 else np.dstack([reference] * 3)
        np.testing.assert_array_equal(image.levels, stored)
    else:
        assert key in {"rocket", "horse"}


def test_the_horse_is_black_on_white() -> None:
    """The silhouette is drawn in transparency: over white it is what skimage.data calls False."""
    horse = samples.load("horse")
    assert np.mean((horse.luminance > 0.5) == skimage.data.horse()) > 0.999


def test_the_first_samples_are_those_for_teaching() -> None:
    """The order of the list is the order on the page."""
    assert samples.names()[:4] == ("coffee", "cat", "astronaut", "camera")
    assert len(samples.names()) >= 12
    assert len({samples.load(key).digest for key in samples.names()}) == len(samples.names())


def test_an_unknown_sample_is_refused() -> None:
    """The error lists what there is."""
    for ask in (samples.get, samples.load):
        with pytest.raises(ParameterError, match="coffee, cat") as caught:
            ask("lena")
        assert caught.value.value == "lena"


def test_reading_a_sample_loads_neither_scipy_nor_skimage_io(root: Path) -> None:
    """A first visit waits for the file only."""
    probe = (
        "import sys; from cnnviz import images; "
        "print(*{'skimage', 'scipy'} & set(sys.modules)); images.samples.load('coffee'); "
        "print(*{'scipy', 'skimage.io', 'skimage.data', 'torch', 'pillow_heif'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

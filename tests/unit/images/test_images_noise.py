"""Noise against its statistics."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy import stats

from cnnviz.errors import ParameterError
from cnnviz.images import Image, noise
from cnnviz.text import Sentence

GREY = Image.from_array(np.full((200, 301), 0.5), "grey", depth=16)
COLOUR = Image.from_levels(np.full((200, 301, 3), (100, 128, 150), np.uint8), "colour")


@pytest.mark.parametrize("key", noise.names())
def test_every_kind_is_complete(key: str) -> None:
    """Each record is filled in and its parameter is the second argument of its function."""
    kind = noise.get(key)
    assert kind is noise.KINDS[key]
    assert kind.key == key
    assert kind.title
    assert kind.good_for.endswith(".")
    assert list(inspect.signature(kind.apply).parameters)[1:] == [kind.parameter.name, "seed"]
    assert kind.parameter.check(kind.parameter.default) == kind.parameter.default


@pytest.mark.parametrize("key", noise.names())
def test_the_source_of_every_kind_runs_alone(key: str) -> None:
    """Its text and `import numpy as np` are enough: that is what "copy as Python" gives away."""
    apply = noise.get(key).apply
    scope: dict[str, object] = {"np": np}
    exec(inspect.getsource(apply), scope)  # noqa: S102 - our own source
    copy = scope[apply.__name__]
    assert callable(copy)
    np.testing.assert_array_equal(copy(COLOUR.pixels, 0.1, 3), apply(COLOUR.pixels, 0.1, 3))


@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_gaussian_noise_is_gaussian(sigma: float) -> None:
    """Mean, deviation and the whole distribution (Kolmogorov-Smirnov), within four standard errors."""
    pixels = np.full((200, 301, 3), 0.5, np.float32)
    added = (noise.gaussian(pixels, sigma, 0).astype(np.float64) - 0.5).ravel()
    error = sigma / np.sqrt(added.size)
    assert abs(added.mean()) < 4 * error
    assert abs(added.std() - sigma) < 4 * error / np.sqrt(2)
    assert stats.kstest(added / sigma, "norm").pvalue > 0.01


def test_gaussian_noise_is_white() -> None:
    """Neighbours and channels are uncorrelated, within four standard errors."""
    added = noise.gaussian(np.full((200, 301, 3), 0.5, np.float32), 0.1, 0).astype(np.float64) - 0.5
    limit = 4 / np.sqrt(200 * 300)
    pairs = [
        (added[1:], added[:-1]),
        (added[:, 1:], added[:, :-1]),
        (added[..., 0], added[..., 1]),
        (added[..., 1], added[..., 2]),
    ]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < limit


@pytest.mark.parametrize("amount", [0.0, 0.05, 0.6, 1.0])
def test_salt_and_pepper_by_counting(amount: float) -> None:
    """Half of the share turns black, half white, within four standard errors; the rest stays exactly."""
    pixels = np.full((200, 301, 3), (0.25, 0.5, 0.75), np.float32)
    result = noise.salt_and_pepper(pixels, amount, 0)
    black, white = (result == 0).all(axis=2), (result == 1).all(axis=2)
    tolerance = 4 * np.sqrt(amount / 2 * (1 - amount / 2) / black.size)
    assert abs(black.mean() - amount / 2) <= tolerance
    assert abs(white.mean() - amount / 2) <= tolerance
    np.testing.assert_array_equal(result[~(black | white)], pixels[~(black | white)])
    if amount in (0, 1):
        assert (black | white).mean() == amount


@pytest.mark.parametrize("key", noise.names())
def test_the_seed_decides(key: str) -> None:
    """The same seed repeats the noise to the last bit, another one does not; no global state matters."""
    first = noise.add(COLOUR, key, 0.2, seed=5)
    np.random.default_rng().random(100)
    assert noise.add(COLOUR, key, 0.2, seed=5) == first
    assert noise.add(COLOUR, key, 0.2, seed=6) != first
    assert noise.add(COLOUR, key, 0.2) == noise.add(COLOUR, key, 0.2, seed=0)


@pytest.mark.parametrize("key", noise.names())
@pytest.mark.parametrize("image", [GREY, COLOUR], ids=["grey", "colour"])
def test_the_result_is_a_picture_like_the_clean_one(key: str, image: Image) -> None:
    """Same size, depth and greyness; nothing at strength 0; the clean picture stays as it was."""
    before = image.digest
    noisy = noise.add(image, key, 0.3)
    assert (noisy.size, noisy.depth, noisy.is_grey, noisy.name) == (
        image.size,
        image.depth,
        image.is_grey,
        image.name,
    )
    top = 2**image.depth - 1
    np.testing.assert_array_equal(noisy.pixels, (noisy.levels / top).astype(np.float32))
    assert noise.add(image, key, 0.0) == image
    assert Image(image.pixels, "again", image.depth, image.size).digest == before


def test_what_is_known_of_the_file_is_kept() -> None:
    """Notes, original size and the need for lossless encoding survive."""
    note = Sentence("Reduced.")
    image = Image.from_array(np.full((5, 6), 0.5), "x", original_size=(50, 60), notes=(note,), is_photo=False)
    noisy = noise.add(image, "gaussian", 0.1)
    assert (noisy.original_size, noisy.notes, noisy.is_photo) == ((50, 60), (note,), False)


def test_noise_is_clipped() -> None:
    """Black and white stay within the range."""
    result = noise.gaussian(np.array([[0.0, 1.0]] * 500, np.float32), 0.5, 0)
    assert result.min() == 0
    assert result.max() == 1
    assert (result[:, 0] == 0).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "amount", "seed"),
    [
        ("speckle", 0.1, 0),
        ("gaussian", -0.1, 0),
        ("gaussian", 0.6, 0),
        ("gaussian", float("nan"), 0),
        ("salt_and_pepper", 1.1, 0),
        ("gaussian", 0.1, -1),
        ("gaussian", 0.1, 1.5),
    ],
)
def test_illegal_requests_are_refused(kind: str, amount: float, seed: int) -> None:
    """Unknown kinds, strengths out of range, seeds that are none."""
    with pytest.raises(ParameterError):
        noise.add(GREY, kind, amount, seed)

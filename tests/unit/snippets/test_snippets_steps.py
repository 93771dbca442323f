"""The steps of a program compute what the chain computes, in both libraries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PilImage

from cnnviz import images, snippets
from cnnviz.convolution import kernels
from cnnviz.convolution.filtering import BORDERS
from cnnviz.convolution.steps import GRADIENT_PAIRS, Bilateral, Canny, GradientMagnitude, Linear, Median
from cnnviz.errors import ParameterError
from cnnviz.images.source import Source

UPLOAD = Source("upload")
LIBRARIES = ("opencv", "torch")

both = pytest.mark.parametrize("library", LIBRARIES)
all_borders = pytest.mark.parametrize("border", BORDERS)


def _random(rows: int, columns: int) -> Linear:
    return Linear(kernels.custom(np.random.default_rng(0).normal(size=(rows, columns)).round(3)))


def _program(steps, library="opencv", **settings) -> str:
    given = {"border": "reflect", "flip": False, "luminance": False, "mode": "clip", **settings}
    return snippets.filter_program(Source("impulse"), None, steps, library=library, **given)


@both
@all_borders
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 2), (4, 3), (1, 6), (5, 1), (12, 12)])
def test_borders_and_sizes_of_kernels(check, photo, shape, border, library) -> None:
    """Odd, even and rectangular kernels at every kind of edge; (12, 12) goes through spectra in OpenCV."""
    check(UPLOAD, (_random(*shape),), border=border, library=library, name="photo.png", image=photo)


@both
@all_borders
@pytest.mark.parametrize("flip", [False, True])
def test_stride_dilation_repeat_and_flip(check, photo, flip, border, library) -> None:
    """All of them at once, with an asymmetric kernel, stay what the engine does."""
    step = replace(_random(2, 3), stride=(2, 1), dilation=(1, 3), repeat=2)
    check(UPLOAD, (step,), border=border, flip=flip, library=library, name="photo.png", image=photo)


@both
@pytest.mark.parametrize("changes", [{"stride": (1, 3)}, {"stride": 2}, {"dilation": (2, 1)}, {"repeat": 3}])
def test_stride_dilation_and_repeat_alone(check, photo, changes, library) -> None:
    """Each of them without the others."""
    step = replace(_random(3, 3), **changes)
    check(UPLOAD, (step,), library=library, name="photo.png", image=photo)


@both
@all_borders
@pytest.mark.parametrize(
    ("key", "parameters"),
    [("gaussian", {"size": 15, "sigma": 1.5}), ("box", {"size": 7}), ("gabor", {"angle": 0})],
)
def test_a_column_times_a_row(check, photo, key, parameters, border, library) -> None:
    """Large kernels of rank 1 are written as their factors."""
    step = Linear(kernels.get(key, **parameters), repeat=2)
    assert "column" in _program((step,), library, border=border)
    check(UPLOAD, (step,), border=border, library=library, name="photo.png", image=photo)


@both
@all_borders
def test_an_uneven_column_times_a_row_is_flipped(check, photo, border, library) -> None:
    """Factors that are not symmetric, with an even side: flip and anchor matter."""
    weights = np.outer(np.arange(1.0, 9.0), np.arange(-3.0, 6.0))
    for flip in (False, True):
        step = Linear(kernels.custom(weights))
        check(UPLOAD, (step,), border=border, flip=flip, library=library, name="photo.png", image=photo)


@both
@pytest.mark.parametrize("border", [border for border in BORDERS if border != "valid"])
def test_windows_larger_than_the_picture(check, border, library) -> None:
    """Reflection and wrapping go on as often as needed."""
    source = Source("checkerboard", (("rows", 5), ("columns", 7), ("cell", 2)))
    large = replace(_random(5, 7), dilation=(3, 4))
    check(source, (large, Median(5), large, GradientMagnitude()), border=border, library=library)


@pytest.mark.parametrize("border", ["reflect", "circular"])
@pytest.mark.parametrize("reach", [3, 4, 5, 6])
def test_the_padding_that_torch_refuses_begins_at_the_right_size(check, reach, border) -> None:
    """F.pad reflects up to the size minus 1 and wraps up to the size: below, at and above both limits."""
    source = Source("grating", (("rows", 5), ("columns", 9)))
    check(source, (_random(2 * reach + 1, 3),), border=border, library="torch")


@pytest.mark.parametrize("border", ["reflect", "circular"])
def test_the_padding_fits_the_smallest_picture_of_a_loop(check, border) -> None:
    """With stride and repeat the picture shrinks, until F.pad would refuse in the last round."""
    source = Source("grating", (("rows", 24), ("columns", 30)))
    check(source, (replace(_random(9, 9), stride=2, repeat=4),), border=border, library="torch")
    check(source, (replace(_random(3, 3), stride=4), _random(13, 17)), border=border, library="torch")


@both
@pytest.mark.parametrize("brightest", [104, 255])
def test_few_extremes_do_not_pale_the_rest(check, tmp_path, brightest, library) -> None:
    """The strongest colour is the 99 % quantile, an eighth of the largest number, or the largest."""
    levels = np.random.default_rng(0).integers(0, 24, (60, 80, 3), dtype=np.uint8)
    flat = np.zeros_like(levels)
    levels[7, 9] = flat[20, 30] = brightest
    for name, each in (("low.png", levels), ("flat.png", flat)):
        PilImage.fromarray(each).save(tmp_path / name)
        image = images.read((tmp_path / name).read_bytes(), name)
        check(UPLOAD, (), mode="signed", library=library, name=name, image=image)


@both
@all_borders
@pytest.mark.parametrize("luminance", [False, True])
@pytest.mark.parametrize("step", [Median(3), Median(5, repeat=2), GradientMagnitude("scharr")], ids=repr)
def test_companions_in_both_libraries(check, photo, step, luminance, border, library) -> None:
    """Median and gradient, on colour and on luminance."""
    check(UPLOAD, (step,), border=border, luminance=luminance, library=library, name="photo.png", image=photo)


@all_borders
@pytest.mark.parametrize("luminance", [False, True])
@pytest.mark.parametrize(
    "step",
    [
        Bilateral(),
        Bilateral(5, 1.0, 1.5, repeat=2),
        Canny(0.03, 0.06),
        Canny(0.02, 0.1, 0.0),
        Canny(0.01, 0.02, 2.5),
    ],
    ids=repr,
)
def test_companions_that_only_opencv_has(check, photo, step, luminance, border) -> None:
    """Bilateral filter and Canny, bit for bit."""
    ran = check(UPLOAD, (step,), border=border, luminance=luminance, name="photo.png", image=photo)
    assert ran.result.min() < ran.result.max()


@both
def test_a_chain_of_everything(check, photo, library) -> None:
    """Eight steps, colour until the gradient and one channel after it."""
    blur = Linear(kernels.get("gaussian", size=5, sigma=1.0), repeat=2)
    sharpen = replace(Linear(kernels.get("sharpen")), stride=2)
    steps = (blur, Median(3), sharpen, GradientMagnitude("scharr"), blur, Median(5), sharpen, _random(2, 4))
    check(UPLOAD, steps, library=library, name="photo.png", image=photo, mode="signed")


@both
def test_colour_goes_into_canny_after_a_blur(check, photo, library) -> None:
    """Without a step that PyTorch lacks both libraries write; with one only OpenCV does."""
    steps = (Linear(kernels.get("gaussian", size=5, sigma=1.0)), Canny())
    assert snippets.supports(steps[:1], library)
    if library == "opencv":
        check(UPLOAD, steps, name="photo.png", image=photo)
    else:
        assert not snippets.supports(steps, library)
        with pytest.raises(ParameterError, match="opencv"):
            _program(steps, library)


@both
@pytest.mark.parametrize("mode", ["signed", "clip", "absolute", "rescale"])
@pytest.mark.parametrize("luminance", [False, True])
def test_display_modes(check, photo, mode, luminance, library) -> None:
    """Signed numbers become the same levels as on the page."""
    step = Linear(kernels.get("sobel_x"))
    check(UPLOAD, (step,), mode=mode, luminance=luminance, library=library, name="photo.png", image=photo)


@both
@pytest.mark.parametrize("mode", ["signed", "clip", "absolute", "rescale"])
def test_whole_levels_are_shown_exactly(check, photo, mode, library) -> None:
    """Where the result is whole levels, there is nothing to round: every level is the page's."""
    ran = check(UPLOAD, (), mode=mode, library=library, name="photo.png", image=photo)
    if mode in ("clip", "absolute"):
        np.testing.assert_array_equal(ran.shown, photo.levels)


@both
@pytest.mark.parametrize("mode", ["signed", "rescale"])
def test_flat_results_are_shown(check, mode, library) -> None:
    """A result without any contrast divides nothing by zero."""
    flat = Source("checkerboard", (("rows", 9), ("columns", 11), ("cell", 256)))
    check(flat, (Linear(kernels.get("sobel_x")),), mode=mode, library=library)


@both
@pytest.mark.parametrize("pair", GRADIENT_PAIRS)
def test_directions_as_hue(check, pair, library) -> None:
    """The hue turns once around with the direction of the rings; a flat picture is black."""
    for source in (Source("zone_plate", (("rows", 65), ("columns", 65), ("frequency", 0.1))), Source("text")):
        steps = (Linear(kernels.get("gaussian", size=5, sigma=1.0)), GradientMagnitude(pair))
        check(source, steps, mode="hue", library=library)


@pytest.mark.parametrize("mode", ["auto", "hue", "", "SIGNED"])
def test_modes_that_cannot_be_shown(mode) -> None:
    """Hue needs a gradient as the last step; "auto" must be resolved before."""
    with pytest.raises(ParameterError) as caught:
        _program((GradientMagnitude(), Median()), mode=mode)
    assert caught.value.name == "mode"


@pytest.mark.parametrize("settings", [{"library": "numpy"}, {"border": "mirror"}])
def test_unknown_words_are_refused(settings) -> None:
    """The error names the parameter and its legal values."""
    with pytest.raises(ParameterError) as caught:
        _program((Median(),), **settings)
    assert caught.value.name in settings

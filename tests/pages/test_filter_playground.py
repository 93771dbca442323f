"""What the Filter playground says and keeps, without a browser."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.feature import match_template

from cnnviz.convolution import catalogue, chain, kernels, notation
from cnnviz.convolution.kernels import Kernel
from cnnviz.images import Image, samples
from pages.common import site
from pages.common.kernel_editor import Draft, edited
from pages.common.viewer import LONGEST_SHOWN, Recipe, automatic_mode, displayed, filter_picture
from tests.pages.test_every_page import open_app, texts

if TYPE_CHECKING:
    from pathlib import Path

PLAYGROUND = next(place for place in site.PAGES if place.address == "filters")


@pytest.mark.parametrize("key", [key for key in catalogue.names() if key != "custom"])
def test_every_filter_says_true_things(root: Path, key: str) -> None:
    """Each filter of the list runs; what is written about its kernel follows from its weights."""
    app = open_app(root, PLAYGROUND, picture="checkerboard~rows-24~columns-30", chain=key)
    assert not app.exception
    assert not app.error
    written = texts(app)
    step = catalogue.make(key)
    if not isinstance(step, chain.Linear):
        assert "This is not a convolution" in written
        return
    weights = step.kernel.weights
    assert f"Size {weights.shape[0]} × {weights.shape[1]}" in written
    assert ("Sum 0:" in written) == (abs(weights.sum()) < 1e-9)
    assert ("Sum 1:" in written) == (abs(weights.sum() - 1) < 1e-9)
    assert ("Symmetric under a half turn" in written) == bool(np.allclose(weights, weights[::-1, ::-1]))
    assert ("Antisymmetric under" in written) == bool(np.allclose(weights, -weights[::-1, ::-1]))
    rank = np.linalg.matrix_rank(weights, tol=1e-9 * np.abs(weights).max())
    assert ("- Separable:" in written) == (rank == 1 and weights.size > 1)


def test_the_line_below_the_picture_is_the_result(root: Path) -> None:
    """Range and share of negative values are those of the computation."""
    app = open_app(root, PLAYGROUND, picture="camera", chain="sobel_x")
    values = chain.apply(samples.load("camera").luminance, notation.read("sobel_x")).values
    line = next(each.value for each in app.caption if "filtered in" in each.value)
    assert f"values from {values.min():.3f} to {values.max():.3f}" in line
    assert f"{np.mean(values < -1e-5):.1%} of them negative" in line


def test_two_boxes_are_one_kernel(root: Path) -> None:
    """The equivalent kernel that the page shows is the outer product of (1 2 3 2 1) / 9 with itself."""
    app = open_app(root, PLAYGROUND, picture="cat", chain="box~~box")
    assert "One 5 × 5 kernel does the same" in texts(app)
    shown = np.array(app.table[0].value, dtype=object)
    row = np.array([1, 2, 3, 2, 1]) / 9
    numbers = np.array([[_number(cell) for cell in line] for line in shown])
    np.testing.assert_allclose(numbers, np.outer(row, row), rtol=1e-3)


def _number(text: str) -> float:
    above, _, below = str(text).partition("/")
    return float(above) / float(below or 1)


def test_noise_is_measured_against_the_clean_picture(root: Path) -> None:
    """The median takes salt and pepper away: PSNR rises, and the page says by how much."""
    app = open_app(root, PLAYGROUND, picture="camera", noise="salt_and_pepper~0.05~0", chain="median")
    app.session_state["filters/tabs"] = "Noise"
    app.run()
    table = app.table[0].value
    before, after = (float(table["PSNR (dB)"].iloc[i]) for i in (0, 1))
    assert after > before + 5
    assert f"{after - before:.1f} dB nearer" in texts(app)


def test_illegal_settings_are_named(root: Path) -> None:
    """A hostile address: defaults and one sentence."""
    app = open_app(root, PLAYGROUND, chain="x" * 70_000, border="mirror", pixel="1.-2", picture="..%2f", view="jet")
    assert not app.exception
    for name in ("chain", "border", "pixel", "picture", "view"):
        assert name in app.warning[0].value


@pytest.mark.parametrize(
    ("picture", "chain_text", "border", "sentence"),
    [
        ("zone_plate", "box~size-31~dilation-31x31", "reflect", "dilation"),
        ("retina", "~~".join(["gabor~size-31~repeat-10"] * 8), "reflect", "repeat less often"),
        ("impulse~rows-9~columns-9", "box~size-31", "valid", "step 1"),
        ("camera", "custom~1x1~1000000~repeat-7", "reflect", "step 1"),
    ],
)
def test_impossible_chains_are_refused_and_can_be_mended(
    root: Path, picture: str, chain_text: str, border: str, sentence: str
) -> None:
    """What a link or a slider can ask for: one sentence, at once, and the controls stay."""
    start = time.monotonic()
    app = open_app(root, PLAYGROUND, picture=picture, chain=chain_text, border=border)
    assert time.monotonic() - start < 20
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in app.error[0].value
    for _ in range(8):
        next(box for box in app.selectbox if box.label == "Filter").set_value("identity").run()
        if not app.error:
            break
        next(button for button in app.button if button.key == "filters/chain/remove").click().run()
    assert not app.error


def test_a_flat_template_is_replaced_by_one_with_structure(root: Path) -> None:
    """Nothing can be compared with a flat area: the page says so and shows another region."""
    app = open_app(root, PLAYGROUND, picture="impulse", tool="match", region="0.0.20.20")
    assert not app.exception
    assert not app.error
    assert "flat" in app.warning[0].value
    assert "Best match elsewhere" in texts(app)


def test_matching_finds_the_next_best_place(root: Path) -> None:
    """The score shown is the highest outside the template's own place."""
    app = open_app(root, PLAYGROUND, picture="coins", tool="match", region="102.183.44.44")
    grey = samples.load("coins").luminance
    response = match_template(grey, grey[102:146, 183:227])
    response[80:125, 161:206] = -1
    row, column = np.unravel_index(response.argmax(), response.shape)
    assert f"{response.max():.3f} at row {row + 1}, column {column + 1}" in texts(app)


def test_the_link_is_up_to_date(root: Path) -> None:
    """What stands under “Take away” is the address of what is shown now."""
    app = open_app(root, PLAYGROUND, chain="emboss")
    app.session_state["filters/tabs"] = "Take away"
    app.run()
    next(box for box in app.selectbox if box.label == "Filter").set_value("sharpen").run()
    assert "chain=sharpen" in app.code[0].value


def test_the_page_does_not_load_torch(root: Path) -> None:
    """A page that needs no network starts without it."""
    probe = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(root / PLAYGROUND.file)!r}, default_timeout=60).run()
assert not app.exception
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")


# ---- caches


def test_one_changed_pixel_of_four_megapixels_gives_a_new_result() -> None:
    """Results are kept by the digest of all pixels; Streamlit's own hash looks at a sample of them."""
    levels = np.random.default_rng(0).integers(0, 256, (2000, 2048, 3)).astype(np.uint8)
    first = Image.from_levels(levels, "a")
    changed = levels.copy()
    changed[1234, 777, 1] ^= 255
    second = Image.from_levels(changed, "a")
    recipe = Recipe("identity")
    one, again, other = (filter_picture(each.digest, recipe, "rescale", True, each) for each in (first, first, second))
    assert one is again
    assert other is not one
    wide = kernels.get("laplacian").weights * 50
    text = notation.write([chain.Linear(kernels.custom(wide))])
    ranges = [filter_picture(each.digest, Recipe(text), "clip", True, each) for each in (first, second)]
    assert ranges[0].data != ranges[1].data or ranges[0].negative_share != ranges[1].negative_share


def test_the_cache_tells_recipes_apart() -> None:
    """Everything in a recipe, and the view, is part of the key."""
    image = samples.load("camera")
    base = Recipe("emboss")
    others = [
        Recipe("emboss", "zeros"),
        Recipe("emboss", flip=True),
        Recipe("emboss", luminance=True),
        Recipe("sharpen"),
    ]
    shown = [filter_picture(image.digest, each, "clip", True, image) for each in (base, *others)]
    assert len({id(each) for each in shown}) == len(shown)
    assert filter_picture(image.digest, base, "rescale", True, image) is not shown[0]
    exact = filter_picture(image.digest, base, "clip", False, image)
    assert (exact.mime, shown[0].mime) == ("image/png", "image/jpeg")


def test_large_results_are_reduced_for_the_screen_only() -> None:
    """The bytes hold at most the longest side shown; the facts are those of the whole."""
    image = samples.load("retina")
    shown = filter_picture(image.digest, Recipe("identity"), "clip", True, image)
    assert shown.shape == image.size
    assert shown.shown_columns <= LONGEST_SHOWN < max(image.size)
    assert shown.maximum == pytest.approx(image.pixels.max())


def test_the_screen_has_the_scale_of_the_whole() -> None:
    """Colours are given to the whole result and then reduced, so screen, download and close-up agree."""
    image = samples.load("retina")
    recipe = Recipe("laplacian")
    for mode in ("signed", "absolute"):
        shown = filter_picture(image.digest, recipe, mode, True, image)
        whole = displayed(recipe.run(image), mode)
        assert (shown.low, shown.high) == (whole.low, whole.high)
        seen = np.asarray(Pillow.open(io.BytesIO(shown.data)).convert("L"), np.float64)
        assert seen.mean() == pytest.approx(np.asarray(Pillow.fromarray(whole.rgb).convert("L")).mean(), abs=1.0)


def test_automatic_view() -> None:
    """Signed where weights cancel out, unless a later step makes a picture again."""
    for text, expected in (
        ("sobel_x", "signed"),
        ("laplacian~~gaussian", "signed"),
        ("sharpen", "clip"),
        ("gaussian", "clip"),
        ("sobel_x~~gradient_sobel", "clip"),
        ("canny", "clip"),
        ("emboss", "clip"),
    ):
        assert automatic_mode(notation.read(text)) == expected, text


# ---- the kernel editor


def test_typed_cells_become_a_custom_kernel() -> None:
    """A preset is copied, never changed."""
    preset = kernels.get("sobel_x")
    result = edited(preset, "cells", {"rows": [["1", "2"], ["3/4", "-0,5"]]})
    assert isinstance(result, Kernel)
    assert result.key == "custom"
    np.testing.assert_allclose(result.weights, [[1, 2], [0.75, -0.5]])
    assert preset == kernels.get("sobel_x")


def test_bad_cells_are_kept_as_typed() -> None:
    """The draft holds all texts and names every bad cell."""
    result = edited(kernels.get("sobel_x"), "cells", {"rows": [["1", "x"], ["", "inf"]]})
    assert isinstance(result, Draft)
    assert result.cells == (("1", "x"), ("", "inf"))
    assert {(cell.row, cell.column) for cell in result.error.cells} == {(1, 2), (2, 1), (2, 2)}


@pytest.mark.parametrize(
    ("event", "value"),
    [
        ("cells", None),
        ("cells", 7),
        ("cells", [1, 2]),
        ("cells", {}),
        ("cells", {"rows": [1, 2]}),
        ("cells", {"rows": [[["deep"]]]}),
        ("cells", {"rows": [["1"] * 40] * 40}),
        ("cells", {"rows": []}),
        ("paste", None),
        ("paste", {"a": 1}),
        ("paste", "x" * 100_000),
        ("action", "__class__"),
        ("action", ["rotate"]),
        ("other", "1"),
    ],
)
def test_hostile_events_do_no_harm(event: str, value: object) -> None:
    """Whatever a browser sends: a kernel or a draft with a sentence, never an exception."""
    result = edited(kernels.get("sobel_x"), event, value)
    assert isinstance(result, Kernel | Draft)
    if isinstance(result, Draft):
        assert str(result.error)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("rotate", lambda w: w[::-1].T),
        ("flip_horizontal", np.fliplr),
        ("flip_vertical", np.flipud),
        ("add_row", lambda w: np.pad(w, ((0, 1), (0, 0)))),
        ("add_column", lambda w: np.pad(w, ((0, 0), (0, 1)))),
        ("remove_row", lambda w: w[:-1]),
        ("remove_column", lambda w: w[:, :-1]),
        ("normalise", lambda w: w / w.sum()),
    ],
)
def test_buttons_of_the_editor(action: str, expected: object) -> None:
    """Each does what NumPy does."""
    kernel = kernels.custom(np.arange(1.0, 13.0).reshape(3, 4))
    result = edited(kernel, "action", action)
    assert isinstance(result, Kernel)
    np.testing.assert_allclose(result.weights, expected(kernel.weights))

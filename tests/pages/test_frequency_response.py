"""What the page Frequency response says, refuses and sends, without a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnviz.convolution import frequency, kernels
from cnnviz.convolution.frequency import editing
from cnnviz.convolution.frequency.design import KINDS, SHAPES
from cnnviz.convolution.frequency.mask_text import read_mask
from cnnviz.images import samples
from pages.common import site
from pages.common.frequency_events import on_event, points
from pages.common.frequency_settings import SCALES, SETTINGS, TABS, frequency_suggestions
from tests.pages.test_every_page import open_app, texts

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

SMALL = "checkerboard~rows-24~columns-30"


def page(root: Path, language: str = "en", **query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    return open_app(root, site.FREQUENCY, language, **{"picture": SMALL, **query})


def mask_of(app: AppTest) -> str:
    """The mask as it stands in the address."""
    value = app.query_params["mask"]
    return value if isinstance(value, str) else value[0]


def calm(app: AppTest) -> bool:
    """True when nothing was raised, refused or rejected."""
    return not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("key", kernels.names())
def test_every_kernel_is_described_truly(root: Path, key: str) -> None:
    """Gain at zero is the sum of the weights; kind and largest gain are those of the backend."""
    app = page(root, chain=key)
    assert calm(app)
    weights = kernels.get(key).weights
    written = texts(app)
    found = frequency.facts(weights, "correlation")
    zero = float(re.search(r"Gain at zero: (\S+), the sum", written)[1])
    assert zero == pytest.approx(weights.sum(), rel=1e-3, abs=1e-9)
    assert f"**{found.title}.**" in written
    grid = np.abs(np.fft.fft2(weights, (256, 256)))
    gain = float(re.search(r"Largest gain ([\d.]+)", written)[1])
    assert grid.max() * 0.999 <= gain <= grid.max() * 1.02


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("chosen", ["kernel", "design"])
def test_every_tab_runs(root: Path, chosen: str, tab: str, language: str) -> None:
    """Kernel and design, in either language."""
    assert calm(page(root, language, filter=chosen, tab=tab))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("tab", ["sections", "surface"])
def test_every_scale_can_be_drawn(root: Path, tab: str, scale: str) -> None:
    """Linear, log, dB and phase, with kernels beside each other."""
    assert calm(page(root, chain="sobel_x", compare="box~size-5~~laplacian", tab=tab, scale=scale))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_design_runs(root: Path, shape: str, kind: str) -> None:
    """All kinds and shapes, with the ringing that the backend measures."""
    app = page(root, filter="design", design=f"{shape}~{kind}~0.1~0.1~0.2~0.03~2~0.2,0.1")
    assert calm(app)
    assert "negative lobe" in texts(app)


@pytest.mark.parametrize("border", ["circular", "zeros", "reflect", "replicate"])
def test_the_theorem_holds_where_it_must(root: Path, border: str) -> None:
    """Away from the edges the two ways agree to rounding, with any border; everywhere with circular and zeros."""
    app = page(root, picture="camera", chain="unsharp", border=border)
    assert calm(app)
    line = next(each.value for each in app.caption if "Largest difference" in each.value)
    largest, inside = (float(each) for each in re.findall(r"[\d.]+e[+-]\d+", line))
    assert inside < 1e-5
    assert (largest < 1e-5) == (border in ("circular", "zeros"))


def test_the_border_that_the_transform_has_not_got_is_explained(root: Path) -> None:
    """A mirror at the edge is not what the transform does."""
    assert "wraps the picture around" in texts(page(root, border="reflect"))


def test_the_checkerboard_folds_onto_zero(root: Path) -> None:
    """Alternating pixels hold all their energy beyond the limit of stride 2, and a binomial blur takes all of it."""
    app = page(root, picture="checkerboard~rows-64~columns-64~cell-1", mode="sampling", stride="2")
    assert calm(app)
    written = texts(app)
    assert "up to 0.25 cycles per pixel" in written
    assert "lie 100.0% of" in written
    assert "After the blur 0.00% of the energy" in written


@pytest.mark.parametrize("suggestion", frequency_suggestions(), ids=lambda each: each.title)
def test_every_suggestion_runs(root: Path, suggestion: object) -> None:
    """What is suggested goes through the address and shows no message."""
    encode = {setting.name: setting.encode for setting in SETTINGS}
    query = {name: encode[name](value) for name, value in suggestion.values.items()}
    assert calm(page(root, **query))


def test_a_hostile_address(root: Path) -> None:
    """Whatever stands in the address: defaults and one sentence that names the settings."""
    hostile = {
        "chain": "median", "compare": "sobel_x~~" * 99, "design": "ideal~low~9", "probe": "0.9,0", "angle": "1e3",
        "mode": "x", "scale": "", "stride": "99", "blur": "none", "window": "<b>", "border": "valid",
    }  # fmt: skip
    app = page(root, **hostile)
    assert not app.exception
    for name in hostile:
        assert name in app.warning[0].value


def test_kernels_are_kept_beside_each_other(root: Path) -> None:
    """At most three beside the present one; a second click does not keep the same one twice."""
    app = page(root, tab="sections", chain="box~size-3")
    for key in ("box", "gaussian", "laplacian", "sharpen"):
        next(box for box in app.selectbox if box.label == "Filter").set_value(key).run()
        button = next(each for each in app.button if each.key == "frequency/keep")
        if not button.disabled:
            button.click().run()
        assert calm(app)
    assert next(each for each in app.button if each.key == "frequency/keep").disabled
    next(each for each in app.button if each.key == "frequency/forget").click().run()
    assert not next(each for each in app.button if each.key == "frequency/keep").disabled


def test_the_edges_of_a_band_push_each_other(root: Path) -> None:
    """A lower edge above the upper one takes it along instead of failing."""
    app = page(root, filter="design", design="ideal~band~0.1~0.1~0.2~0.03~2~0.2,0.1")
    next(slider for slider in app.slider if "Lower edge" in slider.label).set_value(0.5).run()
    assert calm(app)
    values = {slider.label: slider.value for slider in app.slider}
    low, high = (next(value for label, value in values.items() if name in label) for name in ("Lower", "Upper"))
    assert low == pytest.approx(0.5)
    assert high > low


def test_a_colour_picture_is_mixed_and_a_large_one_reduced(root: Path) -> None:
    """The 1 x 1 convolution needs channels; more than 1024 pixels in a side are too many to look at."""
    assert "of the largest value, which is rounding" in texts(page(root, picture="coffee", tab="banks"))
    large = next(key for key in samples.names() if max(samples.load(key).size) > 1024)
    assert "was reduced to" in texts(page(root, picture=large))


# ---- editing


@pytest.mark.parametrize("keep", ["remove", "keep"])
def test_what_is_removed_is_told(root: Path, keep: str) -> None:
    """The share that is gone is that of the backend, for a brush stroke, a ring and a wedge."""
    text = "s0.05p0.1x0.2_r0.3t0.35_w45b10"
    app = page(root, mode="edit", mask=text, keep=keep, picture="camera")
    assert calm(app)
    pixels = samples.load("camera").luminance
    found = editing.edit(pixels, read_mask(text).selection(pixels.shape), keep)
    told = next(each.value for each in app.caption if "of the energy is gone" in each.value)
    assert told.startswith("3 regions.")
    assert f"{found.removed:.2%} of the energy" in told


def test_isolated_peaks_are_painted_out(root: Path) -> None:
    """A wave laid over a photo is found and taken away again; a picture without one is left alone."""
    app = page(root, mode="edit", picture="camera", strength="20", wave="0.11,0.06")
    next(button for button in app.button if button.key == "frequency/peaks").click().run()
    assert calm(app)
    mask = read_mask(mask_of(app))
    centres = [stroke.points[0] for stroke in mask.regions if isinstance(stroke, editing.Stroke)]
    assert any(np.allclose(np.abs(centre), (0.11, 0.06), atol=0.003) for centre in centres)
    clean = page(root, mode="edit", picture="horse")
    next(button for button in clean.button if button.key == "frequency/peaks").click().run()
    assert not clean.exception


def test_ring_and_wedge_are_switched_on_and_off(root: Path) -> None:
    """Each toggle adds its region and takes it away; undo and clear work on what is there."""
    app = page(root, mode="edit")
    for label, part in (("A ring", "r"), ("A wedge", "w")):
        next(toggle for toggle in app.toggle if toggle.label == label).set_value(True).run()
        assert calm(app)
        assert part in mask_of(app)
    next(slider for slider in app.slider if "Inner radius" in slider.label).set_value(0.3).run()
    assert calm(app)
    assert mask_of(app).startswith("r0.3t0.3")  # the outer one is pushed
    next(slider for slider in app.slider if "Opening" in slider.label).set_value(45.1).run()
    assert calm(app)
    assert "b45.1" in mask_of(app)
    next(toggle for toggle in app.toggle if toggle.label == "A ring").set_value(False).run()
    assert mask_of(app).startswith("w")
    next(button for button in app.button if button.key == "frequency/clear").click().run()
    assert calm(app)
    assert "mask" not in app.query_params


@pytest.mark.parametrize(
    "query",
    [
        {"brush": "0.25"},
        {"brush": "0.001"},
        {"mask": "w10b0.1_r0t0.71"},
        {"mask": "w180b180_r0.71t0.71"},
        {"mask": "i_s0.25e0.25p0.5x0.5p-0.5x-0.5"},
        {"strength": "50", "wave": "0.5,-0.5"},
    ],
)
def test_whatever_an_address_may_hold_can_be_drawn(root: Path, query: dict[str, str]) -> None:
    """The ends of every range: controls and settings have the same limits."""
    assert calm(page(root, mode="edit", **query))


@pytest.mark.parametrize(
    "design", ["ideal~band~0.001~0.001~0.002~0.001~1~0.5,0.5", "ideal~high~0.71~0.7~0.71~0.5~20~0,0"]
)
def test_a_filter_that_passes_nothing_is_drawn(root: Path, design: str) -> None:
    """Nothing is divided by the peak of a kernel of zeros."""
    assert calm(page(root, filter="design", design=design))


def test_strokes_that_would_take_too_long_are_refused(root: Path) -> None:
    """Thirty-two wide strokes in a short address: one sentence at once, and Clear is still there."""
    stroke = "s0.25" + "p0.4x0.4p-0.4x0.4" * 10
    app = page(root, mode="edit", picture="camera", mask="_".join([stroke] * 32))
    assert not app.exception
    assert "smaller brush" in app.error[0].value
    next(button for button in app.button if button.key == "frequency/clear").click().run()
    assert calm(app)


@pytest.mark.parametrize("mode", ["edit", "sampling"])
def test_every_mode_can_be_taken_away(root: Path, mode: str) -> None:
    """Files, a program and the link."""
    app = page(root, mode=mode)
    app.session_state[{"edit": "frequency/edit files", "sampling": "frequency/stride files"}[mode]] = True
    app.run()
    assert calm(app)
    assert any("import numpy" in each.value for each in app.code)
    assert any(f"mode={mode}" in each.value for each in app.code)


def test_too_many_strokes_are_refused(root: Path) -> None:
    """Thirty-two regions are the most: one sentence, and nothing is lost."""
    text = "_".join(["r0.1t0.2"] * 32)
    app = page(root, mode="edit", mask=text)
    next(toggle for toggle in app.toggle if toggle.label == "A wedge").set_value(True).run()
    assert not app.exception
    assert "There are 32 regions, which is the most" in app.warning[0].value
    assert mask_of(app) == text


# ---- what a browser reports


@pytest.mark.parametrize(
    "value",
    [None, "0,0", [0.1], [0.1, "x"], [0.6, 0], [True, 0], [float("nan"), 0], [[0, 0]], {"a": 1}, [0.1, 0.1, 0.1]],
)
def test_what_is_no_frequency_is_ignored(value: object) -> None:
    """Reports come from a browser and may be anything."""
    stored: dict[str, object] = {}
    report = on_event(stored)  # type: ignore[arg-type]  # a dictionary stores like the settings
    report("probe", value)
    report("scale", value)
    report("stroke", value)
    report("colour", "red")
    assert stored == {}


def test_what_is_one_is_stored() -> None:
    """Probe and scale become settings, a stroke goes on; long strokes are thinned out."""
    stored: dict[str, object] = {}
    strokes: list[object] = []
    report = on_event(stored, strokes.append)  # type: ignore[arg-type]  # likewise
    report("probe", [0.25, -0.5])
    report("scale", "db")
    report("stroke", [[0.1, 0.2], [0, 0]])
    assert stored == {"probe": (0.25, -0.5), "scale": "db"}
    assert strokes == [[(0.1, 0.2), (0.0, 0.0)]]
    assert len(points([[0, 0]] * 10_000)) <= 500

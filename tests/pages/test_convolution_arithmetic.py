"""What the page Convolution arithmetic says and refuses, without a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz.convolution import contents, layer_text, presets
from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.networks import torch_layers
from pages.common import site
from pages.common.arithmetic_settings import TABS, preset_values, read_size, write_size
from pages.common.language import escaped
from pages.common.layer_thumbnail import layer_thumbnail
from pages.common.player import MOST_FILTERS, Scene, fits_the_player, scene_message
from tests.messages import unpacked
from tests.pages.test_every_page import open_app, texts

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

torch.set_num_threads(1)

KINDS = {
    "convolution": "Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(2, 1), groups=2)",
    "transposed": "ConvTranspose2d(2, 2, 3, stride=2, padding=1, output_padding=1)",
    "max": "MaxPool2d(3, stride=2, padding=1, ceil_mode=True, channels=2)",
    "average": "AvgPool2d((2, 3), count_include_pad=False, channels=2)",
}


def arithmetic(root: Path, language: str = "en", **query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    return open_app(root, site.ARITHMETIC, language, **query)


def formulas(app: AppTest) -> list[str]:
    """The LaTeX on the page."""
    return [each.value for each in app.get("latex")] + [each.value for each in app.markdown if each.value[:1] == "$"]


def torch_size(layer: Layer, size: tuple[int, int]) -> tuple[int, int]:
    """The size that PyTorch gives."""
    cells = torch.zeros((layer.in_channels, *size), dtype=torch.float64)
    weights = torch.zeros(layer.weight_shape, dtype=torch.float64) if layer.weight_shape else None
    output = torch_layers.apply(layer, cells, weights)
    return output.shape[1], output.shape[2]


@pytest.mark.parametrize("key", presets.names())
def test_every_preset_opens_with_the_size_of_torch(root: Path, key: str) -> None:
    """Layer, size and tab of each preset go through the address; the facts are those of PyTorch."""
    preset = presets.get(key)
    values = preset_values(preset)
    query = {name: str(value) for name, value in values.items() if isinstance(value, str)}
    app = arithmetic(root, layer=layer_text.write(preset.layer), size=write_size(preset.size), **query)
    assert not app.exception
    assert not app.error
    assert not app.warning
    rows, columns = torch_size(preset.layer, preset.size)
    assert f"output {preset.layer.out_channels} × {rows} × {columns}" in texts(app)
    assert next(box for box in app.selectbox if box.label == "Presets").value == key


@pytest.mark.parametrize("key", presets.names())
def test_a_preset_of_the_list_sets_the_page(root: Path, key: str) -> None:
    """Chosen in the list it gives the same address as written by hand."""
    app = arithmetic(root, layer="MaxPool2d(2)", size="8x8")
    next(box for box in app.selectbox if box.label == "Presets").set_value(key).run()
    assert not app.exception
    assert not app.error
    preset = presets.get(key)
    shown = next(box for box in app.text_input if box.label == "Type the layer").value
    assert layer_text.read(shown) == preset.layer
    assert next(box for box in app.text_input if box.label == "Type the input's size").value == write_size(preset.size)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_tab_runs_for_every_kind(root: Path, kind: str, tab: str, language: str) -> None:
    """No tab fails for any kind of layer, in either language."""
    app = arithmetic(root, language, layer=KINDS[kind], size="9x8", tab=tab)
    assert not app.exception
    assert not app.error
    assert not app.warning


def test_the_formula_is_filled_in_for_both_axes(root: Path) -> None:
    """Rows and columns have their own numbers and end with the size of PyTorch."""
    app = arithmetic(root, layer=KINDS["convolution"], size="9x8")
    rows, columns = torch_size(layer_text.read(KINDS["convolution"]), (9, 8))
    filled = [text for text in formulas(app) if "left\\lfloor" in text]
    assert [re.search(r"= (\d+)\W*$", text)[1] for text in filled[:2]] == [str(rows), str(columns)]
    assert "9 + 2\\cdot 1" in filled[0]
    assert "8 + 2\\cdot 2" in filled[1]


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("Conv2d(1, 1, 9)", "kernel_size is 9, but must be 1 … 5"),
        ("Conv2d(1, 1, 3, dilation=4)", "dilation is 4, but must be 1 … 2"),
        ("Conv2d(3, 4, 3, groups=2)", "groups is 2, but must be 1"),
        ('Conv2d(1, 1, 3, stride=2, padding="same")', "stride is 2, but must be 1"),
        ("MaxPool2d(2, padding=2)", "padding is 2, but must be 0 … 1"),
        ("ConvTranspose2d(1, 1, 3, output_padding=1)", "output_padding is 1, but must be 0"),
        ("Linear(3, 4)", "layer is Linear"),
        ("__import__('os').system('true')", "cannot be read as a layer"),
        ("(" * 200, "cannot be read as a layer"),
    ],
)
def test_what_is_typed_wrongly_is_explained(root: Path, typed: str, named: str) -> None:
    """One sentence names parameter, value and range; the last possible layer stays in use, and typing mends it."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3, padding=1)", size="5x5")
    field = next(box for box in app.text_input if box.label == "Type the layer")
    field.set_value(typed).run()
    assert not app.exception
    assert len(app.error) == 1
    assert escaped(named) in app.error[0].value
    assert "output 1 × 5 × 5" in texts(app)
    next(box for box in app.text_input if box.label == "Type the layer").set_value("Conv2d(1, 1, 2)").run()
    assert not app.error
    assert "output 1 × 4 × 4" in texts(app)


def test_what_was_refused_is_forgotten_with_the_layer(root: Path) -> None:
    """A suggestion, or a slider, makes another layer: the old text and its sentence are gone."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3, padding=1)", size="5x5")
    next(box for box in app.text_input if box.label == "Type the layer").set_value("Conv2d(1, 1, 99)").run()
    assert app.error
    next(button for button in app.button if button.label == "Depthwise convolution").click().run()
    assert not app.error
    assert "groups=3" in next(box for box in app.text_input if box.label == "Type the layer").value
    next(box for box in app.text_input if box.label == "Type the input's size").set_value("999").run()
    assert app.error
    sliders(app)["Input rows and columns"].set_value(9).run()
    assert not app.error
    assert next(box for box in app.text_input if box.label == "Type the input's size").value == "9x9"


def test_a_link_to_a_rectangular_layer_shows_both_axes(root: Path) -> None:
    """Sliders never stand for two different numbers; switched together, the columns follow the rows."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3, stride=(3, 1))", size="9x9")
    assert {"Stride · rows", "Stride · columns"} <= set(sliders(app))
    next(toggle for toggle in app.toggle if toggle.label == "Rows and columns apart").set_value(False).run()
    assert sliders(app)["Stride"].value == 3
    assert layer_text.read(next(box for box in app.text_input if box.label == "Type the layer").value).stride == (3, 3)


def test_the_step_of_a_link_belongs_to_its_layer(root: Path) -> None:
    """Another layer starts at its own first step."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3)", size="7x7", step="9")
    sliders(app)["Kernel size"].set_value(2).run()
    assert "step" not in app.query_params


def test_an_address_whose_parts_do_not_go_together(root: Path) -> None:
    """Layer and size are legal each, but not together: one sentence, and the defaults."""
    app = arithmetic(root, layer="Conv2d(1, 1, 9)", size="5x5")
    assert not app.exception
    assert len(app.error) == 1
    assert escaped("kernel_size is 9, but must be 1 … 5") in app.error[0].value
    assert "The default is shown instead." in app.error[0].value
    assert "output 1 × 3 × 3" in texts(app)


def test_a_hostile_address(root: Path) -> None:
    """Whatever stands in the address: defaults and one sentence that names the settings."""
    hostile = {
        "layer": "Conv2d(" + "9" * 5000 + ")", "size": "4096x4096", "step": "-1", "seed": "1e9", "view": "<b>",
        "stack": "c99" * 999, "tab": "x", "cells": "\u202e", "mode": "layer;", "spacing": "0", "width": "999",
    }  # fmt: skip
    app = arithmetic(root, **hostile)
    assert not app.exception
    for name in hostile:
        assert name in app.warning[0].value
    assert "output 1 × 3 × 3" in texts(app)


def sliders(app: AppTest) -> dict[str, Any]:
    """The sliders over legal values, by label."""
    return {each.label: each for each in app.select_slider}


@pytest.mark.parametrize("kind", KINDS)
def test_sliders_cannot_reach_an_illegal_layer(root: Path, kind: str) -> None:
    """Both ends of every slider, one after the other: never an error, and always PyTorch's size."""
    app = arithmetic(root, layer=KINDS[kind].replace("groups=2", "groups=1"), size="9x8")
    for label in list(sliders(app)):
        for end in (-1, 0):
            slider = sliders(app).get(label)
            if slider is None or slider.disabled:
                continue
            slider.set_value(_option(slider, end)).run()
            assert not app.exception, label
            assert not app.error, label
            typed = {box.label: box.value for box in app.text_input}
            layer, size = layer_text.read(typed["Type the layer"]), read_size(typed["Type the input's size"])
            rows, columns = torch_size(layer, size)
            assert f"output {layer.out_channels} × {rows} × {columns}" in texts(app), label


def _option(slider: Any, place: int) -> int:
    return int(slider.options[place])


def test_without_a_choice_a_slider_is_grey(root: Path) -> None:
    """One channel in can be divided into one group only."""
    app = arithmetic(root, layer="Conv2d(1, 4, 3)", size="5x5")
    assert sliders(app)["Groups"].disabled
    assert not sliders(app)["Kernel size"].disabled


def test_the_kinds_take_over_what_they_can(root: Path) -> None:
    """From one kind to the next and back: always a possible layer with the same kernel."""
    app = arithmetic(root, layer="Conv2d(2, 3, 3, stride=2, padding=1)", size="7x7")
    for kind, form in (("transposed", "ConvTranspose2d"), ("max", "MaxPool2d"), ("average", "AvgPool2d"),
                       ("convolution", "Conv2d")):  # fmt: skip
        next(box for box in app.selectbox if box.label == "Operation").set_value(kind).run()
        assert not app.exception
        assert not app.error
        text = next(box for box in app.text_input if box.label == "Type the layer").value
        assert text.startswith(form + "(")
        assert layer_text.read(text).kernel_size == (3, 3)


def test_numbers_that_every_lecture_shows(root: Path) -> None:
    """320, 1,792 and 74,112 parameters; 10 against 4,160 … 268,451,840."""
    told = texts(arithmetic(root, layer="Conv2d(1, 32, 3)", size="5x5", tab="parameters"))
    for number in ("(3·3·1 + 1)·32 = 320", "1,792", "74,112"):
        assert number in told
    table = arithmetic(root, tab="sharing").table[0].value
    assert (table["Fully connected"].iloc[0], table["Fully connected"].iloc[-1]) == ("4,160", "268,451,840")
    assert set(table["Convolution 3×3"]) == {"10"}


def test_same_of_both_libraries_side_by_side(root: Path) -> None:
    """An even kernel at stride 1: both put the odd cell after; at stride 2 PyTorch refuses."""
    table = arithmetic(root, layer="Conv2d(1, 1, 4)", size="7x7").table[0].value
    assert list(table["PyTorch"]) == ["1 + 2", "1 + 2"]
    assert list(table["TensorFlow"]) == ["1 + 2", "1 + 2"]
    table = arithmetic(root, layer="Conv2d(1, 1, 3, stride=2)", size="6x5").table[0].value
    assert set(table["PyTorch output"]) == {"–"}
    assert list(table["TensorFlow"]) == ["0 + 1", "1 + 1"]
    assert list(table["TensorFlow output"]) == ["3", "3"]


def test_the_page_keeps_the_size_to_itself_until_it_is_answered(root: Path) -> None:
    """Neither the formula nor a tab tells what is to be predicted."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3, stride=2, padding=1)", size="13x13", predict="size")
    assert not app.exception
    assert formulas(app) == []
    assert "output 1 ×" not in texts(app)
    assert not app.tabs


def test_methods_are_measured_and_agree(root: Path) -> None:
    """A click measures four methods; their outputs differ by rounding only."""
    app = arithmetic(root, layer="Conv2d(2, 3, 3, padding=1)", size="8x8", tab="methods")
    next(button for button in app.button if button.key == "arithmetic/measure").click().run()
    assert not app.exception
    table = app.table[0].value
    assert len(table) == 4
    assert all(float(text) < 1e-9 for text in table["Largest difference"])
    assert all(float(text) > 0 for text in table["Milliseconds"])


def test_a_layer_too_large_to_be_played_is_still_counted(root: Path) -> None:
    """Its formula and its parameters stand there, with one sentence instead of the player."""
    app = arithmetic(root, layer="Conv2d(512, 512, 3, padding=1)", size="200x200")
    assert not app.exception
    assert "too large to be played" in app.info[0].value
    assert "2,359,808 parameters" in texts(app)


def test_a_size_can_be_typed_and_is_checked(root: Path) -> None:
    """Rows x columns; anything else is explained and changes nothing."""
    app = arithmetic(root, layer="Conv2d(1, 1, 3)", size="5x5")
    for typed, ok in (("7x9", True), ("0x3", False), ("9999", False), ("a", False), ("2x2", False), ("6", True)):
        next(box for box in app.text_input if box.label == "Type the input's size").set_value(typed).run()
        assert not app.exception
        assert bool(app.error) != ok, typed
    assert "output 1 × 4 × 4" in texts(app)


# ---- what the browser is sent


def sent(scene: Scene) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs of its message."""
    return unpacked(scene_message(scene))


@pytest.mark.parametrize("kind", KINDS)
def test_the_browser_gets_the_numbers_of_the_layer(kind: str) -> None:
    """Cells, weights in filter order and biases as float64: multiplied along the axes they give PyTorch's output."""
    layer = layer_text.read(KINDS[kind])
    cells = contents.cells("integers", layer.in_channels, (9, 8))
    weights = contents.weights("integers", layer) if layer.weight_shape else None
    bias = contents.bias("integers", layer)
    header, blobs = sent(Scene(layer, cells, weights, bias, "windows", "", False, "s"))
    np.testing.assert_array_equal(np.frombuffer(blobs[0]).reshape(cells.shape), cells)
    filters = min(layer.out_channels, MOST_FILTERS)
    if weights is not None:
        by_filter = np.frombuffer(blobs[1]).reshape(filters, -1, *layer.kernel_size)
        expected = weights
        if isinstance(layer, TransposedConvolution):  # one group: (in, out) to (out, in)
            expected = weights.swapaxes(0, 1)
        np.testing.assert_array_equal(by_filter, expected[:filters])
    assert (header["rows"]["output"], header["columns"]["output"]) == torch_size(layer, (9, 8))


@pytest.mark.parametrize("layer", [Convolution(3, in_channels=64, out_channels=64), MaxPooling(2), AveragePooling(2)])
def test_what_fits_the_player_is_a_small_message(layer: Layer) -> None:
    """At most a million numbers are sent, and laid out in the browser."""
    assert fits_the_player(layer, (64, 64))
    assert not fits_the_player(layer, (4096, 4096))


def test_what_the_browser_would_have_to_lay_out_counts(root: Path) -> None:
    """A short line that makes a hundred million outputs is not played, and its methods are not run."""
    layer = TransposedConvolution(16, 16, out_channels=6)
    assert not fits_the_player(layer, (256, 256))
    app = arithmetic(root, layer=layer_text.write(layer), size="256x256", tab="methods")
    assert not app.exception
    app = arithmetic(root, layer="Conv2d(1, 1, 100, padding=50)", size="256x256", tab="methods")
    assert not app.exception
    assert any("too much memory" in each.value for each in app.caption)


def test_the_picture_of_the_home_page_is_drawn() -> None:
    """A JPEG of moderate size, another one for another layer."""
    pictures = [layer_thumbnail(layer, (5, 5)) for layer in (Convolution(3), Convolution(3, stride=2, padding=1))]
    assert all(picture[:3] == b"\xff\xd8\xff" and len(picture) < 60_000 for picture in pictures)
    assert pictures[0] != pictures[1]

"""The player of a layer: what Python sends to the browser component of that name, once for every setting.

The browser gets the numbers of the grids and, for both axes, which input cell stands where; it computes and draws
every step itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import mistakes
from cnnviz.convolution.arithmetic import (
    AveragePooling,
    Axis,
    Layer,
    MaxPooling,
    TransposedConvolution,
    windows,
)
from cnnviz.figures import colours
from pages.common.components import component, pack
from pages.common.language import _, current

__all__ = ["MOST_FILTERS", "Numbers", "Scene", "fits_the_player", "play_bytes", "player_labels", "scene_message"]

MOST_FILTERS = 6  # drawn at once
MOST_NUMBERS = 1_000_000  # in a message
MOST_ASKED = 400  # outputs for which wrong answers are explained
_SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "painter.js",
    "model.js",
    "layout.js",
    "marks.js",
    "grids.js",
    "drawing.js",
    "strip.js",
    "matrix.js",
    "signal_model.js",
    "signal.js",
    "signal_words.js",
    "gif.js",
    "webp.js",
    "player.js",
    "ask.js",
    "export.js",
    "main.js",
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """What is played.

    Attributes:
        layer: the layer.
        cells: (C, H, W), its input.
        weights: as torch keeps them; None for pooling.
        bias: (out_channels,) or None.
        view: "windows", or "spread" for a transposed convolution that adds a scaled kernel for every input cell.
        predict: "", "size" or "values": what is asked before it is shown.
        photo: the cells are grey levels 0 … 255.
        signature: changes whenever something is to start anew.
        revealed: whether the answer to `predict` has been found or shown already.
        step: where to start.
    """

    layer: Layer
    cells: Numbers
    weights: Numbers | None
    bias: Numbers | None
    view: str
    predict: str
    photo: bool
    signature: str
    step: int = 0
    revealed: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the input."""
        return self.cells.shape[1], self.cells.shape[2]

    @property
    def filters(self) -> int:
        """Output channels that are drawn."""
        return min(self.layer.out_channels, MOST_FILTERS)


def fits_the_player(layer: Layer, size: tuple[int, int]) -> bool:
    """False for layers with more numbers than a browser should be sent."""
    filters = min(layer.out_channels, MOST_FILTERS)
    kernels = filters * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
    rows, columns = (windows(axis) for axis in layer.axes(size))
    # What the browser lays out: the input with its padding or its inserted zeros, and the outputs.
    positions = min(layer.in_channels, MOST_FILTERS) * len(rows.sources) * len(columns.sources)
    outputs = filters * rows.output * columns.output
    cells = layer.in_channels * size[0] * size[1]
    return max(cells, kernels, layer.parameters, positions, outputs) <= MOST_NUMBERS


def play_bytes(key: str, message: bytes, on_revealed: Callable[[str], None] | None = None) -> None:
    """Draw the player; `on_revealed` gets the signature when an answer was found or shown."""

    def revealed() -> None:
        signature = st.session_state[key].get("revealed")
        if isinstance(signature, str) and on_revealed is not None:
            on_revealed(signature)

    component("player", *_SCRIPTS)(key=key, data=message, on_revealed_change=revealed)


def scene_message(scene: Scene) -> bytes:
    """Everything that the browser needs to play a layer."""
    layer = scene.layer
    rows, columns = layer.axes(scene.size)
    groups = getattr(layer, "groups", 1)
    header = {
        "kind": layer.kind,
        "name": layer.kind,
        "channels": layer.in_channels,
        "filters": scene.filters,
        "per_group": {"channels": layer.in_channels // groups, "filters": layer.out_channels // groups},
        "rows": _axis_record(rows),
        "columns": _axis_record(columns),
        "divisors": _divisors(layer, scene.size),
        "view": scene.view,
        "photo": scene.photo,
        "predict": scene.predict,
        "step": scene.step,
        "signature": scene.signature,
        "revealed": scene.revealed,
        "titles": _titles(scene, rows, columns),
        "legend": _legend(scene, rows, columns),
        "labels": player_labels(),
        "size_reasons": _size_reasons(scene),
        "value_reasons": _value_reasons(scene),
    }
    blobs = (scene.cells, _filter_major(scene), scene.bias[: scene.filters] if scene.bias is not None else np.empty(0))
    return pack(header, *(np.ascontiguousarray(blob, np.float64).tobytes() for blob in blobs), _palette())


def _palette() -> bytes:
    return colours.diverging().tobytes()


def _axis_record(axis: Axis) -> dict[str, Any]:
    spread = {"stride": axis.stride, "before": axis.before, "padded": axis.padded}
    return {**asdict(windows(axis)), "stretched": axis.transposed, "spread": spread}


def _divisors(layer: Layer, size: tuple[int, int]) -> dict[str, list[int]] | None:
    if not isinstance(layer, AveragePooling):
        return None
    rows, columns = layer.divisors(size)
    return {"rows": rows.tolist(), "columns": columns.tolist()}


def _filter_major(scene: Scene) -> Numbers:
    """The weights of the drawn filters, (filters, channels per group, kh, kw), for every kind of layer."""
    layer, weights = scene.layer, scene.weights
    if weights is None:
        return np.empty(0)
    if not isinstance(layer, TransposedConvolution):
        return weights[: scene.filters]
    per_group = (layer.in_channels // layer.groups, layer.out_channels // layer.groups)
    grouped = weights.reshape(layer.groups, *per_group, *layer.kernel_size)
    by_filter: Numbers = grouped.swapaxes(1, 2).reshape(layer.out_channels, per_group[0], *layer.kernel_size)
    return by_filter[: scene.filters]


def _titles(scene: Scene, rows: Axis, columns: Axis) -> dict[str, tuple[str, str] | None]:
    layer = scene.layer
    size = f"{rows.size} × {columns.size}"
    laid_out = [windows(axis) for axis in (rows, columns)]
    padded = [axis.padded for axis in (rows, columns)] if not rows.transposed else [len(w.sources) for w in laid_out]
    if scene.view != "spread" and (padded[0], padded[1]) != (rows.size, columns.size):
        text = _("{size}, with zeros {padded}") if rows.transposed else _("{size}, padded {padded}")
        size = text.format(size=size, padded=f"{padded[0]} × {padded[1]}")
    kernel = None
    if scene.weights is not None:
        turned = rows.transposed and scene.view != "spread"
        shape = f"{rows.kernel_size} × {columns.kernel_size}"
        kernel = (_("Kernel"), _("{size}, turned by 180°").format(size=shape) if turned else shape)
    output = f"{rows.output} × {columns.output}"
    if scene.filters < layer.out_channels:
        output = _("{size}, {shown} of {all} filters").format(size=output, shown=scene.filters, all=layer.out_channels)
    return {"input": (_("Input"), size), "kernel": kernel, "output": (_("Output"), output)}


def _legend(scene: Scene, rows: Axis, columns: Axis) -> list[tuple[str, str]]:
    """What the marks in the grids mean, as far as they occur."""
    found = []
    padded = any((*_sides(rows), *_sides(columns)))
    if scene.view == "spread":
        return [("cropped", _("cropped by the padding"))] if padded else []
    modes = {
        "zeros": _("padding: zeros"),
        "reflect": _("padding: mirrored"),
        "replicate": _("padding: the edge repeated"),
        "circular": _("padding: wrapped around"),
    }
    if isinstance(scene.layer, MaxPooling):
        modes["zeros"] = _("padding: never the maximum")
    if rows.transposed:
        found.append(("inserted", _("zeros around and between")))
    elif padded:
        found.append(("padding", modes[rows.padding_mode]))
    if windows(rows).lost or windows(columns).lost:
        found.append(("lost", _("no window reads these")))
    return found


def _sides(axis: Axis) -> tuple[int, int]:
    return axis.before, axis.after


def _size_reasons(scene: Scene) -> list[dict[int, str]]:
    if scene.predict != "size":
        return []
    return [
        {wrong: _(reason) for wrong, reason in mistakes.size_mistakes(scene.layer, scene.size, axis).items()}
        for axis in (0, 1)
    ]


def _value_reasons(scene: Scene) -> list[list[tuple[float, str]]]:
    """For each step the wrong answers that have a reason."""
    rows, columns = scene.layer.output_size(scene.size)
    if scene.predict != "values" or scene.view == "spread" or scene.filters * rows * columns > MOST_ASKED:
        return []
    places = [(f, row, column) for f in range(scene.filters) for row in range(rows) for column in range(columns)]
    return [
        list(mistakes.value_mistakes(scene.layer, scene.cells, scene.weights, scene.bias, *place).items())
        for place in places
    ]


def player_labels() -> dict[str, Any]:
    """The words on the player, in the visitor's language."""
    return {
        "language": current(),
        "player": _(
            "Player: space plays, arrows step, page keys of a presenter too; I, K, O and Shift with arrows point"
        ),
        "first": _("To the first step (Home)"),
        "back": _("One step back (left arrow)"),
        "play": _("Play (space)"),
        "pause": _("Pause (space)"),
        "next": _("One step on (right arrow)"),
        "last": _("To the last step (End)"),
        "steps": _("Step"),
        "counter": _("step {step} of {steps}"),
        "speed": _("Speed"),
        "row": _("Repeat one row"),
        "row_short": _("row"),
        "large": _("Whole screen"),
        "export": _("Save"),
        "export_gif": _("The steps (at most 400) as an animated GIF"),
        "export_webp": _("The steps (at most 400) as an animated WebP"),
        "export_png": _("This step as PNG"),
        "export_svg": _("This step as SVG, for slides and papers"),
        "export_link": _("Copy the address of this page with this step"),
        "link": _("Link"),
        "copied": _("Copied"),
        "channel": _("channel {number}"),
        "filter": _("filter {number}"),
        "bias": _("bias"),
        "total": _("Total:"),
        "stride": _("stride {stride}"),
        "products": _("{count} products"),
        "cells": _("{count} cells"),
        "output_cell": _("Output row {row}, column {column}"),
        "input_cell": _("Input row {row}, column {column}"),
        "weight": _("Weight row {row}, column {column}"),
        "reaches": _("Output cells that it reaches, each through another weight ({count}):"),
        "read_by": _("Windows that read it: {count}."),
        "reaches_none": _("No window reads it: the output does not depend on this cell."),
        "shared": _(
            "This one number is used for every output of its filter ({outputs}); input cells that it multiplies: "
            "{cells}."
        ),
        "ask_size": _("How large will the output be?"),
        "ask_values": _("What is the value of the output marked “?”?"),
        "matrix_columns": _("One column for each window"),
        "matrix_weights": _("One row for each filter"),
        "matrix_product": _("Output"),
        "rows": _("Rows"),
        "columns": _("Columns"),
        "value": _("Value, such as 1.5 or 7/4"),
        "check": _("Check"),
        "reveal": _("Show me"),
        "revealed": _("Shown. Change a setting for the next question."),
        "right": _("Right!"),
        "wrong_size": _("Not yet. Look at the first and the last window."),
        "wrong_values": _("Not yet. Look again at the window of the output marked “?”."),
        "not_a_number": _("Please type a number."),
        "reasons": {key: _(reason) for key, reason in mistakes.VALUE_REASONS.items()},
    }

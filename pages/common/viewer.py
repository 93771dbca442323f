"""Before and after with the pixel lens: what Python sends to the component of that name.

The picture itself goes to the browser once (`send_picture`); a change of the kernel sends the filtered picture,
encoded at the size shown, and the recipe by which the lens recomputes any pixel of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import chain, matching, notation, plan
from cnnviz.convolution.companions import luminance
from cnnviz.figures import colours, encode
from cnnviz.figures.display import Display, Mode, display, display_directions, display_signed, fit
from cnnviz.images import Image
from pages.common.components import component, pack
from pages.common.language import _, current

__all__ = [
    "LARGEST_TEMPLATE",
    "LONGEST_SHOWN",
    "MODES",
    "Recipe",
    "Shown",
    "automatic_mode",
    "displayed",
    "filter_picture",
    "match_picture",
    "plan_record",
    "send_picture",
    "structured_region",
    "viewer",
]

LARGEST_TEMPLATE = 96  # pixels in a side
LONGEST_SHOWN = 800  # pixels: a pane on a wide screen; from there on the browser computes exact pixels itself
MODES = ("auto", "signed", "clip", "absolute", "rescale", "hue")


@dataclass(frozen=True)
class Recipe:
    """How a picture is filtered: the chain of filters as text (`notation`) and what holds for all of them."""

    filters: str
    border: str = "reflect"
    flip: bool = False
    luminance: bool = False

    @property
    def steps(self) -> tuple[chain.Step, ...]:
        """The steps of the chain."""
        return notation.read(self.filters)

    def run(self, image: Image) -> chain.Filtered:
        """Filter the picture; values float32 (H', W') or (H', W', 3)."""
        pixels = image.luminance if self.luminance else image.pixels
        return chain.apply(pixels, self.steps, self.border, self.flip)


@dataclass(frozen=True)
class Shown:
    """A filtered picture, encoded, with the facts that the page prints about the whole result."""

    data: bytes
    mime: str
    exact: bool  # every pixel of the result is in `data`
    mode: str
    low: float
    high: float
    shape: tuple[int, int]
    shown_columns: int
    minimum: float
    maximum: float
    negative_share: float
    milliseconds: float
    channels: int
    start: tuple[int, int]  # the pixel that the lens looks at first


def automatic_mode(steps: Sequence[chain.Step]) -> Mode:
    """Signed where the result has no natural black and white: after a kernel whose weights cancel out."""
    mode: Mode = "clip"
    for step in steps:
        if isinstance(step, chain.Linear):
            weights = step.kernel.weights
            if abs(weights.sum()) < 0.05 * np.abs(weights).sum():
                mode = "signed"
        elif isinstance(step, chain.GradientMagnitude | chain.Canny):
            mode = "clip"
    return mode


# The picture is named by its digest, because Streamlit's own hash looks at a sample of large arrays only. What is
# kept are the encoded bytes, 0.1 to 1 MB each.
@st.cache_resource(max_entries=200, ttl="1h", show_spinner=False)
def filter_picture(digest: str, recipe: Recipe, mode: str, is_photo: bool, _image: Image) -> Shown:
    """Filter a picture and encode the result as it is shown; `digest` and `is_photo` are the picture's."""
    filtered = recipe.run(_image)
    chosen = automatic_mode(recipe.steps) if mode == "auto" else mode
    if chosen == "hue" and filtered.direction is None:
        chosen = automatic_mode(recipe.steps)
    return _encoded(displayed(filtered, chosen), filtered, is_photo)


def displayed(filtered: chain.Filtered, mode: str) -> Display:
    """The whole result in the colours of the page."""
    if mode == "hue" and filtered.direction is not None:
        return display_directions(filtered.direction, filtered.values)
    return display(filtered.values, mode, low=filtered.minimum, high=filtered.maximum)  # type: ignore[arg-type]  # display() checks it


def _encoded(whole: Display, filtered: chain.Filtered, is_photo: bool) -> Shown:
    """Colours first, then the size shown: the other way round, plus and minus would cancel out."""
    rows, columns = filtered.values.shape[:2]
    shown = replace(whole, rgb=fit(whole.rgb, LONGEST_SHOWN))
    full_colour = shown.mode in ("signed", "hue")
    data = encode.jpeg(shown.rgb, full_colour=full_colour) if is_photo else encode.png(shown.rgb)
    return Shown(
        data,
        "image/jpeg" if is_photo else "image/png",
        not is_photo and shown.rgb.shape[:2] == (rows, columns),
        shown.mode,
        shown.low,
        shown.high,
        (rows, columns),
        shown.rgb.shape[1],
        filtered.minimum,
        filtered.maximum,
        filtered.negative_share,
        filtered.milliseconds,
        1 if filtered.values.ndim == 2 else filtered.values.shape[2],
        _strongest(filtered.values) if whole.mode == "signed" else (rows // 2, columns // 2),
    )


def _strongest(values: NDArray[np.float32]) -> tuple[int, int]:
    """The pixel (row, column) where the luminance is furthest from 0: there is something to explain there."""
    low, high, low_at, high_at = cv2.minMaxLoc(luminance(values))
    column, row = low_at if -low > high else high_at
    return row, column


@dataclass(frozen=True, eq=False)
class Found:
    """The answer of template matching: the response, and its highest peak outside the template itself."""

    shown: Shown
    peak: tuple[int, int]
    peak_value: float
    response: NDArray[np.float32]


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # the response is kept: up to 16 MB each
def match_picture(digest: str, region: tuple[int, int, int, int], is_photo: bool, _image: Image) -> Found:
    """Search a picture for its own region (row, column, rows, columns), on luminance.

    Raises:
        ParameterError: when the region is flat.
    """
    row, column, rows, columns = region
    grey = _image.luminance
    response = matching.match(grey, grey[row : row + rows, column : column + columns]).response
    low, high = float(response.min()), float(response.max())
    filtered = chain.Filtered(response, low, high, float((response < 0).mean()), 0.0)
    others = response.copy()
    near_rows = slice(max(0, row - rows // 2), row + rows // 2 + 1)
    near_columns = slice(max(0, column - columns // 2), column + columns // 2 + 1)
    others[near_rows, near_columns] = -1
    peak = int(others.argmax()) // others.shape[1], int(others.argmax()) % others.shape[1]
    shown = replace(_encoded(display_signed(response, 1.0), filtered, is_photo), start=peak)
    return Found(shown, peak, float(others[peak]), response)


def structured_region(image: Image, region: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A region of the same size around the strongest change of brightness."""
    rows, columns = region[2:]
    change = np.abs(np.diff(image.luminance, axis=0, append=0)) + np.abs(np.diff(image.luminance, axis=1, append=0))
    place = int(change[:-1, :-1].argmax()) if min(change.shape) > 1 else 0
    row, column = divmod(place, max(1, change.shape[1] - 1))
    top = min(max(0, row - rows // 2), image.size[0] - rows)
    return top, min(max(0, column - columns // 2), image.size[1] - columns), rows, columns


def send_picture(image: Image) -> None:
    """Give the browser the exact picture. Call it outside the fragment: it is sent when the picture changes."""
    component("picture_store", "../unpack.js", "main.js")(
        key="picture_store", data=_picture_message(image.digest, image)
    )


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)
def _picture_message(digest: str, _image: Image) -> bytes:
    rows, columns = _image.size
    header = {"digest": digest, "rows": rows, "columns": columns, "top": 2**_image.depth - 1}
    return pack(header, encode.exact_levels(_image.levels))


def viewer(
    key: str,
    image: Image,
    recipe: Recipe,
    shown: Shown,
    *,
    match: dict[str, Any] | None = None,
    pixel: tuple[int, int] | None = None,
    on_pixel: Callable[[], None] = lambda: None,
    on_region: Callable[[], None] = lambda: None,
) -> None:
    """Draw the component. Pinning a pixel and choosing a region arrive as triggers "pixel" and "region"."""
    written = plan.passes(recipe.steps, image.size, recipe.border, recipe.flip)
    place = plan.placement(written)
    if match:
        place = plan.Placement((1, 1), ((match["rows"] - 1) / 2, (match["columns"] - 1) / 2))
    is_absolute = shown.mode == "absolute"
    header = {
        "digest": image.digest,
        "key": hashlib.blake2b(shown.data, digest_size=8).hexdigest(),
        "plan": plan_record(recipe, written),
        "output": {"rows": shown.shape[0], "columns": shown.shape[1], "jump": place.jump, "start": place.start},
        "display": {
            "mime": shown.mime,
            "mode": shown.mode,
            "exact": shown.exact,
            "columns": shown.shown_columns,
            "low": shown.low,
            "high": shown.high,
            "scale": shown.high,
            "clipsLow": not is_absolute and shown.low > shown.minimum,
            "clipsHigh": shown.high < (max(-shown.minimum, shown.maximum) if is_absolute else shown.maximum),
            "channel": 3 if shown.mode == "signed" and shown.channels == 3 else 0 if shown.channels == 1 else None,
        },
        "match": match,
        "start": shown.start,
        "selecting": match is not None,
        "pixel": pixel,
        "labels": _labels(image, recipe, shown, bool(match)),
    }
    mount = component(
        "viewer", "../unpack.js", "../colours.js", "chain.js", "stage.js", "lens.js", "pictures.js", "main.js"
    )
    mount(
        key=key,
        data=pack(header, shown.data, colours.diverging().tobytes()),
        on_pixel_change=on_pixel,
        on_region_change=on_region,
    )


def plan_record(recipe: Recipe, written: Sequence[plan.Pass]) -> dict[str, Any]:
    """The recipe as chain.js reads it."""
    steps = [_pass_record(each) for each in written]
    return {"border": recipe.border, "luminance": recipe.luminance, "steps": steps}


def _pass_record(each: plan.Pass) -> dict[str, Any]:
    flat = {
        "weights": None if each.weights is None else each.weights.ravel().tolist(),
        "weightsY": None if each.weights_y is None else each.weights_y.ravel().tolist(),
        "sigmaRange": each.sigma_range,
    }
    return {
        "kind": each.kind,
        "title": _(each.title),
        "rows": asdict(each.rows),
        "columns": asdict(each.columns),
        **flat,
    }


def _labels(image: Image, recipe: Recipe, shown: Shown, matching_mode: bool) -> dict[str, Any]:
    rows, columns = image.size
    return {
        "language": current(),
        "side": _("Side by side"),
        "divider": _("Divider"),
        "fit": _("Fit"),
        "before": _("Picture {rows} × {columns}").format(rows=rows, columns=columns),
        "after": (_("Match {rows} × {columns}") if matching_mode else _("Result {rows} × {columns}")).format(
            rows=shown.shape[0], columns=shown.shape[1]
        ),
        "stage": _("Picture and result. Arrow keys move the lens, plus and minus zoom, Enter pins a pixel."),
        "patch": _("Window, zero mean and unit length") if matching_mode else _("Patch of the picture"),
        "kernel": _("Template, zero mean and unit length") if matching_mode else _("Kernel"),
        "and": _("and"),
        "kernelX": _("Kernel x"),
        "kernelY": _("Kernel y"),
        "weights": _("Weights (near and similar)"),
        "products": _("Products"),
        "sum": _("Correlation") if matching_mode else _("Sum"),
        "median": _("Median (framed)"),
        "magnitude": _("Magnitude √(x² + y²)"),
        "channels": [_("Red"), _("Green"), _("Blue"), _("Luminance")],
        "step": _("Explain step"),
        "pixel": _("Output row {row}, column {column}"),
        "window": _("Window at row {row}, column {column}"),
        "cell": _("Row {row}, column {column}"),
        "pinned": _("pinned (click to release)"),
        "padding": _("{count} cells lie outside (hatched): border {border}").replace(
            "{border}", _border_name(recipe.border)
        ),
        "outside": _("outside"),
        "hint": _("Drag a frame to choose another template; move to see the score of a window.")
        if matching_mode
        else _("Move over either picture; click to pin a pixel; click, then scroll to zoom."),
        "tooDear": _("One pixel of this chain takes too many multiplications to follow live; look at an earlier step."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "notLocal": _("Canny follows edges across the whole picture, so no single window explains one pixel."),
        "hueLow": _("direction: → 0°"),
        "hueHigh": _("360°"),
    }


def _border_name(border: str) -> str:
    names = {
        "reflect": _("reflect"),
        "replicate": _("replicate"),
        "zeros": _("zeros"),
        "circular": _("circular"),
        "valid": _("valid"),
    }
    return names[border]

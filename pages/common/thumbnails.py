"""Small real pictures for the home page: what a page computes for some of its settings."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import ImageColor
from safetensors.numpy import load_file

from cnnviz.convolution import chain, filtering, layer_text, matching, notation
from cnnviz.convolution.frequency import response
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.figures import colours, encode
from cnnviz.figures.bubbles import bubbles
from cnnviz.figures.curves import curves
from cnnviz.figures.display import display, display_directions, display_signed, fit
from cnnviz.figures.spectra import log_levels, reduced
from cnnviz.images import Image, source
from cnnviz.networks import published, shipped
from cnnviz.training import comparison
from pages.common.arithmetic_settings import read_size
from pages.common.charts import COLOURS
from pages.common.layer_thumbnail import layer_thumbnail
from pages.common.viewer import automatic_mode

__all__ = ["thumbnail"]

HEIGHT = 180  # pixels
MAPS_ACROSS = 4
MAP_SIDE = HEIGHT // MAPS_ACROSS


def thumbnail(query: Mapping[str, str]) -> bytes:
    """What a page computes, before and after side by side, as JPEG bytes; for its settings as in an address."""
    if "layer" in query:
        return _layer(query["layer"], query["size"])
    if "cost" in query:
        return _families()
    if "curves" in query:
        return _learning()
    if "model" in query:
        return _maps(query["model"], query["picture"])
    if "response" in query:
        return _response(query["picture"], query["response"])
    return _pair(tuple(sorted(query.items())))


@st.cache_resource(max_entries=64, show_spinner=False)
def _layer(layer: str, size: str) -> bytes:
    return layer_thumbnail(layer_text.read(layer), read_size(size))


@st.cache_resource(show_spinner=False)
def _families() -> bytes:
    """Accuracy on ImageNet against operations, a colour for each family."""
    families = list(published.FAMILIES)
    colour = {family: ImageColor.getrgb(COLOURS[i % len(COLOURS)])[:3] for i, family in enumerate(families)}
    picture = bubbles(
        np.log10([each.macs.value for each in published.RESULTS]),
        [each.top1.value for each in published.RESULTS],
        [each.parameters.value for each in published.RESULTS],
        [colour[each.family] for each in published.RESULTS],
        (HEIGHT, 2 * HEIGHT + 6),
    )
    return encode.jpeg(picture, full_colour=True)


@st.cache_resource(show_spinner=False)
def _learning() -> bytes:
    """Training error, epoch by epoch, of the shipped networks with and without shortcuts."""
    recorded, _ = comparison.shipped(shipped.MODELS)
    shown = comparison.degradation(recorded) or recorded
    picture = curves(
        [[1 - epoch["train_accuracy"] for epoch in each.metrics] for each in shown],
        [ImageColor.getrgb(colour)[:3] for colour, _ in zip(COLOURS, shown, strict=False)],
        (HEIGHT, 2 * HEIGHT + 6),
    )
    return encode.jpeg(picture, full_colour=True)


@st.cache_resource(max_entries=8, show_spinner=False)
def _maps(model: str, picture: str) -> bytes:
    """A picture and what the filters of a shipped network's first convolution make of it; needs no torch."""
    filters = load_file(shipped.MODELS / f"{model}.safetensors")["conv1.conv.weight"]
    image = source.read(picture).load()
    side = min(image.size)
    top, left = ((length - side) // 2 for length in image.size)
    square = image.pixels[top : top + side, left : left + side]
    small = cv2.resize(square, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA)
    maps = [_response_of(each, small - small.mean(axis=(0, 1))) for each in filters[: MAPS_ACROSS**2]]
    rows = [maps[start : start + MAPS_ACROSS] for start in range(0, len(maps), MAPS_ACROSS)]
    grid = np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
    scale = float(np.percentile(np.abs(grid), 99))  # a few strong places would leave the rest pale
    sides = [_scaled(display(square, "clip").rgb), _scaled(display_signed(grid, scale).rgb)]
    gap = np.full((HEIGHT, 6, 3), 255, np.uint8)
    return encode.jpeg(np.concatenate([sides[0], gap, sides[1]], axis=1), full_colour=True)


def _response_of(kernel: NDArray[np.float32], pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    channels = [filtering.correlate(pixels[:, :, i], plane) for i, plane in enumerate(kernel)]
    return np.sum(channels, axis=0, dtype=np.float32)


@st.cache_resource(max_entries=64, show_spinner=False)
def _response(picture: str, kernel: str) -> bytes:
    """The picture's spectrum and the kernel's response."""
    spectrum = transform(source.read(picture).load().luminance).magnitude.astype(np.float64) ** 2
    levels = log_levels(reduced(spectrum)).levels
    step = notation.read(kernel)[0]
    gains = response(step.kernel.weights).magnitude  # type: ignore[union-attr]  # a linear step
    shares = np.rint(255 * gains / gains.max()).astype(np.uint8)
    sides = [_scaled(colours.sequential()[each]) for each in (levels, shares)]
    gap = np.full((HEIGHT, 6, 3), 255, np.uint8)
    return encode.jpeg(np.concatenate([sides[0], gap, sides[1]], axis=1), full_colour=True)


@st.cache_resource(max_entries=64, show_spinner=False)
def _pair(query: tuple[tuple[str, str], ...]) -> bytes:
    values = dict(query)
    image = source.read(values["picture"]).load()
    disturbance = source.read_noise(values.get("noise", "none"))
    shown = image if disturbance is None else disturbance.add(image)
    after = _match(shown, values["region"]) if values.get("tool") == "match" else _filter(shown, values)
    sides = [_scaled(side) for side in (display(shown.pixels, "clip").rgb, after)]
    gap = np.full((HEIGHT, 6, 3), 255, np.uint8)
    return encode.jpeg(np.concatenate([sides[0], gap, sides[1]], axis=1), full_colour=True)


def _filter(image: Image, values: Mapping[str, str]) -> NDArray[np.uint8]:
    steps = notation.read(values["chain"])
    filtered = chain.apply(image.luminance if image.is_grey else image.pixels, steps)
    if values.get("view") == "hue" and filtered.direction is not None:
        return display_directions(filtered.direction, filtered.values).rgb
    mode = "signed" if values.get("view") == "signed" else automatic_mode(steps)
    return display(filtered.values, mode).rgb


def _match(image: Image, region: str) -> NDArray[np.uint8]:
    row, column, rows, columns = map(int, region.split("."))
    grey = image.luminance
    return display_signed(matching.match(grey, grey[row : row + rows, column : column + columns]).response, 1.0).rgb


def _scaled(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A square from the middle, `HEIGHT` wide; small test patterns are enlarged pixel by pixel."""
    colour = rgb if rgb.ndim == 3 else np.repeat(rgb[:, :, None], 3, axis=2)
    side = min(colour.shape[:2])
    top, left = (colour.shape[0] - side) // 2, (colour.shape[1] - side) // 2
    square = colour[top : top + side, left : left + side]
    if side < HEIGHT:
        place = np.arange(HEIGHT) * side // HEIGHT
        return np.ascontiguousarray(square[place][:, place])
    return fit(square, HEIGHT)

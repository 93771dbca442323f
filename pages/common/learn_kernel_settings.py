"""The settings of the tab "Learn a kernel", and the controls for them."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st
from numpy.typing import ArrayLike

from cnnviz.convolution import catalogue, kernel_text, kernels, notation
from cnnviz.convolution.steps import Linear
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.images import patterns, samples
from cnnviz.training import kernel_lessons, kernel_options
from pages.common.language import _, sentence
from pages.common.settings import Setting, Settings, bound, choice, flag, number

__all__ = ["LEARN_KERNEL_SETTINGS", "hidden_title", "kernel_controls", "picture_title"]

_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
_STEPS = (50, 100, 300, 500, 1000, 2000)
_NOISES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)
_ERROR = "training/kernel refused"
_OWN = ((0.0, 1.0, 0.0), (-1.0, 0.0, 1.0), (0.0, -1.0, 0.0))


def _checked(name: str) -> Any:
    """Decoder of a number of `Options`."""
    parameter = next(each for each in (*kernel_options.NUMBERS, kernel_lessons.NOISE) if each.name == name)

    def decode(text: str) -> float:
        value = float(text[:20])
        return parameter.check(int(value) if parameter.integer and math.isfinite(value) else value)

    return decode


def _read_size(text: str) -> int:
    size = int(text[:4])
    if size not in kernel_lessons.SIZES:
        raise ParameterError("size", size, ", ".join(map(str, kernel_lessons.SIZES)))
    return size


def _write_own(weights: ArrayLike) -> str:
    return notation.write((Linear(kernels.custom(weights)),))


def _read_own(text: str) -> tuple[tuple[float, ...], ...]:
    steps = notation.read(text[:2000])
    if len(steps) != 1 or not isinstance(steps[0], Linear):
        raise ParameterError("kernel", text[:40], "3x3~…")
    step = kernel_lessons.hidden(kernels.CUSTOM, steps[0].kernel.weights)
    assert isinstance(step, Linear)  # noqa: S101 - "custom" always is
    return tuple(map(tuple, step.kernel.weights.tolist()))


LEARN_KERNEL_SETTINGS: tuple[Setting, ...] = (
    choice("kernel_hidden", "sobel_x", kernel_lessons.HIDDEN),
    Setting("kernel_own", _OWN, _write_own, _read_own),
    choice("kernel_picture", "coffee", kernel_lessons.PICTURES),
    Setting("kernel_size", 3, str, _read_size),
    choice("kernel_optimiser", "momentum", kernel_options.OPTIMISERS),
    Setting("kernel_rate", 0.5, "{:g}".format, _checked("learning_rate")),
    Setting("kernel_steps", 300, str, _checked("steps")),
    Setting("kernel_noise", 0.0, "{:g}".format, _checked("noise")),
    choice("kernel_start", "random", kernel_options.STARTS),
    flag("kernel_centred"),
    number("kernel_seed", 0, 0, 999),
)


def hidden_title(key: str) -> str:
    """What the visitor reads for a hidden operation."""
    return _("Your own numbers") if key == kernels.CUSTOM else _(catalogue.entry(key).title)


def picture_title(key: str) -> str:
    """What the visitor reads for a picture."""
    own = {"stripes": _("Upright stripes"), "constant": _("One grey"), "noise": _("Noise")}
    if key in own:
        return own[key]
    return _(samples.get(key).title) if key in samples.names() else _(patterns.get(key).title)


def kernel_controls(settings: Settings) -> None:
    """Draw the controls in one line, the rarer ones behind a button."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        settings.control(
            "kernel_hidden", st.selectbox, _("Hidden operation"), kernel_lessons.HIDDEN, format_func=hidden_title,
            width=165,
        )  # fmt: skip
        settings.control(
            "kernel_picture", st.selectbox, _("Picture"), kernel_lessons.PICTURES, format_func=picture_title, width=150
        )
        settings.control(
            "kernel_size",
            st.selectbox,
            _("Learner"),
            kernel_lessons.SIZES,
            format_func=lambda size: f"{size}×{size}",
            width=90,
        )
        optimisers = {"sgd": "SGD", "momentum": _("Momentum"), "adam": "Adam"}
        settings.control(
            "kernel_optimiser", st.segmented_control, _("Optimiser"), list(optimisers),
            format_func=optimisers.__getitem__, required=True, width="content",
        )  # fmt: skip
        rates = sorted({*_RATES, settings["kernel_rate"]})
        settings.control("kernel_rate", st.selectbox, _("Learning rate η"), rates, format_func="{:g}".format, width=90)
        with st.popover(_("More"), icon=":material/tune:"):
            _more(settings)
    if settings["kernel_hidden"] == kernels.CUSTOM:
        _own_control(settings)


def _more(settings: Settings) -> None:
    steps = sorted({*_STEPS, settings["kernel_steps"]})
    settings.control("kernel_steps", st.select_slider, _("Steps"), steps)
    noises = sorted({*_NOISES, settings["kernel_noise"]})
    settings.control(
        "kernel_noise",
        st.select_slider,
        _("Noise on the target (standard deviation)"),
        noises,
        format_func="{:g}".format,
    )
    settings.control("kernel_centred", st.toggle, _("Take the picture’s mean away first"))
    starts = {"random": _("random"), "zero": _("zeros")}
    settings.control(
        "kernel_start", st.segmented_control, _("First weights"), list(starts), format_func=starts.__getitem__,
        required=True,
    )  # fmt: skip
    settings.control("kernel_seed", st.number_input, _("Seed of the random numbers"), 0, 999)


def _own_control(settings: Settings) -> None:
    """A line to type the kernel in; what cannot be read is refused, and the last good kernel stays."""

    def store(text: str) -> None:
        st.session_state.pop(_ERROR, None)
        try:
            settings["kernel_own"] = _read_own(_write_own(kernel_text.parse_text(text)))
        except CnnvizError as error:
            st.session_state[_ERROR] = error

    rows = ("  ".join(kernel_text.format_cell(cell) for cell in row) for row in settings["kernel_own"])
    bound(
        f"{settings.page}/kernel_own", " ; ".join(rows), store, st.text_input,
        _("Your numbers, rows separated by semicolons (at most 7 × 7)"),
    )  # fmt: skip
    if (refused := st.session_state.get(_ERROR)) is not None:
        st.error(sentence(refused) + " " + _("The last good kernel stays in use."))

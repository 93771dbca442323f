"""The one-dimensional mode of the page Convolution arithmetic: a signal meets a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnnviz.convolution import signals
from cnnviz.convolution.signals import Samples
from cnnviz.errors import ParameterError
from cnnviz.figures import colours
from pages.common.components import pack
from pages.common.language import _, ngettext
from pages.common.player import player_labels
from pages.common.settings import Setting, Settings, choice, number

__all__ = ["SIGNAL_LENGTH", "SIGNAL_SETTINGS", "signal_controls", "signal_facts", "signal_message"]

SIGNAL_LENGTH = 21  # samples: each is wide enough for a number, and the ramp rises by 0.05
_SPACINGS = (1, 12)
_WIDTHS = (3, 9)  # odd ones: they have a middle, so that "centred" means the same to everybody


def _read_width(text: str) -> int:
    width = int(text)
    if not _WIDTHS[0] <= width <= _WIDTHS[1] or width % 2 == 0:
        raise ParameterError("width", width, "3, 5, 7, 9")
    return width


SIGNAL_SETTINGS = (
    choice("signal", "impulses", signals.SIGNALS),
    number("spacing", 7, *_SPACINGS),
    choice("kernel", "decay", signals.KERNELS),
    Setting("width", 5, str, _read_width),
)


def signal_controls(settings: Settings) -> None:
    """Draw the controls of the signal and of the kernel."""
    titles = {key: _(title) for key, title in signals.SIGNALS.items()}
    settings.control("signal", st.selectbox, _("Signal"), list(titles), format_func=titles.__getitem__)
    if settings["signal"] == "impulses":
        settings.control("spacing", st.slider, _("Samples from one impulse to the next"), *_SPACINGS)
    titles = {key: _(title) for key, title in signals.KERNELS.items()}
    settings.control("kernel", st.selectbox, _("Kernel"), list(titles), format_func=titles.__getitem__)
    settings.control("width", st.slider, _("Width of the kernel"), *_WIDTHS, step=2)


def signal_message(settings: Settings) -> bytes:
    """Everything that the browser needs to play it: signal, kernel, nothing (a layer's bias), the palette."""
    samples, weights = _numbers(settings)
    header = {
        "scene": "signal",
        "name": "signal",
        "signature": " ".join(str(settings[each.name]) for each in SIGNAL_SETTINGS),
        "predict": "",
        "step": settings["step"] - 1 if "step" in settings else 0,
        "labels": {**player_labels(), **_labels()},
    }
    return pack(header, samples.tobytes(), weights.tobytes(), b"", colours.diverging().tobytes())


def _numbers(settings: Settings) -> tuple[Samples, Samples]:
    samples = signals.signal(settings["signal"], SIGNAL_LENGTH, settings["spacing"])
    return samples, signals.kernel(settings["kernel"], settings["width"])


def _labels() -> dict[str, Any]:
    return {
        "convolution": _("Convolution"),
        "convolution_note": _("kernel flipped"),
        "correlation": _("Correlation"),
        "correlation_note": _("kernel as it is: what networks compute"),
        "row_signal": _("Signal x[n]"),
        "kernel_convolution": _("Kernel h, flipped and shifted to n = {n}"),
        "kernel_correlation": _("Kernel h, shifted to n = {n}"),
        "laid_convolution": _("Kernel h as it is, laid down at n = {n}"),
        "laid_correlation": _("Kernel h flipped, laid down at n = {n}"),
        "row_products": _("Products x·h"),
        "row_output": _("Output y[n], their sum"),
        "zeros_outside": _("zeros outside"),
        "sample_reaches": _("Outputs that it adds to ({count}):"),
        "weight_reads": _("This one number makes a product for each of the {count} outputs:"),
    }


def signal_facts(settings: Settings) -> None:
    """Say below the player what these numbers show."""
    samples, weights = _numbers(settings)
    facts = [_sum_fact(weights), _flip_fact(samples, weights)]
    if settings["signal"] == "impulses":
        facts.insert(0, _copies_fact(settings["spacing"], samples, weights))
    half = len(weights) // 2
    convolution = rf"y[n] = \sum_k h[k]\,x[n + {half} - k]"
    correlation = rf"y[n] = \sum_k h[k]\,x[n - {half} + k]"
    st.markdown(_("Convolution: {formula}").format(formula=f"${convolution}$") + " · "
                + _("correlation: {formula}").format(formula=f"${correlation}$"))  # fmt: skip
    st.markdown("\n".join(f"- {fact}" for fact in facts))
    st.caption(
        _(
            'Shown are the {count} outputs centred on the signal, as `np.convolve(x, h, "same")` gives them; kernel '
            "and signal meet at {all} places. Positions and weights are counted from 0."
        ).format(count=len(samples), all=len(signals.convolve(samples, weights)))
    )


def _copies_fact(spacing: int, samples: Samples, weights: Samples) -> str:
    overlap = len(weights) - spacing
    if np.count_nonzero(samples) > 1 and overlap > 0:
        return ngettext(
            "The impulses are {spacing} apart and the kernel is {width} wide: neighbouring copies of it overlap in "
            "{overlap} sample, where they add.",
            "The impulses are {spacing} apart and the kernel is {width} wide: neighbouring copies of it overlap in "
            "{overlap} samples, where they add.",
            overlap,
        ).format(spacing=spacing, width=len(weights), overlap=overlap)
    return _(
        "Convolution puts a copy of the kernel at every impulse, its middle on the impulse; correlation puts a flipped "
        "one."
    )


def _sum_fact(weights: Samples) -> str:
    total = weights.sum()
    if abs(total) < 1e-12:  # rounding
        return _("The weights sum to 0: where the signal is constant under the whole kernel, the output is 0.")
    if abs(total - 1) < 1e-12:
        return _("The weights sum to 1: where the signal is constant under the whole kernel, it stays as it is.")
    return _(
        "The weights sum to {total:.4g}: where the signal is constant under the whole kernel, the output is "
        "{total:.4g} times as large."
    ).format(total=total)


def _flip_fact(samples: Samples, weights: Samples) -> str:
    if signals.is_symmetric(weights):
        return _("The kernel is symmetric: flipping changes nothing, convolution and correlation are equal.")
    if signals.is_antisymmetric(weights):
        return _("Flipping this kernel turns every sign: the convolution is minus the correlation.")
    both = signals.convolve(samples, weights), signals.correlate(samples, weights)
    convolved, correlated = (signals.centred(each, len(weights)) for each in both)
    difference = np.abs(convolved - correlated).max()
    return _(
        "The kernel is not symmetric: convolution and correlation differ, here by up to {difference:.3g}. A network "
        "learns its kernels, so it learns a flipped one just as well."
    ).format(difference=difference)

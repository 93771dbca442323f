"""What the numbers say about a filter and its result: the line below the picture and the tabs behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import catalogue, chain, facts, filtering, kernel_text
from cnnviz.convolution.companions import luminance
from cnnviz.figures import encode
from cnnviz.figures.display import display
from cnnviz.images import Image, quality
from pages.common.language import _, ngettext
from pages.common.percent import percent, percent_sign
from pages.common.pictures import Pictures
from pages.common.viewer import Recipe, Shown

__all__ = ["histograms", "kernel_facts", "noise_readout", "result_line"]

_BINS = 64


def result_line(shown: Shown) -> None:
    """Range, share of negative values and time, in one line."""
    parts = [
        _("values from {low:.3f} to {high:.3f}").format(low=shown.minimum, high=shown.maximum),
        _("{share} of them negative").format(share=percent(shown.negative_share)),
        _("filtered in {time:.1f} ms").format(time=shown.milliseconds),
    ]
    if shown.mode == "signed" and shown.channels == 3:
        parts.append(_("the colours show the luminance of the result"))
    st.caption(" · ".join(parts))


# ---- the kernel


def kernel_facts(steps: Sequence[chain.Step], index: int, recipe: Recipe) -> None:
    """Facts about the chosen step's kernel, and the single kernel that stands for the whole chain."""
    step = steps[min(index, len(steps) - 1)]
    if len(steps) == 1 and getattr(step, "repeat", 1) == 1:
        st.markdown(_about(step))
        return
    left, right = st.columns(2)
    left.markdown(_about(step))
    with right:
        _equivalent(steps, recipe)


def _about(step: chain.Step) -> str:
    """All that is known about a step, as one text: fewer elements reach the browser sooner."""
    entry = catalogue.entry(catalogue.key_of(step))
    parts = [f"**{_(entry.title)}.** {_(entry.responds_to)}"]
    if isinstance(step, chain.Linear):
        parts.append("\n".join(f"- {line}" for line in _lines(step)))
    else:
        parts.append(_("This is not a convolution: no kernel gives the same result."))
    if entry.formula:
        parts.append(f"$$\n{entry.formula}\n$$")
    if entry.source:
        parts.append(":small[" + _("Source: {source}").format(source=entry.source) + "]")
    return "\n\n".join(parts)


def _lines(step: chain.Linear) -> list[str]:
    weights = step.kernel.weights
    found = facts.facts(weights)
    rows, columns = found.size
    lines = [
        _("Size {rows} × {columns}").format(rows=rows, columns=columns),
        _brightness(found),
        _symmetry(found),
        _cost(found) + " · " + _("Computed here: {method}.").format(method=_method(step)),
    ]
    if found.factors is not None and rows * columns > 1:
        column, row = (", ".join(map(kernel_text.format_cell, _rounded(factor))) for factor in found.factors)
        lines.append(_("Separable: column [{column}] × row [{row}]").format(column=column, row=row))
    elif rows * columns > 1:
        lines.append(_("Not separable: no column times a row gives it"))
    if found.nearest is not None and found.nearest.kernel.key != step.kernel.key:
        lines.append(_nearest(found.nearest))
    return lines


def _rounded(factor: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.4g}") for value in factor]


def _brightness(found: facts.Facts) -> str:
    total = kernel_text.format_cell(float(f"{found.total:.6g}"))
    if found.total == 0:
        return _("Sum 0: flat areas become 0, only changes remain")
    if abs(found.total - 1) < 1e-9:
        return _("Sum 1: the brightness of flat areas is kept")
    return _("Sum {total}: flat areas are multiplied by {total}").format(total=total)


def _symmetry(found: facts.Facts) -> str:
    if found.symmetric:
        return _("Symmetric under a half turn: correlation and convolution are the same")
    if found.antisymmetric:
        return _("Antisymmetric under a half turn: convolution only changes the sign")
    return _("Not symmetric: correlation and convolution differ")


def _cost(found: facts.Facts) -> str:
    direct = ngettext("{n} multiplication per pixel", "{n} multiplications per pixel", found.multiplications_direct)
    text = direct.format(n=found.multiplications_direct)
    if found.multiplications_separable and found.multiplications_separable < found.multiplications_direct:
        text += " " + _("({n} when separated)").format(n=found.multiplications_separable)
    return text


def _method(step: chain.Linear) -> str:
    names = {
        "direct": _("every weight times every pixel"),
        "separable": _("a column, then a row"),
        "fft": _("by multiplying spectra (FFT)"),
    }
    return names[filtering.method(step.kernel.weights, step.dilations)]


def _nearest(nearest: facts.Nearest) -> str:
    title = _(nearest.kernel.title)
    if nearest.exact and abs(nearest.scale - 1) < 1e-9:
        return _("It is {title}").format(title=title)
    if nearest.exact:
        return _("It is {scale} × {title}").format(scale=f"{nearest.scale:.4g}", title=title)
    if nearest.similarity < 0:
        title = _("minus {title}").format(title=title)
    return _("Most like {title} (cosine {similarity:.2f})").format(title=title, similarity=abs(nearest.similarity))


def _equivalent(steps: Sequence[chain.Step], recipe: Recipe) -> None:
    single = chain.equivalent(steps, recipe.flip)
    # Equivalent weights are for correlation; under "convolution" the page flips what is typed, so show them flipped.
    if single is None:
        st.caption(
            _("No single kernel equals this chain: one of its steps is not linear, or the kernel would be too large.")
        )
        return
    weights = single.weights[::-1, ::-1] if recipe.flip else single.weights
    rows, columns = weights.shape
    st.markdown(
        _("**One {rows} × {columns} kernel does the same** (away from the border):").format(rows=rows, columns=columns)
    )
    if max(rows, columns) <= 9:
        cells = [[kernel_text.format_cell(value) for value in _rounded(row)] for row in weights]
        st.table(cells)
    else:
        scale = max(1, 240 // max(rows, columns))
        picture = display(weights.astype(np.float32), "signed")
        enlarged = np.kron(picture.rgb, np.ones((scale, scale, 1), np.uint8))
        st.image(
            encode.png(enlarged),
            caption=_("colours from {low:.3g} to {high:.3g}").format(low=picture.low, high=picture.high),
            output_format="PNG",
        )
    if single.stride != (1, 1):
        st.caption(_("with stride {rows} × {columns}").format(rows=single.stride[0], columns=single.stride[1]))


# ---- histograms


@st.cache_resource(max_entries=64, show_spinner=False)
def _counts(digest: str, recipe: Recipe, _image: Image) -> tuple[NDArray[np.float32], ...]:
    before = luminance(_image.pixels)
    after = luminance(recipe.run(_image).values)
    pairs = [np.histogram(each, _BINS, _range(each)) for each in (before, after)]
    return tuple(array.astype(np.float32) for pair in pairs for array in pair)


def _range(values: NDArray[np.float32]) -> tuple[float, float]:
    low, high = float(min(values.min(), 0)), float(max(values.max(), 1))
    return low, high


def histograms(image: Image, recipe: Recipe) -> None:
    """Luminance of the picture and of the result, as shares of the pixels."""
    before, before_edges, after, after_edges = _counts(image.digest, recipe, image)
    columns = st.columns(2)
    for column, title, counts, edges in (
        (columns[0], _("Luminance of the picture"), before, before_edges),
        (columns[1], _("Luminance of the result"), after, after_edges),
    ):
        middles = (edges[1:] + edges[:-1]) / 2
        figure = go.Figure(
            go.Bar(
                x=middles,
                y=100 * counts / counts.sum(),
                width=np.diff(edges),
                marker_color=np.where(middles < 0, "#0073d1", "#8a8a8a"),
            )
        )
        figure.update_layout(
            title={"text": title, "font": {"size": 15}},
            xaxis_title=_("value"),
            yaxis={"title": _("share of pixels"), "ticksuffix": percent_sign()},
            height=260,
            margin={"l": 10, "r": 10, "t": 36, "b": 10},
            bargap=0,
        )
        column.plotly_chart(figure, key=f"filters/histogram/{title}", config={"displaylogo": False})


# ---- noise


def noise_readout(chosen: Pictures, recipe: Recipe) -> None:
    """PSNR and SSIM against the clean picture: what the filter buys and what it costs."""
    rows = _qualities(chosen.shown.digest, chosen.clean.digest, recipe, chosen)
    if rows is None:
        st.caption(_("PSNR and SSIM need a result of the picture's size: stride 1, and a border other than “valid”."))
        return
    names = [_("Noisy picture"), _("Result"), _("The same filter on the clean picture")]
    st.table(
        {
            _("against the clean picture"): names,
            "PSNR (dB)": ["∞" if np.isinf(each.psnr) else f"{each.psnr:.2f}" for each in rows],
            "SSIM": ["–" if each.ssim is None else f"{each.ssim:.3f}" for each in rows],
        }
    )
    gained = rows[1].psnr - rows[0].psnr
    if not np.isfinite(gained):
        verdict = _("One of the pictures equals the clean one, so there is nothing to compare.")
    elif gained > 0:
        verdict = _("The filter brings the picture {gain:.1f} dB nearer to the clean one.")
    else:
        verdict = _("The filter takes the picture {gain:.1f} dB further from the clean one.")
    st.markdown(verdict.format(gain=abs(gained)))
    st.caption(
        _("The last row is the price: detail lost where there was no noise.")
        + " "
        + _("Results are clipped to 0–1 before they are compared.")
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _qualities(noisy: str, clean: str, recipe: Recipe, _chosen: Pictures) -> list[quality.Quality] | None:
    results = [recipe.run(image).values for image in (_chosen.shown, _chosen.clean)]
    if results[0].shape[:2] != _chosen.clean.size:
        return None
    reference = _as_image(_chosen.clean.luminance) if results[0].ndim == 2 else _chosen.clean
    noisy_picture = _as_image(_chosen.shown.luminance) if results[0].ndim == 2 else _chosen.shown
    compared = [noisy_picture, *map(_as_image, results)]
    return [quality.compare(reference, each) for each in compared]


def _as_image(values: NDArray[np.float32]) -> Image:
    return Image.from_array(values, "", depth=16)

"""Learned filters: what a network found by itself, beside what people had made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import notation
from cnnviz.convolution.likeness import OPPONENTS, Match, opponents
from cnnviz.convolution.steps import Linear
from cnnviz.errors import ParameterError
from cnnviz.figures import encode
from pages.common import site
from pages.common.components import component, pack
from pages.common.kernel_address import kernel_address
from pages.common.language import _, ngettext
from pages.common.learned_pictures import VIEWS, enlarged, frequency_levels, signed_levels, view_levels
from pages.common.learned_source import PUBLISHED, RUN, Ranked, ranked, source_names
from pages.common.percent import percent
from pages.common.run_list import short_name
from pages.common.settings import Setting, Settings, choice, number

__all__ = ["LEARNED_SETTINGS", "learned_tab"]

_MOST = 1023  # filters of a layer, counted from 0
_LONGEST = 100


def _read_name(text: str) -> str:
    if len(text) > _LONGEST:
        raise ParameterError("learned", text[:40], "…")
    return text


LEARNED_SETTINGS: tuple[Setting, ...] = (
    Setting("learned", "", str, _read_name),
    choice("learned_view", "colour", VIEWS),
    choice("learned_order", "layer", ("layer", "likeness")),
    number("learned_filter", 0, 0, _MOST),
)


def learned_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `LEARNED_SETTINGS`."""
    names = source_names()
    if not names:
        st.info(_("There is no trained network here yet: train one in the first tab."))
        return
    if settings["learned"] not in names:
        settings["learned"] = names[0]
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls:
        settings.control("learned", st.selectbox, _("Trained network"), names, format_func=_title, width=300)
    with st.spinner(_("Comparing filters")):
        found = ranked(settings["learned"])
    if not np.isfinite(found.filters.trained).all():
        st.warning(_("The filters of this network are not numbers any more: its training ran away. Choose another."))
        return
    with controls:
        _view_controls(settings, found.filters.trained.shape[1])
    chosen = min(settings["learned_filter"], len(found.filters.trained) - 1)
    st.markdown(_finding(found))
    left, right = st.columns([5, 6], gap="large")
    with left:
        _grid(settings, found, chosen)
        st.caption(_layer(found) + _cut(found))
    with right:
        _chosen(found, chosen)


def _title(name: str) -> str:
    if name.startswith(RUN):
        return _("Run {name}").format(name=short_name(name.removeprefix(RUN)))
    if name.startswith(PUBLISHED):
        return _("{name}, from torchvision").format(name=name.removeprefix(PUBLISHED))
    return name


def _view_controls(settings: Settings, channels: int) -> None:
    orders = {"layer": _("as they are"), "likeness": _("by likeness")}
    settings.control(
        "learned_order", st.segmented_control, _("Order"), list(orders), format_func=orders.__getitem__, required=True,
        width="content",
    )  # fmt: skip
    if channels != 3:
        return
    views = {
        "colour": _("colour"),
        "luminance": _("brightness"),
        "red": _("red"),
        "green": _("green"),
        "blue": _("blue"),
    }
    settings.control(
        "learned_view", st.segmented_control, _("Show"), list(views), format_func=views.__getitem__, required=True,
        width="content",
    )  # fmt: skip


# ---- what is said


def _finding(found: Ranked) -> str:
    """How like hand-made kernels the layer is, against random filters and against itself before training."""
    if found.baseline is None:
        return _("Filters of this size have no hand-made relatives here: they are shown, but not compared.")
    limit, size = found.baseline.quantile, found.filters.trained.shape[2]
    trained = np.array([each.likeness for each in found.matches if each])
    above = int((trained > limit).sum())
    text = ngettext(
        "**{above} of {count} filter** is more like a hand-made kernel than 95% of random filters are (likeness above "
        "{limit:.2f}); the mean is {mean:.2f}.",
        "**{above} of {count} filters** are more like a hand-made kernel than 95% of random filters are (likeness "
        "above {limit:.2f}); the mean is {mean:.2f}.",
        len(trained),
    ).format(above=above, count=len(trained), limit=limit, mean=trained.mean())
    if len(found.before):
        before = _("Before training: {above} of {count}, mean {mean:.2f}.")
        text += " " + before.format(
            above=int((found.before > limit).sum()), count=len(found.before), mean=found.before.mean()
        )
    random = _("{filters:,} random filters of {size}×{size} reach {mean:.2f} on average.")
    text += " " + random.format(filters=found.baseline.filters, size=size, mean=found.baseline.mean)
    if found.baseline.mean > 0.7:
        text += " " + _("So small a filter is near some kernel or other, whatever it holds: likeness says little here.")
    return text


def _layer(found: Ranked) -> str:
    count, channels, rows, columns = found.filters.trained.shape
    if not found.filters.epoch:
        text = _(
            "{count} filters of {rows}×{columns} on {channels} channels, as they were published. Grey is zero, each "
            "filter on its own scale. Below: likeness."
        )
        return text.format(count=count, rows=rows, columns=columns, channels=channels)
    text = ngettext(
        "{count} filters of {rows}×{columns} on {channels} channel, after {epoch} epochs. Blue is negative, orange "
        "positive, each filter on its own scale. Below: likeness.",
        "{count} filters of {rows}×{columns} on {channels} channels, after {epoch} epochs. Grey is zero, each filter "
        "on its own scale; a single channel is blue below zero, orange above. Below: likeness.",
        channels,
    )
    return text.format(count=count, rows=rows, columns=columns, channels=channels, epoch=found.filters.epoch)


def _cut(found: Ranked) -> str:
    """That the layer may have more filters than were kept."""
    if not found.filters.is_cut:
        return ""
    text = _("These are the first {count}: the layer may have more, but this run has kept no more of it.")
    return " " + text.format(count=len(found.filters.trained))


# ---- the grid


def _grid(settings: Settings, found: Ranked, chosen: int) -> None:
    trained = found.filters.trained
    order = list(range(len(trained)))
    if settings["learned_order"] == "likeness" and found.matches:
        order.sort(key=lambda i: -_likeness(found, i))
    levels = [view_levels(trained[i], settings["learned_view"]) for i in order]
    header = {
        "rows": trained.shape[2],
        "columns": trained.shape[3],
        "chosen": chosen,
        "filters": [{"number": i, "note": _note(found, i), "title": _button(found, i)} for i in order],
        "labels": {"grid": _("Filters of the first layer: arrow keys move, Enter chooses")},
    }
    key = "training/learned_filters"

    def report() -> None:
        number = (st.session_state.get(key) or {}).get("chosen")
        if isinstance(number, int | float) and 0 <= number < len(trained):
            settings["learned_filter"] = int(number)

    data = pack(header, b"".join(each.tobytes() for each in levels))
    component("learned_filters", "../unpack.js", "main.js")(key=key, data=data, on_chosen_change=report)


def _likeness(found: Ranked, i: int) -> float:
    match = found.matches[i]
    return match.likeness if match else 0.0


def _note(found: Ranked, i: int) -> str:
    return f"{_likeness(found, i):.2f}" if found.matches else str(i + 1)


def _button(found: Ranked, i: int) -> str:
    match = found.matches[i] if found.matches else None
    title = _("Filter {number}").format(number=i + 1)
    return f"{title}: {_named(match)}" if match else title


def _named(match: Match) -> str:
    """The nearest kernel with what tells it from others of its family, and the likeness."""
    values = match.kernel.parameters
    words = {
        "gabor": _("{angle:.0f}°, wavelength {wavelength:g}, phase {phase:.0f}°"),
        "gaussian": _("width {sigma:g}"),
        "laplacian_of_gaussian": _("width {sigma:g}"),
        "difference_of_gaussians": _("widths {sigma_narrow:g} and {sigma_wide:g}"),
        "shift": _("{rows:g} down, {columns:g} right"),
    }.get(match.kernel.key, "")
    parts = [_(match.kernel.title), *([words.format(**values)] if words else [])]
    return ", ".join([*parts, _("likeness {value:.2f}").format(value=match.likeness)])


# ---- the chosen one


def _chosen(found: Ranked, chosen: int) -> None:
    weights = found.filters.trained[chosen]
    match = found.matches[chosen] if found.matches else None
    pattern = match.pattern if match else weights.mean(axis=0)
    heading = _button(found, chosen)
    st.markdown(f"**{heading}**")
    largest = float(np.abs(pattern).max())
    pictures = [(_("Learned"), signed_levels(pattern, largest))]
    if match:
        pictures.append((_("Nearest hand-made"), signed_levels(match.weights, largest)))
    pictures.append((_("Its frequencies"), frequency_levels(pattern)))
    for column, (title, levels) in zip(st.columns(3, gap="small"), pictures, strict=False):
        column.image(encode.png(enlarged(levels)), caption=title, width="stretch", output_format="PNG")
    if match:
        st.markdown(_explained(match))
    _links(pattern, match)
    with st.expander(_("The numbers"), icon=":material/grid_on:"):
        _numbers(pattern, match)


def _explained(match: Match) -> str:
    likeness = percent(match.likeness**2, 0)
    text = _("The kernel explains **{share}** of the pattern's energy (likeness squared).")
    if len(match.colour) == 1:
        return text.format(share=likeness)
    text += " " + _("Colour × pattern holds {rank_one} of the filter's energy, colour × kernel {whole}.")
    text = text.format(share=likeness, rank_one=percent(match.rank_one, 0), whole=percent(match.explained, 0))
    if len(match.colour) == 3:
        shares = opponents(match.colour)
        best = int(np.argmax(shares))
        colour = _("Its colour is mostly **{name}** ({share}): red {red:.2f}, green {green:.2f}, blue {blue:.2f}.")
        red, green, blue = match.colour
        name = _(OPPONENTS[best][0])
        text += " " + colour.format(name=name, share=percent(shares[best], 0), red=red, green=green, blue=blue)
    return text


def _links(pattern: NDArray[np.floating], match: Match | None) -> None:
    """The filter, and what it resembles, on the pages that explain filters."""
    with st.container(horizontal=True, gap="small"):
        own = kernel_address(pattern)
        site.link(site.FILTERS, _("Learned: on a picture"), {"chain": own})
        site.link(site.FREQUENCY, _("Learned: its frequencies"), {"chain": own})
        if match:
            named = notation.write((Linear(match.kernel),))
            site.link(site.FILTERS, _("Hand-made: on a picture"), {"chain": named})
            site.link(site.FREQUENCY, _("Compare frequencies"), {"chain": own, "compare": named, "tab": "sections"})


def _numbers(pattern: NDArray[np.floating], match: Match | None) -> None:
    left, right = st.columns(2)
    for column, title, values in (
        (left, _("Learned"), pattern),
        (right, _("Nearest hand-made"), match and match.weights),
    ):
        if values is not None:
            column.caption(title)
            frame = pd.DataFrame(np.asarray(values)).map("{:.3f}".format)
            column.dataframe(frame, hide_index=True, column_config={i: str(i + 1) for i in frame.columns})

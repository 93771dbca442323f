"""Filter playground: what does this kernel do to my picture, and how is one pixel computed?"""

from __future__ import annotations

import streamlit as st

from cnnviz.convolution import chain, filtering, notation
from cnnviz.figures.display import MODES as DISPLAY_MODES
from cnnviz.images import Image
from pages.common import take_away
from pages.common.chain_controls import chain_controls
from pages.common.filter_facts import histograms, kernel_facts, noise_readout, result_line
from pages.common.filter_settings import SETTINGS, filter_suggestions
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _
from pages.common.pictures import Pictures, picture_controls, pictures
from pages.common.settings import Settings
from pages.common.viewer import MODES, Recipe, Shown, filter_picture, match_picture, send_picture, viewer


@guarded
def main() -> None:
    """Draw the page."""
    settings = Settings("filters", SETTINGS)
    header(
        _("Filter playground"),
        _("Choose a kernel, see what it does to a picture, and follow one pixel through products and sum."),
    )
    notices(settings)
    suggestions(settings, filter_suggestions())
    with st.sidebar, st.expander(_("Picture, upload, noise"), key="filters/picture", icon=":material/image:"):
        picture_controls(settings)
    with st.sidebar:
        _tool_control(settings)
    chosen = pictures(settings)
    send_picture(chosen.shown)
    _playground(settings, chosen)
    with st.sidebar:
        _engine_controls(settings)


@st.fragment
@guarded
def _playground(settings: Settings, chosen: Pictures) -> None:
    """Everything that a change of the kernel changes, what is looked at first."""
    if settings["tool"] == "match":
        _match(settings, chosen)
    else:
        _filter(settings, chosen)
    settings.publish()


def _tool_control(settings: Settings) -> None:
    names = {"filter": _("Filter"), "match": _("Find a pattern")}
    settings.control("tool", st.segmented_control, _("Tool"), list(names), format_func=names.__getitem__, required=True)


def _engine_controls(settings: Settings) -> None:
    if settings["tool"] == "match":
        return
    borders = {
        "reflect": _("Reflect (edge not repeated)"),
        "replicate": _("Replicate the edge"),
        "zeros": _("Zeros"),
        "circular": _("Circular (wrap around)"),
        "valid": _("Valid (no padding)"),
    }
    operations = {"correlation": _("Correlation (networks)"), "convolution": _("Convolution (flipped)")}
    colours = {"colour": _("Each colour channel"), "luminance": _("Luminance only")}
    views = {"auto": _("Automatic"), "hue": _("Direction as hue")}
    views.update({key: _(title) for key, title in DISPLAY_MODES.items()})
    settings.control("view", st.selectbox, _("Show the result as"), _views(settings), format_func=views.__getitem__)
    settings.control("border", st.selectbox, _("Border"), filtering.BORDERS, format_func=borders.__getitem__)
    settings.control("operation", st.selectbox, _("Operation"), list(operations), format_func=operations.__getitem__)
    settings.control("colour", st.selectbox, _("Colour"), list(colours), format_func=colours.__getitem__)


def _views(settings: Settings) -> list[str]:
    """Directions can be shown when the last step is a gradient."""
    last = settings["chain"][-1] if settings["chain"] else None
    views = [view for view in MODES if view != "hue" or isinstance(last, chain.GradientMagnitude)]
    if settings["view"] not in views:
        settings["view"] = "auto"
    return views


def _recipe(settings: Settings, image: Image) -> Recipe:
    return Recipe(
        notation.write(settings["chain"]),
        settings["border"],
        settings["operation"] == "convolution",
        settings["colour"] == "luminance" or image.is_grey,  # three equal channels are one
    )


def _filter(settings: Settings, chosen: Pictures) -> None:
    recipe = _recipe(settings, chosen.shown)
    shown = filter_picture(chosen.shown.digest, recipe, settings["view"], chosen.shown)

    def pin() -> None:
        _pin(settings)

    viewer("filters/viewer", chosen.shown, recipe, shown, pixel=settings["pixel"] or None, on_pixel=pin)
    with st.sidebar:
        chain_controls(settings)
    result_line(shown)
    _below(settings, chosen, recipe, shown)


def _pin(settings: Settings) -> None:
    value = st.session_state["filters/viewer"].get("pixel")
    if isinstance(value, list) and len(value) in (0, 2) and all(isinstance(each, int) and each >= 0 for each in value):
        settings["pixel"] = tuple(value)


def _below(settings: Settings, chosen: Pictures, recipe: Recipe, shown: Shown) -> None:
    """What is behind the picture; only the tab that is open is computed."""
    names = [_("About the kernel"), _("Histograms"), _("Copy as Python"), _("Take away")]
    if chosen.clean is not chosen.shown:
        names.insert(1, _("Noise"))
    tabs = dict(zip(names, st.tabs(names, key="filters/tabs", on_change="rerun"), strict=True))
    for name, tab in tabs.items():
        if not tab.open:
            continue
        with tab:
            if name == names[0]:
                kernel_facts(settings["chain"], settings["step"], recipe)
            elif name == _("Noise"):
                noise_readout(chosen, recipe)
            elif name == _("Histograms"):
                histograms(chosen.shown, recipe)
            elif name == _("Copy as Python"):
                take_away.program(settings["picture"], settings["noise"], chosen.shown, recipe, shown.mode)
            else:
                take_away.downloads(chosen.shown, recipe, shown)


def _match(settings: Settings, chosen: Pictures) -> None:
    rows, columns = chosen.shown.size
    region = _legal_region(settings["region"], rows, columns)
    st.caption(_("Drag a frame on the picture: everything that looks like it lights up orange in the response."))
    found = match_picture(chosen.shown.digest, region, chosen.shown)

    def select() -> None:
        value = st.session_state["filters/match"].get("region")
        if isinstance(value, list) and len(value) == 4 and all(isinstance(each, int) and each >= 0 for each in value):
            settings["region"] = tuple(value)

    viewer(
        "filters/match",
        chosen.shown,
        Recipe("", luminance=True),
        found.shown,
        match={"row": region[0], "column": region[1], "rows": region[2], "columns": region[3], "peak": found.peak},
        selecting=True,
        on_region=select,
    )
    st.markdown(
        _(
            "Template: rows {top}–{bottom}, columns {left}–{right}. "
            "Best match {value:.3f} at row {row}, column {column} (blue frame)."
        ).format(
            top=region[0] + 1,
            bottom=region[0] + region[2],
            left=region[1] + 1,
            right=region[1] + region[3],
            value=found.peak_value,
            row=found.peak[0] + 1,
            column=found.peak[1] + 1,
        )
    )
    take_away.match_downloads(chosen.shown, found.response)


def _legal_region(region: tuple[int, ...], rows: int, columns: int) -> tuple[int, int, int, int]:
    """The region within the picture, at most 96 in a side; without one, a square left of the middle."""
    side = max(2, min(rows, columns) // 8)
    row, column, height, width = region or (rows // 2 - side // 2, columns // 3 - side // 2, side, side)
    row, column = min(row, rows - 2), min(column, columns - 2)
    return row, column, max(2, min(height, rows - row, 96)), max(2, min(width, columns - column, 96))


main()

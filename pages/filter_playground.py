"""Filter playground: what does this kernel do to my picture, and how is one pixel computed?"""

from __future__ import annotations

import streamlit as st

from cnnviz.convolution import chain, filtering, notation
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.figures.display import MODES as DISPLAY_MODES
from cnnviz.images import MAX_SIDE, Image
from pages.common import take_away
from pages.common.chain_controls import chain_controls
from pages.common.filter_facts import histograms, kernel_facts, noise_readout, result_line
from pages.common.filter_settings import SETTINGS, filter_suggestions
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _, sentence
from pages.common.pictures import Pictures, picture_controls, pictures
from pages.common.settings import Settings
from pages.common.viewer import (
    LARGEST_TEMPLATE,
    MODES,
    Recipe,
    Shown,
    filter_picture,
    match_picture,
    send_picture,
    structured_region,
    viewer,
)


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
    settings.publish()
    if settings["tool"] == "match":
        _match(settings, chosen)
    else:
        _filter(settings, chosen)


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
    settings.control("border", st.selectbox, _("Border"), filtering.BORDERS, format_func=borders.__getitem__)
    settings.control("operation", st.selectbox, _("Operation"), list(operations), format_func=operations.__getitem__)
    settings.control("colour", st.selectbox, _("Colour"), list(colours), format_func=colours.__getitem__)


def _view_control(settings: Settings) -> None:
    """Directions can be shown when the last step is a gradient."""
    names = {"auto": _("Automatic"), "hue": _("Direction as hue")}
    names.update({key: _(title) for key, title in DISPLAY_MODES.items()})
    is_gradient = isinstance(settings["chain"][-1], chain.GradientMagnitude)
    views = [view for view in MODES if view != "hue" or is_gradient]
    if settings["view"] not in views:
        settings["view"] = "auto"
    settings.control("view", st.selectbox, _("Show the result as"), views, format_func=names.__getitem__)


def _recipe(settings: Settings, image: Image) -> Recipe:
    return Recipe(
        notation.write(settings["chain"]),
        settings["border"],
        settings["operation"] == "convolution",
        settings["colour"] == "luminance" or image.is_grey,  # three equal channels are one
    )


def _filter(settings: Settings, chosen: Pictures) -> None:
    recipe = _recipe(settings, chosen.shown)
    try:
        shown = filter_picture(chosen.shown.digest, recipe, settings["view"], chosen.shown.is_photo, chosen.shown)
        pixel = settings["pixel"] or None
        viewer("filters/viewer", chosen.shown, recipe, shown, pixel=pixel, on_pixel=lambda: _pin(settings))
    except CnnvizError as error:
        st.error(sentence(error), icon=":material/error:")
        shown = None
    finally:
        # Whatever went wrong: the controls that mend it stay.
        with st.sidebar:
            chain_controls(settings)
            _view_control(settings)
    if shown is not None:
        result_line(shown)
        _below(settings, chosen, recipe, shown)


def _whole_numbers(value: object, counts: tuple[int, ...]) -> tuple[int, ...] | None:
    """What a component reported, if it is so many small whole numbers; it comes from a browser and may be anything."""
    if not isinstance(value, list) or len(value) not in counts:
        return None
    fine = all(type(each) is int and 0 <= each <= MAX_SIDE for each in value)
    return tuple(value) if fine else None


def _pin(settings: Settings) -> None:
    pixel = _whole_numbers(st.session_state["filters/viewer"].get("pixel"), (0, 2))
    if pixel is not None:
        settings["pixel"] = pixel


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
                take_away.program(chosen, settings["noise"], recipe, shown.mode)
            else:
                take_away.downloads(settings, chosen, recipe, shown)


def _match(settings: Settings, chosen: Pictures) -> None:
    rows, columns = chosen.shown.size
    region = _legal_region(settings["region"], rows, columns)
    st.caption(
        _("Drag a frame (up to {most} × {most}) on the picture: what looks like it lights up orange.").format(
            most=LARGEST_TEMPLATE
        )
    )
    try:
        found = match_picture(chosen.shown.digest, region, chosen.shown.is_photo, chosen.shown)
    except ParameterError:
        st.warning(
            _(
                "This area is flat: all of its pixels are the same, so nothing can be compared with it. "
                "A frame around something with structure was chosen instead."
            )
        )
        region = structured_region(chosen.shown, region)
        found = match_picture(chosen.shown.digest, region, chosen.shown.is_photo, chosen.shown)

    def select() -> None:
        reported = _whole_numbers(st.session_state["filters/match"].get("region"), (4,))
        if reported is not None:
            settings["region"] = reported

    row, column, height, width = region
    viewer(
        "filters/match",
        chosen.shown,
        Recipe("", luminance=True),
        found.shown,
        match={
            "row": row,
            "column": column,
            "rows": height,
            "columns": width,
            "peak": found.peak,
            "limit": LARGEST_TEMPLATE,
        },
        on_region=select,
    )
    st.markdown(
        _(
            "Template: rows {top}–{bottom}, columns {left}–{right}; it matches itself with 1. "
            "Best match elsewhere {value:.3f} at row {row}, column {column} (blue frame)."
        ).format(
            top=row + 1,
            bottom=row + height,
            left=column + 1,
            right=column + width,
            value=found.peak_value,
            row=found.peak[0] + 1,
            column=found.peak[1] + 1,
        )
    )
    take_away.match_downloads(settings, chosen, found.response)


def _legal_region(region: tuple[int, ...], rows: int, columns: int) -> tuple[int, int, int, int]:
    """The region within the picture; without one, a square left of the middle."""
    side = max(2, min(rows, columns) // 8)
    row, column, height, width = region or (rows // 2 - side // 2, columns // 3 - side // 2, side, side)
    height, width = (min(max(2, each), LARGEST_TEMPLATE, most) for each, most in ((height, rows), (width, columns)))
    return max(0, min(row, rows - height)), max(0, min(column, columns - width)), height, width


main()

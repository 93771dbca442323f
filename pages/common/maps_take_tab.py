"""Take away: the activations, their statistics and pictures, a report, a program, and the address."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz import engine, snippets
from cnnviz.engine import SourceJob, WeightsJob
from cnnviz.figures import encode
from cnnviz.figures.map_sheets import scale_of, sheet, with_scale
from cnnviz.images import Image
from cnnviz.images.source import UPLOAD, Noise, Source
from cnnviz.networks import map_files, shipped
from cnnviz.networks.what_if import NOTHING
from pages.common.files import File, download_row
from pages.common.language import _, ngettext
from pages.common.maps_inputs import drawing_input, is_drawn
from pages.common.maps_looked import Looked
from pages.common.maps_report_parts import cam_step, offered_steps, report_maker, usual_steps
from pages.common.pictures import pictures
from pages.common.settings import Setting, Settings, choice, flag
from pages.common.take_away import page_address, page_link
from pages.common.work import awaited

__all__ = ["TAKE_SETTINGS", "take_tab"]

TAKE_SETTINGS: tuple[Setting, ...] = (
    choice("take_steps", "all", ("open", "all")),
    choice("take_bits", "32", ("32", "16")),
    flag("take_cam", True),
)


def take_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab; the page has the settings `TAKE_SETTINGS`."""
    steps = _steps(settings, looked)
    half = settings["take_bits"] == "16"
    _words(looked, steps, half)
    _files(settings, looked, steps, half)
    _report(settings, looked)
    _program(settings, looked, steps)
    _link(settings, looked)


def _steps(settings: Settings, looked: Looked) -> list[str]:
    """The choice of steps and of numbers; returns the names of the steps."""
    is_open = settings["step"] in looked.done.maps
    titles = {"all": _("all steps"), "open": settings["step"]}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if is_open:
            settings.control(
                "take_steps", st.segmented_control, _("Steps"), list(titles), format_func=lambda key: titles[key],
                required=True, width="content",
            )  # fmt: skip
        bits = {"32": "float32", "16": "float16"}
        settings.control(
            "take_bits", st.segmented_control, _("Numbers"), list(bits), format_func=lambda key: bits[key],
            required=True, width="content",
        )  # fmt: skip
    if is_open and settings["take_steps"] == "open":
        return [settings["step"]]
    return list(looked.done.maps)


def _words(looked: Looked, steps: Sequence[str], half: bool) -> None:
    size = map_files.size(looked.done, steps, half=half)
    count = size // (2 if half else 4)
    words = [
        ngettext(
            "{steps} step, {count} numbers, {size:.2f} MB.",
            "{steps} steps, {count} numbers, {size:.2f} MB.",
            len(steps),
        ).format(steps=len(steps), count=f"{count:,}", size=size / 1e6),
        _("In the NPZ every array bears the name of its step; also in it: input, logits, probabilities, classes."),
        _("In both files rows and columns count from 0, as in Python; on this page from 1; channels always from 0."),
    ]
    if half:
        words.append(_("float16 keeps three digits; beyond ±65,504 it has only infinity."))
    st.caption(" ".join(words))


# ---- files


def _files(settings: Settings, looked: Looked, steps: Sequence[str], half: bool) -> None:
    stem = _stem(looked)
    classes = looked.about.classes
    files = [
        File(_("Activations (NPZ)"), f"{stem}.npz", lambda: map_files.npz(looked.done, steps, classes, half=half)),
        File(_("Statistics (CSV)"), f"{stem}.csv", lambda: map_files.statistics_csv(looked.done, steps)),
    ]
    step = settings["step"] or next(iter(offered_steps(looked)), "")
    if step in offered_steps(looked):
        title = _("All maps of {step} (PNG)").format(step=step)
        below = _montage_title(looked, step)  # now: the file is made in another thread, which has no language
        files.append(File(title, f"{stem}-{_safe(step)}.png", lambda: _montage(looked, step, below)))
    download_row(files)


def _montage_title(looked: Looked, step: str) -> str:
    count, rows, columns = looked.done.maps[step].shape
    text = _("{network}, {step}: {count} channels of {rows} x {columns}")
    return text.format(network=looked.about.title, step=step, count=count, rows=rows, columns=columns)


def _montage(looked: Looked, step: str, title: str) -> bytes:
    maps = looked.done.maps[step]
    scale = scale_of(maps)
    return encode.png(with_scale(sheet(maps, scale), scale, title), level=6)


def _stem(looked: Looked) -> str:
    return f"{_safe(looked.about.architecture)}-{_safe(looked.image.name.rsplit('.', 1)[0])}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-") or "maps"


# ---- report


def _report(settings: Settings, looked: Looked) -> None:
    with st.expander(_("Report (HTML)"), icon=":material/description:", key="maps/report", on_change="rerun") as drawer:
        if not drawer.open:
            return
        usual = [each for each in (*usual_steps(looked), settings["step"]) if each in offered_steps(looked)]
        steps = st.multiselect(
            _("Steps in the report"),
            offered_steps(looked),
            default=list(dict.fromkeys(usual)),
            key=f"maps/report steps {looked.model}",
        )
        cam = cam_step(looked) if looked.off == NOTHING else None
        if cam is not None:
            settings.control("take_cam", st.toggle, _("With Grad-CAM at {step}").format(step=cam))
        make = report_maker(looked, steps, cam if settings["take_cam"] else None, page_address(settings))
        download_row([File(_("Report (HTML)"), f"{_stem(looked)}.html", make)])
        st.caption(_("One file without scripts, pictures included: for a mail, a printer, a lesson without network."))


# ---- program


def _program(settings: Settings, looked: Looked, steps: Sequence[str]) -> None:
    with st.expander(_("Copy as Python"), icon=":material/code:", key="maps/program", on_change="rerun") as drawer:
        if not drawer.open:
            return
        network = awaited("maps/source", SourceJob(looked.model), _("Writing the network"))
        if network is None:
            return
        source, noise, image = _origin(settings, looked)
        files = []
        if network.weights:
            files.append(File(_("Weights"), network.weights, lambda: _weights(looked)))
        if image is not None:
            files.append(File(_("Picture"), image.name, lambda: encode.png(image.levels.astype(np.uint8), level=6)))
        if files:
            st.caption(_("The program reads these files from the folder in which it runs."))
            download_row(files)
        program = snippets.feature_maps_program(
            network, looked.done.summary, source, noise, steps=() if len(steps) == len(looked.done.maps) else steps,
            off=[(each.step, each.channels, each.summand) for each in looked.off.off], classes=looked.about.classes,
            name=image.name if image else "", image=image,
        )  # fmt: skip
        st.code(program, language="python", height=480)


def _origin(settings: Settings, looked: Looked) -> tuple[Source, Noise | None, Image | None]:
    """Where the picture comes from, its noise, and the file that the program reads, if it reads one.

    A visitor's picture is handed over as the network got it: noise, colour profile and all.
    """
    chosen = pictures(settings)
    if looked.image == chosen.shown and chosen.source.key != UPLOAD:
        return chosen.source, settings["noise"], None
    levels = np.rint(255 * looked.image.pixels).astype(np.uint8)
    return Source(UPLOAD), None, Image.from_levels(levels, "picture.png")


def _weights(looked: Looked) -> bytes:
    if looked.about.source == "shipped":
        return (shipped.MODELS / f"{looked.model}.safetensors").read_bytes()
    return engine.run(WeightsJob(looked.model))


# ---- link


def _link(settings: Settings, looked: Looked) -> None:
    page_link(settings, pictures(settings))
    if is_drawn(settings) and looked.image == drawing_input(settings):
        st.caption(_("Your drawing does not travel with the link: whoever opens it gets an empty pad."))
    if looked.about.source == "upload":
        st.caption(_("Uploaded weights do not travel with the link, and this server forgets them after a while."))

"""Own weights: a visitor's file for a network that is known here, and what this machine has without network."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks import catalogue, torchvision_models, weight_files, zoo
from cnnviz.networks.own_facts import Facts, of_metadata
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.torchvision_table import TITLES
from cnnviz.text import N_
from pages.common.callbacks import to_the_end
from pages.common.language import _, escaped, ngettext, sentence
from pages.common.maps_looked import Looked
from pages.common.maps_model import network_title, source_title
from pages.common.maps_uploads import accept, read_facts
from pages.common.settings import Setting, Settings, flag

__all__ = ["OWN_SETTINGS", "own_tab"]

OWN_SETTINGS: tuple[Setting, ...] = (flag("own_all"),)

_FILE, _ARCHITECTURE, _FACTS = "maps/own file", "maps/own architecture", "maps/own facts"
_ERROR = "maps/own error"
_MOST_NAMES = 10  # that are listed
_NO_FILE = N_("Choose a .safetensors file first.")
_ACCEPTED = "maps/own accepted"  # session: key of the network, and what the visitor said of it
_JSON = """{
  "architecture": "resnet18",
  "classes": ["cat", "dog"],
  "shape": [3, 224, 224],
  "mean": [0.485, 0.456, 0.406],
  "std": [0.229, 0.224, 0.225],
  "resize": 256
}"""


def own_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab; the page has the settings `OWN_SETTINGS`."""
    left, right = st.columns(2, gap="large")
    with left:
        _upload(settings)
        _outcome(looked)
    with right:
        _conversion()
        _owner()
    _machine(settings)


# ---- a visitor's file


def _upload(settings: Settings) -> None:
    with st.form("maps/own", border=False):
        st.markdown("**" + _("Weights of your own") + "**")
        st.file_uploader(
            _("A .safetensors file, up to {size} MB").format(size=weight_files.MOST_BYTES // 2**20),
            ["safetensors"],
            key=_FILE,
            max_upload_size=weight_files.MOST_BYTES // 2**20,
            help=_("It stays in this server's memory while there is room, and is never written to a disk."),
        )
        st.selectbox(_("It is of"), _architectures(), format_func=_architecture_title, key=_ARCHITECTURE)
        st.text_area(
            _("Names of the classes, one a line (optional)"),
            key=_FACTS,
            height=100,
            placeholder="cat\ndog",
            help=_(
                "Or more about the weights, as JSON: what pictures were normalised with in training, their size, the "
                "classes; everything is optional:"
            )
            + f"\n\n```json\n{_JSON}\n```",
        )
        st.form_submit_button(_("Use these weights"), on_click=_take, args=(settings,), icon=":material/upload:")


def _architectures() -> list[str]:
    """What weights may be of; "" to find that out."""
    pictures = [name for name in zoo.names() if len(zoo.get(name).input_shape) == 3]
    return ["", *pictures, *sorted(TITLES.keys() - {*pictures})]


def _architecture_title(name: str) -> str:
    return torchvision_models.title(name) if name else _("guess from the names")


@to_the_end
def _take(settings: Settings) -> None:
    """Check the file, before the page runs again: with the new network, or with what is wrong with it."""
    state = st.session_state
    state.pop(_ERROR, None)
    state.pop(_ACCEPTED, None)
    file = state.get(_FILE)
    if file is None:
        state[_ERROR] = WeightsError(_NO_FILE)
        return
    try:
        facts = read_facts(state.get(_FACTS) or "")
        key = accept(file.getvalue(), file.name, state.get(_ARCHITECTURE) or "", facts)
    except CnnvizError as error:
        state[_ERROR] = error
        return
    state[_ACCEPTED] = key, facts
    settings["model"], settings["off"] = key, ""


def _outcome(looked: Looked) -> None:
    error: CnnvizError | None = st.session_state.get(_ERROR)
    if error is not None:
        st.error(_error(error), icon=":material/error:")
        return
    key, facts = st.session_state.get(_ACCEPTED, ("", {}))
    if key != looked.model:
        return
    said = of_metadata(facts)
    names = len(said.classes)
    text = _("**{title}**: the weights fit. The page above looks with them.")
    st.success(text.format(title=escaped(looked.about.title)), icon=":material/check:")
    count = len(looked.about.classes)
    if names and names != count:
        text = ngettext(
            "You gave {names} name, but the network has {count} classes: they are numbered instead.",
            "You gave {names} names, but the network has {count} classes: they are numbered instead.",
            names,
        )
        st.warning(text.format(names=names, count=count))
    if unused := _unused(facts, said, looked.about.preparation):
        st.warning(
            _("Not used, because it is not known or not possible here: {names}.").format(names=", ".join(unused))
        )
    st.caption(_prepared(looked.about.preparation))


def _unused(facts: Mapping[str, str], said: Facts, preparation: Preparation) -> list[str]:
    """What a visitor said of the weights in vain, as Markdown."""
    used = {name: getattr(preparation, name) for name in ("mean", "std", "shape", "resize")}
    return [
        escaped(name[:40])
        for name in facts
        if not vars(said).get(name) or (name in used and used[name] != vars(said)[name])
    ][:_MOST_NAMES]


def _prepared(preparation: Preparation) -> str:
    """How pictures are brought into the network."""
    _channels, rows, columns = preparation.shape
    text = _(
        "Pictures are resized to {columns}×{rows} pixels, then normalised: minus {mean}, divided by {std}. If the "
        "weights were trained otherwise, say so as JSON in the field for the classes."
    )
    values = {name: ", ".join(f"{each:g}" for each in getattr(preparation, name)) for name in ("mean", "std")}
    return text.format(rows=rows, columns=columns, **values)


def _error(error: CnnvizError) -> str:
    """The sentence, and a list of what did not fit."""
    lines = [sentence(error)]
    if isinstance(error, WeightsError):
        lines += [f"- {sentence(each)}" for each in error.misfits]
    return "\n".join([lines[0], "", *lines[1:]])


# ---- how to


def _conversion() -> None:
    st.markdown("**" + _("From .pth to .safetensors") + "**")
    st.caption(
        _(
            "A .pth file is a pickle, which may hold programs: this page does not open those of visitors. Three lines "
            "on your own machine convert one that you trust:"
        )
    )
    st.code(weight_files.conversion(), language="python", wrap_lines=True)


def _owner() -> None:
    with st.expander(_("If this server is yours"), icon=":material/folder_open:"):
        st.markdown(
            _(
                "Put NAME.safetensors or NAME.pth (a state_dict) into the folder `models/`: everybody then finds it "
                "under “The owner’s”. Beside it may lie NAME.txt, the names of the classes, one a line, or NAME.json, "
                "in which everything is optional:"
            )
        )
        st.code(_JSON, language="json")


# ---- what is here


def _machine(settings: Settings) -> None:
    entries = catalogue.entries()
    here = [each for each in entries if each.offline]
    st.markdown("**" + _("On this machine") + "**")
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _("{here} of {count} networks work without a network connection.")
        st.caption(text.format(here=len(here), count=len(entries)), width="content")
        settings.control("own_all", st.toggle, _("Show all"))
    shown = entries if settings["own_all"] else here
    frame = pd.DataFrame(
        {
            _("Network"): [network_title(each) for each in shown],
            _("Weights"): [source_title(each.source) for each in shown],
            _("Works offline"): [each.offline for each in shown],
            _("Size in MB"): [f"{each.bytes / 1e6:.1f}" if each.bytes else "" for each in shown],
        }
    )
    st.dataframe(frame, hide_index=True, height=min(38 + 35 * len(frame), 420))

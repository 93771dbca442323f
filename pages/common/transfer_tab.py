"""Transfer learning: a trained network learns a few pictures of one's own, beside one that starts from nothing."""

from __future__ import annotations

import re

import streamlit as st

from cnnviz.errors import CnnvizError, DataError, ParameterError
from cnnviz.networks import zoo
from cnnviz.text import N_
from cnnviz.training import control, own_examples, own_zips, transfer
from cnnviz.training.own_pictures import Collection
from cnnviz.training.transfer import Network
from pages.common.callbacks import to_the_end
from pages.common.frame import guarded
from pages.common.language import _, sentence
from pages.common.own_pictures import collect, collected, thumbnails
from pages.common.settings import Setting, Settings, bound, choice, flag, number
from pages.common.transfer_files import take_away
from pages.common.transfer_results import results
from pages.common.transfer_runs import REFUSED, begin, continue_plan, followed, is_open, read_names, stop_all
from pages.common.visitor import visitor

__all__ = ["TRANSFER_SETTINGS", "transfer_tab"]

_OWN = "own"
_SECONDS = 1.0
_WORD = re.compile(r"[\w.-]{0,100}", re.ASCII)
_NONE = N_("There is no trained network here: models/ is empty.")
_NOT_WRITTEN = N_("The pictures cannot be kept: {reason}.")


def _read_word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ParameterError("transfer", text[:40], "a–z, 0–9, . _ -")
    return text


TRANSFER_SETTINGS: tuple[Setting, ...] = (
    choice("transfer_pictures", "digits", (*own_examples.EXAMPLES, _OWN)),
    Setting("transfer_network", "lenet5-mnist", str, _read_word),
    Setting("transfer_freeze", "", str, _read_word),  # "" is all but the head
    number("transfer_epochs", 30, 5, 100),
    flag("transfer_inverted"),
    Setting("transfer_runs", (), "~".join, read_names),
)


def transfer_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `TRANSFER_SETTINGS`."""
    available = {each.key: each for each in transfer.networks()}
    if not available:
        raise DataError(_NONE)
    network = available.get(settings["transfer_network"]) or next(iter(available.values()))
    layers = _layers(network)
    freeze = settings["transfer_freeze"] if settings["transfer_freeze"] in layers else layers[-1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pictures_control(settings)
        _network_controls(settings, network, list(available), layers, freeze)
        start = st.container(width="content")
    collection = _collection(settings)
    missing = collection.missing()
    start.button(
        _("Train three ways"), type="primary", icon=":material/play_arrow:", key="transfer/start",
        disabled=missing is not None, on_click=_start, args=(settings, network, freeze),
    )  # fmt: skip
    st.caption(_sizes(network, freeze, collection))
    if settings["transfer_pictures"] == _OWN:
        with st.expander(_("Collect pictures"), expanded=not settings["transfer_runs"], icon=":material/photo_camera:"):
            collect()
            settings.control("transfer_inverted", st.toggle, _("Swap black and white"), help=_inverted_help())
    else:
        thumbnails(collection)
    if missing is not None:
        st.info(sentence(missing), icon=":material/add_photo_alternate:")
    _comparison(settings)
    _why(network)
    take_away(settings, network, freeze, collection)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Network: repr})
def _layers(network: Network) -> tuple[str, ...]:
    return transfer.frozen_choices(network)


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs={Network: repr})
def _counts(network: Network, freeze: str, classes: int) -> tuple[int, int]:
    return transfer.counts(network, freeze, classes)


# ---- controls


def _pictures_control(settings: Settings) -> None:
    titles = {each.key: _(each.title) for each in own_examples.EXAMPLES.values()}
    titles[_OWN] = _("My own pictures")
    settings.control("transfer_pictures", st.selectbox, _("Pictures"), list(titles), format_func=titles.__getitem__)


def _network_controls(
    settings: Settings, network: Network, keys: list[str], layers: tuple[str, ...], freeze: str
) -> None:
    def choose(key: str) -> None:
        settings["transfer_network"], settings["transfer_freeze"] = key, ""

    bound(f"{settings.page}/transfer_network", network.key, choose, st.selectbox, _("Trained network"), keys)
    bound(
        f"{settings.page}/transfer_freeze {network.key}", freeze,
        lambda layer: settings.__setitem__("transfer_freeze", layer), st.selectbox, _("Frozen up to layer"), layers,
        help=_("This layer and all before it keep what they have learned. The head, the last layer, is always new."),
    )  # fmt: skip
    settings.control("transfer_epochs", st.number_input, _("Epochs"), 5, 100, width=110)


def _collection(settings: Settings) -> Collection:
    if settings["transfer_pictures"] != _OWN:
        return own_examples.load(settings["transfer_pictures"])
    return collected().inverted() if settings["transfer_inverted"] else collected()


def _sizes(network: Network, freeze: str, collection: Collection) -> str:
    classes = max(len(collection.classes), 2)
    trained, frozen = _counts(network, freeze, classes)
    text = _(
        "**{trained:,}** parameters are trained, **{frozen:,}** are frozen. {network} sees {channels} × {rows} × "
        "{columns}, and gets a new head for {classes} classes."
    ).format(
        trained=trained, frozen=frozen, network=zoo.get(network.model).title, channels=network.shape[0],
        rows=network.shape[1], columns=network.shape[2], classes=classes,
    )  # fmt: skip
    if network.key.startswith("torchvision-"):
        text += " " + _(
            "With torchvision's weights the pictures are enlarged; from scratch it learns them as they are."
        )
    return text


def _inverted_help() -> str:
    return _("A network that learned white digits on black knows little about dark ones on paper.")


@to_the_end
def _start(settings: Settings, network: Network, freeze: str) -> None:
    """What the button does: keep the pictures, and start what may be started at once."""
    st.session_state.pop(REFUSED, None)
    collection = _collection(settings)
    learn, _test = collection.parts()
    try:
        path = own_zips.write(collection, network.shape, visitor(), control.RUNS)
        begin(settings, network, freeze, path, sum(map(len, learn.values())), len(learn))
    except OSError as error:
        st.session_state[REFUSED] = DataError(_NOT_WRITTEN, reason=error.strerror or str(error))
    except CnnvizError as error:
        st.session_state[REFUSED] = error


# ---- the runs


def _comparison(settings: Settings) -> None:
    if REFUSED in st.session_state:
        st.error(sentence(st.session_state[REFUSED]), icon=":material/error:")
    found = followed(settings)
    moves = any(each.state.live for each in found) or is_open(settings, found)
    if not settings["transfer_runs"]:
        return
    if not found:
        st.info(_("The runs of this link are not on this machine any more."))
        return
    st.fragment(_tick, run_every=_SECONDS if moves else None)(settings, moves)


@guarded
def _tick(settings: Settings, moved: bool) -> None:
    """Show the runs, start the next one; when all are done, the page is drawn anew and asks no more."""
    found = followed(settings)
    if moved:
        before = settings["transfer_runs"]
        continue_plan(settings, found)
        if settings["transfer_runs"] != before:
            settings.publish()
            found = followed(settings)
        elif not any(each.state.live for each in found) and not is_open(settings, found):
            st.rerun()
        if any(each.state.live and each.state.owner == visitor() for each in found):
            st.button(_("Stop"), icon=":material/stop:", key="transfer/stop", on_click=_stop, args=(settings,))
    results(found)


def _stop(settings: Settings) -> None:
    """Stop what runs; nothing more is started then."""
    stop_all(followed(settings))


def _why(network: Network) -> None:
    st.markdown(
        "**" + _("Why does it work?") + "** "
        + _(
            "The first layers of {network} answer to edges, strokes and textures, which other pictures have, too, so "
            "they need not be learned again. Few pictures then suffice for what is left to learn, because few numbers "
            "have to be found."
        ).format(network=zoo.get(network.model).title)
    )  # fmt: skip

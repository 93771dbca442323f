"""The sidebar of the tab where a network learns: data, network, recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks import custom, zoo
from cnnviz.networks.zoo import Option, Value
from cnnviz.training.recipe import AUGMENTATIONS, OPTIMISERS, SCHEDULES, Recipe
from pages.common.architecture_controls import network_title
from pages.common.callbacks import to_the_end
from pages.common.language import _, ngettext, sentence
from pages.common.settings import Settings, bound
from pages.common.site import ARCHITECTURES, link
from pages.common.training_data import OWN, DataChoice, choices
from pages.common.training_networks import CUSTOM, fits, is_for_small_pictures, network_names, offered_options, smallest
from pages.common.training_settings import SHOWN_NUMBERS
from pages.common.visitor import visitor
from pages.common.zips import LARGEST, MOST, keep, kept

__all__ = ["command_line", "data_controls", "network_controls", "recipe_controls", "schedule_names"]

_REFUSED = "training/refused zip"


# ---- data


def data_controls(settings: Settings, data: DataChoice) -> None:
    """The choice of the data, and the upload of one's own."""
    offered = {each.key: each for each in choices(visitor())}
    offered.setdefault(data.key, data)
    settings.control(
        "train_data", st.selectbox, _("Data"), list(offered), format_func=lambda key: _data_title(offered[key])
    )
    if not data.at_hand:
        st.caption(_("These pictures are not on this machine; they are downloaded when you press Start."))
    with st.popover(_("Your own pictures"), icon=":material/folder_zip:"):
        _upload(settings)


def _data_title(data: DataChoice) -> str:
    if not data.at_hand:
        return _("{data} (download)").format(data=data.title)
    count = ngettext("{count:,} picture", "{count:,} pictures", data.pictures).format(count=data.pictures)
    return f"{data.title} · {count}"


def _upload(settings: Settings) -> None:
    st.markdown(
        _("A zip with a folder of JPEG, PNG or WebP pictures for each class, at most {files:,} files and {limit} MB.")
        .format(files=MOST, limit=LARGEST)
    )  # fmt: skip
    name = st.text_input(_("Name"), max_chars=40, key=f"{settings.page}/zip name")
    key = f"{settings.page}/zip"

    @to_the_end
    def take() -> None:
        given = st.session_state[key]
        st.session_state.pop(_REFUSED, None)
        if given is None:
            return
        try:
            found = keep(given.getvalue(), name or given.name, visitor())
            settings["train_data"] = OWN + found.path.stem
        except CnnvizError as error:
            st.session_state[_REFUSED] = error

    st.file_uploader(_("Zip"), "zip", key=key, on_change=take, max_upload_size=LARGEST)
    if _REFUSED in st.session_state:
        st.error(sentence(st.session_state[_REFUSED]), icon=":material/error:")
    st.caption(_("Everyone who opens this page can watch your runs, and sees some of their pictures."))


# ---- network


def network_controls(settings: Settings, data: DataChoice) -> None:
    """The choice of the network, its options, or one's own layers."""
    offered = _offered(settings, data)
    titles = {CUSTOM: _("Build your own")}

    def change(name: str) -> None:
        settings["train_model"] = name
        settings["train_options"] = ()

    bound(
        f"{settings.page}/train_model", settings["train_model"], change, st.selectbox, _("Network"), offered,
        format_func=lambda name: titles.get(name) or network_title(name),
    )  # fmt: skip
    if settings["train_model"] == CUSTOM:
        _layers_control(settings)
    else:
        chosen = dict(settings["train_options"])
        for option in offered_options(settings["train_model"]):
            _option_control(settings, option, chosen.get(option.name, option.default))
    with st.popover(_("Where are the others?"), icon=":material/help:", type="tertiary"):
        _why_not(settings, data)


def _offered(settings: Settings, data: DataChoice) -> list[str]:
    """Networks that fit; those for large pictures when they are asked for, or the pictures are large."""
    rows, columns = data.shape[1:]
    names = [name for name in network_names() if fits(name, rows, columns)]
    if not settings["train_all"]:
        names = [name for name in names if is_for_small_pictures(zoo.get(name)) or name == settings["train_model"]]
    chosen = settings["train_model"]
    return [*names, CUSTOM, *([chosen] if chosen not in (*names, CUSTOM) else [])]


def _why_not(settings: Settings, data: DataChoice) -> None:
    settings.control("train_all", st.toggle, _("Also networks made for large pictures"))
    rows, columns = data.shape[1:]
    small = [name for name in network_names() if not fits(name, rows, columns)]
    st.markdown(
        _("Networks made for large pictures shrink these to a few pixels at once: they learn slowly and badly here.")
    )
    if small:
        intro = _("These need larger pictures than {rows} × {columns}, in pixels a side:")
        st.markdown(intro.format(rows=rows, columns=columns))
        st.caption(", ".join(f"{zoo.get(name).title} ({smallest(name)})" for name in small))


def _option_control(settings: Settings, option: Option, value: Value) -> None:
    key = f"{settings.page}/train {settings['train_model']} {option.name}"

    def store(fresh: Value) -> None:
        kept = {**dict(settings["train_options"]), option.name: fresh}
        if fresh == option.default:
            del kept[option.name]
        settings["train_options"] = tuple(kept.items())

    title, hint = _(option.title), _(option.help) if option.help else None
    if option.choices:
        words = {"none": _("none"), "batch": _("batch"), "group": _("group"), "relu": "ReLU", "gelu": "GELU"}
        bound(
            key, value, store, st.selectbox, title, option.choices,
            format_func=lambda each: words.get(each, str(each).replace("_", " ")), help=hint,
        )  # fmt: skip
    else:
        low, high = float(option.minimum), float(option.maximum)
        bound(key, value, store, st.number_input, title, low, high, step=0.05, format="%g", help=hint)


def _layers_control(settings: Settings) -> None:
    key = f"{settings.page}/refused layers"

    def store(text: str) -> None:
        st.session_state.pop(key, None)
        try:
            settings["train_layers"] = custom.write(custom.read(text))
        except CnnvizError as error:
            st.session_state[key] = error

    bound(f"{settings.page}/train_layers", settings["train_layers"], store, st.text_area, _("Layers"), height=120)
    if key in st.session_state:
        st.error(sentence(st.session_state[key]), icon=":material/error:")
    drawn = st.session_state.get("settings/architectures", {}).get("build")
    if drawn is not None:
        st.button(
            _("Take it from Architectures"),
            key=f"{settings.page}/take layers",
            icon=":material/download:",
            on_click=lambda: settings.__setitem__("train_layers", custom.write(drawn)),
        )
    link(ARCHITECTURES, _("Build and check it there"), {"tab": "build", "build": settings["train_layers"]})
    st.caption(_("Its input becomes that of the pictures."))


# ---- recipe


def recipe_controls(settings: Settings) -> None:
    """How it learns: what a lesson is about first, the rest folded away."""
    _number_control(settings, "epochs")
    _number_control(settings, "learning_rate")
    with st.expander(_("Recipe"), icon=":material/tune:"):
        names = {"sgd": "SGD", "adam": "Adam"}
        settings.control(
            "train_optimiser", st.segmented_control, _("Optimiser"), OPTIMISERS, format_func=names.__getitem__,
            required=True,
        )  # fmt: skip
        settings.control(
            "train_schedule", st.selectbox, _("Learning rate over time"), SCHEDULES,
            format_func=schedule_names().__getitem__,
        )  # fmt: skip
        for name in SHOWN_NUMBERS:
            if name not in ("epochs", "learning_rate"):
                _number_control(settings, name)
        _augmentation_control(settings)


def _number_control(settings: Settings, name: str) -> None:
    record = SHOWN_NUMBERS[name]
    kind: Callable[[float], Any] = int if record.integer else float
    settings.control(
        f"train_{name}", st.number_input, _(record.title), kind(record.minimum), kind(record.maximum),
        step=kind(record.step), format=None if record.integer else "%g",
    )  # fmt: skip


def _augmentation_control(settings: Settings) -> None:
    names = {
        "flip": _("flip"), "crop": _("crop"), "rotation": _("rotation"), "colour": _("colour"),
        "erasing": _("erasing"),
    }  # fmt: skip
    bound(
        f"{settings.page}/train_augmentation",
        list(settings["train_augmentation"]),
        lambda chosen: settings.__setitem__("train_augmentation", tuple(n for n in AUGMENTATIONS if n in chosen)),
        st.pills, _("Augmentation"), AUGMENTATIONS, format_func=names.__getitem__, selection_mode="multi",
    )  # fmt: skip


def schedule_names() -> dict[str, str]:
    """The schedules of the learning rate in words."""
    return {
        "constant": _("constant"),
        "one-cycle": _("one cycle: up, then down"),
        "cosine": _("down along a cosine"),
        "step": _("down in steps"),
    }


def command_line(recipe: Recipe) -> None:
    """What to type to train the same; made when it is looked at."""
    shown = st.expander(_("On the command line"), icon=":material/terminal:", on_change="rerun")
    if shown.open:
        from cnnviz.training.export import command
        from cnnviz.training.runs import Run

        typed = replace(recipe, data=_typed_data(recipe.data))
        shown.code(command(Run(Path(), typed, {})), language="bash", wrap_lines=True)


def _typed_data(data: str) -> str:
    """A visitor's own zip as it is called at home: where this machine keeps it helps nobody."""
    found = kept(Path(data).stem)
    if found is None:
        return data
    title = "".join(sign if sign.isprintable() and sign not in "/\\*" else "-" for sign in found.title)
    return f"{title.removesuffix('.zip').lstrip('-. ') or 'pictures'}.zip"

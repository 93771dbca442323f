"""Augmentation: what each change does to one picture, what training sees, and when a label does not stay true."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.errors import ParameterError
from cnnviz.figures import encode
from cnnviz.images import Image, samples
from cnnviz.images.source import UPLOAD
from cnnviz.training.recipe import AUGMENTATIONS
from pages.common.language import _
from pages.common.pictures import own_image, own_picture
from pages.common.runs_words import augmentation_names
from pages.common.settings import Setting, Settings, bound, number

__all__ = ["AUGMENTATION_SETTINGS", "augmentation_tab"]

_DRAWS = 6
_SHARP = 128  # pixels a side of photos above the last row
_LARGE = 4  # times that pixels of the small pictures are enlarged
_MOST_SEED = 9_999
_DIGITS = tuple(f"digit-{value}" for value in range(10))
_SHOWN = (*samples.names(), *_DIGITS, UPLOAD)
_MIRRORED_STAY = ("digit-0", "digit-8")  # digits that are themselves, or nearly, in a mirror; 1 has a flag and a foot
_TURNED_OVER = 180  # degrees that make a 9 of a 6


def _read_names(text: str) -> tuple[str, ...]:
    names = text[:100].split("-")
    if strange := [name for name in names if name not in (*AUGMENTATIONS, "none")]:
        raise ParameterError("augmentation_names", strange[0][:20], ", ".join(AUGMENTATIONS))
    return tuple(name for name in AUGMENTATIONS if name in names)


def _read_picture(text: str) -> str:
    if text not in _SHOWN:
        raise ParameterError("augmentation_picture", text[:20], ", ".join(_SHOWN))
    return text


AUGMENTATION_SETTINGS: tuple[Setting, ...] = (
    Setting("augmentation_picture", "cat", str, _read_picture),
    Setting("augmentation_names", ("flip", "crop"), lambda names: "-".join(names) or "none", _read_names),
    number("augmentation_seed", 0, 0, _MOST_SEED),
)

_STYLE = """<style>
.augmentation { display: grid; grid-template-columns: 11rem repeat(7, minmax(0, 5.6rem)); gap: 0.3rem;
  align-items: center; }
.augmentation img { width: 100%; display: block; border-radius: 3px; }
.augmentation .crisp { image-rendering: pixelated; }
.augmentation .first { outline: 2px solid #8a8f98; }
.augmentation p { margin: 0; line-height: 1.2; font-size: 0.82rem; }
@media (max-width: 700px) {
  .augmentation { grid-template-columns: repeat(4, 1fr); }
  .augmentation p { grid-column: 1 / -1; }
}
</style>"""


def augmentation_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `AUGMENTATION_SETTINGS` and those of the tab where networks learn."""
    st.markdown(
        _("**Other views of the same pictures, and the label stays the same**: learning them by heart becomes harder.")
    )
    left, right = st.columns([3, 1], gap="medium")  # the pictures first, also on a phone
    with right:  # drawn first: an upload is read there
        _controls(settings)
    with left, st.container(gap="xxsmall"):
        _gallery(settings)
    st.caption(
        _(
            "Grey frame: the original. Every picture of a batch is changed by numbers of its own, drawn anew in each "
            "epoch. torchvision.transforms.v2 makes the same changes; the project's tests compare the two."
        )
    )


def _controls(settings: Settings) -> None:
    settings.control("augmentation_picture", st.selectbox, _("Picture"), _SHOWN, format_func=_picture_title)
    if settings["augmentation_picture"] == UPLOAD:
        own_picture()
    names = augmentation_names()
    bound(
        "training/augmentation_names", list(settings["augmentation_names"]),
        lambda chosen: _choose(settings, chosen),
        st.pills, _("Together in training"), list(AUGMENTATIONS), selection_mode="multi",
        format_func=names.__getitem__, wrap=True,
    )  # fmt: skip
    st.button(
        _("Draw again"), key="training/augmentation again", icon=":material/casino:", on_click=_again, args=(settings,)
    )
    st.button(
        _("Train with these"), key="training/augmentation go", icon=":material/model_training:",
        on_click=_train, args=(settings,),
    )  # fmt: skip
    _about_labels(settings)


def _choose(settings: Settings, chosen: Sequence[str]) -> None:
    settings["augmentation_names"] = tuple(name for name in AUGMENTATIONS if name in chosen)


def _picture_title(key: str) -> str:
    if key in _DIGITS:
        return _("Digit {value}").format(value=key[-1])
    return _("A picture of my own") if key == UPLOAD else _(samples.get(key).title)


def _again(settings: Settings) -> None:
    settings["augmentation_seed"] = (settings["augmentation_seed"] + 1) % (_MOST_SEED + 1)


def _train(settings: Settings) -> None:
    settings["train_augmentation"] = settings["augmentation_names"]
    settings["tab"] = "train"


def _about_labels(settings: Settings) -> None:
    """When a change would make another thing of the picture."""
    from cnnviz.training.gallery import strengths

    degrees = strengths(1, 1)["degrees"]
    picture = settings["augmentation_picture"]
    if picture in _DIGITS and picture not in _MIRRORED_STAY and "flip" in settings["augmentation_names"]:
        text = _("In a mirror this is no {value} any more, but its label says so: leave the flip out for digits.")
        st.warning(text.format(value=picture[-1]), icon=":material/warning:")
    if degrees < _TURNED_OVER / 2:
        st.caption(
            _(
                "A change must not make another thing of a picture: mirrored, a b is a d, and turned by {over}° a 6 is "
                "a 9. The turns here end at {degrees:g}°."
            ).format(over=_TURNED_OVER, degrees=degrees)
        )


# ---- the gallery


def _gallery(settings: Settings) -> None:
    seed, chosen = (settings[f"augmentation_{name}"] for name in ("seed", "names"))
    picture, own = _shown(settings)
    sharp, tiny, _statistics = _picture(picture, own)
    st.html(_STYLE)
    names = augmentation_names()
    told = _strengths(sharp.shape[0])
    for name in AUGMENTATIONS:
        found = _drawn(picture, False, (name,), seed, own)
        title = f"<b>{names[name].capitalize()}</b><br>{told[name]}"
        _row(title, names[name], sharp, found, crisp=picture in _DIGITS)
    together = " + ".join(names[name] for name in chosen) or _("none")
    name = _("As training sees it")  # in an f-string, the catalogue would not find it
    title = f"<b>{name}</b><br>{together}, {tiny.shape[0]} × {tiny.shape[1]}"
    _row(title, together, tiny, _drawn(picture, True, chosen, seed, own), crisp=True)


def _shown(settings: Settings) -> tuple[str, Image | None]:
    """The key of the picture; an own one is known by its pixels. While there is none, the default stands in for it."""
    picture = settings["augmentation_picture"]
    if picture != UPLOAD:
        return picture, None
    own = own_image()
    return (own.digest, own) if own else (settings.settings["augmentation_picture"].default, None)


def _strengths(side: int) -> dict[str, str]:
    """What each change does, with its numbers."""
    from cnnviz.training.gallery import strengths

    values = strengths(side, side)
    return {
        "flip": _("mirrored, every second time"),
        "crop": _("moved by up to {down} of {side} pixels").format(down=values["down"], side=side),
        "rotation": _("turned by up to ±{degrees:g}°").format(**values),
        "colour": _("brightness, contrast, saturation ± {percent:.0f}%").format(**values),
        "erasing": _("up to {erased:.0f}% of each side cut out, every second time").format(**values),
    }


@st.cache_data(max_entries=32, show_spinner=False)
def _picture(key: str, _own: Image | None) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Any]:
    """A picture for the single changes, the same as training gets it, and what it is normalised with."""
    from cnnviz.training import gallery

    if key in _DIGITS:
        levels, normalised = gallery.digit(int(key[-1]))
        return levels, levels, normalised
    levels = (_own or samples.load(key)).levels.astype(np.uint8)
    return gallery.small(levels, _SHARP), gallery.small(levels), None


@st.cache_data(max_entries=128, show_spinner=False)
def _drawn(key: str, is_small: bool, names: Sequence[str], seed: int, _own: Image | None) -> NDArray[np.uint8]:
    from cnnviz.training import gallery

    sharp, tiny, normalised = _picture(key, _own)
    return gallery.draws(tiny if is_small else sharp, names, _DRAWS, seed, normalised)


def _row(title: str, name: str, first: NDArray[np.uint8], drawn: NDArray[np.uint8], *, crisp: bool) -> None:
    """Title, original and draws side by side; each has a name for those who cannot see it."""
    style = "crisp" if crisp else ""
    tiles = [_tile(first, f"{style} first", _("original"))]
    tiles += [_tile(each, style, f"{name} {place}") for place, each in enumerate(drawn, 1)]
    st.html(f'<div class="augmentation"><p>{title}</p>{"".join(tiles)}</div>')


def _tile(levels: NDArray[np.uint8], style: str, name: str) -> str:
    grey = levels[..., 0] if levels.shape[2] == 1 else levels
    exact = "crisp" in style
    data = encode.png(grey.repeat(_LARGE, 0).repeat(_LARGE, 1)) if exact else encode.jpeg(grey)
    kind = "png" if exact else "jpeg"
    return f'<img class="{style}" alt="{name}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'

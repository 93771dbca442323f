"""The other picture: what the page's picture is compared with, in the tab Compare and in the order of a grid."""

from __future__ import annotations

import streamlit as st

from cnnviz.images import Image, patterns, samples, source
from pages.common.language import _
from pages.common.maps_looked import Looked, look
from pages.common.pictures import known_image, own_image
from pages.common.settings import Settings, bound

__all__ = ["image_title", "partner_control", "partner_look"]


def partner_control(settings: Settings, looked: Looked, place: str, label: str) -> None:
    """Draw the choice of the other picture.

    Args:
        settings: of the page, with "compare_picture".
        looked: what the page looks at, which is not offered.
        place: on the page; the choice stands in several.
        label: translated.
    """

    def store(chosen: str) -> None:
        settings["compare_picture"] = chosen

    bound(
        f"{settings.page}/{place}/other picture",
        _partner(settings, looked),
        store,
        st.selectbox,
        label,
        _offered(looked),
        format_func=_picture_title,
        width=420,
    )


def partner_look(slot: str, settings: Settings, looked: Looked) -> Looked | None:
    """Send the other picture through the same network; None when the visitor has stopped it."""
    chosen, own = _partner(settings, looked), own_image()
    image = own if chosen == source.UPLOAD and own is not None else known_image(chosen)
    return look(slot, looked.model, image)


def image_title(image: Image) -> str:
    """How a picture is called: by its title where it is a sample or a pattern, by its file's name else."""
    known = image.name in (*samples.names(), *patterns.names())
    return _picture_title(image.name) if known else image.name


def _offered(looked: Looked) -> list[str]:
    names = [*samples.names(), *patterns.names()]
    return [each for each in names if each != looked.image.name] + ([source.UPLOAD] if own_image() else [])


def _partner(settings: Settings, looked: Looked) -> str:
    offered = _offered(looked)
    return settings["compare_picture"] if settings["compare_picture"] in offered else offered[0]


def _picture_title(name: str) -> str:
    if name == source.UPLOAD:
        return _("Your own")
    return _((samples if name in samples.names() else patterns).get(name).title)

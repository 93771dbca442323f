"""The language of the page: English is the source, translations are gettext catalogues in `pages/locale`.

Every visitor has a language of their own: it is looked up when a run starts, never installed for the process.
"""

from __future__ import annotations

import gettext as _stdlib
import io
import re
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cnnviz.text import Sentence
from pages.common.callbacks import to_the_end

__all__ = [
    "LANGUAGES",
    "LOCALE",
    "Marked",
    "_",
    "begin_run",
    "current",
    "escaped",
    "ngettext",
    "select_language",
    "sentence",
    "translate",
]

LANGUAGES = {"en": "English", "es": "Español"}
SOURCE = "en"
LOCALE = Path(__file__).parents[1] / "locale"

# Streamlit forgets a widget's value when the page changes, so what was chosen is kept under a key of its own.
_CHOSEN = "language"
_WIDGET = "language selector"
_PARAMETER = "lang"  # in the address

_MARKS = re.compile(r"([\\`*_\[\]()#<>!$:~|])")  # signs to which Streamlit's Markdown gives a meaning


class Marked(Protocol):
    """A sentence that the backend marked for translation: an error or a note."""

    @property
    def template(self) -> str:
        """The English sentence in `str.format` form."""

    @property
    def data(self) -> Mapping[str, object]:
        """The values named in the template."""


# Streamlit runs each visitor's script in threads of its own. A page asks for 150 texts in a run, and looking into
# the session for each of them would take a fifth of the run.
_run = threading.local()


def begin_run() -> None:
    """Look up the visitor's language anew; a page does this when its run starts."""
    _run.language = _look_up()


def current() -> str:
    """Return the key in `LANGUAGES` that this visitor reads.

    What they chose comes first, then `lang` in the address, then what their browser asks for, then English.
    """
    return getattr(_run, "language", None) or _look_up()


def _look_up() -> str:
    guess = (st.context.locale or "").partition("-")[0].lower()  # "es-MX" -> "es"
    asked = (st.session_state.get(_CHOSEN), st.query_params.get(_PARAMETER), guess)
    return next((language for language in asked if language in LANGUAGES), SOURCE)


def _(message: str) -> str:
    """Return `message` in the visitor's language; without a translation, as it stands."""
    return _catalogue(current()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form for `n` things in the visitor's language; `n` is not filled in."""
    return _catalogue(current()).ngettext(singular, plural, n)


def translate(marked: Marked) -> str:
    """Return the sentence of an error or a note in the visitor's language, its values filled in.

    Values that are texts with a translation, such as a kernel's title, or marked sentences themselves are
    translated too.
    """
    return _(marked.template).format(**{name: _translate_value(value) for name, value in marked.data.items()})


def _translate_value(value: object) -> object:
    if isinstance(value, str):
        return _(value)
    if hasattr(value, "template") and hasattr(value, "data"):
        return translate(value)
    return value


def escaped(text: str) -> str:
    """A text from outside, such as a file's name, in a line of Markdown that shows it as it stands."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def sentence(marked: Marked) -> str:
    """The same as `translate`, as Markdown in which the values are mere text: no file's name can draw or link."""
    return translate(Sentence(marked.template, {name: _as_text(value) for name, value in marked.data.items()}))


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return escaped(_(value))
    if hasattr(value, "template") and hasattr(value, "data"):
        return sentence(value)
    return value if isinstance(value, int | float) else escaped(str(value))


@cache
def _catalogue(language: str) -> _stdlib.NullTranslations:
    """Read a translation; compiled in memory, so that no compiled file can be older than its source."""
    if language == SOURCE:
        return _stdlib.NullTranslations()
    with (LOCALE / language / "LC_MESSAGES" / "cnnviz.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _stdlib.GNUTranslations(compiled)


def select_language() -> None:
    """Draw the choice of language, and keep a language that was chosen in the address of every page.

    A language that was only guessed stays out of the address: whoever gets the link reads their own.
    """
    if st.query_params.get(_PARAMETER) in LANGUAGES:
        st.session_state.setdefault(_CHOSEN, st.query_params[_PARAMETER])
    st.session_state[_WIDGET] = current()
    st.segmented_control(
        "Language · Idioma",
        options=list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key=_WIDGET,
        required=True,
        on_change=_remember,
        label_visibility="collapsed",
    )
    if _CHOSEN in st.session_state:
        st.query_params[_PARAMETER] = current()


@to_the_end
def _remember() -> None:
    st.session_state[_CHOSEN] = st.session_state[_WIDGET]

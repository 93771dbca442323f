"""Which language a visitor reads, and how sentences reach it."""

from __future__ import annotations

import gettext
import re

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.errors import CnnvizError, ParameterError
from pages.common import language


def page() -> None:
    """A page that shows its language and the choice of one."""
    import streamlit as st

    from pages.common import language

    language.select_language()
    st.text(language.current())


def visit(locale: str | None = None, lang: str | None = None) -> AppTest:
    """Open `page` with a browser that asks for `locale` and with `?lang=` in the address."""
    app = AppTest.from_function(page)
    app.context = {"locale": locale}
    if lang is not None:
        app.query_params["lang"] = lang
    return app.run()


@pytest.mark.parametrize(
    ("locale", "lang", "expected"),
    [
        (None, None, "en"),
        ("es-MX", None, "es"),
        ("es", None, "es"),
        ("de-DE", None, "en"),
        ("es-ES", "en", "en"),
        ("en-GB", "es", "es"),
        ("es-ES", "../../etc", "es"),
        ("en-GB", "", "en"),
    ],
)
def test_the_address_beats_the_browser_and_english_is_the_last_resort(
    locale: str | None, lang: str | None, expected: str
) -> None:
    """An unknown `lang` counts as none."""
    app = visit(locale, lang)
    assert not app.exception
    assert app.text[0].value == expected


def test_a_choice_beats_the_address_and_is_kept_in_it() -> None:
    """The page is drawn in the chosen language at once, and its address says so."""
    app = visit("en-GB", "en")
    app.segmented_control[0].set_value("es").run()
    assert app.text[0].value == "es"
    assert app.query_params["lang"] == "es"


def test_a_guess_stays_out_of_the_address() -> None:
    """A link copied by a Spanish reader opens in English for an English one."""
    assert "lang" not in visit("es-ES").query_params


def test_a_choice_survives_another_page_that_clears_the_address() -> None:
    """Streamlit drops the query when the page changes."""
    app = visit("en-GB", "es")
    app.query_params.clear()
    app.run()
    assert app.text[0].value == "es"
    assert app.query_params["lang"] == "es"


def test_two_visitors_do_not_mix() -> None:
    """Each session keeps its own language, whoever ran last."""
    spanish, english = visit("es-ES"), visit("en-GB")
    assert (spanish.run().text[0].value, english.run().text[0].value) == ("es", "en")


class Shouting(gettext.NullTranslations):
    """A language for tests: every text in capitals, but for the fields of a template."""

    def gettext(self, message: str) -> str:
        """Return `message` in capitals."""
        return re.sub(r"\{\w+\}|[^{]+", lambda part: part[0] if part[0][0] == "{" else part[0].upper(), message)


@pytest.fixture
def _shouting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody read `Shouting`."""
    monkeypatch.setattr(language, "_catalogue", lambda _language: Shouting())
    monkeypatch.setattr(language, "current", lambda: "en")


@pytest.mark.usefixtures("_shouting")
def test_an_error_is_translated_before_its_values_are_filled_in() -> None:
    """The template is what has a translation; values that are texts are translated by themselves."""
    assert language.translate(ParameterError("size", 4.5, "3 to 31")) == "SIZE IS 4.5, BUT MUST BE 3 TO 31."


@pytest.mark.usefixtures("_shouting")
def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    """A value that is itself marked becomes its translated sentence."""
    inner = ParameterError("size", 4, "odd")
    assert language.translate(CnnvizError("no: {why}", why=inner)) == "NO: SIZE IS 4, BUT MUST BE ODD."


def test_every_translation_can_be_compiled() -> None:
    """The file is read, and the empty text stays empty: in gettext it stands for the file's header."""
    for key in language.LANGUAGES:
        assert language._catalogue(key) is language._catalogue(key)
    assert language._("") == ""

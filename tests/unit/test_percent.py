"""Percentages as each language writes them."""

from __future__ import annotations

import pytest
from babel import Locale
from streamlit.testing.v1 import AppTest

from pages.common.language import LANGUAGES
from pages.common.percent import percent_sign


def page() -> None:
    """A page that shows percentages."""
    import streamlit as st

    from pages.common import percent

    st.text(
        "|".join([percent.percent(0.94812), percent.percent(1), percent.percent(0.5, 0), percent.percent(0.1234, 2)])
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sign_is_that_of_the_language(language: str) -> None:
    """With a space or without, as Unicode's tables have it, which the browser reads too."""
    assert percent_sign(language) == Locale(language).percent_formats[None].suffix[0]


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "94.8%|100.0%|50%|12.34%"), ("es", "94.8 %|100.0 %|50 %|12.34 %")]
)
def test_a_share_in_the_visitors_language(language: str, shown: str) -> None:
    """A decimal point in both; the space is one that does not break."""
    app = AppTest.from_function(page)
    app.query_params["lang"] = language
    app.run()
    assert not app.exception
    assert app.text[0].value == shown.replace(" %", "\N{NO-BREAK SPACE}%")

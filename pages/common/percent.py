"""Percentages as they are written: 94.8% in English, 94.8 % in Spanish; the components do it in unpack.js."""

from __future__ import annotations

from pages.common.language import current

__all__ = ["percent", "percent_sign"]

_SIGNS = {"es": "\N{NO-BREAK SPACE}%"}


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in the visitor's language: 0.948 is "94.8%"."""
    return f"{share:.{digits}%}".replace("%", percent_sign())


def percent_sign(language: str = "") -> str:
    """What follows the number, a space included where the language has one; the visitor's language if none is given."""
    return _SIGNS.get(language or current(), "%")

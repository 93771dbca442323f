"""The names of classes in the visitor's language."""

from __future__ import annotations

import re

from pages.common.language import _

__all__ = ["class_word", "the_class"]

_NUMBERED = re.compile(r"class (\d+)")


def class_word(name: str) -> str:
    """Translate the name of a class; classes without names are numbered, and theirs is "class 17"."""
    numbered = _NUMBERED.fullmatch(name)
    return _("class {number}").format(number=numbered[1]) if numbered else _(name)


def the_class(name: str) -> str:
    """The class amid a sentence: class “cat”, or class 17."""
    word = class_word(name)
    return word if _NUMBERED.fullmatch(name) else _("class “{name}”").format(name=word)

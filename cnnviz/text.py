"""Texts that a user may see: the backend marks them and fills them in English, the pages translate them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["N_", "Sentence"]


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark `message` (English, the source language) for translation and return it unchanged."""
    return message


@dataclass(frozen=True)
class Sentence:
    """Something that a user is told, with its numbers.

    Attributes:
        template: English sentence in `str.format` form, marked with `N_`.
        data: the values named in the template.
    """

    template: str
    data: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.template.format(**self.data)

"""Marking of texts that a user may see: the backend marks them, the pages translate them."""

from __future__ import annotations

__all__ = ["N_"]


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark `message` (English, the source language) for translation and return it unchanged."""
    return message

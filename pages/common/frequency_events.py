"""What the browser reports from the panels, checked before it becomes a setting: it may be anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pages.common.frequency_settings import SCALES
from pages.common.settings import Settings

__all__ = ["on_event", "points"]

_MOST_POINTS = 500  # of a stroke; more are thinned out


def points(value: object, most: int = _MOST_POINTS) -> list[tuple[float, float]]:
    """Frequencies (row, column) that the browser reported; an empty list when they are not."""
    if not isinstance(value, list) or not all(_is_point(each) for each in value):
        return []
    step = -(-len(value) // most) or 1
    return [(float(row), float(column)) for row, column in value[::step]]


def _is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_frequency(each) for each in value)


def _is_frequency(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -0.5 <= value <= 0.5


def on_event(
    settings: Settings, on_stroke: Callable[[list[tuple[float, float]]], None] | None = None
) -> Callable[[str, Any], None]:
    """A function that stores "scale" and "probe", and hands a "stroke" on."""

    def store(name: str, value: Any) -> None:
        if name == "scale" and isinstance(value, str) and value in SCALES:
            settings["scale"] = value
        elif name == "probe" and _is_point(value):
            settings["probe"] = points([value])[0]
        elif name == "stroke" and on_stroke is not None and (found := points(value)):
            on_stroke(found)

    return store

"""The kernel as a grid that can be typed into: mounts the component and applies what was typed, pasted or pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnnviz.convolution import editing, kernel_text, kernels
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import KernelError, ParameterError
from cnnviz.figures import colours
from pages.common.components import component, pack
from pages.common.language import _, current, sentence

__all__ = ["Draft", "edited", "kernel_editor"]

_ACTIONS: dict[str, Callable[[Kernel], Kernel]] = {
    "add_row": editing.add_row,
    "remove_row": editing.remove_row,
    "add_column": editing.add_column,
    "remove_column": editing.remove_column,
    "rotate": lambda kernel: editing.rotate(kernel, -1),  # clockwise, as the arrow on the button
    "flip_horizontal": editing.flip_horizontally,
    "flip_vertical": editing.flip_vertically,
    "normalise": editing.normalise,
}


@dataclass(frozen=True)
class Draft:
    """What was typed and cannot be used yet: the cells as typed (None after a paste) and what is wrong."""

    cells: tuple[tuple[str, ...], ...] | None
    error: KernelError | ParameterError


def edited(kernel: Kernel, event: str, value: Any) -> Kernel | Draft:
    """Apply one event of the component ("cells", "paste" or "action") to a kernel.

    The value comes from a browser and may be anything; what is not understood leaves the kernel as it is.
    """
    cells = None
    try:
        if event == "cells":
            cells = tuple(tuple(str(cell) for cell in row) for row in value["rows"])
            return kernels.custom(kernel_text.parse_cells(cells))
        if event == "paste":
            return kernels.custom(kernel_text.parse_text(str(value)))
        return _ACTIONS[value](kernel) if value in _ACTIONS else kernel
    except (KernelError, ParameterError) as error:
        # Only where single cells are at fault are the texts kept: a table that is too large is not sent back.
        return Draft(cells if isinstance(error, KernelError) and error.cells else None, error)
    except (KeyError, TypeError, ValueError):
        return kernel


def kernel_editor(key: str, kernel: Kernel, on_edit: Callable[[Kernel], None]) -> None:
    """Draw the editor; `on_edit` gets every new kernel before the page runs again.

    While cells are wrong they stay on the screen as typed, named below, and the last good kernel stays in use.
    """
    drafts: dict[str, tuple[Kernel, Draft]] = st.session_state.setdefault("kernel drafts", {})
    answered: dict[str, int] = st.session_state.setdefault("kernel reports", {})
    mount = f"{key}/grid"

    def apply(event: str) -> None:
        value = st.session_state[mount].get(event)
        if value is None:
            return
        if event == "cells":
            answered[key] = _report(value)
        result = edited(kernel, event, value)
        drafts.pop(key, None)
        if isinstance(result, Draft):
            drafts[key] = (kernel, result)
        else:
            on_edit(result)

    written_for, draft = drafts.get(key, (None, None))
    if written_for != kernel:  # another kernel was chosen meanwhile
        drafts.pop(key, None)
        draft = None
    component("kernel_editor", "../unpack.js", "../colours.js", "main.js")(
        key=mount,
        data=pack(_message(kernel, draft) | {"answered": answered.get(key, 0)}, colours.diverging().tobytes()),
        on_cells_change=lambda: apply("cells"),
        on_paste_change=lambda: apply("paste"),
        on_action_change=lambda: apply("action"),
    )
    if draft is not None:
        st.error(sentence(draft.error) + " " + _("The last good kernel stays in use."), icon=":material/edit_off:")


def _report(value: Any) -> int:
    """The number the browser gave its report: the answer carries it, so that an old answer is known as such."""
    number = value.get("report") if isinstance(value, dict) else None
    return number if isinstance(number, int) and 0 <= number < 2**53 else 0


def _message(kernel: Kernel, draft: Draft | None) -> dict[str, Any]:
    cells = [[kernel_text.format_cell(float(value)) for value in row] for row in kernel.weights]
    bad = []
    if draft is not None and draft.cells is not None and isinstance(draft.error, KernelError):
        cells = [list(row) for row in draft.cells]
        bad = [[cell.row - 1, cell.column - 1] for cell in draft.error.cells]
    return {"cells": cells, "values": kernel.weights.tolist(), "bad": bad, "labels": _labels()}


def _labels() -> dict[str, str]:
    return {
        "language": current(),
        "cell": _("Row {row}, column {column}"),
        "rows": _("Rows"),
        "columns": _("Columns"),
        "add_row": _("Add a row"),
        "remove_row": _("Remove the last row"),
        "add_column": _("Add a column"),
        "remove_column": _("Remove the last column"),
        "rotate": _("Rotate by 90°"),
        "flip_horizontal": _("Flip left and right"),
        "flip_vertical": _("Flip top and bottom"),
        "normalise": _("Normalise: divide by the sum of the weights"),
    }

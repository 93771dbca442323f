"""The table of runs: the settings that differ, and what each run came to; on screen and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cnnviz.networks import custom, zoo
from cnnviz.networks.zoo import Value
from cnnviz.training.comparison import Curve, differing
from pages.common.files import File, download_row
from pages.common.language import _
from pages.common.percent import percent_sign
from pages.common.runs_words import setting_title, value_text

__all__ = ["csv_bytes", "parameters", "runs_table"]

_FACTS = ("parameters", "epochs", "best", "best_epoch", "last", "training", "gap", "seconds")
_CURVES = ("epoch", "learning_rate", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")


def runs_table(curves: Sequence[Curve], names: Mapping[str, str]) -> None:
    """Draw the table and its downloads."""
    apart = differing(curves) if len(curves) > 1 else ()
    columns = {"name": _("Run"), **{name: setting_title(name) for name in apart}, **_titles()}
    rows = [
        {
            "name": names[each.key],
            **{name: value_text(name, each.settings.get(name, "")) for name in apart},
            **facts(each),
        }
        for each in curves
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=list(columns)),
        hide_index=True,
        placeholder="–",
        column_config={**{name: st.column_config.TextColumn(title) for name, title in columns.items()}, **_numbers()},
        key="training/runs-table",
    )
    download_row(
        [
            File(_("Table (CSV)"), "runs.csv", lambda: csv_bytes(rows)),
            File(_("Curves (CSV)"), "runs-curves.csv", lambda: csv_bytes(_epochs(curves))),
        ]
    )


def facts(curve: Curve) -> dict[str, float | int | None]:
    """What it came to; accuracies and the gap in percent. None where no epoch is done."""
    found: dict[str, float | int | None] = dict.fromkeys(_FACTS)
    found["parameters"], found["epochs"] = parameters(curve), len(curve.metrics)
    if curve.metrics:
        found["best"], found["best_epoch"] = 100 * curve.best["test_accuracy"], int(curve.best["epoch"])
        found["last"], found["training"] = 100 * curve.last["test_accuracy"], 100 * curve.last["train_accuracy"]
        found["gap"], found["seconds"] = 100 * curve.gap, curve.seconds_per_epoch
    return found


def _titles() -> dict[str, str]:
    return {
        "parameters": _("Parameters"),
        "epochs": _("Epochs done"),
        "best": _("Best test accuracy"),
        "best_epoch": _("in epoch"),
        "last": _("Last test accuracy"),
        "training": _("Last training accuracy"),
        "gap": _("Gap, points"),
        "seconds": _("Seconds per epoch"),
    }


def _numbers() -> dict[str, Any]:
    share = "%.2f" + percent_sign() + "%"  # twice in this format
    formats = {"parameters": "localized", "epochs": "%d", "best": share, "best_epoch": "%d", "last": share,
               "training": share, "gap": "%.1f", "seconds": "%.1f"}  # fmt: skip
    return {name: st.column_config.NumberColumn(title, format=formats[name]) for name, title in _titles().items()}


def parameters(curve: Curve) -> int | None:
    """How many weights its network has: as the card says, else counted."""
    if curve.parameters is not None:
        return curve.parameters
    recipe = curve.recipe
    shape, classes = curve.data.get("shape") or [0], curve.data.get("classes") or []
    return _counted(recipe.model, tuple(recipe.options.items()), recipe.layers, shape[0], len(classes))


@st.cache_data(max_entries=256, show_spinner=False)
def _counted(
    model: str, options: tuple[tuple[str, Value], ...], layers: str, in_channels: int, classes: int
) -> int | None:
    if model not in zoo.names():
        return _counted_own(layers)
    network = zoo.blueprint(model, **dict(options), in_channels=in_channels, num_classes=classes)
    return sum(each.numel() for each in network.parameters())


def _counted_own(layers: str) -> int | None:
    return sum(each.cost.parameters for each in custom.steps(custom.read(layers))) if layers else None


def csv_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows of one kind as CSV; the mark at its start tells spreadsheets that it is UTF-8."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def _epochs(curves: Sequence[Curve]) -> list[dict[str, object]]:
    return [{"run": curve.name, **{name: each[name] for name in _CURVES}} for curve in curves for each in curve.metrics]

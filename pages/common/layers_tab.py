"""The layers of a network as a table, and which of its stages hold the parameters, the operations and the memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cnnviz.convolution.receptive_field import Along
from cnnviz.networks.facts import Layer, Summary
from pages.common.charts import COLOURS, COUNT, base, chart
from pages.common.diagram import Network
from pages.common.files import File, download_row
from pages.common.language import _
from pages.common.network_facts import shown_shape
from pages.common.percent import percent_sign

__all__ = ["layers_tab"]

_BAR = 14  # pixels
_AXES = 90


def layers_tab(stem: str, network: Network) -> None:
    """Draw the tab; `stem` begins the names of files."""
    if not network.summary.failure:  # shares of what ran would be taken for those of the network
        _stage_bars(network)
    st.markdown(
        _("**Every layer**, in the order of the run. Click a column to sort, use the magnifying glass to search.")
    )
    table = _table(network)
    st.dataframe(table, hide_index=True, column_config=_columns(), height=420, key=f"layers/{stem}")
    st.caption(
        _(
            "Multiply-accumulates are those of convolutions, linear layers and products of matrices, as in papers. "
            "Memory is that of the outputs, 4 bytes a number, for one picture. Receptive fields leave out what comes "
            "by statistics of whole maps (squeeze-and-excitation, group normalisation); – means: no field of its own."
        )
    )
    download_row([File(_("Table (CSV)"), f"{stem}-layers.csv", lambda: _csv(table))])


def _csv(table: pd.DataFrame) -> bytes:
    """With the unit in the name, and the mark by which spreadsheets know that "·" is one letter."""
    named = table.rename(columns={"memory": "memory_kB", "field": "receptive_field"})
    return named.round(4).to_csv(index=False).encode("utf-8-sig")


def _stage_bars(network: Network) -> None:
    """How parameters, operations and memory are shared out among the stages."""
    stages = [child for child in network.root.children if child.parameters or child.macs or child.memory]
    figure = go.Figure()
    for (name, title), colour in zip(_costs().items(), COLOURS, strict=False):
        values = np.array([getattr(stage, name) for stage in stages], np.float64)
        figure.add_bar(
            y=[stage.name for stage in stages],
            x=(100 * values / max(getattr(network.summary, name), 1)).astype(np.float32),
            orientation="h",
            name=title,
            marker_color=colour,
            customdata=values,
            hovertemplate="%{y}<br>%{fullData.name}: %{customdata:,.0f} = %{x:.2f}"
            + percent_sign()
            + "<extra></extra>",
        )
    height = _BAR * len(stages) * len(_costs()) + _AXES
    base(figure, height, barmode="group", bargap=0.25, yaxis={"autorange": "reversed", "type": "category"})
    figure.update_xaxes(title=_("Share of the total in %"), rangemode="tozero")
    chart(figure, f"stages/{network.title}")


def _costs() -> dict[str, str]:
    return {"parameters": _("Parameters"), "macs": _("Multiply-accumulates"), "memory": _("Activation memory")}


def _table(network: Network) -> pd.DataFrame:
    whole = _("whole text") if network.reads_text else _("whole picture")
    return pd.DataFrame([_row(layer, network.summary, whole) for layer in network.summary.layers])


def _row(layer: Layer, summary: Summary, whole: str) -> dict[str, object]:
    return {
        "number": layer.index + 1,
        "layer": layer.name,
        "kind": layer.kind,
        "what": layer.label,
        "input": ", ".join(shown_shape(shape) for shape in layer.input_shapes),
        "output": shown_shape(layer.output_shape),
        "parameters": layer.parameters,
        "parameters_words": layer.parameters_words,
        "parameters_share": _share(layer.parameters, summary.parameters),
        "macs": layer.macs,
        "macs_words": layer.macs_words,
        "macs_share": None if summary.failure else _share(layer.macs, summary.macs),
        "memory": layer.memory / 1000,
        **_field(layer, whole),
    }


def _share(part: int, total: int) -> float:
    return 100 * part / total if total else 0.0


def _field(layer: Layer, whole: str) -> dict[str, str]:
    if layer.field is None:
        return {"field": whole if layer.whole else "–", "jump": "–", "start": "–"}
    rows, columns = layer.field.rows, layer.field.columns
    return {
        "field": f"{rows.size} × {columns.size}",
        "jump": _both(str(rows.jump), str(columns.jump)),
        "start": _both(_start(rows), _start(columns)),
    }


def _start(along: Along) -> str:
    return f"{along.start:g}".replace("-", "\N{MINUS SIGN}")


def _both(rows: str, columns: str) -> str:
    return rows if rows == columns else f"{rows} × {columns}"


def _columns() -> dict[str, Any]:
    number, text, bar = st.column_config.NumberColumn, st.column_config.TextColumn, st.column_config.ProgressColumn
    share: dict[str, Any] = {"format": "%.1f" + percent_sign() + "%", "min_value": 0, "max_value": 100}
    return {
        "number": number(_("No."), width=55),
        "layer": text(_("Layer"), width=190, pinned=True),
        "kind": text(_("Kind"), width=130),
        "what": text(_("What"), width=130),
        "input": text(_("Input"), width=120),
        "output": text(_("Output"), width=120),
        "parameters": number(_("Parameters"), format=COUNT, width=100),
        "parameters_words": text(_("Parameters as a product"), width=180),
        "parameters_share": bar(_("of all parameters"), **share),
        "macs": number(_("Multiply-accumulates"), format=COUNT, width=130),
        "macs_words": text(_("Operations as a product"), width=180),
        "macs_share": bar(_("of all operations"), **share),
        "memory": number(_("Memory, kB"), format="%,.1f", width=100),
        "field": text(_("Receptive field"), width=110),
        "jump": text(_("Jump"), width=60),
        "start": text(_("Start"), width=70),
    }

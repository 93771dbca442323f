"""The words of the browser component `lab`, in the visitor's language."""

from __future__ import annotations

from typing import Any

from pages.common.language import _, current

__all__ = ["lab_words"]


def lab_words() -> dict[str, Any]:
    """Everything that is written on the lab."""
    return {
        "language": current(),
        "lab": _("The run: space plays, arrow keys go from epoch to epoch"),
        "play": _("Play the epochs from the start, or from here (space)"),
        "pause": _("Pause (space)"),
        "epoch": _("Epoch"),
        "counter": _("epoch {epoch} of {epochs}"),
        "before": _("before training"),
        "latest": _("Latest"),
        "latest_title": _("Follow the newest epoch (End)"),
        "save": _("Save"),
        "save_png": _("What is shown, as PNG"),
        "save_csv": _("The curves' numbers, as CSV"),
        "waiting": _("Nothing has been kept of the network yet. It comes with the first epoch."),
        "missing": _("Nothing was kept of the network after this epoch."),
        **_curves(),
        **_panels(),
        **_facts(),
    }


def _curves() -> dict[str, Any]:
    return {
        "curves": {"loss": _("Loss"), "accuracy": _("Accuracy"), "rate": _("Learning rate")},
        "training": _("training"),
        "test": _("test"),
        "batches": _("batches"),
        "epochs": _("epochs"),
    }


def _panels() -> dict[str, Any]:
    return {
        "panels": {
            "filters": _("Filters"),
            "maps": _("Feature maps"),
            "predictions": _("Predictions"),
            "confusion": _("Confusion"),
            "mistakes": _("Mistakes"),
            "norms": _("Norms"),
        },
        "scales": {"all": _("one scale for all epochs"), "one": _("each epoch its own scale")},
        "scale": _("Scale"),
        "filters_signed": _(
            "First-layer filters {rows} × {columns}. White is 0, orange up to {high}, blue down to {low}."
        ),
        "filters_colour": _(
            "First-layer filters {rows} × {columns} in colour. Grey is 0, full red, green or blue {high}, none {low}."
        ),
        "filters_shown": _("The first {shown} of {all}."),
        "filters_channel": _("Channel 1 of {channels}."),
        "filters_none": _("This network has no convolution."),
        "weight": _("filter {filter}, row {row}, column {column}: {value}"),
        "layer": _("Layer"),
        "map": _("map {map}, row {row}, column {column}: about {value}"),
        "maps_unsigned": _("{count} maps of {rows} × {columns}. Dark is 0, bright {high}."),
        "maps_signed": _("{count} maps of {rows} × {columns}. White is 0, orange up to {high}, blue down to {low}."),
        "maps_none": _("This network has no feature maps."),
    }


def _facts() -> dict[str, Any]:
    return {
        "strip": _("{right} of {all} right. The bar is the probability of the right class."),
        "strip_one": _("is {label}, says {answer}; probability of the right class: {probability}"),
        "confusion_axes": _(
            "Rows: what it is. Columns: what the network says. Stronger colour: larger share of its row."
        ),
        "confusion_cell": _("is {label}, says {answer}: {count} ({share} of the row)"),
        "confusion_right": _("{right} of {all} test pictures right: {share}"),
        "confusion_pairs": _("Confused most often"),
        "mistakes": _("Most certain and wrong:"),
        "mistake": _("is {label}, says {answer}, {probability}"),
        "mistakes_none": _("No mistake among the test pictures."),
        "norms": {
            "gradient": _("Gradient"),
            "activation": _("Activations"),
            "weight": _("Weights"),
        },
        "norms_note": _("Layers from the first (left) to the last. Each line up is ten times more."),
    }

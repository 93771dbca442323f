"""The words of the browser component `channel_view`."""

from __future__ import annotations

from cnnviz.networks.explained import Carried, Convolved, Explanation, Joined, Merged, Pooled
from pages.common.language import _, current

__all__ = ["channel_labels", "sentence"]


def sentence(explanation: Explanation) -> str:
    """How the channel was made, in one sentence."""
    picture = _("the picture")
    match explanation.head:
        case Convolved() as head if head.weights.shape[1:] == (1, 1) and head.inputs.shape[1:] == (1, 1):
            return _("Every input of {source} times its weight, summed up.").format(source=head.source or picture)
        case Convolved() as head:
            return _(
                "Each of {count} input channels from {source} is multiplied with its own kernel of {rows}×{columns}, "
                "window by window; the results are summed up. Networks do not turn the kernel: it is a "
                "cross-correlation."
            ).format(
                count=head.total,
                source=head.source or picture,
                rows=head.weights.shape[1],
                columns=head.weights.shape[2],
            )
        case Merged(operation="add"):
            return _("The inputs are added, place by place.")
        case Merged():
            return _("The inputs are multiplied, place by place.")
        case Pooled(operation="max") as head:
            return _("The largest number of each window of {source}.").format(source=head.source or picture)
        case Pooled() as head:
            return _("The average of each window of {source}.").format(source=head.source or picture)
        case Joined() as head:
            step, count = head.branches[head.branch]
            return _(
                "Nothing is computed here: channel {channel} of the {channels} joined ones is channel {inside} of "
                "the {count} from {source}."
            ).format(
                channel=explanation.channel,
                channels=explanation.channels,
                inside=head.channel,
                count=count,
                source=step or picture,
            )
        case Carried() as head:
            return _("Each number of {source} is changed by itself.").format(source=head.source or picture)
    return _("How this step computes its numbers is not shown here; these are the ones that it gave.")


def channel_labels() -> dict[str, str | list[str]]:
    """All words that the browser needs."""
    colours = [_("red"), _("green"), _("blue")]
    return {**_map_labels(), **_step_labels(), **_number_labels(), "colours": colours}


def _map_labels() -> dict[str, str]:
    return {
        "language": current(),
        "stage": _("Map of the channel. Arrow keys move the place, Enter pins it, Escape goes up one level."),
        "over": _("Over the picture"),
        "opacity": _("Opacity"),
        "places": _("Top places"),
        "value": _("Value"),
        "signed": _("blue is negative, orange positive"),
        "positive": _("no negative numbers"),
        "histogram": _("How the numbers are spread"),
        "zeros": _("{count} of {total} numbers ({share}%) are exactly 0 and left out of the bars."),
        "most": _("most:"),
        "computed": _("How it was computed"),
        "place": _("Row {row}, column {column}"),
        "cell": _("row {row}, column {column}"),
    }


def _step_labels() -> dict[str, str]:
    return {
        "picture": _("the picture"),
        "sum": _("Sum"),
        "sum_bias": _("Sum + bias"),
        "shortcut": _("Shortcut"),
        "residual": _("Residual"),
        "part": _("Input {number}"),
        "addition": _("Sum"),
        "product": _("Product"),
        "max": _("Largest number"),
        "average": _("Average"),
        "input": _("Input"),
        "kernel": _("Kernel"),
        "contribution": _("Contribution"),
        "batch_norm": _("Batch norm"),
        "group_norm": _("Group norm"),
        "inputs": _(
            "{count} input channels from {source}, those first that contribute most over the whole map: "
            "input × kernel = contribution"
        ),
        "others": _(
            "Only the {count} input channels that contribute most are here; the other {rest} are in the numbers as one "
            "sum."
        ),
        "more": _("Show {count} more of {rest}"),
        "all": _("Show the other {rest}"),
        "channel": _("channel {number}"),
        "branch": _("{step}: {count} channels"),
    }


def _number_labels() -> dict[str, str]:
    return {
        "window": _("Window"),
        "walk": _("The window of this place. Arrow keys walk its cells."),
        "products_of": _("Products"),
        "products": _("Products of {count} input channels"),
        "rest": _("The other {count} input channels"),
        "bias": _("Bias"),
        "convolution": _("Result of the layer"),
        "captured": _("✓ captured: {value}"),
        "changed": _("changed afterwards to {value}"),
        "captured_only": _("as captured"),
        "outside": _("padding"),
    }

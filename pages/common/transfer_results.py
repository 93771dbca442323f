"""What came out of a comparison: curves, test pictures, costs, and a sentence that does not over-read them."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from PIL import Image as PilImage

from cnnviz.errors import CnnvizError
from cnnviz.figures import encode
from cnnviz.training import observations, transfer
from cnnviz.training.observations import Answers
from cnnviz.training.transfer import Network
from pages.common.charts import COLOURS, base, chart
from pages.common.language import _, ngettext, sentence
from pages.common.percent import percent, percent_sign
from pages.common.transfer_runs import Followed

__all__ = ["by_chance", "curves", "results", "right"]

_COLOURS = {"transfer": COLOURS[0], "scratch": COLOURS[1], "fine": COLOURS[2]}
_SIDE = 32

_STYLE = """<style>
.transfer-strip { display: grid; grid-template-columns: repeat(auto-fill, 44px); gap: 3px; margin-bottom: 0.5rem; }
.transfer-strip figure { margin: 0; border: 3px solid #d55e00; border-radius: 4px; text-align: center; width: 44px; }
.transfer-strip figure.right { border-color: #009e73; }
.transfer-strip img { width: 38px; height: 38px; display: block; }
.transfer-strip figcaption { font-size: 0.72rem; line-height: 1.15; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; }
</style>"""


def titles() -> dict[str, str]:
    """Names of the kinds of runs."""
    return {
        "transfer": _("transfer (frozen)"),
        "scratch": _("from scratch"),
        "fine": _("fine-tuned (nothing frozen)"),
    }


def results(found: Sequence[Followed]) -> None:
    """Draw everything that is known by now."""
    for each in found:
        if each.state.error is not None:
            st.error(f"{titles()[each.kind]}: {sentence(each.state.error)}", icon=":material/error:")
    told = [each for each in found if each.metrics and each.facts.get("test_pictures")]
    if told:
        st.markdown(_sentence(told))
    left, right_side = st.columns([3, 2], gap="medium")
    with left:
        chart(curves(found), "transfer/curves")
        st.markdown(_table(found))
    with right_side:
        _strips(found)


# ---- numbers


def right(run: Followed) -> int:
    """Test pictures that were named right after the last epoch."""
    return round(float(run.metrics[-1]["test_accuracy"]) * int(run.facts["test_pictures"]))


def by_chance(counts: Sequence[int], pictures: int) -> int:
    """The difference, in pictures, that two equally good networks may well show: two standard errors.

    Each picture is taken as a draw of its own with the mean share of right answers; the difference of two sums of n
    draws has the variance 2 n p (1 − p).
    """
    share = sum(counts) / len(counts) / pictures
    return max(1, math.ceil(2 * math.sqrt(2 * pictures * share * (1 - share))))


def _trained(run: Followed) -> str:
    if not run.facts:
        return "…"
    recipe, facts = run.recipe, run.facts
    channels, rows, columns = map(int, facts["shape"])
    network = Network("", recipe.start, recipe.model, (channels, rows, columns), recipe.options)
    try:
        return f"{_counted(network, recipe.freeze, len(facts['classes'])):,}"
    except CnnvizError:
        return "–"


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs={Network: repr})
def _counted(network: Network, freeze: str, classes: int) -> int:
    return transfer.counts(network, freeze, classes)[0]


def _sentence(told: Sequence[Followed]) -> str:
    """How many of how many, what one picture is worth, and whether the difference can be chance."""
    pictures = int(told[0].facts["test_pictures"])
    parts = [
        _("{run} **{right} of {pictures}**").format(run=titles()[each.kind], right=right(each), pictures=pictures)
        for each in told
    ]
    text = _("Named right in the test: {runs}.").format(runs=", ".join(parts))
    text += " " + _("One picture is {points:.3g} percentage points.").format(points=100 / pictures)
    if len(told) > 1 and not any(each.state.live for each in told):
        text += " " + _order([(titles()[each.kind], right(each)) for each in told], pictures)
    return text


def _order(counts: Sequence[tuple[str, int]], pictures: int) -> str:
    """Which run is ahead of the next best, or which are level; and whether the last one is behind for sure.

    Args:
        counts: two or three names with the test pictures that they named right.
        pictures: in the test.
    """
    ranked = sorted(counts, key=lambda each: -each[1])
    (best, most), (second, next_most), (last, least) = ranked[0], ranked[1], ranked[-1]
    bound = by_chance([most, next_most], pictures)
    if most - next_most > bound:
        return _("Ahead: **{run}**, by more than the about {bound} pictures that chance explains.").format(
            run=best, bound=bound
        )
    if most == next_most:
        level = ", ".join(name for name, count in ranked if count == most)
        text = _("Level, to the picture: **{runs}**.").format(runs=level)
    else:
        text = _(
            "**{first}** is ahead of {second}, but differences of up to about {bound} pictures may well be chance: "
            "this one is no proof."
        ).format(first=best, second=second, bound=bound)
    if most - least > (bound := by_chance([most, least], pictures)):
        behind = _("**{run}** is behind {first} by more than the about {bound} pictures that chance explains.")
        text += " " + behind.format(run=last, first=best, bound=bound)
    return text


def _table(found: Sequence[Followed]) -> str:
    titles = ("", _("test"), _("time"), _("trained parameters"))
    head = f"| {' | '.join(titles)} |\n|---|---|---|---|"
    return "\n".join([head, *(_line(each) for each in found)])


def _line(run: Followed) -> str:
    if run.metrics:
        accuracy = percent(float(run.metrics[-1]["test_accuracy"]))
        time = f"{sum(float(each['seconds']) for each in run.metrics):.1f} s"
    else:
        accuracy, time = _state(run), "–"
    return f"| {titles()[run.kind]} | {accuracy} | {time} | {_trained(run)} |"


def _state(run: Followed) -> str:
    words = {"waiting": _("waits"), "loading": _("loads"), "paused": _("paused"), "stopped": _("stopped")}
    return words.get(run.state.state, "…")


def curves(found: Sequence[Followed]) -> go.Figure:
    """Test accuracy over the epochs, one curve each, and what guessing would reach."""
    figure = go.Figure()
    for each in found:
        figure.add_scatter(
            x=[int(line["epoch"]) for line in each.metrics],
            y=[100 * float(line["test_accuracy"]) for line in each.metrics],
            name=titles()[each.kind], mode="lines", line={"color": _COLOURS[each.kind], "width": 3.5},
            hovertemplate="%{y:.1f}" + percent_sign(),
        )  # fmt: skip
    classes = next((len(each.facts["classes"]) for each in found if each.facts), 0)
    if classes:
        figure.add_hline(100 / classes, line={"dash": "dot", "color": "#8a8f98"}, annotation_text=_("guessing"))
    epochs = max((each.recipe.epochs for each in found), default=1)
    figure.update_xaxes(title=_("epoch"), range=[0.5, epochs + 0.5])
    figure.update_yaxes(title=_("right in the test, %"), range=[0, 103])
    return base(figure, 300, hovermode="x unified", showlegend=True)


# ---- pictures


def _strips(found: Sequence[Followed]) -> None:
    st.html(_STYLE)
    for each in found:
        answers = _last_answers(each)
        if answers is not None:
            correct = int((answers.labels == answers.answers).sum())
            told = ngettext("{right} of {count} picture", "{right} of {count} pictures", len(answers))
            st.markdown(f"**{titles()[each.kind]}** · " + told.format(right=correct, count=len(answers)))
            st.html(f'<div class="transfer-strip">{_cells(answers, each.facts["classes"])}</div>')


def _last_answers(run: Followed) -> Answers | None:
    try:
        epochs = observations.epochs(run.folder)
        return observations.read(run.folder, epochs[-1]).strip if epochs and run.facts else None
    except CnnvizError:
        return None


def _cells(answers: Answers, classes: Sequence[object]) -> str:
    shown = [_(str(each)) for each in classes]
    names = [escape(each) for each in shown]
    cells = []
    for picture, label, answer, share in zip(
        answers.pictures, answers.labels, answers.answers, answers.probabilities, strict=True
    ):
        said = escape(
            _("{label}: the network says {answer}, and gives {label} {share}").format(
                label=shown[label], answer=shown[answer], share=percent(float(share), 0)
            )
        )
        mark = ' class="right"' if label == answer else ""
        sign = "✓" if label == answer else "✗"
        cells.append(
            f'<figure{mark} title="{said}"><img src="{_address(picture)}" alt="{said}">'
            f"<figcaption>{sign} {names[answer]}</figcaption></figure>"
        )
    return "".join(cells)


def _address(picture: NDArray[np.uint8]) -> str:
    levels = picture[0] if len(picture) == 1 else np.moveaxis(picture, 0, 2)
    small = PilImage.fromarray(np.ascontiguousarray(levels))
    small.thumbnail((_SIDE, _SIDE))
    return f"data:image/png;base64,{base64.b64encode(encode.png(np.asarray(small))).decode()}"

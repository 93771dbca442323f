"""The prediction before and after: bars, changes in percentage points, and a sentence."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.common.charts import COLOURS, base, chart, plain
from pages.common.class_words import class_word
from pages.common.language import _, escaped
from pages.common.maps_looked import TOP, Looked
from pages.common.percent import percent, percent_sign

__all__ = ["answer_bars", "answer_line", "answer_sentence", "points", "top_classes"]

_BAR = 44  # pixels of a class with both bars


def points(before: float, after: float) -> str:
    """The change in percentage points, with its sign: −12.3; of the percentages as they are printed, 0.0 for none."""
    change = round(round(100 * after, 1) - round(100 * before, 1), 1)
    return f"{change:+.1f}".replace("-", "−") if change else "0.0"


def top_classes(before: NDArray[np.float32], after: NDArray[np.float32], count: int = TOP) -> list[int]:
    """Classes that are among the likeliest before or after, the likeliest before first."""
    tops = {int(each) for shares in (before, after) for each in np.argsort(-shares, kind="stable")[: (count + 1) // 2]}
    for each in np.argsort(-np.maximum(before, after), kind="stable")[:count]:
        if len(tops) < count:
            tops.add(int(each))
    return sorted(tops, key=lambda each: (-float(before[each]), each))


def answer_bars(key: str, before: Looked, after: Looked, labels: tuple[str, str]) -> None:
    """Draw the likeliest classes, two bars for each, the change in percentage points written behind."""
    shares = before.done.probabilities, after.done.probabilities
    classes = top_classes(*shares)[::-1]
    names = [plain(class_word(before.about.classes[each])) for each in classes]
    places = list(range(len(classes)))  # not by their names, which may be numbers, or the same for two classes
    figure = go.Figure()
    for label, values, colour, texts in zip(
        labels[::-1],
        shares[::-1],
        (COLOURS[1], COLOURS[0]),
        ([points(shares[0][each], shares[1][each]) for each in classes], [""] * len(classes)),
        strict=True,
    ):
        shown = plain(label)
        figure.add_bar(
            name=shown, y=places, x=[100 * float(values[each]) for each in classes], orientation="h", text=texts,
            textposition="outside", cliponaxis=False, marker_color=colour,
            customdata=names, hovertemplate="%{customdata}: %{x:.2f}" + percent_sign() + f"<extra>{shown}</extra>",
        )  # fmt: skip
    base(figure, 70 + _BAR * len(classes), barmode="group", bargap=0.25, legend={"traceorder": "reversed"})
    figure.update_traces(textfont_size=14, constraintext="none")
    figure.update_xaxes(range=[0, 115], title=_("Probability, %; behind it the change in points"))
    figure.update_yaxes(tickvals=places, ticktext=names)
    chart(figure, key)


def answer_sentence(before: Looked, after: Looked) -> str:
    """What became of the answer, in words, as Markdown."""
    first, now = before.answer, after.answer
    shares = before.done.probabilities, after.done.probabilities
    values = {
        "name": escaped(class_word(before.about.classes[first])),
        "before": percent(shares[0][first]),
        "after": percent(shares[1][first]),
        "points": points(shares[0][first], shares[1][first]),
    }
    if first == now:
        return _("The answer stays “{name}”: {before} before, {after} now ({points} percentage points).").format(
            **values
        )
    other = {"other": escaped(class_word(before.about.classes[now])), "share": percent(shares[1][now])}
    return _(
        "The answer turns from “{name}” to “{other}” ({share}): “{name}” had {before} and has {after} now ({points} "
        "percentage points)."
    ).format(**values, **other)


def answer_line(looked: Looked) -> str:
    """The answer with its probability, as Markdown."""
    name = class_word(looked.about.classes[looked.answer])
    return f"{escaped(name)} {percent(looked.done.probabilities[looked.answer])}"

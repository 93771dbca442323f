"""Compare runs: their curves over each other, the settings that differ, and what that shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.networks import shipped
from cnnviz.training import comparison, control
from cnnviz.training.comparison import Curve, Pair
from pages.common.charts import chart
from pages.common.language import _
from pages.common.run_list import short_name
from pages.common.runs_chart import figure
from pages.common.runs_pair import pair_controls
from pages.common.runs_table import runs_table
from pages.common.runs_words import degradation_sentence, finding, labels, setting_title, value_text
from pages.common.settings import Setting, Settings, bound, choice

__all__ = ["RUNS_SETTINGS", "runs_tab"]

_MOST = 8  # curves at once: as many colours are told apart
_PAIRS = 6  # buttons
_LIVE = ("training", "loading")
_SECONDS = 4.0  # between two looks at a run that is learning


def _read_names(text: str) -> tuple[str, ...]:
    names = text[: _MOST * 100].split("~")
    if len(names) > _MOST or not all(control.NAME.fullmatch(name.removeprefix("run:")) for name in names):
        raise ParameterError("runs_chosen", text[:40], f"NAME~run:NAME, 1 … {_MOST}")
    return tuple(dict.fromkeys(names))


RUNS_SETTINGS: tuple[Setting, ...] = (
    Setting("runs_chosen", (), "~".join, _read_names),  # () is whatever shows most
    choice("runs_curve", "error", ("error", "accuracy", "loss", "rate")),
    choice("runs_parts", "both", ("both", "training", "test")),
    choice("runs_x", "epochs", ("epochs", "seconds")),
    choice("runs_y", "linear", ("linear", "log")),
)


def runs_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `RUNS_SETTINGS` and those of the tab where networks learn."""
    curves, damaged = _found()
    if damaged:
        names = ", ".join(damaged[:_MOST])
        st.warning(_("Left out, because their files are damaged: {names}.").format(names=names))
    if not curves:
        st.info(_("There is nothing to compare yet: start a run in the first tab."))
        return
    four = comparison.degradation(list(curves.values()))
    chosen = _chosen(settings, curves, four)
    _prepared(settings, list(curves.values()), four)
    if any(_is_learning(each) for each in chosen):
        st.fragment(_shown, run_every=_SECONDS)(settings, [each.key for each in chosen], four)
    else:
        _shown(settings, [each.key for each in chosen], four)


def _found() -> tuple[dict[str, Curve], list[str]]:
    """All curves by key, shipped ones first; and the names of those that are damaged."""
    cards, spoiled = comparison.shipped(shipped.MODELS)
    runs, damaged = comparison.runs(control.RUNS)
    return {each.key: each for each in (*cards, *runs)}, [*spoiled, *damaged]


def _is_learning(curve: Curve) -> bool:
    return not curve.is_shipped and control.state(control.RUNS / curve.name).state in _LIVE


def _chosen(settings: Settings, curves: Mapping[str, Curve], four: Sequence[Curve]) -> list[Curve]:
    """The curves that were asked for and are there; without a choice, those that show most."""
    if gone := [key for key in settings["runs_chosen"] if key not in curves]:
        st.warning(_("Not here any more: {names}.").format(names=", ".join(gone)))
    found = [curves[key] for key in settings["runs_chosen"] if key in curves]
    return found or list(four) or _alike(list(curves.values()))


def _alike(curves: Sequence[Curve]) -> list[Curve]:
    """The newest run, or else the first shipped network, and others that learned from the same pictures."""
    done = [each for each in curves if each.metrics] or list(curves)
    first = max(done, key=lambda each: each.changed)
    return [first, *(each for each in done if each is not first and _digest(each) == _digest(first))][: _MOST // 2]


def _digest(curve: Curve) -> object:
    return curve.data.get("digest")


# ---- comparisons to begin with


def _prepared(settings: Settings, curves: Sequence[Curve], four: Sequence[Curve]) -> None:
    """Buttons for the degradation experiment, and for runs that differ in one setting."""
    known = {each.key for each in four}
    found = [pair for pair in comparison.pairs(curves) if not {each.key for each in pair.curves} <= known][:_PAIRS]
    if not four and not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="pairs"):
        st.markdown("**" + _("Compare") + "**", width="content")
        if four:
            _button(settings, _("Plain against residual, 20 and 56 layers"), four, "degradation")
        for number, (pair, title) in enumerate(zip(found, _pair_titles(found), strict=True)):
            _button(settings, title, pair.curves[:_MOST], str(number))


def _pair_titles(pairs: Sequence[Pair]) -> list[str]:
    """What the buttons say: no two the same, where the same setting differs in other networks, too."""
    titles = [_pair_title(each) for each in pairs]
    found = list(titles)
    for title in {each for each in titles if titles.count(each) > 1}:
        same = [number for number, each in enumerate(titles) if each == title]
        names = labels([pairs[number].curves[0] for number in same])
        for number in same:
            found[number] = f"{title} ({names[pairs[number].curves[0].key]})"
    return found


def _pair_title(pair: Pair) -> str:
    values = ", ".join(value_text(pair.setting, each.settings[pair.setting]) for each in pair.curves[:3])
    return f"{setting_title(pair.setting)}: {values}" + ("…" if len(pair.curves) > 3 else "")


def _button(settings: Settings, title: str, curves: Sequence[Curve], name: str) -> None:
    keys = tuple(each.key for each in curves)
    st.button(title, key=f"training/compare {name}", on_click=settings.__setitem__, args=("runs_chosen", keys))


# ---- what was chosen


def _shown(settings: Settings, keys: Sequence[str], four: Sequence[Curve]) -> None:
    """Sentence, chart, table; reads the files anew, because a run may be learning."""
    curves, _damaged = _found()
    chosen = [curves[key] for key in keys if key in curves]
    names = labels(chosen)
    if {each.key for each in four} == set(keys):
        st.markdown(degradation_sentence(four))
    else:
        st.markdown(finding(chosen, names))
    _warn(chosen)
    left, right = st.columns([3, 1], gap="medium")  # the chart first, also on a phone
    with left:
        _chart(settings, [each for each in chosen if each.metrics], names)
    with right:
        _controls(settings, curves, [each.key for each in chosen])
    runs_table(chosen, names)
    st.caption(_notes(chosen))
    with st.expander(_("Start a run that differs in one setting"), icon=":material/compare_arrows:"):
        pair_controls(settings, chosen, names)


def _warn(curves: Sequence[Curve]) -> None:
    if len({_digest(each) for each in curves}) > 1:
        titles = ", ".join(dict.fromkeys(str(each.data.get("title", each.recipe.data)) for each in curves))
        text = _("These runs learned from different pictures ({titles}): their errors cannot be compared.")
        st.warning(text.format(titles=titles), icon=":material/warning:")


def _chart(settings: Settings, curves: Sequence[Curve], names: Mapping[str, str]) -> None:
    if curves:
        shown = {each.key: names[each.key] for each in curves}
        chart(figure(curves, shown, settings), "training/runs-chart")


def _notes(curves: Sequence[Curve]) -> str:
    text = _(
        "Training accuracy is counted while the network learns, on pictures as augmented and with dropout, test "
        "accuracy after each epoch; so the gap may be negative."
    )
    one = curves[0]
    if len({(each.recipe.epochs, each.recipe.batch_size, _digest(each)) for each in curves}) == 1:
        steps = int(one.data.get("train_pictures", 0)) // one.recipe.batch_size * one.recipe.epochs
        text += " " + _("One recipe: {epochs} epochs, {steps:,} steps of {batch} pictures.").format(
            epochs=one.recipe.epochs, steps=steps, batch=one.recipe.batch_size
        )
    if any(each.recipe.model in comparison.DEGRADATION for each in curves):
        text += " " + _("He et al. trained on CIFAR-10 for 64,000 steps of 128 pictures.")
    return text


def _controls(settings: Settings, curves: Mapping[str, Curve], keys: Sequence[str]) -> None:
    def change(fresh: Sequence[str]) -> None:
        settings["runs_chosen"] = tuple(fresh)

    bound(
        "training/runs_chosen", list(keys), change, st.multiselect, _("Runs, at most {most}").format(most=_MOST),
        list(curves), format_func=lambda key: short_name(curves[key].name if key in curves else key),
        max_selections=_MOST,
    )  # fmt: skip
    measures = {"error": _("Error"), "accuracy": _("Accuracy"), "loss": _("Loss"), "rate": _("Learning rate")}
    settings.control("runs_curve", st.selectbox, _("Curve"), list(measures), format_func=measures.__getitem__)
    parts = {"both": _("both"), "training": _("training"), "test": _("test")}
    _segments(settings, "runs_parts", _("Of"), parts)
    _segments(settings, "runs_x", _("Across"), {"epochs": _("epochs"), "seconds": _("seconds")})
    _segments(settings, "runs_y", _("Upwards"), {"linear": _("linear"), "log": _("logarithmic")})


def _segments(settings: Settings, name: str, title: str, values: Mapping[str, str]) -> None:
    settings.control(name, st.segmented_control, title, list(values), format_func=values.__getitem__, required=True)

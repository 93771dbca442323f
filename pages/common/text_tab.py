"""A convolution that reads: a text CNN tells good opinions from bad ones, and shows which words it fired on."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.training import sentences
from cnnviz.training.reading import NUMBERS, WIDTHS, Answer, Firing, Reader, ReadingRecipe, learn
from pages.common.charts import COLOURS, GREY, base, chart
from pages.common.language import _, current, ngettext
from pages.common.percent import percent
from pages.common.settings import Setting, Settings, number

__all__ = ["TEXT_SETTINGS", "prepare_training", "text_tab"]

_RANGES = {each.name: each for each in NUMBERS}
_EPOCHS = (0, 5, 10, 20, 40, 100)
_MOST_LETTERS = 200
_MOST_SEED = 99
_EMBEDDING = ReadingRecipe().embedding
_GOOD, _BAD = (0, 114, 178), (213, 94, 0)  # blue and vermilion of Okabe and Ito


def _read_text(text: str) -> str:
    return text[:_MOST_LETTERS]


def _read_epochs(text: str) -> int:
    epochs = int(text[:4])
    if epochs not in _EPOCHS:
        raise ParameterError("epochs", epochs, ", ".join(map(str, _EPOCHS)))
    return epochs


TEXT_SETTINGS: tuple[Setting, ...] = (
    Setting("text", "", _read_text, _read_text),
    Setting("text_epochs", 40, str, _read_epochs),
    number("text_maps", 6, int(_RANGES["maps"].minimum), int(_RANGES["maps"].maximum)),
    number("text_seed", 0, 0, _MOST_SEED),
)


def prepare_training() -> None:
    """Learn once, so that what PyTorch imports for its first optimiser, some seconds, is there."""
    _learned("en", 6, 40, 0)


def text_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `TEXT_SETTINGS`."""
    reader = _trained(current(), settings["text_maps"], settings["text_epochs"], settings["text_seed"])
    words = sentences.words_of(settings["text"]) or sentences.words_of(_examples()[0])
    answer = reader.read(words)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _sentence(settings, words, answer)
    with right:
        _controls(settings)
        st.markdown(_result(reader))
        chart(_curves(reader), "training/text-curves")
    _filters(reader, answer)
    st.caption(_about(reader))


def _controls(settings: Settings) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        settings.control(
            "text_epochs", st.segmented_control, _("Epochs"), _EPOCHS, required=True, width="content",
            help=_("0 shows the network before it has learned anything."),
        )  # fmt: skip
        maps = _RANGES["maps"]
        settings.control(
            "text_maps", st.number_input, _(maps.title), int(maps.minimum), int(maps.maximum), width=150,
        )  # fmt: skip
        st.button(
            "", key="training/text-redraw", icon=":material/casino:", on_click=_redraw, args=(settings,),
            help=_("Draw other weights"),
        )  # fmt: skip


def _redraw(settings: Settings) -> None:
    settings["text_seed"] = (settings["text_seed"] + 1) % (_MOST_SEED + 1)


@st.cache_resource(max_entries=64, show_spinner=False)
def _learned(language: str, maps: int, epochs: int, seed: int) -> Reader:
    return learn(sentences.load(language), ReadingRecipe(maps=maps, epochs=epochs, seed=seed))


def _trained(language: str, maps: int, epochs: int, seed: int) -> Reader:
    with st.spinner(_("Learning from sentences …"), show_time=True):
        return _learned(language, maps, epochs, seed)


def _sentence(settings: Settings, words: Sequence[str], answer: Answer) -> None:
    """A sentence of the visitor's, or one of the test, with every word in the colour of what it adds."""
    settings.control(
        "text", st.text_input, _("Your sentence"), max_chars=_MOST_LETTERS, placeholder=_examples()[0],
        help=_("Up to {count} words are read.").format(count=sentences.LONGEST),
    )  # fmt: skip
    _offers(settings)
    if settings["text"] and not sentences.words_of(settings["text"]):
        st.info(_("There is no word in it; this is the example."))
    st.markdown(_verdict(answer))
    st.html(_coloured(answer))
    st.caption(_unread(words, answer))
    chart(_pushes(answer), "training/text-pushes")


def _examples() -> tuple[str, ...]:
    return (
        _("The soup was not hot, but the cake was delicious."),
        _("The film was not bad at all."),
        _("The book was dull and the ending terrible."),
    )


def _offers(settings: Settings) -> None:
    with st.container(horizontal=True, gap="small", key="pairs"):
        for position, example in enumerate(_examples()):
            st.button(
                example, key=f"training/text-example-{position}", on_click=settings.__setitem__, args=("text", example)
            )


def _verdict(answer: Answer) -> str:
    if not any(answer.known):
        return _("It knows none of these words: what it says about them is chance.")
    names = [_(each) for each in sentences.CLASSES]
    gap = answer.scores[1] - answer.scores[0]
    return _("**{answer}**, {share} sure: score of good − score of bad = {gap:+.2f}").format(
        answer=names[answer.label], share=percent(answer.probabilities[answer.label], 0), gap=gap
    )


def _coloured(answer: Answer) -> str:
    """The sentence with every word on a background as strong as what it adds; unknown words are underlined."""
    largest = max((abs(push) for push in answer.pushes), default=0) or 1
    shown = [
        _word(word, known, push / largest)
        for word, known, push in zip(answer.words, answer.known, answer.pushes, strict=True)
    ]
    return '<p style="font-size:1.4rem;line-height:2;margin:0">' + " ".join(shown) + "</p>"


def _word(word: str, known: bool, share: float) -> str:
    red, green, blue = _GOOD if share > 0 else _BAD
    line = "none" if known else "underline dotted"
    style = f"background:rgba({red},{green},{blue},{0.6 * abs(share):.2f});text-decoration:{line}"
    return f'<span style="{style};padding:0.15em 0.3em;border-radius:0.3em">{html.escape(word)}</span>'


def _unread(words: Sequence[str], answer: Answer) -> str:
    """What the colours mean, and which words told the network nothing."""
    text = [_("Blue words speak for “good”, orange ones for “bad”.")]
    if strange := [word for word, known in zip(answer.words, answer.known, strict=True) if not known]:
        text.append(_("Never seen in training: {words}.").format(words=", ".join(strange)))
    if late := len(words) - len(answer.words):
        text.append(
            ngettext("The last word was not read.", "The last {count} words were not read.", late).format(count=late)
        )
    return " ".join(text).replace("[", "\\[").replace("`", "\\`")


def _pushes(answer: Answer) -> go.Figure:
    """What each word adds to the score of "good" above that of "bad", and what the network says without any."""
    places = list(range(len(answer.words) + 1))
    values = [answer.bias, *answer.pushes]
    colours = [GREY] + [COLOURS[0] if push > 0 else COLOURS[1] for push in answer.pushes]
    figure = go.Figure(go.Bar(x=places, y=values, marker_color=colours, hovertemplate="%{y:+.3f}<extra></extra>"))
    base(figure, 230)
    figure.update_xaxes(tickvals=places, ticktext=[_("(bias)"), *map(html.escape, answer.words)])
    figure.update_yaxes(title=_("good − bad"), zeroline=True, zerolinecolor=GREY)
    return figure


def _result(reader: Reader) -> str:
    last, count = reader.history[-1], len(reader.sentences.test)
    return _(
        "**{right} of {count}** test sentences right ({share}); one sentence is {point:.1f} points. "
        "Of the {learned} to learn from: {train}."
    ).format(
        right=round(last.test_accuracy * count), count=count, share=percent(last.test_accuracy, 0),
        point=100 / count,
        learned=len(reader.sentences.train), train=percent(last.train_accuracy, 0),
    )  # fmt: skip


def _curves(reader: Reader) -> go.Figure:
    figure = go.Figure()
    epochs = [each.number for each in reader.history]
    curves = (
        (_("loss, training"), [each.train_loss for each in reader.history], COLOURS[0], "dash"),
        (_("loss, test"), [each.test_loss for each in reader.history], COLOURS[0], "solid"),
        (_("accuracy, training"), [each.train_accuracy for each in reader.history], COLOURS[1], "dash"),
        (_("accuracy, test"), [each.test_accuracy for each in reader.history], COLOURS[1], "solid"),
    )
    for name, values, colour, dash in curves:
        figure.add_scatter(
            x=epochs, y=values, name=name, mode="lines+markers" if len(epochs) == 1 else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
        )  # fmt: skip
    base(figure, 340, hovermode="x unified")
    figure.update_layout(legend={"font": {"size": 13}, "entrywidth": 0.5, "entrywidthmode": "fraction"})
    figure.update_xaxes(title=_("Epoch"))
    figure.update_yaxes(rangemode="tozero")
    return figure


def _filters(reader: Reader, answer: Answer) -> None:
    """Every filter: where it fired in the sentence, what that adds, and what it likes best."""
    favourites = reader.favourites()
    rows = [
        {
            _("Filter"): firing.filter + 1,
            _("Words"): firing.width,
            _("Fired on"): _phrase(answer, firing),
            _("Strength"): firing.strength,
            _("Weight, good − bad"): firing.weights[1] - firing.weights[0],
            _("Adds"): firing.push,
            _("Answers most to, in training"): ", ".join(phrase for phrase, _strength in favourites[firing.filter]),
        }
        for firing in sorted(answer.firings, key=lambda each: -abs(each.push))
    ]
    three_digits = st.column_config.NumberColumn(format="%.3f")
    st.markdown("**" + _("Which words fired which filters") + "**")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(38 + 35 * len(rows), 360),
        column_config={_("Strength"): three_digits, _("Weight, good − bad"): three_digits, _("Adds"): three_digits},
    )
    total = answer.scores[1] - answer.scores[0]
    st.markdown(
        _("The column “Adds” and the bias make the score: {pushes:+.3f} {bias:+.3f} = {total:+.3f}.").format(
            pushes=sum(each.push for each in answer.firings), bias=answer.bias, total=total
        )
    )


def _phrase(answer: Answer, firing: Firing) -> str:
    if firing.strength == 0:
        return "–"
    return " ".join(answer.words[firing.start : firing.start + firing.width]) or _("(padding)")


def _about(reader: Reader) -> str:
    return _(
        "A text CNN after Kim (2014, arXiv:1408.5882): each word is a row of {embedding} numbers, filters slide over "
        "{widths} words, and only the strongest answer of each counts (max over time). {words} different words; the "
        "sentences were written for this page. Language: that of the page."
    ).format(
        embedding=_EMBEDDING,
        widths=", ".join(map(str, WIDTHS)),
        words=len(reader.sentences.vocabulary),
    )

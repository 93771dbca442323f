"""The frame of every page: title, purpose, what to try, language, and what happens when something goes wrong."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec

import streamlit as st

from cnnviz.errors import CnnvizError
from pages.common.callbacks import to_the_end
from pages.common.language import _, begin_run, sentence
from pages.common.settings import Settings

__all__ = ["Suggestion", "guarded", "header", "leads_to_tab", "notices", "suggestions"]

_FOLLOWED = "suggestions followed"  # session: how many
_P = ParamSpec("_P")
_LOGGER = logging.getLogger("cnnviz.pages")


@dataclass(frozen=True)
class Suggestion:
    """Something to try: a title and what to look at (translated), and the settings it needs."""

    title: str
    look: str
    values: Mapping[str, Any] = field(hash=False)


def header(title: str, purpose: str) -> None:
    """Draw the page's name and its purpose in one sentence."""
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="page-header"):
        st.subheader(title, anchor=False, width="content")
        st.caption(purpose, width="content")


# Streamlit leaves a hand's breadth above the title and between lines; a projector has 720 lines.
_STYLE = """<style>
.stMainBlockContainer { padding-top: 3.4rem; padding-bottom: 2rem; }
.stMainBlockContainer > .stVerticalBlock { gap: 0.6rem; }
.st-key-page-header { gap: 0 1.2rem; }
.st-key-maps-level, .st-key-maps-kernels { gap: 0.6rem; }
.st-key-suggestions, .st-key-pairs, .st-key-maps-way { gap: 0.3rem 0.45rem; }
:is(.st-key-suggestions, .st-key-pairs, .st-key-maps-way) button { min-height: 1.8rem; padding: 0.1rem 0.6rem; }
:is(.st-key-suggestions, .st-key-pairs, .st-key-maps-way) button p { font-size: 0.85rem; }
.st-key-formula-narrow { display: none; }
[data-testid="stStatusWidget"] button { display: none; } /* Streamlit's own Stop leaves half a page */
[data-testid="stSidebarUserContent"] { padding-bottom: 2rem; }
[data-testid="stSidebar"] [data-stale="true"] { opacity: 1; } /* it can be used while the page computes */
[data-testid="stSidebarUserContent"] .stVerticalBlock { gap: 0.75rem; }
[data-testid="stSidebar"] :is([class*="-picture-kind-"], [class*="-maps-source-"]) [role="radiogroup"] > button {
  flex-grow: 1; padding-inline: 0.15rem; /* four kinds of pictures in one line, also within an expander */
}
@media (max-width: 600px) {
  .st-key-formula-wide { display: none; }
  .st-key-formula-narrow { display: flex; }
  .st-key-formula-narrow .katex { font-size: 1.02rem; }
  .st-key-suggestions { flex-wrap: nowrap; overflow-x: auto; }
  .st-key-suggestions button { white-space: nowrap; }
}
@media (min-width: 900px) { .stMainBlockContainer { padding-left: 2rem; padding-right: 2rem; } }
</style>"""


def suggestions(settings: Settings, offered: Sequence[Suggestion]) -> None:
    """Draw the row of things to try; a click sets the whole page and says what to look at."""
    key = f"{settings.page}/suggestion"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="suggestions"):
        st.markdown("**" + _("Try") + "**", width="content")
        for number, each in enumerate(offered):
            st.button(each.title, key=f"{key}/{number}", on_click=_follow, args=(settings, each, key, number))
    hint = st.container(key="hint")  # always there: else it comes, and the browser builds all that follows anew
    followed: int | None = st.session_state.get(key)
    if followed is not None:
        chosen = offered[followed]
        if all(settings[name] == value for name, value in chosen.values.items()):
            hint.markdown(f":blue-background[:material/visibility: {chosen.look}]")


@to_the_end
def _follow(settings: Settings, suggestion: Suggestion, key: str, number: int) -> None:
    settings.replace(suggestion.values)
    st.session_state[key] = number
    st.session_state[_FOLLOWED] = st.session_state.get(_FOLLOWED, 0) + 1
    if "tab" in suggestion.values:
        st.session_state[_to_tab(settings)] = st.session_state[_FOLLOWED]


def leads_to_tab(settings: Settings) -> int:
    """Right after a suggestion that opens a tab, which may lie out of sight: how many were followed; else 0."""
    count: int = st.session_state.pop(_to_tab(settings), 0)
    return count


def _to_tab(settings: Settings) -> str:
    return f"{settings.page}/to tab"


def notices(settings: Settings) -> None:
    """Say which settings of the address were not legal; they are at their defaults."""
    said = st.empty()  # always there, as in `suggestions`
    if settings.rejected:
        names = ", ".join(settings.rejected)
        said.warning(
            _("The address held settings that are not possible ({names}); they are at their defaults.").format(
                names=names
            )
        )


def guarded(run: Callable[_P, None]) -> Callable[_P, None]:
    """Decorate a page or fragment: what the visitor can mend becomes one sentence, a bug an apology and a log entry."""

    @functools.wraps(run)
    def safe(*args: _P.args, **kwargs: _P.kwargs) -> None:
        begin_run()
        try:
            run(*args, **kwargs)
        except CnnvizError as error:
            st.error(sentence(error), icon=":material/error:")
        except Exception:
            _LOGGER.exception("a page failed")
            st.error(_("Something went wrong here, and it is our mistake. Change a setting or reload the page."))

    return safe

"""Settings of a page: kept while other pages are visited, mirrored in the URL, checked when read from there.

The settings live in the session under keys of their own, not in the widgets, which Streamlit forgets when
the page is left. A widget is drawn from its setting and hands its changes back (`bound`). What differs
from the default stands in the URL, so copying the address reproduces the page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.errors import CnnvizError, ParameterError
from pages.common.language import current

__all__ = ["Setting", "Settings", "bound", "choice", "flag", "number", "widget_key"]


LONGEST_TEXT = 30_000  # characters of one setting; servers refuse addresses of 64 kB
_PUBLISHED = "settings/published"  # in the session: the last address of the page that is open, and names in it
_REPLACED = "settings/replaced"  # in the session: what widgets showed before the program set them
_REMEMBERED = 100  # addresses; a drag publishes a dozen before the browser answers


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the URL, its default, and how it is written there and read back.

    `decode` gets hostile text; it raises ValueError or CnnvizError for anything it does not like.
    """

    name: str
    default: Any
    encode: Callable[[Any], str] = str
    decode: Callable[[str], Any] = str


def choice(name: str, default: str, options: Iterable[str]) -> Setting:
    """A setting with a fixed list of values."""
    legal = tuple(options)

    def decode(text: str) -> str:
        if text not in legal:
            raise ParameterError(name, text, ", ".join(legal))
        return text

    return Setting(name, default, str, decode)


def number(name: str, default: int, minimum: int, maximum: int) -> Setting:
    """A whole number in a range."""

    def decode(text: str) -> int:
        value = int(text)
        if not minimum <= value <= maximum:
            raise ParameterError(name, value, f"{minimum} … {maximum}")
        return value

    return Setting(name, default, str, decode)


def flag(name: str, default: bool = False) -> Setting:
    """Yes or no, written as 1 or 0."""
    return Setting(name, default, lambda value: str(int(value)), lambda text: {"0": False, "1": True}[text])


def _is_back_or_forward() -> bool:
    """Whether the browser's buttons led to the address of this run: it may be one that was left a moment ago."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


class Settings:
    """The settings of one page, for one visitor.

    Args:
        page: the page's key; prefixes everything kept in the session.
        settings: what can be set.
    """

    def __init__(self, page: str, settings: Iterable[Setting]) -> None:
        self.page = page
        self.settings = {setting.name: setting for setting in settings}
        self.rejected: tuple[str, ...] = ()  # names whose value in the URL was not legal
        # Taken out once: a run may be cut off wherever the session is asked, but a plain dictionary gets a
        # widget's answer at once.
        self._values: dict[str, Any] = st.session_state.setdefault(f"settings/{page}", {})
        self._load()

    def _load(self) -> None:
        """Take over the URL when a visitor came by one; otherwise what the session remembers stands."""
        query = {name: st.query_params[name] for name in self.settings if name in st.query_params}
        known = self._known()
        if known and not _is_back_or_forward() and (not query or query in known):
            del known[: known.index(query) if query in known else 0]
            return
        values, rejected = {}, []
        for name, text in query.items():
            try:
                values[name] = self.settings[name].decode(text)
            except (ValueError, KeyError, OverflowError, CnnvizError):
                rejected.append(name)
        self.rejected = tuple(rejected)
        self._values.clear()
        self._values.update(values)
        known[:] = [query]

    def _known(self) -> list[dict[str, str]]:
        """The address that the browser sent last, and those published since, which it may not have got yet.

        Any of them can come with the next run, late; only another one is a link that the visitor followed.
        """
        addresses: list[dict[str, str]] = st.session_state.setdefault(f"addresses/{self.page}", [])
        return addresses

    def __getitem__(self, name: str) -> Any:
        return self._values.get(name, self.settings[name].default)

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self.settings:
            raise KeyError(name)
        self._values[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def replace(self, values: Mapping[str, Any]) -> None:
        """Set `values` and everything else back to its default (a suggestion sets the whole page)."""
        self._values.clear()
        for name, value in values.items():
            self[name] = value

    def control(self, name: str, widget: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Draw `widget` with the setting's value, and store every change of it."""
        bound(f"{self.page}/{name}", self[name], lambda value: self.__setitem__(name, value), widget, *args, **kwargs)

    def query(self) -> dict[str, str]:
        """What differs from the defaults, as it stands in the URL; what is too long for one is left out."""
        changed = {name: each for name, each in self.settings.items() if self[name] != each.default}
        texts = {name: each.encode(self[name]) for name, each in changed.items()}
        return {name: text for name, text in texts.items() if len(text) <= LONGEST_TEXT}

    def fits_a_link(self) -> bool:
        """False when a setting is too long for an address."""
        query = self.query()
        return all(name in query or self[name] == each.default for name, each in self.settings.items())

    def publish(self) -> None:
        """Mirror the settings in the URL; other names there (the language) stay."""
        query, known = self.query(), self._known()
        if query not in known[-1:]:
            known.append(query)
            del known[:-_REMEMBERED]
        st.session_state[_PUBLISHED] = (tuple(self.settings), query)
        shown = {name: value for name, value in st.query_params.items() if name in self.settings}
        if shown != query:
            rest = {name: value for name, value in st.query_params.items() if name not in self.settings}
            st.query_params.from_dict({**rest, **query})


def bound(
    key: str, value: Any, store: Callable[[Any], None], widget: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Draw a widget that shows `value` and hands every change to `store`; return what the widget returns.

    `store` is called before the page runs again, so a page may show its result first and its controls
    afterwards. The widget's own state is set only where it differs: forcing it at every run would make a slider
    jump back while it is being dragged. An answer that was lost, because the next one came while it was handed
    over, is handed over here; only one that `store` has had and did not take is set back.

    Streamlit remembers a choice by its title, so each language has widgets of its own, and so has each list of titles:
    a browser that shows "cat (95%)" would go on answering that when the network has come to say "cat (3%)". A choice
    that is required can yet come as None, from a run that was cut off before the browser had the widget: that is no
    answer.
    """
    title = kwargs.get("format_func")
    key = widget_key(key, map(title, args[1]) if title else ())

    def take(answer: Any) -> None:
        if answer is not None or not kwargs.get("required"):
            store(answer)

    answers: dict[str, Any] = st.session_state.setdefault("answers", {})
    shown = st.session_state.get(key)
    if key in st.session_state and shown != value and answers.get(key, shown) != shown and not _is_stale(key, shown):
        _pass_on(key, take, answers)
    else:
        if key not in st.session_state:
            st.session_state[key] = value
        elif shown != value:
            _replaced()[key] = shown
            st.session_state[key] = value
        answers[key] = value
    return widget(*args, key=key, on_change=_pass_on, args=(key, take, answers), **kwargs)


def widget_key(key: str, titles: Iterable[str] = ()) -> str:
    """The key in the session of the widget that `bound` draws under `key`, with these titles of its options."""
    return f"{key} {current()} {zlib.crc32('|'.join(titles).encode()):x}"


def _pass_on(key: str, store: Callable[[Any], None], answers: dict[str, Any]) -> None:
    """Hand over what the widget shows; asking the session may end this when another answer has come."""
    answer = st.session_state[key]
    if _is_stale(key, answer):
        return
    _replaced().pop(key, None)
    store(answer)
    answers[key] = answer


def _is_stale(key: str, answer: Any) -> bool:
    """Whether the browser only repeats what the widget showed before the program set it, because it knows no better.

    The address tells how far it has come: pages publish theirs after their widgets. What the visitor sets anew comes
    with the new address, even when it is the old value.
    """
    replaced = _replaced()
    if key not in replaced or replaced[key] != answer or _PUBLISHED not in st.session_state:
        return False
    names, published = st.session_state[_PUBLISHED]
    return {name: st.query_params[name] for name in names if name in st.query_params} != published


def _replaced() -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault(_REPLACED, {})
    return found

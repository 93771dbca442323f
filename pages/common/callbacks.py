"""What Streamlit calls before a page runs, because the visitor did something."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

__all__ = ["to_the_end"]

_P = ParamSpec("_P")


def to_the_end(callback: Callable[_P, None]) -> Callable[_P, None]:
    """Make a callback safe from the request after its own.

    Streamlit ends a callback that asks the session while the next request waits, and nobody hears what the visitor
    did: a press would be lost. Here the next request is taken up before, and passed on after the callback.
    """

    @functools.wraps(callback)
    def finished(*args: _P.args, **kwargs: _P.kwargs) -> None:
        waiting = None
        try:
            _ = "asked" in st.session_state
        except RerunException as request:
            waiting = request
        callback(*args, **kwargs)
        if waiting is not None:
            raise waiting

    return finished

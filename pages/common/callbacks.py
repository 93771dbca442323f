"""What Streamlit calls before a page runs, because the visitor did something."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = ["to_the_end"]

_P = ParamSpec("_P")
_YIELD = "_yield_callback"  # of the context's session state: where Streamlit looks for the next request


def to_the_end(callback: Callable[_P, None]) -> Callable[_P, None]:
    """Make a callback safe from the next request.

    Streamlit ends a callback that asks the session while the next request waits, and nobody hears what the visitor
    did: a press would be lost. Here the next request waits until the callback is over, and has its turn then.
    """

    @functools.wraps(callback)
    def finished(*args: _P.args, **kwargs: _P.kwargs) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        if context is None:  # a test without a session
            callback(*args, **kwargs)
            return
        session = context.session_state
        look = getattr(session, _YIELD)
        object.__setattr__(session, _YIELD, lambda: None)  # setattr would set a key of the session
        try:
            callback(*args, **kwargs)
        finally:
            object.__setattr__(session, _YIELD, look)

    return finished

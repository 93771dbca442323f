"""Opening a small script of a test's own, which draws one tab, as a visitor opens a page."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

__all__ = ["open_script"]

_PATIENCE = 300  # seconds; the first network of a process waits for the import of PyTorch


def open_script(script: Callable[[], None], **query: str) -> AppTest:
    """The script after its first run, with settings as they stand in an address; nothing went wrong."""
    app = AppTest.from_function(script, default_timeout=_PATIENCE)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app

"""AppTest for an app that has a folder `pages/` and navigates by `st.navigation`."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager


@pytest.fixture(autouse=True)
def _navigation_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rerun in AppTest go through app.py, as it does in the real server.

    AppTest (Streamlit 1.67) takes the folder's name for the old kind of multipage app, until `st.navigation`
    has been called, and forgets that before each rerun: from the second run on a page's file would run alone.
    """
    start = PagesManager.__init__

    def start_with_navigation(self: PagesManager, *arguments: Any, **options: Any) -> None:
        PagesManager.uses_pages_directory = False
        start(self, *arguments, **options)

    monkeypatch.setattr(PagesManager, "__init__", start_with_navigation)

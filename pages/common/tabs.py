"""Tabs of which only the open one is computed, and whose choice is a setting of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.common.frame import leads_to_tab
from pages.common.settings import Settings, bound

__all__ = ["lazy_tabs"]

# Tabs whose beginning is in the lower half of the screen, or below it, come up to the title's place; again as long as
# the page changes above or below them, unless the visitor does something.
_BRING_UP = """<script>{{
  let looks = 8; // {count}: the same script would not run again
  const events = ["wheel", "touchstart", "pointerdown", "keydown"];
  const stop = () => {{ looks = 0; }};
  for (const name of events) addEventListener(name, stop, {{ capture: true, passive: true }});
  const look = () => {{
    const tabs = [...document.querySelectorAll(".stTabs")].at(-1);
    const top = tabs?.getBoundingClientRect().top;
    if (looks > 0 && (top < 0 || top > innerHeight / 2)) {{
      tabs.style.scrollMarginTop = "4rem";
      tabs.scrollIntoView({{ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }});
    }}
    if (--looks > 0) setTimeout(look, 400);
    else for (const name of events) removeEventListener(name, stop, {{ capture: true }});
  }};
  look();
}}</script>"""


def lazy_tabs(settings: Settings, drawn: Mapping[str, tuple[str, Callable[[], None]]]) -> None:
    """Draw tabs, for the setting "tab": name -> (title, what to draw when it is open)."""
    by_title = {title: name for name, (title, _) in drawn.items()}

    def change(title: str) -> None:
        settings["tab"] = by_title[title]

    containers = bound(f"{settings.page}/tabs", drawn[settings["tab"]][0], change, st.tabs, list(by_title))
    for container, (_, draw) in zip(containers, drawn.values(), strict=True):
        if container.open:
            with container:
                draw()
    if count := leads_to_tab(settings):
        st.html(_BRING_UP.format(count=count), unsafe_allow_javascript=True)

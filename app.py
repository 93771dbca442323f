"""cnnviz: navigation, theme and language; the pages themselves are in `pages/`."""

from __future__ import annotations

import streamlit as st

from pages.common import site
from pages.common.icon import icon
from pages.common.language import begin_run, select_language
from pages.common.work import tended

st.set_page_config(page_title="cnnviz", page_icon=icon(), layout="wide")
begin_run()
page = site.navigation()
with tended():
    page.run()
with st.sidebar:
    select_language()

"""The floor under every interaction: a button in a fragment and one line of text."""

import streamlit as st


@st.fragment
def _counter() -> None:
    count = st.session_state.get("count", 0)
    if st.button("again"):
        count = st.session_state["count"] = count + 1
    st.text(f"count {count}")


_counter()

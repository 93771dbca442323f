"""What becomes of a callback when the visitor goes on at once."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    """Two buttons; while the first one's callback is running, the browser asks for something else."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from pages.common.callbacks import to_the_end

    def go_on() -> None:
        get_script_run_ctx().script_requests.request_rerun(RerunData())

    def hear(name: str) -> None:
        st.session_state["heard"].append(name)

    st.session_state.setdefault("heard", [])
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("go on", on_click=go_on)
    st.button("plain", on_click=hear, args=("plain",))
    st.button("go on again", on_click=go_on)
    st.button("kept", on_click=to_the_end(hear), args=("kept",))


def test_a_callback_is_not_ended_by_the_next_request() -> None:
    """Streamlit ends the plain one unheard; the other one is heard, once, and what was asked meanwhile runs, too."""
    app = AppTest.from_function(page).run()
    for button in app.button:
        button.click()
    app.run()
    assert not app.exception
    assert app.session_state["heard"] == ["kept"]
    assert app.session_state["runs"] > 1

"""What becomes of a callback when the visitor goes on at once."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    """Buttons; while their callbacks are running, the browser asks for something else."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from pages.common.callbacks import to_the_end

    def hear(name: str) -> None:
        st.session_state["heard"].append(f"{name} begins")
        get_script_run_ctx().script_requests.request_rerun(RerunData(query_string="next=1"))
        st.session_state["heard"].append(f"{name} ends")

    st.session_state.setdefault("heard", [])
    st.session_state["asked"] = st.query_params.get("next")
    st.button("plain", on_click=hear, args=("plain",))
    st.button("kept", on_click=to_the_end(to_the_end(hear)), args=("kept",))


def heard(button: int) -> tuple[list[str], str | None]:
    """What the callback of a button did, and what the last run was asked for."""
    app = AppTest.from_function(page).run()
    app.button[button].click().run()
    assert not app.exception
    return app.session_state["heard"], app.session_state["asked"]


def test_a_callback_is_not_ended_by_the_next_request() -> None:
    """Streamlit ends the plain one amid; the other one comes to its end, and then what was asked meanwhile runs."""
    assert heard(0) == (["plain begins"], "1")
    assert heard(1) == (["kept begins", "kept ends"], "1")

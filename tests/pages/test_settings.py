"""Settings of a page in small apps of their own: address, session and widgets agree."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget

from cnnviz.errors import ParameterError
from pages.common.settings import choice, flag, number

TIMEOUT = 20  # seconds: the first run of an app in a busy process takes its time

DEFAULTS = {"size": 3, "border": "reflect", "grid": False}


def demo() -> None:
    """A page with a number, a choice and a flag; what it found goes into the session for the test to see."""
    import streamlit as st

    from pages.common.settings import Settings, choice, flag, number

    settings = Settings(
        "demo",
        [number("size", 3, 1, 9), choice("border", "reflect", ["reflect", "zeros"]), flag("grid")],
    )
    if st.session_state.get("stops early"):
        st.stop()
    st.button("Suggest", on_click=settings.replace, args=({"size": 5},))
    st.button("Go", on_click=lambda: st.session_state.__setitem__("went with", settings["size"]))
    if not st.session_state.get("elsewhere"):
        settings.control("size", st.slider, "Size", 1, 9)
        settings.control("border", st.selectbox, "Border", ["reflect", "zeros"])
        settings.control("grid", st.checkbox, "Grid")
        settings.publish()
    st.session_state["values"] = {name: settings[name] for name in settings}
    st.session_state["rejected"] = settings.rejected
    st.session_state["query"] = settings.query()


def opened(query: str = "", page: object = demo) -> AppTest:
    """The page after its first run, visited with the address `?query`."""
    app = AppTest.from_function(page, default_timeout=TIMEOUT)
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    return run(app)


def run(changed: AppTest | Widget) -> AppTest:
    """Run the script again, perhaps because of a widget; nothing may be raised in it."""
    app = changed.run()
    assert not app.exception
    return app


def address(app: AppTest) -> dict[str, str]:
    """The query parameters, one value for each name."""
    found = {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def seen(app: AppTest) -> dict[str, object]:
    """What the widgets show; it must be what the settings say."""
    widgets = {"size": app.slider[0].value, "border": app.selectbox[0].value, "grid": app.checkbox[0].value}
    assert widgets == app.session_state["values"]
    return widgets


def test_defaults_are_shown_and_not_in_the_address() -> None:
    """The first visit needs no parameters and leaves none."""
    app = opened()
    assert seen(app) == DEFAULTS
    assert address(app) == app.session_state["query"] == {}
    assert app.session_state["rejected"] == ()


def test_what_the_visitor_changes_stays_and_is_in_the_address() -> None:
    """Each widget keeps what it was set to, run after run; only what differs from the default is written."""
    app = opened()
    run(app.slider[0].set_value(7))
    assert seen(app) == DEFAULTS | {"size": 7}
    assert address(app) == {"size": "7"}
    run(app.selectbox[0].set_value("zeros"))
    run(app.checkbox[0].check())
    run(run(app))
    assert seen(app) == {"size": 7, "border": "zeros", "grid": True}
    assert address(app) == {"size": "7", "border": "zeros", "grid": "1"}
    run(app.slider[0].set_value(8))
    assert seen(app)["size"] == 8
    run(app.slider[0].set_value(3))
    assert address(app) == {"border": "zeros", "grid": "1"}


def test_an_address_reproduces_the_page() -> None:
    """Whoever opens the address sees the same settings, and can go on from there."""
    app = opened("size=9&border=zeros&grid=1")
    assert seen(app) == {"size": 9, "border": "zeros", "grid": True}
    assert app.session_state["rejected"] == ()
    assert address(app) == {"size": "9", "border": "zeros", "grid": "1"}
    run(app.slider[0].set_value(2))
    assert seen(app) == {"size": 2, "border": "zeros", "grid": True}
    again = opened(urlencode(address(app)))
    assert seen(again) == seen(app)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size", "0"),
        ("size", "10"),
        ("size", "-3"),
        ("size", "4.5"),
        ("size", "ten"),
        ("size", "0000000005x"),
        ("size", "9" * 5000),
        ("size", "1e999"),
        ("border", "Reflect"),
        ("border", "__class__"),
        ("grid", "yes"),
        ("grid", "2"),
    ],
)
def test_illegal_values_become_defaults_and_are_named(name: str, text: str) -> None:
    """What the address gets wrong is named and leaves it; the rest of it counts."""
    right = "border=zeros" if name != "border" else "size=6"
    app = opened(f"{right}&{urlencode({name: text})}")
    assert app.session_state["rejected"] == (name,)
    kept = {"border": "zeros"} if name != "border" else {"size": 6}
    assert seen(app) == DEFAULTS | kept
    assert address(app) == dict(parse_qsl(right))
    assert run(app).session_state["rejected"] == ()


def test_a_new_address_replaces_what_the_session_remembers() -> None:
    """Following another link sets the whole page: what the link does not name is at its default."""
    app = opened("size=9&grid=1")
    run(app.selectbox[0].set_value("zeros"))
    app.query_params.clear()
    app.query_params["size"] = "4"
    assert seen(run(app)) == DEFAULTS | {"size": 4}
    assert address(app) == {"size": "4"}


def test_settings_survive_while_they_are_not_drawn() -> None:
    """Streamlit forgets a widget that is not drawn for a run; the setting brings its value back."""
    app = opened()
    run(app.slider[0].set_value(7))
    app.session_state["elsewhere"] = True
    run(app)
    assert not app.slider
    assert "demo/size" not in app.session_state
    app.session_state["elsewhere"] = False
    assert seen(run(app)) == DEFAULTS | {"size": 7}
    assert seen(run(app)) == DEFAULTS | {"size": 7}


def test_settings_survive_a_visit_to_another_page(tmp_path: Path) -> None:
    """Another page shows another address; on the way back settings, widgets and address are there again."""
    start = "import streamlit as st\n"
    (tmp_path / "views").mkdir()
    (tmp_path / "app.py").write_text(
        start + "st.navigation([st.Page('views/one.py', default=True), st.Page('views/two.py')]).run()\n"
    )
    (tmp_path / "views/two.py").write_text(start + "st.title('Two')\n")
    (tmp_path / "views/one.py").write_text(
        start
        + "from pages.common.settings import Settings, number\n"
        + "settings = Settings('one', [number('size', 3, 1, 9)])\n"
        + "settings.control('size', st.slider, 'Size', 1, 9)\n"
        + "settings.publish()\n"
    )
    app = run(AppTest.from_file(str(tmp_path / "app.py"), default_timeout=TIMEOUT))
    run(app.slider[0].set_value(7))
    run(app.switch_page("views/two.py"))
    assert app.title[0].value == "Two"
    app.query_params.clear()  # as the browser does when the page changes
    run(app.switch_page("views/one.py"))
    assert app.slider[0].value == 7
    assert address(app) == {"size": "7"}


def test_replace_sets_everything() -> None:
    """A suggestion's values are shown at once, and what it does not name goes back to its default."""
    app = opened("size=9&border=zeros&grid=1")
    run(app.button[0].click())
    assert seen(app) == DEFAULTS | {"size": 5}
    assert address(app) == {"size": "5"}
    run(app.slider[0].set_value(6))
    assert seen(app) == DEFAULTS | {"size": 6}
    run(app.button[0].click())
    assert seen(app) == DEFAULTS | {"size": 5}


def test_a_quick_click_brings_no_old_setting_back() -> None:
    """The browser sends what it showed before the suggestion, with its old address; later the old value is a choice."""
    app = opened("grid=1")
    run(app.button[0].click())
    assert seen(app) == DEFAULTS | {"size": 5}
    published = address(app)
    for _again in range(2):
        app.query_params.clear()
        app.query_params["grid"] = "1"
        app.slider[0].set_value(3)
        app.checkbox[0].check()
        run(app.button[1].click())
        assert app.session_state["went with"] == 5
        assert seen(app) == DEFAULTS | {"size": 5}
        assert address(app) == published == {"size": "5"}
    run(app.slider[0].set_value(3))
    run(app.button[1].click())
    assert app.session_state["went with"] == 3
    assert seen(app) == DEFAULTS


def test_what_is_chosen_in_a_hurry_counts() -> None:
    """A third value is no echo, however late the address that comes with it."""
    app = opened()
    run(app.button[0].click())
    app.query_params.clear()
    assert seen(run(app.slider[0].set_value(8))) == DEFAULTS | {"size": 8}


def test_the_language_stays_in_the_address() -> None:
    """Parameters that are not the page's are left alone when settings come and go."""
    app = opened("lang=es&size=9")
    assert address(app) == {"lang": "es", "size": "9"}
    run(app.slider[0].set_value(4))
    assert address(app) == {"lang": "es", "size": "4"}
    run(app.slider[0].set_value(3))
    assert address(app) == {"lang": "es"}


def test_another_language_changes_no_setting() -> None:
    """Only the page's own names count as a new address."""
    app = opened("size=9")
    run(app.selectbox[0].set_value("zeros"))
    app.query_params["lang"] = "es"
    assert seen(run(app)) == DEFAULTS | {"size": 9, "border": "zeros"}
    assert address(app) == {"size": "9", "border": "zeros", "lang": "es"}


def test_a_late_address_undoes_nothing() -> None:
    """While a slider is dragged, the browser still sends the address from before the last run or two."""
    app = opened("size=5")
    for late, size in [("5", 6), ("5", 7), ("6", 8), ("6", 9)]:
        app.query_params["size"] = late
        run(app.slider[0].set_value(size))
        assert seen(app)["size"] == size
        assert address(app) == {"size": str(size)}
    # Once the browser has sent a newer one, an old one is a link that somebody followed, or the way back.
    app.query_params["size"] = "9"
    assert seen(run(app))["size"] == 9
    app.query_params["size"] = "6"
    assert seen(run(app))["size"] == 6


def test_a_run_that_was_cut_off_loses_nothing() -> None:
    """When the first run ends before it publishes, what is done in the meantime still counts."""
    app = AppTest.from_function(demo, default_timeout=TIMEOUT)
    app.query_params["size"] = "9"
    app.session_state["stops early"] = True
    run(app)
    assert not app.slider
    app.session_state["settings/demo"]["size"] = 5  # as a callback does before the next run
    app.session_state["stops early"] = False
    assert seen(run(app)) == DEFAULTS | {"size": 5}
    assert address(app) == {"size": "5"}


def bound_alone() -> None:
    """One slider whose value belongs to the page; it logs what reaches it."""
    import streamlit as st

    from pages.common.settings import bound

    def store(value: int) -> None:
        st.session_state["log"] = (*st.session_state.get("log", ()), value)
        if not st.session_state.get("refuses"):
            st.session_state["wanted"] = value

    bound("slider", st.session_state.setdefault("wanted", 2), store, st.slider, "size", 0, 9)


def test_bound_hands_over_what_the_visitor_chose() -> None:
    """Each answer reaches `store` once, before the page is drawn, and the widget stays where it was put."""
    app = opened(page=bound_alone)
    for value in (6, 7):
        run(app.slider[0].set_value(value))
        assert (app.slider[0].value, app.session_state["wanted"]) == (value, value)
    run(app)
    assert app.session_state["log"] == (6, 7)


def test_bound_shows_what_the_program_changed() -> None:
    """A value that comes from elsewhere is shown, and is no answer of the visitor's."""
    app = opened(page=bound_alone)
    run(app.slider[0].set_value(6))
    app.session_state["wanted"] = 4
    run(app)
    assert app.slider[0].value == 4
    assert app.session_state["log"] == (6,)


def test_bound_goes_back_when_the_answer_was_refused() -> None:
    """A page that does not take an answer shows the old one."""
    app = opened(page=bound_alone)
    app.session_state["refuses"] = True
    run(app.slider[0].set_value(6))
    assert app.slider[0].value == 2


def test_bound_hands_over_what_was_lost() -> None:
    """An answer whose hand-over was cut off by the next one still counts, and nothing jumps back."""
    app = opened(page=bound_alone)
    run(app.slider[0].set_value(6))
    (key,) = app.session_state["answers"]
    app.session_state["wanted"], app.session_state["answers"][key] = 2, 2  # as if it had never arrived
    run(app)
    assert (app.slider[0].value, app.session_state["wanted"]) == (6, 6)


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        (number("n", 3, -5, 900), [-5, 0, 3, 900]),
        (choice("c", "a", ["a", "b c", "ñ"]), ["a", "b c", "ñ"]),
        (flag("f"), [False, True]),
        (flag("f", default=True), [False, True]),
    ],
)
def test_settings_are_read_as_they_were_written(setting: object, values: list[object]) -> None:
    """`decode` is the inverse of `encode`, type included."""
    for value in values:
        text = setting.encode(value)
        again = setting.decode(text)
        assert (again, type(again), type(text)) == (value, type(value), str)


def test_errors_name_the_legal_values() -> None:
    """What a notebook or a log would show."""
    with pytest.raises(ParameterError, match="must be 1 … 9"):
        number("size", 3, 1, 9).decode("10")
    with pytest.raises(ParameterError, match="must be reflect, zeros"):
        choice("border", "reflect", ["reflect", "zeros"]).decode("none")


def unknown_name() -> None:
    """A page that misspells a setting."""
    import streamlit as st

    from pages.common.settings import Settings, number

    settings = Settings("demo", [number("size", 3, 1, 9)])
    try:
        settings["sice"] = 5
    except KeyError as error:
        st.session_state["caught"] = error.args


def test_unknown_settings_are_a_bug() -> None:
    """A misspelled name does not create a setting."""
    assert opened(page=unknown_name).session_state["caught"] == ("sice",)

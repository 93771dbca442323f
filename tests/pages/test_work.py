"""Waiting for the engine, with one that does as it is told: bar, place, stop, once more, errors, and who leaves."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnviz import engine
from cnnviz.engine import Context, Device, Job, Progress
from cnnviz.errors import WorkError
from cnnviz.text import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Count(Job[int]):
    """A job that only a fake engine takes."""

    number: int

    def run(self, context: Context) -> int:
        """Never called."""
        raise NotImplementedError


@dataclass(eq=False)
class Told:
    """A ticket that ends when the test says so; looked at too often, it cuts the script off as an event does."""

    job: Job[Any]
    outcome: list[Any] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)
    place: int = 0
    note: Sentence | None = None
    patience: int = 2
    cancelled: bool = False

    @property
    def done(self) -> bool:
        """The test has said how it ends, or somebody has cancelled it."""
        return bool(self.outcome) or self.cancelled

    def result(self, timeout: float | None = None) -> int:
        """What the test has said."""
        if self.cancelled:
            raise CancelledError
        if not self.outcome:
            assert timeout is not None, "a script waits in short steps"
            self.patience -= 1
            if self.patience < 0:
                st.stop()
            raise TimeoutError
        if isinstance(self.outcome[0], Exception):
            raise self.outcome[0]
        return int(self.outcome[0])

    def cancel(self) -> None:
        """Somebody gave it up."""
        self.cancelled = True


class Fake:
    """An engine that hands out such tickets and remembers what it was asked.

    Attributes:
        asked: numbers of the jobs, in order.
        tickets: those that somebody still holds.
        next: fields of the tickets to come.
    """

    device = Device("cpu", "CPU")

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.tickets: list[weakref.ref[Told]] = []
        self.next: dict[str, Any] = {}

    def submit(self, job: Count) -> Told:
        """A ticket as the test wants it."""
        ticket = Told(job, **self.next)
        self.asked.append(job.number)
        self.tickets.append(weakref.ref(ticket))
        return ticket

    def ticket(self, number: int) -> Told:
        """The one that was handed out as that many-th, which somebody holds."""
        found = self.tickets[number]()
        assert found is not None
        return found


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The process's engine for one test."""
    made = Fake()
    before = engine.use(made)
    yield made
    engine.use(before)


def page() -> None:
    """A job in a slot; `number` None: nothing is waited for; `button`: it waits for one; `other`: one before it."""
    import streamlit as st

    from pages.common.frame import guarded
    from pages.common.work import asked, awaited, tended
    from tests.pages.test_work import Count

    @guarded
    def main() -> None:
        if st.session_state.get("other", False):
            awaited("other", Count("some", 0), "Counting others")
        number, button = st.session_state.get("number", 1), st.session_state.get("button", False)
        if number is None or (button and not asked("place", Count("some", number), "Go", ":material/play_arrow:")):
            return
        found = awaited("place", Count("some", number), "Counting")
        if found is not None:
            st.markdown(f"found {found}")

    with tended():
        main()


def opened(**state: object) -> AppTest:
    """The page, after its first run."""
    app = AppTest.from_function(page, default_timeout=20)
    return again(app, **state)


def again(app: AppTest, **state: object) -> AppTest:
    """Another run."""
    app.query_params["lang"] = "en"
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, name: str) -> None:
    """Press a button of the slot."""
    app.button(f"place/{name}").click().run()
    assert not app.exception


def said(app: AppTest) -> list[str]:
    """Results, messages and errors."""
    return [each.value for each in (*app.markdown, *app.info, *app.error, *app.caption)]


def buttons(app: AppTest) -> list[str]:
    """What can be pressed."""
    return [each.label for each in app.button]


def bars(app: AppTest) -> list[str]:
    """What the bars say."""
    return [each.proto.text for each in app.get("progress")]


def test_a_fast_job_shows_no_bar(fake: Fake) -> None:
    """Nor a button to stop it."""
    fake.next = {"outcome": [7]}
    app = opened()
    assert said(app) == ["found 7"]
    assert not bars(app)
    assert not buttons(app)


def test_what_follows_a_bar_has_its_place_without_one_too(fake: Fake) -> None:
    """Else a browser that has seen the bar builds it anew with the next run."""
    app = opened()
    (bar,) = app.main.children
    assert bars(app)
    fake.ticket(0).outcome.append(7)
    app = again(app)
    found = next(i for i, each in app.main.children.items() if getattr(each, "value", None) == "found 7")
    assert found == bar + 1


def test_a_slow_job_says_what_it_does_and_shows_what_it_has(fake: Fake) -> None:
    """Text and fraction as the job reported them; a picture on the way; the place while it waits."""
    picture = np.zeros((2, 2, 3), np.float32)
    fake.next = {"progress": Progress(0.25, "Covering pixels", picture)}
    app = opened()
    assert bars(app) == ["Counting: Covering pixels"]
    assert app.get("progress")[0].proto.value == 25
    assert len(app.get("image")) == 1
    assert buttons(app) == ["Stop"]
    fake.ticket(0).place = 3
    fake.ticket(0).patience = 2
    assert bars(again(app)) == ["Counting: waiting, place 3"]
    assert fake.asked == [1]  # a run that was cut off goes on waiting for the same


@pytest.mark.parametrize("text", ["", "Counting"])
def test_nothing_is_said_twice(fake: Fake, text: str) -> None:
    """A job that says nothing of its own, or what the page says anyway."""
    fake.next = {"progress": Progress(0.25, text)}
    assert bars(opened()) == ["Counting"]


def test_a_fraction_out_of_range_is_no_error(fake: Fake) -> None:
    """A job may overshoot by a rounding."""
    fake.next = {"progress": Progress(1.0000001)}
    assert opened().get("progress")[0].proto.value == 100


def test_a_stopped_job_can_be_asked_for_once_more(fake: Fake) -> None:
    """Stop cancels, and stays stopped in the runs that follow, until the visitor asks again."""
    app = opened()
    ticket = fake.ticket(0)
    press(app, "stop")
    assert ticket.cancelled
    for _run in range(2):
        assert said(again(app)) == ["You stopped this."]
        assert buttons(app) == ["Once more"]
        assert not bars(app)
    fake.next = {"outcome": [7]}
    press(app, "again")
    assert said(app) == ["found 7"]
    assert fake.asked == [1, 1]


def test_stop_comes_too_late_for_a_result_that_is_there(fake: Fake) -> None:
    """The browser had not heard of it when the visitor pressed."""
    app = opened()
    stop = app.button("place/stop")
    fake.ticket(0).outcome = [7]
    assert said(again(app)) == ["found 7"]
    fake.next = {"outcome": [7]}
    stop.click().run()
    assert said(app) == ["found 7"]


@pytest.mark.parametrize("patience", [2, 0])
def test_a_result_that_has_arrived_is_the_engines_to_keep(fake: Fake, patience: int) -> None:
    """A session that held it would keep its memory as long as the window is open."""
    app = opened()
    fake.ticket(0).outcome = [7]
    fake.ticket(0).patience = patience
    assert said(again(app)) == ["found 7"]
    gc.collect()
    assert fake.tickets[0]() is None
    fake.next = {"outcome": [8]}
    assert said(again(app)) == ["found 8"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (WorkError("{count} are in the way.", count=3), "3 are in the way."),
        (TimeoutError("of the job itself"), "it is our mistake"),
    ],
)
def test_a_job_that_fails_is_tried_anew(fake: Fake, error: Exception, sentence: str) -> None:
    """In the next run; the error is said once, the bar is gone."""
    app = opened()
    fake.ticket(0).outcome = [error]
    assert sentence in "".join(said(again(app)))
    assert not bars(app)
    assert not buttons(app)
    fake.next = {"outcome": [7]}
    assert said(again(app)) == ["found 7"]
    assert fake.asked == [1, 1]


@pytest.mark.usefixtures("fake")
def test_a_job_that_fails_while_the_bar_is_shown_leaves_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can stop what has failed."""
    whole = Told.result

    def fail_later(self: Told, timeout: float | None = None) -> int:
        if self.patience == 1:
            self.outcome = [WorkError("{count} are in the way.", count=3)]
        return whole(self, timeout)

    monkeypatch.setattr(Told, "result", fail_later)
    app = opened()
    assert said(app) == ["3 are in the way."]
    assert not bars(app)
    assert not buttons(app)


def test_a_note_is_read_out_below_the_result(fake: Fake) -> None:
    """As text, whatever the device is called."""
    fake.next = {"outcome": [7], "note": Sentence("{device} cannot do this.", {"device": "*GPU*"})}
    assert said(opened()) == ["found 7", "\\*GPU\\* cannot do this."]


def test_another_job_in_the_same_place_gives_up_the_one_before(fake: Fake) -> None:
    """The visitor has chosen something else meanwhile."""
    app = opened()
    first = fake.ticket(0)
    again(app, number=2)
    assert first.cancelled
    assert not fake.ticket(1).cancelled
    assert fake.asked == [1, 2]


def test_what_nobody_waits_for_any_more_is_given_up(fake: Fake) -> None:
    """A run that does not ask for it ends; whoever comes back gets it computed again."""
    app = opened()
    first = fake.ticket(0)
    again(app, number=None)
    assert first.cancelled
    assert not buttons(app)
    fake.next = {"outcome": [7]}
    assert said(again(app, number=1)) == ["found 7"]


@pytest.mark.parametrize("place", [0, 1])
def test_nobody_waits_behind_what_they_left(fake: Fake, place: int) -> None:
    """What the run before waited for, and this one has not come to, goes when it stands in the way."""
    app = opened()
    first = fake.ticket(0)
    fake.next = {"place": place}
    assert len(bars(again(app, other=True))) == 1
    assert fake.asked == [1, 0]
    assert first.cancelled == (place > 0)


def test_a_job_on_demand_waits_for_its_button(fake: Fake) -> None:
    """Stopped, it is offered again, and one press is enough; another job has to be asked for anew."""
    app = opened(button=True)
    assert (buttons(app), fake.asked) == (["Go"], [])
    press(app, "start")
    assert (buttons(app), fake.asked) == (["Stop"], [1])
    press(app, "stop")
    assert (buttons(app), said(app)) == (["Go"], [])
    fake.next = {"outcome": [7]}
    press(app, "start")
    assert said(app) == ["found 7"]
    assert said(again(app)) == ["found 7"]
    assert buttons(again(app, number=2)) == ["Go"]
    assert fake.asked == [1, 1, 1]

"""Jobs wait in order, equal ones run once, unwanted ones stop, errors reach everybody and harm nobody."""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz.engine.devices import CPU
from cnnviz.errors import ParameterError, WeightsError, WorkError
from tests.unit.engine.cases import LONG, Called, Gate, Held, Long, engine, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnviz.engine import Context, LocalEngine
    from cnnviz.networks.loaded import Loaded


@pytest.fixture
def local() -> Iterator[LocalEngine]:
    """An engine with one worker."""
    one = engine()
    yield one
    one.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Opened at the end, so that no worker is left waiting."""
    gate = Gate()
    yield gate
    gate.open.set()


def test_who_waits_sees_their_place_and_jobs_run_in_order(local: LocalEngine, gate: Gate) -> None:
    """Nought for the one that runs, one for the next."""
    order: list[str] = []
    running = local.submit(Held("a", "now", gate))
    gate.wait_until_reached()
    waiting = [local.submit(Called("a", lambda _, name=name: order.append(name) or name)) for name in ("x", "y", "z")]
    assert [each.place for each in (running, *waiting)] == [0, 1, 2, 3]
    waiting[0].cancel()
    assert [each.place for each in waiting[1:]] == [1, 2]
    gate.open.set()
    assert [each.result(LONG) for each in (running, *waiting[1:])] == ["now", "y", "z"]
    assert order == ["y", "z"]
    assert [each.place for each in waiting] == [0, 0, 0]


def test_equal_jobs_at_once_run_once_and_later_ones_find_the_result(local: LocalEngine, gate: Gate) -> None:
    """Two visitors, then a third: the gate is reached once, and all get the very same object."""
    first, second = (local.submit(Held("a", "word", gate)) for _ in range(2))
    gate.wait_until_reached()
    gate.open.set()
    third = local.submit(Held("a", "word", gate))
    fourth = local.run(Held("a", "word", gate))
    assert first.result(LONG) is second.result(LONG) is third.result(LONG) is fourth
    assert not gate.reached.acquire(blocking=False)


def test_a_class_that_opens_one_lesson_costs_one_computation(gate: Gate) -> None:
    """Thirty threads and two workers."""
    gate.open.set()
    local = engine(workers=2)
    start = threading.Barrier(30)

    def visit(_: int) -> str:
        start.wait()
        return local.submit(Held("a", "word", gate)).result(LONG)

    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(visit, range(30))) == {"word"}
    local.close()
    gate.wait_until_reached()
    assert not gate.reached.acquire(blocking=False)


def test_never_more_jobs_at_a_time_than_workers(gate: Gate) -> None:
    """The third of three waits while two run."""
    local = engine(workers=2)
    tickets = [local.submit(Held("a", word, gate)) for word in "xyz"]
    gate.wait_until_reached()
    gate.wait_until_reached()
    assert [each.place for each in tickets] == [0, 0, 1]
    assert not gate.reached.acquire(blocking=False)
    gate.open.set()
    assert [each.result(LONG) for each in tickets] == ["x", "y", "z"]
    local.close()


def test_a_short_job_runs_beside_long_ones_but_only_one(gate: Gate) -> None:
    """One worker: a search runs, another waits, a picture overtakes it, a second picture waits for the first."""
    local = engine()
    order: list[str] = []
    search = local.submit(Long("a", "search", gate))
    gate.wait_until_reached()
    waiting = local.submit(Long("a", "later", gate))
    picture = local.submit(Called("a", lambda _: order.append("picture") or "maps"))
    assert picture.result(LONG) == "maps"
    assert (search.place, waiting.place) == (0, 1)
    first, second = (local.submit(Held("a", word, gate)) for word in ("first", "second"))
    gate.wait_until_reached()
    assert (waiting.place, first.place, second.place) == (1, 0, 2)
    assert not gate.reached.acquire(blocking=False)
    gate.open.set()
    assert [each.result(LONG) for each in (search, waiting, first, second)] == ["search", "later", "first", "second"]
    local.close()


def test_a_replaced_file_is_noticed(gate: Gate) -> None:
    """The next one who asks gets the new network, no result of the old one, and nothing that is on its way."""
    stamps = {"a": (1,), "b": ()}
    loaded: list[str] = []

    def counting(key: str) -> Loaded:
        loaded.append(key)
        return load(key)

    local = engine(load=counting, stamp=lambda key: stamps[key])
    job = Called("a", lambda _: object())
    other = Called("b", lambda _: object())
    first, kept = local.run(job), local.run(other)
    assert local.run(job) is first
    old = local.submit(Held("a", "old", gate))
    gate.wait_until_reached()
    stamps["a"] = (2,)
    fresh = local.submit(job)
    joined = local.submit(Held("a", "old", gate))
    gate.open.set()
    assert fresh.result(LONG) is not first
    assert old.result(LONG) == joined.result(LONG) == "old"
    gate.wait_until_reached()  # computed a second time
    assert local.run(other) is kept
    assert loaded == ["a", "b", "a"]
    local.close()


def test_waiting_in_steps_times_out_and_goes_on(local: LocalEngine, gate: Gate) -> None:
    """As a Streamlit script waits."""
    ticket = local.submit(Held("a", "word", gate))
    with pytest.raises(TimeoutError):
        ticket.result(0.01)
    assert not ticket.done
    gate.open.set()
    assert ticket.result(LONG) == "word"
    assert ticket.done


def until_cancelled(gate: Gate) -> Any:
    """A function that stops half-way when nobody wants it any more."""

    def work(context: Context) -> str:
        gate.pass_through()
        return "half" if context.cancelled() else "whole"

    return work


def test_a_running_job_stops_when_nobody_wants_it_and_its_half_is_not_kept(local: LocalEngine, gate: Gate) -> None:
    """Who asks for the same again gets the whole."""
    job = Called("a", until_cancelled(gate))
    ticket = local.submit(job)
    gate.wait_until_reached()
    ticket.cancel()
    ticket.cancel()
    assert ticket.done
    with pytest.raises(CancelledError):
        ticket.result(LONG)
    again = local.submit(Called("a", lambda _: "next"))
    gate.open.set()
    assert again.result(LONG) == "next"
    assert local.run(job) == "whole"


def test_a_shared_job_goes_on_while_one_still_wants_it(local: LocalEngine, gate: Gate) -> None:
    """Running or waiting, the one who cancelled hears nothing more, the other gets everything."""
    job = Called("a", until_cancelled(gate))
    running = [local.submit(job) for _ in range(2)]
    gate.wait_until_reached()
    waiting = [local.submit(Held("a", "later", gate)) for _ in range(2)]
    running[0].cancel()
    waiting[1].cancel()
    gate.open.set()
    assert (running[1].result(LONG), waiting[0].result(LONG)) == ("whole", "later")
    for left in (running[0], waiting[1]):
        with pytest.raises(CancelledError):
            left.result(LONG)


def test_a_job_that_somebody_wants_again_before_it_noticed_goes_on(local: LocalEngine, gate: Gate) -> None:
    """The work done so far is not thrown away."""
    job = Called("a", until_cancelled(gate))
    local_ticket = local.submit(job)
    gate.wait_until_reached()
    local_ticket.cancel()
    second = local.submit(job)
    gate.open.set()
    assert second.result(LONG) == "whole"
    assert not gate.reached.acquire(blocking=False)


def test_a_job_that_cannot_stop_is_kept_for_the_next_one(local: LocalEngine, gate: Gate) -> None:
    """It came too far: its result is whole although nobody waited for it."""
    ticket = local.submit(Held("a", "word", gate))
    gate.wait_until_reached()
    ticket.cancel()
    gate.open.set()
    local.run(Called("a", lambda _: "next"))
    assert local.submit(Held("a", "word", gate)).done


def test_a_dropped_ticket_is_a_cancelled_one(local: LocalEngine, gate: Gate) -> None:
    """A script that is stopped in the middle says nothing; what it asked for leaves the queue."""
    running = local.submit(Held("a", "now", gate))
    gate.wait_until_reached()
    ran: list[str] = []
    dropped = local.submit(Called("a", lambda _: ran.append("dropped")))
    last = local.submit(Called("a", lambda _: "last"))
    assert last.place == 2
    del dropped
    gc.collect()
    assert last.place == 1
    gate.open.set()
    assert (running.result(LONG), last.result(LONG), ran) == ("now", "last", [])


def test_the_queue_is_bounded_and_says_so(gate: Gate) -> None:
    """One runs, two wait, the third is turned away; joining one of those is free."""
    local = engine(most_waiting=2)
    tickets = [local.submit(Held("a", "now", gate))]
    gate.wait_until_reached()
    tickets += [local.submit(Held("a", word, gate)) for word in "xy"]
    with pytest.raises(WorkError, match="2 computations are waiting"):
        local.submit(Held("a", "z", gate))
    tickets.append(local.submit(Held("a", "x", gate)))
    gate.open.set()
    assert [each.result(LONG) for each in tickets] == ["now", "x", "y", "x"]
    assert local.run(Held("a", "z", gate)) == "z"
    local.close()


@pytest.mark.parametrize("error", [ParameterError("size", 0, "1 … 9"), RuntimeError("a bug"), SystemExit(3)])
def test_errors_reach_everybody_and_the_worker_lives_on(
    local: LocalEngine, gate: Gate, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """Bugs are logged with their traceback, errors of the input are not; neither is remembered."""
    caplog.set_level(logging.ERROR)
    working = True

    def fail(_: Context) -> str:
        gate.pass_through()
        if working:
            raise error
        return "mended"

    job = Called("a", fail)
    tickets = [local.submit(job) for _ in range(2)]
    gate.open.set()
    for each in tickets:
        with pytest.raises(type(error), match=str(error)):
            each.result(LONG)
        assert each.note is None
    assert [record.exc_info is not None for record in caplog.records] == [True] * (type(error) is not ParameterError)
    working = False
    assert local.run(job) == "mended"


def test_an_error_holds_no_tensors(local: LocalEngine) -> None:
    """Neither those of the job that raised it nor those of what led to it, while a ticket lives on."""
    seen: list[weakref.ref[torch.Tensor]] = []

    def inner() -> None:
        tensor = torch.zeros(3)
        seen.append(weakref.ref(tensor))
        raise KeyError("inner")

    def fail(_: Context) -> None:
        tensor = torch.zeros(3)
        seen.append(weakref.ref(tensor))
        try:
            inner()
        except KeyError as error:
            raise ParameterError("x", 1, "2") from error

    ticket = local.submit(Called("a", fail))
    with pytest.raises(ParameterError):
        ticket.result(LONG)
    gc.collect()
    assert [each() for each in seen] == [None, None]
    assert ticket.done


def test_an_error_while_loading_the_network_reaches_the_ticket() -> None:
    """The catalogue's sentence."""

    def refuse(key: str) -> Loaded:
        raise WeightsError("There is no {key}.", key=key)

    local = engine(load=refuse)
    with pytest.raises(WeightsError, match="no such"):
        local.run(Called("such", lambda _: None))
    local.close()


def test_progress_is_what_the_job_said_last(local: LocalEngine, gate: Gate) -> None:
    """Within 0 and 1, whatever it said; the same for everybody who waits."""
    picture = np.zeros((1, 1, 3), np.float32)

    def work(context: Context) -> None:
        context.report(0.25, "first step")
        gate.pass_through()
        context.report(1.5, "")
        context.show(picture)

    job = Called("a", work)
    tickets = [local.submit(job) for _ in range(2)]
    gate.wait_until_reached()
    assert {(each.progress.fraction, each.progress.text) for each in tickets} == {(0.25, "first step")}
    gate.open.set()
    tickets[0].result(LONG)
    assert (tickets[1].progress.fraction, tickets[1].progress.picture) == (1, picture)


def test_a_part_is_computed_once_and_kept_like_a_job_of_its_own(local: LocalEngine) -> None:
    """What a job needs of another one with the same network, no visitor has to wait for again."""
    calls: list[str] = []
    part = Called("a", lambda _: calls.append("part") or "part")
    assert local.run(Called("a", lambda context: context.compute(part) + "+")) == "part+"
    assert local.run(Called("a", lambda context: context.compute(part) + "-")) == "part-"
    assert local.run(part) == "part"
    assert calls == ["part"]
    with pytest.raises(ValueError, match="asks for one for b"):
        local.run(Called("a", lambda context: context.compute(Called("b", str))))


def test_results_are_dropped_over_the_budget_of_bytes() -> None:
    """The least recently used one is computed anew."""
    local = engine(result_bytes=25_000)
    calls: list[str] = []
    jobs = [Called("a", lambda _, name=name: calls.append(name) or b"x" * 10_000) for name in "xyz"]
    for job in (*jobs, jobs[2], jobs[0]):
        local.run(job)
    assert calls == ["x", "y", "z", "x"]
    assert local.results.bytes < 25_000
    local.close()


def test_a_forgotten_network_is_loaded_anew_and_old_results_are_gone(gate: Gate) -> None:
    """Also the one that was on its way: its visitor gets it, the next one does not."""
    asked: list[str] = []
    local = engine(load=lambda key: asked.append(key) or load(key))
    others = Called("b", lambda _: "b")
    local.run(others)
    done = Called("a", lambda context: context.loaded)
    before = local.run(done)
    ticket = local.submit(Held("a", "old", gate))
    gate.wait_until_reached()
    local.forget("a")
    new = local.submit(Held("a", "old", gate))
    assert new.place == 1
    gate.open.set()
    assert ticket.result(LONG) == new.result(LONG) == "old"
    gate.wait_until_reached()
    assert local.run(done) is not before
    assert local.submit(others).done
    assert asked == ["b", "a", "a"]
    local.close()


def test_closing_sends_everybody_home(gate: Gate) -> None:
    """What runs is told, what waits never runs, and nothing new is taken."""
    local = engine()
    told = threading.Event()

    def work(context: Context) -> None:
        gate.reached.release()
        while not context.cancelled():
            pass
        told.set()

    running = local.submit(Called("a", work))
    gate.wait_until_reached()
    waiting = local.submit(Held("a", "word", gate))
    local.close()
    assert told.is_set()
    for each in (running, waiting):
        with pytest.raises(CancelledError):
            each.result(LONG)
    with pytest.raises(WorkError, match="shutting down"):
        local.submit(Held("a", "word", gate))


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers of six threads have three each; one worker has all, but for a core beside a long job."""
    set_to: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    for workers in (2, 1, 9):
        local = engine(workers=workers)
        assert local.device == CPU
        local.run(Called("a", lambda _: None))
        local.close()
    assert set_to == [3, 6, 1]


def test_a_long_job_leaves_a_core(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    """Of six: five to the search, one to the picture beside it."""
    set_to: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    local = engine()
    search = local.submit(Long("a", "search", gate))
    gate.wait_until_reached()
    local.run(Called("a", lambda _: None))
    gate.open.set()
    search.result(LONG)
    local.close()
    assert set_to == [5, 1]

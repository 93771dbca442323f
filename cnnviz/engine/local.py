"""The engine of one process: a few threads that take jobs from one queue."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from cnnviz.engine.cache import Cache
from cnnviz.engine.devices import Device
from cnnviz.engine.job import Job, Key
from cnnviz.engine.queue import Outcome, Queue, Task
from cnnviz.engine.running import Runner
from cnnviz.engine.store import Store, share_of_memory
from cnnviz.engine.ticket import LocalTicket
from cnnviz.errors import CnnvizError

if TYPE_CHECKING:
    from cnnviz.networks.loaded import Loaded

__all__ = ["LocalEngine"]

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)

_WORKERS = "CNNVIZ_WORKERS"
_CORES_OF_A_WORKER = 4  # more threads make the forward pass of one picture little faster
_PART_FOR_NETWORKS, _PART_FOR_RESULTS = 1 / 4, 1 / 8  # of the machine's memory
_MOST_RESULTS = 1000
_MOST_WAITING = 100
_PATIENCE = 5.0  # seconds for running jobs to hear that the process ends


def _load(key: str) -> Loaded:
    from cnnviz.networks import catalogue

    return catalogue.load(key)


def _stamp(key: str) -> tuple[object, ...]:
    from cnnviz.networks import catalogue

    return catalogue.stamp(key)


def _workers() -> int:
    """How many jobs may run at a time: CNNVIZ_WORKERS, or one for every four cores."""
    given = os.environ.get(_WORKERS, "")
    return max(int(given) if given.isdecimal() else (os.cpu_count() or 1) // _CORES_OF_A_WORKER, 1)


class LocalEngine:
    """Runs jobs in threads of this process, see `backend.Backend`.

    Args:
        load: makes a network from its key, on the CPU; the catalogue does.
        stamp: what changes when the files of a network are replaced, () when it has none; the catalogue's.
        device: where to compute; the fastest of the machine if None.
        workers: how many jobs run at a time, see `Queue`; CNNVIZ_WORKERS if None, or one for every four cores.
        most_waiting: jobs that may wait.
        network_bytes: of networks kept on each device; a quarter of the machine's memory if None.
        result_bytes: of results kept; an eighth of the machine's memory if None.
        most_results: how many results are kept.
    """

    def __init__(
        self,
        load: Callable[[str], Loaded] = _load,
        *,
        stamp: Callable[[str], tuple[object, ...]] = _stamp,
        device: Device | None = None,
        workers: int | None = None,
        most_waiting: int = _MOST_WAITING,
        network_bytes: int | None = None,
        result_bytes: int | None = None,
        most_results: int = _MOST_RESULTS,
    ) -> None:
        if network_bytes is None:
            network_bytes = share_of_memory(_PART_FOR_NETWORKS)
        if result_bytes is None:
            result_bytes = share_of_memory(_PART_FOR_RESULTS)
        self.networks = Store(load, network_bytes)
        self.results: Cache[Key, Outcome[Any]] = Cache(result_bytes, most_results)
        at_once = workers or _workers()
        self._queue = Queue(at_once, most_waiting, self.results.get)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(at_once + 1)]
        self._runner = Runner(self.networks, self.results, device, at_once)
        self._starting = threading.Lock()
        self._stamp = stamp
        self._stamps: dict[str, tuple[object, ...]] = {}

    @property
    def device(self) -> Device:
        """Where jobs are computed."""
        return self._runner.device

    def submit(self, job: Job[_Result]) -> LocalTicket[_Result]:
        """Ask for a result; an equal job on its way is joined, and a result that is kept is there at once."""
        self._start()
        self._look_for_changes(job.model)
        task: Task[Any] = self._queue.enter(job)
        return LocalTicket(task, self._queue)

    def run(self, job: Job[_Result]) -> _Result:
        """Ask for a result and wait for it."""
        return self.submit(job).result()

    def forget(self, model: str) -> None:
        """Drop a network that has changed, and every result that it gave."""
        self.networks.drop(model)
        self._queue.outdate(model)
        self.results.drop(lambda key: key.model == model)

    def close(self) -> None:
        """Take nothing new, cancel what waits and tell what runs to stop; waits for it a few seconds."""
        self._queue.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_PATIENCE / len(self._threads))
        atexit.unregister(self.close)

    def _look_for_changes(self, model: str) -> None:
        """Forget a network whose files are others than when it was last asked for."""
        if stamp := self._stamp(model):
            with self._starting:
                changed = self._stamps.get(model, stamp) != stamp
                self._stamps[model] = stamp
            if changed:
                self.forget(model)

    def _start(self) -> None:
        """Start the threads with the first job."""
        with self._starting:
            if self._threads[0].ident is None:
                atexit.register(self.close)  # a thread that computes while Python ends would crash it
                for thread in self._threads:
                    thread.start()

    def _work(self) -> None:
        while (task := self._queue.take()) is not None:
            self._serve(task)
            del task  # an idle worker holds no result

    def _serve(self, task: Task[Any]) -> None:
        """Run a task and tell those who wait how it ended, whatever happens."""
        try:
            outcome = self._runner.run(task, lambda: self._queue.is_unwanted(task))
        except BaseException as error:  # also SystemExit: a job must not end its worker
            self._queue.finish(task)
            if task.stopped:
                task.future.cancel()
            else:
                _tell(task, error)
        else:
            self._queue.finish(task)  # after the result is kept: whoever comes now finds one or the other
            if task.stopped:
                task.future.cancel()
            else:
                task.future.set_result(outcome)


def _tell(task: Task[Any], error: BaseException) -> None:
    if not isinstance(error, CnnvizError):
        _log.error("The job %s failed", type(task.job).__name__, exc_info=error)
    _let_go(error)
    task.future.set_exception(error)


def _let_go(error: BaseException) -> None:
    """Empty the frames of an error and of those that led to it: a ticket may live long, and they hold tensors."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in chain:  # `raise error from error` is a circle
        chain.append(each)
        traceback.clear_frames(each.__traceback__)
        each = each.__cause__ or each.__context__

"""What a worker does with one job: get the network ready, compute, and fall back on the processor where it must."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnviz.engine import devices
from cnnviz.engine.cache import Cache
from cnnviz.engine.devices import CPU, Device
from cnnviz.engine.job import Context, Job, Key, Progress
from cnnviz.engine.queue import Outcome, Task
from cnnviz.engine.sizes import bytes_of, freeze
from cnnviz.engine.store import Store
from cnnviz.errors import WorkError
from cnnviz.text import N_, Sentence

if TYPE_CHECKING:
    from cnnviz.networks.loaded import Loaded

__all__ = ["Runner"]

_Result = TypeVar("_Result")

_LOADING = N_("Loading the network")


class Runner:
    """Runs tasks, one in each of several threads, and keeps what they find.

    Args:
        networks: to run them with.
        results: to keep outcomes in.
        device: where to compute; the fastest of the machine if None.
        at_once: how many jobs share the cores.
    """

    def __init__(self, networks: Store, results: Cache[Key, Outcome[Any]], device: Device | None, at_once: int) -> None:
        self._networks = networks
        self._results = results
        self._device = device
        self._at_once = at_once
        self._cores = 0
        self._counting = threading.Lock()

    @property
    def device(self) -> Device:
        """Where jobs are computed."""
        return self._device or devices.choose()

    def run(self, task: Task[Any], is_unwanted: Callable[[], bool]) -> Outcome[Any]:
        """Compute a task's outcome and keep it, unless the task was stopped or its network has changed.

        Raises:
            WorkError: when the memory is not enough on the processor either.
            Exception: whatever the job, or loading its network, raises.
        """
        self._share_cores(task)
        note: Sentence | None = None
        tried = self._tried(task, self.device, is_unwanted)
        if isinstance(tried, Sentence) and self.device != CPU:
            self._networks.clear(self.device)
            devices.free(self.device)
            note, tried = tried, self._tried(task, CPU, is_unwanted)
        if isinstance(tried, Sentence):
            raise WorkError(tried.template, **tried.data)
        (value,) = tried
        outcome = Outcome(value, note)
        freeze(value)
        self._keep(task, task.job.key, outcome)
        return outcome

    def _tried(self, task: Task[Any], device: Device, is_unwanted: Callable[[], bool]) -> tuple[Any] | Sentence:
        """The value; or why the device could not, told without the error, whose frames hold the device's memory."""
        try:
            task.progress = Progress(0.0, _LOADING)
            loaded = self._networks.get(task.job.model, device)
            task.progress = Progress()
            return (task.job.run(self._context(task, loaded, device, is_unwanted)),)
        except Exception as error:  # only where memory ran out it is tried elsewhere
            if (trouble := devices.complaint(device, error)) is None:
                raise
            return trouble

    def _context(self, task: Task[Any], loaded: Loaded, device: Device, is_unwanted: Callable[[], bool]) -> Context:
        def report(fraction: float, text: str) -> None:
            task.progress = replace(task.progress, fraction=min(max(fraction, 0.0), 1.0), text=text)

        def show(picture: NDArray[np.float32]) -> None:
            task.progress = replace(task.progress, picture=picture)

        def compute(job: Job[_Result]) -> _Result:
            return self._part(task, job, context)

        context = Context(loaded, device, report, show, is_unwanted, compute)
        return context

    def _part(self, task: Task[Any], job: Job[_Result], context: Context) -> _Result:
        if job.model != task.job.model:
            raise ValueError(f"a job for {task.job.model} asks for one for {job.model}")
        kept: Outcome[_Result] | None = self._results.get(job.key)
        if kept is None:
            kept = Outcome(job.run(context))
            freeze(kept.value)
            self._keep(task, job.key, kept)
        return kept.value

    def _keep(self, task: Task[Any], key: Key, outcome: Outcome[Any]) -> None:
        if task.stopped:
            return  # it may have returned anything
        self._results.put(key, outcome, bytes_of(outcome.value))
        if task.outdated:  # asked afterwards: this may become true at any moment
            self._results.drop(lambda each: each == key)

    def _share_cores(self, task: Task[Any]) -> None:
        """Give PyTorch, in this thread, its share of the cores that OMP_NUM_THREADS or the machine allows.

        A long job leaves one core of its share to the one that may run beside it, and to the pages: threads that wait
        for a busy core cost both far more than a core.
        """
        import torch

        with self._counting:
            self._cores = self._cores or torch.get_num_threads()
        share = 1 if task.is_extra else self._cores // self._at_once - task.job.is_long
        torch.set_num_threads(max(share, 1))

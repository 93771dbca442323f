"""The device is chosen, and left for the processor when it cannot do a job, with a sentence that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.engine import devices
from cnnviz.engine.devices import CPU, Device
from cnnviz.errors import ParameterError, WorkError
from tests.unit.engine.cases import Called, engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnviz.engine import Context

CARD = Device("meta", "Small Card")
"""A device that every PyTorch has: networks can be moved to it, but it has no numbers."""


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """What another test chose is forgotten before and after."""
    devices.choose.cache_clear()
    yield
    devices.choose.cache_clear()


@pytest.mark.parametrize(
    ("works", "asked", "chosen"),
    [
        ("cuda mps cpu", "", "cuda"),
        ("mps cpu", "", "mps"),
        ("cpu", "", "cpu"),
        ("cuda cpu", "cpu", "cpu"),
        ("cuda mps cpu", "mps", "mps"),
    ],
)
def test_the_fastest_that_works_or_the_one_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, works: str, asked: str, chosen: str
) -> None:
    """CUDA before MPS before the processor."""
    monkeypatch.setenv("CNNVIZ_DEVICE", asked)
    monkeypatch.setattr(devices, "_works", works.split().__contains__)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Large Card")
    names = {"cuda": "Large Card", "mps": "Apple MPS", "cpu": "CPU"}
    assert devices.choose() == Device(chosen, names[chosen])


def test_a_card_multiplies_in_full_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """TF32 would be off by a thousandth."""
    monkeypatch.setenv("CNNVIZ_DEVICE", "cuda")
    monkeypatch.setattr(devices, "_works", lambda _: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Large Card")
    switches = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [each.allow_tf32 for each in switches]
    try:
        for each in switches:
            each.allow_tf32 = True
        devices.choose()
        assert [each.allow_tf32 for each in switches] == [False, False]
    finally:
        for each, value in zip(switches, before, strict=True):
            each.allow_tf32 = value


@pytest.mark.parametrize("asked", ["mps", "tpu"])
def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    """And the legal ones are named."""
    monkeypatch.setenv("CNNVIZ_DEVICE", asked)
    monkeypatch.setattr(devices, "_works", lambda kind: kind in ("cuda", "cpu"))
    with pytest.raises(ParameterError, match=f"CNNVIZ_DEVICE is {asked}, but must be cuda, cpu"):
        devices.choose()


def test_a_driver_that_fails_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that there is a card, but the card cannot add."""
    monkeypatch.delenv("CNNVIZ_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    monkeypatch.setattr(torch, "ones", fail)
    assert devices.choose() == CPU


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "memory of Small Card was not enough"),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), "memory of Small Card was not enough"),
        (NotImplementedError("The operator 'aten::x' is not implemented for MPS"), "Small Card cannot do this"),
    ],
)
def test_what_a_card_cannot_do_the_processor_does_and_the_ticket_says_so(error: Exception, sentence: str) -> None:
    """The card's networks are dropped first; the sentence stays with the result that is kept."""
    seen: list[str] = []

    def work(context: Context) -> int:
        seen.append(f"{context.device.key} {next(context.loaded.network.parameters()).device.type}")
        if context.device == CARD:
            raise error
        assert local.networks.bytes_on(CARD) == 0
        return 3

    local = engine(device=CARD)
    job = Called("a", work)
    for _ in range(2):
        ticket = local.submit(job)
        assert ticket.result(20) == 3
        assert sentence in str(ticket.note)
    assert seen == ["meta meta", "cpu cpu"]
    local.close()


def test_a_network_that_does_not_fit_on_the_card_runs_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory may end while the network is moved, before any job runs."""

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    local = engine(device=CARD)
    assert local.run(Called("a", lambda context: context.device)) == CPU
    local.close()


def test_memory_that_is_too_small_altogether_is_a_sentence() -> None:
    """PyTorch's own words, by asking for more than any machine has."""
    local = engine()
    with pytest.raises(WorkError, match="more memory than the server has free"):
        local.run(Called("a", lambda _: torch.empty(2**60, dtype=torch.uint8)))
    local.close()


def test_other_errors_are_not_tried_again() -> None:
    """A bug on the card is a bug."""
    seen: list[Device] = []

    def work(context: Context) -> None:
        seen.append(context.device)
        raise RuntimeError("a bug")

    local = engine(device=CARD)
    with pytest.raises(RuntimeError, match="a bug"):
        local.run(Called("a", work))
    assert seen == [CARD]
    local.close()

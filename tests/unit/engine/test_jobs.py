"""Jobs travel, are told apart by value, and give what the functions that they name give."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz import engine as package
from cnnviz.engine import (
    AblationJob,
    AlteredPassJob,
    AttributionJob,
    DescribeJob,
    ExplainJob,
    FaithfulnessJob,
    FieldJob,
    InversionJob,
    Job,
    LocalEngine,
    MaximiseJob,
    PassJob,
    SourceJob,
    WeightsJob,
)
from cnnviz.engine.devices import CPU
from cnnviz.errors import ParameterError, WeightsError
from cnnviz.images import Image
from cnnviz.images.alterations import Alteration
from cnnviz.networks import (
    ablation,
    attribution,
    catalogue,
    effective_field,
    explanation,
    faithfulness,
    inversion,
    maximise,
    passes,
    source_writing,
    what_if,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnnviz.networks.facts import Layer

torch.set_num_threads(1)

MODEL = "lenet5-mnist"
STEP = "c1.conv"
OFF = what_if.read(f"{STEP}:0,2")
LEVELS = np.random.default_rng(7).integers(0, 256, (40, 33, 3), np.uint8)
IMAGE = Image.from_levels(LEVELS, "a name")

JOBS: tuple[Job[Any], ...] = (
    DescribeJob(MODEL),
    PassJob(MODEL, IMAGE),
    PassJob(MODEL, IMAGE, OFF),
    ExplainJob(MODEL, IMAGE, STEP, 1),
    ExplainJob(MODEL, IMAGE, STEP, 1, OFF),
    AttributionJob(MODEL, IMAGE, "saliency", 3),
    AttributionJob(MODEL, IMAGE, "grad_cam", 3, STEP),
    FaithfulnessJob(MODEL, IMAGE, "grad_cam", 3, STEP),
    FieldJob(MODEL, IMAGE, STEP, 1, (2, 3)),
    MaximiseJob(MODEL, STEP, 1),
    MaximiseJob(MODEL, STEP, 1, 5),
    InversionJob(MODEL, IMAGE, STEP),
    AblationJob(MODEL, IMAGE, STEP, 3),
    AlteredPassJob(MODEL, IMAGE, Alteration("shift", 3)),
    SourceJob(MODEL),
    WeightsJob(MODEL),
)
OF_TIME = ("milliseconds",)  # the one thing that may differ between two runs

names = pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalEngine]:
    """With the real catalogue."""
    one = LocalEngine(device=CPU, workers=1)
    yield one
    one.close()


def test_every_kind_of_job_is_tried_here() -> None:
    """A new one is not forgotten."""
    kinds = {each for each in vars(package).values() if isinstance(each, type) and issubclass(each, Job)} - {Job}
    assert {type(job) for job in JOBS} == kinds


@names
def test_jobs_travel(job: Job[Any]) -> None:
    """What arrives is equal, has the same key and hash, and cannot be changed."""
    arrived = pickle.loads(pickle.dumps(job))  # noqa: S301 - our own
    assert (arrived, arrived.key, hash(arrived)) == (job, job.key, hash(job))
    with pytest.raises(AttributeError):
        arrived.model = "another"


def test_keys_tell_jobs_apart_by_value() -> None:
    """Any other field makes another key; another name of the same picture does not, another level does."""
    assert len({job.key for job in JOBS}) == len(JOBS)
    renamed = Image.from_levels(LEVELS, "another name")
    changed = LEVELS.copy()
    changed[0, 0, 0] ^= 1
    for job in JOBS:
        assert replace(job, model="resnet20-cifar10").key != job.key
        if hasattr(job, "image"):
            assert replace(job, image=renamed).key == job.key
            assert replace(job, image=Image.from_levels(changed, "a name")).key != job.key


def layer_of(network: torch.nn.Module, x: torch.Tensor, step: str | None) -> Layer:
    """Facts about a step."""
    return next(each for each in passes.summary_of(network, (1, *x.shape)).layers if each.name == step)


def direct(job: Job[Any]) -> Any:
    """The result by the function itself, on a network of its own."""
    loaded = catalogue.load(MODEL)
    network = loaded.network
    x = loaded.prepare(IMAGE)
    match job:
        case DescribeJob():
            return loaded
        case PassJob():
            return passes.run_pass(MODEL, network, x, what_if=job.what_if)
        case AlteredPassJob():
            seen = job.alteration.applied(loaded.seen(IMAGE))
            return passes.run_pass(MODEL, network, loaded.preparation.normalised(seen))
        case AblationJob():
            return ablation.ablate(network, x, job.step, job.target)
        case ExplainJob():
            pass_ = passes.run_pass(MODEL, network, x, what_if=job.what_if)
            return explanation.explain(network, pass_, job.step, job.channel)
        case AttributionJob():
            return attribution.attribute(network, x, job.method, job.target, job.step)
        case FaithfulnessJob():
            values = attribution.attribute(network, x, job.method, job.target, job.step).values
            return faithfulness.faithfulness(network, x, values, job.target, layer_of(network, x, job.step).field)
        case FieldJob():
            layer = layer_of(network, x, job.step)
            return effective_field.effective_field(network, x, layer, job.channel, job.unit)
        case MaximiseJob():
            return maximise.maximise(network, loaded.preparation, job.step, job.channel, seed=job.seed)
        case InversionJob():
            return inversion.invert(network, x, loaded.preparation, job.step, seed=job.seed)
        case SourceJob():
            return source_writing.network_source(loaded)
        case WeightsJob():
            return source_writing.weights_file(network)


def compare(found: Any, expected: Any, tolerance: float = 0.0) -> None:
    """All fields that both have are equal, times apart."""
    if isinstance(found, np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    elif is_dataclass(found):
        for field in fields(found):
            if field.name not in OF_TIME:
                compare(getattr(found, field.name), getattr(expected, field.name), tolerance)
    elif isinstance(found, dict):
        assert list(found) == list(expected)
        compare(tuple(found.values()), tuple(expected.values()), tolerance)
    elif isinstance(found, tuple):
        for pair in zip(found, expected, strict=True):
            compare(*pair, tolerance)
    elif isinstance(found, float):
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)
    else:
        assert found == expected


def arrays(value: Any) -> Iterator[np.ndarray]:
    """All arrays of a result."""
    if isinstance(value, np.ndarray):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays(getattr(value, field.name))
    elif isinstance(value, tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from arrays(each)


@names
def test_a_job_gives_what_its_function_gives_and_nobody_can_change_it(local: LocalEngine, job: Job[Any]) -> None:
    """Through the queue, a thread and the cache; the result can travel back from a cluster, too."""
    found = local.run(job)
    compare(found, direct(job))
    assert local.run(job) is found
    assert not [each for each in arrays(found) if each.flags.writeable]
    compare(pickle.loads(pickle.dumps(found)), found)  # noqa: S301 - our own


def test_an_explanation_costs_no_second_pass(local: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes apart the pass that the page shows."""
    image = Image.from_levels(LEVELS[::-1], "upside down")
    local.run(PassJob(MODEL, image))
    monkeypatch.setattr(passes, "run_pass", lambda *_, **__: pytest.fail("a second pass"))
    for channel in (0, 1):
        local.run(ExplainJob(MODEL, image, STEP, channel))


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (PassJob("no-such-network", IMAGE), WeightsError),
        (PassJob(MODEL, IMAGE, what_if.read("no_such_step")), ParameterError),
        (FieldJob(MODEL, IMAGE, "no_such_step", 0, (0, 0)), ParameterError),
        (AttributionJob(MODEL, IMAGE, "no_such_method", 0), ParameterError),
        (MaximiseJob(MODEL, STEP, 10_000), ParameterError),
    ],
)
def test_what_does_not_exist_is_an_error_with_a_sentence(
    local: LocalEngine, job: Job[Any], error: type[Exception]
) -> None:
    """And not a bug."""
    with pytest.raises(error):
        local.run(job)


def test_a_search_reports_and_shows_what_it_has(local: LocalEngine) -> None:
    """The last fraction is one; the last picture on the way has the network's size."""
    ticket = local.submit(MaximiseJob(MODEL, STEP, 2))
    ticket.result(60)
    assert ticket.progress.fraction == 1
    assert not ticket.progress.text  # the page says what it does
    assert ticket.progress.picture is not None
    assert ticket.progress.picture.shape == (*catalogue.load(MODEL).shape[1:], 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA card to compare with")
@pytest.mark.parametrize("model", [MODEL, "resnet20-cifar10", "random:resnet18"])
def test_a_card_gives_what_the_processor_gives(model: str) -> None:
    """Every step of a pass, and attributions, to a thousandth."""
    cpu, card = LocalEngine(device=CPU, workers=1), LocalEngine(workers=1)
    step = catalogue.load(model).network
    first = passes.summary_of(step, (1, *catalogue.load(model).shape)).layers[0].name
    jobs: Mapping[Job[Any], float] = {
        PassJob(model, IMAGE): 1e-3,
        AttributionJob(model, IMAGE, "saliency", 3): 1e-3,
        AttributionJob(model, IMAGE, "grad_cam", 3, first): 1e-3,
    }
    for job, tolerance in jobs.items():
        ticket = card.submit(job)
        found = ticket.result(120)
        assert ticket.note is None
        expected = cpu.run(job)
        if isinstance(job, PassJob):
            assert found.device.startswith("cuda")
            found = replace(found, device=expected.device)
        compare(found, expected, tolerance)
    cpu.close()
    card.close()

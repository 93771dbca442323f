"""The list of everything that can be a step: complete, consistent, and each entry runs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cnnviz.convolution import catalogue, chain, kernels
from cnnviz.convolution.steps import GRADIENT_PAIRS, Linear
from cnnviz.errors import ParameterError

MADE = [key for key in catalogue.names() if key != kernels.CUSTOM]
COMPANIONS = {"median", "bilateral", "canny", *(f"gradient_{pair}" for pair in GRADIENT_PAIRS)}


def test_the_list_holds_kernels_then_custom_then_companions() -> None:
    """Nothing twice, nothing missing, kernels in the order of their registry."""
    names = catalogue.names()
    assert len(set(names)) == len(names)
    assert names[: len(kernels.names())] == kernels.names()
    assert names[len(kernels.names())] == kernels.CUSTOM
    assert set(names[len(kernels.names()) + 1 :]) == COMPANIONS


@pytest.mark.parametrize("key", catalogue.names())
def test_entries_are_complete(key: str) -> None:
    """Each has a title and a sentence of its own, and, unless typed by the visitor, a source."""
    entry = catalogue.entry(key)
    assert entry.key == key
    assert entry.title == entry.title.strip() != ""
    assert entry.responds_to.endswith(".")
    assert bool(entry.source) is (key != kernels.CUSTOM)
    assert entry.linear is (key not in COMPANIONS)
    assert [key for key in catalogue.names() if catalogue.entry(key).title == entry.title] == [key]
    names = [parameter.name for parameter in entry.parameters]
    assert len(set(names)) == len(names)
    for parameter in entry.parameters:
        assert parameter.title
        assert parameter.check(parameter.default) == parameter.default


@pytest.mark.parametrize("key", MADE)
def test_make_gives_the_step_of_that_key_with_defaults(key: str) -> None:
    """`key_of` and `values_of` are the way back; stride, dilation and repeat are 1."""
    step = catalogue.make(key)
    defaults = {parameter.name: parameter.default for parameter in catalogue.entry(key).parameters}
    assert catalogue.key_of(step) == key
    assert catalogue.values_of(step) == defaults
    assert isinstance(step, Linear) is catalogue.entry(key).linear
    assert getattr(step, "repeat", 1) == 1
    if isinstance(step, Linear):
        assert (step.strides, step.dilations) == ((1, 1), (1, 1))
        assert step.kernel == kernels.get(key)


@pytest.mark.parametrize("key", MADE)
@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_values_arrive_in_the_step(key: str, end: str) -> None:
    """Given numbers are the step's numbers; the others keep their defaults."""
    for parameter in catalogue.entry(key).parameters:
        value = getattr(parameter, end)
        if (key, parameter.name, end) == ("canny", "low", "maximum"):
            value = 0.1  # must stay below "high"
        if (key, parameter.name, end) == ("canny", "high", "minimum"):
            value = 0.2
        got = catalogue.values_of(catalogue.make(key, {parameter.name: value}))
        want = {each.name: each.default for each in catalogue.entry(key).parameters}
        assert got == want | {parameter.name: value}


@pytest.mark.parametrize("key", MADE)
@pytest.mark.parametrize("shape", [(33, 38), (35, 34, 3)])
def test_every_entry_runs(key: str, shape: tuple[int, ...]) -> None:
    """A chain of it alone gives finite numbers of the picture's size."""
    pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
    got = chain.apply(pixels, [catalogue.make(key)]).values
    assert got.shape[:2] == shape[:2]
    assert np.isfinite(got).all()


def test_custom_kernels_know_their_key() -> None:
    """They are steps of the list too, without parameters."""
    step = Linear(kernels.custom([[1, 2], [3, 4]]))
    assert catalogue.key_of(step) == kernels.CUSTOM
    assert catalogue.values_of(step) == {}


def test_custom_needs_weights() -> None:
    """It cannot be made by name alone."""
    with pytest.raises(ParameterError, match="weights"):
        catalogue.make(kernels.CUSTOM)


@pytest.mark.parametrize("key", ["", "Gaussian", "nothing", "key"])
def test_unknown_entries(key: str) -> None:
    """Both ways in say so."""
    with pytest.raises(ParameterError, match="filter is"):
        catalogue.entry(key)
    with pytest.raises(ParameterError, match="filter is"):
        catalogue.make(key)


@pytest.mark.parametrize("key", MADE)
@pytest.mark.parametrize("name", ["key", "self", "strength", "parameters", "weights", "repeat"])
def test_unknown_parameters(key: str, name: str) -> None:
    """A name that the entry does not take is refused, also where Python's own arguments have it."""
    with pytest.raises(ParameterError, match="left out") as caught:
        catalogue.make(key, {name: 1.0})
    assert caught.value.name == name


@pytest.mark.parametrize("key", MADE)
def test_values_out_of_range(key: str) -> None:
    """Each parameter is checked against its range."""
    for parameter in catalogue.entry(key).parameters:
        for value in (parameter.minimum - 1, parameter.maximum + 1, float("nan")):
            with pytest.raises(ParameterError) as caught:
                catalogue.make(key, {parameter.name: value})
            assert caught.value.name == parameter.name


def test_entries_are_read_only() -> None:
    """The list is the same for everybody."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue.entry("median").title = "Mean"

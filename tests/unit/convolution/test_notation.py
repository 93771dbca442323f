"""Chains as texts in a URL: every chain comes back, and hostile texts end in a clear error."""

from __future__ import annotations

import math
import random
import time
from dataclasses import replace
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnviz.convolution import catalogue, kernels, notation
from cnnviz.convolution.chain import MAX_STEPS
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Median, Step
from cnnviz.errors import KernelError, ParameterError
from cnnviz.parameters import Parameter

FAMILIES = [key for key in catalogue.names() if key != kernels.CUSTOM]


def legal(parameter: Parameter) -> st.SearchStrategy[float]:
    """Any legal number, not only those on a slider's steps."""
    if parameter.integer:
        count = int((parameter.maximum - parameter.minimum) // parameter.step)
        return st.integers(0, count).map(lambda n: int(parameter.minimum + n * parameter.step))
    return st.floats(parameter.minimum, parameter.maximum)


@st.composite
def named_steps(draw: st.DrawFn, key: str | None = None) -> Step:
    """A step of the list with random legal numbers."""
    key = key or draw(st.sampled_from(FAMILIES))
    values = {each.name: draw(legal(each)) for each in catalogue.entry(key).parameters}
    if key == "canny":
        values["low"], values["high"] = sorted((values["low"], values["high"]))
    return draw(with_extras(catalogue.make(key, values)))


@st.composite
def custom_steps(draw: st.DrawFn) -> Step:
    """A typed kernel of any numbers that are legal."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    numbers = st.floats(-1e6, 1e6) | st.sampled_from([1 / 9, -1 / 3, 0.1, 5e-324, -1e-300, 1e6, -0.0])
    cells = draw(st.lists(numbers, min_size=rows * columns, max_size=rows * columns))
    return draw(with_extras(Linear(kernels.custom(np.reshape(cells, (rows, columns))))))


@st.composite
def with_extras(draw: st.DrawFn, step: Step) -> Step:
    """Stride, dilation and repeat, where the step has them; often their defaults."""
    if isinstance(step, Linear):
        strides, dilations = (st.just((1, 1)) | st.tuples(*[st.integers(1, most)] * 2) for most in (255, 31))
        step = replace(step, stride=draw(strides), dilation=draw(dilations))
    if isinstance(step, Linear | Median | Bilateral):
        step = replace(step, repeat=draw(st.just(1) | st.integers(1, 10)))
    return step


def assert_round_trip(steps: tuple[Step, ...]) -> None:
    """The text stands in a URL unchanged and means exactly `steps`."""
    text = notation.write(steps)
    assert quote(text, safe="-_.~") == text
    assert urlencode({"chain": text}) == f"chain={text}"
    again = notation.read(text)
    # Numbers compare exactly, and kernels by the bytes of their weights.
    assert again == steps
    assert notation.write(again) == text


@pytest.mark.parametrize("key", FAMILIES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_entry_comes_back(key: str, data: st.DataObject) -> None:
    """With any legal parameters, strides, dilations and repeats."""
    assert_round_trip((data.draw(named_steps(key)),))


@settings(max_examples=150, deadline=None)
@given(step=custom_steps())
@example(step=Linear(kernels.custom(np.full((3, 3), 1 / 9))))
def test_typed_kernels_come_back_bit_by_bit(step: Linear) -> None:
    """Ninths, tiny and huge numbers lose nothing."""
    assert_round_trip((step,))
    (again,) = notation.read(notation.write((step,)))
    assert isinstance(again, Linear)
    assert again.kernel.weights.tobytes() == step.kernel.weights.tobytes()


@settings(max_examples=80, deadline=None)
@given(steps=st.lists(named_steps() | custom_steps(), max_size=MAX_STEPS))
def test_chains_come_back(steps: list[Step]) -> None:
    """Several steps in their order, up to the most there may be, none included."""
    assert_round_trip(tuple(steps))


def test_the_largest_typed_kernels_fit() -> None:
    """Two full 31 x 31 kernels of numbers with 17 digits can stand in a link."""
    weights = -np.random.default_rng(0).random((31, 31)) / 1e5
    assert_round_trip((Linear(kernels.custom(weights)), Linear(kernels.custom(weights.T))))


EXAMPLES = {
    "": (),
    "gaussian": (Linear(kernels.get("gaussian")),),
    "gaussian~size-7~sigma-1.2~repeat-2~~sobel_x~stride-2x1": (
        Linear(kernels.get("gaussian", size=7, sigma=1.2), repeat=2),
        Linear(kernels.get("sobel_x"), stride=(2, 1)),
    ),
    "custom~2x2~1_0_0_-1~~median~size-5": (Linear(kernels.custom([[1, 0], [0, -1]])), Median(5)),
    "custom~1x3~0.1_1e-05_-1000000~dilation-2x3": (Linear(kernels.custom([[0.1, 1e-5, -1e6]]), dilation=(2, 3)),),
    "shift~rows--15~columns-0": (Linear(kernels.get("shift", rows=-15, columns=0)),),
    "canny~low-0.1~sigma-0": (Canny(low=0.1, sigma=0.0),),
    "gradient_scharr~~bilateral~size-5~repeat-3": (GradientMagnitude("scharr"), Bilateral(5, repeat=3)),
}


@pytest.mark.parametrize(("text", "steps"), EXAMPLES.items())
def test_links_that_were_given_away_keep_their_meaning(text: str, steps: tuple[Step, ...]) -> None:
    """The format does not change: these texts are written and read like this."""
    assert notation.write(steps) == text
    assert notation.read(text) == steps


BAD = {
    "unknown filter": "gauss",
    "empty step": "gaussian~~",
    "no value": "gaussian~size",
    "unknown parameter": "gaussian~length-3",
    "a parameter called like Python's argument": "gaussian~key-1",
    "even size": "gaussian~size-4",
    "out of range": "gaussian~sigma-100",
    "not a number": "gaussian~sigma-nan",
    "infinite": "gaussian~sigma-1e999",
    "half a repetition": "median~repeat-2.5",
    "no repetition": "median~repeat-0",
    "too many repetitions": "gaussian~repeat-11",
    "infinite repetitions": "gaussian~repeat-1e999",
    "repeat where there is none": "canny~repeat-2",
    "stride where there is none": "median~stride-2x2",
    "stride 0": "gaussian~stride-0x1",
    "stride of one number": "gaussian~stride-2",
    "stride of three numbers": "gaussian~stride-2x2x2",
    "negative stride": "gaussian~stride--1x1",
    "stride too large": "gaussian~stride-256x1",
    "dilation too large": "gaussian~dilation-1x32",
    "stride of many digits": f"gaussian~stride-{'9' * 5000}x1",
    "superscript digits": "gaussian~stride-²x²",
    "number of many digits": f"gaussian~size-{'9' * 5000}",
    "typed kernel without cells": "custom~2x2",
    "typed kernel without anything": "custom",
    "cells missing": "custom~2x2~1_2_3",
    "cells to spare": "custom~2x2~1_2_3_4_5",
    "empty cell": "custom~2x2~1__3_4",
    "fraction": "custom~1x1~1/9",
    "weights too large": "custom~1x1~1e7",
    "infinite weight": "custom~1x1~inf",
    "kernel without rows": "custom~0x0~",
    "kernel too large": f"custom~32x32~{'_'.join('0' * 1024)}",
    "parameter of a typed kernel": "custom~1x1~1~size-5",
    "thresholds in the wrong order": "canny~low-0.9~high-0.1",
    "too many steps": "~~".join(["identity"] * (MAX_STEPS + 1)),
    "too long": "a" * (notation.MAX_LENGTH + 1),
    "nested": "gaussian~size-(gaussian~size-3)",
    "JSON": '{"steps": []}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_texts_are_refused(text: str) -> None:
    """Nothing is guessed: what is not legal raises."""
    with pytest.raises((ParameterError, KernelError)):
        notation.read(text)


def read_or_refuse(text: str) -> None:
    """A text is refused with the project's errors, or it is a chain that can be written again."""
    try:
        steps = notation.read(text)
    except (ParameterError, KernelError):
        return
    assert notation.read(notation.write(steps)) == steps
    for step in steps:
        assert all(math.isfinite(value) for value in catalogue.values_of(step).values())


@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text(alphabet="~-_.x0123456789e+١٢²gausinmdcto", max_size=40))
@example(text="١")
@example(text="custom~١x١~١")
@example(text="custom~1x1~1e999")
@example(text="gaussian~size-1_1")
@example(text="{name}~{0}-{value!r}")
def test_any_text_is_read_or_refused(text: str) -> None:
    """Letters of all scripts, braces and control characters never break the reader."""
    read_or_refuse(text)


@settings(max_examples=200, deadline=None)
@given(text=st.sampled_from([text for text in EXAMPLES if text]), seed=st.integers(0, 2**32))
def test_damaged_links_are_read_or_refused(text: str, seed: int) -> None:
    """A character cut out, doubled, replaced or moved, in a text that was right."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(letters))
        change = chance.choice(["cut", "double", "replace", "insert"])
        new = chance.choice("~-_.x09e+ ١²/key\x00")
        letters[place : place + 1] = {
            "cut": [],
            "double": letters[place] * 2,
            "replace": new,
            "insert": new + letters[place],
        }[change] or [new]
    read_or_refuse("".join(letters))


@pytest.mark.parametrize("unit", ["~", "-", "_", "x", "9", "custom~1x1~1~", "gaussian~~", "custom~31x31~1_"])
def test_the_longest_texts_are_refused_quickly(unit: str) -> None:
    """As many characters as are read at all, well under a second."""
    text = (unit * notation.MAX_LENGTH)[: notation.MAX_LENGTH]
    start = time.perf_counter()
    with pytest.raises((ParameterError, KernelError)):
        notation.read(text)
    assert time.perf_counter() - start < 2

"""The formulas as they are printed: read back from the LaTeX, worked out, and compared with torch's sizes."""

from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.formulas import Formula, same_comparison, size_formula
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

SMALL = st.integers(1, 5)
PAIRS = st.tuples(SMALL, SMALL)
SIZES = st.tuples(st.integers(1, 30), st.integers(1, 30))
SIDE = st.tuples(st.integers(0, 3), st.integers(0, 3))


def worked_out(latex: str) -> Fraction | int:
    """The value of a piece of LaTeX made of numbers, brackets, fractions, floors and ceilings."""
    text = latex.replace(r"\left", "").replace(r"\right", "").replace(r"\cdot", "*").replace(r"\ldots", "")
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    for name in ("floor", "ceil"):
        text = text.replace(rf"\l{name}", f"{name}(").replace(rf"\r{name}", ")")
    text = re.sub(r"\d+(\.\d+)?", r"Fraction('\g<0>')", text)
    assert re.fullmatch(r"(Fraction\('[\d.]+'\)|floor|ceil|[()+\-*/\s])*", text), latex
    return eval(text, {"Fraction": Fraction, "floor": math.floor, "ceil": math.ceil})  # noqa: S307 - checked above


def check(formula: Formula, letter: str, expected: int) -> None:
    """Every step of the formula has the same value, which torch has too; the correction is checked as well."""
    steps, _, correction = formula.filled.partition(r", \quad ")
    assert steps.startswith(f"{letter}' = ")
    values = {worked_out(step) for step in steps.split(" = ")[1:]}
    assert len(values) == 1
    (value,) = values
    if correction:
        condition, _, outcome = correction.partition(r"\;\Rightarrow\;")
        product, start, limit = re.split(r" = | < | \\ge ", condition)
        assert worked_out(product) == worked_out(start)
        late = worked_out(start) >= worked_out(limit)
        assert late == (r"\ge" in condition) == bool(outcome)
        if outcome:
            _, less, result = outcome.split(" = ")
            assert worked_out(less) == worked_out(result) == value - 1
            value -= 1
    assert value == formula.result == expected


@settings(max_examples=200, deadline=None)
@given(kernel=PAIRS, stride=PAIRS, padding=st.tuples(SIDE, SIDE), dilation=PAIRS, size=SIZES)
def test_convolutions(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]],
    dilation: tuple[int, int],
    size: tuple[int, int],
) -> None:
    """Even, dilated, rectangular and unevenly padded convolutions have the size that torch gives them."""
    padded = torch.zeros(1, 1, *(n + sum(each) for n, each in zip(size, padding, strict=True)))
    assume(all(d * (k - 1) < n for d, k, n in zip(dilation, kernel, padded.shape[2:], strict=True)))
    output = functional.conv2d(padded, torch.zeros(1, 1, *kernel), None, stride, 0, dilation)
    layer = Convolution(kernel, stride, padding, dilation)
    for axis, letter in enumerate("HW"):
        check(size_formula(layer, size, axis), letter, output.shape[2 + axis])


@settings(max_examples=300, deadline=None)
@given(kernel=PAIRS, stride=PAIRS, half=PAIRS, dilation=PAIRS, size=SIZES, up=st.booleans(), largest=st.booleans())
def test_pooling(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    half: tuple[int, int],
    dilation: tuple[int, int],
    size: tuple[int, int],
    up: bool,
    largest: bool,
) -> None:
    """Pooling rounded down and up, with the last window that torch leaves out."""
    padding = min(half[0], kernel[0] // 2), min(half[1], kernel[1] // 2)
    dilation = dilation if largest else (1, 1)
    fits = zip(size, padding, dilation, kernel, strict=True)
    assume(all(n + 2 * p > d * (k - 1) for n, p, d, k in fits))
    x = torch.zeros(1, 1, *size)
    layer: Layer
    if largest:
        layer = MaxPooling(kernel, stride, padding, dilation, up)
        output = functional.max_pool2d(x, kernel, stride, padding, dilation, up)
    else:
        layer = AveragePooling(kernel, stride, padding, up)
        output = functional.avg_pool2d(x, kernel, stride, padding, up)
    for axis, letter in enumerate("HW"):
        check(size_formula(layer, size, axis), letter, output.shape[2 + axis])


@settings(max_examples=200, deadline=None)
@given(kernel=PAIRS, stride=PAIRS, padding=PAIRS, extra=SIDE, dilation=PAIRS, size=SIZES)
def test_transposed(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    extra: tuple[int, int],
    dilation: tuple[int, int],
    size: tuple[int, int],
) -> None:
    """Transposed convolutions with output padding."""
    extra = tuple(min(e, max(s, d) - 1) for e, s, d in zip(extra, stride, dilation, strict=True))  # type: ignore[assignment]  # two
    layer = TransposedConvolution(kernel, stride, padding, extra, dilation)
    try:
        layer.axes(size)
    except ParameterError:
        assume(False)
    weights = torch.zeros(1, 1, *kernel)
    output = functional.conv_transpose2d(torch.zeros(1, 1, *size), weights, None, stride, padding, extra, 1, dilation)
    for axis, letter in enumerate("HW"):
        check(size_formula(layer, size, axis), letter, output.shape[2 + axis])


def test_the_formula_of_the_lesson() -> None:
    """Floor, dilation and padding as they stand on the page; a fraction that does not end is cut, not rounded."""
    formula = size_formula(Convolution(3, 2, ((1, 2), (0, 0)), 2), (6, 9), 0)
    assert formula.symbolic == (r"H' = \left\lfloor \frac{H + p_1 + p_2 - d\,(k - 1) - 1}{s} \right\rfloor + 1")
    assert r"\frac{6 + 1 + 2 - 2\cdot(3 - 1) - 1}{2}" in formula.filled
    assert formula.filled.endswith(r"= \lfloor 2 \rfloor + 1 = 2 + 1 = 3")
    cut = size_formula(Convolution(1, 7), (21, 9), 0).filled
    assert r"\lfloor 2.85\ldots \rfloor" in cut


def test_uneven_cropping_is_in_brackets() -> None:
    """What a transposed convolution crops on both sides is taken away together: minus stands before a bracket."""
    formula = size_formula(TransposedConvolution(4, 2, ((1, 2), (0, 0))), (5, 5), 0)
    assert "- (p_1 + p_2)" in formula.symbolic
    check(formula, "H", 4 * 2 - 3 + 3 + 1)


def test_letters_agree_with_numbers() -> None:
    """The symbolic formula, its letters replaced, has the value of the filled one."""
    layer = Convolution(4, 3, 2, 2)
    formula = size_formula(layer, (10, 17), 1)
    text = formula.symbolic.removeprefix("W' = ").replace(r"\,", r"\cdot").replace("2p", r"2\cdot 2")
    filled = text.replace("W", "17").replace("d", "2").replace("(k", "(4").replace("{s}", "{3}")
    assert worked_out(filled.replace(r"\c2ot", r"\cdot")) == formula.result == (17 + 4 - 6 - 1) // 3 + 1


def test_what_does_not_fit_is_refused() -> None:
    """No formula for a kernel that does not fit."""
    with pytest.raises(ParameterError):
        size_formula(Convolution(5), (4, 9), 0)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch says that it copies the input
@settings(max_examples=150, deadline=None)
@given(kernel=st.integers(1, 8), dilation=st.integers(1, 4), size=st.integers(1, 40))
def test_same_of_torch(kernel: int, dilation: int, size: int) -> None:
    """Torch's padding before is where a lone weight at the front of the kernel puts the first pixel."""
    weights = torch.zeros(1, 1, kernel)
    weights[0, 0, 0] = 1  # output i is the padded input's cell i: its leading zeros are the padding
    output = functional.conv1d(torch.ones(1, 1, size), weights, padding="same", dilation=dilation)[0, 0]
    found = same_comparison(kernel, 1, dilation, size).torch
    assert found is not None
    assert found.output == len(output)
    assert found.before + found.after == dilation * (kernel - 1)
    assert min(found.before, size) == int((output == 0).sum())


@pytest.mark.parametrize(("kernel", "stride", "size"), [*itertools.product([1, 2, 3, 4, 7], [1, 2, 3], [5, 8, 9])])
def test_same_of_tensorflow(kernel: int, stride: int, size: int) -> None:
    """TensorFlow's documentation: ceil(size / stride) outputs; total max(k - s, 0) or max(k - size % s, 0)."""
    found = same_comparison(kernel, stride, 1, size)
    total = max(kernel - stride, 0) if size % stride == 0 else max(kernel - size % stride, 0)
    assert found.tensorflow.output == math.ceil(size / stride)
    assert (found.tensorflow.before, found.tensorflow.after) == (total // 2, total - total // 2)
    assert (found.torch is None) == (stride > 1) == (found.refusal is not None)


def test_the_libraries_differ() -> None:
    """Kernel 3, stride 2, 8 cells: TensorFlow pads one cell, behind; torch refuses the stride, as it does itself."""
    found = same_comparison(3, 2, 1, 8)
    assert (found.tensorflow.before, found.tensorflow.after, found.tensorflow.output) == (0, 1, 4)
    assert found.refusal is not None
    assert "stride" in str(found.refusal)
    with pytest.raises(RuntimeError, match="strided"):
        functional.conv1d(torch.ones(1, 1, 8), torch.ones(1, 1, 3), stride=2, padding="same")


def test_same_refuses_nonsense() -> None:
    """A kernel of no weights is not a question of padding."""
    with pytest.raises(ParameterError, match="kernel_size"):
        same_comparison(0, 1, 1, 8)

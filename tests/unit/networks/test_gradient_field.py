"""Gradients and arithmetic find the same receptive field."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.known_stacks import STACKS, known
from cnnviz.convolution.receptive_field import Region, field, inside, reach, region
from cnnviz.errors import ParameterError, WorkError
from cnnviz.networks.gradient_field import support

torch.set_num_threads(1)

SIDES = st.tuples(st.integers(1, 5), st.integers(1, 5))
STEPS = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIZES = st.tuples(st.integers(5, 40), st.integers(5, 40))
FRACTION = st.floats(0, 0.999)


@st.composite
def stacks(draw: st.DrawFn) -> tuple[Layer, ...]:
    """One to five layers of all kinds: even and rectangular kernels, uneven padding, gaps, rounded up."""
    layers: list[Layer] = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from([Convolution, MaxPooling, AveragePooling]))
        kernel, stride = draw(SIDES), draw(STEPS)
        dilation = (1, 1) if kind is AveragePooling else draw(STEPS)
        most = [4 if kind is Convolution else k // 2 for k in kernel]
        rows, columns = (
            draw(st.one_of(st.integers(0, n).map(lambda p: (p, p)), st.tuples(st.integers(0, n), st.integers(0, n))))
            for n in most
        )
        if kind is Convolution:
            layers.append(Convolution(kernel, stride, (rows, columns), dilation))
        elif kind is MaxPooling:
            layers.append(MaxPooling(kernel, stride, (rows, columns), dilation, draw(st.booleans())))
        else:
            layers.append(AveragePooling(kernel, stride, (rows, columns), draw(st.booleans())))
    return tuple(layers)


def chosen(layers: tuple[Layer, ...], size: tuple[int, int], part: tuple[float, float]) -> tuple[int, int]:
    """The unit of the last layer at a fraction of its rows and columns; stacks that do not fit are left out."""
    try:
        last = field(layers, size)[-1]
    except ParameterError:
        assume(False)
    return int(part[0] * last.rows.output), int(part[1] * last.columns.output)


@settings(max_examples=150, deadline=None)
@given(layers=stacks(), size=SIZES, part=st.tuples(FRACTION, FRACTION))
def test_support_is_the_reach(layers: tuple[Layer, ...], size: tuple[int, int], part: tuple[float, float]) -> None:
    """Where autograd finds a gradient is exactly where the taps lead, gaps and edges included."""
    unit = chosen(layers, size, part)
    found = support(layers, size, unit)
    assert found == reach(layers, size, unit)
    whole = inside(region(field(layers, size)[-1], *unit), size)
    if found is not None:
        assert whole is not None
        assert whole.top <= found.top <= found.bottom <= whole.bottom
        assert whole.left <= found.left <= found.right <= whole.right


@settings(max_examples=100, deadline=None)
@given(
    layers=st.lists(
        st.builds(Convolution, SIDES, st.just(1), st.tuples(st.integers(0, 3), st.integers(0, 3))),
        min_size=1,
        max_size=5,
    ),
    size=SIZES,
    part=st.tuples(FRACTION, FRACTION),
)
def test_support_is_the_region_inside(
    layers: list[Convolution], size: tuple[int, int], part: tuple[float, float]
) -> None:
    """Without gaps and left-over cells the formula's rectangle, cut at the edge of the picture, is exact."""
    unit = chosen(tuple(layers), size, part)
    found = support(layers, size, unit)
    if found is not None:
        assert found == inside(region(field(layers, size)[-1], *unit), size)


@settings(max_examples=100, deadline=None)
@given(layers=stacks(), size=SIZES, part=st.tuples(FRACTION, FRACTION))
def test_away_from_the_edge(layers: tuple[Layer, ...], size: tuple[int, int], part: tuple[float, float]) -> None:
    """A region that lies inside the picture is the support, whatever the layers are."""
    size = (size[0] + 60, size[1] + 60)
    unit = chosen(layers, size, part)
    whole = region(field(layers, size)[-1], *unit)
    if inside(whole, size) == whole:
        assert support(layers, size, unit) == whole


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.key)
def test_known_stacks(stack: object) -> None:
    """First, middle and last unit of every known stack on a picture of 224 pixels: support, reach and region agree."""
    layers = known(stack.key).layers  # type: ignore[attr-defined]  # a KnownStack
    last = field(layers, 224)[-1]
    output = last.rows.output
    for unit in ((0, 0), (output // 2, output // 2), (output - 1, 0)):
        found = support(layers, 224, unit)
        assert found == reach(layers, 224, unit)
        if unit[0] == output // 2:
            assert found == inside(region(last, *unit), (224, 224))


def test_vgg_by_hand() -> None:
    """The unit in the middle of VGG-16 sees 212 pixels less what lies outside."""
    assert support(known("vgg16").layers, 224, (3, 0)) == Region(6, 217, 0, 121)


def test_no_gradient_in_the_padding() -> None:
    """A unit that reads padding only has no support."""
    assert support([Convolution(1, padding=2)], (4, 5), (0, 0)) is None


def test_no_layers() -> None:
    """The picture's own pixels see themselves."""
    assert support([], (4, 5), (2, 3)) == Region(2, 2, 3, 3)


@pytest.mark.parametrize("unit", [(-1, 0), (0, 4), (3, 0)])
def test_units_that_are_not_there(unit: tuple[int, int]) -> None:
    """A unit outside of the output is named; negative ones do not count from the end."""
    with pytest.raises(ParameterError, match="unit"):
        support([Convolution(2)], (4, 5), unit)


def test_layers_without_a_field() -> None:
    """A transposed layer is refused as everywhere."""
    with pytest.raises(ParameterError):
        support([TransposedConvolution(2, 2)], 8, (0, 0))


@pytest.mark.parametrize("layers", [[Convolution(99, padding=49)], [Convolution(1, padding=99)] * 20])
def test_too_much_work_is_refused(layers: list[Layer]) -> None:
    """Kernels and paddings that would fill the memory end in a sentence, before anything is computed."""
    with pytest.raises(WorkError, match="smaller kernels"):
        support(layers, 1000, (0, 0))

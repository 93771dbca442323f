"""Programs of frequency responses: run as pasted, their H is ours."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from cnnviz.convolution import frequency, kernels
from cnnviz.convolution.frequency.design import Design, Kind, Shape
from cnnviz.snippets import design_program, response_program


def run(program: str) -> np.ndarray:
    """Execute a program of ours and return its `H`."""
    names: dict[str, object] = {"print": lambda *_: None}
    exec(compile(program, "program", "exec"), names)  # noqa: S102 - written by the project itself
    result = names["H"]
    assert isinstance(result, np.ndarray)
    return result


@pytest.mark.parametrize("operation", ["correlation", "convolution"])
@pytest.mark.parametrize("key", kernels.names())
def test_a_response_is_ours(key: str, operation: str) -> None:
    """Every kernel of the registry, both operations."""
    weights = kernels.get(key).weights
    expected = frequency.response(weights, (256, 256), operation=operation).values
    np.testing.assert_allclose(run(response_program(weights, operation)), expected, atol=1e-6)  # literals are float32


def test_an_even_rectangular_kernel() -> None:
    """The origin is where filtering puts it: a kernel of 4 x 2 has different ones in both operations."""
    weights = np.arange(1.0, 9.0).reshape(4, 2)
    for operation in ("correlation", "convolution"):
        expected = frequency.response(weights, (256, 256), operation=operation).values
        np.testing.assert_allclose(run(response_program(weights, operation)), expected, atol=1e-9)


@pytest.mark.parametrize("shape", get_args(Shape))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_design_is_ours(kind: Kind, shape: Shape) -> None:
    """Every kind and shape, with numbers that are not the defaults."""
    design = Design(shape, kind, cutoff=0.13, low=0.08, high=0.21, centre=(0.31, -0.12), radius=0.07, order=3)
    np.testing.assert_allclose(run(design_program(design)), design.transfer((256, 256)), atol=1e-12)

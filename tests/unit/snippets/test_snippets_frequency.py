"""Programs of frequency responses: run as pasted, their H is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from cnnviz.convolution import filtering, frequency, kernels
from cnnviz.convolution.frequency.design import Design, Kind, Shape, apply
from cnnviz.convolution.frequency.editing import Mask, Ring
from cnnviz.convolution.frequency.sampling import subsample
from cnnviz.snippets import design_program, mask_program, response_program, subsample_program

if TYPE_CHECKING:
    from pathlib import Path


def run(program: str, name: str = "H") -> np.ndarray:
    """Execute a program of ours and return one of its arrays."""
    names: dict[str, object] = {"print": lambda *_: None}
    exec(compile(program, "program", "exec"), names)  # noqa: S102 - written by the project itself
    result = names[name]
    assert isinstance(result, np.ndarray)
    return result


def picture() -> np.ndarray:
    """The picture that stands in for one's own."""
    return np.random.default_rng(0).random((256, 256)).astype(np.float32)


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


def test_the_picture_is_filtered_as_here() -> None:
    """`filtered` is what the engine gives with the circular border."""
    weights = kernels.get("emboss").weights
    expected = filtering.correlate(picture(), weights, "circular")
    np.testing.assert_allclose(run(response_program(weights), "filtered"), expected, atol=1e-5)


def test_gains_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file beside the program is what the spectrum is multiplied by."""
    monkeypatch.chdir(tmp_path)
    gains = Mask((Ring(0.1, 0.3),)).selection((256, 256))
    np.save("gains.npy", gains, allow_pickle=False)
    expected = apply(picture(), gains)
    np.testing.assert_allclose(run(mask_program(), "filtered"), expected, atol=1e-5)


@pytest.mark.parametrize("blur", ["box", "binomial", "gaussian"])
@pytest.mark.parametrize("stride", [2, 3])
def test_subsampling_is_ours(blur: str, stride: int) -> None:
    """With the blur and without, even kernels (a box of 2) included."""
    found = subsample(picture(), stride, blur)
    program = subsample_program(found.weights, stride)
    np.testing.assert_allclose(run(program, "kept"), found.pixels, atol=1e-5)
    np.testing.assert_allclose(run(program, "plain"), picture()[::stride, ::stride], atol=1e-7)

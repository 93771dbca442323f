"""What a program looks like: short, formatted, only what it needs, runnable on its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnviz import snippets
from cnnviz.convolution import kernels
from cnnviz.convolution.catalogue import make, names
from cnnviz.convolution.filtering import BORDERS
from cnnviz.convolution.steps import GradientMagnitude, Linear, Median
from cnnviz.errors import KernelError
from cnnviz.images import patterns
from cnnviz.images.source import Noise, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnviz.convolution.steps import Step

SETTINGS = {"border": "reflect", "flip": False, "luminance": False, "mode": "signed", "library": "opencv"}


def _program(source: str, steps, noise=None, **settings) -> str:
    return snippets.filter_program(Source(source), noise, steps, **{**SETTINGS, **settings})


@pytest.mark.parametrize(("library", "limit"), [("opencv", 27), ("torch", 33)])
def test_an_edge_filter_on_a_sample_is_short(library, limit) -> None:
    """Lines that are not empty."""
    program = _program("coffee", (make("sobel_x"),), library=library)
    assert len([line for line in program.splitlines() if line]) <= limit


def _many_programs(sources: Sequence[str], with_noise: bool) -> Iterator[str]:
    """Every kernel and companion once in each library, with changing settings."""
    steps: list[tuple[Step, ...]] = [(make(key),) for key in names() if key != kernels.CUSTOM]
    steps += [(Linear(kernels.get("gabor", size=31, angle=20)), Median(repeat=2))]
    steps += [(make("sobel_y"), Median(5), GradientMagnitude())]
    for number, (chain, library) in enumerate(product(steps, ("opencv", "torch"))):
        if snippets.supports(chain, library):
            yield _program(
                sources[number % len(sources)],
                chain,
                Noise("gaussian", 0.1) if with_noise and number % 2 else None,
                name="a.heic",
                border=BORDERS[number % len(BORDERS)],
                flip=number % 7 < 3,
                library=library,
                mode=("signed", "clip", "absolute", "rescale")[number // 2 % 4],
                luminance=number % 3 == 0,
            )


@pytest.mark.parametrize(
    ("width", "sources", "with_noise"),
    [(88, ("coffee", "camera", "horse", "rocket", "upload"), False), (110, patterns.names(), True)],
    ids=["of its own", "with embedded functions"],
)
def test_programs_are_formatted_and_import_what_they_use(tmp_path, width, sources, with_noise) -> None:
    """`ruff format` changes nothing; no import is missing, unused or unsorted."""
    for number, program in enumerate(_many_programs(sources, with_noise)):
        (tmp_path / f"program_{number}.py").write_text(program, encoding="utf-8")
    for command in (["format", "--check"], ["check", "--select=E,F,W,I,UP,C4,SIM,RUF100"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", f"--line-length={width}"]
        done = subprocess.run([*ruff, tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_runs_on_its_own(tmp_path) -> None:
    """A fresh Python that does not know this package and takes warnings for errors saves the picture."""
    program = _program("text", (make("sobel_x"),))
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, "-I", "-W", "error", "program.py"], cwd=tmp_path, check=True)
    assert (tmp_path / "result.png").stat().st_size > 1000


def test_only_needed_packages_are_asked_for() -> None:
    """The first line names what to install."""
    steps = (make("sobel_x"),)
    first = _program("coffee", steps).splitlines()[0]
    assert first == "# pip install numpy opencv-python pillow scikit-image"
    assert "cv2" not in _program("grating", steps, library="torch", mode="clip")


@pytest.mark.parametrize("key", kernels.names())
def test_literals_of_all_kernels_are_the_kernel(key) -> None:
    """Read back as float32, every weight of every family is the same."""
    weights = kernels.get(key).weights
    literal = snippets.kernel_literal(weights)
    read = eval(literal, {"__builtins__": {}})  # noqa: S307 - our own text
    np.testing.assert_array_equal(np.array(read, np.float32), weights.astype(np.float32))
    assert literal.count("\n") >= len(weights) + 1


def test_literals_are_short() -> None:
    """Whole numbers without a point, fractions as fractions, decimals with the digits of float32."""
    assert snippets.kernel_literal([[-1, 0, 1.0]]) == "[\n    [-1, 0, 1],\n]"
    assert snippets.kernel_literal([[1 / 9], [0.25]]) == "[\n    [1 / 9],\n    [0.25],\n]"
    assert snippets.kernel_literal([[0.1 + 1e-12, np.pi]]) == "[\n    [0.1, 3.1415927],\n]"
    assert " / 9\n" in _program("coffee", (make("box", {"size": 3}),))


def test_no_literal_exceeds_the_line() -> None:
    """31 columns of long numbers are wrapped, and nothing gets lost."""
    weights = np.random.default_rng(0).normal(size=(31, 31))
    literal = snippets.kernel_literal(weights)
    assert max(map(len, literal.splitlines())) <= 88
    np.testing.assert_array_equal(np.array(ast.literal_eval(literal), np.float32), weights.astype(np.float32))


def test_what_is_no_kernel_has_no_literal() -> None:
    """NaN is not written down."""
    with pytest.raises(KernelError):
        snippets.kernel_literal([[np.nan]])

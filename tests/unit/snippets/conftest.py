"""Running a program as somebody would who pasted it, and what the page shows for the same settings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from cnnviz import images, snippets
from cnnviz.convolution import chain
from cnnviz.figures import colours
from cnnviz.figures.display import display, display_directions
from cnnviz.images.source import Noise, Source

# A result that is off in its last digits may fall into the next entry of the colour map.
NEXT_COLOUR = int(np.abs(np.diff(colours.diverging().astype(int), axis=0)).max())

UPLOAD = Source("upload")


@dataclass(frozen=True)
class Ran:
    """What a program left behind."""

    picture: NDArray[np.float32]
    result: NDArray[np.float32]
    shown: NDArray[np.uint8]
    saved: NDArray[np.uint8]


Run = Callable[[str], Ran]
Check = Callable[..., Ran]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small pictures are filtered faster by one thread."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a program in an empty namespace and its own folder; a warning is an error."""
    monkeypatch.chdir(tmp_path)

    def start(program: str) -> Ran:
        assert "cnnviz" not in program
        names: dict[str, Any] = {"__name__": "__main__"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(compile(program, "program.py", "exec"), names)  # noqa: S102 - running it is the test
        with PilImage.open(tmp_path / "result.png") as saved:
            return Ran(names["picture"], names["result"], names["shown"], np.asarray(saved))

    return start


@pytest.fixture
def check(run: Run) -> Check:
    """Write a program, run it, and compare it with the backend on the same picture."""

    def same(
        source: Source,
        steps: Sequence[chain.Step],
        *,
        library: snippets.Library = "opencv",
        noise: Noise | None = None,
        border: str = "reflect",
        flip: bool = False,
        luminance: bool = False,
        mode: str = "clip",
        name: str = "",
        image: images.Image | None = None,
        tell: bool = True,
    ) -> Ran:
        program = snippets.filter_program(
            source,
            noise,
            steps,
            border=border,
            flip=flip,
            luminance=luminance,
            mode=mode,
            library=library,
            name=name,
            image=image if tell else None,
        )
        clean = image if image is not None else source.load()
        picture = noise.add(clean) if noise else clean
        pixels = picture.luminance if luminance else picture.pixels
        ran = run(program)
        _compare(ran, pixels, chain.apply(pixels, steps, border, flip), mode)
        return ran

    return same


def _compare(ran: Ran, pixels: NDArray[np.float32], wanted: chain.Filtered, mode: str) -> None:
    np.testing.assert_allclose(ran.picture, pixels, rtol=0, atol=2e-7)
    assert (ran.result.dtype, ran.shown.dtype) == (np.float32, np.uint8)
    assert ran.result.shape == wanted.values.shape
    scale = max(abs(wanted.minimum), abs(wanted.maximum), 1e-3)
    np.testing.assert_allclose(ran.result, wanted.values, rtol=0, atol=1e-5 * scale)
    if mode == "hue":
        assert wanted.direction is not None
        shown = display_directions(wanted.direction, wanted.values).rgb
    else:
        shown = display(wanted.values, mode, low=wanted.minimum, high=wanted.maximum).rgb
    if np.array_equal(ran.result, wanted.values):
        np.testing.assert_array_equal(ran.shown, shown)
    apart = np.abs(ran.shown.astype(int) - shown)
    assert apart.max() <= (NEXT_COLOUR if mode == "signed" else 1)
    assert np.count_nonzero(apart) <= 0.01 * apart.size
    np.testing.assert_array_equal(ran.saved, ran.shown)


@pytest.fixture
def photo(tmp_path: Path) -> images.Image:
    """A colour picture without black and white; its file `photo.png` lies where programs run."""
    rng = np.random.default_rng(0)
    levels = rng.integers(40, 250, (37, 53, 3), dtype=np.uint8)
    PilImage.fromarray(levels).save(tmp_path / "photo.png")
    return images.read((tmp_path / "photo.png").read_bytes(), "photo.png")

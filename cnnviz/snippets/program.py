"""Whole programs, put together from their parts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from cnnviz.convolution import catalogue
from cnnviz.convolution.borders import checked_border
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Step
from cnnviz.errors import ParameterError
from cnnviz.images import Image
from cnnviz.images.source import Noise, Source
from cnnviz.snippets import opencv_steps, pictures, torch_steps
from cnnviz.snippets.imports import names_in, with_imports
from cnnviz.snippets.parts import LIBRARIES, Library, Part, joined
from cnnviz.snippets.shown import MODES, display_lines

__all__ = ["filter_program", "supports"]


def supports(steps: Sequence[Step], library: Library) -> bool:
    """True when the library has what every step needs: PyTorch has no bilateral filter and no Canny."""
    return library == "opencv" or not any(isinstance(step, Bilateral | Canny) for step in steps)


def filter_program(
    source: Source,
    noise: Noise | None,
    steps: Sequence[Step],
    *,
    border: str,
    flip: bool,
    luminance: bool,
    mode: str,
    library: Library,
    name: str = "",
    image: Image | None = None,
) -> str:
    """Write a program that makes the picture that the filter page shows, in full size, as `result.png`.

    It runs as pasted, without this package. Its variables: `picture` (float32, range 0-1), `result` (float32,
    what `chain.apply` returns) and `shown` (uint8, what `figures.display` makes of it).

    Args:
        source: a sample, a pattern, or an upload, which the program reads from the current folder.
        noise: noise to put on the picture.
        steps: the chain.
        border: one of `filtering.BORDERS`.
        flip: True convolves in the mathematical sense.
        luminance: True filters the luminance only.
        mode: "signed", "clip", "absolute", "rescale" or "hue".
        library: "opencv" or "torch"; what is not a filter (reading, colours) is done with Pillow and OpenCV.
        name: an upload's file name.
        image: the upload itself, if it is at hand: the program is then shorter, and keeps to the file's
            colour profile or 16 bits. Without it, files are taken for sRGB of 8 bits and at least 64 x 64.

    Raises:
        ParameterError: unknown border, mode or library; a library without a filter that a step needs (ask
            `supports`); "hue" without a gradient as the last step.
    """
    _check(steps, mode, library)
    edge = checked_border(border)
    loaded = pictures.load(source, noise, luminance, name, image)
    direction = mode == "hue"
    if library == "torch":
        size = pictures.size_of(source, image)
        filtered = _torch(steps, 1 if luminance else 3, edge, flip, direction, size)
    else:
        filtered = _opencv(steps, 1 if luminance else 3, edge, flip, direction)
    channels = _channels(steps, 1 if luminance else 3)
    display = Part(display_lines(mode, channels))
    save = Part('Image.fromarray(shown).save("result.png")')
    return with_imports(joined([loaded, filtered, display, save], "\n\n"))


def _check(steps: Sequence[Step], mode: str, library: Library) -> None:
    if library not in LIBRARIES:
        raise ParameterError("library", library, ", ".join(LIBRARIES))
    if not supports(steps, library):
        raise ParameterError("library", library, "opencv")
    modes = MODES if steps and isinstance(steps[-1], GradientMagnitude) else MODES[:-1]
    if mode not in modes:
        raise ParameterError("mode", mode, ", ".join(modes))


def _channels(steps: Sequence[Step], channels: int) -> int:
    """Gradients and Canny work on the luminance."""
    return 1 if any(isinstance(step, GradientMagnitude | Canny) for step in steps) else channels


def _opencv(steps: Sequence[Step], channels: int, border: str, flip: bool, direction: bool) -> Part:
    parts, source = [], "picture"
    for number, step in enumerate(steps):
        written = opencv_steps.step_lines(step, source, channels, border, flip, direction and number == len(steps) - 1)
        parts.append(_titled(steps, number, flip, written))
        source, channels = "result", _channels([step], channels)
    chain = joined(parts, "\n\n") if steps else Part("result = picture")
    line = opencv_steps.border_line(border)
    needed = any("border" in names_in(each) for each in (chain.code, *chain.functions))
    return joined([Part(line), chain], "\n\n") if needed else chain


def _torch(
    steps: Sequence[Step], channels: int, border: str, flip: bool, direction: bool, size: tuple[int, int]
) -> Part:
    if not steps:
        return Part("result = picture")
    parts = [Part(torch_steps.enter(channels))]
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        written, size = torch_steps.step_lines(step, channels, border, flip, direction and last, size)
        parts.append(_titled(steps, number, flip, written))
        channels = _channels([step], channels)
    parts.append(Part(torch_steps.leave(channels)))
    return joined(parts, "\n\n")


def _titled(steps: Sequence[Step], number: int, flip: bool, written: Part) -> Part:
    """Put a comment before a step; the first linear one says what it computes."""
    step = steps[number]
    words = f"{number + 1}. {_name(step)}" if len(steps) > 1 else _name(step)
    first = isinstance(step, Linear) and not any(isinstance(each, Linear) for each in steps[:number])
    if first and not flip:
        words += ", by correlation: what networks call a convolution"
    comment = "\n".join(textwrap.wrap(f"{words}.", 88, initial_indent="# ", subsequent_indent="# "))
    return Part(f"{comment}\n{written.code}", written.functions)


def _name(step: Step) -> str:
    """The title of a step on one line, with the numbers that its kernel was built with."""
    if not isinstance(step, Linear):
        return catalogue.entry(catalogue.key_of(step)).title
    numbers = [f"{name} {value:g}" for name, value in step.kernel.parameters.items()]
    return " ".join(step.kernel.title.split()) + (f" ({', '.join(numbers)})" if numbers else "")

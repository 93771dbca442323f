"""What goes into the report of the page Feature maps: pictures are drawn when the report is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from cnnviz import engine
from cnnviz.engine import AttributionJob
from cnnviz.figures import colours, encode
from cnnviz.figures.map_sheets import scale_of, sheet, with_scale
from cnnviz.networks import what_if
from cnnviz.networks.attribution_methods import methods_for
from cnnviz.networks.landmarks import landmarks
from pages.common.language import _, current
from pages.common.maps_looked import Looked, answers
from pages.common.maps_overview import strongest
from pages.common.maps_report import Bar, Figure, Report, written

__all__ = ["cam_step", "offered_steps", "report_maker", "usual_steps"]

_SIDE = 224  # pixels of the picture, at least
_METHOD = "grad_cam"


def offered_steps(looked: Looked) -> list[str]:
    """Steps with maps, which can be strips of a report."""
    return [name for name, maps in looked.done.maps.items() if maps.ndim == 3 and maps.shape[1:] != (1, 1)]


def usual_steps(looked: Looked) -> list[str]:
    """The ends of blocks."""
    layers = looked.done.summary.layers
    ends = {layers[index].name for index in landmarks(layers)}
    return [step for step in offered_steps(looked) if step in ends]


def cam_step(looked: Looked) -> str | None:
    """The last end of a block that Grad-CAM can look at; None where it can look at none."""
    fitting = [
        step for step in usual_steps(looked)
        if any(each.key == _METHOD for each in methods_for(looked.done.summary, step))
    ]  # fmt: skip
    return fitting[-1] if fitting else None


def report_maker(looked: Looked, steps: Sequence[str], cam: str | None, address: str) -> Callable[[], bytes]:
    """What writes the report.

    The texts are written now, in the visitor's language: the file is made in another thread, that has none.

    Args:
        looked: the pass.
        steps: whose strips are shown.
        cam: the step that Grad-CAM looks at; None without it.
        address: of the page.
    """
    title = _("{network} looks at {picture}").format(network=looked.about.title, picture=looked.image.name)
    headings = _("Prediction"), _("What the steps make of it"), _("Facts"), _("Link to this page")
    words = _words(looked, cam)
    bars = [Bar(name, share) for name, share in answers(looked)]
    facts, language = _facts(looked), current()
    strip = _("{step}: {shape}; the {count} channels with the largest mean |activation|, from {low} to {high}")

    def make() -> bytes:
        seen = [Figure(_png(looked.seen), words["seen"], words["seen"])]
        if cam is not None:
            seen.append(Figure(_cam(looked, cam), words["cam"], words["cam"]))
        strips = [_strip(looked, step, strip) for step in steps]
        report = Report(
            language, title, seen, (headings[0], bars), (headings[1], strips), (headings[2], facts),
            (headings[3], address),
        )  # fmt: skip
        return written(report)

    return make


def _words(looked: Looked, cam: str | None) -> dict[str, str]:
    _channels, rows, columns = looked.done.input.shape
    name = answers(looked, 1)[0][0]
    return {
        "seen": _("What the network saw: {rows}×{columns} pixels").format(rows=rows, columns=columns),
        "cam": _("Grad-CAM at {step}: the brighter, the more a place speaks for {name}").format(step=cam, name=name),
    }


def _facts(looked: Looked) -> list[tuple[str, str]]:
    done, summary = looked.done, looked.done.summary
    shape = " × ".join(map(str, done.input.shape))
    facts = [
        (_("Network"), looked.about.title),
        (_("Weights"), looked.model),
        (_("Input"), shape),
        (_("Parameters"), f"{summary.parameters:,}"),
        (_("Multiply-adds"), f"{summary.macs:,}"),
        (_("Forward pass"), _("{milliseconds:.0f} ms on {device}").format(
            milliseconds=done.milliseconds, device=done.device)),
        (_("Picture"), f"{looked.image.name}, SHA-256 {looked.image.digest[:16]}…"),
    ]  # fmt: skip
    if off := what_if.write(looked.off):
        facts.append((_("Switched off"), off))
    return [*facts, (_("Versions"), _versions())]


def _versions() -> str:
    names = ("torch", "torchvision", "numpy")
    return ", ".join(f"{name} {version(name)}" for name in names)


# ---- pictures


def _png(seen: NDArray[np.float32]) -> bytes:
    """What the network saw, (H, W, C), 0–1, enlarged by a whole factor."""
    return encode.png(_enlarged(np.rint(255 * _colour(seen)).astype(np.uint8)))


def _colour(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat(seen, 3, axis=2) if seen.shape[2] == 1 else seen


def _enlarged(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = -(-_SIDE // max(levels.shape[:2]))
    return levels.repeat(factor, axis=0).repeat(factor, axis=1)


def _cam(looked: Looked, step: str) -> bytes:
    """Half picture, half the map in Viridis; every place of the map covers its share of the picture."""
    found = engine.run(AttributionJob(looked.model, looked.image, _METHOD, looked.answer, step)).values
    picture = _colour(looked.seen)
    rows, columns = (np.arange(side) * of // side for side, of in zip(picture.shape[:2], found.shape, strict=True))
    share = found[rows][:, columns] / (found.max() or 1)
    over = colours.sequential()[np.rint(255 * share).astype(np.uint8)]
    return encode.png(_enlarged(np.rint(127.5 * picture + 0.5 * over).astype(np.uint8)))


def _strip(looked: Looked, step: str, words: str) -> Figure:
    maps = looked.done.maps[step]
    channels = strongest(maps)
    shown = maps[channels]
    scale = scale_of(shown)
    title = f"{step}: {', '.join(map(str, channels))}"
    text = words.format(
        step=step, shape=" × ".join(map(str, maps.shape)), count=len(channels), low=f"{shown.min():.4g}",
        high=f"{shown.max():.4g}",
    )  # fmt: skip
    return Figure(encode.png(with_scale(sheet(shown, scale, len(channels)), scale, title), level=6), text, text)

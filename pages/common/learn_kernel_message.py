"""What Python sends to the browser component "learn_kernel": the pair of pictures once, the steps of every lesson."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import colours
from cnnviz.training.kernel_lessons import Lesson, Teaching
from cnnviz.training.kernel_options import EPSILON, MOMENTUM, Options
from pages.common.components import component, pack
from pages.common.language import _, current
from pages.common.spectra import keep

if TYPE_CHECKING:
    from cnnviz.training.kernel_learning import Learned

__all__ = ["SCRIPTS", "Watched", "message", "pair_bytes", "stage"]

SCRIPTS = ("../unpack.js", "../colours.js", "model.js", "drawing.js", "stage.js", "main.js")
_NEARLY_NEVER = -0.05  # of the largest value: noise alone does not make a picture signed


@dataclass(frozen=True, eq=False)
class Watched:
    """A lesson, how it went, and what can be said about it without training.

    Attributes:
        lesson: picture and target.
        options: how it was learned.
        learned: every step.
        teaching: what the picture allows.
        answer: where gradient descent ends from this start, shape (k, k).
        floor: mean squared error there.
        key: the operation's name.
    """

    lesson: Lesson
    options: Options
    learned: Learned
    teaching: Teaching
    answer: NDArray[np.float64]
    floor: float
    key: str


def pair_bytes(lesson: Lesson) -> bytes:
    """Picture and target as the browser reads them."""
    return lesson.picture.tobytes() + lesson.target.tobytes()


def stage(key: str, watched: Watched) -> None:
    """Draw the component."""
    pair = pair_bytes(watched.lesson)
    name = f"learn {_digest(pair)}"
    keep({name: pair})
    component("learn_kernel", *SCRIPTS)(key=key, data=message(watched, name))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def message(watched: Watched, picture_key: str) -> bytes:
    """Everything but the pictures."""
    lesson, learned, options = watched.lesson, watched.learned, watched.options
    arrays = (learned.weights, learned.gradients, learned.first, learned.second, learned.losses)
    blobs = [np.ascontiguousarray(each, "<f4").tobytes() for each in arrays]
    sought = lesson.kernel if lesson.kernel is not None else watched.answer
    largest = float(np.abs(lesson.target).max()) or 1.0
    header: dict[str, Any] = {
        "picture_key": picture_key,
        "rows": lesson.picture.shape[0],
        "columns": lesson.picture.shape[1],
        "size": learned.weights.shape[1],
        "steps": learned.steps.tolist(),
        "sought": None if lesson.kernel is None else lesson.kernel.ravel().tolist(),
        "answer": watched.answer.ravel().tolist(),
        "scale": float(np.abs(sought).max()) or 1.0,
        "brightest": largest,
        "signed": float(lesson.target.min()) < _NEARLY_NEVER * largest,
        "floor": watched.floor,
        "optimiser": options.optimiser,
        "rate": options.learning_rate,
        "beta1": MOMENTUM,
        "epsilon": EPSILON,
        "ran_away": learned.diverged is not None,
        "labels": _labels(lesson.kernel is not None),
    }
    signature = _digest(b"".join([repr(header).encode(), *blobs]))
    return pack({**header, "signature": signature}, *blobs, colours.diverging().tobytes())


def _labels(known: bool) -> dict[str, Any]:
    """The words on the stage, in the visitor's language."""
    return {
        "language": current(),
        "toolbar": _("Play, pause and go step by step: arrow keys work too"),
        "acts": {
            "first": _("To the first step"),
            "back": _("One step back"),
            "play": _("Play"),
            "pause": _("Pause"),
            "next": _("One step on"),
            "last": _("To the last step"),
        },
        "step": _("Steps"),
        "speed": _("Speed"),
        "rate": _("{rate} steps/s"),
        "counter": _("step {step} of {steps}, loss {loss}"),
        "loss": _("Loss: mean squared error"),
        "floor": _("the best that a convolution can do"),
        "chart": _("Loss over the steps, on a logarithmic scale"),
        "columns": {
            "now": [_("Kernel now"), _("Its output now")],
            "sought": [_("Hidden kernel") if known else _("Best linear kernel"), _("Target")],
            "difference": [_("Difference"), _("What is left")],
        },
        "cell": _("Weight in row {row}, column {column}: {value}"),
        "sum": _("sum {value}"),
        "apart": _("{share} away"),
        "rms": _("root mean square {value}"),
        "weight": _("Weight in row {row}, column {column}"),
        "gradient": _("∂L/∂w = 2 · mean of (what is left × pixel under w) = {value}"),
        "hint": _("Point at a weight of a kernel to see how this step changes it."),
        "ran_away": _("From here on the numbers run away: the learning rate is too large."),
    }

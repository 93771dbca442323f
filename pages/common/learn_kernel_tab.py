"""Learn a kernel: one convolution finds out, step by step, what was done to a picture."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import notation
from cnnviz.convolution.steps import Linear
from cnnviz.training import kernel_lessons
from cnnviz.training.kernel_options import MOMENTUM, NUMBERS, Options
from pages.common.language import _, ngettext
from pages.common.learn_kernel_message import Watched, stage
from pages.common.learn_kernel_program import learning_program
from pages.common.learn_kernel_settings import LEARN_KERNEL_SETTINGS, hidden_title, kernel_controls
from pages.common.percent import percent
from pages.common.settings import Settings

__all__ = ["LEARN_KERNEL_SETTINGS", "learn_kernel_tab"]

_MOST_STEPS = next(each.maximum for each in NUMBERS if each.name == "steps")
_FOUND = 0.02  # of the hidden kernel's norm: nobody sees the difference any more


def learn_kernel_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `LEARN_KERNEL_SETTINGS`."""
    kernel_controls(settings)
    options = Options(
        settings["kernel_optimiser"],
        settings["kernel_rate"],
        settings["kernel_steps"],
        settings["kernel_start"],
        settings["kernel_seed"],
    )
    step = kernel_lessons.hidden(settings["kernel_hidden"], settings["kernel_own"])
    with st.spinner(_("Learning"), show_time=False):
        watched = _watched(
            notation.write((step,)),
            settings["kernel_picture"],
            settings["kernel_size"],
            settings["kernel_noise"],
            settings["kernel_centred"],
            options,
        )
    (st.warning if watched.learned.diverged is not None else st.markdown)(_finding(watched, settings["kernel_noise"]))
    stage("training/learn_kernel", watched)
    st.caption(_teaching(watched))
    with st.expander(_("Copy as Python"), icon=":material/code:"):
        st.code(
            learning_program(
                step,
                settings["kernel_picture"],
                settings["kernel_size"],
                settings["kernel_noise"],
                settings["kernel_centred"],
                options,
            ),
            language="python",
        )


@st.cache_resource(max_entries=48, show_spinner=False)  # up to 0.5 MB each
def _watched(chain: str, picture: str, size: int, noise: float, centred: bool, options: Options) -> Watched:
    """Learn once for everybody who asks for the same."""
    from cnnviz.training.kernel_learning import learn

    step = notation.read(chain)[0]
    lesson = kernel_lessons.lesson(step, picture, size, noise=noise, centred=centred, seed=options.seed)
    learned = learn(lesson, size, options)
    answer = kernel_lessons.answer(lesson.picture, lesson.target, learned.weights[0])
    rest = kernel_lessons.patches(lesson.picture, size) @ answer.ravel() - lesson.target.ravel()
    key = step.kernel.key if isinstance(step, Linear) else chain.split("~")[0]
    teaching = kernel_lessons.teaching(lesson.picture, size)
    return Watched(lesson, options, learned, teaching, answer, float((rest**2).mean()), key)


# ---- what is said


def _finding(watched: Watched, noise: float) -> str:
    """What came out."""
    if watched.learned.diverged is not None:
        return _ran_away(watched)
    done = int(watched.learned.steps[-1])
    if watched.lesson.kernel is None:
        return _best_linear(watched, done)
    hidden = watched.lesson.kernel
    distance = _distance(watched.learned.weights[-1], hidden)
    if not watched.teaching.identifiable:
        text = _(
            "**This picture teaches {rank} of the {cells} directions of the kernel.** The rest cannot be known from "
            "it: the output becomes right, and the kernel stays {distance} away from the hidden one."
        )
        return text.format(rank=watched.teaching.rank, cells=hidden.size, distance=percent(distance, 0))
    if distance <= _FOUND:
        text = _("**Found.** After {steps} steps the kernel is {distance} away from the hidden one.")
    else:
        text = _("After {steps} steps the kernel is {distance} away from the hidden one.")
        text += " " + _advice(watched, noise, _distance(watched.answer, hidden))
    return text.format(steps=done, distance=percent(distance, 1 if distance <= _FOUND else 0))


def _distance(kernel: NDArray[np.floating], hidden: NDArray[np.floating]) -> float:
    """Between two kernels, as a share of the hidden one."""
    return float(np.linalg.norm(kernel - hidden) / (np.linalg.norm(hidden) or 1.0))


def _advice(watched: Watched, noise: float, best: float) -> str:
    """What would bring the kernel nearer; `best` is how far away the least-squares answer is."""
    if best > _FOUND:
        text = (
            _("The noise hinders: even the kernel of least squared error is {best} away.")
            if noise
            else _("The picture hinders: even the kernel of least squared error is {best} away.")
        )
        return text.format(best=percent(best, 0))
    more, adam = watched.options.steps < _MOST_STEPS, watched.options.optimiser == "adam"
    if more:
        return _("Take more steps.") if adam else _("Take more steps, or Adam.")
    return _("Try another learning rate, or another picture.") if adam else _("Try Adam.")


def _ran_away(watched: Watched) -> str:
    steps = watched.learned.diverged or 0
    text = ngettext(
        "**The numbers ran away after {steps} step.**", "**The numbers ran away after {steps} steps.**", steps
    )
    limit = _limit(watched)
    if limit is not None and watched.options.learning_rate > limit:
        text += " " + _(
            "Every step overshoots by more than it mends: the learning rate {rate:g} is above {limit:.3g}, the largest "
            "that this picture bears."
        )
        return text.format(steps=steps, rate=watched.options.learning_rate, limit=limit)
    return (text + " " + _("Try a smaller learning rate.")).format(steps=steps)


def _best_linear(watched: Watched, done: int) -> str:
    """For what no kernel of this size can do."""
    variance = float(watched.lesson.target.var())
    share = 1 - watched.floor / variance if variance > 0 else 0.0
    if watched.key in kernel_lessons.HIDDEN[-2:]:
        text = _(
            "**{operation} is no convolution**, so no kernel can do it. The best linear one explains {share} of "
            "the target's variance; after {steps} steps the loss is {loss:.2g}, and it cannot fall below {floor:.2g}."
        )
    else:
        text = _(
            "**The hidden kernel is larger than the learner.** The best kernel of this size explains {share} of "
            "the target's variance; after {steps} steps the loss is {loss:.2g}, and it cannot fall below {floor:.2g}."
        )
    return text.format(
        operation=hidden_title(watched.key),
        share=percent(share, 0),
        steps=done,
        loss=float(watched.learned.losses[-1]),
        floor=watched.floor,
    )


def _limit(watched: Watched) -> float | None:
    """The largest learning rate, where there is a law for it."""
    momentum = {"sgd": 0.0, "momentum": MOMENTUM}.get(watched.options.optimiser)
    return None if momentum is None else watched.teaching.largest_rate(momentum)


def _teaching(watched: Watched) -> str:
    """What the picture allows, by numbers."""
    found = watched.teaching
    if not found.rank:
        return _("The picture is black everywhere: it teaches nothing, and no weight is changed.")
    parts = [
        _("The loss L is the mean squared difference over all {pixels:,} pixels, and every step uses all of them."),
        _(
            "Patches of this picture: eigenvalues of their autocorrelation from {high:.3g} down to {low:.2g}, rank "
            "{rank} of {cells}."
        ),
        _("Condition number {condition:,.0f}: the slowest direction takes so many times as long as the fastest."),
    ]
    limit = _limit(watched)
    if limit is not None:
        parts.append(
            _(
                "Largest learning rate that does not run away: {limit:.3g} = 2(1 + momentum)/λ, with λ the "
                "largest eigenvalue of the Hessian."
            )
        )
    return " ".join(parts).format(
        pixels=watched.lesson.target.size,
        high=found.eigenvalues[0],
        low=found.eigenvalues[found.rank - 1],
        rank=found.rank,
        cells=len(found.eigenvalues),
        condition=found.condition,
        limit=limit,
    )

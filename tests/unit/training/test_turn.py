"""Threads that draw random numbers at once: what a seed gives does not depend on them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch

from cnnviz.training import kernel_lessons, sentences
from cnnviz.training.kernel_learning import learn as learn_kernel
from cnnviz.training.kernel_options import Options
from cnnviz.training.loop import build
from cnnviz.training.reading import ReadingRecipe, learn
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import stripes

torch.set_num_threads(1)


def kernel() -> None:
    """A convolution learns a kernel in a few steps."""
    learn_kernel(kernel_lessons.lesson(kernel_lessons.hidden("sobel_x"), "step_edge", 3), 3, Options(steps=10))


def first_weights() -> None:
    """A network is built with weights that a seed draws."""
    build(Recipe(seed=7), stripes(32))


@pytest.mark.parametrize("other", [kernel, first_weights])
def test_a_seed_is_enough_whatever_other_threads_do(other: Callable[[], None]) -> None:
    """The history of a network that learns is the same, while another thread builds one after the other."""
    recipe = ReadingRecipe(epochs=2)
    alone = learn(sentences.load("en"), recipe).history
    done = threading.Event()

    def disturb() -> None:
        while not done.is_set():
            other()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        beside = learn(sentences.load("en"), recipe).history
    finally:
        done.set()
        thread.join()
    assert beside == alone

"""The program that the tab gives away: it runs as pasted and ends at the kernel of the tab."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.training.kernel_learning import learn
from cnnviz.training.kernel_lessons import hidden, lesson
from cnnviz.training.kernel_options import Options
from pages.common.learn_kernel_program import learning_program

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("key", "picture", "size", "noise", "centred", "options"),
    [
        ("sobel_x", "coffee", 3, 0.0, False, Options("sgd", 0.3, 40)),
        ("median", "camera", 5, 0.05, True, Options("adam", 0.02, 30, seed=3)),
        ("gradient_sobel", "noise", 7, 0.0, True, Options("momentum", 0.5, 30, "zero", 2)),
        ("emboss", "stripes", 3, 0.0, False, Options("sgd", 0.1, 30)),
        ("laplacian", "zone_plate", 3, 0.0, False, Options("sgd", 0.1, 30)),
        ("gaussian", "step_edge", 3, 0.0, False, Options("sgd", 0.1, 30)),
        ("sharpen", "checkerboard", 3, 0.0, False, Options("sgd", 0.1, 30)),
        ("sharpen", "constant", 3, 0.0, False, Options("sgd", 0.1, 30)),
    ],
)
def test_the_program_learns_what_the_tab_learned(
    key: str, picture: str, size: int, noise: float, centred: bool, options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    """Same picture, target, start and steps: the same kernel, up to rounding."""
    step = hidden(key)
    names: dict[str, object] = {}
    exec(learning_program(step, picture, size, noise, centred, options), names)  # noqa: S102 - our own text
    learned = learn(lesson(step, picture, size, noise=noise, centred=centred, seed=options.seed), size, options)
    found = names["convolution"].weight.detach().numpy()[0, 0]
    np.testing.assert_allclose(found, learned.weights[-1], atol=2e-4)
    assert "tensor(" in capsys.readouterr().out

"""Edits of a kernel: what each does to the weights, and what it undoes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cnnviz.convolution import editing, filtering, kernels
from cnnviz.errors import KernelError

KERNEL = kernels.custom([[1, 2, 3], [4, 5, 7]])


def test_rows_and_columns_come_and_go_on_the_side_that_was_named() -> None:
    """Zeros at the named end; removing them gives the kernel back."""
    assert editing.add_row(KERNEL).weights.tolist() == [[1, 2, 3], [4, 5, 7], [0, 0, 0]]
    assert editing.add_row(KERNEL, "start").weights.tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 7]]
    assert editing.add_column(KERNEL).weights.tolist() == [[1, 2, 3, 0], [4, 5, 7, 0]]
    assert editing.add_column(KERNEL, "start").weights.tolist() == [[0, 1, 2, 3], [0, 4, 5, 7]]
    for where in ("start", "end"):
        assert editing.remove_row(editing.add_row(KERNEL, where), where) == KERNEL
        assert editing.remove_column(editing.add_column(KERNEL, where), where) == KERNEL
    assert editing.remove_row(KERNEL, "start").weights.tolist() == [[4, 5, 7]]
    assert editing.remove_column(KERNEL, "end").weights.tolist() == [[1, 2], [4, 5]]


@pytest.mark.parametrize(
    ("edit", "weights"),
    [
        (editing.add_row, np.ones((31, 2))),
        (editing.add_column, np.ones((2, 31))),
        (editing.remove_row, np.ones((1, 4))),
        (editing.remove_column, np.ones((4, 1))),
        (editing.normalise, np.zeros((3, 3))),
    ],
)
def test_what_would_leave_no_kernel_is_refused(edit: object, weights: np.ndarray) -> None:
    """31 is the largest side, 1 the smallest, and zeros cannot be normalised."""
    with pytest.raises(KernelError):
        edit(kernels.custom(weights))


def test_normalise_keeps_brightness_or_limits_the_gain() -> None:
    """Sum 1 where there is a sum (a negative one too), else sum of absolute values 1."""
    assert editing.normalise(KERNEL).weights.sum() == pytest.approx(1)
    assert editing.normalise(kernels.custom([[-2, -2]])).weights.tolist() == [[0.5, 0.5]]
    sobel = editing.normalise(kernels.get("sobel_x")).weights
    np.testing.assert_array_equal(sobel, kernels.get("sobel_x").weights / 8)
    log = editing.normalise(kernels.get("laplacian_of_gaussian")).weights
    assert np.abs(log).sum() == pytest.approx(1)


def test_turns_and_flips_are_those_of_the_plane() -> None:
    """Written out for one kernel; four quarter turns and two flips change nothing."""
    assert editing.rotate(KERNEL).weights.tolist() == [[3, 7], [2, 5], [1, 4]]
    assert editing.rotate(KERNEL, -1).weights.tolist() == [[4, 1], [5, 2], [7, 3]]
    assert editing.flip_horizontally(KERNEL).weights.tolist() == [[3, 2, 1], [7, 5, 4]]
    assert editing.flip_vertically(KERNEL).weights.tolist() == [[4, 5, 7], [1, 2, 3]]
    assert editing.flip_both(KERNEL).weights.tolist() == [[7, 5, 4], [3, 2, 1]]
    assert editing.transpose(KERNEL).weights.tolist() == [[1, 4], [2, 5], [3, 7]]
    assert editing.rotate(KERNEL, 4) == KERNEL
    assert editing.flip_both(editing.flip_both(KERNEL)) == KERNEL


def test_sobel_y_is_sobel_x_transposed_or_turned() -> None:
    """A quarter turn clockwise and the transpose agree for it."""
    sobel_y = kernels.get("sobel_y").weights.tolist()
    assert editing.transpose(kernels.get("sobel_x")).weights.tolist() == sobel_y
    assert editing.rotate(kernels.get("sobel_x"), -1).weights.tolist() == sobel_y


def test_correlating_with_the_flip_is_convolving() -> None:
    """Against SciPy's convolution."""
    x = np.random.default_rng(0).random((9, 14))
    kernel = kernels.get("emboss")
    got = filtering.correlate(x, editing.flip_both(kernel).weights)
    np.testing.assert_allclose(got, ndimage.convolve(x, kernel.weights, mode="mirror"), atol=1e-5)

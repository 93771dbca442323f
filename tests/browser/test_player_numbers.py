"""The player of convolution arithmetic, in a real browser: every number that it draws is PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F  # noqa: N812 - the name it has everywhere

from cnnviz.convolution import contents, layer_text
from tests.browser.arithmetic import Arithmetic, address, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

ROUNDED = 0.0051  # two decimals are written


@dataclass(frozen=True)
class Case:
    """A layer as the page takes it, the size of its input, and what PyTorch makes of input, weights and biases."""

    layer: str
    rows: int
    columns: int
    oracle: Callable[[Tensor, Tensor, Tensor], Tensor]
    view: str = "windows"

    @property
    def address(self) -> str:
        """Where the page shows it."""
        return address(self.layer, f"{self.rows}x{self.columns}", view=self.view)

    def numbers(self) -> list[Tensor]:
        """Input (1, C, H, W), weights and biases, as the page has them by default."""
        layer = layer_text.read(self.layer)
        cells = contents.cells("integers", layer.in_channels, (self.rows, self.columns), 0)[None]
        weights = contents.weights("integers", layer, 0) if layer.weight_shape else np.zeros(1)
        bias = contents.bias("integers", layer, 0)
        return [torch.from_numpy(each) for each in (cells, weights, np.zeros(1) if bias is None else bias)]

    def expected(self) -> np.ndarray:
        """What PyTorch computes, (filters, rows, columns)."""
        return self.oracle(*self.numbers())[0].numpy()


def _padded(x: Tensor, w: Tensor, b: Tensor, sides: tuple[int, ...], mode: str, stride: int = 1) -> Tensor:
    """Pad first, (left, right, top, bottom), then convolve without padding."""
    return F.conv2d(F.pad(x, sides, mode), w, b, stride)


STRIDED = Case(
    "Conv2d(2, 2, (3, 2), stride=(2, 1), padding=1, dilation=(2, 3))",
    9,
    6,
    lambda x, w, b: F.conv2d(x, w, b, (2, 1), 1, (2, 3)),
)


SPREAD = Case(
    "ConvTranspose2d(2, 2, (3, 2), stride=2, padding=(1, 0), output_padding=(1, 0))",
    3,
    4,
    lambda x, w, b: F.conv_transpose2d(x, w, b, 2, (1, 0), (1, 0)),
    "spread",
)


CASES = {
    "strided": STRIDED,
    "grouped": Case("Conv2d(4, 4, 3, groups=2)", 4, 5, lambda x, w, b: F.conv2d(x, w, b, groups=2)),
    "depthwise": Case(
        "Conv2d(3, 3, 3, padding=1, groups=3)", 4, 3, lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=3)
    ),
    "1x1": Case("Conv2d(3, 2, 1)", 3, 4, F.conv2d),
    "same": Case(
        'Conv2d(1, 1, (4, 3), padding="same")', 5, 6, lambda x, w, b: _padded(x, w, b, (1, 1, 1, 2), "constant")
    ),
    "same as TensorFlow": Case(
        'Conv2d(1, 1, 3, stride=2, padding="same_tensorflow")',
        6,
        7,  # even rows are padded below alone, odd columns on both sides
        lambda x, w, b: _padded(x, w, b, (1, 1, 0, 1), "constant", 2),
    ),
    "sides of their own": Case(
        "Conv2d(1, 1, 3, padding=((2, 0), (1, 3)))", 4, 5, lambda x, w, b: _padded(x, w, b, (1, 3, 2, 0), "constant")
    ),
    **{
        mode: Case(
            f'Conv2d(1, 1, (5, 3), padding=(2, 1), padding_mode="{mode}")',
            5,
            6,
            lambda x, w, b, mode=mode: _padded(x, w, b, (1, 1, 2, 2), mode),
        )
        for mode in ("reflect", "replicate", "circular")
    },
    "max pool": Case(
        "MaxPool2d((3, 2), stride=2, padding=1, dilation=(2, 1), ceil_mode=True, channels=2)",
        7,
        6,
        lambda x, *_: F.max_pool2d(x, (3, 2), 2, 1, (2, 1), ceil_mode=True),
    ),
    "max of padding alone": Case(
        "MaxPool2d(2, stride=1, padding=1, dilation=3)", 2, 3, lambda x, *_: F.max_pool2d(x, 2, 1, 1, 3)
    ),
    **{
        f"average pool, count_include_pad={counts}": Case(
            f"AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad={counts})",
            6,
            7,
            lambda x, *_, counts=counts: F.avg_pool2d(x, 3, 2, 1, True, counts),
        )
        for counts in (True, False)
    },
    "transposed, spread": SPREAD,
    "transposed, zeros inserted": Case(SPREAD.layer, SPREAD.rows, SPREAD.columns, SPREAD.oracle),
    "transposed, dilated and grouped": Case(
        "ConvTranspose2d(2, 4, 2, dilation=2, padding=1, groups=2, bias=False)",
        3,
        3,
        lambda x, w, _: F.conv_transpose2d(x, w, padding=1, groups=2, dilation=2),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_number_is_pytorchs(open_page: OpenPage, name: str) -> None:
    """The outputs drawn after the last step are what PyTorch computes of the input and the kernels drawn."""
    case = CASES[name]
    page = Arithmetic(open_page(case.address))
    page.press("End")
    drawn = page.drawn()
    expected = case.expected()
    assert drawn.panels("outputs") == len(expected)
    for index, values in enumerate(expected):
        shown = drawn.values("outputs", index)[: values.shape[0], : values.shape[1]]
        np.testing.assert_allclose(shown, values, atol=ROUNDED if "Avg" in case.layer else 0)
    cells, weights, _ = (each.numpy() for each in case.numbers())
    if "zeros" not in name and "transposed, dilated" not in name:
        shown = drawn.values("inputs")[: case.rows, : case.columns]
        np.testing.assert_array_equal(shown, cells[0, 0])
    kernels = drawn.panels("kernels")
    last = weights[len(weights) - kernels :, -1] if "Transpose" in case.layer else weights[-1]  # by input channel
    for index in range(kernels):
        turned = case.view == "windows" and "Transpose" in case.layer
        shown = drawn.values("kernels", index)
        np.testing.assert_array_equal(shown[::-1, ::-1] if turned else shown, last[index])


def test_each_step_shows_one_number_more(open_page: OpenPage) -> None:
    """Arrow by arrow through a strided, padded, dilated layer: the next output appears, none that is to come."""
    page = Arithmetic(open_page(STRIDED.address))
    expected = STRIDED.expected()
    total = expected.size
    assert page.steps == total
    for step in range(total):
        expect(page.counter).to_have_text(f"step {step + 1} of {total}")
        drawn = page.drawn()
        shown = np.concatenate([drawn.values("outputs", index).ravel() for index in range(len(expected))])
        np.testing.assert_array_equal(shown[: step + 1], expected.ravel()[: step + 1])
        assert np.isnan(shown[step + 1 :]).all()
        assert number(page.arithmetic()[-1]) == expected.ravel()[step]
        page.press("ArrowRight")
    assert page.step == total - 1


def test_spreading_adds_a_scaled_kernel_at_each_step(open_page: OpenPage) -> None:
    """After s steps the sums are those of an input of which only the first s cells are not zero."""
    page = Arithmetic(open_page(SPREAD.address))
    cells, weights, bias = SPREAD.numbers()
    count = SPREAD.rows * SPREAD.columns
    assert page.steps == 4 * count  # two filters times two channels
    for step in range(2 * count):
        seen = torch.zeros_like(cells)
        seen.view(-1)[: step + 1] = cells.view(-1)[: step + 1]
        expected = SPREAD.oracle(seen, weights, bias)[0]
        shown = page.drawn().values("outputs", 0)[: expected.shape[1], : expected.shape[2]]
        np.testing.assert_array_equal(shown, expected[0].numpy(), err_msg=f"step {step}")
        page.press("ArrowRight")
    for step in (5, 0):  # going back starts anew
        page.evaluate("player.goByHand(a)", step)
        page.frame()
        seen = torch.zeros_like(cells)
        seen.view(-1)[: step + 1] = cells.view(-1)[: step + 1]
        expected = SPREAD.oracle(seen, weights, bias)[0]
        shown = page.drawn().values("outputs", 0)[: expected.shape[1], : expected.shape[2]]
        np.testing.assert_array_equal(shown, expected[0].numpy())


def test_matrix_product_of_each_group(open_page: OpenPage) -> None:
    """The drawn weights times the drawn columns are the drawn product, group by group, the last one drawn in part."""
    case = Case("Conv2d(2, 8, 2, groups=2, bias=False)", 3, 4, lambda x, w, _: F.conv2d(x, w, groups=2))
    page = Arithmetic(open_page(case.address + "&tab=matrix"), 1)
    expected = case.expected().reshape(8, -1)
    windows = expected.shape[1]
    assert page.steps == 6 * windows  # six filters are drawn
    for step, rows, filters in ((4 * windows - 1, 4, [0, 1, 2, 3]), (6 * windows - 1, 2, [4, 5])):
        page.evaluate("player.goByHand(a)", step)
        page.frame()
        drawn = page.drawn()
        left, top, product = (drawn.values(kind) for kind in ("left", "top", "product"))
        np.testing.assert_array_equal(product[:rows], expected[filters])
        np.testing.assert_array_equal(left[:rows] @ top, product[:rows])
        assert np.isnan(left[rows:]).all()
        assert np.isnan(product[rows:]).all()

"""Reading kernels as people type and paste them, and writing cells back."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.kernel_text import MAX_CHARACTERS, format_cell, parse_cells, parse_text
from cnnviz.errors import KernelError

TABLE = [[1.0, -2.0, 0.5], [0.25, 0.0, 3.0]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        (" -0.5 ", -0.5),
        ("+3", 3),
        (".5", 0.5),
        ("5.", 5),
        ("1e-3", 1e-3),
        ("1E2", 100),
        ("1/9", 1 / 9),
        ("-1/9", -1 / 9),
        ("1 / 16", 1 / 16),
        ("0.5/2", 0.25),
        ("0,5", 0.5),
        ("-1,25", -1.25),
        ("\N{MINUS SIGN}4", -4),
        ("-0", 0),
    ],
)
def test_a_cell_is_a_number_or_a_fraction(text: str, value: float) -> None:
    """Exactly the double that Python reads, and no negative zero."""
    got = parse_cells([[text]])
    assert got.tolist() == [[value]]
    assert not np.signbit(got[got == 0]).any()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "nan",
        "inf",
        "-Infinity",
        "1e999",
        "1/0",
        "1/2/3",
        "/2",
        "1/",
        "1_000",
        "0x10",
        "1,000.5",
        *("1,2,3", "2e6", "--1", "1 2", "٣", "1e-3e4", "1" * 50, "__import__('os')", "1/1e-300"),
    ],
)
def test_anything_else_is_a_bad_cell(text: str) -> None:
    """Named by row and column from 1, with its text."""
    with pytest.raises(KernelError) as caught:
        parse_cells([["1", "2"], ["3", text]])
    (cell,) = caught.value.cells
    assert (cell.row, cell.column) == (2, 2)
    assert text.strip().startswith(cell.text)


def test_all_bad_cells_are_listed_also_those_that_are_missing() -> None:
    """Ragged rows miss cells at their end; the sentence names places."""
    with pytest.raises(KernelError) as caught:
        parse_cells([["1", "x", "3"], ["4"], ["nan", "5", ""]])
    places = [(cell.row, cell.column, cell.text) for cell in caught.value.cells]
    assert places == [(1, 2, "x"), (2, 2, ""), (2, 3, ""), (3, 1, "nan"), (3, 3, "")]
    assert "(1, 2) “x”" in str(caught.value)
    assert caught.value.template != str(caught.value)


@pytest.mark.parametrize("cells", [[], [[]], [["1"] * 32], [["1"]] * 32])
def test_empty_and_oversized_grids_are_refused(cells: list) -> None:
    """1 to 31 rows and columns."""
    with pytest.raises(KernelError):
        parse_cells(cells)


@pytest.mark.parametrize(
    "text",
    [
        "1\t-2\t0.5\n0.25\t0\t3\n",
        "1\t-2\t0,5\r\n0,25\t0\t3",
        "1,-2,0.5\n0.25,0,3",
        "1, -2, 0.5,\n0.25, 0, 3,",
        "1;-2;0,5\n0,25;0;3\n",
        "1 -2 0.5\n0.25 0 3",
        "  1  -2 1/2\n\n1/4 0   3  ",
        "1 -2 0.5; 0.25 0 3",
        "[1 -2 0.5; 0.25 0 3]",
        "[1, -2, 0.5; 0.25, 0, 3];",
        "K = [1 -2 0.5; 0.25 0 3];",
        "[[1, -2, 0.5], [0.25, 0, 3]]",
        "[[1, -2, 1/2], [1/4, 0, 3],]",
        "((1, -2, .5), (.25, 0, 3))",
        "{{1, -2, 0.5}, {0.25, 0, 3}}",
        "np.array([[1, -2, 0.5], [0.25, 0, 3]])",
        "kernel = numpy.array([\n    [1, -2, 0.5],\n    [0.25, 0, 3],\n], dtype=np.float32)",
        "array(((1, -2, 0.5), (0.25, 0, 3)))",
        "torch.tensor([[1., -2., 0.5], [0.25, 0., 3.]], dtype=torch.float32, device='cuda:0')",
        "[[[[1, -2, 0.5], [0.25, 0, 3]]]]",
        "Parameter containing:\ntensor([[1.0, -2.0, 0.5],\n        [0.25, 0.0, 3.0]], requires_grad=True)",
        "\N{BYTE ORDER MARK}1,-2,0.5\n0.25,0,3",
    ],
)
def test_pasted_tables_are_understood(text: str) -> None:
    """Spreadsheets, CSV, MATLAB, Python, NumPy, PyTorch: the same table."""
    assert parse_text(text).tolist() == TABLE


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 3), (5, 5)])
def test_what_libraries_print_is_read_back(shape: tuple[int, int]) -> None:
    """NumPy's str and repr, Python's list, JSON and PyTorch's repr."""
    table = np.random.default_rng(0).standard_normal(shape).round(3)
    weight = torch.tensor(table)
    texts = [str(table), repr(table), str(table.tolist()), json.dumps(table.tolist()), repr(weight)]
    texts += [repr(weight[None, None]), repr(table.astype(np.float32)), repr(torch.nn.Parameter(weight))]
    for text in texts:
        np.testing.assert_allclose(parse_text(text), table, atol=1e-3)


def test_a_single_row_or_column_is_a_kernel() -> None:
    """Lists of one level are one row; one number a line is a column."""
    assert parse_text("[1, 2, 3]").tolist() == [[1, 2, 3]]
    assert parse_text("1 2 3").tolist() == [[1, 2, 3]]
    assert parse_text("1\n2\n3").tolist() == [[1], [2], [3]]
    assert parse_text("[[1], [2], [3]]").tolist() == [[1], [2], [3]]
    assert parse_text("7").tolist() == [[7]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "[]",
        "[[]]",
        "[[1, 2], [3]]",
        "[[1, 2], 3]",
        "[[1, 2]",
        "[1, 2]]",
        "[(1, 2]]",
        "hello",
        "](",
        *(
            "[[1, 2]] + [[3, 4]]",
            "[[[1, 2]], [[3, 4]]]",
            "__import__('os').system('true')",
            "np.ones((3, 3))(0)",
        ),
        *("[[1, 2], [3, ...]]", "1,,2", "1\t\t2", "[[1,,2]]", "[[1 2, 3]]", "0,5 0,25", "lambda: [[1]]"),
        *("x y (1, 2)", "[" * 30000, "[" * 3000 + "1" + "]" * 3000, "1 " * 40, "1\n" * 40),
        "[[1]]" + " " * 60000 + "x",
    ],
)
def test_everything_else_is_one_kernel_error(text: str) -> None:
    """Hostile text included, and quickly."""
    start = time.perf_counter()
    with pytest.raises(KernelError):
        parse_text(text)
    assert time.perf_counter() - start < 2


def test_too_much_text_is_not_even_read() -> None:
    """65,536 characters is the limit."""
    with pytest.raises(KernelError, match=r"65537 characters"):
        parse_text("1" + " " * MAX_CHARACTERS)
    assert parse_text("1" + " " * (MAX_CHARACTERS - 1)).tolist() == [[1]]


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,;-+/e[](){} \t\nnaifr=", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    """Either a kernel that is one, or a KernelError."""
    try:
        weights = parse_text(text)
    except KernelError:
        return
    assert weights.ndim == 2
    assert np.isfinite(weights).all()
    assert 1 <= min(weights.shape) <= max(weights.shape) <= 31


@settings(deadline=None)
@given(st.floats(-1e6, 1e6))
def test_a_written_cell_reads_back_exactly(value: float) -> None:
    """Every double comes back, bit by bit."""
    text = format_cell(value)
    assert parse_cells([[text]])[0, 0] == value
    assert len(text) <= len(repr(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(
            (2.0, "2"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (1 / 9, "1/9"),
            (-1 / 9, "-1/9"),
            (0.5, "0.5"),
            (1 / 16, "1/16"),
        ),
        *((1e-5, "1e-5"), (np.float64(1.5), "1.5"), (np.float32(3), "3"), (-1e6, "-1000000"), (2 / 3, "2/3")),
    ],
)
def test_cells_are_written_short(value: float, text: str) -> None:
    """Whole numbers without point, fractions where they are shorter."""
    assert format_cell(value) == text

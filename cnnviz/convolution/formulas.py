r"""The formulas of the output size in LaTeX, in letters and with the numbers of a layer filled in.

The letters are those of torch's documentation, shortened: k kernel, s stride, p padding (p_1 before and p_2
after where they differ), d dilation, and H or W for the size along rows or columns; a prime marks the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnviz.convolution.arithmetic import Axis, Convolution, Layer
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError

__all__ = ["Formula", "Same", "SameComparison", "same_comparison", "size_formula"]

_DECIMALS = 3


@dataclass(frozen=True)
class Formula:
    """How large the output is along one axis.

    Attributes:
        symbolic: LaTeX in letters.
        filled: LaTeX with the numbers, step by step.
        result: cells of the output.
    """

    symbolic: str
    filled: str
    result: int


def size_formula(layer: Layer, size: int | Pair, axis: int) -> Formula:
    """The formula of the output size for `layer` on an input of `size` (rows, columns) along `axis` (0 rows).

    Padding that follows a rule ("same", "full") appears as the numbers that the rule gives.

    Raises:
        ParameterError: when the layer cannot be used on the input.
    """
    along = layer.axes(size)[axis]
    letter = "HW"[axis]
    if along.transposed:
        extra: Pair = getattr(layer, "output_padding", (0, 0))
        return _transposed(along, letter, extra[axis])
    return _windows(along, letter, getattr(layer, "ceil_mode", False))


def _windows(axis: Axis, letter: str, up: bool) -> Formula:
    """Dumoulin and Visin, arXiv 1603.07285, relationship 6, with the dilated kernel; rounded up for `ceil_mode`."""
    left, right = (r"\lceil", r"\rceil") if up else (r"\lfloor", r"\rfloor")
    padding, numbers = _padding(axis)
    top = f"{letter} + {padding} - d\\,(k - 1) - 1"
    symbolic = f"{letter}' = \\left{left} \\frac{{{top}}}{{s}} \\right{right} + 1"
    filled_top = rf"{axis.size} + {numbers} - {axis.dilation}\cdot({axis.kernel_size} - 1) - 1"
    quotient = Fraction(axis.padded - axis.extent, axis.stride)
    rounded = -(-quotient // 1) if up else quotient // 1
    filled = " = ".join(
        [
            rf"{letter}' = \left{left} \frac{{{filled_top}}}{{{axis.stride}}} \right{right} + 1",
            rf"\left{left} \frac{{{axis.padded - axis.extent}}}{{{axis.stride}}} \right{right} + 1",
            rf"{left} {_decimal(quotient)} {right} + 1",
            f"{rounded} + 1",
            f"{rounded + 1}",
        ]
    )
    if not up:
        return Formula(symbolic, filled, axis.output)
    return _corrected(axis, letter, Formula(symbolic, filled, rounded + 1))


def _corrected(axis: Axis, letter: str, formula: Formula) -> Formula:
    """Torch leaves out a last window that would begin behind the input and the padding before it."""
    before = "p" if axis.before == axis.after else "p_1"
    dropped = formula.result != axis.output
    start = (formula.result - 1) * axis.stride
    sign = r"\ge" if dropped else "<"
    check = rf"({formula.result} - 1)\cdot {axis.stride} = {start} {sign} {axis.size} + {axis.before}"
    outcome = rf"\;\Rightarrow\; {letter}' = {formula.result} - 1 = {axis.output}" if dropped else ""
    rule = rf"({letter}' - 1)\,s \ge {letter} + {before} \;\Rightarrow\; {letter}' - 1"
    return Formula(rf"{formula.symbolic}, \quad {rule}", rf"{formula.filled}, \quad {check}{outcome}", axis.output)


def _transposed(axis: Axis, letter: str, extra: int) -> Formula:
    """Dumoulin and Visin, relationship 14, with dilation and output padding as in `torch.nn.ConvTranspose2d`."""
    padding, numbers = _padding(axis, minus=True)
    symbolic = rf"{letter}' = ({letter} - 1)\,s - {padding} + d\,(k - 1) + p_{{\mathrm{{out}}}} + 1"
    products = (axis.size - 1) * axis.stride, axis.before + axis.after, axis.dilation * (axis.kernel_size - 1)
    filled = " = ".join(
        [
            rf"{letter}' = ({axis.size} - 1)\cdot {axis.stride} - {numbers} "
            rf"+ {axis.dilation}\cdot({axis.kernel_size} - 1) + {extra} + 1",
            f"{products[0]} - {products[1]} + {products[2]} + {extra} + 1",
            f"{axis.output}",
        ]
    )
    return Formula(symbolic, filled, axis.output)


def _padding(axis: Axis, minus: bool = False) -> tuple[str, str]:
    """The padding of both sides in letters and in numbers; in brackets where it is taken away."""
    if axis.before == axis.after:
        return "2p", rf"2\cdot {axis.before}"
    both = "p_1 + p_2", f"{axis.before} + {axis.after}"
    return (f"({both[0]})", f"({both[1]})") if minus else both


def _decimal(number: Fraction) -> str:
    r"""At most three decimals; what does not end there is cut, never rounded, and marked with \ldots."""
    thousandths = number * 10**_DECIMALS
    text = f"{int(thousandths // 1) / 10**_DECIMALS:.{_DECIMALS}f}"
    return text.rstrip("0").rstrip(".") if thousandths.denominator == 1 else text[:-1] + r"\ldots"


# ---- two rules of the same name


@dataclass(frozen=True)
class Same:
    """Padding "same" along one axis: cells before, cells after, cells of the output."""

    before: int
    after: int
    output: int


@dataclass(frozen=True)
class SameComparison:
    """What two libraries make of padding "same".

    Attributes:
        torch: None where torch refuses, because the stride is not 1.
        refusal: why torch refuses, or None.
        tensorflow: the output is the size divided by the stride, rounded up.
    """

    torch: Same | None
    refusal: ParameterError | None
    tensorflow: Same


def same_comparison(kernel: int, stride: int, dilation: int, size: int) -> SameComparison:
    """Padding "same" of torch and of TensorFlow side by side, along one axis of `size` cells.

    Raises:
        ParameterError: when a number is not from 1 to 4096.
    """
    tensorflow = _same("same_tensorflow", kernel, stride, dilation, size)
    try:
        return SameComparison(_same("same", kernel, stride, dilation, size), None, tensorflow)
    except ParameterError as error:
        if error.name != "stride":
            raise
        return SameComparison(None, error, tensorflow)


def _same(rule: str, kernel: int, stride: int, dilation: int, size: int) -> Same:
    rows, _ = Convolution((kernel, 1), (stride, 1), rule, (dilation, 1)).axes((size, 1))
    return Same(rows.before, rows.after, rows.output)

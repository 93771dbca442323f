"""The steps of a chain in OpenCV, as the backend computes them."""

from __future__ import annotations

import math

from cnnviz.convolution import kernels
from cnnviz.convolution.filtering import method
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Median, Step
from cnnviz.snippets.kernel_lines import Factors, factor_lines, factors_of, kernel_lines, table_lines
from cnnviz.snippets.literals import call, slices
from cnnviz.snippets.parts import Part, Window, loop

__all__ = ["border_line", "step_lines"]

_BORDERS = {
    "reflect": ("cv2.BORDER_REFLECT_101", "mirrored at the edge pixel"),
    "replicate": ("cv2.BORDER_REPLICATE", "the edge repeated"),
    "zeros": ("cv2.BORDER_CONSTANT", "zeros"),
    "circular": ("cv2.BORDER_WRAP", "the opposite side"),
}

_VALID = '''def correlate(pixels, kernel):
    """Sum up kernel times pixels where the whole window lies in the picture."""
    rows, columns = kernel.shape
    top, left = (rows - 1) // 2, (columns - 1) // 2
    sums = cv2.filter2D(pixels, cv2.CV_32F, kernel, anchor=(left, top))
    height, width = pixels.shape[0] - rows + 1, pixels.shape[1] - columns + 1
    return sums[top : top + height, left : left + width]'''

_CIRCULAR = '''def correlate(pixels, kernel):
    """Sum up kernel times pixels; filter2D itself cannot wrap around the edges."""
    rows, columns = kernel.shape
    top, left = (rows - 1) // 2, (columns - 1) // 2
    bottom, right = rows - 1 - top, columns - 1 - left
    padded = cv2.copyMakeBorder(pixels, top, bottom, left, right, border)
    sums = cv2.filter2D(padded, cv2.CV_32F, kernel, anchor=(left, top))
    return sums[top : top + pixels.shape[0], left : left + pixels.shape[1]]'''

_HELPERS = {"valid": (_VALID,), "circular": (_CIRCULAR,)}
_DIRECTION = "direction = np.arctan2(gy, gx)  # 0: brighter to the right, pi / 2: downwards"
_GREY = "grey = cv2.cvtColor({source}, cv2.COLOR_RGB2GRAY)"

_LARGEST_GRADIENT = "32767 / 20**0.5"  # as `companions.canny`: Sobel's longest gradient is the root of 20


def border_line(border: str) -> str:
    """What stands beyond the edges, as a variable that the steps use; "" for "valid"."""
    if border == "valid":
        return ""
    code, words = _BORDERS[border]
    return f"border = {code}  # beyond the edges: {words}"


def step_lines(step: Step, source: str, channels: int, border: str, flip: bool, direction: bool) -> Part:
    """Write one step.

    Args:
        step: what to do.
        source: the variable with the input.
        channels: 3 for (H, W, 3), 1 for (H, W).
        border: one of `filtering.BORDERS`.
        flip: True for convolution in the mathematical sense.
        direction: True to keep the direction of a gradient.
    """
    match step:
        case Linear():
            return _linear(step, source, border, flip)
        case Median():
            return _median(step, source, border)
        case Bilateral():
            return _bilateral(step, source, border)
        case GradientMagnitude():
            return _gradient(step, source, channels, border, direction)
        case Canny():
            return _canny(step, source, channels, border)


def _linear(step: Linear, source: str, border: str, flip: bool) -> Part:
    weights = step.kernel.weights
    window = Window.of((weights.shape[0], weights.shape[1]), step.dilations)
    factors = factors_of(weights)
    two_passes = factors is not None and step.dilations == (1, 1) and border not in _HELPERS
    lines = _factors(factors, flip) if factors and two_passes else _kernel(step, flip)
    before, source, indent = loop(step.repeat, source, "result")
    lines += before
    anchor = "" if window.centred else f"anchor=({window.columns[0]}, {window.rows[0]})"
    if two_passes:
        lines.append(_filter("cv2.sepFilter2D", [source, "cv2.CV_32F", "row", "column"], anchor, indent))
    elif border in _HELPERS:
        lines.append(call("correlate", source, _name(step), indent=indent))
    else:
        lines.append(_filter("cv2.filter2D", [source, "cv2.CV_32F", _name(step)], anchor, indent))
    if step.strides != (1, 1):
        rows, columns = step.strides
        lines.append(f"{'    ' * indent}result = result{slices(step.strides)}  # stride {rows} × {columns}")
    return Part("\n".join(lines), () if two_passes else _HELPERS.get(border, ()))


def _filter(function: str, arguments: list[str], anchor: str, indent: int) -> str:
    return call(function, *arguments, *([anchor] if anchor else []), "borderType=border", indent=indent)


def _name(step: Linear) -> str:
    return "kernel" if step.dilations == (1, 1) else "spread"


def _factors(factors: Factors, flip: bool) -> list[str]:
    lines = ["# A column times a row: two passes do the same with fewer products.", *factor_lines(factors)]
    lines.append("column, row = np.array(column, np.float32), np.array(row, np.float32)")
    return [*lines, "column, row = np.flip(column), np.flip(row)"] if flip else lines


def _kernel(step: Linear, flip: bool) -> list[str]:
    lines = kernel_lines(step.kernel.weights, "opencv")
    if flip:
        lines.append("kernel = np.flip(kernel)  # turned by 180°, as mathematics does")
    if step.dilations != (1, 1):
        rows, columns = step.dilations
        size = Window.of((step.kernel.weights.shape[0], step.kernel.weights.shape[1]), step.dilations).size
        lines.append(f"spread = np.zeros(({size[0]}, {size[1]}), np.float32)")
        lines.append(f"spread{slices(step.dilations)} = kernel  # dilation {rows} × {columns}")
    return lines


def _median(step: Median, source: str, border: str) -> Part:
    lines, source, indent = loop(step.repeat, source, "result")
    if border == "replicate":  # which is how medianBlur itself goes on beyond the edges
        lines.append(call("cv2.medianBlur", source, str(step.size), indent=indent))
    else:
        lines += _padded("cv2.medianBlur", [str(step.size)], source, step.size // 2, border, indent)
    return Part("\n".join(lines))


def _bilateral(step: Bilateral, source: str, border: str) -> Part:
    lines, source, indent = loop(step.repeat, source, "result")
    numbers = [str(step.size), f"{step.sigma_range:.9g}", f"{step.sigma_space:.9g}"]
    comment = "# Window, sigma of the differences in colour, sigma of the distances in pixels."
    if border in ("reflect", "replicate"):
        lines += [call("cv2.bilateralFilter", source, *numbers, "borderType=border", indent=indent)]
    else:
        lines += _padded("cv2.bilateralFilter", numbers, source, step.size // 2, border, indent)
    return Part("\n".join([comment, *lines]))


def _padded(function: str, arguments: list[str], source: str, reach: int, border: str, indent: int) -> list[str]:
    """Pad, filter, cut off again: for borders that the function does not know; "valid" only cuts."""
    margin = "    " * indent
    lines = []
    if border != "valid":
        around = [str(reach)] * 4
        lines.append(call("cv2.copyMakeBorder", source, *around, "border", target="padded", indent=indent))
        source = "padded"
    lines.append(call(function, source, *arguments, indent=indent))
    return [*lines, f"{margin}result = result[{reach}:-{reach}, {reach}:-{reach}]"]


def _correlation(target: str, source: str, kernel: str, border: str) -> str:
    if border in _HELPERS:
        return call("correlate", source, kernel, target=target)
    return call("cv2.filter2D", source, "cv2.CV_32F", kernel, "borderType=border", target=target)


def _gradient(step: GradientMagnitude, source: str, channels: int, border: str, direction: bool) -> Part:
    grey = "grey" if channels == 3 else source
    lines = [
        *([_GREY.format(source=source)] if channels == 3 else []),
        *kernel_lines(kernels.get(f"{step.pair}_x").weights, "opencv"),
        _correlation("gx", grey, "kernel", border),
        _correlation("gy", grey, "kernel.T", border),
        "result = cv2.magnitude(gx, gy)",
        *([_DIRECTION] if direction else []),
    ]
    return Part("\n".join(lines), _HELPERS.get(border, ()))


def _canny(step: Canny, source: str, channels: int, border: str) -> Part:
    blurred = step.sigma >= 0.3
    grey = "grey" if channels == 3 else source
    lines = [
        *([_GREY.format(source=source)] if channels == 3 else []),
        *(_blur(step.sigma, grey, border) if blurred else []),
        "# OpenCV thins edges in whole numbers: 32767 stands for the largest gradient.",
        *table_lines(kernels.get("sobel_x").weights),
        f"kernel = np.array(weights) * ({_LARGEST_GRADIENT})",
        _correlation("gx", "smooth" if blurred else grey, "kernel", border),
        _correlation("gy", "smooth" if blurred else grey, "kernel.T", border),
        "gx, gy = (np.clip(np.rint(g), -32767, 32767).astype(np.int16) for g in (gx, gy))",
        f"low, high = {step.low!r} * 32767, {step.high!r} * 32767",
        "edges = cv2.Canny(gx, gy, low, high, L2gradient=True)",
        "result = (edges > 0).astype(np.float32)",
    ]
    return Part("\n".join(lines), _HELPERS.get(border, ()))


def _blur(sigma: float, grey: str, border: str) -> list[str]:
    """A Gaussian against noise, by its formula; large ones in two passes, as the backend does."""
    reach = math.ceil(3 * sigma)
    lines = [
        f"x = np.arange({-reach}, {reach + 1})",
        f"bell = np.exp(-(x**2) / (2 * {sigma!r}**2))",
        "bell /= bell.sum()",
    ]
    size = 2 * reach + 1
    if method(kernels.get("gaussian", size=size, sigma=sigma).weights) != "separable":
        return [*lines, _correlation("smooth", grey, "np.outer(bell, bell)", border)]
    if border in _HELPERS:
        return [*lines, f"smooth = correlate(correlate({grey}, bell[:, None]), bell[None])"]
    arguments = [grey, "cv2.CV_32F", "bell", "bell", "borderType=border"]
    return [*lines, call("cv2.sepFilter2D", *arguments, target="smooth")]

"""Frequency responses as programs: NumPy only, to be run as pasted."""

from __future__ import annotations

from numpy.typing import ArrayLike

from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.checks import checked_weights
from cnnviz.convolution.frequency.design import Design
from cnnviz.convolution.frequency.response import Operation, origin_index
from cnnviz.snippets.literals import assigned, kernel_literal

__all__ = ["design_program", "mask_program", "response_program", "subsample_program"]

_HEAD = "# pip install numpy\n\nimport numpy as np\n"
_APPLIED = """
picture = np.random.default_rng(0).random((256, 256))  # put yours here
filtered = np.fft.ifft2(np.fft.fft2(picture) * np.fft.ifftshift(H)).real
"""
_PRINTED = """
print("gain at zero:", abs(H[128, 128]))
print("largest gain:", abs(H).max())
"""


def response_program(weights: ArrayLike, operation: str = "correlation") -> str:
    """Write a program that computes the response of a kernel on a grid of 256 x 256: `H`, zero frequency in the middle.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    kernel = checked_weights(weights)
    how: Operation = "correlation" if operation == "correlation" else "convolution"
    origin = tuple(origin_index(side, "centre", how) for side in kernel.shape)
    end = ".conj()  # networks correlate, which turns all phases around" if how == "correlation" else ""
    literal = assigned("weights", kernel_literal(kernel))
    return f"""{_HEAD}
{literal}

# Zeros around the kernel make the grid fine; rolling puts the phase's origin at its centre.
padded = np.zeros((256, 256))
padded[: len(weights), : len(weights[0])] = weights
padded = np.roll(padded, (-{origin[0]}, -{origin[1]}), axis=(0, 1))
H = np.fft.fftshift(np.fft.fft2(padded)){end}

f = np.fft.fftshift(np.fft.fftfreq(256))  # cycles per pixel, of rows and of columns
decibels = 20 * np.log10(np.maximum(abs(H), 1e-3))  # -60 dB at least
{_APPLIED}{_PRINTED}"""


def design_program(design: Design) -> str:
    """Write a program that draws a filter in frequency, `H` (256 x 256), and applies it to a picture."""
    lines = _notch(design) if design.kind.startswith("notch") else _ring(design)
    return f"""{_HEAD}
f = np.fft.fftshift(np.fft.fftfreq(256))  # cycles per pixel
rows, columns = f[:, None], f[None, :]
{lines}
{_APPLIED}{_PRINTED}"""


def _low_pass(design: Design, distance: str, cutoff: str) -> str:
    match design.shape:
        case "ideal":
            return f"1.0 * ({distance} <= {cutoff} + 1e-12)"
        case "gaussian":
            return f"np.exp(-({distance} ** 2) / (2 * {cutoff}**2))"
    return f"1 / (1 + ({distance} / {cutoff}) ** {2 * design.order})"


def _ring(design: Design) -> str:
    distance = "D = np.hypot(rows, columns)\n"
    if design.kind in ("low", "high"):
        passed = _low_pass(design, "D", f"{design.cutoff:g}")
        return f"{distance}H = {passed}\n" if design.kind == "low" else f"{distance}H = 1 - {passed}\n"
    low, high = f"{design.low:g}", f"{design.high:g}"
    if design.shape == "ideal":
        passed = f"1.0 * ((D >= {low} - 1e-12) & (D <= {high} + 1e-12))"
    else:
        distance += (
            f'with np.errstate(divide="ignore"):\n    q = (D**2 - {low} * {high}) / (D * ({high} - {low}))'
            "  # minus infinity at zero\n"
        )
        passed = "np.exp(-(q**2))" if design.shape == "gaussian" else f"1 / (1 + q ** {2 * design.order})"
    return f"{distance}H = {passed}\n" if design.kind == "band" else f"{distance}H = 1 - {passed}\n"


def _notch(design: Design) -> str:
    row, column = design.centre
    passed = _low_pass(design, "distance", f"{design.radius:g}")
    result = "H = rejected\n" if design.kind == "notch_reject" else "H = 1 - rejected\n"
    return f"""rejected = np.ones((256, 256))
for row, column in (({row:g}, {column:g}), ({-row:g}, {-column:g})):  # a wave is at f and at -f
    down, right = rows - row, columns - column
    distance = np.hypot(down - np.rint(down), right - np.rint(right))  # spectra repeat
    rejected = rejected * (1 - {passed})
{result}"""


def mask_program() -> str:
    """Write a program that multiplies a picture's spectrum by the gains in `gains.npy` (256 x 256)."""
    return f"""{_HEAD}
H = np.load("gains.npy")  # zero frequency in the middle
{_APPLIED}{_PRINTED}"""


def subsample_program(weights: ArrayLike, stride: int) -> str:
    """Write a program that blurs a picture and keeps every `stride`-th pixel: `kept`, and `plain` without the blur.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    kernel = checked_weights(weights)
    before = tuple(same_padding(side)[0] for side in kernel.shape)
    after = tuple(same_padding(side)[1] for side in kernel.shape)
    return f"""{_HEAD}
{assigned("weights", kernel_literal(kernel))}
picture = np.random.default_rng(0).random((256, 256))  # put yours here

padded = np.pad(picture, (({before[0]}, {after[0]}), ({before[1]}, {after[1]})), mode="reflect")
blurred = sum(
    weight * padded[r : r + picture.shape[0], c : c + picture.shape[1]]
    for r, row in enumerate(weights)
    for c, weight in enumerate(row)
)
plain, kept = picture[::{stride}, ::{stride}], blurred[::{stride}, ::{stride}]
print(plain.shape, kept.shape)
"""

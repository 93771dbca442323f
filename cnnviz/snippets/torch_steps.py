"""The steps of a chain in PyTorch; `x` is (1, channels, rows, columns) throughout."""

from __future__ import annotations

from cnnviz.convolution import kernels
from cnnviz.convolution.checks import Pair
from cnnviz.convolution.steps import GradientMagnitude, Linear, Median, Step
from cnnviz.errors import ParameterError
from cnnviz.snippets.kernel_lines import kernel_lines
from cnnviz.snippets.literals import call
from cnnviz.snippets.parts import Part, Window, loop

__all__ = ["Written", "enter", "leave", "step_lines"]

Written = tuple[Part, Pair]
_Padding = tuple[list[str], list[str], tuple[str, ...]]  # lines before, arguments of conv2d, functions

_DIRECTION = "direction = torch.atan2(gy, gx).numpy()  # 0: brighter to the right, pi / 2: downwards"
_MODES = {"reflect": "reflect", "replicate": "replicate", "circular": "circular"}

_PAD = '''def pad(x, left, right, top, bottom):
    """{does} as often as needed, which F.pad does only once."""
    around = ((0, 0), (0, 0), (top, bottom), (left, right))
    return torch.from_numpy(np.pad(x.numpy(), around, mode="{mode}"))'''
_PADS = {
    "reflect": _PAD.format(does="Mirror", mode="reflect"),
    "circular": _PAD.format(does="Wrap around", mode="wrap"),
}


def enter(channels: int) -> str:
    """From `picture` to `x`."""
    way = "picture).permute(2, 0, 1)[None]" if channels == 3 else "picture)[None, None]"
    return f"# PyTorch wants (pictures, channels, rows, columns).\nx = torch.from_numpy({way}"


def leave(channels: int) -> str:
    """From `x` to `result`."""
    return f"result = {'x[0].permute(1, 2, 0)' if channels == 3 else 'x[0, 0]'}.numpy()"


def step_lines(step: Step, channels: int, border: str, flip: bool, direction: bool, size: Pair) -> Written:
    """Write one step.

    Args:
        step: what to do.
        channels: 3 or 1.
        border: one of `filtering.BORDERS`.
        flip: True for convolution in the mathematical sense.
        direction: True to keep the direction of a gradient.
        size: (rows, columns) of its input, which decides whether `F.pad` can pad; any for "valid".

    Returns:
        The lines, and the size of the result unless the border is "valid".

    Raises:
        ParameterError: for a step that PyTorch does not have.
    """
    match step:
        case Linear():
            return _linear(step, channels, border, flip, size)
        case Median():
            return _median(step, border, size)
        case GradientMagnitude():
            return _gradient(step, channels, border, direction, size)
        case _:
            raise ParameterError("library", "torch", "opencv")


def _linear(step: Linear, channels: int, border: str, flip: bool, size: Pair) -> Written:
    weights = step.kernel.weights
    window = Window.of((weights.shape[0], weights.shape[1]), step.dilations)
    lines = kernel_lines(weights, "torch")
    if flip:
        lines.append("kernel = kernel.flip(0, 1)  # turned by 180°, as mathematics does")
    if channels == 3:
        lines.append("# groups: every channel is filtered on its own, all with the same kernel.")
    before, _, indent = loop(step.repeat, "x", "x")
    smallest = size
    for _ in range(step.repeat):
        smallest, size = size, window.output(size, step.strides)
    padding, argument, functions = _padding(window, border, smallest, indent)
    arguments = [
        "x",
        "kernel.repeat(3, 1, 1, 1)" if channels == 3 else "kernel[None, None]",
        *argument,
        *_numbers("stride", step.strides),
        *_numbers("dilation", step.dilations),
        *(["groups=3"] if channels == 3 else []),
    ]
    lines += [*before, *padding, call("F.conv2d", *arguments, target="x", indent=indent)]
    return Part("\n".join(lines), functions), size


def _padding(window: Window, border: str, size: Pair, indent: int) -> _Padding:
    """Let conv2d pad with zeros where it can; everything else is a line before it."""
    if border == "valid" or window.size == (1, 1):
        return [], [], ()
    if border == "zeros" and window.centred:
        return [], _numbers("padding", (window.rows[0], window.columns[0]), usual=0), ()
    return _padding_before(window, border, size, indent)


def _padding_before(window: Window, border: str, size: Pair, indent: int) -> _Padding:
    pads = ", ".join(map(str, (*window.columns, *window.rows)))
    if _too_far(window, border, size):
        return [call("pad", "x", pads, target="x", indent=indent)], [], (_PADS[border],)
    mode = [f'mode="{_MODES[border]}"'] if border in _MODES else []
    line = call("F.pad", "x", f"({pads})", *mode, target="x", indent=indent)
    return [f"{line}  # left, right, top, bottom"], [], ()


def _too_far(window: Window, border: str, size: Pair) -> bool:
    """True where `F.pad` would refuse: it reflects or wraps around only once."""
    room = {"reflect": 1, "circular": 0}
    if border not in room:
        return False
    return any(max(pads) + room[border] > n for pads, n in zip((window.rows, window.columns), size, strict=True))


def _numbers(name: str, pair: Pair, usual: int = 1) -> list[str]:
    if pair == (usual, usual):
        return []
    return [f"{name}={pair[0] if pair[0] == pair[1] else pair}"]


def _median(step: Median, border: str, size: Pair) -> Written:
    k = step.size
    window = Window((k, k))
    lines, _, indent = loop(step.repeat, "x", "x")
    padding, _, functions = ([], [], ()) if border == "valid" else _padding_before(window, border, size, indent)
    margin = "    " * indent
    lines += [
        *padding,
        f"{margin}# Two new axes with the {k} × {k} neighbours of every pixel; the middle one of them.",
        f"{margin}x = x.unfold(2, {k}, 1).unfold(3, {k}, 1).flatten(4).median(dim=4).values",
    ]
    return Part("\n".join(lines), functions), size


def _gradient(step: GradientMagnitude, channels: int, border: str, direction: bool, size: Pair) -> Written:
    window = Window((3, 3))
    padding, argument, functions = _padding(window, border, size, 0)
    luminance = [
        "# A 1 × 1 convolution mixes the channels to luminance.",
        "x = F.conv2d(x, torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1))",
    ]
    lines = [
        *(luminance if channels == 3 else []),
        *kernel_lines(kernels.get(f"{step.pair}_x").weights, "torch"),
        *padding,
        call("F.conv2d", "x", "torch.stack([kernel, kernel.T])[:, None]", *argument, target="gxy"),
        "gx, gy = gxy[0]",
        "x = torch.hypot(gx, gy)[None, None]",
        *([_DIRECTION] if direction else []),
    ]
    return Part("\n".join(lines), functions), size

"""How large the output of a convolution is, and how much padding keeps the size."""

from __future__ import annotations

__all__ = ["output_size", "same_padding", "tensorflow_padding", "transposed_output_size"]


def output_size(
    size: int, kernel_size: int, stride: int = 1, padding_total: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Return how many positions a kernel takes along one axis.

    `floor((size + padding_total - dilation * (kernel_size - 1) - 1) / stride) + 1`: relationship 6 of
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (arXiv 1603.07285), with the
    kernel replaced by its dilated extent as in their section 5.1; the same formula as in `torch.nn.Conv2d`.

    Args:
        size: pixels along the axis.
        kernel_size: weights along the axis.
        stride: pixels from one position to the next.
        padding_total: pixels added before and after, together.
        dilation: pixels from one weight to the next.
        ceil_mode: count a last window that reaches beyond the padding too (pooling in torch; the caller takes
            one away again that would begin there).

    Returns:
        The number of positions; 0 when the kernel does not fit.
    """
    room = size + padding_total - dilation * (kernel_size - 1) - 1
    if room < 0:
        return 0
    return (-(-room // stride) if ceil_mode else room // stride) + 1


def transposed_output_size(
    size: int, kernel_size: int, stride: int = 1, padding_total: int = 0, dilation: int = 1, output_padding: int = 0
) -> int:
    """Return how many outputs a transposed convolution has along one axis; below 1 when the padding crops them all.

    `(size - 1) * stride - padding_total + dilation * (kernel_size - 1) + output_padding + 1`: relationship 14
    of Dumoulin and Visin (arXiv 1603.07285) with the dilated extent; the formula of `torch.nn.ConvTranspose2d`.
    """
    return (size - 1) * stride - padding_total + dilation * (kernel_size - 1) + output_padding + 1


def same_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding (before, after) that keeps the size at stride 1, split as torch's `padding="same"`.

    The total is `dilation * (kernel_size - 1)`; where it is odd, the extra pixel goes after.
    """
    total = dilation * (kernel_size - 1)
    return total // 2, total - total // 2


def tensorflow_padding(size: int, kernel_size: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Return the padding (before, after) of TensorFlow's "SAME": as little as gives `ceil(size / stride)` outputs.

    Unlike torch's "same" it depends on the size of the input and allows any stride; where the total is odd,
    the extra pixel goes after (TensorFlow, `tf.nn.convolution`).
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + dilation * (kernel_size - 1) + 1 - size, 0)
    return total // 2, total - total // 2

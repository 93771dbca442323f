"""How large the output of a convolution is, and how much padding keeps the size."""

from __future__ import annotations

__all__ = ["output_size", "same_padding"]


def output_size(size: int, kernel_size: int, stride: int = 1, padding_total: int = 0, dilation: int = 1) -> int:
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

    Returns:
        The number of positions; 0 when the kernel does not fit.
    """
    room = size + padding_total - dilation * (kernel_size - 1) - 1
    return room // stride + 1 if room >= 0 else 0


def same_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding (before, after) that keeps the size at stride 1, split as torch's `padding="same"`.

    The total is `dilation * (kernel_size - 1)`; where it is odd, the extra pixel goes after.
    """
    total = dilation * (kernel_size - 1)
    return total // 2, total - total // 2

"""What a program needs to have a network of this house: a record, without torch."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NetworkSource"]


@dataclass(frozen=True)
class NetworkSource:
    """How a program of its own builds a network, gives it its weights, and prepares a picture for it.

    Attributes:
        packages: to be installed, besides torch.
        imports: lines that are needed.
        definitions: functions and classes, each after what it needs.
        code: statements that make `model`.
        weights: name of the file that the program reads them from; "" when it fetches them itself.
        shape: (channels, rows, columns) of the input.
        mean, std: per channel, of values in 0-1.
        resize: pixels of the shorter side before the middle is cut out; 0 when the middle is taken whole.
        interpolation: "bilinear" or "bicubic".
    """

    packages: tuple[str, ...]
    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    code: str
    weights: str
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int
    interpolation: str

"""The picture that everything else works on: exact levels, a name, and what was done to the file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ImageError
from cnnviz.text import N_, Sentence

__all__ = ["Image", "Levels"]

Levels = NDArray[np.uint8] | NDArray[np.uint16]

# ITU-R Recommendation BT.601, section 2.5.1: luma from gamma-corrected red, green and blue.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)

_SHAPE = N_("An array of shape {shape} is not a picture: give (rows, columns) or (rows, columns, 3).")
_TYPE = N_("An array of {dtype} is not a picture here: give floating-point numbers from 0 to 1.")
_NOT_FINITE = N_("{name} has {count} values that are not finite numbers, so it cannot be shown.")


@dataclass(frozen=True, eq=False)
class Image:
    """A picture whose every pixel is exactly level / (2**depth - 1) in float32.

    Make one with `Image.from_array`, `Image.from_levels` or `cnnviz.images.read`; they keep that promise.
    Two pictures are equal when their digests are: same size, same depth, same levels, whatever the name.

    Attributes:
        pixels: float32, shape (H, W, 3): red, green and blue, range 0-1, gamma-encoded as stored; read-only.
        name: the file's name, or the key of a sample or pattern.
        depth: bits per channel, 8 or 16.
        original_size: (rows, columns) before a reduction, upright.
        notes: what was done to the picture while reading it.
        is_photo: False where every pixel counts (test patterns, indexed colours): encode it without loss.
    """

    pixels: NDArray[np.float32]
    name: str
    depth: int
    original_size: tuple[int, int]
    notes: tuple[Sentence, ...] = ()
    is_photo: bool = True

    def __post_init__(self) -> None:
        """Make sure that nobody can change the pixels afterwards."""
        if self.pixels.dtype != np.float32 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"pixels are {self.pixels.dtype} {self.pixels.shape}, not float32 (H, W, 3)")
        if self.depth not in (8, 16):
            raise ValueError(f"depth is {self.depth}, not 8 or 16")
        if self.pixels.flags.writeable:
            own = self.pixels.copy()
            own.setflags(write=False)
            object.__setattr__(self, "pixels", own)

    @classmethod
    def from_levels(
        cls,
        levels: Levels,
        name: str,
        *,
        original_size: tuple[int, int] | None = None,
        notes: tuple[Sentence, ...] = (),
        is_photo: bool = True,
    ) -> Image:
        """Make a picture of whole levels: uint8 or uint16, shape (H, W) or (H, W, 3); the type is the depth.

        Raises:
            ImageError: when the shape or the type is another one, or the array is empty.
        """
        _check_shape(levels)
        if levels.dtype not in (np.uint8, np.uint16):
            raise ImageError(_TYPE, dtype=str(levels.dtype))
        colour = levels.copy(order="C") if levels.ndim == 3 else np.repeat(levels[..., np.newaxis], 3, axis=2)
        top = np.iinfo(levels.dtype).max
        # A division, not a multiplication by 1 / top: only so every pixel is the float32 next to level / top.
        pixels = colour.astype(np.float32)
        pixels /= np.float32(top)
        colour.setflags(write=False)
        pixels.setflags(write=False)
        size = original_size or (levels.shape[0], levels.shape[1])
        image = cls(pixels, name, int(top).bit_length(), size, notes, is_photo)
        image.__dict__["levels"] = colour  # known already: spares `levels` the way back
        return image

    @classmethod
    def from_array(
        cls,
        array: NDArray[np.floating],
        name: str,
        *,
        depth: int = 8,
        original_size: tuple[int, int] | None = None,
        notes: tuple[Sentence, ...] = (),
        is_photo: bool = True,
    ) -> Image:
        """Make a picture of floating-point numbers: clipped to 0-1, then rounded to the levels of `depth`.

        Args:
            array: shape (H, W) for grey or (H, W, 3) for colour; left untouched.
            name: what to call the picture.
            depth: bits per channel, 8 or 16.
            original_size: (rows, columns) before a reduction; the array's own size if None.
            notes: what was done to the picture before.
            is_photo: False if the picture must be encoded without loss.

        Raises:
            ImageError: when the shape is another one, the array is empty or holds whole numbers, or a value
                is NaN or infinite.
        """
        _check_shape(array)
        if not np.issubdtype(array.dtype, np.floating):
            raise ImageError(_TYPE, dtype=str(array.dtype))
        if not np.isfinite(array).all():
            raise ImageError(_NOT_FINITE, name=name, count=int(np.sum(~np.isfinite(array))))
        scaled = np.rint(np.clip(array, 0.0, 1.0).astype(np.float64) * (2**depth - 1))
        levels = _whole(scaled, depth)
        return cls.from_levels(levels, name, original_size=original_size, notes=notes, is_photo=is_photo)

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @cached_property
    def levels(self) -> Levels:
        """The whole numbers behind the pixels: uint8 (depth 8) or uint16 (depth 16), (H, W, 3), read-only."""
        levels = _whole(np.rint(self.pixels * np.float32(2**self.depth - 1)), self.depth)
        levels.setflags(write=False)
        return levels

    @cached_property
    def luminance(self) -> NDArray[np.float32]:
        """Luma Y' = 0.299 R' + 0.587 G' + 0.114 B' (Rec. 601): float32, shape (H, W), 0-1, read-only."""
        # A grey pixel keeps its exact value: the weighted sum of equal numbers may be off in the last bit.
        luma = self.pixels[..., 0].copy() if self.is_grey else np.minimum(self.pixels @ _LUMA, np.float32(1))
        luma.setflags(write=False)
        return luma

    @cached_property
    def digest(self) -> str:
        """SHA-256 over size, depth and levels, as 64 hexadecimal digits: the key of every cache."""
        rows, columns = self.size
        state = hashlib.sha256(f"{rows} {columns} {self.depth} ".encode())
        levels = self.levels
        state.update(levels.astype(levels.dtype.newbyteorder("<"), copy=False).tobytes())
        return state.hexdigest()

    @cached_property
    def is_grey(self) -> bool:
        """True when red, green and blue are equal in every pixel."""
        red, green, blue = np.moveaxis(self.pixels, 2, 0)
        return bool(np.array_equal(red, green) and np.array_equal(green, blue))

    def __eq__(self, other: object) -> bool:
        """True for another picture of the same digest."""
        return self.digest == other.digest if isinstance(other, Image) else NotImplemented

    def __hash__(self) -> int:
        """The hash of the digest."""
        return hash(self.digest)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the levels: a quarter of the bytes, and the copy is read-only again."""
        return _restore, (self.levels, self.name, self.original_size, self.notes, self.is_photo)


def _restore(
    levels: Levels, name: str, original_size: tuple[int, int], notes: tuple[Sentence, ...], is_photo: bool
) -> Image:
    return Image.from_levels(levels, name, original_size=original_size, notes=notes, is_photo=is_photo)


def _whole(values: NDArray[np.floating], depth: int) -> Levels:
    return values.astype(np.uint8) if depth == 8 else values.astype(np.uint16)


def _check_shape(array: NDArray[np.generic]) -> None:
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)) or array.size == 0:
        raise ImageError(_SHAPE, shape=array.shape)

"""Where a picture comes from, as a record and as a short text that stands in a URL unchanged.

    coffee                              a sample photo
    zone_plate~rows-512~frequency-0.25  a test pattern; what equals its default is left out
    upload                              the visitor's own picture, which no link can carry
    gaussian~0.1~7                      noise: kind, amount, seed

Only letters, digits and ``-_.~`` occur, which URLs do not escape. The text is untrusted on the way back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnnviz.errors import ParameterError
from cnnviz.images import noise, patterns, samples
from cnnviz.images.image import Image
from cnnviz.parameters import Parameter, resolve

__all__ = ["UPLOAD", "Noise", "Source", "parameters", "read", "read_noise", "write", "write_noise"]

UPLOAD = "upload"
_PARTS, _VALUE, _NO_NOISE = "~", "-", "none"
_LONGEST = 400  # characters that are read; all numbers of a pattern, in full length, take less


@dataclass(frozen=True)
class Source:
    """Where a picture comes from.

    Attributes:
        key: a sample's or pattern's key, or "upload".
        values: all parameters of a pattern, its size included, as (name, value) pairs.

    Raises:
        ParameterError: unknown key or parameter, or a value out of range.
    """

    key: str
    values: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        """Check the key and fill in the defaults."""
        if self.key != UPLOAD and self.key not in (*samples.names(), *patterns.names()):
            raise ParameterError("picture", self.key, ", ".join((*samples.names(), *patterns.names())))
        object.__setattr__(self, "values", tuple(resolve(parameters(self.key), dict(self.values)).items()))

    @property
    def kind(self) -> str:
        """One of "sample", "pattern" and "upload"."""
        if self.key == UPLOAD:
            return UPLOAD
        return "pattern" if self.key in patterns.names() else "sample"

    def load(self) -> Image:
        """Load the sample or make the pattern.

        Raises:
            ParameterError: for an upload, which only the visitor has.
        """
        if self.kind == "pattern":
            return patterns.make(self.key, **dict(self.values))  # type: ignore[arg-type]  # rows and columns are ints
        return samples.load(self.key)


def parameters(key: str) -> tuple[Parameter, ...]:
    """What can be set for a picture: size and numbers of a pattern, nothing for others."""
    return (*patterns.SIZE, *patterns.get(key).parameters) if key in patterns.names() else ()


def write(source: Source) -> str:
    """Write a source as text."""
    defaults = {each.name: each.default for each in parameters(source.key)}
    changed = ((name, value) for name, value in source.values if value != defaults[name])
    return _PARTS.join([source.key, *(f"{name}{_VALUE}{_write_number(value)}" for name, value in changed)])


def read(text: str) -> Source:
    """Read what `write` wrote.

    Raises:
        ParameterError: when it is not that.
    """
    if len(text) > _LONGEST:
        raise ParameterError("picture", f"{text[:40]}…", f"0 … {_LONGEST} characters")
    key, *parts = text.split(_PARTS)
    pairs = [part.partition(_VALUE) for part in parts]
    return Source(key, tuple((name, _number(name, value)) for name, _, value in pairs))


@dataclass(frozen=True)
class Noise:
    """Noise to put on a picture: a key of `noise.KINDS`, its amount, and the seed that makes it repeatable.

    Raises:
        ParameterError: unknown kind, or a number out of range.
    """

    kind: str
    amount: float
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        object.__setattr__(self, "amount", noise.get(self.kind).parameter.check(self.amount))
        object.__setattr__(self, "seed", int(noise.SEED.check(self.seed)))

    def add(self, image: Image) -> Image:
        """Put the noise on a picture."""
        return noise.add(image, self.kind, self.amount, self.seed)


def write_noise(chosen: Noise | None) -> str:
    """Write noise as text; none is "none"."""
    if chosen is None:
        return _NO_NOISE
    return _PARTS.join([chosen.kind, _write_number(chosen.amount), str(chosen.seed)])


def read_noise(text: str) -> Noise | None:
    """Read what `write_noise` wrote.

    Raises:
        ParameterError: when it is not that.
    """
    if text == _NO_NOISE:
        return None
    parts = text.split(_PARTS)
    if len(parts) != 3 or len(text) > _LONGEST:
        raise ParameterError("noise", text[:40], "kind~amount~seed")
    return Noise(parts[0], _number("amount", parts[1]), int(noise.SEED.check(_number("seed", parts[2]))))


def _write_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ParameterError(name, text[:40], "a finite number")
    return value

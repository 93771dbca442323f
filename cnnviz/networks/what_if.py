"""What if a network had no such channel, branch or shortcut: outputs switched to zero during one pass.

    what_if.read("conv1:0,4-7;layer1.0.conv2;layer2.0.add@1")

switches off five channels of `conv1`, all of `layer1.0.conv2`, and the second summand of `layer2.0.add`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import partial, reduce
from itertools import groupby
from operator import add
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cnnviz.errors import ParameterError
from cnnviz.networks.facts import FIRST, INPUT, Layer, Summary
from cnnviz.networks.step_chains import ADDITIONS
from cnnviz.text import N_

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LONGEST", "NOTHING", "Off", "WhatIf", "changes", "is_addition", "read", "write"]

LONGEST = 4000  # characters of a what-if in an address
_MOST_CHANNELS = 100_000  # named in it, all together: ranges are short, and what they stand for takes memory
_FORM = "step; step:0,4-7; step@1"
_RANGE = r"[0-9]{1,5}(?:-[0-9]{1,5})?"
_RANGES = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_PART = re.compile(rf"(?P<step>[^:;@]+)(?::(?P<channels>{_RANGE}(?:,{_RANGE})*)|@(?P<summand>[0-9]))?")


@dataclass(frozen=True, order=True)
class Off:
    """One thing that is switched off.

    Attributes:
        step: name, as in `Summary.layers`.
        channels: from 0, along `Layer.channel_axis`; empty for all of the step's output.
        summand: of an addition, the summand that is left out, by its place in `Layer.sources`; -1 for none. The
            step that made it stays as it is for all others that read it.
    """

    step: str
    channels: tuple[int, ...] = ()
    summand: int = -1


@dataclass(frozen=True)
class WhatIf:
    """Everything that is switched off during one pass; empty for the network as it is."""

    off: frozenset[Off] = frozenset()


NOTHING = WhatIf()


def read(text: str) -> WhatIf:
    """The what-if that `write` wrote.

    Raises:
        ParameterError: for any other text, for one longer than `LONGEST`, and for one of too many channels.
    """
    if len(text) > LONGEST or _count(text) > _MOST_CHANNELS:
        raise ParameterError("what_if", text[:60] + "…", _FORM)
    return WhatIf(frozenset(_read_part(part) for part in text.split(";") if part))


def write(what_if: WhatIf) -> str:
    """A short text for an address: names, and channels as ranges."""
    return ";".join(map(_write_part, sorted(what_if.off)))


def changes(what_if: WhatIf, summary: Summary) -> dict[str, Callable[[Tensor], Tensor]]:
    """What `capture.capture` has to change, for one pass: the next one needs functions of its own.

    Args:
        what_if: what is switched off.
        summary: of the network. One that could not be followed lists no functions and no shapes; then only a step
            that is not there is found out, by `capture`.

    Raises:
        ParameterError: when there is no such step, channel or summand.
    """
    layers = {layer.name: layer for layer in summary.layers}
    made: dict[str, Callable[[Tensor], Tensor]] = {}
    left_out: dict[str, set[int]] = {}
    for off in what_if.off:
        if off.summand >= 0:
            left_out.setdefault(_addition(off, layers).name, set()).add(off.summand)
        else:
            if not summary.untraced:
                _check(off, layers)
            axis = layers[off.step].channel_axis if off.step in layers else FIRST
            made[off.step] = _then(made.get(off.step), _zeroing(off.channels, axis))
    for step, summands in left_out.items():  # at last: a summand is remembered as it was changed
        _leave_out(layers[step], summands, summary, made)
    return made


def _check(off: Off, layers: Mapping[str, Layer]) -> None:
    if off.step not in layers:
        raise ParameterError("what_if", off.step[:60], N_("one of the network's steps"))
    shape = layers[off.step].map_shape
    size = shape[0] if shape else 0
    if off.channels and not (min(off.channels) >= 0 and max(off.channels) < size):
        raise ParameterError("what_if", f"{off.step}:{off.channels[-1]}", f"{off.step}:0 … {size - 1}")


def _addition(off: Off, layers: Mapping[str, Layer]) -> Layer:
    """The step of which a summand is left out; the others are steps, whose outputs can be remembered."""
    layer = layers.get(off.step)
    if layer is None or not is_addition(layer) or off.summand >= len(layer.sources):
        raise ParameterError("what_if", f"{off.step[:60]}@{off.summand}", N_("a summand of an addition"))
    if INPUT in _others({off.summand}, layer):
        raise ParameterError("what_if", f"{off.step}@{off.summand}", N_("the summand that is the picture itself"))
    return layer


def is_addition(layer: Layer) -> bool:
    """Two outputs or more are added: a module of ours, or an operator between modules."""
    return layer.kind in ADDITIONS and len(layer.sources) > 1


def _others(summands: Set[int], layer: Layer) -> list[int]:
    return [source for place, source in enumerate(layer.sources) if place not in summands]


def _leave_out(layer: Layer, summands: Set[int], summary: Summary, made: dict[str, Callable[[Tensor], Tensor]]) -> None:
    """Let the addition return the sum of its other summands, as they were when their steps were done; or zeros."""
    remembered: dict[int, Tensor] = {}
    others = _others(summands, layer)
    for source in others:
        name = summary.layers[source].name
        made[name] = _then(made.get(name), partial(_remember, remembered, source))

    def rest(total: Tensor) -> Tensor:
        if not others:
            return total.new_zeros(total.shape)
        return reduce(add, (remembered[source] for source in others)).expand_as(total).clone()

    made[layer.name] = _then(rest, made.get(layer.name))


def _remember(remembered: dict[int, Tensor], source: int, output: Tensor) -> Tensor:
    remembered[source] = output.clone()  # the sum may be written into its first summand
    return output


def _zeroing(channels: tuple[int, ...], axis: int) -> Callable[[Tensor], Tensor]:
    def zeroed(output: Tensor) -> Tensor:
        if not channels:
            return output.new_zeros(output.shape)
        return output.index_fill(axis, output.new_tensor(channels).long(), 0)

    return zeroed


def _then(
    first: Callable[[Tensor], Tensor] | None, second: Callable[[Tensor], Tensor] | None
) -> Callable[[Tensor], Tensor]:
    """One after the other, those that there are."""
    steps = [each for each in (first, second) if each is not None]
    return lambda output: reduce(lambda value, step: step(value), steps, output)


def _count(text: str) -> int:
    """How many numbers the ranges in a text stand for, at least."""
    return sum(int(high) - int(low) + 1 for low, high in _RANGES.findall(text) if int(high) >= int(low))


def _read_part(part: str) -> Off:
    found = _PART.fullmatch(part)
    if found is None:
        raise ParameterError("what_if", part[:60], _FORM)
    ranges = [each.partition("-") for each in (found["channels"] or "").split(",") if each]
    channels: set[int] = set()
    for low, _, high in ranges:
        channels.update(range(int(low), int(high or low) + 1))
    if ranges and not channels:  # from 7 to 4
        raise ParameterError("what_if", part[:60], _FORM)
    return Off(unquote(found["step"]), tuple(sorted(channels)), int(found["summand"] or -1))


def _write_part(off: Off) -> str:
    step = quote(off.step, safe="")
    if off.summand >= 0:
        return f"{step}@{off.summand}"
    runs = [[each for _, each in run] for _, run in groupby(enumerate(off.channels), lambda pair: pair[1] - pair[0])]
    ranges = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return f"{step}:{','.join(ranges)}" if ranges else step

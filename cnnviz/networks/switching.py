"""A what-if put together step by step: what one click adds, and what it takes away. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.what_if import Off, WhatIf

__all__ = ["all_but", "strongest", "with_channels", "with_off", "without"]


def with_off(what_if: WhatIf, off: Off) -> WhatIf:
    """Switch off one thing more: a whole step takes the place of its channels."""
    others = what_if.off
    if not off.channels and off.summand < 0:
        others = frozenset(each for each in others if each.step != off.step or each.summand >= 0)
    return WhatIf(others | {off})


def with_channels(what_if: WhatIf, step: str, channels: Iterable[int]) -> WhatIf:
    """Switch off these channels of a step, besides those that are off already."""
    known = _of_step(what_if, step)
    if any(not each.channels for each in known) or not (more := set(channels)):
        return what_if
    together = more.union(*(each.channels for each in known))
    return WhatIf((what_if.off - known) | {Off(step, tuple(sorted(together)))})


def without(what_if: WhatIf, off: Off) -> WhatIf:
    """Switch one thing on again."""
    return WhatIf(what_if.off - {off})


def strongest(maps: NDArray[np.float32], count: int) -> tuple[int, ...]:
    """Channels of (C, …) with the largest mean absolute activation, the largest first."""
    strength = np.abs(maps.reshape(len(maps), -1)).mean(axis=1)
    return tuple(int(each) for each in np.argsort(-strength, kind="stable")[:count])


def all_but(count: int, channel: int) -> tuple[int, ...]:
    """All of `count` channels but one."""
    return tuple(each for each in range(count) if each != channel)


def _of_step(what_if: WhatIf, step: str) -> frozenset[Off]:
    return frozenset(each for each in what_if.off if each.step == step and each.summand < 0)

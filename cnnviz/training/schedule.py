"""The learning rate, step by step: a plain function of the step, so that a resumed run needs no state of it."""

from __future__ import annotations

from math import cos, pi

__all__ = ["share"]

_WARM_UP, _FIRST, _LAST = 0.3, 1 / 25, 1 / 25e4  # as in PyTorch's OneCycleLR
_MILESTONES = (0.5, 0.75)  # He et al. 2015, section 4.2: after 32k and 48k of 64k steps


def share(schedule: str, step: int, steps: int) -> float:
    """The share of the highest learning rate that step `step` (from 0) of `steps` uses.

    - constant: 1.
    - one-cycle: up from 1/25 along half a cosine in the first 30%, then down to 4·10⁻⁶ (Smith & Topin 2017).
    - cosine: from 1 down to 0 along half a cosine (Loshchilov & Hutter 2016, eq. 5, without restarts).
    - step: 1, a tenth after half of the steps, a hundredth after three quarters (He et al. 2015, section 4.2).
    """
    if schedule == "one-cycle":
        peak, end = _WARM_UP * steps - 1, steps - 1
        if step <= peak:
            return _along_cosine(_FIRST, 1, step / peak)
        return _along_cosine(1, _LAST, (step - peak) / (end - peak) if end > peak else 1)
    if schedule == "cosine":
        return _along_cosine(1, 0, step / steps)
    if schedule == "step":
        return float(0.1 ** sum(step >= milestone * steps for milestone in _MILESTONES))
    return 1.0


def _along_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + cos(pi * progress)) / 2

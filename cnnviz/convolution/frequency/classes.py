"""Low-pass, high-pass, band-pass, directional …: what kind of filter a kernel is, with the reason in numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from cnnviz.convolution.checks import Weights
from cnnviz.convolution.frequency.extremes import Peak
from cnnviz.convolution.frequency.profiles import FLAT, Kind, Profile, profile
from cnnviz.convolution.frequency.response import Complex, Real, at, on_grid
from cnnviz.convolution.frequency.sections import unit, zone_edge
from cnnviz.text import N_, Sentence

__all__ = ["TITLES", "Class", "Classified", "Heading", "classify"]

Class = Literal[Kind, "directional"]

TITLES: dict[Class, str] = {
    "all-pass": N_("All-pass"),
    "low-pass": N_("Low-pass"),
    "high-pass": N_("High-pass"),
    "high-boost": N_("High-boost"),
    "band-pass": N_("Band-pass"),
    "band-stop": N_("Band-stop"),
    "directional": N_("Directional"),
    "mixed": N_("No simple kind"),
    "blocked": N_("Blocks everything"),
}

_ANGLES = np.radians(np.arange(0.0, 180.0, 5.0))
_RADII = np.linspace(0.0, 0.5, 65)
_WEAK = 1 / 3  # of the peak: a direction that reaches less is not treated like the strongest one
_UNEVEN = 0.5  # of the peak: gains on one ring that differ by more make a kernel directional
_FARTHER = 2.0
_ROUNDING = 1e-13  # of the sum of absolute weights
_NO_DIRECTION = 1e-6  # cycles per pixel
_SIMPLE = {"low-pass", "high-pass", "high-boost", "band-pass", "band-stop"}


@dataclass(frozen=True)
class Heading:
    """The direction that a directional kernel singles out.

    Attributes:
        angle: in radians from the column frequencies towards the row frequencies, 0 to below pi: that of the peak,
            or, where the peak is at zero, the one with the largest root mean square gain. Edges and stripes across
            this direction get through best.
        along: the gains from zero outwards in this direction.
        across: the gains on the line through the peak (zero, if the peak is there) at right angles to it, from the
            peak to the farther edge of the square |f| <= 0.5.
    """

    angle: float
    along: Profile
    across: Profile


@dataclass(frozen=True)
class Classified:
    """What kind of filter a kernel is.

    Attributes:
        key: the kind, in English; `TITLES[key]` is what a user reads.
        reasons: sentences with the numbers that decided.
        heading: of a directional kernel, else None.
        unevenness: largest difference of two gains at the same distance from zero, up to 0.5 cycles per pixel, as
            a share of the peak: 0 where all directions are treated alike, at most 1.
    """

    key: Class
    reasons: tuple[Sentence, ...]
    heading: Heading | None
    unevenness: float


_REASONS: dict[Kind, str] = {
    "all-pass": N_("All gains lie within 1 dB, between {smallest:.3g} and {largest:.3g}."),
    "low-pass": N_("Flat areas have the gain {zero:.3g}; at the highest frequencies it is {rim_high:.3g} at most."),
    "high-pass": N_("Flat areas have the gain {zero:.3g}; at the highest frequencies it is {rim_low:.3g} at least."),
    "high-boost": N_(
        "Flat areas have the gain {zero:.3g}; all other frequencies have as much or more, up to {largest:.3g}."
    ),
    "band-pass": N_(
        "The gain is {largest:.3g} at {largest_at:.3f} cycles per pixel; flat areas have {zero:.3g}, "
        "the highest frequencies {rim_high:.3g} at most."
    ),
    "band-stop": N_(
        "The gain is {smallest:.3g} at {smallest_at:.3f} cycles per pixel; flat areas have {zero:.3g}, "
        "the highest frequencies {rim_low:.3g} at least."
    ),
    "mixed": N_("The gain rises and falls several times, between {smallest:.3g} and {largest:.3g}."),
    "blocked": N_("All weights are 0, so every gain is 0."),
}
_UNEVEN_REASON = N_(
    "Directions differ: at {radius:.3f} cycles per pixel the gain is {strong:.3g} along {strong_angle:.0f}° "
    "and {weak:.3g} along {weak_angle:.0f}°."
)
_ALONG: dict[Kind, str] = {
    "all-pass": N_("Along {angle:.0f}° all gains are alike: {smallest:.3g} to {largest:.3g}."),
    "low-pass": N_("Along {angle:.0f}° it is a low-pass: the gain is {start:.3g} at zero and {end:.3g} at the end."),
    "high-pass": N_("Along {angle:.0f}° it is a high-pass: the gain is {start:.3g} at zero and {end:.3g} at the end."),
    "high-boost": N_(
        "Along {angle:.0f}° it is a high-boost: the gain is {start:.3g} at zero and {end:.3g} at the end."
    ),
    "band-pass": N_(
        "Along {angle:.0f}° it is a band-pass: the gain is {largest:.3g} at {largest_at:.3f} cycles per pixel, "
        "{start:.3g} at zero and {end:.3g} at the end."
    ),
    "band-stop": N_(
        "Along {angle:.0f}° it is a band-stop: the gain is {smallest:.3g} at {smallest_at:.3f} cycles per pixel, "
        "{start:.3g} at zero and {end:.3g} at the end."
    ),
    "mixed": N_("Along {angle:.0f}° the gain rises and falls several times: {smallest:.3g} to {largest:.3g}."),
}
# A line that starts at the largest gain of all can only be one of these.
_ACROSS: dict[Kind, str] = {
    "all-pass": N_("At right angles to it, from the peak on, all gains are alike: {smallest:.3g} to {largest:.3g}."),
    "low-pass": N_(
        "At right angles to it, from the peak on, it is a low-pass: the gain falls from {start:.3g} to {end:.3g}."
    ),
    "band-stop": N_(
        "At right angles to it, from the peak on, it is a band-stop: the gain falls from {start:.3g} to {smallest:.3g} "
        "and rises to {end:.3g}."
    ),
    "mixed": N_(
        "At right angles to it, from the peak on, the gain falls and rises several times, down to {smallest:.3g}."
    ),
}


def classify(kernel: Weights, peak: Peak) -> Classified:
    """Classify a kernel (checked weights) whose largest gain is `peak`.

    All-pass within 1 dB. Otherwise one kind, when it is that on the lines from zero in all 36 directions, none of
    them is weaker than a third of the peak, and none passes half at more than twice the frequency of another (the
    square of a separable low-pass reaches 1.41). Otherwise directional, when gains at the same distance from zero
    differ by more than half of the peak; and when they do not, what their mean over the directions is.
    """
    if not peak.gain:
        return Classified("blocked", (Sentence(_REASONS["blocked"]),), None, 0.0)
    lines, rings, plane = _lines(kernel), _rings(kernel), _plane(kernel)
    unevenness = float(np.ptp(rings, axis=0).max()) / peak.gain
    kind = _kind(lines, rings, plane, peak.gain)
    if kind is not None:
        return Classified(kind, (Sentence(_REASONS[kind], _numbers(lines, plane, peak)),), None, unevenness)
    heading = _heading(kernel, peak)
    return Classified("directional", _directional_reasons(rings, heading, peak), heading, unevenness)


def _kind(lines: Real, rings: Real, plane: Real, peak: float) -> Kind | None:
    """The kind of a kernel that is not directional; None for one that is."""
    if plane.min() >= FLAT * peak:
        return "all-pass"
    shared = _shared_kind(
        [profile(_distances(a, len(line)), line, peak) for a, line in zip(_ANGLES, lines, strict=True)]
    )
    if shared is not None:
        return shared
    mean = profile(_RADII, rings.mean(axis=0), peak)
    uneven = np.ptp(rings, axis=0).max() > _UNEVEN * peak
    return None if uneven or mean.kind in ("all-pass", "blocked") else mean.kind


def _shared_kind(profiles: list[Profile]) -> Kind | None:
    """What all directions are, when they are alike."""
    kinds = {each.kind for each in profiles}
    weakest, strongest = (extreme(each.largest for each in profiles) for extreme in (min, max))
    nearest, farthest = (extreme(each.half_at for each in profiles) for extreme in (min, max))
    alike = len(kinds) == 1 and kinds <= _SIMPLE and weakest >= _WEAK * strongest and farthest <= _FARTHER * nearest
    return kinds.pop() if alike else None


def _numbers(lines: Real, plane: Real, peak: Peak) -> dict[str, object]:
    """What the reasons of a kernel without direction name."""
    rim = np.concatenate((plane[-1], plane[:, 0], plane[:, -1]))
    which, place = np.unravel_index(int(lines.argmin()), lines.shape)
    return {
        "zero": float(lines[0, 0]),
        "rim_low": float(rim.min()),
        "rim_high": float(rim.max()),
        "smallest": float(min(lines.min(), plane.min())),
        "smallest_at": float(_distances(_ANGLES[which], lines.shape[1])[place]),
        "largest": peak.gain,
        "largest_at": peak.radius,
    }


def _directional_reasons(rings: Real, heading: Heading, peak: Peak) -> tuple[Sentence, ...]:
    ring = _telling_ring(np.ptp(rings, axis=0), peak)
    strong, weak = int(rings[:, ring].argmax()), int(rings[:, ring].argmin())
    uneven = {"radius": float(_RADII[ring]), "strong": float(rings[strong, ring]), "weak": float(rings[weak, ring])}
    uneven |= {"strong_angle": math.degrees(_ANGLES[strong]), "weak_angle": math.degrees(_ANGLES[weak])}
    return (
        Sentence(_UNEVEN_REASON, uneven),
        Sentence(_ALONG[heading.along.kind], {"angle": math.degrees(heading.angle)} | asdict(heading.along)),
        Sentence(_ACROSS[heading.across.kind], asdict(heading.across)),
    )


def _telling_ring(differences: Real, peak: Peak) -> int:
    """The ring through the peak, when its gains differ enough; otherwise the one on which they differ most."""
    through = int(np.abs(_RADII - peak.radius).argmin())
    return through if differences[through] > _UNEVEN * peak.gain else int(differences.argmax())


def _heading(kernel: Weights, peak: Peak) -> Heading:
    at_zero = peak.radius < _NO_DIRECTION
    angle = _strongest(kernel) if at_zero else math.atan2(peak.f_row, peak.f_column) % math.pi
    start = (0.0, 0.0) if at_zero else (peak.f_row, peak.f_column)
    return Heading(
        angle,
        _profile_from(kernel, (0.0, 0.0), angle, peak.gain),
        _profile_from(kernel, start, angle + math.pi / 2, peak.gain),
    )


def _profile_from(kernel: Weights, start: tuple[float, float], angle: float, peak: float) -> Profile:
    distance, (row, column) = _distances(angle, _points(kernel)), unit(angle)
    return profile(distance, _gains(kernel, start[0] + row * distance, start[1] + column * distance), peak)


def _strongest(kernel: Weights) -> float:
    """The direction with the largest root mean square gain from zero to the edge, to a degree."""
    kernel = kernel / np.abs(kernel).max()  # squares of tiny gains would vanish
    best = _ANGLES[int((_lines(kernel) ** 2).mean(axis=1).argmax())]
    around = best + np.radians(np.arange(-4, 5))
    return float(around[int((_lines(kernel, around) ** 2).mean(axis=1).argmax())] % math.pi)


# ---- gains


def _gains(kernel: Weights, rows: Real, columns: Real) -> Real:
    """|H|, with 0 where there is only rounding, so that no sentence says 1e-16."""
    return _without_rounding(kernel, at(kernel, rows, columns))


def _without_rounding(kernel: Weights, values: Complex) -> Real:
    gains = np.abs(values)
    return np.where(gains > _ROUNDING * np.abs(kernel).sum(), gains, 0.0)


def _plane(kernel: Weights) -> Real:
    """Gains on half of the square |f| <= 0.5, edges included, on a grid twice as fine as the kernel's own detail."""
    steps = 2 * max(16, max(kernel.shape))
    rows, columns = np.arange(steps + 1) / (2 * steps), np.arange(-steps, steps + 1) / (2 * steps)
    return _without_rounding(kernel, on_grid(kernel, rows, columns))


def _lines(kernel: Weights, angles: Real = _ANGLES) -> Real:
    """Gains from zero to the edge of the square |f| <= 0.5, one line a row."""
    steps = np.array([unit(angle) for angle in angles])
    distances = np.array([_distances(angle, _points(kernel)) for angle in angles])
    return _gains(kernel, steps[:, :1] * distances, steps[:, 1:] * distances)


def _rings(kernel: Weights) -> Real:
    """Gains at the same distances from zero, up to 0.5, one direction a row."""
    steps = np.array([unit(angle) for angle in _ANGLES])
    return _gains(kernel, steps[:, :1] * _RADII, steps[:, 1:] * _RADII)


def _distances(angle: float, points: int) -> Real:
    return np.linspace(0.0, zone_edge(angle), points)


def _points(kernel: Weights) -> int:
    return 2 * max(32, *(int(side) for side in kernel.shape)) + 1

"""The last lines of a program: from the result's numbers to the levels on the screen."""

from __future__ import annotations

__all__ = ["MODES", "display_lines"]

_LEVELS = "shown = np.rint(255 * {unit}).astype(np.uint8)"

_SIGNED = """# Signed: blue below zero, orange above; 1 of 100 pixels exceeds the strongest colour.
{grey}step = max(1, round(({name}.size / 65536) ** 0.5))
usual, largest = np.quantile(np.abs({name}[::step, ::step]), 0.99), np.abs(result).max()
scale = np.clip(usual, largest / 8, largest) if usual > largest / 64 else largest
index = np.rint(np.clip({name} / (scale or 1), -1, 1) * 127 + 127).astype(np.uint8)
blue, white, orange = (48, 8, -56), (97, 0, 0), (48, 50, 56)
lab = [np.interp(range(255), [0, 127, 254], ends) for ends in zip(blue, white, orange)]
palette = cv2.cvtColor(np.array(lab, np.float32).T[None], cv2.COLOR_LAB2RGB)[0]
shown = np.rint(255 * palette).astype(np.uint8)[index]"""

_GREY = "grey = cv2.transform(result, np.array([[0.299, 0.587, 0.114]]))\n"

_CLIP = "# Below 0 is black, above 1 white.\n" + _LEVELS.format(unit="np.clip(result, 0, 1)")

_ABSOLUTE = "# Without the sign; above 1 is white.\n" + _LEVELS.format(unit="np.minimum(np.abs(result), 1)")

_RESCALE = """# The smallest number becomes black, the largest white.
low, high = result.min(), result.max()
unit = (result - low) / (high - low) if high > low else np.full_like(result, 0.5)
shown = np.rint(255 * unit).astype(np.uint8)"""

_HUE = """# The direction as hue (0° is red), the magnitude as brightness.
hue = np.degrees(direction) % 360
hsv = np.dstack([hue, np.ones_like(hue), result / (result.max() or 1)])
shown = np.rint(255 * cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)).astype(np.uint8)"""

MODES = ("signed", "clip", "absolute", "rescale", "hue")


def display_lines(mode: str, channels: int) -> str:
    """Write the lines from `result` (for "hue" also `direction`) to `shown`, as `figures.display` does."""
    if mode == "signed":
        colour = channels == 3
        return _SIGNED.format(grey=_GREY if colour else "", name="grey" if colour else "result")
    return {"clip": _CLIP, "absolute": _ABSOLUTE, "rescale": _RESCALE, "hue": _HUE}[mode]

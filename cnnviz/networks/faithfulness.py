"""Whether an attribution is true to the network: cover what it calls important, and see what becomes of the answer.

Samek, Binder, Montavon, Lapuschkin and Müller, "Evaluating the Visualization of What a Deep Neural Network Has
Learned", IEEE TNNLS 28 (2017), arXiv 1509.06321, section II.C: perturb the most relevant places, and compare with a
random choice of places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.checks import Pair
from cnnviz.convolution.receptive_field import Along, Field
from cnnviz.errors import ParameterError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["DRAWS", "SHARE", "Faithfulness", "faithfulness", "most_important", "moved", "on_pixels"]

SHARE = 0.2
"""Of the pixels that are covered."""

DRAWS = 15
"""Random places that the same pattern is moved to."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """What covering does to a class. To cover a pixel is to give it the mean colour of the training pictures.

    Attributes:
        target: class, from 0.
        covered: (H, W), the most important pixels.
        elsewhere: (DRAWS, H, W), the same pattern, moved at random, round the edges of the picture.
        before: probability of the class for the whole picture, 0 … 1.
        without: with the most important pixels covered.
        at_random: (DRAWS,) with each of `elsewhere` covered, float32.
    """

    target: int
    covered: Mask
    elsewhere: Mask
    before: float
    without: float
    at_random: NDArray[np.float32]


def faithfulness(
    network: nn.Module,
    x: Tensor,
    values: NDArray[np.float32],
    target: int,
    field: Field | None = None,
    *,
    share: float = SHARE,
    seed: int = 0,
) -> Faithfulness:
    """Cover the most important pixels, and as many at random places. It costs `DRAWS` + 2 passes in one batch.

    The random choice has the pattern of the important pixels: single pixels here and there would tear up the edges of
    everything, and one patch would not, so that two patterns could not be compared.

    Args:
        network: in evaluation mode; (N, C, H, W) to (N, classes).
        x: the input as the network wants it, normalised, (C, H, W): 0 is the mean colour.
        values: of an attribution, (H, W) of the picture's or of a layer's size; the largest are the most important.
        target: class, from 0.
        field: receptive field of the layer's places, see `on_pixels`.
        share: of the pixels, above 0 and below 1.
        seed: of the random places.

    Raises:
        ParameterError: for a share or a class that is not possible.
    """
    import torch

    rng = np.random.default_rng(seed)
    covered = most_important(on_pixels(values, field, (x.shape[1], x.shape[2])), share, rng)
    elsewhere = np.stack([moved(covered, rng) for _ in range(DRAWS)])
    masks = np.concatenate([np.zeros_like(covered)[None], covered[None], elsewhere])
    with torch.no_grad():
        scores = network(x[None] * torch.from_numpy(~masks)[:, None].to(x.device))
    if not 0 <= target < scores.shape[1]:
        raise ParameterError("target", target, f"0 … {scores.shape[1] - 1}")
    found = scores.double().softmax(dim=1)[:, target].cpu().numpy().astype(np.float32)
    return Faithfulness(target, covered, elsewhere, float(found[0]), float(found[1]), found[2:])


def on_pixels(values: NDArray[np.float32], field: Field | None, size: Pair) -> NDArray[np.float32]:
    """One number for each pixel: between the middles of what two units see, in proportion; beyond the last, the last.

    Args:
        values: (h, w).
        field: receptive field of the units; without, the map covers the picture evenly.
        size: of the picture, (rows, columns).

    Returns:
        (rows, columns); `values` itself where it has that size and no field.
    """
    along = (None, None) if field is None else (field.rows, field.columns)
    down, right = (_weights(count, pixels, each) for count, pixels, each in zip(values.shape, size, along, strict=True))
    return np.asarray(down @ values @ right.T, np.float32)


def _weights(count: int, pixels: int, along: Along | None) -> NDArray[np.float64]:
    """(pixels, count): what each unit adds to each pixel."""
    jump, start = (pixels / count, (pixels / count - 1) / 2) if along is None else (along.jump, along.start)
    middles = start + jump * np.arange(count)
    return np.stack([np.interp(np.arange(pixels), middles, unit) for unit in np.eye(count)], axis=1)


def most_important(values: NDArray[np.float32], share: float, rng: np.random.Generator) -> Mask:
    """The largest `share` of the pixels (H, W), to the nearest whole pixel; of equal ones, some at random.

    Raises:
        ParameterError: when the share is not above 0 and below 1.
    """
    if not 0 < share < 1:
        raise ParameterError("share", share, "0 … 1")
    mixed = rng.permutation(values.size)
    order = mixed[np.argsort(-values.ravel()[mixed], kind="stable")]
    mask = np.zeros(values.size, bool)
    mask[order[: round(share * values.size)]] = True
    return mask.reshape(values.shape)


def moved(mask: Mask, rng: np.random.Generator) -> Mask:
    """The same pattern elsewhere: shifted at random, what leaves the picture comes in on the other side."""
    return np.roll(mask, (int(rng.integers(mask.shape[0])), int(rng.integers(mask.shape[1]))), (0, 1))

"""Search a picture that makes a network do something, by following the gradient down a loss.

The picture is searched by its Fourier coefficients, divided by their frequency, which spreads the gradient evenly over
coarse and fine structure, and passes a sigmoid, which keeps it within 0 … 1: Olah, Mordvintsev and Schubert, "Feature
Visualization", Distill 2017, doi 10.23915/distill.00007, section "Preconditioning and Parameterization".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import ParameterError
from cnnviz.networks.differentiation import differentiable
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.progress import Progress

__all__ = ["MOST_STEPS", "Found", "Show", "normalised", "search"]

MOST_STEPS = 2000

Picture = NDArray[np.float32]

Show = Callable[[Picture], None]
"""Is given pictures on the way, float32, (H, W, C), 0 … 1."""

_FRAMES = 12  # pictures on the way
_CONTRAST = 0.3  # of the noise at the start, before the sigmoid


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        picture: float32, (H, W, C), 0 … 1, read-only; without normalisation.
        frames: pictures on the way, evenly spaced, the noise of the start first, the last one included; read-only.
        curve: the loss before each step, float32, (steps,), read-only.
        milliseconds: that it took.
    """

    picture: Picture
    frames: tuple[Picture, ...]
    curve: NDArray[np.float32]
    milliseconds: float


class _Spectrum:
    """A picture as Fourier coefficients that all matter alike."""

    def __init__(self, shape: Sequence[int], device: torch.device, seed: int) -> None:
        channels, self.rows, self.columns = shape
        self.generator = torch.Generator().manual_seed(seed)
        down = torch.fft.fftfreq(self.rows)[:, None]
        right = torch.fft.rfftfreq(self.columns)[None, :]
        frequency = (down**2 + right**2).sqrt().clamp(min=1 / max(self.rows, self.columns))
        self.frequency = frequency[..., None].to(device)
        size = (1, channels, *frequency.shape, 2)
        self.coefficients = torch.zeros(size, device=device, requires_grad=True)
        self.stir()

    def stir(self) -> None:
        """Add white noise to the picture, before the sigmoid."""
        noise = torch.randn(self.coefficients.shape, generator=self.generator).to(self.frequency.device)
        with torch.no_grad():
            self.coefficients += _CONTRAST * self.frequency * noise

    def picture(self) -> Tensor:
        """The picture, (1, C, H, W), 0 … 1."""
        spectrum = torch.view_as_complex(self.coefficients / self.frequency)
        picture: Tensor = torch.fft.irfft2(spectrum, s=(self.rows, self.columns), norm="ortho")
        return picture.sigmoid()

    def shift(self, most: int) -> tuple[int, int]:
        """A random shift of at most so many pixels down and right."""
        down, right = torch.randint(-most, most + 1, (2,), generator=self.generator).tolist()
        return down, right


def normalised(picture: Tensor, preparation: Preparation) -> Tensor:
    """What a network gets for a picture, (N, C, H, W), 0 … 1."""
    mean, std = (picture.new_tensor(each).view(-1, 1, 1) for each in (preparation.mean, preparation.std))
    scaled: Tensor = (picture - mean) / std
    return scaled


def search(
    loss: Callable[[Tensor], Tensor],
    preparation: Preparation,
    progress: Progress,
    *,
    device: torch.device,
    seed: int = 0,
    rate: float = 0.05,
    jitter: int = 0,
    roughness: float = 0.0,
    show: Show | None = None,
) -> Found:
    """Follow the gradient of `loss` from noise to a picture, with Adam (Kingma and Ba 2015, arXiv 1412.6980).

    The same arguments give the same picture on the same machine.

    Args:
        loss: of a normalised picture, (1, C, H, W); a number.
        preparation: of the network's pictures: their shape, and what normalises them.
        progress: its parts are the steps.
        device: of the network.
        seed: of the noise at the start, of more noise as long as there is no gradient, and of the shifts.
        rate: length of Adam's steps.
        jitter: pixels by which the picture is shifted at random, round the edge, before each step: what only works
            at one place does not survive.
        roughness: weight of the total variation, the mean absolute difference of neighbours.
        show: given pictures on the way.

    Raises:
        ParameterError: when there are no steps, or too many.
        Cancelled: when asked to stop.
    """
    if not 1 <= progress.total <= MOST_STEPS:
        raise ParameterError("steps", progress.total, f"1 … {MOST_STEPS}")
    start = perf_counter()
    every = max(1, progress.total // _FRAMES)
    frames: list[Picture] = []
    curve = np.zeros(progress.total, np.float32)
    with differentiable():
        spectrum = _Spectrum(preparation.shape, device, seed)
        optimizer = torch.optim.Adam([spectrum.coefficients], lr=rate)
        for step in range(progress.total):
            progress.check()
            picture = spectrum.picture()
            if step % every == 0:
                frames.append(_shown(picture, show))
            moved = picture.roll(spectrum.shift(jitter), (2, 3)) if jitter else picture
            found = loss(normalised(moved, preparation))
            curve[step] = found.item()
            total = found + roughness * _variation(picture)
            (gradient,) = torch.autograd.grad(total, spectrum.coefficients)
            if gradient.any():
                spectrum.coefficients.grad = gradient
                optimizer.step()
            else:  # behind a ReLU that is shut everywhere
                spectrum.stir()
            progress.step()
        frames.append(_shown(spectrum.picture(), show))
    curve.flags.writeable = False
    return Found(frames[-1], tuple(frames), curve, (perf_counter() - start) * 1000)


def _variation(picture: Tensor) -> Tensor:
    return picture.diff(dim=2).abs().mean() + picture.diff(dim=3).abs().mean()


def _shown(picture: Tensor, show: Show | None) -> Picture:
    array = picture.detach()[0].permute(1, 2, 0).cpu().numpy().astype(np.float32, order="C", copy=True)
    array.flags.writeable = False
    if show is not None:
        show(array)
    return array

"""A program that learns the same kernel: PyTorch, NumPy, and OpenCV for the picture."""

from __future__ import annotations

from cnnviz.convolution.steps import Linear, Step
from cnnviz.images import samples
from cnnviz.training.kernel_lessons import LONGEST_OWN, SIDE
from cnnviz.training.kernel_options import BETA, MOMENTUM, Options

__all__ = ["learning_program"]

_OPTIMISERS = {
    "sgd": "torch.optim.SGD(convolution.parameters(), lr={rate})",
    "momentum": "torch.optim.SGD(convolution.parameters(), lr={rate}, momentum={momentum})",
    "adam": "torch.optim.Adam(convolution.parameters(), lr={rate}, betas=({momentum}, {beta}))",
}

_PATTERNS = {
    "zone_plate": "0.5 + 0.5 * np.cos(np.pi * (0.5 / 64) * ((x - 64) ** 2 + (y - 64) ** 2))",
    "step_edge": "np.clip(x - 63.5 + 0.5, 0, 1) + 0 * y",
    "checkerboard": "(y // 16 + x // 16) % 2",
    "stripes": "0.5 + 0.5 * np.cos(2 * np.pi * 0.09 * (x - 64)) + 0 * y",
    "constant": "np.full((128, 128), 0.5)",
}


def learning_program(step: Step, picture: str, size: int, noise: float, centred: bool, options: Options) -> str:
    """A program that runs as pasted and prints the loss and the kernel; the numbers are those of the tab.

    The arguments are those of `kernel_lessons.lesson` and `kernel_learning.learn`.
    """
    margin, inner = LONGEST_OWN // 2, size // 2
    start = "torch.nn.init.zeros_(convolution.weight)" if options.start == "zero" else _random_start(size, options.seed)
    optimiser = _OPTIMISERS[options.optimiser].format(rate=options.learning_rate, momentum=MOMENTUM, beta=BETA)
    generator = f"np.random.default_rng([{options.seed}, 1])"
    disturbed = f"\ntarget = target + {generator}.normal(0, {noise}, target.shape)" if noise else ""
    return f"""import cv2
import numpy as np
import torch
{_picture(picture, options.seed)}{_centre(centred)}

# What was done to it
{_target(step)}
target = target[{margin}:-{margin}, {margin}:-{margin}]  # away from the border{disturbed}
seen = picture[{margin - inner}:{SIDE - margin + inner}, {margin - inner}:{SIDE - margin + inner}]
x, y = (torch.tensor(np.ascontiguousarray(each), dtype=torch.float32)[None, None] for each in (seen, target))

convolution = torch.nn.Conv2d(1, 1, {size}, bias=False)
{start}
optimiser = {optimiser}
for step in range({options.steps}):
    loss = (convolution(x) - y).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % {max(1, options.steps // 10)} == 0:
        print(step, loss.item())
print(convolution.weight.detach()[0, 0])
"""


def _random_start(size: int, seed: int) -> str:
    return f"""with torch.no_grad():
    generator = torch.Generator().manual_seed({seed})
    convolution.weight.copy_((2 * torch.rand(1, 1, {size}, {size}, generator=generator) - 1) / {size})"""


def _picture(key: str, seed: int) -> str:
    if key in samples.names():
        return f"""from skimage import data

photo = np.float32(data.{key}()) / 255
grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) if photo.ndim == 3 else photo
side = min(grey.shape)
top, left = ((length - side) // 2 for length in grey.shape)
picture = cv2.resize(grey[top:top + side, left:left + side], ({SIDE}, {SIDE}), interpolation=cv2.INTER_AREA)"""
    if key == "noise":
        return f"\npicture = np.random.default_rng([{seed}, 0]).random(({SIDE}, {SIDE}), np.float32)"
    return f"\ny, x = np.mgrid[:{SIDE}, :{SIDE}]\npicture = np.float32({_PATTERNS[key]})"


def _centre(centred: bool) -> str:
    return "\npicture = picture - np.float32(picture.mean(dtype=np.float64))" if centred else ""


def _target(step: Step) -> str:
    if isinstance(step, Linear):
        rows, columns = step.kernel.weights.shape
        anchor = ((columns - 1) // 2, (rows - 1) // 2)
        return (
            f"kernel = np.array({step.kernel.weights.tolist()})\n"
            f"target = cv2.filter2D(picture, -1, kernel, anchor={anchor}, borderType=cv2.BORDER_REFLECT_101)"
        )
    if hasattr(step, "size"):
        return f"target = cv2.medianBlur(picture, {step.size})"
    return (
        "across = cv2.Sobel(picture, -1, 1, 0, ksize=3)\n"
        "down = cv2.Sobel(picture, -1, 0, 1, ksize=3)\n"
        "target = np.sqrt(across**2 + down**2)"
    )

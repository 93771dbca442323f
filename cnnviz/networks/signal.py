"""How far a signal gets: root mean square of activations and gradients, layer by layer, in a network just initialised.

The networks are those of He et al. 2015 (arXiv 1512.03385, section 4.2) for pictures of 32 x 32, with and without
shortcuts. Computed in 64 bits: in 32 bits, a gradient that falls to a third in each of 110 layers would be rounded to
zero on its way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = [
    "ACTIVATIONS",
    "DEPTHS",
    "INITIALISATIONS",
    "NORMS",
    "SIDE",
    "Network",
    "Signal",
    "crops",
    "measure",
    "noise",
]

SIDE = 32  # pixels of a side of the pictures
DEPTHS = (20, 32, 44, 56, 110)
NORMS = ("none", "batch")
ACTIVATIONS = ("relu", "sigmoid")
INITIALISATIONS = ("he", "xavier", "small")
_SMALL = 0.01  # standard deviation, as in AlexNet
_MOST_PICTURES = 64
_CLASSES = 10

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """One network, and how its weights are drawn.

    Attributes:
        depth: layers with weights, one of `DEPTHS`.
        residual: with shortcuts; without, the same layers are just stacked.
        norm: "batch" for a batch norm behind each convolution, or "none".
        activation: "relu" or "sigmoid".
        initialisation: the variance of the normal distribution of the weights. "he": 2 / fan_in (He et al. 2015, arXiv
            1502.01852, equation 10); "xavier": 2 / (fan_in + fan_out) (Glorot and Bengio 2010, equation 12); "small":
            a standard deviation of 0.01 (Krizhevsky et al. 2012). Biases are 0.

    Raises:
        ParameterError: when an attribute has another value.
    """

    depth: int = 20
    residual: bool = False
    norm: str = "none"
    activation: str = "relu"
    initialisation: str = "he"

    def __post_init__(self) -> None:
        choices: dict[str, tuple[object, ...]] = {
            "depth": DEPTHS,
            "norm": NORMS,
            "activation": ACTIVATIONS,
            "initialisation": INITIALISATIONS,
        }
        for name, legal in choices.items():
            if getattr(self, name) not in legal:
                raise ParameterError(name, getattr(self, name), ", ".join(map(str, legal)))

    @property
    def key(self) -> str:
        """Its name in the zoo."""
        return f"{'resnet' if self.residual else 'plain'}{self.depth}"


@dataclass(frozen=True, eq=False)
class Signal:
    """What one pass forward and one backward showed.

    Attributes:
        network: what was measured.
        layers: names of the layers behind which it was measured: every activation, from the input on.
        activations: root mean square of the output of each of them, (depth - 1,).
        gradients: root mean square of the loss's derivative by these outputs, (depth - 1,).
    """

    network: Network
    layers: tuple[str, ...]
    activations: Array
    gradients: Array

    @property
    def gradient_decades(self) -> float:
        """Powers of ten between the gradient at the last layer and at the first: negative when it vanishes."""
        return _decades(self.gradients[-1], self.gradients[0])

    @property
    def activation_decades(self) -> float:
        """Powers of ten between the activations of the first layer and of the last."""
        return _decades(self.activations[0], self.activations[-1])


def _decades(start: float, end: float) -> float:
    return math.log10(end / start) if start > 0 and end > 0 else -math.inf


def noise(count: int = 8, seed: int = 0) -> Array:
    """Pictures of nothing: independent normal numbers of variance 1, (count, 3, 32, 32).

    Raises:
        ParameterError: when the count is not from 2 to 64.
    """
    _check_count(count)
    return np.random.default_rng(seed).standard_normal((count, 3, SIDE, SIDE))


def crops(pixels: ArrayLike, count: int = 8, seed: int = 0) -> Array:
    """Cut squares of 32 x 32 out of a picture; over all of them each channel has mean 0 and variance 1.

    Args:
        pixels: (H, W, 3), at least 32 x 32.
        count: 2 to 64 squares.
        seed: of their places.

    Returns:
        (count, 3, 32, 32).

    Raises:
        ParameterError: when the picture is too small, or the count is outside its range.
    """
    _check_count(count)
    picture = np.asarray(pixels, dtype=np.float64)
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < SIDE:
        raise ParameterError("pixels", f"{picture.shape}", f"({SIDE} …, {SIDE} …, 3)")
    numbers = np.random.default_rng(seed)
    corners = numbers.integers(0, np.array(picture.shape[:2]) - SIDE + 1, (count, 2))
    cut = np.stack([picture[row : row + SIDE, column : column + SIDE] for row, column in corners])
    spread = cut.std(axis=(0, 1, 2))
    standard = (cut - cut.mean(axis=(0, 1, 2))) / np.where(spread > 0, spread, 1)
    return np.ascontiguousarray(standard.transpose(0, 3, 1, 2))


def _check_count(count: int) -> None:
    if not 2 <= count <= _MOST_PICTURES:
        raise ParameterError("count", count, f"2 … {_MOST_PICTURES}")


def measure(network: Network, pictures: ArrayLike, seed: int = 0) -> Signal:
    """Initialise a network, run it forward once in training mode and backward once, and measure every layer.

    The loss is the cross-entropy against classes drawn at random, as in the first step of a training. The model is
    built for this call alone, and nothing is drawn from torch's own random numbers, so calls may run side by side.

    Args:
        network: which one.
        pictures: (N, 3, 32, 32), N from 2 to 64.
        seed: of weights and classes.

    Raises:
        ParameterError: when the pictures have another shape.
    """
    import torch

    x = torch.from_numpy(np.array(pictures, dtype=np.float64))
    if x.ndim != 4 or tuple(x.shape[1:]) != (3, SIDE, SIDE):
        raise ParameterError("pictures", f"{tuple(x.shape)}", f"(N, 3, {SIDE}, {SIDE})")
    _check_count(len(x))
    numbers = torch.Generator().manual_seed(seed)
    model = _initialised(network, numbers)
    outputs = _record(model)
    classes = torch.randint(_CLASSES, (len(x),), generator=numbers)
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(model(x), classes)
        gradients = torch.autograd.grad(loss, list(outputs.values()))
    activations = np.array([_rms(each) for each in outputs.values()])
    return Signal(network, tuple(outputs), activations, np.array([_rms(each) for each in gradients]))


def _initialised(network: Network, numbers: torch.Generator) -> nn.Module:
    """Build without numbers, which costs nothing, and draw them afterwards: the zoo would draw others."""
    import torch

    with torch.device("meta"):
        model = zoo.build(network.key, norm=network.norm, activation=network.activation)
    model = model.to_empty(device="cpu").double().train()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                module.weight.normal_(0, _deviation(module.weight, network.initialisation), generator=numbers)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, torch.nn.BatchNorm2d):
                module.reset_parameters()
    return model


def _deviation(weight: torch.Tensor, initialisation: str) -> float:
    window = math.prod(weight.shape[2:])
    fan_in, fan_out = weight.shape[1] * window, weight.shape[0] * window
    match initialisation:
        case "he":
            return math.sqrt(2 / fan_in)
        case "xavier":
            return math.sqrt(2 / (fan_in + fan_out))
    return _SMALL


def _record(model: nn.Module) -> dict[str, torch.Tensor]:
    """Keep the output of every activation, by name, when the model runs."""
    outputs: dict[str, torch.Tensor] = {}
    for name, module in _activations(model):

        def keep(_module: nn.Module, _inputs: object, output: torch.Tensor, name: str = name) -> None:
            outputs[name] = output

        module.register_forward_hook(keep)
    return outputs


def _activations(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    from torch import nn

    return ((name, each) for name, each in model.named_modules() if isinstance(each, nn.ReLU | nn.Sigmoid))


def _rms(values: torch.Tensor) -> float:
    """Root mean square; divided by the largest number first, since squares of 1e-160 would be 0."""
    values = values.detach()
    largest = float(values.abs().max())
    if not 0 < largest < math.inf:
        return largest
    return largest * float((values / largest).square().mean().sqrt())

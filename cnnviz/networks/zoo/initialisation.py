"""How weights begin, where several networks begin alike; a network with a way of its own has it in its own file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from torch import Generator, nn
from torch.overrides import TorchFunctionMode

__all__ = ["Seeded", "Undrawn", "glorot", "he"]


def he(network: nn.Module) -> None:
    """Draw the weights of all convolutions and linear layers from N(0, 2 / fan-in), biases zero.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015, equation 10: behind a ReLU, which lets half of the
    values through, signals keep their size. Normalisations begin as identities.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def glorot(network: nn.Module) -> None:
    """Draw the weights of all convolutions and linear layers evenly from ±√(6 / (fan-in + fan-out)), biases zero.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, equation 16:
    between signals that keep their size on the way forward and gradients that keep theirs on the way back.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class Undrawn(TorchFunctionMode):
    """Leaves out the drawing of numbers, for networks that will get others or, on the "meta" device, have none.

    There PyTorch draws with functions written in Python, which import its compiler: seconds, for nothing.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the tensor that `func` would fill, or what `func` returns."""
        kwargs = kwargs or {}
        drawing = getattr(func, "__module__", "") == "torch.nn.init"
        if drawing or getattr(func, "__name__", "") in ("normal_", "uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


class Seeded(TorchFunctionMode):
    """Draws a network's first weights from a generator of this thread, the same numbers as `torch.manual_seed` gives.

    PyTorch's own generator belongs to all threads of the process: seeding it there is no use while another one draws.

    Args:
        seed: of the generator.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = Generator().manual_seed(seed)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call `func`, with the generator if it draws."""
        kwargs = kwargs or {}
        if _draws(func) and kwargs.get("generator") is None:
            kwargs = {**kwargs, "generator": self._generator}
        return func(*args, **kwargs)


@cache
def _draws(func: Callable[..., Any]) -> bool:
    if getattr(func, "__module__", "") == "torch.nn.init":
        return "generator" in inspect.signature(func).parameters
    return getattr(func, "__name__", "") in ("normal_", "uniform_")

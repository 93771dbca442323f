"""How a convolution learns a kernel: optimiser, learning rate, steps and start, with their ranges."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = ["BETA", "EPSILON", "MOMENTUM", "NUMBERS", "OPTIMISERS", "STARTS", "Options"]

OPTIMISERS = ("sgd", "momentum", "adam")
STARTS = ("random", "zero")
MOMENTUM = 0.9
"""Share of the last velocity that stays; β₁ of Adam."""
BETA = 0.999
"""β₂ of Adam."""
EPSILON = 1e-8
"""ε of Adam: D. P. Kingma, J. Ba: Adam, a method for stochastic optimization (2015), algorithm 1."""

NUMBERS = (
    Parameter("learning_rate", N_("learning rate"), 0.3, 1e-4, 10.0, 0.01),
    Parameter("steps", N_("steps"), 300, 10, 2000, 10, integer=True),
    Parameter("seed", N_("seed"), 0, 0, 999, 1, integer=True),
)


@dataclass(frozen=True)
class Options:
    """How to learn.

    Attributes:
        optimiser: "sgd" (plain gradient descent here: the batch is the whole picture), "momentum" or "adam".
        learning_rate: η, 0.0001 to 10.
        steps: 10 to 2000, in tens.
        start: "random" or "zero".
        seed: of the random start, 0 to 999.

    Raises:
        ParameterError: for a value outside its range.
    """

    optimiser: str = "sgd"
    learning_rate: float = 0.3
    steps: int = 300
    start: str = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every value, and give numbers their type."""
        for number in NUMBERS:
            object.__setattr__(self, number.name, number.check(getattr(self, number.name)))
        for name, legal in (("optimiser", OPTIMISERS), ("start", STARTS)):
            if getattr(self, name) not in legal:
                raise ParameterError(name, getattr(self, name), ", ".join(legal))

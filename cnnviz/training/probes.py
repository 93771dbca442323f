"""Looking at a network between two epochs, without changing anything in it: see `observations`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.training.aside import aside
from cnnviz.training.blocks import blocks
from cnnviz.training.loop import Evaluation, Loop, evaluate
from cnnviz.training.observations import MOST_BLOCKS, MOST_CHANNELS, Answers, Observation
from cnnviz.training.pictures import DataSet, Pictures

__all__ = ["MOST_FILTERS", "observe", "strip", "weighted"]

MOST_FILTERS = 64
"""Filters of the first layer that an observation keeps."""

_LAYERS = 160
_STRIP, _MISTAKES = 24, 12
_BEFORE = 1000  # test pictures that are asked about before training
_BATCH = 128  # at most, for the gradients before the first step
_SIDE = 64  # largest side of maps and pictures that are kept

T = TypeVar("T")


def observe(loop: Loop, data: DataSet) -> Observation:
    """Look at the network of `loop`, which was made with `data`; see `Observation` for what is seen."""
    layers, labels = weighted(loop.network), data.test.labels.numpy()
    chosen = strip(labels)
    asked, evaluation = _evaluated(loop, chosen)
    activations, maps = _forward(loop, layers, torch.from_numpy(chosen))
    probabilities = np.zeros((len(labels), loop.classes), np.float32)  # 0 for pictures that were not asked about
    probabilities[asked] = evaluation.logits.softmax(dim=1).cpu().numpy()
    wrong = asked[_mistakes(probabilities[asked], labels[asked])]
    answers = probabilities.argmax(axis=1)
    return Observation(
        epoch=loop.epoch,
        filters=_filters(loop.network),
        maps=maps,
        picture=_shown(data.test, chosen[:1])[0],
        gradient_norms=_norms(layers, _gradients(loop, layers)),
        weight_norms=_norms(layers, _weights(layers)),
        activation_norms=activations,
        confusion=np.array(evaluation.confusion, np.int64),
        strip=_told(data.test, chosen, answers, probabilities[chosen, labels[chosen]]),
        mistakes=_told(data.test, wrong, answers, probabilities[wrong, answers[wrong]]),
    )


def _evaluated(loop: Loop, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], Evaluation]:
    """Indices of test pictures, in order, and what was measured with them: all, but some before training.

    Nothing has been learned then, and who waits for the first step should not wait for thousands of guesses.
    """
    count = len(loop.test[1])
    if loop.evaluation or loop.epoch or count <= _BEFORE:
        return np.arange(count), loop.evaluation or loop.evaluate()
    asked = np.union1d(np.linspace(0, count - 1, _BEFORE).round().astype(np.int64), chosen)
    images, labels = (each[torch.from_numpy(asked).to(each.device)] for each in loop.test)
    return asked, evaluate(loop.network, images, labels, loop.classes)


def weighted(network: nn.Module) -> dict[str, nn.Module]:
    """Layers whose weight is a matrix or more, by name; at most 160, evenly from all depths."""
    found = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(weight := getattr(module, "weight", None), nn.Parameter) and weight.ndim >= 2
    ]
    return dict(_spread(found, _LAYERS))


def _weights(layers: Mapping[str, nn.Module]) -> list[nn.Parameter]:
    return [module.get_parameter("weight") for module in layers.values()]


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Up to so many, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, count)]


def _filters(network: nn.Module) -> NDArray[np.float32]:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            filters: NDArray[np.float32] = module.weight.detach()[:MOST_FILTERS].float().cpu().numpy().copy()
            return filters
    return np.zeros((0, 1, 1, 1), np.float32)


def strip(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of up to 24 pictures, of as many classes as can be: the first of each, then the second of each."""
    by_class = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[by_class], labels[by_class])
    turn = np.arange(len(labels)) - first  # how many of the class came before
    order = by_class[np.lexsort((labels[by_class], turn))]
    classes = int((turn == 0).sum())
    return np.array(_spread(order[:classes].tolist(), _STRIP) if classes > _STRIP else order[:_STRIP], np.int64)


def _mistakes(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of the pictures with the highest probability for a wrong answer, the worst first."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:_MISTAKES]]


def _told(
    pictures: Pictures, which: NDArray[np.int64], answers: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> Answers:
    labels = pictures.labels.numpy()
    return Answers(which, labels[which], answers[which], probabilities, _shown(pictures, which))


def _shown(pictures: Pictures, which: NDArray[np.int64]) -> NDArray[np.uint8]:
    return _small(pictures.images[torch.from_numpy(which)]).numpy()


def _small(values: Tensor) -> Tensor:
    """Planes (…, H, W) with sides above 64 averaged down to 64."""
    size = (min(values.shape[-2], _SIDE), min(values.shape[-1], _SIDE))
    if size == tuple(values.shape[-2:]):
        return values
    smaller = functional.adaptive_avg_pool2d(values.float(), size)
    return smaller if values.is_floating_point() else smaller.round().to(values.dtype)


@torch.no_grad()
def _norms(layers: Mapping[str, nn.Module], tensors: Sequence[Tensor | None]) -> dict[str, float]:
    """Euclidean norm of a tensor for each layer; 0 where there is none."""
    zero = torch.zeros((), device=_weights(layers)[0].device)
    found = [zero if each is None else each.float().norm() for each in tensors]
    return dict(zip(layers, torch.stack(found).tolist(), strict=True))  # one wait for the device, not one a layer


def _gradients(loop: Loop, layers: Mapping[str, nn.Module]) -> list[Tensor | None]:
    """Those of the last step; before the first one, those of a batch from all over the training pictures."""
    weights = _weights(layers)
    if any(each.grad is not None for each in weights):
        return [each.grad for each in weights]
    images, labels = loop.train
    count = min(loop.recipe.batch_size, _BATCH, len(labels))
    batch = torch.linspace(0, len(labels) - 1, count).long().to(labels.device)
    learning = [each for each in weights if each.requires_grad]
    with aside(loop.network):
        torch.manual_seed(loop.recipe.seed)  # for dropout
        loop.set_to_learn()
        loss, _ = loop.loss(loop.network, images[batch], labels[batch])
        found = dict(zip(map(id, learning), torch.autograd.grad(loss, learning, allow_unused=True), strict=True))
    return [found.get(id(each)) for each in weights]


def _forward(
    loop: Loop, layers: Mapping[str, nn.Module], chosen: Tensor
) -> tuple[dict[str, float], dict[str, NDArray[np.float32]]]:
    """Root mean square of every layer's output for these test pictures, and the maps of the first picture."""
    squares: dict[str, list[Tensor]] = {name: [] for name in layers}
    maps: dict[str, Tensor] = {}

    def measure(name: str, output: Tensor) -> None:
        squares[name].append(output.float().square().mean())

    def keep(name: str, output: Tensor) -> None:
        if output.ndim == 4 and output.shape[2] * output.shape[3] > 1 and name not in maps:
            maps[name] = _small(output[0, :MOST_CHANNELS].float()).clone()  # a layer behind it may work in place

    seen = {name: module for name, module in blocks(loop.network) if _convolves(module)}
    with aside(loop.network), torch.no_grad(), _watched(layers, measure), _watched(seen, keep):
        loop.network.eval()
        loop.network(loop.test[0][chosen.to(loop.test[0].device)])
    means = torch.stack([torch.stack(each).mean() if each else torch.zeros(()) for each in squares.values()])
    return dict(zip(layers, means.sqrt().tolist(), strict=True)), {
        name: maps[name].cpu().numpy() for name in _spread(list(maps), MOST_BLOCKS)
    }


def _convolves(module: nn.Module) -> bool:
    return any(isinstance(each, nn.Conv2d) for each in module.modules())


@contextmanager
def _watched(modules: Mapping[str, nn.Module], look: Callable[[str, Tensor], None]) -> Iterator[None]:
    """Call `look` with the name and the output of each of these modules whenever it has run."""
    handles = []
    try:
        for name, module in modules.items():

            def hook(_module: nn.Module, _inputs: Any, output: Any, name: str = name) -> None:
                look(name, output[0] if isinstance(output, tuple) else output)

            handles.append(module.register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()

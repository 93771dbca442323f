"""The loop: what a network does with pictures to learn from them. Plain PyTorch, to be read from top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from cnnviz.errors import DataError, ParameterError, RunError
from cnnviz.networks import custom, zoo
from cnnviz.networks.custom import building
from cnnviz.networks.summary import summarize
from cnnviz.text import N_
from cnnviz.training import freezing, start
from cnnviz.training.aside import aside, random_state, set_random_state
from cnnviz.training.augment import Augmentation
from cnnviz.training.pictures import DataSet, Pictures
from cnnviz.training.recipe import CUSTOM, Recipe
from cnnviz.training.schedule import share
from cnnviz.training.states import DIVERGED
from cnnviz.training.team import ALONE, Team
from cnnviz.training.turn import TURN

__all__ = ["Evaluation", "Loop", "Metrics", "Step", "build", "evaluate", "prepare"]

Metrics = dict[str, float | int]

_TOP = 5
_AUXILIARY = 0.3  # weight of the loss of each auxiliary head: Szegedy et al. 2014, section 5
_TOGETHER = 500  # pictures that are evaluated at once

_OUTPUT = N_("{model} does not answer with one number for each class, and cannot be trained here.")
_SMALL = N_("{model} cannot be trained on pictures of {rows} × {columns} pixels: a layer needs larger ones.")
_NO_STEP = N_("No step has been taken yet.")
_FEW = N_("There are {pictures} pictures to learn from, fewer than one batch of {batch}: make the batches smaller.")


def build(recipe: Recipe, data: DataSet) -> nn.Module:
    """Build the recipe's network for the channels and classes of `data`, with first weights that its seed draws.

    Raises:
        ShapeError: when one of its layers cannot be used on pictures of this size.
        DataError: when it does not end in one number for each class, or a head for training needs larger pictures.
        ParameterError: when a network of one's own is for other pictures or other classes.
    """
    if recipe.model == CUSTOM:
        return _own(recipe, data)
    sizes = {"in_channels": data.shape[0], "num_classes": len(data.classes)}
    blueprint = zoo.blueprint(recipe.model, **recipe.options, **sizes)
    found = summarize(blueprint, (1, *data.shape))
    if found.failure:
        raise found.failure
    if not found.untraced and found.layers[found.outputs[0]].output_shape != (1, len(data.classes)):
        raise DataError(_OUTPUT, model=recipe.model)
    try:  # heads that are there in training alone may need larger pictures
        blueprint.train()(torch.empty(2, *data.shape, device="meta"))
    except RuntimeError as error:
        raise DataError(_SMALL, model=recipe.model, rows=data.shape[1], columns=data.shape[2]) from error
    with _seeded(recipe.seed):
        return zoo.build(recipe.model, **recipe.options, **sizes)


def _own(recipe: Recipe, data: DataSet) -> nn.Module:
    """Build the network that is written in the recipe."""
    network = custom.read(recipe.layers)
    if network.input_shape != data.shape:
        given, needed = ("x".join(map(str, each)) for each in (network.input_shape, data.shape))
        raise ParameterError("input", given, needed, N_("the network begins with the pictures"))
    output = custom.steps(network)[-1].cost.output
    if output != (len(data.classes),):
        given, needed = " × ".join(map(str, output)), str(len(data.classes))
        raise ParameterError("output", given, needed, N_("the network ends in one number for each class"))
    with _seeded(recipe.seed):
        return building.build(network)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw PyTorch's own random numbers from `seed`, when no other thread does, and leave them as they were."""
    with TURN, torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_available() else []):
        torch.manual_seed(seed)
        yield


def prepare(pictures: Pictures, data: DataSet, device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Normalise pictures, once for all epochs, and bring them to the device with their labels.

    Returns:
        float32, shape (N, C, H, W), (level / 255 − mean) / std; and int64, shape (N,).
    """
    mean, std = (torch.tensor(each).view(1, -1, 1, 1) for each in (data.mean, data.std))
    images = (pictures.images.float() / 255 - mean) / std
    return images.to(device), pictures.labels.to(device)


@dataclass(frozen=True)
class Step:
    """One step of the optimiser, when it is done.

    Attributes:
        pictures: in the batch.
        number: of the step in the whole run, from 0.
        steps: in an epoch.
        epoch: that the step is in, from 1.
        learning_rate: that it used.
        loss: mean over the batch, before the step; a tensor without dimensions on the device, because asking for its
            number makes the device wait. In a team, of this process's share of the batch.
    """

    pictures: int
    number: int
    steps: int
    epoch: int
    learning_rate: float
    loss: Tensor


class Loop:
    """A network, its optimiser and its data, and how far they have come.

    The random numbers of an epoch follow from the recipe's seed and the number of the epoch alone. So a checkpoint
    holds no state of them, and an epoch comes out the same whether the epochs before it ran in this process or not.

    Args:
        recipe: how to train.
        data: what to train on.
        device: "cpu" or "cuda".
        team: the processes that train together.

    Attributes:
        network: in the state after `epoch` epochs.
        optimiser: likewise.
        epoch: epochs that are done.
        frozen: modules that are not changed, and are used as when answering.
        train, test: normalised pictures and their labels, on the device, as `prepare` returns them.
        evaluation: what was measured last; None before that.

    Raises:
        ShapeError, DataError: when the network cannot be used on the pictures.
        ParameterError: when the team cannot share a batch evenly, or there is no such layer to freeze.
        WeightsError: when the weights to begin with are not there, or belong to another network.
    """

    def __init__(self, recipe: Recipe, data: DataSet, device: str = "cpu", team: Team = ALONE) -> None:
        self.recipe, self.device, self.team, self.epoch = recipe, device, team, 0
        team.check(recipe.batch_size)
        self.classes = len(data.classes)
        self.steps = len(data.train) // recipe.batch_size
        if not self.steps:
            raise DataError(_FEW, pictures=len(data.train), batch=recipe.batch_size)
        beginning = start.find(recipe)
        if beginning:
            data = beginning.adapted(data)
        self._format = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.network = build(recipe, data).to(device)
        if beginning:
            beginning.put_into(self.network)
        self.frozen = freezing.freeze(self.network, recipe, data.shape)
        if recipe.channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its types forget it
        self.optimiser = _optimiser(recipe, self.network)
        self._model = team.wrap(self.network)
        self.train, self.test = (prepare(part, data, device) for part in (data.train, data.test))
        self.augmentation = Augmentation(recipe.augmentation, data.mean, data.std)
        self.evaluation: Evaluation | None = None
        self._last: tuple[Tensor, Tensor, Tensor] | None = None  # pictures, labels and random state of the last step

    def run_epoch(self, on_step: Callable[[Step], None] | None = None) -> Metrics:
        """Learn from every training picture once, then measure on all test pictures.

        Args:
            on_step: called after every step.

        Returns:
            epoch (from 1), learning_rate (of the last step), train_loss and train_accuracy (while learning, with
            augmentation), test_loss, test_accuracy, test_top5 (shares, 0 to 1), seconds (of learning alone) and
            pictures_per_second.

        Raises:
            RunError: when the loss is not a number any more.
        """
        start, aside = time.perf_counter(), 0.0

        def told(step: Step) -> None:
            nonlocal aside
            if on_step:
                before = time.perf_counter()
                on_step(step)  # may pause for as long as somebody wants
                aside += time.perf_counter() - before

        loss, accuracy = self._learn(told)
        seconds = time.perf_counter() - start - aside
        found = self.evaluate()
        self.epoch += 1
        return {
            "epoch": self.epoch,
            "learning_rate": self.optimiser.param_groups[0]["lr"],
            "train_loss": loss,
            "train_accuracy": accuracy,
            "test_loss": found.loss,
            "test_accuracy": found.top1,
            "test_top5": found.top5,
            "seconds": seconds,
            "pictures_per_second": self.steps * self.recipe.batch_size / seconds,
        }

    def set_to_learn(self) -> None:
        """Put the network into the mode for training, except for what is frozen."""
        self.network.train()
        for module in self.frozen:
            module.eval()

    def _learn(self, on_step: Callable[[Step], None]) -> tuple[float, float]:
        """One epoch of steps. Returns the mean loss and the share of right answers."""
        self.set_to_learn()
        images, labels = self.train
        seed = self.recipe.seed * 1_000_003 + self.epoch + 1  # the first weights are drawn from the seed itself
        generator = Generator().manual_seed(seed)
        order = torch.randperm(len(labels), generator=generator)[: self.steps * self.recipe.batch_size]
        losses = torch.zeros((), device=self.device)  # summed on the device: asking for a number makes it wait
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        with _seeded(seed):  # for dropout
            for number, batch in enumerate(torch.split(order.to(self.device), self.recipe.batch_size)):
                x, y = map(self.team.share, (self.augmentation(images[batch], generator), labels[batch]))
                self._last = (x, y, random_state(self.device))
                count = self.epoch * self.steps + number
                loss, logits = self._step(x, y, count)
                losses += loss
                right += (logits.argmax(dim=1) == y).sum()
                on_step(Step(len(batch), count, self.steps, self.epoch + 1, self._rate(count), loss))
        mean = self.team.total(losses).item() / self.steps / self.team.size
        if not math.isfinite(mean):
            raise RunError(DIVERGED, epoch=self.epoch + 1)
        return mean, self.team.total(right).item() / len(order)

    def _step(self, x: Tensor, y: Tensor, number: int) -> tuple[Tensor, Tensor]:
        """One step of the optimiser on one batch; `number` counts all steps of the run. Returns loss and logits."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate(number)
        loss, logits = self.loss(self._model, x, y)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
        self.optimiser.step()
        return loss.detach(), logits.detach()

    def _rate(self, number: int) -> float:
        return self.recipe.learning_rate * share(self.recipe.schedule, number, self.steps * self.recipe.epochs)

    def loss(self, network: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a batch, auxiliary heads included, as the recipe wants it, and the logits.

        Args:
            network: `self.network`, or what wraps it.
            x: normalised pictures, shape (N, C, H, W).
            y: their labels, shape (N,).
        """
        with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.mixed_precision):
            answers = network(x.contiguous(memory_format=self._format))
            logits, *auxiliary = answers if isinstance(answers, tuple) else (answers,)
            loss = self._cross_entropy(logits, y)
            for other in auxiliary:
                loss = loss + _AUXILIARY * self._cross_entropy(other, y)
        return loss, logits

    def _cross_entropy(self, logits: Tensor, y: Tensor) -> Tensor:
        return functional.cross_entropy(logits, y, label_smoothing=self.recipe.label_smoothing)

    @torch.no_grad()
    def loss_of_last_batch(self) -> float:
        """The training loss on the batch of the last step, with the weights as they are now.

        The same pictures with the same augmentation, and the same units left out by dropout: what differs from the
        loss of the step comes from its change of the weights alone. Nothing else changes: random numbers, statistics
        of batch normalisation, gradients and mode are as before.

        Raises:
            RunError: before the first step.
        """
        if self._last is None:
            raise RunError(_NO_STEP)
        x, y, state = self._last
        with aside(self.network):
            self.set_to_learn()
            set_random_state(self.device, state)
            return self.loss(self.network, x, y)[0].item()

    def evaluate(self) -> Evaluation:
        """Measure on all test pictures, as `evaluate` does, and keep it as `evaluation`."""
        self.evaluation = evaluate(self.network, *self.test, self.classes)
        return self.evaluation


def _optimiser(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    learned = [each for each in network.parameters() if each.requires_grad]
    if recipe.optimiser == "adam":
        betas = (recipe.momentum, 0.999)
        return torch.optim.Adam(learned, recipe.learning_rate, betas, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(learned, recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay)


@dataclass(frozen=True)
class Evaluation:
    """How well a network answers.

    Attributes:
        loss: mean cross-entropy, in nats.
        top1: share of pictures whose class has the highest score.
        top5: share of pictures whose class is among the five highest (all, when there are fewer classes).
        confusion: pictures of each class (rows) by the answer that they got (columns).
        logits: all answers, float32, shape (N, classes).
    """

    loss: float
    top1: float
    top5: float
    confusion: tuple[tuple[int, ...], ...]
    logits: Tensor = field(compare=False, repr=False)


@torch.no_grad()
def evaluate(network: nn.Module, images: Tensor, labels: Tensor, classes: int) -> Evaluation:
    """Ask a network about normalised pictures; its mode is as before afterwards.

    Args:
        network: from (N, C, H, W) to (N, classes).
        images: float32, shape (N, C, H, W).
        labels: int64, shape (N,).
        classes: number of classes.
    """
    with aside(network):
        network.eval()
        logits = torch.cat([network(part) for part in torch.split(images, _TOGETHER)]).float()
    best = logits.topk(min(_TOP, classes)).indices == labels[:, None]
    pairs = torch.bincount(labels * classes + logits.argmax(dim=1), minlength=classes**2)
    return Evaluation(
        loss=functional.cross_entropy(logits, labels).item(),
        top1=best[:, 0].double().mean().item(),
        top5=best.any(dim=1).double().mean().item(),
        confusion=tuple(tuple(row) for row in pairs.view(classes, classes).tolist()),
        logits=logits,
    )

"""The loop learns, repeats itself bit by bit, and measures as scikit-learn does."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss, top_k_accuracy_score

from cnnviz.errors import DataError, RunError, ShapeError
from cnnviz.training import data
from cnnviz.training.loop import Loop, Step, build, evaluate, prepare
from cnnviz.training.pictures import Pictures
from cnnviz.training.recipe import Recipe
from cnnviz.training.schedule import share
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from cnnviz.training.loop import Metrics

torch.set_num_threads(1)

RECIPE = Recipe(epochs=2, batch_size=16, options={"dropout": 0.3}, augmentation=("flip", "crop", "erasing"))


def weights(loop: Loop) -> torch.Tensor:
    """All numbers of a network in one row."""
    return torch.cat([each.flatten().double() for each in loop.network.state_dict().values()])


def timeless(metrics: Metrics) -> Metrics:
    """What does not depend on how fast the machine is."""
    return {key: value for key, value in metrics.items() if "second" not in key}


def test_lenet_learns_the_digits() -> None:
    """Three epochs of the default recipe name more than nine digits out of ten."""
    loop = Loop(Recipe(epochs=3), data.load())
    found = [loop.run_epoch() for _ in range(3)]
    assert found[-1]["test_accuracy"] > 0.9
    assert found[-1]["train_loss"] < found[0]["train_loss"]


def test_a_seed_repeats_a_run_bit_by_bit() -> None:
    """Order, augmentation, dropout and first weights follow from it; another seed gives another run."""
    pictures = stripes()
    loops = [Loop(recipe, pictures) for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=1))]
    found = []
    for loop in loops:
        torch.rand(3)  # what others draw in between does not matter
        found.append(timeless(loop.run_epoch()))
    first, same, other = map(weights, loops)
    assert torch.equal(first, same)
    assert found[0] == found[1] != found[2]
    assert not torch.equal(first, other)


def test_the_random_numbers_of_others_are_left_alone() -> None:
    """Training in between changes nothing that somebody else draws."""
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    Loop(RECIPE, stripes(32)).run_epoch()
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_an_epoch_is_what_pytorch_does(optimiser: str) -> None:
    """Written out with PyTorch's own scheduler and a fixed order, the weights come out the same."""
    pictures = stripes(48)
    recipe = Recipe(epochs=1, batch_size=16, optimiser=optimiser, learning_rate=0.01, label_smoothing=0.1)
    loop = Loop(recipe, pictures)
    network = build(recipe, pictures)
    order = torch.randperm(48, generator=torch.Generator().manual_seed(1))
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    more = {"momentum": 0.9} if optimiser == "sgd" else {}
    steps = kinds[optimiser](network.parameters(), lr=0.01, weight_decay=5e-4, **more)
    rates = torch.optim.lr_scheduler.OneCycleLR(steps, max_lr=0.01, total_steps=3, cycle_momentum=False)
    images, labels = prepare(pictures.train, pictures)
    for batch in order.view(3, 16):
        loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)(network(images[batch]), labels[batch])
        network.zero_grad()
        loss.backward()
        steps.step()
        rates.step()
    loop.run_epoch()
    for ours, expected in zip(loop.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-5)


def test_pictures_are_normalised_by_their_statistics() -> None:
    """All training pictures together have mean 0 and deviation 1 in every channel."""
    images, labels = prepare(stripes().train, stripes())
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert torch.equal(labels, stripes().train.labels)


def test_measures_agree_with_scikit_learn() -> None:
    """Loss, top-1, top-5 and the confusion matrix of random answers."""
    generator = torch.Generator().manual_seed(4)
    scores = torch.randn(1100, 12, generator=generator)
    labels = torch.randint(0, 12, (1100,), generator=generator)
    network = torch.nn.Flatten().train()
    found = evaluate(network, scores.view(1100, 3, 2, 2), labels, 12)
    assert network.training
    assert found.top1 == pytest.approx((scores.argmax(1) == labels).double().mean().item())
    assert found.top5 == pytest.approx(top_k_accuracy_score(labels.numpy(), scores.numpy(), k=5))
    assert found.loss == pytest.approx(log_loss(labels.numpy(), scores.softmax(1).numpy()), rel=1e-5)
    expected = confusion_matrix(labels.numpy(), scores.argmax(1).numpy(), labels=range(12))
    np.testing.assert_array_equal(found.confusion, expected)


@pytest.mark.parametrize("change", [{"channels_last": True}, {"mixed_precision": True}])
def test_faster_ways_give_nearly_the_same(change: dict[str, bool]) -> None:
    """The order of memory or a coarser product changes the loss by little."""
    plain = Recipe(epochs=1, batch_size=16, learning_rate=0.01)
    losses = [Loop(recipe, stripes(48)).run_epoch()["train_loss"] for recipe in (plain, replace(plain, **change))]
    assert losses[0] == pytest.approx(losses[1], rel=0.03)


def test_every_step_is_told() -> None:
    """Who watches is told its place, its learning rate and its loss; pictures that fill no batch are left out."""
    steps: list[Step] = []
    recipe = replace(RECIPE, batch_size=20)
    loop = Loop(recipe, stripes(50))
    metrics = [loop.run_epoch(steps.append) for _ in range(2)]
    assert [each.pictures for each in steps] == [20] * 4
    assert [(each.epoch, each.number, each.steps) for each in steps] == [(1, 0, 2), (1, 1, 2), (2, 2, 2), (2, 3, 2)]
    assert [each.learning_rate for each in steps] == [0.05 * share("one-cycle", number, 4) for number in range(4)]
    assert not any(each.loss.requires_grad or each.loss.ndim for each in steps)
    assert (steps[2].loss + steps[3].loss).item() / 2 == pytest.approx(metrics[1]["train_loss"], rel=1e-6)


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"norm": "batch"}])
def test_the_last_batch_is_looked_at_without_a_trace(options: dict[str, float | str]) -> None:
    """Asked after every step, nothing in the run changes, and a step that is not taken would have changed nothing."""
    recipe = replace(RECIPE, options=options)
    quiet, asked = Loop(recipe, stripes(64)), Loop(recipe, stripes(64))
    afterwards: list[float] = []
    modes: set[bool] = set()

    def ask(_: Step) -> None:
        gradients = [each.grad.clone() for each in asked.network.parameters() if each.grad is not None]
        modes.update(module.training for module in asked.network.modules())
        afterwards.append(asked.loss_of_last_batch())
        modes.update(module.training for module in asked.network.modules())
        for before, each in zip(gradients, asked.network.parameters(), strict=True):
            assert torch.equal(before, each.grad)

    assert timeless(quiet.run_epoch()) == timeless(asked.run_epoch(ask))
    assert torch.equal(weights(quiet), weights(asked))
    assert modes == {True}
    assert len(set(afterwards)) == 4


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"norm": "batch"}])
def test_without_a_change_of_the_weights_the_loss_is_that_of_the_step(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, float | str]
) -> None:
    """Same pictures, same units left out, same statistics: with an optimiser that rests, the numbers are equal."""
    loop = Loop(replace(RECIPE, options=options), stripes(32))
    monkeypatch.setattr(loop.optimiser, "step", lambda: None)
    with pytest.raises(RunError):
        loop.loss_of_last_batch()
    found: list[tuple[float, float]] = []
    loop.run_epoch(lambda step: found.append((step.loss.item(), loop.loss_of_last_batch())))
    assert all(before == after for before, after in found)
    assert found[0][0] != found[1][0]


def test_a_loss_that_explodes_is_said() -> None:
    """A learning rate that is too large ends in a sentence that says so."""
    loop = Loop(replace(RECIPE, learning_rate=10.0, momentum=0.99, schedule="constant"), stripes())
    with pytest.raises(RunError, match="smaller learning rate"):
        [loop.run_epoch() for _ in range(40)]


def test_networks_that_do_not_fit_are_refused() -> None:
    """Pictures too small for a layer, too few for a batch, or a network that does not classify."""
    with pytest.raises(ShapeError):
        Loop(RECIPE, stripes(32, size=12))
    with pytest.raises(DataError, match="fewer than one batch"):
        Loop(RECIPE, stripes(8))
    labelled = stripes(32)
    larger = Pictures(torch.zeros(32, 1, 64, 64, dtype=torch.uint8), labelled.train.labels)
    with pytest.raises((DataError, ShapeError)):
        Loop(RECIPE, replace(labelled, train=larger))


def test_a_pause_is_not_learning() -> None:
    """Time that is spent by whoever is told of a step does not count."""
    loop = Loop(Recipe(model="lenet5", batch_size=16), stripes())
    metrics = loop.run_epoch(lambda _: time.sleep(0.2))
    assert metrics["seconds"] < 0.2 * loop.steps

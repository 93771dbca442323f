"""Signals through depth: laws of initialisation, and torch's own gradients."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.networks import signal, zoo
from cnnviz.networks.signal import DEPTHS, Network, Signal, crops, measure, noise

torch.set_num_threads(1)

DEEP = 44  # layers: fourteen of each width


def ratios(values: np.ndarray) -> np.ndarray:
    """From each layer to the next."""
    return values[1:] / values[:-1]


def within_a_stage(found: Signal, stage: int) -> slice:
    """The layers of one width, without the first one, which changes it."""
    length = (found.network.depth - 2) // 3
    return slice(1 + stage * length, (stage + 1) * length)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("depth", DEPTHS[:2])
def test_every_layer_but_the_classifier_is_measured(depth: int, residual: bool) -> None:
    """One measurement behind each convolution, all positive and finite."""
    found = measure(Network(depth, residual), noise(2))
    assert found.activations.shape == found.gradients.shape == (depth - 1,) == (len(set(found.layers)),)
    for values in (found.activations, found.gradients):
        assert np.isfinite(values).all()
        assert (values > 0).all()


def test_he_keeps_the_signal_of_a_plain_relu_network() -> None:
    """Forward, equation 10 of He et al. 2015 keeps the mean square; what is lost at the maps' edges stays small."""
    found = measure(Network(DEEP, initialisation="he"), noise())
    change = math.exp(np.log(ratios(found.activations[within_a_stage(found, 1)] ** 2)).mean())
    assert 0.75 < change < 1.25


def test_xavier_halves_the_variance_behind_each_relu() -> None:
    """Its variance, 1/n where a layer keeps its width, does not make up for the half that is cut off; He's does."""
    found = measure(Network(DEEP, initialisation="xavier"), noise())
    he = measure(Network(DEEP, initialisation="he"), noise())
    change = math.exp(np.log(ratios(found.activations[within_a_stage(found, 1)] ** 2)).mean())
    assert 0.37 < change < 0.62
    for stage in range(3):
        here = within_a_stage(found, stage)
        assert np.allclose(ratios(found.activations[here] ** 2), ratios(he.activations[here] ** 2) / 2)


def test_sigmoid_and_small_weights_starve_the_gradient_by_a_law() -> None:
    """The slope of the sigmoid at 0 is 1/4: n outputs with weights of 0.01 give 0.0025·sqrt(n), 33 times less."""
    found = measure(Network(DEEP, activation="sigmoid", initialisation="small"), noise())
    backward = ratios(found.gradients[::-1])
    assert (backward < 1 / 4).all()
    first_stage = backward[::-1][within_a_stage(found, 0)]
    assert np.allclose(first_stage, 0.0025 * math.sqrt(9 * 16), rtol=0.25)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_shortcut_saves_the_gradient_of_a_bad_start(activation: str) -> None:
    """With weights far too small, the plain network's gradient falls many more powers of ten."""
    plain, residual = (
        measure(Network(20, kind, activation=activation, initialisation="small"), noise()) for kind in (False, True)
    )
    assert plain.gradient_decades < -15
    assert residual.gradient_decades > plain.gradient_decades + 10


def test_residual_blocks_without_normalisation_double_the_variance() -> None:
    """Each block adds a branch as strong as what comes in: between 1.5 and 3 times the mean square per block."""
    found = measure(Network(DEEP, residual=True), noise())
    blocks = found.activations[::2] ** 2
    assert 1.5 < math.exp(np.log(ratios(blocks)).mean()) < 3
    normalised = measure(Network(DEEP, residual=True, norm="batch"), noise())
    assert normalised.activation_decades < 1 < found.activation_decades


def test_batch_norm_fixes_the_scale_behind_each_convolution() -> None:
    """In a plain network: ReLU of variance 1 has a mean square of 1/2, whatever the weights."""
    for initialisation in signal.INITIALISATIONS:
        found = measure(Network(20, norm="batch", initialisation=initialisation), noise())
        assert np.allclose(found.activations**2, 0.5, atol=0.08)


def test_batch_norm_without_shortcuts_makes_the_gradient_explode() -> None:
    """Yang et al. 2019, arXiv 1902.08129: it grows exponentially with depth; shortcuts tame it."""
    plain, residual = (measure(Network(DEEP, kind, "batch"), noise()) for kind in (False, True))
    assert plain.gradient_decades > 2
    assert abs(residual.gradient_decades) < 2


@pytest.mark.parametrize("norm", signal.NORMS)
def test_gradients_are_autograds(norm: str) -> None:
    """The derivative along the gradient, by a small step in one layer's output, and retained gradients agree."""
    network = Network(20, True, norm, "sigmoid")
    found = measure(network, noise(4), seed=3)
    numbers = torch.Generator().manual_seed(3)
    model = signal._initialised(network, numbers)
    kept: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    for module in model.modules():
        if isinstance(module, torch.nn.Sigmoid):
            module.register_forward_hook(keep)
    logits = model(torch.from_numpy(noise(4)))
    classes = torch.randint(10, (4,), generator=numbers)
    chosen = logits.log_softmax(1)[torch.arange(4), classes]
    (-chosen.mean()).backward()
    gradients = [each.grad for each in kept]
    expected = [math.sqrt(float((each**2).mean())) for each in gradients if each is not None]
    assert np.allclose(found.gradients, expected, rtol=1e-9)
    assert np.allclose(found.activations, [math.sqrt(float((each.detach() ** 2).mean())) for each in kept])


def test_the_zoo_builds_what_is_measured() -> None:
    """Weights are those of the zoo's network, in number and shape."""
    ours = signal._initialised(Network(20, True, "batch"), torch.Generator())
    theirs = zoo.build("resnet20", norm="batch", activation="relu")
    shapes = [{name: each.shape for name, each in model.named_parameters()} for model in (ours, theirs)]
    assert shapes[0] == shapes[1]


def test_side_by_side_and_without_touching_torchs_random_numbers() -> None:
    """Two calls at once give what one gives alone, and nobody else's random numbers change."""
    state = torch.get_rng_state()
    network = Network(20, True, "batch")
    alone = measure(network, noise(4), seed=1)
    with ThreadPoolExecutor(2) as pool:
        together = [each.result() for each in [pool.submit(measure, network, noise(4), 1) for _ in range(4)]]
    assert torch.equal(state, torch.get_rng_state())
    for found in together:
        assert np.array_equal(found.gradients, alone.gradients)
    assert not np.array_equal(measure(network, noise(4), seed=2).gradients, alone.gradients)


def test_gradients_below_the_smallest_square_are_measured() -> None:
    """Numbers of 1e-200 have squares that 64 bits cannot hold."""
    assert signal._rms(torch.full((5,), -1e-200, dtype=torch.float64)) == pytest.approx(1e-200)
    assert signal._rms(torch.zeros(3)) == 0


def test_crops_are_standardised_cuts_of_the_picture() -> None:
    """Mean 0 and variance 1 in each channel; undone, they stand in the picture."""
    pixels = samples.load("cat").pixels
    cut = crops(pixels, 6, seed=1)
    assert cut.shape == (6, 3, 32, 32)
    assert np.allclose(cut.mean(axis=(0, 2, 3)), 0)
    assert np.allclose(cut.std(axis=(0, 2, 3)), 1)
    assert np.array_equal(crops(pixels, 6, seed=1), cut)
    assert not np.array_equal(crops(pixels, 6, seed=2), cut)
    flat = crops(np.full((40, 40, 3), 0.5))
    assert np.array_equal(flat, np.zeros_like(flat))


def test_noise_has_variance_one() -> None:
    """Independent normal numbers."""
    values = noise(8, seed=4)
    assert values.shape == (8, 3, 32, 32)
    assert abs(values.mean()) < 0.03
    assert values.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Network(21), "depth"),
        (lambda: Network(norm="layer"), "norm"),
        (lambda: Network(activation="tanh"), "activation"),
        (lambda: Network(initialisation="zero"), "initialisation"),
        (lambda: noise(1), "count"),
        (lambda: noise(1000), "count"),
        (lambda: crops(np.zeros((20, 40, 3))), "pixels"),
        (lambda: measure(Network(), np.zeros((4, 3, 32, 31))), "pictures"),
        (lambda: measure(Network(), noise(2)[:1]), "count"),
    ],
)
def test_what_is_refused(call: Any, name: str) -> None:
    """The error names the parameter at fault."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name

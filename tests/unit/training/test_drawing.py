"""Drawings brought to what a network has been trained on: ink, centring, and the networks that read them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.datasets import load_digits
from torch.nn import functional

from cnnviz.errors import ParameterError, WeightsError
from cnnviz.networks import shipped
from cnnviz.training import checkpoints, data, digit_networks, runs
from cnnviz.training.drawing import (
    EXAMPLES,
    MNIST,
    PAD,
    START,
    Frame,
    Stroke,
    as_drawn,
    centred,
    frame_of,
    ink,
    read_strokes,
)
from cnnviz.training.loop import Loop
from cnnviz.training.recipe import Recipe
from cnnviz.training.runs import open_run
from tests.unit.training.curves import run as run_folder

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

DIGITS = Frame(8, 8, 4)


def moved(strokes: tuple[Stroke, ...], scale: float, right: float, down: float) -> tuple[Stroke, ...]:
    """Strokes scaled from the corner, then moved."""
    return tuple(
        Stroke(tuple((scale * x + right, scale * y + down) for x, y in each.points), scale * each.width)
        for each in strokes
    )


def answer(picture: np.ndarray) -> tuple[int, float]:
    """What the shipped LeNet-5 says by PyTorch."""
    trained = shipped.load("lenet5-mnist")
    mean, std = (trained.card["input"][name][0] for name in ("mean", "std"))
    shares = torch.softmax(trained.network(torch.from_numpy((picture - mean) / std)[None, None].float()), 1)[0]
    return int(shares.argmax()), float(shares.max())


def test_a_point_is_a_disc_and_a_line_a_capsule() -> None:
    """The covered area is that of the shapes, πr² and πr² + 2rl, within half a percent."""
    point, line = ink([Stroke(((140, 140),), 40)]), ink([Stroke(((60, 80), (180, 170)), 40)])
    assert point.sum() == pytest.approx(np.pi * 400, rel=5e-3)
    assert line.sum() == pytest.approx(np.pi * 400 + 40 * 150, rel=5e-3)
    assert (point.dtype, point.shape, point.min(), point.max()) == (np.float32, (PAD, PAD), 0, 1)


def test_strokes_overlap_without_adding_and_end_at_the_pad() -> None:
    """The same line twice is one line; what lies outside leaves no ink."""
    stroke = EXAMPLES["4"][0]
    np.testing.assert_array_equal(ink([stroke, stroke]), ink([stroke]))
    assert not ink(moved(EXAMPLES["8"], 1, 400, 0)).any()


def test_as_drawn_is_the_mean_of_each_block() -> None:
    """Ten by ten pixels of the pad make one of MNIST's; 32 pixels, which do not divide it, keep the mean."""
    covered = ink(EXAMPLES["5"])
    np.testing.assert_allclose(as_drawn(covered), covered.reshape(28, 10, 28, 10).mean(axis=(1, 3)), atol=1e-6)
    assert as_drawn(covered, Frame(32, 23)).mean() == pytest.approx(covered.mean(), rel=1e-5)


@pytest.mark.parametrize("digit", EXAMPLES)
def test_centred_is_what_the_paper_says(digit: str) -> None:
    """The larger side fills 20 pixels, the proportions stay, the centre of mass is in the middle pixel's reach."""
    covered = ink(EXAMPLES[digit])
    picture = centred(covered)
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    sides = [np.ptp(each) + 1 for each in (rows, columns)]
    assert max(sides) == 20
    inked = [np.ptp(np.flatnonzero(covered.any(axis=axis))) + 1 for axis in (1, 0)]
    assert sides == [np.ceil(20 * side / max(inked)) for side in inked]
    for centre in ndimage.center_of_mass(picture):
        assert 14 - 1e-6 <= centre + 0.5 < 15


@pytest.mark.parametrize("digit", EXAMPLES)
def test_centring_undoes_moving_and_shrinking(digit: str) -> None:
    """Moved: the same picture, exactly. Half as large: at most a pixel beside it, and the same answer."""
    whole = centred(ink(EXAMPLES[digit]))
    np.testing.assert_allclose(centred(ink(moved(EXAMPLES[digit], 1, 20, -30))), whole, atol=1e-6)
    half = centred(ink(moved(EXAMPLES[digit], 0.5, -10, 100)))
    assert abs(half - whole).mean() < 0.05
    assert answer(half)[0] == answer(whole)[0] == int(digit)
    assert answer(whole)[1] > 0.99


def test_pictures_as_in_mnist_are_left_where_they_are() -> None:
    """Digits that fill 20 pixels around their centre of mass, enlarged tenfold: every pixel comes back."""
    for small in load_digits().images[:40]:
        grown = ndimage.zoom(small / 16, 20 / 8, order=1).clip(0, 1)
        once = centred(np.kron(grown, np.ones((10, 10))).astype(np.float32))
        again = centred(np.kron(once, np.ones((10, 10), np.float32)))
        np.testing.assert_allclose(again, once, atol=1e-6)


def test_the_first_drawing_shows_why_centring_matters() -> None:
    """Small and in a corner a seven is read as something else; centred, it is a seven."""
    covered = ink(START)
    assert answer(centred(covered))[0] == 7
    assert answer(as_drawn(covered))[0] != 7


def test_an_empty_pad_is_an_empty_picture() -> None:
    """Nothing to centre is no error."""
    for frame in (MNIST, DIGITS):
        assert not centred(ink([]), frame).any()


def test_digits_of_32_pixels_are_8_enlarged() -> None:
    """As the data set is made: filled 8×8, enlarged by PyTorch's linear interpolation."""
    covered = ink(EXAMPLES["3"])
    assert frame_of("digits", 32) == DIGITS
    small = torch.from_numpy(centred(covered, replace(DIGITS, enlarge=1)))
    expected = functional.interpolate(small[None, None], scale_factor=4, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(centred(covered, DIGITS), expected.numpy(), atol=1e-6)
    assert small.any(dim=1).all()
    assert frame_of("mnist", 28) == MNIST
    assert frame_of("elsewhere", 56) == Frame(56, 40)


def test_strokes_from_a_browser_are_read() -> None:
    """Points in pairs, whole numbers too."""
    strokes = read_strokes([{"points": [1, 2.5, 3, 4], "width": 24}, {"points": [0, 0], "width": 8}])
    assert strokes == (Stroke(((1.0, 2.5), (3.0, 4.0)), 24.0), Stroke(((0.0, 0.0),), 8.0))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "strokes",
        {"points": []},
        [{"width": 3}],
        [{"points": [1, 2, 3], "width": 3}],
        [{"points": [], "width": 3}],
        [{"points": [1, "2"], "width": 3}],
        [{"points": [1, float("nan")], "width": 3}],
        [{"points": [1, 1e9], "width": 3}],
        [{"points": [1, 2], "width": -3}],
        [{"points": [1, 2], "width": None}],
        [{"points": [1, True], "width": 3}],
        [{"points": [1, 2], "width": 3}] * 201,
        [{"points": [1, 2] * 200, "width": 3}] * 101,
    ],
)
def test_anything_else_is_refused(value: Any) -> None:
    """Whatever a browser may send."""
    with pytest.raises(ParameterError):
        read_strokes(value)


# ---- networks


def test_the_shipped_network_is_offered() -> None:
    """Its numbers are those of its card."""
    network = digit_networks.load(digit_networks.DEFAULT)
    card = shipped.load(digit_networks.DEFAULT).card
    assert digit_networks.names()[0] == digit_networks.DEFAULT
    assert (network.mean, network.std) == (card["input"]["mean"][0], card["input"]["std"][0])
    assert (network.side, network.frame, network.accuracy) == (28, MNIST, card["accuracy"]["top1"])


def test_a_run_on_digits_is_offered_once_it_has_learned_something(tmp_path: Path) -> None:
    """Its last checkpoint, not its first weights; runs that answer something else are not offered."""
    digits = data.load("digits")
    recipe = Recipe(epochs=1, learning_rate=0.02)
    run = runs.create(tmp_path / "mine", recipe, digits)
    assert "run:mine" not in digit_networks.names(tmp_path)
    loop = Loop(recipe, digits)
    metrics = {"epoch": 1, "test_accuracy": 0.5}
    loop.epoch = 1
    checkpoints.write(run.checkpoints, loop, [metrics])
    (run.folder / "metrics.jsonl").write_text(json.dumps(metrics) + "\n")
    assert digit_networks.names(tmp_path)[-1] == "run:mine"
    network = digit_networks.load("run:mine", tmp_path)
    assert (network.side, network.frame, network.accuracy) == (32, DIGITS, 0.5)
    weights = dict(loop.network.state_dict())
    np.testing.assert_array_equal(network.steps[0].weight, weights["c1.conv.weight"].numpy())
    colour = replace(digits, classes=("a", *digits.classes[1:]))
    other = runs.create(tmp_path / "other", recipe, colour)
    (other.folder / "metrics.jsonl").write_text(json.dumps(metrics) + "\n")
    assert "run:other" not in digit_networks.names(tmp_path)


def listed(root: Path, name: str, **recipe: Any) -> Path:
    """A run on digits of 32 pixels with one epoch behind it, as its files tell."""
    folder = run_folder(root, name, epochs=1, **recipe)
    told = json.loads((folder / "data.json").read_text())
    (folder / "data.json").write_text(json.dumps({**told, "shape": [1, 32, 32]}))
    return folder


def test_runs_that_see_other_pictures_than_their_own_are_not_offered(tmp_path: Path) -> None:
    """One that began with trained weights is given that one's pictures; one of own layers is not of the zoo."""
    listed(tmp_path, "plain")
    listed(tmp_path, "started", start="lenet5-digits")
    listed(tmp_path, "own", model="custom", layers="1x32x32:flat-fc10")
    found = digit_networks.names(tmp_path)
    assert [name for name in found if name.startswith(digit_networks.RUN)] == ["run:plain"]


def test_runs_are_read_once_and_the_newest_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look opens no file, a run that has changed is opened again, and there are at most thirty."""
    folders = [listed(tmp_path, f"r{number}") for number in range(32)]
    for number, folder in enumerate(folders):
        os.utime(folder, (10**9 + number, 10**9 + number))
    opened: list[str] = []
    monkeypatch.setattr(runs, "open_run", lambda folder: opened.append(folder.name) or open_run(folder))
    found = digit_networks.names(tmp_path)
    assert [name for name in found if name.startswith("run:")] == [f"run:r{number}" for number in range(31, 1, -1)]
    assert len(opened) == 30
    assert digit_networks.names(tmp_path) == found
    os.utime(folders[20] / "metrics.jsonl")
    assert digit_networks.names(tmp_path) == found
    assert opened[30:] == ["r20"]


@pytest.mark.parametrize("name", ["nobody", "run:nobody", "run:../mine", "../models/lenet5-mnist"])
def test_what_is_not_offered_is_not_loaded(name: str, tmp_path: Path) -> None:
    """Names come from an address."""
    with pytest.raises(WeightsError):
        digit_networks.load(name, tmp_path)

"""The weights in models/ answer today what they answered when they were made.

`python -m tests.unit.networks.test_shipped_models` writes `shipped_answers.json` anew, when a network was trained anew.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from sklearn.datasets import load_digits
from torch import nn

from cnnviz.images import samples
from cnnviz.networks import weights

torch.set_num_threads(1)

ANSWERS = Path(__file__).with_name("shipped_answers.json")
MOST_BYTES = 20e6
VIEWS = 20


@cache
def cat() -> PilImage.Image:
    """A photo of a cat."""
    return PilImage.fromarray(np.rint(samples.load("cat").pixels * 255).astype(np.uint8))


def answers(name: str) -> dict[str, list[float]]:
    """Scores for the photo, the mean of each map of the first convolution, and its first map whole."""
    trained = weights.load(name)
    first: list[torch.Tensor] = []
    convolution = next(each for each in trained.network.modules() if isinstance(each, nn.Conv2d))
    handle = convolution.register_forward_hook(lambda _, __, maps: first.append(maps.clone()))
    with torch.no_grad():
        scores = trained.network(trained.preprocess(cat())[None])[0]
    handle.remove()
    found = {"scores": scores, "maps": first[0].mean(dim=(0, 2, 3)), "map": first[0][0, 0].flatten()}
    return {name: [round(number, 6) for number in each.tolist()] for name, each in found.items()}


@pytest.mark.parametrize("name", weights.names())
def test_the_same_answers_as_when_it_was_trained(name: str) -> None:
    """Scores and a whole feature map of one photo, to 1e-4."""
    recorded = json.loads(ANSWERS.read_text(encoding="utf-8"))[name]
    found = answers(name)
    assert found.keys() == recorded.keys()
    for part in found:
        assert found[part] == pytest.approx(recorded[part], abs=1e-4), part


def test_lenet_reads_digits_of_other_writers() -> None:
    """Scikit-learn's digits, enlarged to the 20×20 in 28×28 of MNIST: 1,797 that it never saw."""
    trained = weights.load("lenet5-mnist")
    digits = load_digits()
    mean, std = trained.card["input"]["mean"][0], trained.card["input"]["std"][0]
    small = torch.from_numpy(digits.images).float()[:, None] / 16
    large = nn.functional.interpolate(small, size=(20, 20), mode="bilinear", align_corners=False)
    x = (nn.functional.pad(large, (4, 4, 4, 4)) - mean) / std
    with torch.no_grad():
        right = (trained.network(x).argmax(1) == torch.from_numpy(digits.target)).float().mean().item()
    assert right > 0.9


@pytest.mark.parametrize("name", [name for name in weights.names() if "resnet" in name or "vgg" in name])
def test_networks_for_photos_know_a_cat(name: str) -> None:
    """Its head and shoulders in twenty crops, mirrored and not: most are named a cat.

    Those of the degradation experiment, after ten epochs, need not tell it from a dog.
    """
    trained = weights.load(name)
    photo = cat()
    generator = np.random.default_rng(0)
    views = []
    for number in range(VIEWS):
        left, top, side = generator.integers((0, 0, 250), (60, 30, 270))
        view = photo.crop((left + 60, top, left + 60 + side, top + side))
        views.append(trained.preprocess(view.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT) if number % 2 else view))
    with torch.no_grad():
        said = [trained.classes[each] for each in trained.network(torch.stack(views)).argmax(1).tolist()]
    right = ("cat",) if trained.card["accuracy"]["top1"] > 0.85 else ("cat", "dog")
    assert sum(each in right for each in said) > VIEWS / 2, said


def test_all_weights_together_are_small() -> None:
    """A clone of the repository stays quick."""
    folder = Path(weights.__file__).parents[2] / "models"
    assert 0 < sum(path.stat().st_size for path in folder.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("name", weights.names())
def test_the_readme_tells_how_weights_were_made(name: str, root: Path) -> None:
    """Name, accuracy and command line stand in its table, and the accuracy is that of the confusion matrix."""
    card = weights.load(name).card
    matrix = card["accuracy"]["confusion"]
    right, count = sum(row[i] for i, row in enumerate(matrix)), sum(map(sum, matrix))
    assert right / count == pytest.approx(card["accuracy"]["top1"])
    row = next(line for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if f"`{name}`" in line)
    assert f"{100 * right / count:.2f}% of {count:,}" in row
    assert f"--model {card['recipe']['model']}" in row
    assert f"--epochs {card['recipe']['epochs']}" in row


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps({name: answers(name) for name in weights.names()}) + "\n", "utf-8")

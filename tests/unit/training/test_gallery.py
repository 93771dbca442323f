"""The gallery shows what training does, for one picture."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

from cnnviz.networks.torchvision_door import torchvision
from cnnviz.training import augment, gallery
from cnnviz.training.augment import Augmentation
from cnnviz.training.recipe import AUGMENTATIONS

torch.set_num_threads(1)


def picture(channels: int = 3) -> np.ndarray:
    """Random levels."""
    return np.random.default_rng(3).integers(0, 256, (16, 24, channels), dtype=np.uint8)


@pytest.mark.parametrize("names", [(name,) for name in AUGMENTATIONS] + [AUGMENTATIONS])
@pytest.mark.parametrize("channels", [1, 3])
def test_draws_are_those_of_a_batch_in_training(names: tuple[str, ...], channels: int) -> None:
    """A batch of the same picture, normalised by NumPy, changed, and taken back to levels."""
    levels = picture(channels)
    mean, std = levels.mean(axis=(0, 1)) / 255, levels.std(axis=(0, 1)) / 255
    batch = torch.from_numpy(np.stack([(levels / 255 - mean) / std] * 4)).permute(0, 3, 1, 2).float()
    found = Augmentation(names, mean.tolist(), std.tolist())(batch, torch.Generator().manual_seed(5))
    expected = np.clip(found.permute(0, 2, 3, 1).double().numpy() * std + mean, 0, 1) * 255
    drawn = gallery.draws(levels, names, 4, 5)
    assert drawn.shape == (4, *levels.shape)
    assert np.abs(drawn - expected).max() <= 0.51


def test_no_change_gives_the_picture_back() -> None:
    """Level by level."""
    assert np.array_equal(gallery.draws(picture(), (), 2, 0), np.stack([picture()] * 2))


def test_small_pictures_keep_the_mean() -> None:
    """Averaged over whole blocks of the middle square."""
    levels = np.random.default_rng(3).integers(0, 256, (64, 100, 3), dtype=np.uint8)
    blocks = levels[:, 18:82].reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(gallery.small(levels) - blocks).max() <= 0.51


def test_digits_are_those_of_scikit_learn() -> None:
    """Enlarged by four; the darkest and the brightest places stay where they are."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    levels, (mean, std) = gallery.digit(6)
    assert levels.shape == (32, 32, 1)
    small = levels[..., 0].reshape(8, 4, 8, 4).mean(axis=(1, 3)) / 255 * 16
    sixes = bundle.images[bundle.target == 6]
    close = [np.corrcoef(small.ravel(), each.ravel())[0, 1] for each in sixes]
    assert max(close) > 0.98
    assert mean[0] == pytest.approx(bundle.images.mean() / 16, abs=0.01)
    assert std[0] > 0


def test_strengths_are_what_is_drawn() -> None:
    """Among 400 draws the crop that moves furthest moves as far as is said, and no further."""
    told = gallery.strengths(16, 24)
    columns = torch.arange(24.0).expand(400, 1, 16, 24)
    rows = torch.arange(16.0).view(16, 1).expand(400, 1, 16, 24)
    generator = torch.Generator().manual_seed(0)
    right = (augment.crop(columns, generator)[..., 8, 12] - 12).abs().max()
    down = (augment.crop(rows, generator)[..., 8, 12] - 8).abs().max()
    assert (down, right) == (told["down"], told["right"])
    holes = augment.erasing(torch.ones(400, 1, 16, 24), torch.Generator().manual_seed(0)) == 0
    longest = holes.any(dim=3).sum(dim=2).max().item()
    assert longest == pytest.approx(told["erased"] / 100 * 16, abs=1)
    assert (told["degrees"], told["percent"]) == (augment.DEGREES, 100 * augment.JITTER)


def test_flips_crops_and_holes_are_those_of_torchvision() -> None:
    """Each draw is what torchvision.transforms.v2 makes with one choice of its parameters."""
    torchvision()
    v2 = importlib.import_module("torchvision.transforms.v2.functional")
    image = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(1)) + 1
    batch = image.repeat(40, 1, 1, 1)
    mirrored = v2.horizontal_flip(image)[0]
    flips = augment.flip(batch, torch.Generator().manual_seed(0))
    assert all(torch.equal(each, mirrored) or torch.equal(each, image[0]) for each in flips)
    padded = v2.pad(image, [3, 2], padding_mode="reflect")
    windows = [v2.crop(padded, top, left, 16, 24)[0] for top in range(5) for left in range(7)]
    crops = augment.crop(batch, torch.Generator().manual_seed(0))
    assert all(any(torch.equal(each, window) for window in windows) for each in crops)
    for each in augment.erasing(batch, torch.Generator().manual_seed(0)):
        rows, columns = (each[0] == 0).any(dim=1).nonzero().flatten(), (each[0] == 0).any(dim=0).nonzero().flatten()
        if len(rows):
            expected = v2.erase(image[0], int(rows[0]), int(columns[0]), len(rows), len(columns), torch.tensor(0.0))
            assert torch.equal(each, expected)

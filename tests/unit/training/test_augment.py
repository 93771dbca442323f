"""Every picture of a batch is changed for itself, and as torchvision would change it."""

from __future__ import annotations

import importlib
from math import pi
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks.torchvision_door import torchvision
from cnnviz.training import augment
from cnnviz.training.augment import Augmentation
from cnnviz.training.recipe import AUGMENTATIONS

if TYPE_CHECKING:
    from types import ModuleType

torch.set_num_threads(1)


def seeded(seed: int = 0) -> torch.Generator:
    """A generator with that seed."""
    return torch.Generator().manual_seed(seed)


def functional() -> ModuleType:
    """The transforms of torchvision as functions."""
    torchvision()
    return importlib.import_module("torchvision.transforms.v2.functional")


def pictures(count: int = 64, rows: int = 16, columns: int = 24) -> torch.Tensor:
    """Random colour pictures from 0 to 1."""
    return torch.rand(count, 3, rows, columns, generator=seeded(9))


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_change_keeps_shapes_and_its_input(name: str, channels: int) -> None:
    """The same seed gives the same pictures, another seed others; the originals stay as they were."""
    images = pictures()[:, :channels]
    before = images.clone()
    change = Augmentation([name], [0.4] * channels, [0.3] * channels)
    first, same, other = (change(images, seeded(seed)) for seed in (1, 1, 2))
    assert first.shape == images.shape
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(images, before)


def test_no_change_is_no_change() -> None:
    """Without names the pictures come back as they are."""
    images = pictures()
    assert Augmentation([], [0.5] * 3, [0.2] * 3)(images, seeded()) is images


def test_flip_mirrors_about_half_of_the_pictures() -> None:
    """Each picture is itself or its mirror image."""
    images = pictures(400, 4, 6)
    mirrored = [bool(torch.equal(a, b.flip(-1))) for a, b in zip(augment.flip(images, seeded()), images, strict=True)]
    kept = [bool(torch.equal(a, b)) for a, b in zip(augment.flip(images, seeded()), images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 150 < sum(mirrored) < 250


def test_crops_are_windows_of_the_mirrored_picture() -> None:
    """Every crop is one of the 5 × 7 windows, and nearly all of them are drawn."""
    image = pictures(1)
    padded = torch.nn.functional.pad(image, (3, 3, 2, 2), mode="reflect")[0]
    windows = {(r, c): padded[:, r : r + 16, c : c + 24] for r in range(5) for c in range(7)}
    drawn = set()
    for found in augment.crop(image.repeat(300, 1, 1, 1), seeded()):
        places = [place for place, window in windows.items() if torch.equal(found, window)]
        assert len(places) == 1
        drawn.update(places)
    assert len(drawn) == 35


def test_rotation_is_that_of_torchvision() -> None:
    """Inside of the circle that never leaves the picture, each picture is turned by its own drawn angle."""
    images = pictures(5, 24, 32)
    angles = (torch.rand(5, 1, 1, 1, generator=seeded(4)) * 2 * augment.DEGREES - augment.DEGREES).flatten()
    bilinear = torchvision().transforms.InterpolationMode.BILINEAR
    row, column = torch.meshgrid(torch.arange(24) - 11.5, torch.arange(32) - 15.5, indexing="ij")
    inside = row.hypot(column) < 10
    for found, image, angle in zip(augment.rotation(images, seeded(4)), images, angles, strict=True):
        expected = functional().rotate(image, angle.item(), interpolation=bilinear)
        torch.testing.assert_close(found[:, inside], expected[:, inside], atol=1e-4, rtol=0)
    assert angles.abs().max() * pi / 180 < 0.27


def test_colours_change_as_in_torchvision() -> None:
    """Brightness, contrast and saturation with the drawn factors, one after the other."""
    images, generator = pictures(6), seeded(2)
    factors = [torch.rand(6, 1, 1, 1, generator=generator).flatten() * 0.6 + 0.7 for _ in range(3)]
    for number, found in enumerate(augment.colour(images, seeded(2))):
        brightness, contrast, saturation = (factor[number].item() for factor in factors)
        expected = functional().adjust_brightness(images[number], brightness)
        expected = functional().adjust_saturation(functional().adjust_contrast(expected, contrast), saturation)
        torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)  # torchvision's 0.2989 against 0.299


def test_erasing_cuts_one_rectangle() -> None:
    """About half of the pictures have a rectangle of zeros, at most half of each side; the rest is untouched."""
    images = pictures(400) + 1
    found = augment.erasing(images, seeded())
    holes = (found == 0).all(dim=1)
    assert torch.equal(torch.where(holes.unsqueeze(1), images, found), images)
    rows, columns = holes.any(dim=2), holes.any(dim=1)
    assert torch.equal(holes, rows.unsqueeze(2) & columns.unsqueeze(1))
    assert rows.sum(dim=1).max() <= 8
    assert columns.sum(dim=1).max() <= 12
    assert 150 < holes.flatten(1).any(dim=1).sum() <= 250

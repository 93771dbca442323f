"""Pictures become what networks were tested on: as torchvision's presets and Pillow's own `fit` make them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from PIL import ImageOps

from cnnviz.images import Image, samples
from cnnviz.networks import shipped, torchvision_models, torchvision_networks
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.torchvision_door import torchvision

torch.set_num_threads(1)

LEVEL = 1 / 255


def picture(rows: int, columns: int) -> Image:
    """Noise over stripes: every pixel counts."""
    levels = np.random.default_rng(rows).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    levels[:, ::7] //= 3
    return Image.from_levels(levels, "noise")


@pytest.mark.parametrize("model", ["resnet50", "efficientnet_b0", "efficientnet_v2_l", "efficientnet_b2"])
@pytest.mark.parametrize("size", [(300, 451), (451, 300), (40, 33), (224, 224), (30, 160)])
def test_the_same_as_torchvisions_preset(model: str, size: tuple[int, int]) -> None:
    """Linear and cubic, upright and lying, enlarged and reduced: not one level is another."""
    image = picture(*size)
    record = torchvision_models.of(model)[0]
    facts = torchvision().models.get_model_weights(model)[record.weights]
    expected = facts.transforms()(PilImage.fromarray(image.levels))
    ours = torchvision_networks.preparation(model, facts)
    torch.testing.assert_close(ours.prepare(image), expected, rtol=0, atol=0.01 * LEVEL)
    assert ours.shape == tuple(expected.shape)


@pytest.mark.parametrize("size", [(31, 90), (90, 31), (28, 28), (200, 201)])
@pytest.mark.parametrize("name", ["lenet5-mnist", "resnet20-cifar10"])
def test_the_same_as_pillows_fit(name: str, size: tuple[int, int]) -> None:
    """For shipped networks, whose pictures were made with it; luminance for the one that reads digits."""
    trained = shipped.load(name)
    image = picture(*size)
    channels, rows, columns = trained.card["input"]["shape"]
    given = PilImage.fromarray(image.levels)
    fitted = ImageOps.fit(given.convert("L") if channels == 1 else given, (columns, rows), PilImage.Resampling.BILINEAR)
    seen = trained.preparation.seen(image)
    np.testing.assert_array_equal(seen, np.asarray(fitted, np.float32).reshape(rows, columns, channels) / 255)
    assert torch.equal(trained.preparation.prepare(image), trained.preprocess(given))
    mean, std = (np.array(trained.card["input"][each], np.float32) for each in ("mean", "std"))
    np.testing.assert_allclose(trained.preprocess(given), ((seen - mean) / std).transpose(2, 0, 1), atol=1e-5)


def test_a_thread_of_pixels_costs_no_memory() -> None:
    """Resizing 1 × 40,000 pixels to a height of 256 would make ten million columns."""
    levels = np.zeros((1, 40_000, 3), np.uint8)
    levels[:, 19_990:20_010] = 200
    seen = Preparation((3, 224, 224), (0.0,) * 3, (1.0,) * 3, 256).seen(Image.from_levels(levels, "thread"))
    np.testing.assert_allclose(seen, 200 / 255, atol=1e-6)


def test_sixteen_bits_are_rounded_to_eight() -> None:
    """The networks were trained on 256 levels; the picture itself stays as it is."""
    levels = np.full((32, 32, 3), 257 * 100 + 100, np.uint16)
    image = Image.from_levels(levels, "deep")
    seen = Preparation((3, 32, 32), (0.0,) * 3, (1.0,) * 3).seen(image)
    np.testing.assert_array_equal(seen, np.float32(100) / 255)
    assert not seen.flags.writeable


def test_a_photo_is_cut_in_the_middle() -> None:
    """The middle of the cat, not a squeezed cat: columns at the sides do not count."""
    cat = samples.load("cat")
    changed = cat.levels.copy()
    rows, columns = cat.size
    margin = (columns - rows) // 2 - 8
    changed[:, :margin] = 0
    views = Preparation((3, 32, 32), (0.0,) * 3, (1.0,) * 3)
    np.testing.assert_array_equal(views.seen(cat), views.seen(Image.from_levels(changed, "cat")))
    assert margin > 20

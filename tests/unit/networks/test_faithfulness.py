"""Covering pixels: against PyTorch's interpolation, pictures covered by hand, and passes of one's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnviz.convolution.receptive_field import Along, Field
from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from cnnviz.networks.faithfulness import faithfulness, most_important, moved, on_pixels

torch.set_num_threads(1)

RNG = np.random.default_rng(5)


def test_a_map_without_field_is_stretched_as_by_pytorch() -> None:
    """Bilinear, with the corners of both as one."""
    values = RNG.random((4, 7), np.float32)
    stretched = functional.interpolate(torch.from_numpy(values)[None, None], (13, 9), mode="bilinear")[0, 0]
    np.testing.assert_allclose(on_pixels(values, None, (13, 9)), stretched, atol=1e-6)
    np.testing.assert_array_equal(on_pixels(values, None, (4, 7)), values)


def test_a_unit_lies_in_the_middle_of_what_it_sees() -> None:
    """Windows of 5 from pixel 1 on, 4 apart: the middles are 3, 7, 11; in between the numbers change evenly."""
    along = Along(5, 4, -1, 3)
    found = on_pixels(np.array([[1.0, 5.0, 3.0]], np.float32).T, Field(along, Along(1, 1, 0, 1)), (16, 1))[:, 0]
    np.testing.assert_allclose(found, [1, 1, 1, 1, 2, 3, 4, 5, 4.5, 4, 3.5, 3, 3, 3, 3, 3], atol=1e-6)


def test_the_most_important_are_the_largest() -> None:
    """As many as asked for; of equal ones, any."""
    values = RNG.standard_normal((10, 9)).astype(np.float32)
    mask = most_important(values, 0.2, RNG)
    assert mask.sum() == 18
    assert values[mask].min() > values[~mask].max()
    flat = most_important(np.zeros((10, 9), np.float32), 0.2, RNG)
    assert flat.sum() == 18
    assert not flat[:2].all()  # not the first ones in reading order
    with pytest.raises(ParameterError):
        most_important(values, 1.0, RNG)


def test_a_moved_pattern_is_the_same_pattern() -> None:
    """Some shift brings it back."""
    mask = most_important(RNG.random((6, 5), np.float32), 0.3, RNG)
    elsewhere = moved(mask, RNG)
    shifts = [np.roll(elsewhere, (row, column), (0, 1)) for row in range(6) for column in range(5)]
    assert any((each == mask).all() for each in shifts)


def test_probabilities_are_those_of_covered_pictures() -> None:
    """Each picture, covered before it is normalised, through the network alone."""
    loaded = catalogue.load("resnet20-cifar10")
    image = samples.load("cat")
    values = RNG.random((32, 32), np.float32)
    found = faithfulness(loaded.network, loaded.prepare(image), values, 3)

    def probability(mask: np.ndarray | None) -> float:
        seen = loaded.preparation.seen(image).copy()
        if mask is not None:
            seen[mask] = np.float32(loaded.preparation.mean)
        return float(loaded.network(loaded.preparation.normalised(seen)[None])[0].double().softmax(0)[3])

    assert found.before == pytest.approx(probability(None), abs=1e-5)
    assert found.without == pytest.approx(probability(found.covered), abs=1e-5)
    for mask, share in zip(found.elsewhere[:3], found.at_random, strict=False):
        assert share == pytest.approx(probability(mask), abs=1e-5)
    assert {int(each.sum()) for each in found.elsewhere} == {int(found.covered.sum())} == {205}
    assert found.without != found.before
    with pytest.raises(ParameterError):
        faithfulness(loaded.network, loaded.prepare(image), values, 10)

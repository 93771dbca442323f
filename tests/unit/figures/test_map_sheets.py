"""Sheets of maps: every activation where it belongs, in the colour that the printed scale gives it."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.errors import ParameterError
from cnnviz.figures.colours import MIDDLE, diverging, sequential
from cnnviz.figures.map_sheets import Scale, scale_of, sheet, with_scale


def test_the_sign_decides_the_scale() -> None:
    """Symmetric where anything is negative; what is no number does not count."""
    signed = np.array([[[-1.0, 4.0]], [[np.nan, np.inf]]], np.float32)
    assert scale_of(signed) == Scale(-4.0, 4.0)
    assert scale_of(np.abs(signed[:1])) == Scale(0.0, 4.0)
    assert scale_of(np.zeros((2, 3, 3), np.float32)) == Scale(0.0, 0.0)


def test_every_activation_has_its_place_and_colour() -> None:
    """Channels in reading order, enlarged to squares, with white between them."""
    maps = 20 * np.arange(-6, 6, dtype=np.float32).reshape(3, 2, 2)
    laid = sheet(maps, Scale(-127.0, 127.0), across=2)
    factor = 64  # two pixels become 128
    assert laid.shape == (4 * factor + 2, 4 * factor + 2, 3)
    for channel, (top, left) in enumerate([(0, 0), (0, 130), (130, 0)]):
        for row in range(2):
            for column in range(2):
                value = maps[channel, row, column]
                square = laid[top + row * factor :, left + column * factor :][:factor, :factor]
                assert (square == diverging()[int(value) + MIDDLE]).all()
    assert (laid[:, 128:130] == 255).all()
    assert (laid[130:, 130:] == 255).all()  # a fourth place without a channel


def test_a_layer_of_many_channels_stays_a_picture() -> None:
    """2048 channels and large maps: about 4096 pixels a side at most."""
    for shape in ((2048, 7, 7), (64, 224, 224), (1000, 1, 1)):
        assert max(sheet(np.zeros(shape, np.float32), Scale(0, 1)).shape) <= 4096
    with pytest.raises(ParameterError):
        sheet(np.zeros((3, 3), np.float32), Scale(0, 1))


def test_the_scale_is_printed_below() -> None:
    """The sheet is untouched; below it both ends of the colours, and something written in black on white."""
    laid = sheet(np.ones((1, 4, 4), np.float32), Scale(0.0, 1.0))
    page = with_scale(laid, Scale(0.0, 1.0), "conv1 ñ")
    np.testing.assert_array_equal(page[: laid.shape[0], : laid.shape[1]], laid)
    below = page[laid.shape[0] :].reshape(-1, 3)
    for colour in (sequential()[0], sequential()[-1], (0, 0, 0)):
        assert (below == colour).all(axis=1).any()

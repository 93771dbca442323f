"""Small charts of curves in pixels."""

from __future__ import annotations

import numpy as np

from cnnviz.figures.curves import curves

RED, BLUE = (255, 0, 0), (0, 0, 255)


def rows_of(picture: np.ndarray, colour: tuple[int, int, int], columns: slice) -> float:
    """The mean row of the pixels that have a colour, in some columns."""
    return float(np.argwhere((picture[:, columns] == colour).all(axis=2))[:, 0].mean())


def test_larger_values_stand_higher() -> None:
    """A rising curve ends above where it began; of two constant ones the larger is above."""
    rising = curves([[0, 1, 2, 3]], [RED], (90, 180))
    assert rows_of(rising, RED, slice(150, 175)) < 40 < 50 < rows_of(rising, RED, slice(10, 40))
    both = curves([[1, 1], [2, 2]], [RED, BLUE], (91, 180))
    assert rows_of(both, BLUE, slice(None)) < rows_of(both, RED, slice(None))


def test_all_share_one_scale_and_fit() -> None:
    """Curves of unlike length fill the same width, and nothing touches the picture's edge."""
    picture = curves([[0, 5], [5, 4, 3, 2, 1, 0]], [RED, BLUE], (80, 121))
    assert picture.shape == (80, 121, 3)
    assert picture.dtype == np.uint8
    places = [np.flatnonzero((picture == colour).all(axis=(2)).any(axis=0)) for colour in (RED, BLUE)]
    assert abs(int(places[0].max()) - int(places[1].max())) <= 1
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge == 255).all()


def test_a_flat_curve_is_drawn() -> None:
    """Without a range there is nothing to divide by."""
    assert (curves([[2.0, 2.0]], [RED], (100, 60), width=0.05) == RED).all(axis=2).any()

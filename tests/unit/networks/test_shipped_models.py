"""The weights in models/ answer today what they answered when they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import weights

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

STROKE = (-3.8755, 15.9087, -1.1538, -3.7466, 0.5335, -3.4874, -0.5428, 0.2424, -0.151, -3.0066)
FIRST_MAPS = (1.4871, 0.1124, 0.7086, 0.0598, 0.1699, 0.1011)  # means of the six maps of C1


def test_lenet_sees_a_one_in_an_upright_stroke() -> None:
    """Three white columns on black: the scores and the first maps, to four decimals."""
    trained = weights.load("lenet5-mnist")
    picture = torch.zeros(1, 1, 28, 28)
    picture[..., 4:24, 13:16] = 1
    card = trained.card["input"]
    x = (picture - card["mean"][0]) / card["std"][0]
    first: list[torch.Tensor] = []
    handle = trained.network.get_submodule("c1").register_forward_hook(lambda _, __, maps: first.append(maps.clone()))
    with torch.no_grad():
        scores = trained.network(x)[0]
    handle.remove()
    torch.testing.assert_close(scores, torch.tensor(STROKE), atol=1e-4, rtol=0)
    torch.testing.assert_close(first[0].mean(dim=(0, 2, 3)), torch.tensor(FIRST_MAPS), atol=1e-4, rtol=0)
    assert trained.classes[int(scores.argmax())] == "1"


@pytest.mark.parametrize("name", weights.names())
def test_the_readme_tells_how_weights_were_made(name: str, root: Path) -> None:
    """Name, accuracy and command line stand in its table, and the accuracy is that of the confusion matrix."""
    card = weights.load(name).card
    matrix = card["accuracy"]["confusion"]
    right, count = sum(row[i] for i, row in enumerate(matrix)), sum(map(sum, matrix))
    assert right / count == pytest.approx(card["accuracy"]["top1"])
    row = next(line for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if f"`{name}`" in line)
    assert f"{100 * right / count:.2f} % of {count:,}" in row
    assert f"--model {card['recipe']['model']}" in row
    assert f"--epochs {card['recipe']['epochs']}" in row

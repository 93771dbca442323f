"""Activations are the same formulas in PyTorch, in Python and in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.networks.activations import FORMULAS, formula
from cnnviz.networks.summary import summarize

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

MODULES = (
    nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(0.2), nn.PReLU(init=0.3), nn.ELU(0.7), nn.Sigmoid(), nn.Tanh(), nn.SiLU(),
    nn.GELU(), nn.Hardsigmoid(), nn.Hardswish(),
)  # fmt: skip
X = np.unique(np.concatenate([np.linspace(-12, 12, 481), [-1e-9, 0, 1e-9, 5.999, 6.001, -5.999, -6.001, 100, -100]]))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: type(module).__name__)
def test_a_formula_is_pytorchs(browser: Browser, root: Path, module: nn.Module) -> None:
    """In double precision: in Python to 12 digits, in the browser to 1e-8, which is less than a float tells."""
    (layer,) = summarize(nn.Sequential(module), (1, 1, 1, 1)).layers
    key, settings = formula(layer, module, 0)
    expected = module.double()(torch.from_numpy(X)[:, None, None, None]).detach().numpy().ravel()
    np.testing.assert_allclose(FORMULAS[key](X, settings), expected, rtol=1e-12, atol=1e-12)

    script = root / "pages" / "common" / "components" / "channel_view" / "arithmetic.js"
    page = browser.new_page()
    page.add_script_tag(content=script.read_text(encoding="utf-8"))
    found = page.evaluate(
        "([key, xs, settings]) => xs.map((x) => FORMULAS[key](x, settings))", [key, X.tolist(), settings]
    )
    page.close()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_another_approximation_has_no_formula() -> None:
    """GELU by a hyperbolic tangent is another function."""
    module = nn.GELU(approximate="tanh")
    (layer,) = summarize(nn.Sequential(module), (1, 1, 1, 1)).layers
    assert formula(layer, module, 0) == ("", {})

"""The tab "What excites it?": units, places and fields against hooks and autograd of one's own; searches on demand."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz import engine
from cnnviz.convolution.receptive_field import Region
from cnnviz.images import samples
from cnnviz.networks import catalogue, inversion, maximise
from pages.common.maps_excite_places import cut_out
from tests.pages.scripts import open_script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnviz.networks.loaded import Loaded

torch.set_num_threads(1)

STEP = "conv2_x.0.conv1"


def page() -> None:
    """A page that has nothing but the tab, on the cat."""
    from cnnviz.images import samples
    from pages.common.frame import guarded, notices
    from pages.common.maps_excite_tab import EXCITE_SETTINGS, excite_tab
    from pages.common.maps_looked import look
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.settings import Settings

    @guarded
    def main() -> None:
        settings = Settings("maps", (*MAPS_SETTINGS, *EXCITE_SETTINGS))
        notices(settings)
        looked = look("maps", settings["model"], samples.load("cat"))
        assert looked is not None
        excite_tab(settings, looked)
        settings.publish()

    main()


opened = partial(open_script, page)


def checked(app: AppTest) -> AppTest:
    """Nothing went wrong."""
    assert not app.exception
    assert not app.error
    return app


@pytest.fixture
def _own_engine() -> Iterator[None]:
    """Results of searches that were cut short are kept for no other test."""
    before = engine.use(engine.LocalEngine())
    yield
    engine.get().close()
    engine.use(before)


def words(app: AppTest) -> str:
    """All text."""
    return "\n".join(each.value for each in (*app.markdown, *app.caption))


@cache
def resnet20() -> Loaded:
    """A network of one's own."""
    return catalogue.load("resnet20-cifar10")


@cache
def unit(channel: int, row: int, column: int) -> np.ndarray:
    """The gradient of an activation of the step by the pixels, (H, W), with a hook of one's own."""
    network = catalogue.load("resnet20-cifar10").network
    kept: list[torch.Tensor] = []
    hook = network.get_submodule(STEP).register_forward_hook(lambda _module, _x, output: kept.append(output))
    x = resnet20().prepare(samples.load("cat"))[None].requires_grad_()
    with torch.enable_grad():
        network(x)
    hook.remove()
    value = kept[0][0, channel, row, column]
    return torch.autograd.grad(value, x)[0][0].abs().sum(0).numpy()


def test_the_pinned_unit_and_its_field() -> None:
    """The pixels that count are those of autograd; the boxes are those of two 3×3 convolutions."""
    gradient = unit(4, 10, 0)
    count = int((gradient > 0.0455 * gradient.max()).sum())
    text = words(opened(step=STEP, channel="4", at="10.0"))
    assert f"What it looks for: {STEP.replace('_', chr(92) + '_')}, channel 4" in text
    assert f"{count} pixels count, {count / 1024:.1%} of the picture: above {0.0455:.2%} of the largest" in text
    assert "Each is 5×5 pixels" in text


def test_a_class_stands_in_for_a_channel() -> None:
    """Its activation is the score before the softmax; every pixel may reach it."""
    score = float(resnet20().network(resnet20().prepare(samples.load("cat"))[None])[0, 5])
    app = opened(excite_class="5")
    assert "What it looks for: class “dog”" in words(app)
    assert f"its activation is {score:.3g}".replace("-", "−") in words(app)
    assert "What it looks for: class “cat”" in words(opened(excite_class="50"))  # no such class: the answer


@pytest.mark.usefixtures("_own_engine")
def test_pictures_are_searched_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another start is another seed, in the address, too; a channel that was not asked for waits again."""
    seeds: list[int] = []

    def few(*args: object, seed: int, **options: object) -> maximise.Maximised:
        seeds.append(seed)
        return whole(*args, seed=seed, steps=3, **options)

    whole = maximise.maximise
    monkeypatch.setattr(maximise, "maximise", few)
    app = opened(model="lenet5-mnist", step="s2", channel="1")
    assert not seeds
    checked(app.button(key="maps/excite/start").click().run())
    assert seeds == [0]
    assert "3 steps" in words(app)
    checked(app.button(key="maps/excite/another").click().run())
    assert seeds == [0, 1]
    assert app.query_params["excite_seed"] == "1"
    checked(app.run())
    assert seeds == [0, 1]
    opened(model="lenet5-mnist", step="s2", channel="2", excite_seed="1")
    assert seeds == [0, 1]


@pytest.mark.usefixtures("_own_engine")
def test_what_is_left_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The open layer's activations are looked for, and the remaining distance is told."""
    found: list[inversion.Inverted] = []

    def few(*args: object, **options: object) -> inversion.Inverted:
        found.append(whole(*args, steps=4, **options))
        return found[-1]

    whole = inversion.invert
    monkeypatch.setattr(inversion, "invert", few)
    app = opened(model="lenet5-mnist", step="c1.conv", channel="0")
    checked(app.button(key="maps/excite/memory/start").click().run())
    assert [each.step for each in found] == ["c1.conv"]
    assert f"differ by {100 * found[0].curve[-1]:.1f}% of their square" in words(app)


def test_cutting_out_leaves_grey_outside() -> None:
    """As NumPy pads."""
    seen = np.random.default_rng(2).random((6, 5, 3), np.float32)
    padded = np.pad(seen, ((4, 4), (4, 4), (0, 0)), constant_values=0.5)
    for region in (Region(-2, 3, 1, 4), Region(2, 8, -3, 7), Region(1, 2, 2, 2)):
        expected = padded[region.top + 4 : region.bottom + 5, region.left + 4 : region.right + 5]
        np.testing.assert_array_equal(cut_out(seen, region), expected)

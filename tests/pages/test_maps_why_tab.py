"""The tab "Why this answer?": its numbers against autograd and passes of one's own, and its choices."""

from __future__ import annotations

from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.convolution.receptive_field import Along, Field, Region
from cnnviz.images import samples
from cnnviz.networks import catalogue
from pages.common.language import begin_run
from pages.common.maps_why_choice import WHY_SETTINGS, class_titles
from pages.common.overlay import Box, Panel, overlay_message
from tests.messages import unpacked
from tests.pages.scripts import open_script

if TYPE_CHECKING:
    from cnnviz.networks.loaded import Loaded

torch.set_num_threads(1)

CAT, DOG = 3, 5


def page() -> None:
    """A page that has nothing but the tab, on the cat and the shipped ResNet-20."""
    from cnnviz.images import samples
    from pages.common.frame import guarded, notices
    from pages.common.maps_looked import look
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.maps_why_tab import WHY_SETTINGS, why_tab
    from pages.common.settings import Settings

    @guarded
    def main() -> None:
        settings = Settings("maps", (*MAPS_SETTINGS, *WHY_SETTINGS))
        notices(settings)
        looked = look("maps", settings["model"], samples.load("cat"))
        assert looked is not None
        why_tab(settings, looked)
        settings.publish()

    main()


opened = partial(open_script, page)


@cache
def resnet20() -> Loaded:
    """A network of one's own."""
    return catalogue.load("resnet20-cifar10")


@cache
def saliency(target: int) -> np.ndarray:
    """By autograd."""
    x = resnet20().prepare(samples.load("cat"))[None].requires_grad_()
    with torch.enable_grad():
        score = resnet20().network(x)[0, target]
    return torch.autograd.grad(score, x)[0][0].abs().sum(0).numpy()


def probability(x: torch.Tensor) -> float:
    """Of the cat, in percent."""
    return 100 * float(resnet20().network(x[None])[0].softmax(0)[CAT])


def captions(app: AppTest) -> str:
    """All small print."""
    return "\n".join(each.value for each in app.caption)


def test_the_first_visit_explains_the_answer_by_the_last_layer() -> None:
    """The caption names everything; what was covered is what the network says to pictures covered by hand."""
    app = opened()
    share = probability(resnet20().prepare(samples.load("cat")))
    line = next(each.value for each in app.caption if "Grad-CAM ·" in each.value)
    assert f"cat ({share:.1f}%) · layer conv4\\_x.2.activation2" in line
    assert line.endswith("1 pass forward, 1 backward")
    assert f"from {share:.1f}% to" in "\n".join(each.value for each in app.markdown)
    assert "8×8 places, each of which sees 81×81 pixels" in "\n".join(each.value for each in app.markdown)


def test_the_most_important_fifth_is_covered() -> None:
    """By saliency: the 205 pixels with the largest gradient become the mean colour, which is 0 to the network."""
    x = resnet20().prepare(samples.load("cat"))
    edge = np.sort(saliency(CAT).ravel())[-205]
    left = probability(x * torch.from_numpy(saliency(CAT) < edge))
    app = opened(why_method="saliency")
    assert f"to **{left:.1f}%**" in "\n".join(each.value for each in app.markdown)


def test_two_classes_are_compared() -> None:
    """The correlation is that of the two gradients."""
    app = opened(why_method="saliency", why_class=str(CAT), why_other=str(DOG))
    expected = np.corrcoef(saliency(CAT).ravel(), saliency(DOG).ravel())[0, 1]
    assert f"**r = {expected:.2f}**" in "\n".join(each.value for each in app.markdown)
    assert "2 passes forward, 2 backward" in captions(app)


def test_a_slow_method_waits_for_its_button() -> None:
    """It says what it costs, and only then asks the network."""
    app = opened(why_method="integrated_gradients")
    assert "Slow: 51 passes forward, 50 backward." in captions(app)
    assert "ResNet-20" not in captions(app)
    app.button(key="maps/why/start").click().run()
    assert "· 51 passes forward, 50 backward" in captions(app)
    assert "Slow" not in captions(app)


def test_classes_of_one_name_can_be_told_apart() -> None:
    """ImageNet has two cranes, and a list of choices knows its entries by their titles."""
    looked: Any = SimpleNamespace(about=SimpleNamespace(classes=("crane", "cat", "crane")))
    titles = class_titles(looked)
    assert titles[1] == "cat"
    assert len(set(titles)) == 3


def test_what_the_network_does_not_have_is_replaced() -> None:
    """A class, a class to compare with, a layer without places, and a step that is not open."""
    app = opened(why_class="77", why_other="88", why_layer="fc")
    assert "cat (" in captions(app)
    assert "layer conv4\\_x.2.activation2" in captions(app)
    assert "layer conv4\\_x.2.activation2" in captions(opened(why_layer="@"))
    assert "layer conv2\\_x.0.norm1" in captions(opened(why_layer="@", step="conv2_x.0.norm1"))


@pytest.mark.parametrize(
    ("name", "text"),
    [("why_method", "x"), ("why_layer", "<b>"), ("why_class", "-2"), ("why_class", "1e3"), ("why_other", "999999")],
)
def test_hostile_settings_are_refused(name: str, text: str) -> None:
    """The address may hold anything."""
    setting = next(each for each in WHY_SETTINGS if each.name == name)
    with pytest.raises((ValueError, Exception)) as error:
        setting.decode(text)
    assert type(error.value).__name__ in ("ParameterError", "ValueError")


def test_the_browser_gets_pixels_numbers_and_places() -> None:
    """Exactly; one scale for both maps, which few extreme numbers of many do not decide."""
    begin_run()
    rng = np.random.default_rng(1)
    seen = rng.random((64, 48, 1), np.float32)
    maps = [rng.standard_normal((64, 48)).astype(np.float32) for _ in range(2)]
    maps[1][5, 7] = 40
    boxes = (Box(Region(-3, 4, 5, 60), "theoretical", "so"),)
    field = Field(Along(5, 2, 2, 32), Along(1, 1, 0, 48))
    panels = [Panel("one", "first", maps[0], None, boxes), Panel("two", "second", maps[1][:32], field)]
    header, blobs = unpacked(overlay_message(seen, panels, True))
    np.testing.assert_array_equal(np.frombuffer(blobs[0], np.uint8), np.rint(255 * seen).astype(np.uint8).ravel())
    np.testing.assert_array_equal(np.frombuffer(blobs[3], "<f4").reshape(64, 48), maps[0])
    assert header["panels"][0]["boxes"] == [{"top": -3, "bottom": 4, "left": 5, "right": 60, "kind": "theoretical"}]
    assert header["panels"][1]["place"]["top"] == pytest.approx(-0.5 / 64)  # the middle of the first unit is pixel 0
    assert header["high"] < 10
    few = unpacked(overlay_message(seen, [Panel("one", "few", maps[1][:8, :8])], True))[0]
    assert few["high"] == 40
    assert header["legend"] == [{"kind": "theoretical", "text": "so"}]
    coarse = Panel("one", "coarse", maps[1][:3, :3], Field(Along(5, 16, 15, 3), Along(5, 16, 0, 3)))
    assert [each["kind"] for each in unpacked(overlay_message(seen, [coarse], True))[0]["legend"]] == ["uncovered"]

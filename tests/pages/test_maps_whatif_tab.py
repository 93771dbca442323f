"""What if? Every number against a pass with hooks of one's own; visitors do not see each other's."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.errors import CnnvizError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from pages.common.maps_answers import points
from pages.common.maps_looked import read_off
from pages.common.maps_whatif_tab import WHATIF_SETTINGS
from tests.pages.scripts import open_script

torch.set_num_threads(1)

MODEL = "resnet20-cifar10"
BRANCH = "conv4_x.1.norm2"
Change = Callable[[torch.Tensor], torch.Tensor]


def page() -> None:
    """The tab alone on a page."""
    from pages.common.frame import guarded
    from pages.common.maps_looked import look, read_off
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.maps_whatif_tab import WHATIF_SETTINGS, whatif_tab
    from pages.common.pictures import pictures
    from pages.common.settings import Setting, Settings

    @guarded
    def main() -> None:
        settings = Settings("maps", (*MAPS_SETTINGS, Setting("off", "", str, read_off), *WHATIF_SETTINGS))
        looked = look("maps", settings["model"], pictures(settings).shown)
        assert looked is not None
        settings.publish()
        whatif_tab(settings, looked)

    main()


opened = partial(open_script, page)


@cache
def loaded() -> catalogue.Loaded:
    """A network of the test's own."""
    return catalogue.load(MODEL)


def answered(changes: dict[str, Change]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Probabilities and outputs of all modules, with hooks of the test's own that change some."""
    network, kept, handles = loaded().network, {}, []

    def hook(name: str) -> Any:
        def see(_module: object, _inputs: object, output: torch.Tensor) -> torch.Tensor:
            changed = changes[name](output) if name in changes else output
            kept[name] = changed[0].numpy()
            return changed

        return see

    for name, module in network.named_modules():
        if not list(module.children()):
            handles.append(module.register_forward_hook(hook(name)))
    with torch.no_grad():
        shares = network(loaded().prepare(samples.load("cat"))[None])[0].softmax(0).numpy()
    for handle in handles:
        handle.remove()
    return shares, kept


def without(*channels: int) -> Change:
    """Zero some channels."""

    def change(output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[:, list(channels)] = 0
        return output

    return change


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The charts of a page, in order."""
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]


def numbers(values: Any) -> np.ndarray:
    """A trace's numbers, which Plotly may have packed."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values, float)


def off(app: AppTest) -> str:
    """What is switched off, as the address says it."""
    text = app.query_params["off"]
    return text if isinstance(text, str) else text[0]


def labels(app: AppTest) -> list[str]:
    """What the buttons say, as Markdown shows it."""
    return [each.label.replace("\\", "") for each in app.button]


def sentence(app: AppTest) -> str:
    """What became of the answer."""
    return next(each.value for each in app.markdown if each.value.startswith("The answer"))


def test_a_branch_that_is_off() -> None:
    """Sentence, bars and the curve over the steps are those of a pass whose branch was zeroed by a hook."""
    before, maps = answered({})
    after, changed = answered({BRANCH: torch.zeros_like})
    app = opened(off=BRANCH)
    cat = loaded().classes.index("cat")
    points = f"{100 * (after[cat] - before[cat]):+.1f}".replace("-", "−")
    assert f"{100 * before[cat]:.1f}% before, {100 * after[cat]:.1f}% now ({points}" in sentence(app)
    bars, curve = figures(app)[:2]
    for trace, shares in zip(bars["data"], (after, before), strict=True):
        expected = [100 * shares[loaded().classes.index(name)] for name in bars["layout"]["yaxis"]["ticktext"]]
        np.testing.assert_allclose(numbers(trace["x"]), expected, atol=1e-3)
    shown = {name: y for each in curve["data"][1:] for name, y in zip(each["text"], numbers(each["y"]), strict=True)}
    for step, output in maps.items():
        expected = 100 * np.linalg.norm(changed[step] - output) / np.linalg.norm(output)
        assert shown[step] == pytest.approx(expected, abs=0.01)
    assert shown[BRANCH] == pytest.approx(100)
    assert any("residual branch of conv4_x.1.add" in label for label in labels(app))


def test_switches_switch() -> None:
    """A shortcut, then channels; one on again, all on again: the address says what is off."""
    app = opened(whatif_kind="block", whatif_block="conv4_x.1.add")
    next(each for each in app.button if each.label == "Shortcut").click().run()
    assert off(app) == "conv4_x.1.add@1"
    assert "shortcut of conv4_x.1.add" in labels(app)
    app = opened(step="conv1.conv", channel="3", off="conv2_x.0.conv1:1")
    next(each for each in app.button if each.label == "Channel 3").click().run()
    assert off(app) == "conv1.conv:3;conv2_x.0.conv1:1"
    next(each for each in app.button if each.label == "All but channel 3").click().run()
    assert off(app) == "conv1.conv:0-15;conv2_x.0.conv1:1"
    app.button(key="maps/whatif/on 0").click().run()
    assert off(app) == "conv2_x.0.conv1:1"
    app.button(key="maps/whatif/strongest").click().run()
    _shares, maps = answered({})
    top = sorted(np.argsort(-np.abs(maps["conv1.conv"]).mean(axis=(1, 2)))[:4].tolist())
    assert read_off(f"conv1.conv:{','.join(map(str, top))};conv2_x.0.conv1:1") == off(app)
    app.button(key="maps/whatif/all on").click().run()
    assert "off" not in app.query_params
    assert not any(each.value.startswith("The answer") for each in app.markdown)


def test_visitors_do_not_see_each_others() -> None:
    """Two at once on one network: each one's sentence is that of their own what-if, also when they go on in turns."""
    first, second = opened(off="conv1.conv:0-7"), opened(off="conv3_x.1.norm2")
    one, two = answered({"conv1.conv": without(*range(8))})[0], answered({"conv3_x.1.norm2": torch.zeros_like})[0]
    cat = loaded().classes.index("cat")
    for app, shares in ((first, one), (second, two), (first, one)):
        app.run()
        text = sentence(app)
        assert f"{100 * shares[cat]:.1f}%" in text
    assert sentence(first) != sentence(second)
    assert off(first) != off(second)
    third = opened()
    assert not any(each.value.startswith("The answer") for each in third.markdown)


def test_which_channel_matters() -> None:
    """One bar for each channel, sorted, against a pass for each; the button switches the first one off."""
    step = "conv2_x.0.conv1"
    app = opened(whatif_step=step)
    cat = loaded().classes.index("cat")
    before = answered({})[0][cat]
    drops = np.array([before - answered({step: without(channel)})[0][cat] for channel in range(16)])
    (figure,) = figures(app)
    shown = numbers(figure["data"][0]["y"])
    np.testing.assert_allclose(shown, np.sort(100 * drops)[::-1], atol=0.01)
    first = int(drops.argmax())
    assert figure["data"][0]["text"][0].startswith(f"channel {first}:")
    app.button(key="maps/ablation/off 1").click().run()
    assert off(app) == f"{step}:{first}"
    untouched = "Each channel alone, in the untouched network: what is off above is on here."
    assert untouched in [each.value for each in app.caption]
    np.testing.assert_allclose(numbers(figures(app)[-1]["data"][0]["y"]), shown)


@pytest.mark.parametrize("text", ["no_such_step", "conv1.conv:99", "conv1.conv@7", "conv1.conv@0"])
def test_steps_that_are_not_there_are_said(text: str) -> None:
    """One sentence, and what is off can be taken away."""
    app = AppTest.from_function(page, default_timeout=300)
    app.query_params["off"] = text
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    app.button(key="maps/whatif/all on").click().run()
    assert not app.error


@pytest.mark.parametrize(
    ("name", "text"),
    [("whatif_steps", "a,b,c,d,e"), ("whatif_steps", "<b>"), ("whatif_step", "a b"), ("whatif_sort", "colour"),
     ("whatif_count", "1000000"), ("whatif_page", "-1"), ("whatif_scale", "x")],
)  # fmt: skip
def test_hostile_settings_are_refused(name: str, text: str) -> None:
    """They come from an address."""
    setting = next(each for each in WHATIF_SETTINGS if each.name == name)
    with pytest.raises((ValueError, CnnvizError)):
        setting.decode(text)


@pytest.mark.parametrize(
    ("before", "after", "shown"), [(0.5, 0.377, "−12.3"), (0.1, 0.3, "+20.0"), (0.5, 0.49999, "0.0"), (0, 0, "0.0")]
)
def test_a_change_in_points(before: float, after: float, shown: str) -> None:
    """With its sign, and none where nothing changes."""
    assert points(before, after) == shown

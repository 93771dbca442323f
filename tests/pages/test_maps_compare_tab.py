"""Compare: every number against passes and arrays of the test's own."""

from __future__ import annotations

import json
import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.errors import CnnvizError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from cnnviz.training import control, observations, runs
from cnnviz.training.recipe import Recipe
from pages.common import maps_compare_epochs
from pages.common.maps_compare_tab import COMPARE_SETTINGS
from tests.pages.scripts import open_script
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

MODEL = "resnet20-cifar10"


def page() -> None:
    """The tab alone on a page."""
    from pages.common.frame import guarded
    from pages.common.maps_compare_tab import COMPARE_SETTINGS, compare_maps_tab
    from pages.common.maps_looked import look, read_off
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.pictures import pictures
    from pages.common.settings import Setting, Settings

    @guarded
    def main() -> None:
        settings = Settings("maps", (*MAPS_SETTINGS, Setting("off", "", str, read_off), *COMPARE_SETTINGS))
        looked = look("maps", settings["model"], pictures(settings).shown)
        assert looked is not None
        settings.publish()
        compare_maps_tab(settings, looked)

    main()


opened = partial(open_script, page)


@cache
def answered(key: str, picture: str = "cat", step: str = "conv1.conv", shift: int = 0) -> tuple[str, np.ndarray]:
    """The answer as a page would write it, and the output of a module, by a hook of the test's own."""
    loaded, kept = catalogue.load(key), []
    seen = loaded.seen(samples.load(picture))
    if shift:
        seen = np.concatenate([np.repeat(seen[:, :1], shift, 1), seen[:, :-shift]], axis=1)
    handle = loaded.network.get_submodule(step).register_forward_hook(lambda *given: kept.append(given[2][0].numpy()))
    with torch.no_grad():
        shares = loaded.network(loaded.preparation.normalised(seen)[None])[0].softmax(0)
    handle.remove()
    return f"{loaded.classes[int(shares.argmax())]} {100 * shares.max().item():.1f}%", kept[0]


def shown(app: AppTest) -> str:
    """All texts and strips of a page."""
    html = [each.proto.body for each in app.get("html")]
    return " ".join([*html, *(each.value for each in (*app.markdown, *app.caption))])


def changed(first: np.ndarray, second: np.ndarray) -> str:
    """A relative change as it is written."""
    return f"{100 * np.linalg.norm(second - first) / np.linalg.norm(first):.1f}%"


def test_trained_against_random_comes_first() -> None:
    """Both answers; by number, the difference of the two outputs."""
    app = opened(step="conv1.conv", compare_sort="difference")
    (one, maps), (two, other) = answered(MODEL), answered(f"random:{MODEL}")
    text = shown(app)
    assert f"({one})" in text
    assert f"({two})" in text
    assert f"conv1.conv · 16 × 32 × 32 · changed by {changed(maps, other)}" in text
    first = int(np.square(other - maps).mean(axis=(1, 2)).argmax())
    assert f"trained, channel {first}: {maps[first].min():.3g}".replace("-", "−") in text


def scale_of(app: AppTest) -> str:
    """What the colours are shared by, as the control shows it."""
    return str(next(each for each in app.get("button_group") if each.label == "Colour scale").value)


def test_trained_and_random_have_a_scale_each() -> None:
    """Unless the address says otherwise: their numbers differ by an order of magnitude. Elsewhere rows share one."""
    step = "conv1.activation"
    rows = [("trained", *answered(MODEL, step=step)), ("random", *answered(f"random:{MODEL}", step=step))]
    app = opened(step=step)
    assert scale_of(app) == "row"
    for label, _answer, maps in rows:
        strongest = np.argsort(-np.abs(maps).mean(axis=(1, 2)))[:8]
        bar = rf"<span>{label}<small class=.scale.><span>0</span><i [^>]*></i><span>{maps[strongest].max():.3g}<"
        assert re.search(bar, shown(app))
    assert "One scale" not in shown(app)
    app = opened(step=step, compare_scale="step")
    assert scale_of(app) == "step"
    assert "One scale for these rows" in shown(app)
    for mode in ("pictures", "layers", "change"):
        app = opened(step=step, compare_with=mode)
        assert scale_of(app) == "step"
        assert "compare_scale" not in app.query_params


def test_two_pictures() -> None:
    """The same step, and its change."""
    app = opened(compare_with="pictures", compare_picture="rocket", compare_steps="conv2_x.0.conv1")
    (one, maps), (two, other) = (answered(MODEL, each, "conv2_x.0.conv1") for each in ("cat", "rocket"))
    text = shown(app)
    assert one in text
    assert two in text
    assert f"changed by {changed(maps, other)}" in text
    boxes = labelled(app)
    assert next(value for label, value in boxes.items() if "picture" in label) == "rocket"
    assert boxes["Steps"] == ["conv2_x.0.conv1"]


def labelled(app: AppTest) -> dict[str, Any]:
    """What boxes have, by their labels as far as one can see them."""
    boxes = [*app.get("selectbox"), *app.get("multiselect")]
    return {each.label: each.value for each in boxes if not each.proto.label_visibility.value}


def catalogue_step() -> str:
    """A convolution of VGG-11."""
    network = catalogue.load("vgg11-cifar10").network
    return next(name for name, each in network.named_modules() if isinstance(each, torch.nn.Conv2d))


def test_two_networks_of_other_shapes() -> None:
    """Each shows its own strongest channels; the steps are chosen apart."""
    app = opened(compare_with="networks", compare_model="vgg11-cifar10", step="conv1.conv")
    assert answered("vgg11-cifar10", step=catalogue_step())[0] in shown(app)
    channel = int(np.abs(answered(MODEL)[1]).mean(axis=(1, 2)).argmax())
    assert re.search(rf"ResNet-20, CIFAR-10, channel {channel}:", shown(app))
    assert {"Network", "First step", "Second step"} <= set(labelled(app))


def test_two_layers() -> None:
    """Of one shape: with their difference."""
    app = opened(compare_with="layers", compare_first="conv1.conv", compare_second="conv2_x.0.conv1")
    assert f"changed by {changed(answered(MODEL)[1], answered(MODEL, step='conv2_x.0.conv1')[1])}" in shown(app)
    boxes = labelled(app)
    assert (boxes["First step"], boxes["Second step"]) == ("conv1.conv", "conv2_x.0.conv1")


def test_two_layers_of_other_shapes() -> None:
    """There is no difference to sort by; a long name may be broken, and has to be read whole."""
    app = opened(compare_with="layers", compare_first="conv1.conv", compare_second="conv4_x.2.activation2")
    assert next(each for each in app.get("button_group") if each.label == "Sort channels by").value == "strength"
    assert "<span>conv4_x.<wbr>2.<wbr>activation2</span>" in shown(app)
    app = opened(
        compare_with="layers",
        compare_first="conv1.conv",
        compare_second="conv4_x.2.activation2",
        compare_sort="difference",
    )
    assert next(each for each in app.get("button_group") if each.label == "Sort channels by").value == "strength"


def test_maps_that_follow_the_picture() -> None:
    """A shift by four pixels, two places after a stride of two: against the maps before, and those moved along."""
    step = "conv3_x.0.conv1"
    app = opened(compare_with="change", compare_change="shift", compare_amount="4", compare_steps=step)
    (one, before), (two, after) = answered(MODEL, step=step), answered(MODEL, step=step, shift=4)
    moved = before[..., np.clip(np.arange(16) - 2, 0, None)]
    text = shown(app)
    one_way, other_way = changed(before, after), changed(moved, after)
    assert f"by {one_way} compared with the maps before, by {other_way} compared with those maps moved along." in text
    assert f"<h6>{step} · 32 × 16 × 16</h6>" in text
    assert "In this step the shift is 4 px / 2 px = 2 places." in text
    assert two.split()[1] in text
    app = opened(compare_with="change", compare_change="shift", compare_amount="3", compare_steps=step)
    assert "No whole number" in shown(app)
    app = opened(compare_with="change", compare_change="noise", compare_amount="400", compare_steps=step)
    assert "moved along" not in shown(app)  # and 400 is more than there can be: the usual amount
    assert one


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs."""
    folder = tmp_path_factory.mktemp("runs")
    data = stripes(32)
    recipe = Recipe(epochs=3, batch_size=16, data="stripes")
    for _metrics in runs.carry_on(runs.create(folder / "learned", recipe, data), data):
        pass
    return folder / "learned"


def test_epochs_of_a_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kept maps of an epoch against those of the last; its last network looks at the page's picture."""
    monkeypatch.setattr(control, "RUNS", run.parent)
    app = opened(compare_with="epochs", compare_epoch="1")
    first, last = observations.read(run, 1), observations.read(run, 3)
    text = shown(app)
    for name, maps in first.maps.items():
        assert f"{name} · {' × '.join(map(str, maps.shape))} · changed by {changed(maps, last.maps[name])}" in text
    channels = max(len(maps) for maps in first.maps.values())
    assert f"at most {observations.MOST_CHANNELS} channels of {observations.MOST_BLOCKS} blocks" in text
    assert channels <= observations.MOST_CHANNELS
    assert len(first.maps) <= observations.MOST_BLOCKS
    curves = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert [each["name"] for each in curves] == list(last.maps)
    app.button(key="maps/compare/into").click().run()
    assert not app.error
    assert app.session_state["settings/maps"]["model"] == "run:learned@3"


def test_without_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where they come from."""
    monkeypatch.setattr(control, "RUNS", tmp_path)
    monkeypatch.setattr(maps_compare_epochs, "link", lambda *_given: None)  # the page stands alone here
    assert "no run yet" in opened(compare_with="epochs").info[0].value


def test_random_networks_are_not_compared_with_random_ones() -> None:
    """They have no twin; something else is compared."""
    app = opened(model="random:lenet5")
    assert app.query_params.get("compare_with") in (None, "pictures", ["pictures"])
    assert app.session_state["settings/maps"]["compare_with"] == "pictures"


@pytest.mark.parametrize(
    ("name", "text"),
    [("compare_with", "x"), ("compare_model", "<b>"), ("compare_picture", "../x"), ("compare_amount", "nan"),
     ("compare_amount", "1e9"), ("compare_scale", "x"), ("compare_run", "../x"), ("compare_epoch", "-1"),
     ("compare_first", "a b")],
)  # fmt: skip
def test_hostile_settings_are_refused(name: str, text: str) -> None:
    """They come from an address."""
    setting = next(each for each in COMPARE_SETTINGS if each.name == name)
    with pytest.raises((ValueError, CnnvizError)):
        setting.decode(text)

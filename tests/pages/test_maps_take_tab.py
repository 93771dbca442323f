"""The tab "Take away": what is offered, and what the files hold."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from streamlit.testing.v1 import AppTest

from cnnviz import engine
from cnnviz.engine import AttributionJob, DescribeJob, PassJob
from cnnviz.images.source import Source
from cnnviz.networks.what_if import NOTHING
from pages.common.language import begin_run
from pages.common.maps_looked import Looked
from pages.common.maps_overview import strongest
from pages.common.maps_report_parts import cam_step, report_maker, usual_steps

torch.set_num_threads(1)

MODEL = "resnet20-cifar10"


def tab() -> None:
    """The tab alone on a page."""
    from pages.common.maps_inputs import INPUT_SETTINGS, drawing_input
    from pages.common.maps_looked import look
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.maps_take_tab import TAKE_SETTINGS, take_tab
    from pages.common.pictures import pictures
    from pages.common.settings import Settings

    settings = Settings("maps", (*MAPS_SETTINGS, *TAKE_SETTINGS, *INPUT_SETTINGS))
    looked = look("maps", settings["model"], drawing_input(settings) or pictures(settings).shown)
    if looked is not None:
        take_tab(settings, looked)


@pytest.fixture(scope="module")
def looked() -> Looked:
    """The cat, as the shipped ResNet-20 sees it."""
    image = Source("cat").load()
    return Looked(MODEL, image, NOTHING, engine.run(DescribeJob(MODEL)), engine.run(PassJob(MODEL, image)))


class Pictures(HTMLParser):
    """Collects tags, texts and pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.pictures: list[np.ndarray] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A picture has a text, and is all there."""
        self.tags.add(tag)
        found = dict(attrs)
        if tag == "img":
            assert found["alt"]
            head, _, data = str(found["src"]).partition(",")
            assert head == "data:image/png;base64"
            self.pictures.append(np.asarray(PilImage.open(io.BytesIO(base64.b64decode(data))).convert("RGB")))

    def handle_data(self, data: str) -> None:
        """Text of any element."""
        self.text += data


def test_the_report_stands_alone(looked: Looked) -> None:
    """No scripts, nothing from elsewhere; the picture is what the network saw, the numbers are those of the pass."""
    begin_run()
    step = "conv3_x.0.activation2"
    html = report_maker(looked, [step], None, "http://h/maps?x=<script>")().decode()
    page = Pictures(html)
    assert not page.tags & {"script", "link", "iframe"}
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", html)
    seen, strip = page.pictures
    np.testing.assert_array_equal(seen[::7, ::7], np.rint(255 * looked.seen).astype(np.uint8))
    best = looked.done.probabilities.argmax()
    assert f"{looked.about.classes[best]}{100 * looked.done.probabilities[best]:.1f}%" in page.text
    shown = looked.done.maps[step][strongest(looked.done.maps[step])]
    assert f"from {shown.min():.4g} to {shown.max():.4g}" in page.text
    assert strip.shape[1] == 8 * 128 + 7 * 2
    assert f"{looked.done.summary.parameters:,}" in page.text


def test_grad_cam_in_the_report_is_that_of_the_engine(looked: Looked) -> None:
    """The brightest place over a picture of half its brightness is where the attribution is largest."""
    step = cam_step(looked)
    assert step == usual_steps(looked)[-1] == "conv4_x.2.activation2"
    values = engine.run(AttributionJob(MODEL, looked.image, "grad_cam", looked.answer, step)).values
    page = Pictures(report_maker(looked, [], step, "")().decode())
    over = page.pictures[1][::7, ::7].astype(float) - 127.5 * looked.seen
    row, column = np.unravel_index(values.argmax(), values.shape)
    side = 32 // len(values)
    np.testing.assert_allclose(over[row * side, column * side], np.array([253, 231, 37]) / 2, atol=1.5)


def test_what_is_offered_and_said() -> None:
    """All steps with their count and size; the open one alone when it is asked for, in half precision."""
    app = AppTest.from_function(tab, default_timeout=60).run()
    assert not app.exception
    steps = engine.run(PassJob(MODEL, Source("cat").load())).maps
    numbers = sum(each.size for each in steps.values())
    assert f"{len(steps)} steps, {numbers:,} numbers, {4 * numbers / 1e6:.2f} MB" in app.caption[0].value
    labels = [each.label for each in app.get("download_button")]
    assert labels == ["Activations (NPZ)", "Statistics (CSV)", "All maps of conv1.conv (PNG)"]
    assert "take_" not in app.code[-1].value

    app = AppTest.from_function(tab, default_timeout=60)
    app.query_params.update({"step": "conv2_x.0.add", "take_steps": "open", "take_bits": "16"})
    app.run()
    assert app.caption[0].value.startswith(f"1 step, {16 * 32 * 32:,} numbers, 0.03 MB")
    assert "65,504" in app.caption[0].value
    assert "conv2_x.0.add" in app.get("download_button")[2].label

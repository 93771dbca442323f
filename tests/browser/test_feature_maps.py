"""Feature maps in Chromium: from the network to one number, and what others at the same network see."""

from __future__ import annotations

import importlib.resources
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
from playwright.sync_api import expect

from cnnviz.images import samples
from cnnviz.networks import catalogue
from pages.common.maps_settings import PICTURE
from tests.browser.app import wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

STEP = "conv2_x.0.conv1"
ROUNDED = 6e-5  # four decimals are shown
READ = """(view) => [
    view.dataset.place.split(",").map(Number),
    view.querySelectorAll(".lines td.number")[1].textContent,
]"""
COUNT_SENDING = """() => {
    window.sendings = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...data) { window.sendings++; return send.apply(this, data); };
}"""
FIRST = 60_000  # milliseconds; the first network of a server waits for the import of PyTorch


def hooked(key: str, step: str) -> torch.Tensor:
    """What a module returns for the page's picture, by a hook of the test's own: (C, H, W)."""
    loaded = catalogue.load(key)
    seen: list[torch.Tensor] = []
    handle = loaded.network.get_submodule(step).register_forward_hook(lambda _m, _i, out: seen.append(out.clone()))
    with torch.inference_mode():
        loaded.network(loaded.prepare(samples.load(PICTURE))[None])
    handle.remove()
    return seen[0][0]


def walk_a_window(page: Page) -> None:
    """With keys, over the cells of 3×3 products: each says where it is, and its product."""
    page.locator(".channelview .window").focus()
    for key, place in (("ArrowRight", (1, 1)), ("ArrowRight", (1, 2)), ("ArrowDown", (2, 2)), ("ArrowLeft", (2, 1))):
        page.keyboard.press(key)
        said = page.locator(".channelview .detail").inner_text().replace("\u2212", "-")
        row, column, *numbers = (float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", said))
        assert (row, column) == place
        value, weight, product = numbers
        assert value * weight == pytest.approx(product, rel=0.02, abs=2e-3)


def setting(page: Page, name: str) -> str:
    """A setting as the address has it."""
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


@pytest.mark.parametrize("key", ["resnet20-cifar10", "random:resnet18"])
def test_from_the_network_to_one_number(open_page: OpenPage, key: str) -> None:
    """Overview, layer, channel, number: what stands there is what a hook of one's own finds; then back, level by level.

    Nothing goes to the server while places are walked through.
    """
    page = open_page(f"/maps?model={key}", settle=False)
    page.locator("[data-fold=all]").click(timeout=FIRST)
    page.locator(f'[data-step="{STEP}"]').focus()
    page.keyboard.press("Enter")
    grid = page.locator("[data-channel] .pane canvas")
    expect(grid).to_be_focused()
    expect(page).to_have_url(re.compile(f"step={STEP}"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    stage = page.locator(".channelview canvas.map").first
    expect(stage).to_be_focused()
    expect(page).to_have_url(re.compile("channel="))
    wait_until_idle(page)
    channel = int(setting(page, "channel"))

    maps = hooked(key, STEP)
    page.evaluate(COUNT_SENDING)
    for move in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(move)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        (row, column), said = page.locator(".channelview").evaluate(READ)
        assert float(said.replace("\u2212", "-")) == pytest.approx(float(maps[channel, row, column]), abs=ROUNDED)
    walk_a_window(page)
    assert page.evaluate("window.sendings") == 0
    stage.focus()

    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    expect(page.locator(f'[data-channel="{channel}"]')).to_be_visible()
    expect(page).not_to_have_url(re.compile("channel="))
    page.keyboard.press("Escape")
    expect(page.locator(f'[data-step="{STEP}"]')).to_be_focused()  # all steps are shown, as before
    expect(page).not_to_have_url(re.compile("step="))


def test_choices_follow_the_picture_and_the_network(open_page: OpenPage) -> None:
    """Two other pictures, another network, two uploads: the box below says the answer that stands above, each time."""
    page = open_page("/maps", settle=False)
    page.locator(".overview[data-painted]").wait_for(timeout=FIRST)
    why = page.get_by_role("combobox", name="Why", exact=True)
    answer = page.locator(".st-key-maps-way")

    def agree(shown: str) -> str:
        expect(answer).not_to_have_text(shown, timeout=20_000)
        wait_until_idle(page)
        now = answer.inner_text()
        name, share = re.search(r"answer: (.+?), ([0-9.]+%)", now).groups()
        expect(why).to_have_value(f"the answer: {name} ({share})")
        assert "class=" not in urlsplit(page.url).query
        return now

    shown = answer.inner_text()
    for label, option in (
        ("Sample", "Coffee cup"),
        ("Sample", "Rocket launch"),
        ("Network", "VGG-11, CIFAR-10 (85.7%)"),
    ):
        box = page.get_by_role("combobox", name=label, exact=True)
        box.press("ArrowDown")
        box.press_sequentially(option)
        page.get_by_role("option", name=option, exact=True).click()
        shown = agree(shown)
    page.get_by_text("Upload", exact=True).click()
    for name in ("coffee", "horse"):
        file = importlib.resources.files("skimage") / "data" / samples.get(name).file
        picture = {"name": samples.get(name).file, "mimeType": "image/png", "buffer": file.read_bytes()}
        page.locator('input[type="file"]').set_input_files(files=[picture])
        shown = agree(shown)


def test_a_download_that_fails_leaves_the_page(open_page: OpenPage) -> None:
    """Without network: a sentence, and the other networks are still there to choose."""
    page = open_page("/maps?model=torchvision:squeezenet1_1", settle=False)
    page.get_by_role("button", name="Fetch the weights").click(timeout=FIRST)
    wait_until_idle(page, 60_000)
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="A network of ours").click()
    page.locator(".overview[data-painted]").wait_for(timeout=FIRST)


def test_a_search_stops_when_it_is_told(open_page: OpenPage) -> None:
    """Within a second or two, under way and behind another visitor's; and another picture needs not wait for it."""
    first, second = (open_page(f"/maps?tab=excite&model=random:resnet50&excite_seed={seed}") for seed in (1, 2))
    for page in (first, second):
        page.get_by_role("button", name="Search the picture").click(timeout=FIRST)
        expect(page.get_by_text("Searching for the picture that excites it most")).to_be_visible()
    for page in (second, first):
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Search the picture")).to_be_visible(timeout=3000)
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    first.get_by_role("button", name="Search the picture").click()
    first.get_by_role("button", name="Stop").wait_for()
    first.get_by_text("Pattern", exact=True).click()
    expect(first).to_have_url(re.compile("picture="), timeout=3000)


def test_a_suggestion_brings_its_tab_into_sight(open_page: OpenPage) -> None:
    """One after the other: the tabs lie below the strips, where nobody would look."""
    page = open_page("/maps", settle=False)
    page.locator(".overview[data-painted]").wait_for(timeout=FIRST)
    tabs = page.locator(".stTabs").last
    for title, tab, before in (
        ("Where does it look?", "Why this answer?", None),
        ("Trained or random?", "Compare", None),
        ("Switch a block off", "What if?", "Follow one number"),  # from a level of another height
    ):
        if before:
            page.get_by_role("button", name=before).click()
            page.locator(".channelview canvas.map").first.wait_for()
            wait_until_idle(page)
        page.evaluate("document.querySelector('.stMain').scrollTo({ top: 0, behavior: 'instant' })")
        page.get_by_role("button", name=title).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        wait_until_idle(page)
        page.wait_for_function(
            "(host) => { const { top } = host.getBoundingClientRect(); return 0 <= top && top < innerHeight / 2; }",
            arg=tabs.element_handle(),
        )


def test_the_next_layer_shows_its_own_numbers_and_back_leads_back(open_page: OpenPage) -> None:
    """From a sum to a convolution: another kind of lines. The browser's button goes back, step by step."""
    errors: list[object] = []
    page = open_page("/maps?step=conv3_x.1.activation2&channel=5", settle=False)
    page.on("pageerror", lambda error: errors.append(error))
    page.locator(".channelview canvas.map").first.wait_for(timeout=FIRST)
    wait_until_idle(page)
    page.get_by_role("button", name="Layer after").click()
    expect(page.locator(".channelview .lines")).to_contain_text("Products of 32 input channels")
    place, said = page.locator(".channelview").evaluate(READ)
    value = float(hooked("resnet20-cifar10", "conv3_x.2.conv1")[5, place[0], place[1]])
    assert float(said.replace("\u2212", "-")) == pytest.approx(value, abs=ROUNDED)
    wait_until_idle(page)
    page.get_by_role("button", name="conv3_x.2.conv1").click()
    page.locator(".maps-grid").wait_for()
    for there in ("step=conv3_x.2.conv1&channel=5", "step=conv3_x.1.activation2&channel=5"):
        page.go_back()
        expect(page).to_have_url(re.compile(re.escape(there) + "$"))
        expect(page.locator(".channelview")).to_be_visible()
        wait_until_idle(page)
        expect(page).to_have_url(re.compile(re.escape(there) + "$"))
    assert not errors

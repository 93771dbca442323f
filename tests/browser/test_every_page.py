"""Every page opens, for every visitor, without a complaint of the browser and without another host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from pages.common import site
from pages.common.language import LANGUAGES
from tests.browser.app import wait_until_idle
from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

PLACES = {place.title: f"/{place.address}" for place in (site.HOME, *site.PAGES)}
VISITORS = {
    "desktop, English, light": {"locale": "en-GB", "viewport": DESKTOP, "color_scheme": "light"},
    "phone, Spanish, dark": {"locale": "es-MX", "viewport": PHONE, "color_scheme": "dark"},
}


@pytest.mark.parametrize("visitor", VISITORS.values(), ids=VISITORS)
@pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)
def test_a_page_opens_by_its_address(open_page: OpenPage, path: str, visitor: dict[str, Any]) -> None:
    """A link to a page shows that page: no error, no picture that fails, nothing wider than the screen."""
    page = open_page(path, **visitor)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    broken = "Array.from(document.images, i => i.decode().then(() => '', () => i.currentSrc || 'no source'))"
    assert not [address for address in page.evaluate(f"Promise.all({broken})") if address]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("place", site.PAGES, ids=lambda place: place.title)
def test_a_suggestion_leaves_the_page_standing(open_page: OpenPage, place: site.Place) -> None:
    """What it says to look at comes without building the rest anew: else a slow server leaves half a page empty."""
    page = open_page(f"/{place.address}")
    tabs = page.locator(".stTabs").last.element_handle()
    hint = page.locator(".st-key-hint")
    expect(hint).to_have_count(0)
    page.locator(".st-key-suggestions button").first.click()
    expect(hint).to_be_visible()
    wait_until_idle(page)
    assert tabs.evaluate("tabs => tabs.isConnected")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/filters", "/frequency", "/maps"])
def test_the_kinds_of_pictures_stand_in_one_line(open_page: OpenPage, path: str, language: str) -> None:
    """Sample, pattern, upload and camera, in the narrow sidebar of a desktop, and inside it."""
    page = open_page(f"{path}?lang={language}", viewport=DESKTOP)
    if path != "/maps":
        page.get_by_test_id("stSidebar").locator("summary").first.click()
    kinds = page.locator('[class*="-picture-kind-"]').get_by_role("radio")
    expect(kinds).to_have_count(4)
    boxes = kinds.evaluate_all("each => each.map(e => e.getBoundingClientRect()).map(({top, right}) => [top, right])")
    assert len({top for top, _right in boxes}) == 1
    inner = page.get_by_test_id("stSidebarUserContent").bounding_box()
    assert inner is not None
    assert boxes[-1][1] <= inner["x"] + inner["width"]


@pytest.mark.parametrize("place", site.PAGES, ids=lambda place: place.title)
def test_a_chosen_language_goes_along_to_another_page(open_page: OpenPage, place: site.Place) -> None:
    """Español, chosen on the home page, is in the address of the page opened from there."""
    page = open_page("/")
    page.get_by_test_id("stSidebar").get_by_text(LANGUAGES["es"]).click()
    page.wait_for_url("**lang=es**")
    wait_until_idle(page)
    page.get_by_test_id("stPageLink").locator(f'a[href*="{place.address}"]').first.click()
    page.wait_for_url(f"**/{place.address}?**lang=es**")


@pytest.mark.parametrize("place", site.PAGES, ids=lambda place: place.title)
def test_a_page_goes_on_in_another_language(open_page: OpenPage, place: site.Place) -> None:
    """Chosen on the page itself, Español changes the words; the next answer of a control is still understood."""
    page = open_page(f"/{place.address}")
    page.get_by_test_id("stSidebar").get_by_text(LANGUAGES["es"]).click()
    page.wait_for_url("**lang=es**")
    wait_until_idle(page)
    slider = page.get_by_test_id("stSidebar").get_by_role("slider").first
    if slider.count():
        slider.press("ArrowRight")
        page.wait_for_timeout(300)
        wait_until_idle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0

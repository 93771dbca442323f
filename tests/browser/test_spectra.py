"""The panels of the frequency page in a real browser: what they compute and show is what the backend says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from cnnviz.convolution import frequency, notation
from cnnviz.convolution.frequency.design import Design
from cnnviz.convolution.frequency.folding import alias
from cnnviz.convolution.frequency.mask_text import read_mask
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.figures import colours
from cnnviz.figures.spectra import GRID, log_levels, reduced
from cnnviz.images import samples
from tests.browser.app import wait_until_idle
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import OpenPage

UNEVEN = "custom~2x3~1_2_-1_0.5_0_3"
KERNELS = ["gaussian~size-9~sigma-2", "emboss", UNEVEN]


class Panels:
    """A page of the browser that shows the frequency page."""

    def __init__(self, open_page: OpenPage, *, viewport: Any = None, **query: str) -> None:
        address = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        self.page: Page = open_page(f"/frequency?{address}", **({"viewport": viewport} if viewport else {}))
        self.host: Locator = self.page.locator(".spectra")
        self.wait()

    def wait(self) -> None:
        """Until the page is idle and all panels are painted."""
        wait_until_idle(self.page)
        expect(self.host).to_have_attribute("data-painted", re.compile(".+"), timeout=20_000)

    def at(self, row: float, column: float) -> complex:
        """H as the browser computes it."""
        real, imaginary = self.host.evaluate("(host, f) => host.spectra.response.at(...f)", [row, column])
        return complex(real, imaginary)

    def grid(self) -> np.ndarray:
        """H on the grid as the browser computes it."""
        parts = self.host.evaluate("host => [[...host.spectra.grid.re], [...host.spectra.grid.im]]")
        return (np.array(parts[0]) + 1j * np.array(parts[1])).reshape(GRID, GRID)

    def colours(self, name: str) -> np.ndarray:
        """The colours painted in a panel, (GRID, GRID, 3)."""
        painted = """({ spectra }, name) => {
            const { record } = spectra.panels.find((panel) => panel.record.name === name);
            return Array.from(spectra.paint(record).data);
        }"""
        data = self.host.evaluate(painted, name)
        return np.array(data, np.uint8).reshape(GRID, GRID, 4)[:, :, :3]

    def place(self, name: str, row: float, column: float) -> tuple[float, float]:
        """Where a frequency lies on the screen."""
        plate = self.host.locator(f"[data-name={name}] .plate")
        plate.scroll_into_view_if_needed()
        box = plate.bounding_box()
        assert box is not None
        x, y = plate.evaluate(
            "(plate, [r, c]) => { const p = plate.parentElement.panel; return [p.x(c), p.y(r)]; }", [row, column]
        )
        return box["x"] + x, box["y"] + y

    def point(self, name: str, row: float, column: float) -> str:
        """Move the mouse to a frequency and read what is said about it."""
        self.page.mouse.move(*self.place(name, row, column))
        self.page.wait_for_timeout(60)
        return self.read()

    def read(self) -> str:
        """The words beside the panels."""
        return self.host.locator(".aside").inner_text().replace("\u2212", "-")

    def query(self) -> dict[str, str]:
        """What stands in the address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}


def weights_of(chain: str) -> np.ndarray:
    """The kernel of a chain with one step."""
    return notation.read(chain)[0].kernel.weights  # type: ignore[union-attr]  # linear


@pytest.mark.parametrize(
    ("chain", "operation"), [*((chain, "correlation") for chain in KERNELS), (UNEVEN, "convolution")]
)
def test_the_response_is_the_backends(open_page: OpenPage, chain: str, operation: str) -> None:
    """H on the whole grid and between its points, even and rectangular kernels, both operations."""
    panels = Panels(open_page, chain=chain, operation=operation)
    weights = weights_of(chain)
    expected = frequency.response(weights, GRID, operation=operation).values
    np.testing.assert_allclose(panels.grid(), expected, atol=1e-9)
    for row, column in ((0.123, -0.377), (0.5, 0.5), (-0.5, 0.01)):
        assert panels.at(row, column) == pytest.approx(
            complex(frequency.at(weights, row, column, operation=operation)), abs=1e-9
        )


def test_each_scale_paints_what_the_backend_says(open_page: OpenPage) -> None:
    """Linear, log, dB and phase, switched by their buttons: every pixel within one level of the palette."""
    panels = Panels(open_page, chain="emboss")
    found = frequency.response(weights_of("emboss"), GRID, operation="correlation")
    peak = found.peak
    shares = {
        "linear": found.magnitude / peak,
        "log(1 + |H|)": found.log_magnitude / np.log1p(peak),
        "dB": (found.decibels() + 60) / (20 * np.log10(peak) + 60),
        "phase": (found.phase() + np.pi) / (2 * np.pi),
    }
    for title, share in shares.items():
        panels.page.get_by_role("button", name=title, exact=True).click()
        wait_until_idle(panels.page)
        palette = colours.cyclic() if title == "phase" else colours.sequential()
        levels = np.clip(share, 0, 1) * 255
        near = [palette[np.clip(np.rint(levels) + step, 0, 255).astype(int)] for step in (-1, 0, 1)]
        shown = panels.colours("response")
        same = np.any([(shown == each).all(axis=2) for each in near], axis=0)
        assert same.all(), title
    assert panels.query()["scale"] == "phase"


def test_the_product_is_spectrum_times_response(open_page: OpenPage) -> None:
    """The levels of |X H| are those of the picture's spectrum and the kernel's response, within one level each."""
    panels = Panels(open_page, picture="camera", chain="gaussian~size-9~sigma-2")
    power = np.abs(np.fft.fftshift(np.fft.fft2(samples.load("camera").luminance.astype(np.float64)))) ** 2
    spectrum = log_levels(reduced(power))
    gain = frequency.response(weights_of("gaussian~size-9~sigma-2"), GRID).magnitude
    decades = 0.5 * np.log10(np.maximum(reduced(power), 1e-300)) + np.log10(gain)
    expected = np.clip((decades - spectrum.low) / (spectrum.high - spectrum.low), 0, 1) * 255
    shown = panels.colours("product").astype(int)
    near = [np.clip(np.rint(expected) + step, 0, 255).astype(int) for step in (-1, 0, 1)]
    same = np.any([(shown == colours.sequential()[each]).all(axis=2) for each in near], axis=0)
    assert same[spectrum.levels > 0].all()


def test_a_design_passes_what_it_should(open_page: OpenPage) -> None:
    """A Butterworth band-pass: the gains of the grid are the backend's, to 16 bits."""
    panels = Panels(open_page, filter="design", design="butterworth~band~0.1~0.1~0.2~0.03~2~0.2,0.1")
    expected = Design("butterworth", "band", low=0.1, high=0.2, order=2).transfer((GRID, GRID))
    np.testing.assert_allclose(panels.grid().real, expected, atol=1e-5)


def test_pointing_reads_frequency_wavelength_angle_and_gain(open_page: OpenPage) -> None:
    """At (0.1, 0.2): the wave is 1 / 0.2236 = 4.47 pixels long and runs 26.6 degrees below the columns."""
    panels = Panels(open_page, chain="sobel_x")
    told = panels.point("response", 0.1, 0.2)
    row, column = (float(each) for each in re.search(r"f row (\S+), f column (\S+) cycles", told).groups())
    assert (row, column) == (pytest.approx(0.1, abs=0.004), pytest.approx(0.2, abs=0.004))
    assert float(re.search(r"wavelength (\S+) pixels", told)[1]) == pytest.approx(1 / np.hypot(row, column), abs=0.01)
    assert float(re.search(r"direction (\S+)°", told)[1]) == pytest.approx(
        np.degrees(np.arctan2(row, column)), abs=0.06
    )
    gain = complex(frequency.at(weights_of("sobel_x"), row, column, operation="correlation"))
    assert f"|H| = {abs(gain):.4f}, {20 * np.log10(abs(gain)):.1f} dB, phase 90.0°" in told


@pytest.mark.parametrize("chain", KERNELS)
def test_a_dragged_probe_measures_the_gain(open_page: OpenPage, chain: str) -> None:
    """Dragged with the mouse: the amplitude measured in the filtered grating is |H|, and the address keeps it."""
    panels = Panels(open_page, chain=chain)
    panels.page.mouse.move(*panels.place("response", 0.0, 0.0))
    panels.page.mouse.down()
    panels.page.mouse.move(*panels.place("response", 0.1, 0.1), steps=4)
    panels.page.mouse.move(*panels.place("response", 0.2, 0.31), steps=4)
    panels.page.mouse.up()
    panels.page.wait_for_url("**probe=**")
    row, column = (float(each) for each in panels.query()["probe"].split(","))
    assert (row, column) == (pytest.approx(0.2, abs=0.005), pytest.approx(0.31, abs=0.005))
    panels.wait()
    measured = panels.host.evaluate("host => host.spectra.measured")
    expected = abs(complex(frequency.at(weights_of(chain), row, column)))
    assert measured["ratio"] == pytest.approx(expected, abs=1e-6)
    assert measured["gain"] == pytest.approx(expected, abs=1e-9)
    assert f"ratio {expected:.4f}, |H| = {expected:.4f}" in panels.read()


def test_the_keyboard_moves_the_probe(open_page: OpenPage) -> None:
    """Arrows by a 64th, with Shift by a 256th of a cycle per pixel."""
    panels = Panels(open_page, probe="0,0.125")
    panels.host.locator("[data-name=response] .plate").focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight"):
        panels.page.keyboard.press(key)
    panels.page.wait_for_url("**probe=**")
    row, column = (float(each) for each in panels.query()["probe"].split(","))
    assert (row, column) == (pytest.approx(1 / 64, abs=1e-4), pytest.approx(0.125 + 1 / 64 + 1 / 256, abs=1e-4))


def test_frequencies_fold_where_the_backend_says(open_page: OpenPage) -> None:
    """Under stride 4 the alias that is told is the backend's; below the limit nothing folds."""
    panels = Panels(open_page, mode="sampling", picture="zone_plate", stride="4")
    told = panels.point("spectrum", 0.0, 0.2)
    column = float(re.search(r"f column (\S+) cycles", told)[1])
    folded = re.search(r"folds to (\S+), (\S+) \(orange\), that is (\S+), (\S+) cycles", told)
    assert folded is not None
    expected = alias(column, 4)
    assert float(folded[2]) == pytest.approx(expected.input, abs=2e-4)
    assert float(folded[4]) == pytest.approx(expected.output, abs=2e-3)
    assert "stays where it is" in panels.point("spectrum", 0.05, 0.1)


def test_a_brush_stroke_removes_its_frequencies(open_page: OpenPage) -> None:
    """Painted with the mouse: the stroke and its mirror image are in the address, and their gains are 0."""
    panels = Panels(open_page, mode="edit", picture="camera", brush="0.03")
    before = panels.host.get_attribute("data-painted") or ""
    panels.page.mouse.move(*panels.place("spectrum", 0.1, 0.1))
    panels.page.mouse.down()
    panels.page.mouse.move(*panels.place("spectrum", 0.1, 0.3), steps=8)
    panels.page.mouse.up()
    panels.page.wait_for_url("**mask=**")
    expect(panels.host).not_to_have_attribute("data-painted", before, timeout=20_000)
    panels.wait()
    mask = read_mask(panels.query()["mask"])
    assert len(mask.regions) == 1
    for row, column in ((0.1, 0.2), (-0.1, -0.2), (0.1, 0.1), (-0.1, -0.3)):
        assert panels.at(row, column) == 0
    assert panels.at(-0.1, 0.2) == panels.at(0.0, 0.0) == 1
    expected = 1 - mask.selection((GRID, GRID))
    expected[GRID // 2, GRID // 2] = 1
    np.testing.assert_allclose(panels.grid().real, expected, atol=1e-5)


def test_a_kernel_change_sends_no_picture_again(open_page: OpenPage) -> None:
    """The picture and its spectrum go to the browser once: the message of another kernel holds neither."""
    panels = Panels(open_page, picture="camera", chain="box~size-3")
    kept = panels.page.evaluate("[...globalThis.cnnvizBlobs.values()].reduce((sum, bytes) => sum + bytes.length, 0)")
    assert kept > GRID * GRID
    before = panels.host.get_attribute("data-painted")
    panels.page.locator('[data-testid="stSlider"]').first.get_by_role("slider").press("ArrowRight")
    expect(panels.host).not_to_have_attribute("data-painted", before or "", timeout=20_000)
    names = panels.host.evaluate(
        "host => host.spectra.panels.filter(p => p.record.key || p.record.spectrum?.key).length"
    )
    assert names == 3  # picture, spectrum, product
    assert panels.host.evaluate("host => host.spectra.blobs.every(bytes => bytes.length !== 65536)")


def test_a_phone_shows_two_panels_in_a_row(open_page: OpenPage) -> None:
    """Nothing is wider than the screen, and every panel is large enough to point at."""
    panels = Panels(open_page, viewport=PHONE)
    widths = panels.host.evaluate("host => host.spectra.panels.map(panel => panel.width)")
    assert len(widths) == 6
    assert min(widths) > 120
    assert panels.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_spectrum_shown_is_the_pictures(open_page: OpenPage) -> None:
    """Every colour of the panel stands for the backend's level."""
    panels = Panels(open_page, picture="coins")
    expected = log_levels(reduced(transform(samples.load("coins").luminance).magnitude.astype(np.float64) ** 2)).levels
    np.testing.assert_array_equal(panels.colours("spectrum"), colours.sequential()[expected])

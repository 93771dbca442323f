"""The Filter playground's main job, end to end, in a real browser."""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from cnnviz import images
from cnnviz.convolution import chain, filtering, kernels, matching, notation
from cnnviz.figures.display import display
from cnnviz.images import samples, source
from tests.browser.app import wait_until_idle
from tests.browser.conftest import PHONE
from tests.browser.playground import Playground

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import OpenPage

AGREEMENT = 1e-4  # between the lens (doubles in the browser) and the backend (float32)


def _photo() -> bytes:
    """A phone's photo: JPEG, larger than is shown, stored on its side with EXIF orientation 6."""
    sample = Pillow.fromarray(samples.load("coffee").levels).resize((2400, 1600)).rotate(90, expand=True)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    sample.save(stream, "JPEG", quality=90, exif=exif)
    return stream.getvalue()


def test_upload_sobel_lens_edit_and_reload(open_page: OpenPage) -> None:
    """A photo is uploaded, Sobel X chosen, the lens read and checked, a cell edited; the link brings it all back."""
    photo = _photo()
    image = images.read(photo, "photo.jpg")
    playground = Playground(open_page("/filters"))
    playground.choose("Filter", "Identity")
    playground.wait()
    playground.open_picture()
    before = playground.painted
    playground.page.get_by_text("Upload", exact=True).click()
    playground.upload("photo.jpg", photo)
    playground.wait_for_change(before)
    rows, columns = image.size
    size = f"photo.jpg: {columns} × {rows} pixels (width × height)"
    expect(playground.page.get_by_text(size)).to_be_visible()
    expect(playground.page.get_by_text("Reduced from")).to_be_visible()

    before = playground.painted
    playground.choose("Filter", "Sobel X")
    playground.wait_for_change(before)
    expected = filtering.correlate(image.pixels, kernels.get("sobel_x").weights)
    for row, column, pane in ((300, 500, "before"), (700, 1200, "after"), (1000, 300, "before")):
        lens = playground.point(row, column, pane)
        assert lens.result == pytest.approx(expected[lens.row, lens.column, 0], abs=AGREEMENT)
        assert float(lens.text) == pytest.approx(lens.result, abs=6e-5)
        patch = image.pixels[lens.row - 1 : lens.row + 2, lens.column - 1 : lens.column + 2, 0]
        np.testing.assert_allclose(lens.patch, patch.ravel(), atol=1e-7)

    before = playground.painted
    playground.type_cell(2, 2, "1/3")
    playground.wait_for_change(before)
    expect(playground.page).to_have_url(re.compile(r"chain=custom~3x3~-1_0_1_-2_0\.333"))
    link = playground.page.url
    again = Playground(open_page(link[link.index("/filters") :]))
    weights = np.array([[-1, 0, 1], [-2, 1 / 3, 2], [-1, 0, 1]])
    expected = filtering.correlate(samples.load("coffee").pixels, weights)
    assert again.look(20, 30).result == pytest.approx(expected[20, 30, 0], abs=AGREEMENT)
    expect(again.cell(2, 2)).to_have_value("1/3")


def test_bad_cells_are_named_and_the_last_kernel_stays(open_page: OpenPage) -> None:
    """Text, NaN, infinity and an empty cell: named by row and column, while the picture stays as it is."""
    playground = Playground(open_page("/filters"))
    before = playground.painted
    for text, said in (("abc", "“abc”"), ("nan", "“nan”"), ("inf", "“inf”"), ("", "(1, 3)")):
        playground.type_cell(1, 3, text)
        expect(playground.page.get_by_test_id("stAlert").get_by_text(said)).to_be_visible()
        expect(playground.cell(1, 3)).to_have_attribute("aria-invalid", "true")
        wait_until_idle(playground.page)
        assert playground.painted == before
    playground.type_cell(1, 3, "5")
    playground.wait_for_change(before)
    expect(playground.page.get_by_test_id("stAlert")).to_have_count(0)
    expect(playground.page).to_have_url(re.compile(r"custom~3x3~-1_0_5_"))


def test_typing_slowly_loses_nothing(open_page: OpenPage) -> None:
    """Answers to what was typed before do not overwrite what is being typed."""
    playground = Playground(open_page("/filters"))
    cell = playground.cell(2, 2)
    cell.click(click_count=3)
    playground.page.keyboard.type("123456", delay=260)
    expect(playground.page).to_have_url(re.compile("-2_123456_2"), timeout=10_000)
    expect(cell).to_have_value("123456")


def test_a_late_answer_does_not_undo_what_was_sent_after_it(open_page: OpenPage) -> None:
    """The answer to the first report comes again after the second: the cell keeps what it holds, until it is left."""
    playground = Playground(open_page("/filters"))
    cell = playground.cell(2, 2)
    cell.click(click_count=3)
    playground.page.keyboard.type("12")
    expect(playground.page).to_have_url(re.compile("-2_12_2"))
    wait_until_idle(playground.page)
    answer = """(cell, earlier) => {
        const editor = cell.getRootNode().querySelector(".editor").parentNode.editor;
        window.newest ??= editor.header;
        const cells = [["-1", "0", "1"], ["-2", "12", "2"], ["-1", "0", "1"]];
        const header = { ...window.newest, cells, answered: window.newest.answered - earlier };
        editor.receive({ header, blobs: [editor.palette] }, editor.send);
    }"""
    playground.page.keyboard.type("3")
    expect(playground.page).to_have_url(re.compile("-2_123_2"))
    wait_until_idle(playground.page)
    cell.evaluate(answer, 1)
    expect(cell).to_have_value("123")
    cell.evaluate(answer, 0)
    expect(cell).to_have_value("12")


def test_paste_and_reshape(open_page: OpenPage) -> None:
    """A Python list pasted into a cell becomes the kernel; rotating and adding a column work on it."""
    playground = Playground(open_page("/filters"))
    editor = playground.page.locator(".editor")
    cell = playground.cell(1, 1)
    cell.evaluate(
        """cell => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", "[[1, 2], [3, 4], [5, 6]]");
            cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    expect(editor).to_have_attribute("data-shown", "[[1,2],[3,4],[5,6]]")
    editor.get_by_role("button", name="Rotate by 90°").click()
    expect(editor).to_have_attribute("data-shown", "[[5,3,1],[6,4,2]]")
    editor.get_by_role("button", name="Add a column").click()
    expect(editor).to_have_attribute("data-shown", re.compile(r",0\],\["))


def test_spanish(open_page: OpenPage) -> None:
    """A Spanish browser gets Spanish; the choice goes into the link, and settings survive the switch."""
    page = open_page("/filters?chain=emboss", locale="es-MX")
    playground = Playground(page)
    expect(page.get_by_role("heading", name="Laboratorio de filtros")).to_be_visible()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("heading", name="Filter playground")).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))
    playground.wait()
    expect(page).to_have_url(re.compile("chain=emboss"))
    english = Playground(open_page("/filters?lang=es"))
    expect(english.page.get_by_role("heading", name="Laboratorio de filtros")).to_be_visible()


def _png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


BAD_FILES = {
    "empty.png": b"",
    "text.png": b"hello, I am text",
    "half.jpg": _photo()[:40_000],
    "bomb.png": _png_claiming(30_000, 30_000),
    "zero.png": _png_claiming(0, 10),
    "drawing.svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "paper.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "archive.zip": b"PK\x03\x04" + b"\0" * 60,
    "noise.webp": b"RIFF\x10\0\0\0WEBPVP8 " + b"\xff" * 40,
    "large.bmp": b"BM" + b"\0" * (20 * 1024 * 1024 + 1),
}


def test_ten_bad_files(open_page: OpenPage) -> None:
    """Each gets one sentence, the picture from before stays, and a good file afterwards works."""
    playground = Playground(open_page("/filters"))
    playground.open_picture()
    playground.page.get_by_text("Upload", exact=True).click()
    wait_until_idle(playground.page)
    before = playground.painted
    alerts = playground.page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    for name, data in BAD_FILES.items():
        playground.upload(name, data)
        expect(alerts.get_by_text(name)).to_be_visible(timeout=15_000)
        wait_until_idle(playground.page)
        assert alerts.count() == 1, name
        assert playground.painted == before, name
    stream = io.BytesIO()
    Pillow.new("RGB", (40, 30), "teal").save(stream, "PNG")
    playground.upload("good.png", stream.getvalue())
    playground.wait_for_change(before)
    expect(alerts).to_have_count(0)


def test_template_matching(open_page: OpenPage) -> None:
    """A frame dragged on the picture becomes the template; the scores in the lens are the backend's."""
    playground = Playground(open_page("/filters?picture=coins&tool=match"))
    box = playground.viewer.locator(".pane.before").bounding_box()
    assert box is not None
    before = playground.painted
    start = (box["x"] + box["width"] / 2 - 40, box["y"] + box["height"] / 2 - 30)
    playground.page.mouse.move(*start)
    playground.page.mouse.down()
    playground.page.mouse.move(start[0] + 30, start[1] + 35, steps=4)
    playground.page.mouse.up()
    expect(playground.page).to_have_url(re.compile(r"region=\d+\.\d+\.\d+\.\d+"))
    playground.wait_for_change(before)
    match = re.search(r"region=(\d+)\.(\d+)\.(\d+)\.(\d+)", playground.page.url)
    assert match is not None
    row, column, rows, columns = map(int, match.groups())
    grey = samples.load("coins").luminance
    found = matching.match(grey, grey[row : row + rows, column : column + columns])
    assert found.peak == (row, column)
    for place in ((row, column), (0, 0), (100, 200)):
        lens = playground.look(*place)
        assert lens.result == pytest.approx(found.response[place], abs=AGREEMENT)
    expect(playground.page.get_by_text("it matches itself with 1")).to_be_visible()
    assert playground.point(60, 90).row == 60  # the lens follows the mouse here, too


def test_downloads(open_page: OpenPage, tmp_path: Path) -> None:
    """The PNG and the NPY are the whole result."""
    playground = Playground(open_page("/filters?picture=camera&chain=sobel_y&view=absolute"))
    playground.page.get_by_role("tab", name="Take away").click()
    filtered = chain.apply(samples.load("camera").luminance, notation.read("sobel_y"))
    with playground.page.expect_download() as numbers:
        playground.page.get_by_role("button", name="Numbers (NPY, float32)").click()
    numbers.value.save_as(tmp_path / "numbers.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "numbers.npy", allow_pickle=False), filtered.values)
    with playground.page.expect_download() as picture:
        playground.page.get_by_role("button", name="Picture (PNG)").click()
    picture.value.save_as(tmp_path / "picture.png")
    np.testing.assert_array_equal(
        np.asarray(Pillow.open(tmp_path / "picture.png")), display(filtered.values, "absolute").rgb
    )


def test_suggestions_set_the_page(open_page: OpenPage) -> None:
    """Every suggestion changes the address, says what to look at, and leaves a page without errors."""
    playground = Playground(open_page("/filters?chain=identity"))
    buttons = playground.page.locator(".st-key-suggestions button")
    addresses = set()
    for i in range(buttons.count()):
        before = playground.painted
        buttons.nth(i).click()
        playground.wait_for_change(before)
        expect(playground.page.get_by_test_id("stAlert")).to_have_count(0)
        addresses.add(playground.page.url)
    assert len(addresses) == buttons.count() >= 7


def test_settings_survive_a_visit_to_another_page(open_page: OpenPage) -> None:
    """Home and back: kernel and picture are as they were, and the address too."""
    playground = Playground(open_page("/filters?picture=cat&chain=emboss"))
    page = playground.page
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="cnnviz")).to_be_visible()
    wait_until_idle(page)
    page.get_by_test_id("stTopNavLink").get_by_text("Filters").click()
    Playground(page)
    expect(page).to_have_url(re.compile(r"picture=cat"))
    expect(page).to_have_url(re.compile(r"chain=emboss"))
    expect(playground.cell(1, 1)).to_have_value("-2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone(open_page: OpenPage, scheme: str) -> None:
    """On a phone nothing is wider than the screen, the pictures stand one above the other, and a tap moves the lens."""
    page = open_page("/filters", viewport=PHONE, has_touch=True, color_scheme=scheme)
    playground = Playground(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before, after = (playground.viewer.locator(f".pane.{name}").bounding_box() for name in ("before", "after"))
    assert before is not None
    assert after is not None
    assert after["y"] > before["y"] + before["height"]
    lens = playground.lens()
    page.touchscreen.tap(before["x"] + 50, before["y"] + 40)
    expect(playground.viewer).not_to_have_attribute("data-lens", f"{lens.row},{lens.column}")


def test_illegal_links_fall_back_with_a_notice(open_page: OpenPage) -> None:
    """Impossible settings in the address: defaults, a sentence that names them, no error."""
    playground = Playground(open_page("/filters?chain=sobel_x~repeat-9999&border=mirror&picture=../../etc&pixel=a.b"))
    expect(playground.page.get_by_text("chain")).to_be_visible()
    expect(playground.page.get_by_text("they are at their defaults")).to_be_visible()
    expect(playground.cell(1, 1)).to_have_value("-1")


def test_first_link_of_a_pattern_round_trips(open_page: OpenPage) -> None:
    """A link to a test pattern shows that pattern, every pixel exact."""
    text = "checkerboard~rows-40~columns-60~cell-5"
    playground = Playground(open_page(f"/filters?picture={text}&chain=laplacian"))
    pattern = source.read(text).load()
    expected = filtering.correlate(pattern.luminance, kernels.get("laplacian").weights)
    for place in ((0, 0), (5, 5), (39, 59)):
        assert playground.look(*place).result == pytest.approx(expected[place], abs=AGREEMENT)

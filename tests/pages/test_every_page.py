"""Each page as Streamlit runs it, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.images import samples
from pages.common import site

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 60  # seconds; a busy machine imports slowly


def open_app(root: Path, place: site.Place | None = None, language: str = "en", **query: str) -> AppTest:
    """The app on one page, with settings as they stand in an address."""
    app = AppTest.from_file(str(root / "app.py"), default_timeout=TIMEOUT)
    app.query_params["lang"] = language
    app.run()
    if place is not None:
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(place.file).run()
    return app


def texts(app: AppTest) -> str:
    """Everything that is written on the page."""
    return "\n".join(str(each.value) for each in (*app.markdown, *app.caption, *app.subheader, *app.info, *app.warning))


def test_every_file_of_the_folder_is_a_page(root: Path) -> None:
    """A page that is not in the list would have no menu entry."""
    files = {f"pages/{path.name}" for path in (root / "pages").glob("*.py")} - {"pages/__init__.py"}
    assert files == {place.file for place in (site.HOME, *site.PAGES)}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("place", [None, *site.PAGES], ids=["home", *(place.address for place in site.PAGES)])
def test_a_page_runs(root: Path, place: site.Place | None, language: str) -> None:
    """No exception and no error message on the first visit, in either language."""
    app = open_app(root, place, language)
    assert not app.exception
    assert not app.error
    assert len(app.subheader) > 0


def test_the_readme_names_every_page(root: Path) -> None:
    """The table of the README says what the pages say."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    for place in site.PAGES:
        assert place.title in readme
        assert place.question in readme


def test_the_readme_credits_every_sample(root: Path) -> None:
    """Title, author and licence of each photo that the app shows."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    for key in samples.names():
        sample = samples.get(key)
        assert f"| {sample.title} | {sample.credit} | {sample.licence} |" in readme

"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import FLAGS, find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

# Two test processes share two cores: PyTorch's threads would wait for each other. It reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def root(pytestconfig: pytest.Config) -> Path:
    """The repository's root folder."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium with a profile of its own. Without one the test fails: a skipped test proves nothing."""
    if not (path := find()):
        pytest.fail("No Chromium found; `make test` installs one.", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()

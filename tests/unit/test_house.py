"""The rules of the house that no linter sees: what an import loads, and what the README promises."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pages.common import site

if TYPE_CHECKING:
    from pathlib import Path

# Runs in a fresh process: an audit hook sees every socket that is opened to another host.
PROBE = """
import sys
asked = []
network = {{"socket.connect", "socket.getaddrinfo", "socket.sendto"}}
sys.addaudithook(lambda event, data: asked.append(data) if event in network else None)
import {module}
print(*sorted({{"streamlit", "torch", "torchvision"}} & set(sys.modules)), *asked)
"""


@pytest.mark.parametrize(
    "module",
    [
        "cnnviz",
        "cnnviz.convolution",
        "cnnviz.figures",
        "cnnviz.snippets",
        "cnnviz.images",
        "cnnviz.engine",
        "cnnviz.networks.zoo, cnnviz.networks.custom, cnnviz.networks.published, cnnviz.networks.structure",
    ],
)
def test_importing_the_backend_loads_no_streamlit_no_torch_and_asks_no_host(module: str, root: Path) -> None:
    """A notebook, or a page that needs no network, pays for neither; a class without a network can start."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE.format(module=module)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert probe.stdout.strip() == ""


@pytest.mark.parametrize("command", ["run", "test"])
def test_the_commands_of_the_readme_exist(command: str, root: Path) -> None:
    """What the README tells a newcomer to type is a target of the Makefile."""
    assert f"make {command}" in (root / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^{command}:", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("place", site.PAGES, ids=lambda place: place.title)
def test_the_readme_names_every_page(place: site.Place, root: Path) -> None:
    """The table of the README and the menu agree on name and question."""
    assert f"| {place.title} | {place.question} |" in (root / "README.md").read_text(encoding="utf-8")


def test_starting_the_server_imports_no_torch(root: Path) -> None:
    """Everything that pages share is imported at the start; the first page does not wait for a network."""
    modules = ", ".join(f"pages.common.{path.stem}" for path in (root / "pages" / "common").glob("[a-z]*.py"))
    probe = f"import sys, {modules}\nprint(*{{'torch', 'torchvision'}} & set(sys.modules))"
    command = [sys.executable, "-W", "ignore", "-c", probe]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_ci_runs_the_command_of_the_readme(root: Path) -> None:
    """CI and a person type the same."""
    assert "make test" in (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()

"""What the diagram sends to the browser, and what it takes from there."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.structure import tree
from cnnviz.networks.summary import summarize
from pages.common import diagram as page_side
from pages.common.diagram import ALL, LONGEST_NAME, MOST_OPEN, Network, Picture, View, message, read_view
from pages.common.language import begin_run
from tests.messages import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _english() -> None:
    begin_run()


@cache
def network(name: str) -> Network:
    """A network of the zoo."""
    record = zoo.get(name)
    summary = summarize(zoo.blueprint(name), (1, *record.input_shape))
    return Network(record.title, summary, tree(summary), {"Net": f"class {name}"})


def received(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs; what is drawn joins the header."""
    header, (contents, *others) = unpacked(data)
    return {**header, **json.loads(contents)}, others


def nodes(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A record and those inside of it."""
    yield record
    for child in record.get("children", ()):
        yield from nodes(child)


def test_the_message_holds_pytorchs_numbers() -> None:
    """Parameters of every module, shapes of every layer, and the picture as it is."""
    model = zoo.build("resnet20")
    header, blobs = received(message([network("resnet20")], Picture(b"jpeg", 32, 32)))
    shapes: dict[str, list[int]] = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _, __, output, name=name: shapes.update({name: list(output.shape[1:])}))
    model.eval()(torch.zeros(1, 3, 32, 32))
    found = {node["id"]: node for node in nodes(header["networks"][0]["root"])}
    for name, module in model.named_modules():
        if name in found:
            assert found[name]["parameters"] == sum(each.numel() for each in module.parameters())
            assert found[name]["shape"] == shapes[name]
    assert set(found) >= {name for name, module in model.named_modules() if not list(module.children())}
    assert blobs[0] == b"jpeg"
    assert (header["picture"], len(blobs[1])) == ([32, 32], 3 * 256)


def test_differences_are_marked() -> None:
    """A plain network and its residual twin differ in the additions, and the twin alone has them."""
    header, _ = received(message([network("plain20"), network("resnet20")]))
    plain, residual = ({node["id"]: node for node in nodes(each["root"])} for each in header["networks"])
    assert plain["conv2_x"]["mark"] == residual["conv2_x"]["mark"] == "changed"
    assert plain["fc"]["mark"] == residual["fc"]["mark"] == ""
    only = [node for node in residual.values() if node["mark"] == "only" and "children" not in node]
    assert only
    assert all(node["family"] == "merge" or node["parameters"] == 0 for node in only)
    assert ["conv3_x", "conv3_x"] in header["pairs"]


def test_each_network_brings_its_own_code() -> None:
    """Two classes of one name are two: the code of the one does not hide that of the other."""
    header, _ = received(message([network("plain20"), network("resnet20")]))
    assert [each["code"] for each in header["networks"]] == [{"Net": "class plain20"}, {"Net": "class resnet20"}]


def test_a_family_that_nobody_knows_is_other() -> None:
    """A module may call its family what it likes; on the page it becomes part of a colour's name."""
    known = network("plain20")
    layers = [replace(layer, family='x" onload="alert(1)') for layer in known.summary.layers]
    summary = replace(known.summary, layers=tuple(layers))
    header, _ = received(message([Network("Net", summary, tree(summary), {})]))
    families = {node["family"] for node in nodes(header["networks"][0]["root"]) if "children" not in node}
    assert families == {"other"}


def test_a_network_that_stops_has_shares_of_its_parameters_only() -> None:
    """They are known without a run; operations and memory are those of the layers that did run."""
    summary = summarize(zoo.blueprint("alexnet"), (1, 3, 32, 32))
    sent = received(message([Network("AlexNet", summary, tree(summary), {})]))[0]["networks"][0]
    assert sent["failure"]["layer"] == "conv5.pool"
    assert sent["parameters"] == summary.parameters
    assert not sent.keys() & {"macs", "memory"}


def test_whole_is_a_picture_or_a_text() -> None:
    """In the words of what the network reads."""
    summary = summarize(zoo.blueprint("text_cnn"), (1, 56), words=True)
    text = Network("Text CNN", summary, tree(summary), {})
    header, _ = received(message([text, network("plain20")]))
    assert [each["whole"] for each in header["networks"]] == ["the whole text", "the whole picture"]


class Asking(nn.Module):
    """Asks for the value of a number, which a run without numbers does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Bright pictures only."""
        brightened: torch.Tensor = self.conv(x) if x.sum() > 0 else x
        return brightened


def _unfollowed() -> None:
    from pages.common.diagram import diagram
    from pages.common.network_facts import facts_of
    from tests.pages.test_diagram import Asking

    diagram("diagram", [facts_of("Asking", Asking(), (1, 1, 8, 8))])


def test_a_run_that_cannot_be_followed_is_said() -> None:
    """Drawn is the tree of the modules."""
    page = AppTest.from_function(_unfollowed, default_timeout=60).run()
    assert not page.exception
    assert page.info[0].value.startswith("The run of Asking cannot be followed (`")


def test_networks_are_compared_and_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that only changes the view takes what is there; another language, or other networks, do not."""
    pair = [replace(network(name)) for name in ("plain20", "resnet20")]
    calls: list[str] = []
    for name in ("compare", "_network"):
        original = getattr(page_side, name)
        monkeypatch.setattr(page_side, name, lambda *given, f=original, n=name: (calls.append(n), f(*given))[1])
    first = page_side.compared(*pair)
    for view in (View(), View((ALL,)), View(paint="macs")):
        assert received(message(pair, view=view))[0]["view"]["paint"] == view.paint
    assert page_side.compared(*pair) is first
    assert calls == ["compare", "_network", "_network"]
    monkeypatch.setattr(page_side, "current", lambda: "es")
    message(pair)
    message(pair[::-1])
    assert calls[3:] == ["_network", "_network", "compare", "_network", "_network"]


def test_the_signature_is_that_of_the_networks() -> None:
    """Another view is the same drawing; another network is not."""
    one, other = network("plain20"), network("resnet20")
    headers = [
        received(message([each], None, view))[0] for each, view in ((one, View()), (one, View((ALL,))), (other, View()))
    ]
    signatures = [header["signature"] for header in headers]
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "open",
        [],
        {},
        {"open": "conv1", "selected": "", "paint": "kind"},
        {"open": [], "selected": None, "paint": "kind"},
        {"open": [], "selected": "", "paint": "<b>"},
        {"open": [], "selected": "", "paint": ["kind"]},
    ],
)
def test_what_is_no_view_is_refused(value: object) -> None:
    """The browser is not believed."""
    assert read_view(value) is None


def test_a_view_is_bounded() -> None:
    """Only names, no more of them and no longer than a network has."""
    many = [f"layer{number}" for number in range(2 * MOST_OPEN)]
    view = read_view({"open": [1, "x" * (LONGEST_NAME + 1), *many], "selected": "y" * 1000, "paint": "macs"})
    assert view == View(tuple(many[:MOST_OPEN]), "y" * LONGEST_NAME, "macs")


def _page() -> None:
    import streamlit as st

    from pages.common import diagram

    given = st.session_state.get("given", diagram.View())
    networks = st.session_state.get("networks", "one")
    st.session_state["sent"] = diagram._steady("diagram", given, networks)


def test_a_view_is_sent_when_python_wants_it_shown() -> None:
    """What the browser reported itself is not sent back to it; what a button asks for is, also twice."""
    page = AppTest.from_function(_page).run()
    start, opened, asked = View(), View(("a",)), View(("b",), "b", "macs")
    assert page.session_state["sent"] == (start, 0)

    def run(given: View, reported: View | None) -> tuple[View, int]:
        page.session_state["given"] = given
        if reported:
            page.session_state["diagram"] = {
                "view": {"open": list(reported.open), "selected": reported.selected, "paint": reported.paint}
            }
        page.run()
        sent: tuple[View, int] = page.session_state["sent"]
        return sent

    assert run(opened, opened) == (start, 0)
    assert run(opened, opened) == (start, 0)
    assert run(asked, opened) == (asked, 1)
    assert run(opened, opened) == (asked, 1)
    assert run(asked, opened) == (asked, 2)
    assert run(opened, opened) == (asked, 2)
    page.session_state["networks"] = "another"  # there, the browser starts with what it had open
    assert run(opened, opened) == (opened, 2)

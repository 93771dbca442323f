"""The tab where one builds a network: what it says, refuses and keeps, without a browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.networks.custom import KINDS, UnfitError, read, steps
from cnnviz.networks.custom.building import build
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.networks.custom.kinds import kind_of
from cnnviz.networks.custom.text import read_layer
from cnnviz.snippets.network import network_program
from pages.common import language, site
from pages.common.build_tab import BUILD_SETTINGS
from pages.common.build_table import read_rows, shown_columns, table_rows, tidied
from pages.common.build_words import said
from pages.common.training_networks import CUSTOM
from pages.common.typed_table import RowError, edited
from tests.pages.test_every_page import open_app

if TYPE_CHECKING:
    from pathlib import Path

    from pages.common.typed_table import Row

torch.set_num_threads(1)

SMALL = "3x8x8:conv4k3p1-relu-max2-conv8k3-gap-flat-fc5"


def page() -> None:
    """A page that has nothing but the tab."""
    from pages.common.build_tab import BUILD_SETTINGS, build_tab
    from pages.common.frame import guarded, notices
    from pages.common.settings import Settings

    @guarded
    def main() -> None:
        settings = Settings("architectures", BUILD_SETTINGS)
        notices(settings)
        settings.publish()
        build_tab(settings)

    main()


def opened(**query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    return app.run()


def edit(app: AppTest, **changes: Any) -> AppTest:
    """Send what the browser sends when something was typed into the table; it sends all edits since it was drawn."""
    states = app._tree.get_widget_states()  # AppTest has no method for the table
    state = states.widgets.add()
    state.id = app.get("dataframe")[0].proto.id
    empty = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
    state.string_value = json.dumps({**empty, **changes})
    return app._run(states)


def text(app: AppTest) -> str:
    """The network in use."""
    return str(app.text_input[0].value)


def outputs(app: AppTest) -> list[tuple[str, str]]:
    """Names and outputs beside the table."""
    table = app.dataframe[1].value
    return list(zip(table["layer"], table["output"], strict=True))


def totals_of_the_last_good(app: AppTest, network: str) -> bool:
    """Whether the weights of a network, as PyTorch counts them, stand below what is wrong."""
    count = sum(weights.numel() for weights in build(read(network)).parameters())
    return any("Last good layers:" in each.value and f"**{count:,}** parameters" in each.value for each in app.markdown)


def rows(network: str = SMALL) -> list[Row]:
    """Its layers as they stand in the table."""
    return table_rows(read(network))


def words(found: list[Row]) -> list[str]:
    """Kinds and channels in the table's order."""
    return [f"{row['kind']}{row['channels']}" for row in found]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.key)
def test_every_start_is_counted_as_pytorch_counts(example: Any) -> None:
    """The total of parameters, and every row's output, against the modules."""
    app = opened()
    app.selectbox[0].select(example.key).run()
    assert not app.exception
    assert text(app) == example.text
    assert example.lesson in app.caption[0].value
    module = build(example.custom).eval()
    count = sum(weights.numel() for weights in module.parameters())
    assert f"**{count:,}** parameters" in app.success[0].value
    x = torch.zeros(1, *example.custom.input_shape)
    found = []
    for name, part in module.named_children():
        x = part(x)
        found.append((name, " × ".join(map(str, x.shape[1:]))))
    assert outputs(app) == found


def test_a_good_edit_is_taken_and_stands_in_the_address() -> None:
    """A larger kernel: the text, the counts and the address follow."""
    app = edit(opened(build=SMALL), edited_rows={0: {"kernel": "5", "padding": "2"}})
    assert text(app) == "3x8x8:conv4k5p2-relu-max2-conv8k3-gap-flat-fc5"
    assert app.query_params["build"] == text(app)
    assert f"**{4 * (75 + 1) + 8 * (36 + 1) + 5 * 9:,}** parameters" in app.success[0].value


def test_a_wrong_row_is_named_and_the_last_good_network_stays() -> None:
    """The second kernel does not fit what the pooling leaves; a letter is no stride; then it is mended."""
    app = edit(opened(build=SMALL), edited_rows={3: {"kernel": "7"}})
    assert "Layer 4, conv2, does not fit its input of 4 × 4 × 4: Kernel is 7" in app.error[0].value
    assert outputs(app) == [
        ("conv1", "4 × 8 × 8"),
        ("relu1", "4 × 8 × 8"),
        ("maxpool1", "4 × 4 × 4"),
        ("✗", "does not fit"),
    ]
    assert text(app) == SMALL
    assert "The text and the link still hold the last good layers." in app.error[0].value
    assert totals_of_the_last_good(app, SMALL)
    app = edit(app, edited_rows={3: {"kernel": "7", "stride": "two"}})
    assert "Row 4: Stride is two, but must be 1 … 99" in app.error[0].value
    app = edit(app, edited_rows={3: {"kernel": "3", "stride": "1"}, 0: {"stride": "2"}})
    assert not app.success
    app = edit(app, edited_rows={3: {"kernel": "2", "stride": "1"}, 0: {"stride": "2"}})
    assert not app.error
    assert text(app) == "3x8x8:conv4k3s2p1-relu-max2-conv8k2-gap-flat-fc5"


def test_layers_are_added_moved_and_removed() -> None:
    """A new row is a ReLU; its number moves it; after each change of the order the table begins anew."""
    app = edit(opened(build=SMALL), added_rows=[{"kind": "relu"}])
    assert text(app) == SMALL + "-relu"
    app = edit(app, edited_rows={7: {"place": "5"}})
    assert text(app) == "3x8x8:conv4k3p1-relu-max2-conv8k3-relu-gap-flat-fc5"
    app = edit(app, deleted_rows=[1, 4])
    assert text(app) == SMALL.replace("-relu", "")
    assert not app.error


def test_a_move_that_does_not_fit_is_shown_where_it_went() -> None:
    """The linear layer stands first now, and is refused there; sent back, all is well."""
    app = edit(opened(build=SMALL), edited_rows={6: {"place": "1"}})
    assert "Layer 1, fc1" in app.error[0].value
    assert list(app.dataframe[0].value["kind"])[:2] == ["fc", "conv"]
    assert text(app) == SMALL
    app = edit(app, edited_rows={0: {"place": "7"}})
    assert not app.error
    assert text(app) == SMALL


def test_another_kind_gets_the_numbers_that_it_needs() -> None:
    """A ReLU that becomes a convolution is one that can be used; one that becomes a ReLU keeps no kernel."""
    app = edit(opened(build=SMALL), edited_rows={1: {"kind": "conv"}})
    assert text(app) == "3x8x8:conv4k3p1-conv32k3p1-max2-conv8k3-gap-flat-fc5"
    app = edit(app, edited_rows={1: {"kind": "relu"}})
    assert text(app) == SMALL
    assert list(app.dataframe[0].value["kernel"])[1] == ""


def test_a_column_that_matters_is_there_at_once() -> None:
    """A convolution without a bias: the column says so on the first visit, and goes with the last of them."""
    app = opened(build="3x8x8:conv4b0-relu")
    assert "bias" in app.get("dataframe")[0].proto.column_order
    app.text_input[0].set_value("3x8x8:conv4-relu").run()
    app.run()
    assert "bias" not in app.get("dataframe")[0].proto.column_order


def test_showing_all_columns_loses_no_edit() -> None:
    """What was typed stands in the table of more columns, too: what was taken, and what was refused."""
    changes = {0: {"kernel": "5", "padding": "2"}, 3: {"stride": "two"}}
    app = edit(opened(build=SMALL), edited_rows=changes)
    app.toggle[0].set_value(True)
    app = edit(app, edited_rows=changes)
    assert "groups" in app.get("dataframe")[0].proto.column_order
    table = app.dataframe[0].value
    assert (table["kernel"][0], table["stride"][3]) == ("5", "two")
    assert "Row 4: Stride is two" in app.error[0].value
    app = edit(app, edited_rows={3: {"stride": "1"}})
    assert text(app) == "3x8x8:conv4k5p2-relu-max2-conv8k3-gap-flat-fc5"


def test_text_that_cannot_be_read_stays_to_be_mended() -> None:
    """The sentence names the layer; the network in use is the last good one; a friend's text is taken whole."""
    app = opened(build=SMALL)
    app.text_input[0].set_value("3x8x8:conv4-foo").run()
    assert "Layer 2, “foo”, cannot be read" in app.error[0].value
    assert text(app) == "3x8x8:conv4-foo"
    assert outputs(app)[-1] == ("fc1", "5")
    assert totals_of_the_last_good(app, SMALL)
    app.text_input[0].set_value(" 3x8x8: RES8 s2-gap-flat-fc2").run()
    assert not app.error
    assert text(app) == "3x8x8:res8s2-gap-flat-fc2"


def test_text_that_is_too_long_is_refused_with_its_length() -> None:
    """The browser sets no bound, so that no counter stands on what is typed; the sentence tells it."""
    app = opened(build=SMALL)
    app.text_input[0].set_value(SMALL + "-relu" * 1000).run()
    assert f"The text has {len(SMALL) + 5000:,} characters; 4,000 are the most here." in app.error[0].value
    assert app.query_params["build"] == SMALL


@pytest.mark.parametrize(("visitor", "padding"), [("en", "Padding is 2,"), ("es", "Relleno es 2,")])
def test_messages_call_values_as_the_columns_do(visitor: str, padding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooling padded by more than half of its window: PyTorch's names stand neither before the value nor after."""
    monkeypatch.setattr(language, "current", lambda: visitor)
    with pytest.raises(UnfitError, match="kernel_size") as refused:
        read("3x8x8:conv4-max2p2")
    assert padding in said(refused.value)
    assert "Kernel" in said(refused.value)
    assert "kernel_size" not in said(refused.value)


def test_every_word_is_listed_with_an_example() -> None:
    """Each example stands in the popover, and is read as the kind of its row."""
    app = opened(build=SMALL)
    table = next(each.value for each in app.markdown if "| Kind |" in each.value)
    listed = re.findall(r"^\| ([^|]+) \| `([^`]+)` \|", table, re.MULTILINE)
    assert [(title, kind_of(read_layer(example)).title) for title, example in listed] == [
        (kind.title, kind.title) for kind in KINDS.values()
    ]
    assert "| Inverted residual | `inv32e6` | number: Channels, `k` Kernel, `s` Stride, `e` Factor |" in table


@pytest.mark.parametrize(
    ("network", "memory"),
    [("1x1x1:relu", "4 B"), ("1x10x30:relu", "1.2 kB"), ("5x500x500:relu", "5 MB")],
)
def test_activations_are_counted_in_decimal_units(network: str, memory: str) -> None:
    """Four bytes for each number, thousands of them and not 1024, as in the other tabs."""
    assert f"**{memory}** of activations" in opened(build=network).success[0].value


def test_another_input_is_followed_through_all_layers() -> None:
    """One too small is refused, with the layer that fails; rows that were refused are tried again on a larger one."""
    app = opened(build=SMALL)
    app.number_input[1].set_value(3).run()
    assert "Layer 4, conv2, does not fit its input of 4 × 1 × 4" in app.error[0].value
    assert app.number_input[1].value == 8
    app = edit(app, edited_rows={3: {"kernel": "7x3"}})
    assert "Kernel is 7, but must be 1 … 4" in app.error[0].value
    app.number_input[1].set_value(14)
    app = edit(app, edited_rows={3: {"kernel": "7x3"}})
    assert text(app) == "3x14x8:conv4k3p1-relu-max2-conv8k7x3-gap-flat-fc5"
    assert not app.error


def test_the_program_and_the_link_can_be_taken_away(root: Path) -> None:
    """The code is the network's, the address brings the network back, and the Training lab gets it as it is."""
    app = open_app(root, site.ARCHITECTURES, tab="build", build=SMALL, build_view="code")
    assert not app.error
    program, link = (each.value for each in app.code)
    assert program == network_program(read(SMALL)).strip()
    assert "build=3x8x8%3Aconv4k3p1-relu-max2-conv8k3-gap-flat-fc5" in link
    chosen = dict(parse_qsl(app.get("page_link")[0].proto.query_string))
    assert chosen == {"tab": "train", "train_model": CUSTOM, "train_layers": SMALL}


@pytest.mark.parametrize("view", ["diagram", "layers"])
def test_blocks_are_followed_into_their_layers(view: str) -> None:
    """The network as a diagram, and as a table of all layers: opened without a word of complaint."""
    app = opened(build="3x8x8:res8s2-se4-gap-flat-fc5", build_view=view)
    assert not app.exception
    assert not app.error
    if view == "layers":
        listed = set(app.dataframe[0].value["layer"])
        assert {"residual1.conv1", "residual1.projection.0", "residual1.add", "se1.multiply", "fc1"} <= listed


@pytest.mark.parametrize(
    "hostile",
    ["", "x", "3x8x8:", "3x9999x9:relu", "3x8x8:conv4096k99p99-conv4096k99p99", "1" * 9000, "3x8x8:" + "-relu" * 99],
    ids=range(7),
)
def test_an_address_that_is_not_possible_gives_the_default(hostile: str) -> None:
    """A notice, the default, and the rest of the address stays."""
    app = opened(build=hostile, build_view="code")
    assert not app.exception
    assert "build" in app.warning[0].value
    assert app.code[0].value == network_program(EXAMPLES[0].custom).strip()


def test_settings_bear_the_name_of_the_tab() -> None:
    """The page has many tabs: what this one keeps in the address begins with its name."""
    assert all(re.match("build", setting.name) for setting in BUILD_SETTINGS)


# ---- rows


def test_numbers_move_rows() -> None:
    """Up: before the row that had the number; down: behind it; beyond the last: to the end. No gap stays."""
    start = rows()
    assert words(tidied(start)) == ["conv4", "relu", "max", "conv8", "gap", "flat", "fc5"]
    for number, place, expected in (
        (3, "1", ["conv8", "conv4", "relu", "max", "gap", "flat", "fc5"]),
        (0, "3", ["relu", "max", "conv4", "conv8", "gap", "flat", "fc5"]),
        (1, "99", ["conv4", "max", "conv8", "gap", "flat", "fc5", "relu"]),
        (1, "x", ["conv4", "relu", "max", "conv8", "gap", "flat", "fc5"]),
    ):
        changed = edited(start, {"edited_rows": {number: {"place": place}}})
        assert words(tidied(changed)) == expected
    removed = tidied(edited(start, {"deleted_rows": [1], "edited_rows": {6: {"place": "3"}}}))
    assert words(removed) == ["conv4", "fc5", "max", "conv8", "gap", "flat"]
    assert [row["place"] for row in removed] == list("123456")


def test_edits_come_in_streamlits_order() -> None:
    """Cells, then removed rows, then new ones; an emptied cell is an empty text, and numbers count the old rows."""
    changes = {"edited_rows": {"2": {"a": None}, 9: {"a": "x"}}, "deleted_rows": [0], "added_rows": [{"a": 5}, {}]}
    assert edited([{"a": "1"}, {"a": "2"}, {"a": "3"}], changes) == [{"a": "2"}, {"a": ""}, {"a": "5"}, {}]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kernel": "x"}, "Row 1: Kernel is x"),
        ({"stride": "0"}, "Row 1: Stride is 0, but must be 1 … 99"),
        ({"stride": "3x0"}, "Row 1: Stride is 3x0, but must be 1 … 99"),
        ({"channels": "4097"}, "Row 1: Channels is 4097, but must be 1 … 4096"),
        ({"channels": ""}, "Row 1: Channels is missing"),
        ({"padding": "-1"}, "Row 1: Padding is -1"),
        ({"groups": "3"}, "Layer 1, conv1, does not fit its input of 3 × 8 × 8: Groups is 3, but must be 1"),
    ],
)
def test_wrong_cells_are_refused(change: dict[str, str], sentence: str) -> None:
    """Which row, which value, what is legal."""
    with pytest.raises(RowError, match=sentence):
        read_rows((3, 8, 8), edited(rows(), {"edited_rows": {0: change}}))


def test_cells_may_be_written_as_people_write() -> None:
    """A multiplication sign, blanks and capitals."""
    changed = edited(rows(), {"edited_rows": {0: {"kernel": " 3 × 5 ", "padding": "SAME"}}})
    assert steps(read_rows((3, 8, 8), changed))[0].cost.output == (4, 8, 8)


def test_an_empty_table_is_refused() -> None:
    """A network has a layer."""
    with pytest.raises(RowError, match="Layers is 0, but must be 1 … 60"):
        read_rows((3, 8, 8), [])


def test_rare_columns_are_shown_when_they_matter() -> None:
    """Groups, dilation, bias and factor stay hidden until one is not as usual, or all are asked for."""
    always = ["place", "kind", "channels", "kernel", "stride", "padding"]
    assert shown_columns(rows(), False) == always
    assert shown_columns(rows("3x8x8:conv6g3d2-drop20"), False) == [*always, "dilation", "groups", "factor"]
    assert shown_columns([], True) == [*always, "dilation", "groups", "bias", "factor"]

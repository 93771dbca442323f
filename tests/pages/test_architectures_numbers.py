"""The tabs of the page Architectures that show numbers of many networks: what they say, by independent routes."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.networks import published
from cnnviz.networks.block_costs import BLOCKS, Design
from cnnviz.networks.signal import Network
from pages.common import families_tab, signal_depth_tab
from tests.pages.test_every_page import TIMEOUT, texts
from tests.unit.networks.block_modules import module

torch.set_num_threads(1)

B0_PARAMETERS = 5_288_548  # torchvision, EfficientNet_B0_Weights.IMAGENET1K_V1


def families() -> None:
    """The tab alone."""
    from pages.common.families_tab import FAMILIES_SETTINGS, families_tab
    from pages.common.frame import guarded
    from pages.common.settings import Settings

    guarded(families_tab)(Settings("architectures", FAMILIES_SETTINGS))


def scaling() -> None:
    """The tab alone."""
    from pages.common.frame import guarded
    from pages.common.scaling_tab import SCALING_SETTINGS, scaling_tab
    from pages.common.settings import Settings

    guarded(scaling_tab)(Settings("architectures", SCALING_SETTINGS))


def cost() -> None:
    """The tab alone."""
    from pages.common.block_cost_tab import BLOCK_COST_SETTINGS, block_cost_tab
    from pages.common.frame import guarded
    from pages.common.settings import Settings

    guarded(block_cost_tab)(Settings("architectures", BLOCK_COST_SETTINGS))


def signal() -> None:
    """The tab alone; the addresses that were not legal are for the test to see."""
    import streamlit as st

    from pages.common.frame import guarded
    from pages.common.settings import Settings
    from pages.common.signal_depth_tab import SIGNAL_DEPTH_SETTINGS, signal_depth_tab

    settings = Settings("architectures", SIGNAL_DEPTH_SETTINGS)
    st.session_state["rejected"] = settings.rejected
    guarded(signal_depth_tab)(settings)


def opened(tab: Callable[[], None], query: str = "") -> AppTest:
    """The tab after its first run, visited with the address `?query`; nothing failed in it."""
    app = AppTest.from_function(tab, default_timeout=TIMEOUT)
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    return calm(app.run())


def calm(app: AppTest) -> AppTest:
    """The app, in which nothing was raised or refused."""
    assert not app.exception
    assert not app.error
    return app


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The figures as the browser gets them, in order."""
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]


def numbers(packed: dict[str, str]) -> np.ndarray:
    """An array as Plotly sends it."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), np.dtype(packed["dtype"]))


# ---- families


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("cost", ["parameters", "macs"])
def test_every_network_up_to_the_year_is_in_the_chart(cost: str, language: str) -> None:
    """As many bubbles as results, each at its published numbers."""
    app = opened(families, f"families_cost={cost}&families_year=2016&lang={language}")
    (figure,) = charts(app)
    found = {
        (x, y)
        for trace in figure["data"]
        for x, y in zip(numbers(trace["x"]), numbers(trace["y"]), strict=True)
        if not np.isnan(y)
    }
    expected = {(np.float32(getattr(each, cost).value), np.float32(each.top1.value)) for each in published.up_to(2016)}
    assert found == expected
    assert [frame["name"] for frame in figure["frames"]] == ["2012", "2013", "2014", "2015", "2016"]


def test_the_years_are_played_in_order() -> None:
    """Each frame holds what had been published by then."""
    (figure,) = charts(opened(families))
    for frame in figure["frames"]:
        shown = sum(int(np.count_nonzero(~np.isnan(numbers(trace["y"])))) for trace in frame["data"])
        assert shown == sum(each.year <= int(frame["name"]) for each in published.RESULTS)


def test_what_is_said_about_the_families() -> None:
    """The year is named; 4.8 times fewer parameters, and nothing about ResNet-50 before there was one."""
    now = texts(opened(families))
    assert "up to 2019, EfficientNet-B7 is the most accurate, with 84.3%" in now
    assert f"EfficientNet-B0 reaches the accuracy of ResNet-50 with {25_557_032 / 5_300_000:.1f} times fewer" in now
    early = texts(opened(families, "families_year=2014"))
    assert "up to 2014, VGG-19 is the most accurate, with 72.4%" in early
    assert "ResNet-50" not in early


def test_the_table_names_its_sources() -> None:
    """Each row has three numbers of sources, or the one of all three; they stand below with their links."""
    app = opened(families, "families_year=2015")
    table = app.dataframe[0].value
    row = table[table["Network"] == "Inception-v3"].iloc[0]
    listed = next(each.value for each in app.markdown if each.value.startswith("1. ["))
    titles = dict(re.findall(r"^(\d+)\. \[(.*?)\]\(https://", listed, re.MULTILINE))
    accuracy, parameters, operations = (titles[number] for number in row["Sources"].split(", "))
    assert accuracy.startswith("Keras")
    assert parameters.startswith("Keras")
    assert operations == "Tan and Le 2019, EfficientNet, table 2"
    (only,) = table[table["Network"] == "VGG-16"]["Sources"]
    assert titles[only].startswith("torchvision")
    assert (row["Top-1, %"], row["Parameters, millions"], row["Operations, billions"]) == (77.9, 23.9, 5.7)


def test_the_csv_holds_every_number_and_source() -> None:
    """Read back by Python's own reader."""
    data = families_tab._csv(published.RESULTS).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert [row["network"] for row in rows] == [each.title for each in published.RESULTS]
    for row, each in zip(rows, published.RESULTS, strict=True):
        assert float(row["multiply_accumulates"]) == each.macs.value
        assert row["top1_percent_source"].endswith(each.top1.source.link)


@pytest.mark.parametrize("cost", ["parameters", "macs"])
def test_no_line_of_a_family_runs_backwards(cost: str) -> None:
    """From cheap to costly, whatever came first; every family stands in the legend."""
    (figure,) = charts(opened(families, f"families_cost={cost}"))
    assert [trace["name"] for trace in figure["data"]] == list(published.FAMILIES.values())
    assert figure["layout"]["showlegend"]
    for trace in figure["data"]:
        assert (np.diff(numbers(trace["x"])) >= 0).all()


# ---- scaling


def test_published_scaling_is_named() -> None:
    """B7's parameters and operations are those that torchvision prints."""
    written = texts(opened(scaling, "scaling_phi=6.9"))
    assert "EfficientNet-B7, with depth × 3.1, width × 2 and 600 pixels" in written
    assert f"{66_347_960 / 1e6:.3g} M parameters, {37.746:.3g} G operations" in written
    low, high = re.findall(r"B7 belong to φ = ([\d.]+) to ([\d.]+)\.", written)[0]
    assert 1.2 ** float(low) == pytest.approx(3.1, rel=0.01)  # depth
    assert 1.1 ** float(high) == pytest.approx(2.0, rel=0.01)  # width


def test_the_numbers_of_b0() -> None:
    """At φ = 0 everything is as torchvision prints it for B0."""
    app = opened(scaling, "scaling_phi=0")
    depth, width, picture, parameters, operations = (each.value for each in app.metric)
    assert (depth, width, picture) == ("× 1.00", "× 1.00", "224 px")
    assert parameters == f"{B0_PARAMETERS / 1e6:.3g} M"
    assert operations == "386 M"
    stages = app.table[0].value
    total = sum(int(each.replace(",", "")) for each in stages["Parameters"])
    assert total == B0_PARAMETERS


def test_the_multipliers_follow_the_sliders() -> None:
    """The powers d = α^φ, w = β^φ, r = γ^φ, and the growth that is announced."""
    app = opened(scaling)
    for slider, value in zip(app.slider, (2.0, 1.3, 1.2, 1.1), strict=True):
        slider.set_value(value)
    calm(app.run())
    depth, width, picture, *_costs = (each.value for each in app.metric)
    assert (depth, width) == (f"× {1.3**2:.2f}", f"× {1.2**2:.2f}")
    assert picture == f"{round(224 * 1.1**2)} px"
    assert f"= {1.3 * 1.2**2 * 1.1**2:.2f}$" in texts(app)
    promised = f"promise {1.3**2:.2f}, {1.2**4:.2f}, {1.1**4:.2f} and, together, {(1.3 * 1.44 * 1.21) ** 2:.2f};"
    assert promised in texts(app)
    app.button[0].click()
    assert f"= {1.2 * 1.1**2 * 1.15**2:.2f}$" in texts(calm(app.run()))


def test_curves_start_at_b0_and_resolution_costs_no_parameters() -> None:
    """Four curves of each cost."""
    _rows, operations, parameters = charts(opened(scaling))
    for figure, start in ((operations, 385_814_752), (parameters, B0_PARAMETERS)):
        assert len(figure["data"]) == 4
        assert all(numbers(trace["y"])[0] == np.float32(start) for trace in figure["data"])
    flat = next(trace for trace in parameters["data"] if trace["name"] == "resolution")
    assert len(set(numbers(flat["y"]).tolist())) == 1


@pytest.mark.parametrize("query", ["scaling_phi=7&scaling_alpha=1.4&scaling_beta=1.3&scaling_gamma=1.3", "lang=es"])
def test_the_largest_network_can_be_shown(query: str) -> None:
    """All sliders at their ends."""
    assert opened(scaling, query).metric


# ---- cost of a block


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("block", BLOCKS)
def test_the_arithmetic_of_a_block_adds_up(block: str, language: str) -> None:
    """Every product that is written out equals what stands behind it, and the bars say the same."""
    query = f"cost_block={block}&cost_in_channels=64&cost_out_channels=128&cost_kernel_size=5&cost_stride=2"
    app = opened(cost, f"{query}&lang={language}")
    found = re.findall(r"^- .*?: ([\d·]+) = ([\d,]+)$", texts(app), re.MULTILINE)
    products = [(math.prod(map(int, words.split("·"))), int(value.replace(",", ""))) for words, value in found]
    assert all(product == value for product, value in products)
    half = len(products) // 2
    sums = [sum(value for _product, value in part) for part in (products[:half], products[half:])]
    place = list(BLOCKS).index(block)
    assert [numbers(figure["data"][0]["x"])[place] for figure in charts(app)] == [np.float32(each) for each in sums]


def test_the_law_of_the_separable_convolution_is_filled_in() -> None:
    """1/N + 1/k², and the ratio that was counted, are the same number."""
    written = texts(opened(cost, "cost_out_channels=512&cost_kernel_size=7"))
    expected = f"{100 * (1 / 512 + 1 / 49):.1f}"
    assert f"{expected}% of the parameters, {expected}% of the operations." in written
    assert rf"= {expected}\,\%$" in written


def test_the_cheapest_block_is_named() -> None:
    """By PyTorch's modules: with stride 1, every weight is used at every pixel, so operations go like weights."""
    weights = {key: sum(each.numel() for each in module(key, Design()).parameters()) for key in BLOCKS}
    shares = {key: count / weights["standard"] for key, count in weights.items()}
    cheapest = min(shares, key=lambda key: shares[key])
    text = f"Cheapest here: **{BLOCKS[cheapest].title}**, with {100 * shares[cheapest]:.1f}%"
    assert text in texts(opened(cost))


# ---- signal through depth


def test_the_gradient_is_told_as_it_is_drawn() -> None:
    """Powers of ten in the sentence are those between the ends of the curve."""
    app = opened(signal, "signal_networks=plain&signal_input=noise")
    activations, gradients = charts(app)
    curve = numbers(gradients["data"][0]["y"])
    assert len(curve) == len(numbers(activations["data"][0]["y"])) == 19
    assert f"*plain* **shrinks** by {math.log10(curve[-1] / curve[0]):.1f} powers of ten." in texts(app)


@pytest.mark.parametrize("query", ["", "signal_activation=relu", "signal_activation=relu&signal_weights=small"])
def test_each_network_is_described_as_it_is_drawn(query: str) -> None:
    """All curves on screen, from their last point to their first."""
    app = opened(signal, query)
    _activations, gradients = charts(app)
    written = texts(app)
    for trace in gradients["data"]:
        curve, name = numbers(trace["y"]), trace["name"].replace("BN", "batch norm")
        decades = math.log10(curve[0] / curve[-1])
        change = f"by {abs(decades):.1f} powers"
        expected = f"stays within one power of ten (× {curve[0] / curve[-1]:.2g})"
        if abs(decades) >= 1:
            expected = f"**{'grows' if decades > 0 else 'shrinks'}** {change}"
        assert f"*{name}* {expected}" in written


def test_reasons_are_given_for_what_is_shown() -> None:
    """Nothing about shortcuts or batch norm where there are none, nor about the sigmoid in a network of ReLUs."""
    plain = texts(opened(signal, "signal_networks=plain"))
    assert "at most 1/4" in plain
    assert "shortcut" not in plain.lower().replace("residual", "")
    assert "Batch norm" not in plain
    residual = texts(opened(signal, "signal_activation=relu&signal_networks=residual.residual-batch"))
    assert "addition about doubles the mean square" in residual
    assert "Batch norm" in residual
    assert "1/4" not in residual


def test_one_network_is_measured_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second visitor's measurement waits for the first one's."""
    running: list[str] = []
    most = 0

    def measure(*_arguments: Any) -> str:
        nonlocal most
        running.append("one")
        most = max(most, len(running))
        time.sleep(0.05)
        running.pop()
        return "measured"

    monkeypatch.setattr("cnnviz.networks.signal.measure", measure)
    signal_depth_tab._measured.clear()
    try:
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda seed: signal_depth_tab._measured(Network(), "noise", seed), range(4))
        assert [str(each) for each in found] == ["measured"] * 4
    finally:
        signal_depth_tab._measured.clear()
    assert most == 1


def test_the_program_measures_what_is_shown() -> None:
    """Run as pasted, it finds the curve that was drawn last."""
    app = opened(signal, "signal_networks=plain-batch.residual&signal_seed=3")
    namespace: dict[str, Any] = {}
    exec(app.code[0].value, namespace)  # noqa: S102 - what a visitor is told to run
    assert np.array_equal(namespace["found"].gradients, numbers(charts(app)[1]["data"][-1]["y"]))


def test_other_weights_are_drawn() -> None:
    """The button changes the curve; the last network cannot be taken away."""
    app = opened(signal, "signal_networks=residual")
    before = numbers(charts(app)[1]["data"][0]["y"])
    app.button[0].click()
    calm(app.run())
    assert not np.array_equal(before, numbers(charts(app)[1]["data"][0]["y"]))
    pills = next(each for each in app.button_group if each.value == ["residual"])
    pills.set_value([])
    assert len(charts(calm(app.run()))[1]["data"]) == 1


@pytest.mark.parametrize(
    "query",
    ["signal_depth=21", "signal_depth=1e9", "signal_networks=plain.__class__", "signal_networks=", "signal_seed=-1",
     "signal_activation=tanh"],
)  # fmt: skip
def test_hostile_addresses_become_defaults(query: str) -> None:
    """The name is reported, and the tab is there."""
    app = opened(signal, query)
    if query.partition("=")[2]:
        assert app.session_state["rejected"] == (query.partition("=")[0],)
    assert len(charts(app)) == 2


@pytest.mark.parametrize(
    ("tab", "query"),
    [(cost, "cost_in_channels=33"), (cost, "cost_kernel_size=" + "9" * 5000), (scaling, "scaling_phi=nan"),
     (scaling, "scaling_alpha=1e300"), (families, "families_year=1066"), (families, "families_cost=__init__")],
)  # fmt: skip
def test_other_hostile_addresses(tab: Callable[[], None], query: str) -> None:
    """Never an error; the tab is drawn with its defaults."""
    assert charts(opened(tab, query))

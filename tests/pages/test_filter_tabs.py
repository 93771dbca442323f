"""The tabs about learned filters and a learned kernel: what they say, without a browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.convolution import likeness, notation
from cnnviz.networks import torchvision_models
from cnnviz.training import control, first_filters, kernel_lessons
from pages.common import learned_tab, site
from pages.common.learned_pictures import frequency_levels, view_levels
from pages.common.learned_source import ranked, source_names
from tests.unit.training.curves import run

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)


def page() -> None:
    """A page that has nothing but the two tabs."""
    import streamlit as st

    from pages.common.frame import guarded, notices
    from pages.common.learn_kernel_tab import LEARN_KERNEL_SETTINGS, learn_kernel_tab
    from pages.common.learned_tab import LEARNED_SETTINGS, learned_tab
    from pages.common.settings import Settings

    @guarded
    def main() -> None:
        settings = Settings("training", (*LEARNED_SETTINGS, *LEARN_KERNEL_SETTINGS))
        notices(settings)
        (learned_tab if "filters" in st.query_params else learn_kernel_tab)(settings)

    main()


def opened(**query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    test = AppTest.from_function(page, default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def said(test: AppTest) -> str:
    """All sentences."""
    assert not test.exception
    return "\n".join(each.value for each in (*test.markdown, *test.warning, *test.caption, *test.error, *test.info))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "**Found.** After 300 steps"),
        ({"kernel_picture": "constant"}, "teaches 1 of the 9 directions"),
        ({"kernel_picture": "constant", "kernel_centred": "1"}, "teaches nothing"),
        ({"kernel_hidden": "median"}, "no convolution"),
        ({"kernel_hidden": "custom", "kernel_own": "custom~5x1~1_2_3_2_1"}, "larger than the learner"),
        ({"kernel_optimiser": "sgd", "kernel_rate": "2"}, "above 0.553"),
        ({"kernel_optimiser": "sgd", "kernel_steps": "10"}, "from the hidden one. Take more steps, or Adam."),
        ({"kernel_optimiser": "adam", "kernel_rate": "0.001", "kernel_steps": "10"}, "hidden one. Take more steps."),
        ({"kernel_optimiser": "sgd", "kernel_rate": "0.0001", "kernel_steps": "2000"}, "the hidden one. Try Adam."),
        ({"kernel_optimiser": "adam", "kernel_rate": "0.0001", "kernel_steps": "2000"}, "Try another learning rate"),
        ({"kernel_rate": "nan"}, "settings that are not possible"),
        ({"kernel_hidden": "custom", "kernel_own": "custom~1x9~1_1_1_1_1_1_1_1_1"}, "settings that are not possible"),
    ],
)
def test_the_kernel_tab_says_what_happened(query: dict[str, str], sentence: str) -> None:
    """Found, not to be found, what hinders, what would help, and addresses that hold nonsense."""
    assert sentence in said(opened(**query))


def test_the_learned_tab_names_matches_and_hands_filters_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers are those of the backend, and the links carry the filter and the kernel."""
    links: list[dict[str, str]] = []
    monkeypatch.setattr(site, "link", lambda _place, _label, query: links.append(query))
    test = opened(filters="1", learned="lenet5-mnist", learned_filter="3")
    trained = first_filters.of_shipped("lenet5-mnist").trained
    found = [likeness.likeness(each) for each in trained]
    limit = likeness.baseline(1, 5).quantile
    text = said(test)
    assert f"**{sum(each.likeness > limit for each in found)} of 6 filters**" in text
    assert f"likeness {found[3].likeness:.2f}" in text
    assert f"**{found[3].explained:.0%}**" in text
    (own,) = notation.read(links[0]["chain"])
    np.testing.assert_allclose(own.kernel.weights, found[3].pattern, atol=1e-3)
    (named,) = notation.read(links[2]["chain"])
    assert named.kernel == found[3].kernel


def test_networks_of_torchvision_are_offered_when_their_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """96 filters of 3 × 3: all are handed to the grid, and counted."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    trained = np.random.default_rng(0).standard_normal((96, 3, 3, 3)).astype(np.float32)
    monkeypatch.setattr(first_filters, "of_published", lambda _name: first_filters.FirstFilters(trained, None, 0))
    sent: list[int] = []
    monkeypatch.setattr(learned_tab, "pack", lambda header, _data: sent.append(len(header["filters"])) or {})
    assert "torchvision:resnet18" not in source_names()
    record = torchvision_models.of("resnet18")[0]
    record.path.parent.mkdir(parents=True)
    record.path.write_bytes(b"")
    assert "torchvision:resnet18" in source_names()
    text = said(opened(filters="1", learned="torchvision:resnet18", learned_filter="95"))
    assert "96 filters of 3×3 on 3 channels, as they were published" in text
    assert "Filter 96" in text
    assert sent == [96]


def test_the_noise_is_named_with_what_least_squares_reaches() -> None:
    """By NumPy's own least squares on the same lesson."""
    made = kernel_lessons.lesson(kernel_lessons.hidden("sobel_x"), "coffee", 3, noise=0.5)
    assert made.kernel is not None
    rows = np.lib.stride_tricks.sliding_window_view(made.picture.astype(np.float64), (3, 3)).reshape(-1, 9)
    best = np.linalg.lstsq(rows, made.target.ravel().astype(np.float64))[0]
    share = np.linalg.norm(best - made.kernel.ravel()) / np.linalg.norm(made.kernel)
    text = said(opened(kernel_hidden="sobel_x", kernel_picture="coffee", kernel_noise="0.5"))
    assert f"The noise hinders: even the kernel of least squared error is {share:.0%} away" in text
    assert "Adam" not in text


@pytest.fixture
def own_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A run with one observation, whose filters are whatever its file says: one number for all weights."""
    monkeypatch.setattr(control, "RUNS", tmp_path)
    folder = run(tmp_path, "mine")
    (folder / "observations").mkdir()

    def read(folder: Path) -> first_filters.FirstFilters:
        value = float((folder / "observations" / "epoch-0001.safetensors").read_text())
        return first_filters.FirstFilters(np.full((2, 1, 3, 3), value, np.float32), None, 1)

    monkeypatch.setattr(first_filters, "of_run", read)
    return folder


def test_a_name_that_is_used_again_is_read_again(own_run: Path) -> None:
    """A run was removed, another of its name has come as far: other filters."""
    file = own_run / "observations" / "epoch-0001.safetensors"
    for number, value in enumerate((1.0, 2.0)):
        file.write_text(str(value))
        os.utime(file, ns=(10**18 + number, 10**18 + number))
        assert (ranked("run.mine").filters.trained == value).all()


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_filters_that_are_no_numbers_are_not_shown(own_run: Path, value: str) -> None:
    """One sentence, and nothing of the rest."""
    (own_run / "observations" / "epoch-0001.safetensors").write_text(value)
    test = opened(filters="1", learned="run.mine")
    assert "not numbers any more" in said(test)
    assert not test.markdown


def test_filters_are_painted_as_they_are() -> None:
    """Three channels as a colour with zero grey, and the frequencies of a mean peak in the middle."""
    weights = np.zeros((3, 3, 3), np.float32)
    weights[0, 1, 1], weights[2, 0, 0] = 1.0, -1.0
    levels = view_levels(weights, "colour")
    assert levels[1, 1].tolist() == [255, 128, 128]
    assert levels[0, 0].tolist() == [128, 128, 0]
    assert view_levels(weights, "green").reshape(-1, 3).std(axis=0).max() == 0
    brightness = frequency_levels(np.full((3, 3), 1 / 9)).sum(axis=2)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (24, 24)

"""The tabs about learned filters and a learned kernel: what they say, without a browser."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.convolution import likeness, notation
from cnnviz.training import first_filters
from pages.common import site
from pages.common.learned_pictures import frequency_levels, view_levels

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
        ({"kernel_rate": "nan"}, "settings that are not possible"),
        ({"kernel_hidden": "custom", "kernel_own": "custom~1x9~1_1_1_1_1_1_1_1_1"}, "settings that are not possible"),
    ],
)
def test_the_kernel_tab_says_what_happened(query: dict[str, str], sentence: str) -> None:
    """Found, not to be found, no convolution, too large, run away, and addresses that hold nonsense."""
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
    np.testing.assert_allclose(own.kernel.weights, found[3].pattern, atol=1e-3)  # type: ignore[union-attr]
    (named,) = notation.read(links[2]["chain"])
    assert named.kernel == found[3].kernel  # type: ignore[union-attr]


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

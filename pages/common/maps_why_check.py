"""Whether a map is true to the network: the pixels that it calls important are covered, and the network asked again."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.engine import FaithfulnessJob
from cnnviz.networks.attribution import Attribution
from cnnviz.networks.faithfulness import DRAWS, SHARE, Faithfulness
from pages.common.class_words import class_word
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.maps_why_choice import Asked, class_name
from pages.common.percent import percent
from pages.common.small_figures import figure
from pages.common.work import awaited

__all__ = ["check"]

_WIDTH = 170  # pixels of a picture


def check(asked: Asked, looked: Looked, found: Attribution) -> None:
    """Draw the picture as it is, without what the map calls important, and without as much elsewhere."""
    job = FaithfulnessJob(looked.model, looked.image, asked.method.key, found.target, asked.step)
    st.markdown("**" + _("Is that true? Cover the {share}% that count most").format(share=round(100 * SHARE)) + "**")
    result = awaited("maps/why/check", job, _("Covering pixels"))
    if result is None:
        return
    name, plain = class_name(looked, found.target), class_word(looked.about.classes[found.target])
    typical = _typical(result)
    shown = (
        (None, _("As it is"), result.before),
        (result.covered, _("Most important covered"), result.without),
        (result.elsewhere[typical], _("Same pattern elsewhere"), float(result.at_random[typical])),
    )
    with st.container(horizontal=True, gap="medium", key="maps-why-check"):
        for mask, title, share in shown:
            words = f"{title}: {plain} {percent(share)}"
            with st.container(width=_WIDTH, gap="small"):
                st.html(figure(_covered(looked, mask), _WIDTH, words, title))
        with st.container(width=280):
            st.markdown(_verdict(result, name))
            st.caption(_("Covered is the mean colour of the training pictures. Samek et al., 2017, arXiv 1509.06321."))


def _typical(result: Faithfulness) -> int:
    """The random place whose probability is the median."""
    return int(np.argsort(result.at_random, kind="stable")[DRAWS // 2])


def _covered(looked: Looked, mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    if mask is None:
        return looked.seen
    seen = looked.seen.copy()
    seen[mask] = np.asarray(looked.about.preparation.mean, np.float32)
    return seen


def _verdict(result: Faithfulness, name: str) -> str:
    numbers = {
        "name": name,
        "before": f"{100 * result.before:.1f}",
        "without": f"{100 * result.without:.1f}",
        "median": f"{100 * float(np.median(result.at_random)):.1f}",
        "low": f"{100 * float(result.at_random.min()):.1f}",
        "high": f"{100 * float(result.at_random.max()):.1f}",
        "draws": DRAWS,
        "more": int((result.at_random > result.without).sum()),
    }
    if result.without < result.before:
        text = _(
            "Without them, {name} falls from {before}% to **{without}%**. The same pattern at {draws} random places "
            "leaves {median}% (median; {low}–{high}%), at {more} of them more than here."
        )
    else:
        text = _(
            "Without them, {name} goes from {before}% up to **{without}%**: the map misses what counts. The same "
            "pattern at {draws} random places leaves {median}% (median; {low}–{high}%)."
        )
    return text.format(**numbers)

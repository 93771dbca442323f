"""Several kernels at once: a Gabor bank, the branches of an Inception block, and a 1 x 1 convolution in frequency."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import cnnviz.convolution.frequency.banks as backend
from cnnviz.figures import colours, encode
from cnnviz.figures.montage import montage
from pages.common.language import _
from pages.common.pictures import Pictures

__all__ = ["banks"]

_ORIENTATIONS = 6
_WAVELENGTHS = (3.0, 6.0, 12.0)
_SIDE = 96  # frequencies of a map
_MIXED = 512  # pixels of a side that are mixed: enough to see


def banks(chosen: Pictures) -> None:
    """Draw the tab."""
    left, right = st.columns(2, gap="large")
    with left:
        _gabor()
    with right:
        _inception()
        _mixture(chosen)


def _gabor() -> None:
    st.markdown("**" + _("A bank of Gabor filters: every direction and size has its own") + "**")
    st.image(_gabor_picture(), output_format="PNG", width="stretch", alt=_("Responses of eighteen Gabor filters"))
    text = _("{count} directions across, wavelengths {waves} pixels down; each as a share of its own peak.")
    waves = ", ".join(f"{each:g}" for each in _WAVELENGTHS)
    st.caption(text.format(count=_ORIENTATIONS, waves=waves))
    rows = [
        (f"{each.wavelength:g}", f"{each.angle:.0f}°", *_measured(each.contour))
        for each in _gabor_bank()
        if each.angle in (0.0, 60.0)
    ]
    head = [_("Wavelength asked"), _("Direction asked"), _("Peak at"), _("Its direction"), _("Octaves")]
    st.table(pd.DataFrame(rows, columns=head), hide_index=True)


def _measured(contour: backend.Contour) -> tuple[str, str, str]:
    direction = "–" if contour.direction is None else f"{contour.direction:.1f}°"
    octaves = "–" if contour.octaves is None else f"{contour.octaves:.2f}"
    return f"{contour.frequency:.4f}", direction, octaves


@st.cache_resource(show_spinner=False)
def _gabor_bank() -> tuple[backend.GaborFilter, ...]:
    return backend.gabor_bank(_ORIENTATIONS, _WAVELENGTHS, size=_SIDE)


@st.cache_resource(show_spinner=False)
def _gabor_picture() -> bytes:
    # A longer wave has a larger kernel, so a larger sum: each map is drawn as a share of its own peak.
    maps = [each.gains / each.contour.gain for each in _gabor_bank()]
    return encode.png(montage(maps, _ORIENTATIONS, colours.sequential(), 1.0))


def _inception() -> None:
    st.markdown("**" + _("What the branches of an Inception block can see") + "**")
    found = backend.parallel(size=_SIDE)
    sheet = montage(list(found.gains), len(found.sizes), colours.sequential(), found.largest)
    st.image(encode.png(sheet), output_format="PNG", width="stretch", alt=_("Responses of 1×1, 3×3 and 5×5 kernels"))
    parts = []
    for (rows, columns), half in zip(found.sizes, found.half, strict=True):
        where = (
            _("passes everything")
            if half is None
            else _("falls to half at {half:.3f} cycles per pixel").format(half=half)
        )
        parts.append(f"{rows}×{columns}: {where}")
    st.caption(_("Gaussians as wide as the sizes allow, one scale.") + " " + "; ".join(parts) + ".")


def _mixture(chosen: Pictures) -> None:
    st.markdown("**" + _("A 1×1 convolution mixes spectra and changes no frequency") + "**")
    if chosen.shown.is_grey:
        st.caption(_("Choose a colour picture: a grey one has only one channel to mix."))
        return
    pixels = chosen.shown.pixels[:_MIXED, :_MIXED]
    mixed = backend.mix(pixels, (0.5, -1.0, 0.5))
    text = _(
        "0.5·red − green + 0.5·blue: the spectrum of the mix and the mix of the three spectra differ by "
        "{difference:.0e} of the largest value, which is rounding."
    )
    st.caption(text.format(difference=mixed.largest_difference))

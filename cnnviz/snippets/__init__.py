"""Programs to take away: what a page shows, as a Python file that needs only public libraries."""

from __future__ import annotations

from cnnviz.snippets.feature_maps import feature_maps_program
from cnnviz.snippets.frequency import design_program, mask_program, response_program, subsample_program
from cnnviz.snippets.layers import MOST_LITERALS, MOST_WEIGHTS, layer_line, layer_program
from cnnviz.snippets.literals import kernel_literal
from cnnviz.snippets.network import network_program
from cnnviz.snippets.parts import Library
from cnnviz.snippets.program import filter_program, supports

__all__ = [
    "MOST_LITERALS",
    "MOST_WEIGHTS",
    "Library",
    "design_program",
    "feature_maps_program",
    "filter_program",
    "kernel_literal",
    "layer_line",
    "layer_program",
    "mask_program",
    "network_program",
    "response_program",
    "subsample_program",
    "supports",
]

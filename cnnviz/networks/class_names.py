"""Names of classes that visitors read in their own language: those that the networks we ship were trained on.

They stand in models/*.json, where gettext does not look; other data sets' names are shown as they are.
"""

from __future__ import annotations

from cnnviz.text import N_

__all__ = ["CIFAR10"]

CIFAR10 = (
    N_("airplane"), N_("automobile"), N_("bird"), N_("cat"), N_("deer"),
    N_("dog"), N_("frog"), N_("horse"), N_("ship"), N_("truck"),
)  # fmt: skip
"""Krizhevsky, "Learning multiple layers of features from tiny images", 2009: in the order of its labels."""

"""The records of all networks, in the order in which they are taught; a file for each few families. No torch here."""

from __future__ import annotations

from cnnviz.networks.zoo.architecture import Architecture
from cnnviz.networks.zoo.records.dense import DENSE
from cnnviz.networks.zoo.records.early import EARLY
from cnnviz.networks.zoo.records.inception import INCEPTION
from cnnviz.networks.zoo.records.mobile import MOBILE
from cnnviz.networks.zoo.records.residual import RESIDUAL
from cnnviz.networks.zoo.records.text import TEXT

__all__ = ["RECORDS"]

RECORDS: tuple[Architecture, ...] = (*EARLY, *INCEPTION, *RESIDUAL, *DENSE, *MOBILE, *TEXT)

"""The records of all networks; a file for each few families. Nothing here imports torch."""

from __future__ import annotations

from cnnviz.networks.zoo.architecture import Architecture
from cnnviz.networks.zoo.records.early import EARLY
from cnnviz.networks.zoo.records.residual import RESIDUAL

__all__ = ["RECORDS"]

RECORDS: tuple[Architecture, ...] = (*EARLY, *RESIDUAL)

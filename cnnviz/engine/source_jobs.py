"""The jobs of taking a network away: its source for a program, and its weights as a file."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.engine.job import Context, Job
from cnnviz.networks.network_source import NetworkSource

__all__ = ["SourceJob", "WeightsJob"]


@dataclass(frozen=True)
class SourceJob(Job[NetworkSource]):
    """Write a network as the beginning of a program, see `source_writing.network_source`."""

    def run(self, context: Context) -> NetworkSource:
        """From its modules; no weights are read."""
        from cnnviz.networks.source_writing import network_source

        return network_source(context.loaded)


@dataclass(frozen=True)
class WeightsJob(Job[bytes]):
    """Put a network's weights into a .safetensors file."""

    def run(self, context: Context) -> bytes:
        """All parameters and buffers, by their names here."""
        from cnnviz.networks.source_writing import weights_file

        return weights_file(context.loaded.network)

"""Several processes that train one network together, started by torchrun: each takes its share of every batch.

    torchrun --nproc-per-node 2 -m cnnviz.training --name together

Every process has all pictures and draws the same random numbers, and gradients are averaged. So a team computes what
one process computes, but for rounding; batch normalisation and dropout excepted, which see shares of batches.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["ALONE", "Team", "gathered"]


@dataclass(frozen=True)
class Team:
    """The processes that train one network, as one of them sees it.

    Attributes:
        rank: the number of this process, from 0; the first one writes, and speaks.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def check(self, batch_size: int) -> None:
        """Refuse batches that cannot be shared evenly: an average of averages would be another loss.

        Raises:
            ParameterError: when `batch_size` is not a multiple of the number of processes.
        """
        if batch_size % self.size:
            reason = N_("every process takes as many pictures of a batch")
            raise ParameterError("batch_size", batch_size, f"{self.size}, {2 * self.size}, …", reason)

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network to train: itself, or one that averages gradients with the others after every step."""
        return network if self.size == 1 else DistributedDataParallel(network)

    def share(self, batch: Tensor) -> Tensor:
        """This process's part of a batch: every `size`-th picture."""
        return batch[self.rank :: self.size] if self.size > 1 else batch

    def total(self, number: Tensor) -> Tensor:
        """The sum of a number over all processes."""
        if self.size > 1:
            distributed.all_reduce(number)
        return number

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.size > 1:
            distributed.barrier()


ALONE = Team()


@contextmanager
def gathered(device: str) -> Iterator[Team]:
    """The team that torchrun has started, or `ALONE` without it; on GPUs, each process takes its own."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()

"""A network of one's own as a module of PyTorch."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from cnnviz.networks.custom import modules
from cnnviz.networks.custom.network import Custom, steps
from cnnviz.networks.custom.record import Call

__all__ = ["blueprint", "build"]


def build(custom: Custom) -> nn.Sequential:
    """Build the network, with PyTorch's random weights; its modules are named as `Step.name`, in their order.

    Raises:
        UnfitError: when a layer does not fit.
    """
    return nn.Sequential(OrderedDict((step.name, _module(step.layer.call(step.input_shape))) for step in steps(custom)))


def blueprint(custom: Custom) -> nn.Sequential:
    """Build the network without numbers, on the "meta" device: for its facts.

    Raises:
        UnfitError: when a layer does not fit.
    """
    with torch.device("meta"):
        return build(custom)


def _module(call: Call) -> nn.Module:
    owner, _, name = call.function.rpartition(".")
    make = getattr(nn if owner == "nn" else modules, name)
    module: nn.Module = make(*call.arguments, **call.keywords)
    return module

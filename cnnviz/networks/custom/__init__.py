"""Networks of one's own: a list of layers that is checked as it is typed, written in an address, built and exported.

    custom = read("3x32x32:conv32k3p1-bn-relu-max2-res64s2-gap-flat-fc10")
    steps(custom)[-1].cost.output      # (10,), without torch
    building.build(custom)             # the module

Importing the package does not import torch; `building` and `modules` do.
"""

from cnnviz.networks.custom.kinds import KINDS, Kind
from cnnviz.networks.custom.network import Custom, Step, UnfitError, layer_names, steps
from cnnviz.networks.custom.record import Call, Cost, Record
from cnnviz.networks.custom.text import read, write

__all__ = [
    "KINDS",
    "Call",
    "Cost",
    "Custom",
    "Kind",
    "Record",
    "Step",
    "UnfitError",
    "layer_names",
    "read",
    "steps",
    "write",
]

"""The code of a network's classes."""

from __future__ import annotations

import ast

import torch
from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.sources import LONGEST, sources
from cnnviz.networks.torchvision_door import torchvision

torch.set_num_threads(1)


def test_every_class_of_the_zoo_can_be_read() -> None:
    """Each piece is the one class that it is called by; every class outside of PyTorch is there."""
    for name in zoo.names():
        model = zoo.blueprint(name)
        found = sources(model)
        kinds = {type(each) for each in model.modules() if not type(each).__module__.startswith("torch.")}
        assert {kind.__name__ for kind in kinds} == set(found), name
        for kind, code in found.items():
            (defined,) = ast.parse(code).body
            assert isinstance(defined, ast.ClassDef)
            assert defined.name == kind


def test_the_network_comes_first() -> None:
    """The order is from the outside to the inside; PyTorch's own layers are left out."""
    with torch.device("meta"):
        model = torchvision().models.resnet18()
    assert list(sources(model)) == ["ResNet", "BasicBlock"]


def test_what_has_no_file_is_missing() -> None:
    """Classes made at a prompt have no code to show; nor have those that are too long to be read."""
    made = type("Made", (nn.ReLU,), {"__module__": "prompt"})
    assert sources(nn.Sequential(made())) == {}
    assert all(len(code) <= LONGEST for code in sources(zoo.blueprint("googlenet")).values())


def test_a_class_in_a_function_is_moved_to_the_left() -> None:
    """What is shown begins at the margin."""

    class Inner(nn.Module):
        pass

    assert sources(Inner())["Inner"].startswith("class Inner(nn.Module):\n    pass")

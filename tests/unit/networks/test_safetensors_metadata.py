"""Texts added to a file of weights: read back by the library that made the format."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save

from cnnviz.errors import WeightsError
from cnnviz.networks.own_facts import of_metadata
from cnnviz.networks.safetensors_header import header
from cnnviz.networks.safetensors_metadata import with_metadata

NUMBERS = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([1.5, -2.0], dtype=torch.float16)}


def test_the_library_reads_numbers_and_texts(tmp_path) -> None:
    """Old texts stay, new ones win, numbers are untouched, names of any language included."""
    data = with_metadata(save(NUMBERS, {"architecture": "resnet18", "old": "x"}), {"classes": '["ñ"]', "old": "y"})
    assert all(torch.equal(load(data)[name], each) for name, each in NUMBERS.items())
    (tmp_path / "w.safetensors").write_bytes(data)
    with safe_open(tmp_path / "w.safetensors", "pt") as file:
        assert file.metadata() == {"architecture": "resnet18", "classes": '["ñ"]', "old": "y"}
    assert of_metadata(header(data).metadata).classes == ("ñ",)


def test_nothing_is_added_to_what_is_no_file_of_weights() -> None:
    """Cut off, or with texts that are none."""
    with pytest.raises(WeightsError):
        with_metadata(save(NUMBERS)[:-1], {"classes": "[]"})
    head = json.dumps({"__metadata__": {"a": 1}}).encode()
    data = len(head).to_bytes(8, "little") + head
    assert header(with_metadata(data, {"b": "2"})).metadata == {"b": "2"}

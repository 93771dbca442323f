"""Activations as files: what NumPy and a spreadsheet read back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.networks import map_files
from cnnviz.networks.passes import Pass, run_pass


@pytest.fixture(scope="module")
def done() -> Pass:
    """A small pass, with a vector among its steps, and a step of a name that NumPy's own function would not take."""
    torch.manual_seed(0)
    layers = {"file": nn.Conv2d(3, 5, 3), "relu": nn.ReLU(), "flat": nn.Flatten(), "fc": nn.Linear(180, 4)}
    network = nn.Sequential()
    for name, layer in layers.items():
        network.add_module(name, layer)
    return run_pass("x", network.eval(), torch.randn(3, 8, 8))


def test_numpy_reads_every_step_by_its_name(done: Pass) -> None:
    """Without pickle, bit by bit; and what else is needed to make sense of it."""
    steps = list(done.maps)
    archive = np.load(io.BytesIO(map_files.npz(done, steps, ["a", "b", "c", "ñ"])))
    assert set(archive.files) == {*steps, "input", "logits", "probabilities", "classes"}
    for step in steps:
        np.testing.assert_array_equal(archive[step], done.maps[step])
        assert archive[step].dtype == np.float32
    np.testing.assert_array_equal(archive["input"], done.input)
    np.testing.assert_array_equal(archive["logits"], done.maps["fc"])
    assert list(archive["classes"]) == ["a", "b", "c", "ñ"]


def test_half_precision(done: Pass) -> None:
    """Half the bytes; what does not fit is infinite, without a warning."""
    loud = replace(done, maps={**done.maps, "file": done.maps["file"] * np.float32(1e6)})
    found = np.load(io.BytesIO(map_files.npz(loud, ["file"], [], half=True)))["file"]
    assert found.dtype == np.float16
    assert found.nbytes == map_files.size(loud, ["file"], half=True) == map_files.size(loud, ["file"]) // 2
    np.testing.assert_array_equal(np.isinf(found), np.abs(loud.maps["file"]) >= 65520)


def test_the_table_has_a_line_for_each_channel(done: Pass) -> None:
    """Compared with NumPy's own numbers; a vector's numbers are channels of one place."""
    lines = list(csv.DictReader(io.StringIO(map_files.statistics_csv(done, ["file", "relu", "fc"]).decode())))
    assert [each["step"] for each in lines] == ["file"] * 5 + ["relu"] * 5 + ["fc"] * 4
    for line in lines[5:10]:
        maps = done.maps["relu"][int(line["channel"])]
        assert (int(line["rows"]), int(line["columns"])) == maps.shape
        assert float(line["mean"]) == pytest.approx(maps.mean(dtype=np.float64), rel=1e-6)
        assert float(line["zeros"]) == pytest.approx((maps == 0).mean())
        assert maps[int(line["top_row"]), int(line["top_column"])] == pytest.approx(float(line["maximum"]))
        assert line["dead"] == str(int(maps.max() <= 0))
    assert [float(each["maximum"]) for each in lines[10:]] == pytest.approx(list(done.maps["fc"]))

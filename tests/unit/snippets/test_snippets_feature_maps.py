"""Programs that capture feature maps: pasted and run, they hold the numbers of the page, under the same names."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.images.source import Noise, Source
from cnnviz.networks import catalogue, what_if
from cnnviz.networks.loaded import Loaded, at_rest, classes_of
from cnnviz.networks.passes import Pass, run_pass
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.source_writing import network_source, weights_file
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.snippets import feature_maps_program

CAT = Source("cat")


def run(
    loaded: Loaded, folder: Path, steps: Sequence[str] = (), off: str = "", noise: Noise | None = None
) -> tuple[dict[str, Any], Pass]:
    """The names that the program leaves behind, and the pass of the page."""
    image = CAT.load() if noise is None else noise.add(CAT.load())
    switched = what_if.read(off)
    done = run_pass(loaded.key, loaded.network, loaded.prepare(image), what_if=switched)
    source = network_source(loaded)
    if source.weights:
        (folder / source.weights).write_bytes(weights_file(loaded.network))
    program = feature_maps_program(
        source, done.summary, CAT, noise, steps=steps, off=[(o.step, o.channels, o.summand) for o in switched.off],
        classes=loaded.classes,
    )  # fmt: skip
    assert "cnnviz" not in program
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(program, "program.py", "exec"), names)  # noqa: S102 - running it is the test
    return names, done


def same(names: dict[str, Any], done: Pass, steps: Sequence[str] = ()) -> None:
    """Bit by bit, and nothing else."""
    np.testing.assert_array_equal(names["x"][0].numpy(), done.input)
    assert list(names["maps"]) == list(steps or done.maps)
    for step, maps in names["maps"].items():
        np.testing.assert_array_equal(maps[0].numpy(), done.maps[step], err_msg=step)
    np.testing.assert_array_equal(names["scores"].numpy(), done.logits)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_grey_network_and_a_noisy_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All steps of LeNet-5; the answer is printed with its name."""
    loaded = catalogue.load("lenet5-mnist")
    names, done = run(loaded, tmp_path, noise=Noise("gaussian", 0.1))
    same(names, done)
    best = int(done.probabilities.argmax())
    assert f"answer: {loaded.classes[best]}, {done.probabilities[best]:.1%}" in capsys.readouterr().out


def test_one_layer_takes_a_plain_hook(tmp_path: Path) -> None:
    """Where a hook tells everything, the program has nothing else."""
    same(*run(catalogue.load("resnet20-cifar10"), tmp_path, ["conv3_x.1.conv1"]), ["conv3_x.1.conv1"])
    program = feature_maps_program(
        network_source(catalogue.load("lenet5-mnist")), run(catalogue.load("lenet5-mnist"), tmp_path)[1].summary, CAT,
        steps=["c1.conv"],
    )  # fmt: skip
    assert "register_forward_hook" in program
    assert "TorchFunctionMode" not in program


def test_what_is_switched_off_is_off_in_the_program(tmp_path: Path) -> None:
    """Channels, a whole branch, and a shortcut."""
    off = "conv1.conv:0,3;conv3_x.1.add@1;conv4_x.1.norm2"
    names, done = run(catalogue.load("resnet20-cifar10"), tmp_path, off=off)
    same(names, done)
    assert not done.maps["conv4_x.1.norm2"].any()
    assert done.maps["conv3_x.1.add"].any()


def test_torchvisions_own_networks_with_functions_between_their_layers(tmp_path: Path) -> None:
    """ShuffleNet is none of ours: it splits, joins, reshapes and shuffles outside of modules."""
    models = torchvision().models
    torch.manual_seed(0)
    network = at_rest(models.shufflenet_v2_x0_5(num_classes=7))
    how = Preparation((3, 32, 48), (0.4, 0.5, 0.6), (0.2, 0.3, 0.1), resize=52, interpolation="bicubic")
    loaded = Loaded("own:a.pth", "ShuffleNet", "shufflenet_v2_x0_5", "own", network, classes_of(7), how)
    names, done = run(loaded, tmp_path)
    same(names, done)
    assert {"stage2.0.cat", "stage2.1.chunk", "stage2.0.transpose", "mean"} <= set(done.maps)


def test_published_weights_are_taken_over_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our ResNet-18 gets torchvision's weights, whose names are others: the program need not know them."""
    models = torchvision().models
    torch.manual_seed(0)
    theirs = models.resnet18(num_classes=1000)
    monkeypatch.setattr(models, "resnet18", lambda weights: {"IMAGENET1K_V1": theirs}[weights])
    from cnnviz.networks import weights, zoo

    ours = zoo.blueprint("resnet18")
    ours.load_state_dict(weights.from_torchvision("resnet18", theirs.state_dict()), assign=True)
    loaded = replace(
        catalogue.load("random:resnet18"), source="torchvision", network=at_rest(ours),
        preparation=Preparation((3, 64, 64), (0.5,) * 3, (0.2,) * 3), card={"weights": "IMAGENET1K_V1"},
    )  # fmt: skip
    assert network_source(loaded).weights == ""
    same(*run(loaded, tmp_path))


def test_a_step_that_the_network_does_not_run_is_refused(tmp_path: Path) -> None:
    """By name, before anything is written."""
    loaded = catalogue.load("lenet5-mnist")
    _, done = run(loaded, tmp_path)
    with pytest.raises(ParameterError, match="nowhere"):
        feature_maps_program(network_source(loaded), done.summary, CAT, steps=["nowhere"])


def test_channels_that_stand_last_come_first_in_the_program_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all steps, of one by a plain hook, and where some of them are switched off."""
    models = torchvision().models
    torch.manual_seed(0)
    blocks = [models.convnext.CNBlockConfig(8, 12, 1), models.convnext.CNBlockConfig(12, None, 1)]
    network = at_rest(models.convnext.ConvNeXt(blocks, layer_scale=1.0, num_classes=7))
    monkeypatch.setattr(models, "convnext_tiny", lambda **_: copy.deepcopy(network))
    how = Preparation((3, 32, 48), (0.4, 0.5, 0.6), (0.2, 0.3, 0.1), resize=52)
    loaded = Loaded("own:a.pth", "ConvNeXt", "convnext_tiny", "own", network, classes_of(7), how)
    step = "features.1.0.block.3"
    for steps, off in ([], ""), ([step], ""), ([step, "features.1.0.add"], f"{step}:3,31;features.0.0:1"):
        names, done = run(loaded, tmp_path, steps, off)
        same(names, done, steps)
        assert done.maps[step].shape == (32, 8, 12)
    assert not done.maps[step][[3, 31]].any()

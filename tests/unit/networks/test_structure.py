"""The tree of blocks: links, repeats and skips against networks whose arrangement is known."""

from __future__ import annotations

import torch
from torch import nn

from cnnviz.networks.comparison import CHANGED, ONLY, SAME, compare
from cnnviz.networks.facts import Layer
from cnnviz.networks.structure import OUTSIDE, Group, tree
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision

torch.set_num_threads(1)


def reference(name: str) -> Group:
    """The tree of a network of torchvision."""
    with torch.device("meta"):
        network = getattr(torchvision().models, name)()
    return tree(summarize(network, (1, 3, 64, 64)))


def child(group: Group, name: str) -> Group:
    """The group called `name` in `group`, at any depth."""
    for each in group.children:
        if isinstance(each, Group) and (each.name == name or name.startswith(f"{each.name}.")):
            return each if each.name == name else child(each, name)
    raise KeyError(name)


def links(group: Group) -> set[tuple[str, str]]:
    """Links by the children's own names; "" is outside."""
    names = {OUTSIDE: "", **{place: each.name.rpartition(".")[2] for place, each in enumerate(group.children)}}
    return {(names[source], names[target]) for source, target in group.links}


def test_stages_follow_each_other() -> None:
    """At the top, ResNet-18 is a chain from the input to the output."""
    whole = reference("resnet18")
    names = [each.name for each in whole.children]
    assert names == [
        "conv1",
        "bn1",
        "relu",
        "maxpool",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "avgpool",
        "flatten",
        "fc",
    ]
    assert links(whole) == set(zip(["", *names], [*names, ""], strict=True))


def test_a_projection_shortcut_is_a_path_of_its_own() -> None:
    """Both paths of the block begin at its input and meet in the addition."""
    block = child(reference("resnet18"), "layer2.0")
    assert ("", "conv1") in links(block)
    assert ("", "downsample") in links(block)
    assert {source for source, target in links(block) if target == "add"} == {"bn2", "downsample"}
    assert block.skip


def test_an_identity_shortcut_leads_from_the_input_to_the_addition() -> None:
    """Nothing lies on it."""
    block = child(reference("resnet18"), "layer2.1")
    assert {source for source, target in links(block) if target == "add"} == {"bn2", ""}


def test_blocks_of_one_form_are_a_repeat() -> None:
    """The first block of a stage of ResNet-50 has a projection, the others have none."""
    whole = reference("resnet50")
    assert [child(whole, f"layer{stage}").repeats for stage in (1, 2, 3, 4)] == [
        ((1, 2),),
        ((1, 3),),
        ((1, 5),),
        ((1, 2),),
    ]
    assert whole.repeats == ()
    assert all(child(whole, f"layer{stage}").skip for stage in (1, 2, 3, 4))


def test_branches_are_no_skip() -> None:
    """VGG is a chain; nothing leads past a layer."""
    assert not reference("vgg11").skip


def test_dense_layers_read_all_earlier_ones() -> None:
    """Six layers of the first block of DenseNet-121: the last reads the block's input and five outputs."""
    block = child(reference("densenet121"), "features.denseblock1")
    assert {source for source, target in links(block) if target == "denselayer6"} == {
        "",
        *(f"denselayer{number}" for number in range(1, 6)),
    }
    assert block.repeats == ((0, 6),)
    assert block.skip


def test_totals_of_groups_add_up() -> None:
    """Each group has the sum of its children, and the whole that of the summary."""
    with torch.device("meta"):
        network = torchvision().models.mobilenet_v2()
    found = summarize(network, (1, 3, 64, 64))
    whole = tree(found)
    assert (whole.parameters, whole.macs, whole.memory) == (found.parameters, found.macs, found.memory)

    def leaves(group: Group) -> list[Layer]:
        return [leaf for each in group.children for leaf in (leaves(each) if isinstance(each, Group) else [each])]

    assert sorted(each.index for each in leaves(whole)) == list(range(len(found.layers)))


def test_a_group_has_the_shape_and_field_of_what_leaves_it() -> None:
    """The last layer that others read: of the stage, its last activation."""
    stage = child(reference("resnet18"), "layer3")
    assert stage.output_shape == (1, 256, 4, 4)
    assert stage.input_shapes == ((1, 128, 8, 8),)
    assert stage.field is not None
    assert stage.field.rows.size == 211  # 99 after layer2; then +16 by the stride's block, and 3 times +32


def test_equal_networks_have_no_marks() -> None:
    """Compared with itself everything is the same."""
    found = compare(reference("resnet18"), reference("resnet18"))
    assert {pair.mark for pair in found.stages} == {SAME}
    assert set(found.left.values()) == {SAME}
    assert found.left == found.right


def test_resnet_34_and_50_differ_in_their_blocks() -> None:
    """The stem is the same, the four stages differ, and so does the width of the classifier."""
    found = compare(reference("resnet34"), reference("resnet50"))
    marks = {pair.left.name: pair.mark for pair in found.stages if pair.left}
    assert [marks[name] for name in ("conv1", "bn1", "maxpool")] == [SAME] * 3
    assert [marks[f"layer{stage}"] for stage in (1, 2, 3, 4)] == [CHANGED] * 4
    assert marks["fc"] == CHANGED
    assert found.right["layer1.0.conv3"] == ONLY
    assert found.right["layer1.0.downsample"] == ONLY


def test_what_only_one_has_is_marked() -> None:
    """One layer more in the middle; the rest still finds its partner."""
    plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2))
    longer = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(288, 2))
    found = compare(*(tree(summarize(network, (1, 3, 8, 8))) for network in (plain, longer)))
    assert [pair.mark for pair in found.stages] == [SAME, SAME, ONLY, SAME, SAME]
    assert found.stages[2].left is None

"""Weights from elsewhere: found by names and shapes, put into their network, or told what did not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import safetensors.torch
import torch

from cnnviz.errors import UnknownNetworkError, WeightsError
from cnnviz.networks import catalogue, fitting, own_facts, own_networks, uploads, weight_files, zoo
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

torch.set_num_threads(1)

X = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zoo of a few networks, so that comparing with all of them is quick; the store is empty."""
    monkeypatch.setattr(own_networks, "store", uploads.Store())
    names = ("lenet5", "resnet34", "resnet20", "resnet32", "plain20", "mobilenet_v2")
    monkeypatch.setattr(zoo, "names", lambda: names)


@pytest.fixture
def small() -> torch.nn.Module:
    """ResNet-20 for 7 classes."""
    torch.manual_seed(3)
    return zoo.build("resnet20", num_classes=7).eval()


def saved(network: torch.nn.Module, **changed: Tensor) -> bytes:
    """Its weights as a visitor's file; None for a tensor that is left out."""
    return safetensors.torch.save({**network.state_dict(), **changed})


def refused(data: bytes, architecture: str = "") -> dict[str, str]:
    """What did not fit, by the first word of its sentence."""
    with pytest.raises(WeightsError) as caught:
        own_networks.keep(data, architecture)
    return {str(each).partition(":")[0].split()[0]: str(each) for each in caught.value.misfits}


def test_a_visitors_network_answers_as_it_did(small: torch.nn.Module) -> None:
    """Its architecture and the number of its classes are found; it can be loaded again by its key."""
    key = own_networks.keep(saved(small))
    assert key.endswith("@resnet20")
    loaded = catalogue.load(key)
    assert (loaded.key, loaded.source, loaded.title, loaded.shape) == (
        key,
        "upload",
        "ResNet-20, CIFAR-10",
        (3, 32, 32),
    )
    assert loaded.classes == tuple(f"class {number}" for number in range(7))
    assert torch.equal(loaded.network(X), small(X))
    assert not loaded.network.training


def test_networks_that_differ_in_no_weight_are_all_named(small: torch.nn.Module) -> None:
    """ResNet-20 adds its input to each block's output, Plain-20 does not: the visitor has to say which it is."""
    data = saved(small)
    assert list(fitting.candidates(weight_files.from_bytes(data))) == ["resnet20", "plain20"]
    plain = zoo.build("plain20", num_classes=7).eval()
    plain.load_state_dict(small.state_dict())
    loaded = catalogue.load(own_networks.keep(data, "plain20"))
    assert torch.equal(loaded.network(X), plain(X))
    assert not torch.allclose(loaded.network(X), small(X))


def test_half_numbers_and_torchvisions_names_will_do() -> None:
    """Saved by torchvision's MobileNetV2, in half precision, from a DataParallel; older files have no counters."""
    theirs = torchvision().models.mobilenet_v2(num_classes=4).eval().half()
    state = {f"module.{name}": each for name, each in theirs.state_dict().items() if "num_batches" not in name}
    loaded = catalogue.load(own_networks.keep(safetensors.torch.save(state)))
    assert (loaded.architecture, len(loaded.classes)) == ("mobilenet_v2", 4)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.network(X), theirs.float()(X), rtol=1e-5, atol=1e-5)


def test_torchvisions_own_networks_will_do_when_they_are_named() -> None:
    """SqueezeNet is not in the zoo."""
    theirs = torchvision().models.squeezenet1_1(num_classes=4).eval()
    loaded = catalogue.load(own_networks.keep(saved(theirs), "squeezenet1_1"))
    with torch.inference_mode():
        torch.testing.assert_close(loaded.network(X), theirs(X), rtol=1e-5, atol=1e-5)
    with pytest.raises(UnknownNetworkError):
        own_networks.keep(saved(theirs), "squeezenet9")


def test_wrong_keys_shapes_and_types_are_listed(small: torch.nn.Module) -> None:
    """Each by name, at most five of them; superfluous and missing ones apart."""
    found = refused(saved(small, **{"fc.weight": torch.ones(7, 65), "conv1.norm.bias": torch.ones(3)}), "resnet20")
    assert found == {"Of": "Of another shape (given ≠ needed): conv1.norm.bias (3 ≠ 16), fc.weight (7 × 65 ≠ 7 × 64)"}
    found = refused(saved(small, **{"fc.weight": torch.ones(7, 64, dtype=torch.int8)}), "resnet20")
    assert found == {"Of": "Of a type that is not read here: fc.weight (I8)"}
    found = refused(saved(small, **{"x" * 200: torch.ones(1)}), "resnet20")
    assert found == {"Superfluous": f"Superfluous: {'x' * 60}…"}
    found = refused(saved(small), "resnet32")
    assert found["Missing"].endswith(", … (60)")
    assert found["Missing"].count(",") == 5
    assert "Superfluous" not in found


def test_weights_of_no_network_are_told_the_likeliest(small: torch.nn.Module) -> None:
    """When most of a known network is there; and nothing when nothing is."""
    state = small.state_dict()
    del state["fc.bias"]
    found = refused(safetensors.torch.save(state))
    assert found["The"] == "The likeliest one is ResNet-20, CIFAR-10:"
    assert found["Missing"] == "Missing: fc.bias"
    assert refused(safetensors.torch.save({"w": torch.ones(2, 2)})) == {}


def test_numbers_that_are_none_are_refused(small: torch.nn.Module) -> None:
    """One NaN makes every answer NaN."""
    weight = small.state_dict()["fc.weight"].clone()
    weight[3, 5] = float("nan")
    with pytest.raises(WeightsError, match=r"“fc\.weight” holds values that are not finite"):
        own_networks.keep(saved(small, **{"fc.weight": weight}))


def test_pictures_must_suit_the_weights() -> None:
    """Two channels are no picture; one is grey."""
    with pytest.raises(WeightsError, match="2 channels"):
        own_networks.keep(saved(zoo.build("resnet20", in_channels=2)))
    assert catalogue.load(own_networks.keep(saved(zoo.build("resnet20", in_channels=1)))).shape == (1, 32, 32)


def test_pictures_may_not_be_so_large_that_a_pass_fills_the_memory(small: torch.nn.Module) -> None:
    """ResNet-20 keeps 2.7 MB of a picture of CIFAR-10: a thousand times as many pixels are refused."""
    said = {"shape": json.dumps([3, 1024, 1024])}
    with pytest.raises(WeightsError, match=r"2,\d\d\d MB, but 1,024 MB are the limit"):
        own_networks.keep(safetensors.torch.save(small.state_dict(), said), "resnet20")


def test_what_is_written_beside_the_weights_counts(small: torch.nn.Module) -> None:
    """In the metadata of a visitor's file; nonsense there is left out."""
    said = {"architecture": "plain20", "classes": json.dumps(list("abcdefg")), "mean": "[0.1, 0.2, 0.3]", "std": "[[[["}
    said |= {"shape": "[3, 48, 40]", "options": '{"depth": []}'}
    loaded = catalogue.load(own_networks.keep(safetensors.torch.save(small.state_dict(), said)))
    assert (loaded.architecture, loaded.classes, loaded.mean) == ("plain20", tuple("abcdefg"), (0.1, 0.2, 0.3))
    assert (loaded.shape, loaded.std) == ((3, 48, 40), (0.229, 0.224, 0.225))


@pytest.mark.parametrize(
    "said", [{"mean": f"[1{'0' * 400}, 0, 0]"}, {"mean": "[1e300, 0, 0]"}, {"std": "[1e-300, 1, 1]"}]
)
def test_numbers_that_make_no_picture_are_left_out(small: torch.nn.Module, said: dict[str, str]) -> None:
    """Too large for a float, or for one of 32 bits, and divisors that are zero there."""
    loaded = catalogue.load(own_networks.keep(safetensors.torch.save(small.state_dict(), said), "resnet20"))
    assert (loaded.mean, loaded.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.mark.parametrize("classes", [0, 2**60])
def test_as_many_classes_as_there_can_be(classes: int) -> None:
    """Torchvision's own networks are built for the classes that a header claims."""
    shape = [classes, 512, 1, 1] if classes == 0 else [classes, 0]
    head = json.dumps({"classifier.1.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}).encode()
    with pytest.raises(WeightsError) as caught:
        own_networks.keep(len(head).to_bytes(8, "little") + head, "squeezenet1_1")
    assert f"({' × '.join(map(str, shape))} ≠ 1000 × 512" in str(caught.value.misfits[-1])


def test_uploads_make_room_for_new_ones() -> None:
    """Those that were not asked for longest go first; a file that is too large is not kept."""
    store = uploads.Store(most=10)
    first, second = store.put(b"aaaa"), store.put(b"bbbb")
    assert store.get(first) == b"aaaa"
    third = store.put(b"cccc")
    assert (store.get(first), store.get(third)) == (b"aaaa", b"cccc")
    with pytest.raises(WeightsError, match="upload the file again"):
        store.get(second)
    with pytest.raises(WeightsError, match="upload the file again"):
        store.get(store.put(b"x" * 11))


def test_the_owners_files_are_found(small: torch.nn.Module, tmp_path: Path) -> None:
    """A .pth with its classes in a text, a .safetensors with facts in JSON; what has a card is not the owner's."""
    torch.save({"state_dict": small.state_dict()}, tmp_path / "mine.pth")
    (tmp_path / "mine.txt").write_text("\n".join("abcdefg"))
    (tmp_path / "other one.safetensors").write_bytes(saved(small))
    (tmp_path / "other one.json").write_text('{"architecture": "plain20", "shape": [3, 40, 40], "classes": ["a"]}')
    (tmp_path / "shipped.safetensors").write_bytes(saved(small))
    (tmp_path / "shipped.json").write_text('{"sha256": "0"}')
    entries = own_networks.entries(tmp_path)
    assert [each.key for each in entries] == ["own:mine.pth", "own:other one.safetensors"]
    assert [(each.architecture, each.classes) for each in entries] == [("", 7), ("plain20", 1)]
    mine = own_networks.load_own("mine.pth", tmp_path)
    assert (mine.architecture, mine.classes) == ("resnet20", tuple("abcdefg"))
    assert torch.equal(mine.network(X), small(X))
    assert own_networks.load_own("mine.pth@plain20", tmp_path).architecture == "plain20"
    other = own_networks.load_own("other one.safetensors", tmp_path)
    assert (other.architecture, other.shape, len(other.classes)) == ("plain20", (3, 40, 40), 7)


def test_a_claim_of_ten_billion_numbers_is_a_misfit(small: torch.nn.Module, tmp_path: Path) -> None:
    """It is compared before it is copied."""
    torch.save({**small.state_dict(), "conv1.norm.bias": torch.ones(1).expand(10**10)}, tmp_path / "mine.pth")
    with pytest.raises(WeightsError) as caught:
        own_networks.load_own("mine.pth@resnet20", tmp_path)
    assert "10000000000 ≠ 16" in str(caught.value.misfits[0])


@pytest.mark.parametrize("key", ["lenet5_1998", "lenet5", "nin_cifar", "hierarchical_cnn"])
def test_every_kind_of_head_tells_its_classes(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of codes, a linear layer, a convolution."""
    monkeypatch.undo()
    network = zoo.build(key, num_classes=10)
    fitted = fitting.fit(weight_files.from_bytes(saved(network)), key)
    assert fitted.classes == 10
    assert all(torch.equal(each, network.state_dict()[name]) for name, each in fitted.network.state_dict().items())


def test_half_a_character_is_a_question_mark() -> None:
    """JSON may hold one; nothing that is sent to a browser can."""
    facts = own_facts.of_metadata({"classes": '["a\\ud800", "b"]', "architecture": "x\ud800"})
    assert (facts.classes, facts.architecture) == (("a?", "b"), "x?")

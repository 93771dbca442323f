"""Files of weights that are not what they say: one sentence each, nothing allocated, nothing executed."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cnnviz.errors import WeightsError
from cnnviz.networks import safetensors_header, weight_files
from cnnviz.networks.safetensors_header import Spec

torch.set_num_threads(1)

GOOD = safetensors.torch.save({"a": torch.arange(6.0).view(2, 3), "b": torch.ones(2, dtype=torch.int64)}, {"k": "v"})


def written(entries: dict[str, object], numbers: bytes = b"", size: int | None = None) -> bytes:
    """A .safetensors file with this header, whatever it says."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + numbers


def tensor(shape: object, begin: object, end: object, dtype: object = "F32") -> dict[str, object]:
    """What a header says of a tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


BAD = {
    "empty": (b"", "is empty"),
    "short": (b"abc", "not a .safetensors file"),
    "noise": (os.urandom(8) + b"\xff" * 900, "not a .safetensors file"),
    "pickle": (b"\x80\x02}q\x00.", "may hold programs"),
    "zip": (b"PK\x03\x04" + b"\0" * 60, "may hold programs"),
    "no JSON": (struct.pack("<Q", 20) + b"{" * 20, "not a .safetensors file"),
    "deep JSON": (struct.pack("<Q", 10**6) + b'{"a":' + b"[" * (10**6 - 5), "not a .safetensors file"),
    "a list in JSON": (written({"a": [1]}), "not a .safetensors file"),
    "large header": (written({}, b" " * 100, 10**18), "cut off"),
    "truncated": (GOOD[:-5], "cut off"),
    "a terabyte": (written({"a": tensor([2**38], 0, 2**40)}), "cut off"),
    "more numbers than bytes": (written({"a": tensor([2**31, 2**31], 0, 8)}, b"\0" * 8), "do not agree"),
    "overlap": (written({"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, b"\0" * 12), "overlaps"),
    "gap": (written({"a": tensor([1], 0, 4), "b": tensor([1], 8, 12)}, b"\0" * 12), "leaves a gap"),
    "rest": (written({"a": tensor([1], 0, 4)}, b"\0" * 9), "leaves a gap"),
    "negative": (written({"a": tensor([-1], 0, -4)}), "that is known here"),
    "a fraction": (written({"a": tensor([1.5], 0, 6)}, b"\0" * 6), "that is known here"),
    "true": (written({"a": tensor([True], 0, 4)}, b"\0" * 4), "that is known here"),
    "unknown type": (written({"a": tensor([1], 0, 4, "C64")}, b"\0" * 4), "that is known here"),
    "a list for a type": (written({"a": tensor([1], 0, 4, ["F32"])}, b"\0" * 4), "that is known here"),
    "half a letter": (written({"\ud800": tensor([1], 0, 4)}, b"\0" * 4), "not a .safetensors file"),
    "half a letter in a text": (written({"__metadata__": {"a": "\udfff"}}), "not a .safetensors file"),
    "two prefixes": (written({"module.a": tensor([1], 0, 4), "a": tensor([2], 4, 12)}, b"\0" * 12), "is there twice"),
    "many": (written({str(number): tensor([0], 0, 0) for number in range(6000)}), "6,000 tensors"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused(name: str, tmp_path: Path) -> None:
    """With one sentence, from the header alone: memory stays below a few times the file."""
    data, sentence = BAD[name]
    tracemalloc.start()
    with pytest.raises(WeightsError, match=sentence):
        weight_files.from_bytes(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20 + 30 * len(data)
    (tmp_path / "a.safetensors").write_bytes(data)
    with pytest.raises(WeightsError):
        weight_files.from_file(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "entries",
    [
        {"__metadata__": {"k": 1}},
        {"a": {**tensor([1], 0, 4), "b": float("nan")}},
        {"a": tensor([2**40, 2**40, 0], 0, 0)},
    ],
)
def test_what_only_the_library_refuses_is_one_sentence_too(entries: dict[str, object]) -> None:
    """It reads JSON more strictly, and multiplies shapes with 64 bits."""
    numbers = b"\0" * (4 if "b" in str(entries.get("a")) else 0)
    found = weight_files.from_bytes(written(entries, numbers))
    with pytest.raises(WeightsError, match="header is damaged"):
        found.read()


def test_good_files_are_described_before_they_are_read() -> None:
    """Types, shapes and metadata from the header; prefixes of other programs are taken off."""
    found = weight_files.from_bytes(GOOD)
    assert found.specs == {"a": Spec("F32", (2, 3)), "b": Spec("I64", (2,))}
    assert found.metadata == {"k": "v"}
    assert torch.equal(found.read()["a"], torch.arange(6.0).view(2, 3))
    prefixed = safetensors.torch.save({"module.conv.weight": torch.ones(1)})
    assert list(weight_files.from_bytes(prefixed).read()) == ["conv.weight"]
    length = 8 + int.from_bytes(GOOD[:8], "little")
    assert safetensors_header.header(GOOD[:length], len(GOOD)).tensors == found.specs


def test_large_files_are_refused() -> None:
    """Before anything is looked at."""
    with pytest.raises(WeightsError, match="more than the 10"):
        weight_files.from_bytes(b"x" * 11, most=10)


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def packed(path: Path, kind: int, pickled: bytes = b"") -> None:
    """A .pth whose pickle is 50 MB of nothing."""
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("archive/data.pkl", pickled or bytes(50 * 2**20))


def test_pickles_are_not_executed(tmp_path: Path) -> None:
    """Neither the owner's nor, renamed, a visitor's."""
    torch.save({"a": torch.ones(1), "b": Payload(tmp_path / "trace")}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="holds no weights"):
        weight_files.from_file(tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="may hold programs"):
        weight_files.from_bytes((tmp_path / "a.pth").read_bytes())
    assert not (tmp_path / "trace").exists()


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    """Fifty megabytes of nothing in fifty kilobytes; torch.save stores its members as they are."""
    packed(tmp_path / "a.pth", zipfile.ZIP_DEFLATED)
    assert (tmp_path / "a.pth").stat().st_size < 2**17
    tracemalloc.start()
    with pytest.raises(WeightsError, match="packed in a way"):
        weight_files.from_file(tmp_path / "a.pth")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x80\x02}q\x00."])
def test_other_files_are_no_weights(tmp_path: Path, data: bytes) -> None:
    """Nothing, noise, and pickles without a zip."""
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(WeightsError, match="holds no weights"):
        weight_files.from_file(tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        weight_files.from_file(tmp_path / "b.pth")
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(WeightsError, match="neither"):
        weight_files.from_file(tmp_path / "a.bin")


@pytest.mark.parametrize("content", [[torch.ones(1)], {"a": 3}, {}, torch.ones(2)])
def test_other_things_are_no_weights(tmp_path: Path, content: object) -> None:
    """Only a dictionary of tensors is."""
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="holds no weights"):
        weight_files.from_file(tmp_path / "a.pth")


def test_a_claim_of_ten_billion_numbers_allocates_nothing(tmp_path: Path) -> None:
    """One number, seen through a stride of 0, is described with the shape that it claims, and takes no room."""
    torch.save({"a": torch.ones(1).expand(10**10)}, tmp_path / "a.pth")
    assert (tmp_path / "a.pth").stat().st_size < 4096
    assert weight_files.from_file(tmp_path / "a.pth").specs == {"a": Spec("F32", (10**10,))}


def test_the_three_lines_convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page shows them; two layers that share their weights are no obstacle."""
    shared = torch.randn(3, 4)
    torch.save({"a": shared, "b": shared, "c": torch.randn(4, 3).t()}, tmp_path / "own.pth")
    lines = weight_files.conversion("own.pth")
    assert len(lines.splitlines()) == 3
    monkeypatch.chdir(tmp_path)
    exec(lines, {})  # noqa: S102 - these lines are what is tested
    found = weight_files.from_file(tmp_path / "own.safetensors").read()
    expected = weight_files.from_file(tmp_path / "own.pth").read()
    assert found.keys() == expected.keys() == {"a", "b", "c"}
    assert all(torch.equal(found[name], expected[name]) for name in found)

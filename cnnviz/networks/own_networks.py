"""Weights that are neither shipped nor published: files that the server's owner put into models/, and visitors'.

Beside NAME.safetensors or NAME.pth may lie NAME.txt, the names of the classes, one a line, or NAME.json: a list of
them, or {"classes": [...], "architecture": "resnet18", "options": {...}, "shape": [3, 224, 224], "mean": [...], "std":
[...], "resize": 256}, each of them optional. A .safetensors file may carry the same in its metadata, as texts in JSON.
"""

from __future__ import annotations

from pathlib import Path

from cnnviz.errors import WeightsError
from cnnviz.networks import fitting, shipped, torchvision_models, zoo
from cnnviz.networks.loaded import Entry, Loaded, classes_of, polarity
from cnnviz.networks.own_facts import Facts, of_file, of_metadata
from cnnviz.networks.preparation import Preparation, for_shape
from cnnviz.networks.uploads import store
from cnnviz.networks.weight_files import Weights, from_bytes, from_file
from cnnviz.text import N_

__all__ = ["entries", "files", "keep", "load_own", "load_upload", "paths"]

SOURCE = "own"
UPLOADED = "upload"

_NO_SUCH = N_("There are no weights “{name}” in {folder}.")
_CHANNELS = N_("These weights of {title} take pictures of {channels} channels: pictures have 1 or 3.")
_SHAPE = N_(
    "{title} cannot be used on pictures of {shape}: say its shape, channels first, or its options, beside the weights."
)
_TOO_MUCH = N_(
    "On pictures of {shape} the steps of {title} fill {megabytes:,.0f} MB, but {most:,.0f} MB are the limit: say a "
    "smaller shape."
)

_MOST_MEMORY = 2**30
"""Bytes of all steps of a pass: EfficientNet-B4 on its 380×380 pixels has two thirds of it."""


def paths(folder: Path = shipped.MODELS) -> tuple[Path, ...]:
    """The owner's files of weights: those without a card, in alphabetical order."""
    found = [*folder.glob("*.safetensors"), *folder.glob("*.pth")]
    return tuple(sorted(path for path in found if path.suffix == ".pth" or not _is_shipped(path)))


def _is_shipped(path: Path) -> bool:
    return shipped.is_card(path.with_suffix(".json"))


def entries(folder: Path = shipped.MODELS) -> tuple[Entry, ...]:
    """The owner's networks; what only their weights tell is left open."""
    return tuple(_entry(path) for path in paths(folder))


def _entry(path: Path) -> Entry:
    facts = of_file(path)
    size, count = path.stat().st_size, len(facts.classes)
    return Entry(f"{SOURCE}:{path.name}", path.name, facts.architecture, SOURCE, facts.shape, count, True, size)


def files(name: str, folder: Path = shipped.MODELS) -> tuple[Path, ...]:
    """What `load_own` would read for that name, there or not; () for what can be no name."""
    named = [each for each in (name, name.rpartition("@")[0]) if each.endswith((".safetensors", ".pth"))]
    paths = [folder / each for each in named if Path(each).name == each]
    return tuple(each for path in paths for each in (path, *map(path.with_suffix, (".json", ".txt"))))


def load_own(name: str, folder: Path = shipped.MODELS) -> Loaded:
    """Load NAME.safetensors or NAME.pth; "NAME.pth@resnet18" says which network it is of.

    Raises:
        WeightsError: when there is none of that name, or it is damaged, or fits no network.
    """
    known = {path.name: path for path in paths(folder)}
    file, architecture = (name, "") if name in known else name.rpartition("@")[::2]
    if file not in known:
        raise WeightsError(_NO_SUCH, name=name[:60], folder=folder)
    path = known[file]
    given = from_file(path)
    facts = of_file(path).over(of_metadata(given.metadata))
    return _loaded(f"{SOURCE}:{name}", path.name, SOURCE, given, facts.of(architecture))


def keep(data: bytes, architecture: str = "") -> str:
    """Check a visitor's .safetensors file, keep it, and return its key.

    Args:
        data: the file.
        architecture: what it is of; found by names and shapes when empty.

    Raises:
        WeightsError: when it is damaged or fits no network; `misfits` lists what did not fit.
        UnknownNetworkError: when there is no such architecture.
    """
    given = from_bytes(data)
    chosen = architecture or of_metadata(given.metadata).architecture or _guess(given)
    loaded = _loaded("", "", UPLOADED, given, of_metadata(given.metadata).of(chosen))
    return f"{UPLOADED}:{store.put(data)}@{loaded.architecture}"


def load_upload(name: str) -> Loaded:
    """Load "DIGEST@ARCHITECTURE".

    Raises:
        WeightsError: when it is not kept any more.
    """
    digest, _, architecture = name.partition("@")
    given = from_bytes(store.get(digest))
    return _loaded(f"{UPLOADED}:{name}", "", UPLOADED, given, of_metadata(given.metadata).of(architecture))


def _guess(given: Weights) -> str:
    found = next(fitting.candidates(given), "")
    if not found:
        raise fitting.no_network(given)
    return found


def _loaded(key: str, name: str, source: str, given: Weights, facts: Facts) -> Loaded:
    fitted = fitting.fit(given, facts.architecture or _guess(given), facts.options)
    title = torchvision_models.title(fitted.architecture)
    preparation = _preparation(fitted, facts)
    _try(fitted, preparation.shape, title)
    classes = facts.classes if len(facts.classes) == fitted.classes else classes_of(fitted.classes)
    card = {"file": name, "options": dict(fitted.options)}
    return Loaded(
        key, title, fitted.architecture, source, fitted.network, classes, preparation, card, polarity(preparation)
    )


def _preparation(fitted: fitting.Fitted, facts: Facts) -> Preparation:
    """As the facts say, as far as they say it; the rest as for a network whose training is not known."""
    if fitted.architecture in zoo.names():
        _, rows, columns = zoo.get(fitted.architecture).input_shape
    else:
        rows = columns = torchvision_models.of(fitted.architecture)[0].side
    height, width = facts.shape[1:] or (rows, columns)
    usual = for_shape((fitted.in_channels, height, width))
    channels = fitted.in_channels
    mean = facts.mean if len(facts.mean) == channels else usual.mean
    std = facts.std if len(facts.std) == channels else usual.std
    return Preparation(usual.shape, mean, std, facts.resize if facts.resize >= max(usual.shape[1:]) else 0)


def _try(fitted: fitting.Fitted, shape: tuple[int, int, int], title: str) -> None:
    """Make sure that the network takes pictures of that shape, and that there are such; computes shapes only."""
    import torch

    from cnnviz.networks.summary import summarize

    probe = fitting.blueprint(fitted.architecture, fitted.all_options).eval()
    try:
        if shape[0] not in (1, 3):
            raise WeightsError(_CHANNELS, title=title, channels=shape[0])
        probe(torch.empty(1, *shape, device="meta"))
    except RuntimeError as error:
        raise WeightsError(_SHAPE, title=title, shape=" × ".join(map(str, shape))) from error
    memory = summarize(probe, (1, *shape)).memory
    if memory > _MOST_MEMORY:
        raise WeightsError(
            _TOO_MUCH,
            shape=" × ".join(map(str, shape)),
            title=title,
            megabytes=memory / 2**20,
            most=_MOST_MEMORY / 2**20,
        )

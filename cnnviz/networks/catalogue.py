"""Every network that Feature maps can look into: listed without loading anything, loaded by its key.

    [each.key for each in catalogue.entries() if each.offline]
    loaded = catalogue.load("resnet20-cifar10")
    loaded.network(loaded.prepare(image)[None])

Keys: "resnet20-cifar10" (shipped in models/), "torchvision:resnet18" or "torchvision:resnet50@IMAGENET1K_V1",
"random:resnet18", "own:NAME" (a file of weights that the server's owner put into models/), "upload:DIGEST@ARCHITECTURE"
(a visitor's), and what others `register`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from cnnviz.errors import WeightsError
from cnnviz.networks.loaded import Entry, Loaded
from cnnviz.text import N_

__all__ = ["Entry", "Loaded", "Stamp", "entries", "load", "register", "stamp"]

Loader = Callable[[str], Loaded]
"""Takes what stands behind the colon of a key. Raises WeightsError, UnknownNetworkError or ParameterError."""

Stamp = tuple[tuple[int, int], ...]
"""Time of the last change, in nanoseconds, and bytes of each of a network's files."""

_LOADERS: dict[str, Loader] = {}

_MODULES = {
    "torchvision": "cnnviz.networks.torchvision_networks",
    "random": "cnnviz.networks.random_networks",
    "own": "cnnviz.networks.own_networks",
    "upload": "cnnviz.networks.own_networks",
}
"""Where `load_PREFIX` of a kind of keys stands; imported when the first network of the kind is loaded."""

_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_NO_SUCH = N_("There is no network “{key}” here: choose one from the list.")


def entries() -> tuple[Entry, ...]:
    """All networks but visitors' own: shipped, the owner's, torchvision's, those with random weights.

    Cheap: reads cards and the names of files; imports neither torch nor torchvision.
    """
    from cnnviz.networks import own_networks, random_networks, shipped_networks, torchvision_models

    return (
        *shipped_networks.entries(),
        *own_networks.entries(),
        *torchvision_models.entries(),
        *random_networks.entries(),
    )


def register(prefix: str, loader: Loader) -> None:
    """Let keys that begin with "prefix:" be loaded by `loader`."""
    _LOADERS[prefix] = loader


def load(key: str) -> Loaded:
    """Load a network, anew each time: who needs it often keeps it.

    Args:
        key: see above; may come from an address, and is checked.

    Raises:
        WeightsError: when there is no such network, its weights are not on this machine, damaged, or another's.
        UnknownNetworkError: when its architecture is not known.
    """
    if not _KEY.fullmatch(key):
        raise WeightsError(_NO_SUCH, key=key[:60])
    prefix, colon, name = key.partition(":")
    if not colon:
        from cnnviz.networks import shipped_networks

        return shipped_networks.load(key)
    return _loader(prefix, key)(name)


def stamp(key: str) -> Stamp:
    """What changes when the owner replaces a network's files in models/; () for all that do not lie there.

    Cheap: looks at the files, and reads none.
    """
    prefix, colon, name = key.partition(":")
    if not colon:
        from cnnviz.networks import shipped

        return _stamp(shipped.files(key))
    if prefix == "own":
        from cnnviz.networks import own_networks

        return _stamp(own_networks.files(name))
    return ()


def _stamp(files: Iterable[Path]) -> Stamp:
    found = []
    for path in files:
        with suppress(OSError, ValueError):  # most have no such file beside them; some keys can be no name
            status = path.stat()
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def _loader(prefix: str, key: str) -> Loader:
    if prefix in _LOADERS:
        return _LOADERS[prefix]
    if prefix not in _MODULES:
        raise WeightsError(_NO_SUCH, key=key[:60])
    loader: Loader = getattr(importlib.import_module(_MODULES[prefix]), f"load_{prefix}")
    return loader

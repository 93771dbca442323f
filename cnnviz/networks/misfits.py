"""What keeps weights from a network, in lists that can be read: missing and superfluous names, shapes, types."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.networks.safetensors_header import Spec
from cnnviz.text import N_, Sentence

__all__ = ["COUNTER", "FLOATS", "differences", "misfits"]

COUNTER = "num_batches_tracked"
"""End of a name that may be missing: older files lack it, and prediction does not use it."""

FLOATS = frozenset({"F16", "BF16", "F32", "F64"})
"""Types that are read as float32."""

_SHOWN = 5  # names of a list of misfits
_LONGEST = 60  # characters of a name
_MISSING = N_("Missing: {names}")
_SUPERFLUOUS = N_("Superfluous: {names}")
_SHAPES = N_("Of another shape (given ≠ needed): {names}")
_TYPES = N_("Of a type that is not read here: {names}")
_WHOLE = frozenset({"I32", "I64"})


def misfits(given: Mapping[str, Spec], expected: Mapping[str, Spec]) -> tuple[Sentence, ...]:
    """What does not fit: one sentence each for what is missing, superfluous, of another shape, of another type."""
    missing, superfluous, shapes, types = differences(given, expected)
    unlike = [f"{name} ({_size(given[name])} ≠ {_size(expected[name])})" for name in shapes]
    kinds = [f"{name} ({given[name].dtype})" for name in types]
    lists = ((_MISSING, missing), (_SUPERFLUOUS, superfluous), (_SHAPES, unlike), (_TYPES, kinds))
    return tuple(Sentence(template, {"names": _listed(names)}) for template, names in lists if names)


def differences(given: Mapping[str, Spec], expected: Mapping[str, Spec]) -> tuple[list[str], ...]:
    """Names that are missing, superfluous, of another shape, of another type."""
    both = [name for name in expected if name in given]
    return (
        [name for name in expected if name not in given and not name.endswith(COUNTER)],
        [name for name in given if name not in expected],
        [name for name in both if given[name].shape != expected[name].shape],
        [name for name in both if given[name].dtype not in (FLOATS if expected[name].dtype in FLOATS else _WHOLE)],
    )


def _listed(names: list[str]) -> str:
    """The first few of them, and how many there are."""
    shown = ", ".join(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown}, … ({len(names)})"


def _size(spec: Spec) -> str:
    return " × ".join(map(str, spec.shape)) or "1"

"""Random networks of one's own that fit, for tests."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.custom import KINDS, Custom, Record, steps
from cnnviz.networks.custom.slots import Flag, Number, Pairs, Slot

SMALL = st.integers(1, 4)


def values(slot: Slot) -> st.SearchStrategy[object]:
    """Legal values that keep a network small."""
    match slot:
        case Flag():
            return st.booleans()
        case Pairs():
            pairs = st.tuples(st.integers(slot.minimum, 3), st.integers(slot.minimum, 3))
            return pairs | st.just(slot.rule) if slot.rule else pairs
        case Number():
            return st.integers(0, 3).map(lambda n: slot.minimum + n * slot.step)
    raise TypeError(type(slot))


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A layer of any kind."""
    kind = KINDS[draw(st.sampled_from(list(KINDS)))]
    try:
        return kind.make(**{slot.name: draw(values(slot)) for slot in kind.slots})
    except CnnvizError:
        assume(False)
        raise


@st.composite
def networks(draw: st.DrawFn) -> Custom:
    """A network whose layers fit: drawn one after the other, those that do not fit are left out."""
    shape = (draw(SMALL), draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    kept: list[Record] = []
    for record in draw(st.lists(records(), min_size=1, max_size=8)):
        try:
            steps(Custom(shape, (*kept, record)))
        except CnnvizError:
            continue
        kept.append(record)
    assume(kept)
    return Custom(shape, tuple(kept))

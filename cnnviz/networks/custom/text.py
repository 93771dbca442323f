"""A network of one's own as one line of text: "3x32x32:conv32k3p1-bn-relu-max2-res64s2-gap-flat-fc10".

Channels, rows and columns of the input, then the layers: a word, the number that it turns on, and letters with values
for what is not as usual. The text may come from anybody.
"""

from __future__ import annotations

import re

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks.custom.kinds import KINDS, Kind, kind_of
from cnnviz.networks.custom.network import LARGEST_SIDE, MOST_INPUTS, MOST_LAYERS, Custom, steps
from cnnviz.networks.custom.record import Record
from cnnviz.text import N_

__all__ = ["MOST_CHARACTERS", "read", "read_input", "read_layer", "write", "write_layer"]

MOST_CHARACTERS = 4000
_SHOWN = 30  # characters of a wrong layer that a sentence repeats
_INPUT = re.compile(r"([0-9]{1,2})x([0-9]{1,3})x([0-9]{1,3})", re.ASCII)
_VALUE = "[0-9]{1,4}(?:x[0-9]{1,4})?|same"
_LETTERS = re.compile(f"([a-z])({_VALUE})", re.ASCII)
_REST = re.compile(f"({_VALUE})?((?:[a-z](?:{_VALUE}))*)", re.ASCII)


def read(text: str) -> Custom:
    """Read a network that `write` wrote, or a person; all of its layers fit.

    Raises:
        ParameterError: when it has no legal input.
        CnnvizError: when it is too long, or a layer cannot be read; names it.
        UnfitError: when a layer does not fit, or makes the network too large.
    """
    if len(text) > MOST_CHARACTERS:
        raise CnnvizError(
            N_("The text has {count:,} characters; {most:,} are the most here."), count=len(text), most=MOST_CHARACTERS
        )
    plain = "".join(text.lower().split())
    shape, colon, listed = plain.partition(":")
    if not colon:
        raise CnnvizError(
            N_("The network begins with its input and a colon, as in {example}."), example="3x32x32:conv16"
        )
    parts = listed.split("-")
    if len(parts) > MOST_LAYERS:
        raise ParameterError("layers", len(parts), f"1 … {MOST_LAYERS}")
    custom = Custom(read_input(shape), tuple(_numbered(part, number) for number, part in enumerate(parts, 1)))
    steps(custom)
    return custom


def read_input(text: str) -> tuple[int, int, int]:
    """Read "3x32x32": channels, rows, columns.

    Raises:
        ParameterError: for anything else.
    """
    found = _INPUT.fullmatch(text)
    if found is None:
        raise ParameterError("input", text[:_SHOWN], f"1 … {MOST_INPUTS} x 1 … {LARGEST_SIDE} x 1 … {LARGEST_SIDE}")
    return int(found[1]), int(found[2]), int(found[3])


def write(custom: Custom) -> str:
    """Write a network as text that an address carries; `read` gives an equal one back."""
    return "x".join(map(str, custom.input_shape)) + ":" + "-".join(write_layer(each) for each in custom.layers)


def write_layer(layer: Record) -> str:
    """Write one layer: "conv32k3p1"."""
    kind = kind_of(layer)
    text = kind.word
    for slot, written in zip(kind.slots, kind.write(layer).values(), strict=True):
        if slot.always or not slot.letter or getattr(layer, slot.name) != layer.usual(slot.name):
            text += slot.letter + written
    return text


def _numbered(text: str, number: int) -> Record:
    try:
        return read_layer(text)
    except CnnvizError as why:
        template = N_("Layer {number}, “{text}”, cannot be read: {why}")
        raise CnnvizError(template, number=number, text=text[:_SHOWN], why=why) from why


def read_layer(text: str) -> Record:
    """Read one layer: "conv32k3p1".

    Raises:
        CnnvizError: when it is none.
    """
    # The longest word first: "sep64" is no "se" with a letter p.
    for word in sorted(KINDS, key=len, reverse=True):
        found = _REST.fullmatch(text.removeprefix(word)) if text.startswith(word) else None
        if found is not None:
            return _read_values(KINDS[word], found[1] or "", _LETTERS.findall(found[2]))
    raise CnnvizError(N_("there is no such layer. There are: {words}."), words=", ".join(KINDS))


def _read_values(kind: Kind, first: str, lettered: list[tuple[str, str]]) -> Record:
    by_letter = {slot.letter: slot.name for slot in kind.slots}
    texts = {}
    for letter, value in [*([("", first)] if first else []), *lettered]:
        if letter not in by_letter or by_letter[letter] in texts:
            raise CnnvizError(
                N_("“{value}” does not belong there; write it as in {example}."),
                value=letter + value,
                example=kind.example,
            )
        texts[by_letter[letter]] = value
    return kind.read(texts)

"""From pasted text to a grid of cell texts: which characters separate, and what is only wrapping."""

from __future__ import annotations

import re

from cnnviz.errors import KernelError
from cnnviz.text import N_

__all__ = ["MAX_CHARACTERS", "split_cells"]

MAX_CHARACTERS = 65_536

_OPENING, _CLOSING = "[({", "])}"
# "kernel = np.array(" before the brackets, ", dtype=float32)" behind them.
_BEFORE = re.compile(
    r"(?:Parameter containing:\s*)?(?:[A-Za-z_]\w{0,60}\s*=\s*)?(?:[A-Za-z_][\w.]{0,60}\s*\()?\s*", re.ASCII
)
_BEHIND = re.compile(r"(?:,[A-Za-z_]\w{0,60}=[\w.'\"<>:]{1,60})*,?\)?;?", re.ASCII)
_DEEPEST = 8


def split_cells(text: str) -> list[list[str]]:
    """Return the rows and cells of a pasted table as texts, not yet read as numbers.

    Raises:
        KernelError: when the text is too long or its brackets are not those of one table.
    """
    if len(text) > MAX_CHARACTERS:
        raise KernelError(
            N_("The text has {count} characters; a kernel needs at most {largest}."),
            count=len(text),
            largest=MAX_CHARACTERS,
        )
    plain = text.strip().lstrip("\N{BYTE ORDER MARK}").strip()
    has_brackets = any(sign in plain for sign in _OPENING + _CLOSING)
    return _split_brackets(plain) if has_brackets else _split_lines(plain)


def _split_brackets(text: str) -> list[list[str]]:
    before = _BEFORE.match(text)
    wrapping = before[0].rstrip() if before else ""
    body = text[before.end() if before else 0 :]
    if wrapping.endswith("(") and body[:1] not in tuple(_OPENING):
        body = "(" + body
    end = _closing(body)
    if _BEHIND.fullmatch(re.sub(r"\s+", "", body[end + 1 :])) is None:
        raise _not_one_table()
    return _rows(body[1:end])


def _closing(text: str) -> int:
    """Return where the bracket at the start closes; all brackets between must pair up."""
    expected: list[str] = []
    for place, sign in enumerate(text):
        if sign in _OPENING:
            expected.append(_CLOSING[_OPENING.index(sign)])
        elif sign in _CLOSING and (not expected or expected.pop() != sign):
            break
        if len(expected) > _DEEPEST:
            break
        if not expected:
            if place == 0:
                break
            return place
    raise _not_one_table()


def _rows(inside: str) -> list[list[str]]:
    """Split what stands between the outer brackets into rows, dropping brackets around a single table."""
    pieces: list[str] = []
    rest = inside.strip()
    while rest[:1] and rest[0] in _OPENING:
        end = _closing(rest)
        pieces.append(rest[1:end])
        rest = rest[end + 1 :].lstrip().removeprefix(",").lstrip()
    if any(sign in rest for sign in _OPENING + _CLOSING) or (pieces and rest):
        raise _not_one_table()
    if not pieces:
        return _split_rows_at_semicolons(rest)
    if len(pieces) == 1 and any(sign in pieces[0] for sign in _OPENING):
        return _rows(pieces[0])
    if any(sign in piece for piece in pieces for sign in _OPENING):
        raise _not_one_table()
    return [_split_row(piece) for piece in pieces]


def _split_rows_at_semicolons(text: str) -> list[list[str]]:
    return [_split_row(row) for row in text.strip().strip(";").split(";")]


def _split_row(text: str) -> list[str]:
    return text.strip().removesuffix(",").split(",") if "," in text else text.split()


def _split_lines(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    separator = next((sign for sign in "\t;," if sign in text), None)
    if separator is None:
        return [line.split() for line in lines]
    pieces = [line.split(separator) for line in lines]
    if separator == ";" and any(len(piece.split()) > 1 for row in pieces for piece in row):
        return _split_rows_at_semicolons(";".join(line.strip().strip(";") for line in lines))
    if all(not row[-1].strip() for row in pieces):
        pieces = [row[:-1] for row in pieces]
    return pieces


def _not_one_table() -> KernelError:
    return KernelError(
        N_("The brackets are not those of one table. Please write its rows like this: [[1, 2], [3, 4]].")
    )

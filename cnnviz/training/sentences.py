"""A small set of sentences, good opinions and bad ones, in English and in Spanish; written for this project.

Sentences come in pairs of one subject, a good opinion and a bad one, so that only the words of opinion tell them apart.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["CLASSES", "LANGUAGES", "LONGEST", "Sentence", "Sentences", "load", "words_of"]

CLASSES = (N_("bad"), N_("good"))
LANGUAGES = ("en", "es")
LONGEST = 16
"""Words of a sentence that are read; shorter ones are filled up with a word that means nothing."""

PADDING, UNKNOWN = 0, 1
_FOLDER = Path(__file__).with_name("opinions")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_TEST_SHARE = 5  # one pair of so many is for the test


@dataclass(frozen=True)
class Sentence:
    """A sentence and its class.

    Attributes:
        text: as it was written.
        label: index into `CLASSES`.
    """

    text: str
    label: int

    @property
    def words(self) -> tuple[str, ...]:
        """Its words, as `words_of` has them."""
        return words_of(self.text)


@dataclass(frozen=True)
class Sentences:
    """Sentences of one language.

    Attributes:
        train: to learn from.
        test: to measure with; no pair is in both.
        vocabulary: the words of the sentences to learn from, in alphabetical order.
    """

    train: tuple[Sentence, ...]
    test: tuple[Sentence, ...]
    vocabulary: tuple[str, ...]

    def indices(self, words: tuple[str, ...]) -> tuple[int, ...]:
        """Number words for the network: `LONGEST` numbers, 0 for no word, 1 for one that it never saw."""
        known = _numbers(self.vocabulary)
        found = [known.get(word, UNKNOWN) for word in words[:LONGEST]]
        return (*found, *[PADDING] * (LONGEST - len(found)))

    def knows(self, word: str) -> bool:
        """Whether a word is in the vocabulary."""
        return word in _numbers(self.vocabulary)


@cache
def _numbers(vocabulary: tuple[str, ...]) -> dict[str, int]:
    return {word: number for number, word in enumerate(vocabulary, start=UNKNOWN + 1)}


def words_of(text: str) -> tuple[str, ...]:
    """Split a text into words, in small letters, without digits and signs; an apostrophe stays inside its word."""
    return tuple(word.lower() for word in _WORD.findall(text))


@cache
def load(language: str = "en") -> Sentences:
    """Return the sentences of a language; every fifth pair is for the test.

    Raises:
        ParameterError: for a language that has none.
    """
    if language not in LANGUAGES:
        raise ParameterError("language", language, ", ".join(LANGUAGES))
    lines = (_FOLDER / f"{language}.txt").read_text("utf-8").splitlines()
    sides = [[Sentence(line[2:], label) for line in lines if line[0] == mark] for label, mark in enumerate("-+")]
    train: list[Sentence] = []
    test: list[Sentence] = []
    for number, pair in enumerate(zip(*sides, strict=True)):
        (test if number % _TEST_SHARE == _TEST_SHARE - 1 else train).extend(pair)
    counted = Counter(word for sentence in train for word in sentence.words)
    return Sentences(tuple(train), tuple(test), tuple(sorted(counted)))

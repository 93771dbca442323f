"""The text CNN on our own sentences: what it learns, and that its explanation adds up to its answer."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.training import sentences
from cnnviz.training.reading import WIDTHS, Reader, ReadingRecipe, learn

torch.set_num_threads(1)


@cache
def reader(language: str = "en", epochs: int = 15) -> Reader:
    """A network that has learned."""
    return learn(sentences.load(language), ReadingRecipe(epochs=epochs))


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_sentences_are_pairs(language: str) -> None:
    """As many good ones as bad ones on both sides, all different, none too long to be read whole."""
    found = sentences.load(language)
    for side in (found.train, found.test):
        assert sum(each.label for each in side) * 2 == len(side)
    texts = [each.text for each in (*found.train, *found.test)]
    assert len(set(texts)) == len(texts) == 152
    assert all(1 < len(sentences.words_of(text)) <= sentences.LONGEST for text in texts)
    assert len(found.test) == len(texts) // 5


def test_words() -> None:
    """Small letters, accents and apostrophes kept, signs and digits not."""
    assert sentences.words_of("Don't “PANIC”, niño: 42 <b>x</b>_y!") == ("don't", "panic", "niño", "b", "x", "b", "y")
    assert sentences.words_of("… 123 ?!") == ()


def test_numbers_of_words() -> None:
    """Padded to one length; unknown words share a number; only training sentences make the vocabulary."""
    known = sentences.load("en")
    numbers = known.indices(("film", "xyzzy", "was"))
    assert len(numbers) == sentences.LONGEST
    assert numbers[1] == sentences.UNKNOWN
    assert set(numbers[3:]) == {sentences.PADDING}
    assert known.vocabulary[numbers[0] - 2] == "film"
    assert len(known.indices(("a",) * 99)) == sentences.LONGEST
    assert set(known.vocabulary) == {word for each in known.train for word in each.words}


def test_a_language_that_has_none() -> None:
    """It is named, with those that there are."""
    with pytest.raises(ParameterError, match="en, es"):
        sentences.load("../en")


@pytest.mark.parametrize(("language", "least"), [("en", 0.8), ("es", 0.7)])
def test_it_learns(language: str, least: float) -> None:
    """From chance to nearly all; sentences that it never saw, too: far more than the half that guessing gets."""
    history = reader(language).history
    assert [each.number for each in history] == list(range(16))
    assert history[0].train_loss == pytest.approx(0.6931, abs=1e-3)  # ln 2: the last layer begins at zero
    assert history[-1].train_accuracy > 0.97
    assert history[-1].test_accuracy >= least


def test_measured_accuracy_is_that_of_its_answers() -> None:
    """Counted sentence by sentence."""
    found = reader()
    for side, share in (
        (found.sentences.train, found.history[-1].train_accuracy),
        (found.sentences.test, found.history[-1].test_accuracy),
    ):
        answers = found.read_all(tuple(each.words for each in side))
        right = sum(answer.label == each.label for answer, each in zip(answers, side, strict=True))
        assert right / len(side) == pytest.approx(share)


def test_the_explanation_adds_up() -> None:
    """Bias and pushes of all filters are the network's own difference of scores; so are those of the words."""
    found = reader()
    for each in found.sentences.test:
        answer = found.read(each.words)
        scores = found.network(torch.tensor([found.sentences.indices(each.words)]))[0]
        gap = (scores[1] - scores[0]).item()
        assert answer.bias + sum(firing.push for firing in answer.firings) == pytest.approx(gap, abs=1e-4)
        inside = sum(firing.push for firing in answer.firings if firing.start < len(answer.words))
        assert sum(answer.pushes) == pytest.approx(inside, abs=1e-4)
        assert answer.probabilities == pytest.approx(torch.softmax(scores, 0).tolist(), abs=1e-5)


def test_a_filter_fires_where_it_says() -> None:
    """Its answer to the words that are named, computed by hand from vectors and weights, is the strongest of all."""
    found = reader()
    words = found.sentences.test[0].words
    answer = found.read(words)
    table = found.network.word_vectors.trained.table.weight[torch.tensor(found.sentences.indices(words))]
    maps = len(answer.firings) // len(WIDTHS)
    for firing in answer.firings:
        conv = found.network.get_submodule(f"phrases_{firing.width}.conv")
        kernel, bias = conv.weight[firing.filter % maps, 0], conv.bias[firing.filter % maps]
        all_of_it = [
            max(0.0, ((table[at : at + firing.width] * kernel).sum() + bias).item())
            for at in range(sentences.LONGEST - firing.width + 1)
        ]
        assert firing.strength == pytest.approx(max(all_of_it), abs=1e-5)
        assert all_of_it[firing.start] == pytest.approx(max(all_of_it), abs=1e-5)


def test_favourites_are_phrases_of_the_sentences() -> None:
    """The strongest first, each as wide as its filter or cut off at the end of a sentence."""
    found = reader()
    every = [" ".join(each.words) for each in found.sentences.train]
    for width, phrases in zip(found.widths, found.favourites(), strict=True):
        assert [strength for _, strength in phrases] == sorted((each for _, each in phrases), reverse=True)
        for phrase, _ in phrases:
            assert len(phrase.split()) <= width
            assert any(phrase in text for text in every)


def test_a_negation_is_heard() -> None:
    """Trained until nothing is wrong any more, "not like" speaks for bad though "like" alone speaks less so."""
    found = reader(epochs=40)
    like, not_like = (found.read(sentences.words_of(f"I {words} it")) for words in ("like", "did not like"))
    assert not_like.probabilities[0] > like.probabilities[0]


def test_the_same_seed_is_the_same_network() -> None:
    """And random numbers of others are left alone."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again = learn(sentences.load("en"), ReadingRecipe(epochs=1))
    assert torch.equal(torch.rand(3), expected)
    assert again.history == learn(sentences.load("en"), ReadingRecipe(epochs=1)).history


def test_weights_of_the_last_layer_are_kept_short() -> None:
    """At most 3 for each class (Kim 2014, section 2.1)."""
    assert reader(epochs=40).network.fc.weight.norm(dim=1).max() <= 3.0001


@pytest.mark.parametrize("wrong", [{"maps": 0}, {"epochs": 201}, {"dropout": 1}, {"embedding": 1}])
def test_values_outside_their_range(wrong: dict[str, int]) -> None:
    """They are refused by name."""
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        ReadingRecipe(**wrong)

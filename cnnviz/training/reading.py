"""A text CNN that learns to tell good opinions from bad ones, and which words its filters fire on.

Kim, "Convolutional Neural Networks for Sentence Classification", 2014 (arXiv:1408.5882), trained on few sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.parameters import Parameter
from cnnviz.text import N_
from cnnviz.training.sentences import CLASSES, LONGEST, Sentences
from cnnviz.training.turn import TURN

if TYPE_CHECKING:
    from torch import Tensor

    from cnnviz.networks.zoo.text_cnn import TextCNN

__all__ = ["NUMBERS", "WIDTHS", "Answer", "Epoch", "Firing", "Reader", "ReadingRecipe", "learn"]

WIDTHS = (1, 2, 3)
"""Words that a filter covers. Kim has 3, 4 and 5; in sentences as short as ours opinions stand in fewer words."""

NUMBERS = (
    Parameter("maps", N_("Filters of each width"), 6, 1, 16, 1, integer=True),
    Parameter("embedding", N_("Numbers of a word"), 16, 2, 64, 1, integer=True),
    Parameter("epochs", N_("Epochs"), 40, 0, 200, 1, integer=True),
    Parameter("dropout", N_("Dropout"), 0.3, 0, 0.9, 0.05),
    Parameter("seed", N_("Seed of the random numbers"), 0, 0, 2**31 - 1, 1, integer=True),
)

_BATCH = 16
_RATE = 0.01
_LONGEST_WEIGHTS = 3.0  # Kim 2014, section 2.1: weight vectors of the last layer are shortened to this


@dataclass(frozen=True)
class ReadingRecipe:
    """How the text CNN is built and trained, with Adam at a rate of 0.01 and batches of 16 sentences.

    Attributes:
        maps: filters of each of `WIDTHS`.
        embedding: numbers of a word's vector.
        epochs: times that every sentence is seen; 0 leaves the first weights as they are.
        dropout: share of the maxima that training leaves out.
        seed: of first weights, order and dropout.

    Raises:
        ParameterError: for a value outside its range.
    """

    maps: int = 6
    embedding: int = 16
    epochs: int = 40
    dropout: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every value."""
        for number in NUMBERS:
            object.__setattr__(self, number.name, number.check(getattr(self, number.name)))


@dataclass(frozen=True)
class Epoch:
    """What was measured after an epoch (0: before training): mean cross-entropy, shares of right answers."""

    number: int
    train_loss: float
    test_loss: float
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class Firing:
    """What one filter found in a sentence.

    Attributes:
        filter: its number, from 0, widths one after the other.
        start: the first word of the place where it answered most strongly; places beyond the words are padding.
        width: words that it covers.
        strength: its answer there, after ReLU: ≥ 0.
        weights: what the last layer makes of it, one number for each class.
    """

    filter: int
    start: int
    width: int
    strength: float
    weights: tuple[float, ...]

    @property
    def push(self) -> float:
        """What it adds to the score of "good" above that of "bad": strength · (weight of good − weight of bad)."""
        return self.strength * (self.weights[1] - self.weights[0])


@dataclass(frozen=True)
class Answer:
    """What the network says about a sentence, and why.

    Attributes:
        words: the words that were read.
        known: whether each was in the vocabulary.
        scores: of each class; their difference is `bias` plus every filter's push.
        probabilities: softmax of the scores.
        bias: what the last layer says without any filter: bias of good − bias of bad.
        firings: one for each filter.
    """

    words: tuple[str, ...]
    known: tuple[bool, ...]
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    bias: float
    firings: tuple[Firing, ...]

    @property
    def label(self) -> int:
        """The class with the highest score."""
        return max(range(len(self.scores)), key=self.scores.__getitem__)

    @property
    def pushes(self) -> tuple[float, ...]:
        """What each word adds: the push of a filter is shared evenly among the words that it covers there."""
        found = [0.0] * len(self.words)
        for firing in self.firings:
            covered = [place for place in range(firing.start, firing.start + firing.width) if place < len(self.words)]
            for place in covered:
                found[place] += firing.push / len(covered)
        return tuple(found)


@dataclass(frozen=True)
class Reader:
    """A trained text CNN, with its sentences and what was measured on the way.

    Attributes:
        network: in evaluation mode.
        sentences: what it learned from.
        history: one record for each epoch, from before the first one on.
    """

    network: TextCNN
    sentences: Sentences
    history: tuple[Epoch, ...]

    def read(self, words: tuple[str, ...]) -> Answer:
        """Answer for a sentence of at least one word; words after the `LONGEST` first ones are not read."""
        words = words[:LONGEST]
        (answer,) = self.read_all((words,))
        return answer

    def read_all(self, sentences: tuple[tuple[str, ...], ...]) -> list[Answer]:
        """Answer for several sentences at once."""
        import torch

        with torch.no_grad():
            strengths, starts = _strongest(self.network, _tensor(self.sentences, sentences))
            scores = self.network.fc(strengths)
        weights = self.network.fc.weight.T.tolist()
        bias = self.network.fc.bias.tolist()
        found = []
        for number, words in enumerate(sentences):
            firings = tuple(
                Firing(index, int(starts[number, index]), width, strengths[number, index].item(), tuple(weights[index]))
                for index, width in enumerate(self.widths)
            )
            known = tuple(map(self.sentences.knows, words))
            shares = scores[number].softmax(0).tolist()
            found.append(
                Answer(words, known, tuple(scores[number].tolist()), tuple(shares), bias[1] - bias[0], firings)
            )
        return found

    @property
    def widths(self) -> tuple[int, ...]:
        """Words that each filter covers."""
        maps = self.network.fc.in_features // len(WIDTHS)
        return tuple(width for width in WIDTHS for _ in range(maps))

    def favourites(self, most: int = 3) -> list[list[tuple[str, float]]]:
        """For each filter the phrases of the sentences to learn from that it answers most strongly, strongest first."""
        answers = self.read_all(tuple(sentence.words[:LONGEST] for sentence in self.sentences.train))
        found: list[dict[str, float]] = [{} for _ in self.widths]
        for answer in answers:
            for firing in answer.firings:
                phrase = " ".join(answer.words[firing.start : firing.start + firing.width])
                if phrase and firing.strength > 0:
                    found[firing.filter][phrase] = max(firing.strength, found[firing.filter].get(phrase, 0.0))
        return [sorted(each.items(), key=lambda pair: -pair[1])[:most] for each in found]


def learn(
    sentences: Sentences, recipe: ReadingRecipe | None = None, on_epoch: Callable[[int], None] | None = None
) -> Reader:
    """Train a text CNN; one to three seconds with the default recipe. One at a time: see `turn`.

    Args:
        sentences: what to learn from.
        recipe: how.
        on_epoch: called after every epoch with its number.
    """
    import torch

    recipe = recipe or ReadingRecipe()
    with TURN, torch.random.fork_rng([]):
        torch.manual_seed(recipe.seed)
        network = _network(sentences, recipe)
        optimiser = torch.optim.Adam(network.parameters(), _RATE)
        x, y = _pictures(sentences)
        tests = _tensor(sentences, tuple(each.words for each in sentences.test))
        answers = torch.tensor([each.label for each in sentences.test])
        history = [_measure(network, 0, (x, y), (tests, answers))]
        for epoch in range(1, recipe.epochs + 1):
            for batch in torch.split(torch.randperm(len(y)), _BATCH):
                loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
                optimiser.step()
                _shorten(network)
            history.append(_measure(network, epoch, (x, y), (tests, answers)))
            if on_epoch:
                on_epoch(epoch)
    return Reader(network.eval().requires_grad_(False), sentences, tuple(history))


def _network(sentences: Sentences, recipe: ReadingRecipe) -> TextCNN:
    from cnnviz.networks.zoo.text_cnn import TextCNN

    return TextCNN(
        in_channels=LONGEST,
        num_classes=len(CLASSES),
        vocabulary=len(sentences.vocabulary) + 2,
        embedding=recipe.embedding,
        maps=recipe.maps,
        widths=WIDTHS,
        dropout=recipe.dropout,
    )


def _pictures(sentences: Sentences) -> tuple[Tensor, Tensor]:
    import torch

    x = _tensor(sentences, tuple(each.words for each in sentences.train))
    return x, torch.tensor([each.label for each in sentences.train])


def _tensor(sentences: Sentences, words: tuple[tuple[str, ...], ...]) -> Tensor:
    import torch

    return torch.tensor([sentences.indices(each) for each in words])


def _shorten(network: TextCNN) -> None:
    """Shorten the last layer's weight vectors that are longer than 3 (section 2.1)."""
    import torch

    with torch.no_grad():
        network.fc.weight.copy_(torch.renorm(network.fc.weight, 2, 0, _LONGEST_WEIGHTS))


def _measure(network: TextCNN, epoch: int, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> Epoch:
    import torch

    network.eval()
    found = []
    with torch.no_grad():
        for x, y in (train, test):
            scores = network(x)
            found.append(
                (torch.nn.functional.cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item())
            )
    network.train()
    (train_loss, train_accuracy), (test_loss, test_accuracy) = found
    return Epoch(epoch, train_loss, test_loss, train_accuracy, test_accuracy)


def _strongest(network: TextCNN, words: Tensor) -> tuple[Tensor, Tensor]:
    """Each filter's strongest answer and where it begins: both (N, filters), in the order of `fc`'s inputs."""
    import torch

    vectors = network.word_vectors(words)
    strengths, starts = [], []
    for width in WIDTHS:
        branch = network.get_submodule(f"phrases_{width}")
        answers = branch.get_submodule("activation")(branch.get_submodule("conv")(vectors))[..., 0]  # (N, maps, places)
        best = answers.max(dim=2)
        strengths.append(best.values)
        starts.append(best.indices)
    return torch.cat(strengths, dim=1), torch.cat(starts, dim=1)

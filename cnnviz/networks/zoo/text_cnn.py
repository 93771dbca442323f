"""A convolutional network that reads sentences: Kim, "Convolutional Neural Networks for Sentence Classification", 2014.

arXiv:1408.5882. A sentence of n words becomes a picture of n rows, a vector in each. Filters as wide as the vectors
slide down over 3, 4 or 5 words at once; of each filter only the strongest answer counts, wherever it was given
("max over time", §2). Then one linear layer decides.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.parts import Concatenate
from cnnviz.text import N_

__all__ = ["Phrases", "TextCNN", "WordVectors", "initialise"]


class WordVectors(nn.Module):
    """Look up the vector of each word (§2, x_1 ⊕ x_2 ⊕ … ⊕ x_n).

    With two channels, "CNN-multichannel", there are two vectors for each word: training changes the first one, and
    leaves the second one as it is (§2.1).

    Args:
        vocabulary: number of words.
        embedding: numbers of a vector, k.
        multichannel: two vectors instead of one.
    """

    def __init__(self, vocabulary: int, embedding: int, multichannel: bool = False) -> None:
        super().__init__()
        self.trained = _lookup(vocabulary, embedding)
        self.fixed = _lookup(vocabulary, embedding).requires_grad_(False) if multichannel else None
        self.concatenate = Concatenate() if multichannel else None

    def forward(self, words: Tensor) -> Tensor:
        """From indices (N, words) to (N, 1 or 2, words, embedding)."""
        vectors: Tensor = self.trained(words)
        if self.fixed is None or self.concatenate is None:
            return vectors
        both: Tensor = self.concatenate(vectors, self.fixed(words))
        return both


class Phrases(nn.Sequential):
    """Filters over `words` neighbouring words, c_i = f(w · x_(i:i+h-1) + b), and the maximum of each (§2, eq. 2 and 3).

    Args:
        words: h, rows of a filter.
        embedding: columns of a filter: all of a vector.
        channels: vectors of each word.
        maps: number of filters.
        activation: a key of `parts.ACTIVATIONS`.
    """

    def __init__(self, words: int, embedding: int, channels: int, maps: int, activation: str) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(channels, maps, (words, embedding)),
                activation=parts.activation(activation),
                max_over_time=nn.AdaptiveMaxPool2d(1),
                flatten=nn.Flatten(),
            )
        )


class TextCNN(nn.Module):
    """Figure 1: word vectors, parallel filters of several widths, the maximum of each, dropout, a linear layer.

    The paper also shortens weight vectors of the last layer that are longer than 3 after each step of training
    (§2.1); that belongs to the training, not to the network.

    Args:
        in_channels: words of a sentence; shorter ones are padded with a word that means nothing (§2).
        num_classes: of the answer.
        vocabulary: number of words.
        embedding: numbers of a word's vector; word2vec's have 300.
        maps: filters of each width.
        widths: words that a filter covers.
        multichannel: fixed word vectors beside the trained ones.
        dropout: share of the maxima that training leaves out.
        activation: a key of `parts.ACTIVATIONS`.

    Raises:
        ParameterError: when the sentence is shorter than a filter.
    """

    def __init__(
        self,
        in_channels: int = 56,
        num_classes: int = 2,
        vocabulary: int = 18_765,
        embedding: int = 300,
        maps: int = 100,
        widths: tuple[int, ...] = (3, 4, 5),
        multichannel: bool = False,
        dropout: float = 0.5,
        activation: str = "relu",
    ) -> None:
        if in_channels < max(widths):
            reason = N_("a filter must fit into the sentence")
            raise ParameterError("in_channels", in_channels, f"≥ {max(widths)}", reason)
        super().__init__()
        self.word_vectors = WordVectors(vocabulary, embedding, multichannel)
        for words in widths:
            self.add_module(f"phrases_{words}", Phrases(words, embedding, 1 + multichannel, maps, activation))
        self.concatenate = Concatenate()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(len(widths) * maps, num_classes)
        initialise(self)

    def forward(self, words: Tensor) -> Tensor:
        """From indices of words (N, words) to scores (N, num_classes)."""
        vectors = self.word_vectors(words)
        maxima = [branch(vectors) for branch in self.children() if isinstance(branch, Phrases)]
        scores: Tensor = self.fc(self.dropout(self.concatenate(*maxima)))
        return scores


def initialise(network: nn.Module) -> None:
    """Draw the weights of a new network, as in the author's code (github.com/yoonkim/CNN_sentence).

    Word vectors evenly from ±0.25, about the variance of word2vec's (§3.1); filters evenly from ±0.01; the last layer
    and all biases zero. In "CNN-multichannel" both vectors of a word begin as the same (§2.1).
    """
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            nn.init.uniform_(module.weight, -0.25, 0.25)
        elif isinstance(module, nn.Conv2d):
            nn.init.uniform_(module.weight, -0.01, 0.01)
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, WordVectors) and module.fixed is not None:
            module.fixed.load_state_dict(module.trained.state_dict())


def _lookup(vocabulary: int, embedding: int) -> nn.Sequential:
    """A table of vectors, and their rows as the picture of one channel that filters slide over."""
    table, picture = nn.Embedding(vocabulary, embedding), nn.Unflatten(1, (1, -1))
    return nn.Sequential(OrderedDict(table=table, picture=picture))

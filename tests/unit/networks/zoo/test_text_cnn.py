"""The text CNN against a few lines of plain functions, and against the paper's numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.zoo.text_cnn import TextCNN
from tests.unit.networks.zoo.later_cases import blueprint, summary, weight_count

torch.set_num_threads(1)


def small(**options: bool | float) -> TextCNN:
    """A network with few words, whose last layer says something from the beginning."""
    torch.manual_seed(0)
    network = TextCNN(in_channels=9, num_classes=3, vocabulary=50, embedding=8, maps=5, **options)
    for branch in network.modules():
        if isinstance(branch, nn.Conv2d | nn.Linear):
            nn.init.normal_(branch.weight, std=0.5)
            nn.init.normal_(branch.bias, std=0.5)
    return network.eval()


def sentences(length: int = 9) -> Tensor:
    """Four sentences of random words."""
    return torch.randint(0, 50, (4, length), generator=torch.Generator().manual_seed(2))


def plain(network: TextCNN, words: Tensor, vectors: list[Tensor]) -> Tensor:
    """Window by window, as section 2 writes it; `vectors` are the channels' tables."""
    maxima = []
    for height in (3, 4, 5):
        conv = network.get_submodule(f"phrases_{height}.conv")
        answers = []
        for start in range(words.shape[1] - height + 1):
            window = torch.stack([table[words[:, start : start + height]] for table in vectors], dim=1)
            answers.append(torch.relu((window[:, None] * conv.weight).sum(dim=(2, 3, 4)) + conv.bias))
        maxima.append(torch.stack(answers).amax(dim=0))
    return torch.cat(maxima, dim=1) @ network.fc.weight.T + network.fc.bias


@pytest.mark.parametrize("length", [5, 9, 20])
def test_scores_by_hand(length: int) -> None:
    """Of sentences of any length that the widest filter fits into."""
    network, words = small(), sentences(length)
    expected = plain(network, words, [network.word_vectors.trained.table.weight])
    torch.testing.assert_close(network(words), expected, rtol=1e-4, atol=1e-5)
    assert expected.std() > 0.1


def test_two_channels_add_up() -> None:
    """Filters are applied to both, and the results added (section 2.1)."""
    network, words = small(multichannel=True), sentences()
    nn.init.normal_(network.word_vectors.fixed.table.weight)
    tables = [network.word_vectors.trained.table.weight, network.word_vectors.fixed.table.weight]
    torch.testing.assert_close(network(words), plain(network, words, tables), rtol=1e-4, atol=1e-5)


def test_the_fixed_channel_stays_fixed() -> None:
    """Both begin with the same vectors; a step of training changes one of them."""
    network, words = small(multichannel=True).train(), sentences()
    trained, fixed = network.word_vectors.trained.table.weight, network.word_vectors.fixed.table.weight
    assert torch.equal(trained, fixed)
    before = fixed.clone()
    optimiser = torch.optim.SGD([each for each in network.parameters() if each.requires_grad], lr=0.5)
    network(words).square().sum().backward()
    optimiser.step()
    assert torch.equal(fixed, before)
    assert not torch.equal(trained, before)


@pytest.mark.parametrize("multichannel", [False, True])
def test_parameters_by_formula(multichannel: bool) -> None:
    """Vectors, and Σ (h·k·channels + 1) · maps, and the linear layer."""
    channels = 1 + multichannel
    count = channels * 18_765 * 300 + sum(100 * (height * 300 * channels + 1) for height in (3, 4, 5)) + 301 * 2
    assert weight_count(zoo.blueprint("text_cnn", multichannel=multichannel)) == count


def test_word_vectors_are_most_of_it() -> None:
    """As the record says: 94%."""
    found = summary("text_cnn")
    vectors = sum(each.parameters for each in found.layers if each.kind == "Embedding")
    assert round(100 * vectors / found.parameters) == 94
    assert found.parameters == weight_count(blueprint("text_cnn"))


def test_the_order_of_far_words_does_not_matter() -> None:
    """Max over time: a phrase counts wherever it stands; padding in between keeps the phrases apart."""
    network = small()
    first, second, gap = sentences(5)[:1], sentences(10)[:1, 5:], torch.zeros(1, 5, dtype=torch.long)
    one_way = network(torch.cat([gap, first, gap, second, gap], dim=1))
    torch.testing.assert_close(one_way, network(torch.cat([gap, second, gap, first, gap], dim=1)))
    assert not torch.allclose(network(first), network(first.flip(1)))


def test_weights_begin_as_in_the_authors_code() -> None:
    """Vectors within ±0.25, filters within ±0.01, the last layer zero."""
    torch.manual_seed(0)
    network = TextCNN(vocabulary=1000)
    assert network.word_vectors.trained.table.weight.abs().max().item() == pytest.approx(0.25, rel=0.01)
    assert network.word_vectors.trained.table.weight.mean().abs() < 0.01
    assert network.phrases_4.conv.weight.abs().max().item() == pytest.approx(0.01, rel=0.01)
    assert not network.fc.weight.any()


def test_gradient_reaches_every_parameter() -> None:
    """All filters, and the vectors of the words that occur."""
    network, words = small(dropout=0.0).train(), sentences()
    network(words).square().sum().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []
    seen = network.word_vectors.trained.table.weight.grad.any(dim=1).nonzero().flatten()
    assert set(seen.tolist()) <= set(words.flatten().tolist())


def test_a_sentence_must_hold_a_phrase() -> None:
    """Of the widest filter."""
    with pytest.raises(ParameterError, match="≥ 5"):
        zoo.build("text_cnn", in_channels=4)

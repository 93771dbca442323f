"""Record of a network that reads sentences."""

from __future__ import annotations

from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.networks.zoo.records.early import ACTIVATION, DROPOUT
from cnnviz.text import N_

__all__ = ["TEXT"]

_MR = N_("MR (film reviews)")  # Pang and Lee, 2005: good or bad, from one sentence
_TABLE_2 = "Kim 2014, table 2"

_TEXT_CNN = Architecture(
    key="text_cnn",
    title="Text CNN",
    family="text_cnn",
    paper=Paper(
        "Kim", "Convolutional Neural Networks for Sentence Classification", 2014, "https://arxiv.org/abs/1408.5882"
    ),
    input_shape=(56,),
    builder="text_cnn:TextCNN",
    num_classes=2,
    novelty=N_(
        "A sentence as a picture with a word's vector in each row: filters over 3, 4 and 5 words, and of each filter "
        "only the strongest answer."
    ),
    options=(
        Option("vocabulary", N_("Words in the vocabulary"), 18_765, minimum=100, maximum=50_000),
        Option("embedding", N_("Numbers in a word's vector"), 300, minimum=8, maximum=300),
        Option("maps", N_("Filters of each width"), 100, minimum=1, maximum=300),
        Option(
            "multichannel",
            N_("Two vectors for each word"),
            False,
            choices=(True, False),
            help=N_("One that training changes, and one that stays as it was learned from much larger texts."),
        ),
        DROPOUT,
        ACTIVATION,
    ),
    published=(
        Published(_MR, f"{_TABLE_2}, CNN-non-static", top1=81.5),
        Published(_MR, f"{_TABLE_2}, CNN-multichannel", top1=81.1),
        Published(_MR, f"{_TABLE_2}, CNN-static", top1=81.0),
        Published(_MR, f"{_TABLE_2}, CNN-rand", top1=76.1),
    ),
    blocks=("WordVectors", "Phrases"),
    lesson=N_("The vectors of the words hold 94% of the parameters, the filters nearly all the rest."),
)

TEXT: tuple[Architecture, ...] = (_TEXT_CNN,)

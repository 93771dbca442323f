"""What the zoo records about a network: where it was published, what it scored, how it can be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["COMMON", "Architecture", "Option", "Paper", "Published"]

Value = bool | int | float | str


@dataclass(frozen=True)
class Paper:
    """Where a network comes from.

    Attributes:
        authors: family names, "He, Zhang, Ren, Sun"; more than four end in "et al.".
        title: of the paper.
        year: of its first publication (of the preprint, where there is one).
        link: https address, an arXiv page or a DOI where there is one.
    """

    authors: str
    title: str
    year: int
    link: str


@dataclass(frozen=True)
class Published:
    """What was published about a network's results and size.

    Attributes:
        data: the test, e.g. "ImageNet", "CIFAR-10", "MNIST".
        source: paper and table, or library and version.
        top1: percent of the test pictures whose class was named right.
        top5: percent of the test pictures whose class was among the first five.
        parameters: number of weights, as printed there.
        macs: multiply-accumulates for one picture, as printed there (papers call them FLOPs, or multiply-adds).
    """

    data: str
    source: str
    top1: float | None = None
    top5: float | None = None
    parameters: float | None = None
    macs: float | None = None


@dataclass(frozen=True)
class Option:
    """One parameter of a builder that a reader may change.

    Attributes:
        name: the builder's keyword.
        title: its name on the page, marked with `N_`.
        default: what the published network has.
        choices: all legal values; empty for a range.
        minimum, maximum: of a number.
        help: one sentence, marked with `N_`.
    """

    name: str
    title: str
    default: Value
    choices: tuple[Value, ...] = ()
    minimum: float = 0
    maximum: float = 0
    help: str = ""

    def check(self, value: Value) -> Value:
        """Return `value` as the type of the default.

        Raises:
            ParameterError: when it is not legal.
        """
        if self.choices:
            if type(value) is not type(self.default) or value not in self.choices:
                raise ParameterError(self.name, value, ", ".join(map(str, self.choices)))
            return value
        kinds = (int,) if type(self.default) is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.minimum <= value <= self.maximum:
            raise ParameterError(self.name, value, f"{self.minimum:g} … {self.maximum:g}")
        return type(self.default)(value)


IN_CHANNELS = Option("in_channels", N_("Input channels"), 3, minimum=1, maximum=64)
NUM_CLASSES = Option("num_classes", N_("Classes"), 1000, minimum=1, maximum=22_000)
COMMON = (IN_CHANNELS, NUM_CLASSES)  # every builder takes them; the record gives their defaults


@dataclass(frozen=True)
class Architecture:
    """One network of the zoo.

    Attributes:
        key: its name, torchvision's where that has it.
        title: its name as people write it.
        family: key of the family: networks of one family share a file.
        paper: where it comes from.
        input_shape: (channels, rows, columns) that it was published for; text: (words,).
        builder: "module:function" below `cnnviz.networks.zoo`; imported when it is built.
        arguments: what is passed to the builder.
        options: what may be changed beside `in_channels` and `num_classes`.
        num_classes: of the published network.
        published: results and sizes, with their sources; the first one is shown first.
        novelty: what was new in it, one or two sentences, marked with `N_`.
        blocks: classes of the blocks that it is made of, in the builder's module or in `parts`.
        lesson: what to look at in the diagram, one sentence, marked with `N_`; may be empty.
    """

    key: str
    title: str
    family: str
    paper: Paper
    input_shape: tuple[int, ...]
    builder: str
    num_classes: int
    novelty: str
    arguments: Mapping[str, Value] = field(default_factory=dict, hash=False)
    options: tuple[Option, ...] = ()
    published: tuple[Published, ...] = ()
    blocks: tuple[str, ...] = ()
    lesson: str = ""

    @property
    def in_channels(self) -> int:
        """Channels of its input."""
        return self.input_shape[0]

    def checked(self, options: Mapping[str, Value]) -> dict[str, Value]:
        """All keywords for the builder: the record's own, and legal `options` over their defaults.

        Raises:
            ParameterError: for a name that the network does not have, or a value outside its range.
        """
        known = {each.name: each for each in (*COMMON, *self.options)}
        for name in options:
            if name not in known:
                raise ParameterError("option", name, ", ".join(known))
        values = {each.name: each.default for each in self.options}
        values |= {"in_channels": self.in_channels, "num_classes": self.num_classes}
        values |= {name: known[name].check(value) for name, value in options.items()}
        return {**self.arguments, **values}

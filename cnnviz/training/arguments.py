"""What can be typed after `python -m cnnviz.training`, and what it means."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnnviz.errors import ParameterError
from cnnviz.networks import shipped, zoo
from cnnviz.training import data, worker
from cnnviz.training.recipe import AUGMENTATIONS, CUSTOM, NUMBERS, OPTIMISERS, SCHEDULES, TORCHVISION, Recipe

__all__ = ["COMMANDS", "parse", "recipe"]

COMMANDS = ("train", "resume", "list", "export", "work")

_DESCRIPTION = """\
Train a network of cnnviz.

  train    start a new run; what happens when no other command is named
  resume   continue a run that was stopped, from its last whole epoch
  list     show the runs and what they have reached
  export   write a run's weights and their card to models/, where the app finds them
  work     queue for a worker slot, then train what a page has asked for

A run is a folder below runs/, or below CNNVIZ_RUNS; the Training lab shows those, and can pause or stop them. Stop it
whenever you like (Ctrl+C, kill -9, a power cut): at most the epoch it was in is lost, and `resume` gives the same
numbers as if nothing had happened."""

_EXAMPLES = """\
examples:
  python -m cnnviz.training
      LeNet-5 on scikit-learn's digits: no network needed, 97% within a minute
  python -m cnnviz.training --model lenet5 --option padding=2 --data mnist --root ~/data
      MNIST has 28×28 pixels; the padding makes them the 32×32 of the paper
  python -m cnnviz.training --model resnet20 --data cifar10 --root ~/data --download \\
      --epochs 30 --batch-size 128 --learning-rate 0.2 --augmentation flip,crop --name short
  python -m cnnviz.training --data my-pictures.zip --model resnet20
      a zip or folder with a folder of JPEG, PNG or WebP pictures for each class
  python -m cnnviz.training resume short
  python -m cnnviz.training export short --as resnet20-cifar10
  torchrun --nproc-per-node 2 -m cnnviz.training --data cifar10 --model resnet20
      two processes, or two GPUs, that share every batch

help for one command: python -m cnnviz.training resume --help"""

_HELP = {
    "epochs": "times that every training picture is seen",
    "batch_size": "pictures in one step",
    "learning_rate": "its highest value; the schedule takes it from there",
    "momentum": "share of the last step that is repeated (Adam: β₁)",
    "weight_decay": "pulls every weight towards 0 by this share of it",
    "label_smoothing": "share of the target that is spread over all classes",
    "seed": "of all random numbers: the same seed, the same run",
    "threads": "of PyTorch; leave a core free when others use the machine",
}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line (without the program's name); `train` when no command is named.

    Raises:
        SystemExit: after --help, and for what cannot be parsed, as argparse does.
    """
    named = words[0] if words and words[0] in COMMANDS else ""
    parser = _PARSERS[named or "train"]()
    found = parser.parse_args(words[1:] if named else words)
    found.command = named or "train"
    return found


def _parser(command: str, description: str, **more: Any) -> argparse.ArgumentParser:
    prog = f"python -m cnnviz.training{command}"
    parser = argparse.ArgumentParser(
        prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter, **more
    )
    return worker.with_runs(parser)


def _with_data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "--root",
        type=Path,
        default=data.ROOT,
        metavar="FOLDER",
        help=f"holds the files of {', '.join(data.names()[1:])} as torchvision has them, or zips of class folders "
        f"named cifar10.zip or cifar10-*.zip (default: {data.ROOT})",
    )
    parser.add_argument("--download", action="store_true", help="fetch the data set to --root when it is not there")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto: the GPU if there is one"
    )
    return parser


def _train() -> argparse.ArgumentParser:
    parser = _with_data(_parser(" [train]", _DESCRIPTION, epilog=_EXAMPLES))
    parser.add_argument("--name", default="", help="of the run's folder (default: MODEL-DATA-NUMBER)")
    default = Recipe()
    what = parser.add_argument_group("what is trained")
    models = [name for name in zoo.names() if len(zoo.get(name).input_shape) == 3]  # those for pictures
    what.add_argument("--model", default=default.model, help=f"one of: {', '.join(models)} (default: lenet5)")
    what.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the model, width=0.5 for instance; repeat",
    )
    what.add_argument("--data", default=default.data, help=f"{', '.join(data.names())}, or a path (default: digits)")
    what.add_argument(
        "--layers",
        default="",
        help=f"of --model {CUSTOM}, as Architectures writes them: 3x32x32:conv16k3p1-…",
    )
    what.add_argument(
        "--start", default="", metavar="NAME", help=f"weights to begin with: a name in models/, or {TORCHVISION}"
    )
    what.add_argument(
        "--freeze",
        default="",
        metavar="MODULE",
        help="keep the layers up to this one, conv3_x for instance",
    )
    how = parser.add_argument_group("how")
    for number in NUMBERS:
        flag, kind = f"--{number.name.replace('_', '-')}", int if number.integer else float
        text = f"{_HELP[number.name]}; {number.minimum:g} to {number.maximum:,g} (default: {number.default:g})"
        how.add_argument(flag, type=kind, default=number.default, metavar="N" if number.integer else "X", help=text)
    how.add_argument("--optimiser", choices=OPTIMISERS, default=default.optimiser, help="(default: sgd)")
    how.add_argument("--schedule", choices=SCHEDULES, default=default.schedule, help="(default: one-cycle)")
    how.add_argument(
        "--augmentation", default="", metavar="NAMES", help=f"changes to pictures, any of {','.join(AUGMENTATIONS)}"
    )
    how.add_argument("--mixed-precision", action="store_true", help="multiply in bfloat16: faster on GPUs made for it")
    how.add_argument(
        "--channels-last", action="store_true", help="keep a pixel's channels together: faster on some CPUs"
    )
    return parser


def _resume() -> argparse.ArgumentParser:
    parser = _with_data(_parser(" resume", "Continue a run from its last whole epoch."))
    parser.add_argument("name", help="of the run, as `list` shows it")
    return parser


def _list() -> argparse.ArgumentParser:
    return _parser(" list", "Show the runs, how far they are and what they have reached.")


def _export() -> argparse.ArgumentParser:
    parser = _with_data(_parser(" export", "Write NAME.safetensors and NAME.json (the card) from a run."))
    parser.add_argument("name", help="of the run, as `list` shows it")
    parser.add_argument(
        "--as", dest="exported", default="", metavar="NAME", help="of the network (default: MODEL-DATA)"
    )
    parser.add_argument("--to", type=Path, default=shipped.MODELS, metavar="FOLDER", help="(default: models)")
    return parser


_PARSERS = {"train": _train, "resume": _resume, "list": _list, "export": _export, "work": worker.parser}


def recipe(found: argparse.Namespace) -> Recipe:
    """The recipe that a command line of `train` asks for.

    Raises:
        ParameterError, UnknownNetworkError: for what is not legal.
    """
    names = [number.name for number in NUMBERS]
    names += ["model", "layers", "start", "freeze", "data", "optimiser", "schedule", "mixed_precision", "channels_last"]
    values = {name: getattr(found, name) for name in names}
    values["augmentation"] = [name for name in found.augmentation.split(",") if name]
    return Recipe.from_values(values | {"options": _options(found.model, found.option)})


def _options(model: str, given: Sequence[str]) -> dict[str, zoo.Value]:
    """NAME=VALUE with the type that the option's default has."""
    known = {} if model == CUSTOM else {option.name: option for option in zoo.get(model).options}
    options: dict[str, zoo.Value] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in known:
            raise ParameterError("option", name, ", ".join(known) or "–")
        options[name] = _typed(name, value, known[name].default)
    return options


def _typed(name: str, value: str, like: zoo.Value) -> zoo.Value:
    if isinstance(like, bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    try:
        return type(like)(value)
    except ValueError as error:
        raise ParameterError(name, value, "a number") from error

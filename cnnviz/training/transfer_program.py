"""Transfer learning as a program: weights loaded, layers frozen, the head replaced, a folder of class folders learned.

It runs as pasted, without this package. A network of `models/` is written out as PyTorch's layers; one whose weights
torchvision published is torchvision's own, with torchvision's names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from torch import nn

from cnnviz.errors import WeightsError
from cnnviz.networks import published_weights, shipped, torchvision_models, torchvision_networks, zoo
from cnnviz.networks.weights import torchvision_names
from cnnviz.networks.written import write
from cnnviz.text import N_
from cnnviz.training import freezing
from cnnviz.training.recipe import TORCHVISION, Recipe
from cnnviz.training.transfer import Network

__all__ = ["transfer_program"]

_NOT_HERE = N_("The weights that torchvision has for “{model}” are not on this machine any more: choose another.")
_HEADS = N_("“{name}” has several heads for training, and a program here would need all of them.")


@dataclass(frozen=True)
class _Beginning:
    """How a program gets its network.

    Attributes:
        packages: to be installed.
        imports: lines that are needed.
        code: definitions, and `model`.
        shape: (channels, rows, columns) of the pictures.
        mean, std: that they are normalised with.
        head: name of the layer that is replaced.
        frozen: names of the modules that keep their weights.
    """

    packages: tuple[str, ...]
    imports: tuple[str, ...]
    code: str
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    head: str
    frozen: tuple[str, ...]


def transfer_program(network: Network, recipe: Recipe) -> str:
    """Write a program that learns as the recipe does: optimiser, learning rate and its schedule, epochs, batches.

    Its head and its order of pictures are drawn otherwise than those of a run, so that accuracies differ a little.

    Args:
        network: to begin with.
        recipe: one of `transfer.recipes`, whose `freeze` names the last frozen layer.

    Returns:
        A program whose folder `pictures` has `train/CLASS/…` and `test/CLASS/…`. Its variables: `model`, `classes`,
        `accuracy`.

    Raises:
        DataError: when the network cannot be written as source.
        WeightsError: when its weights or its card are not there, or it has several heads.
        ParameterError: when there is no such layer to freeze.
    """
    begun = _published(network, recipe) if recipe.start == TORCHVISION else _shipped(network, recipe)
    imports = "\n".join(sorted({*begun.imports, "import torch", "from torch import nn"}, key=_place_of_import))
    return _PROGRAM.format(
        packages=" ".join(sorted({"torch", "pillow", *begun.packages})),
        imports=imports, code=begun.code, shape=begun.shape, mean=begun.mean, std=begun.std, head=begun.head,
        frozen=_lines(begun.frozen), mode="L" if begun.shape[0] == 1 else "RGB", epochs=recipe.epochs,
        batch=recipe.batch_size, rate=recipe.learning_rate, momentum=recipe.momentum, decay=recipe.weight_decay,
        seed=recipe.seed,
    )  # fmt: skip


def _place_of_import(line: str) -> tuple[bool, str]:
    words = line.split()
    return words[0] == "from", words[1]


def _lines(names: Collection[str]) -> str:
    return "".join(f'\n    "{name}",' for name in names)


# ---- where the network comes from


def _shipped(network: Network, recipe: Recipe) -> _Beginning:
    card = shipped.read_card(recipe.start)
    built = zoo.blueprint(
        network.model, **network.options, in_channels=network.shape[0], num_classes=len(card["classes"])
    )
    frozen = _topmost(built, freezing.freeze(built, recipe, network.shape))
    written = write(built)
    made = f'model = {written.expression}\nmodel.load_state_dict(load_file("{recipe.start}.safetensors"))'
    imports = (*written.imports, "from safetensors.torch import load_file")
    mean, std = (tuple(card["input"][each]) for each in ("mean", "std"))
    code = "\n\n\n".join((*written.definitions, made))
    return _Beginning(("safetensors",), imports, code, network.shape, mean, std, _head(recipe), frozen)


def _published(network: Network, recipe: Recipe) -> _Beginning:
    """Torchvision's network; what is frozen and what is replaced is found through the names of the weights."""
    ours = zoo.blueprint(network.model, **network.options)
    freezing.freeze(ours, recipe, zoo.get(network.model).input_shape)
    learned = {name: each.requires_grad for name, each in ours.named_parameters()}
    record = next((each for each in torchvision_models.of(network.model) if each.is_here), None)
    if record is None:
        raise WeightsError(_NOT_HERE, model=network.model)
    views = published_weights.facts(record).transforms()
    theirs = torchvision_networks.blueprint(network.model)
    names = torchvision_names(network.model)
    for parameter, tensor in theirs.named_parameters():
        tensor.requires_grad_(learned.get(names(parameter), True))
    kept = [each for each in theirs.modules() if _is_frozen(each)]
    code = f'model = torchvision.models.{network.model}(weights="{record.weights}")  # downloaded once'
    if hasattr(theirs, "AuxLogits"):
        code += "\nmodel.AuxLogits, model.aux_logits = None, False  # one answer, without the head for training"
    of_ours = {names(name).rpartition(".")[0]: name.rpartition(".")[0] for name, _ in theirs.named_parameters()}
    shape = (3, record.side, record.side)
    return _Beginning(
        ("torchvision",), ("import torchvision",), code, shape, tuple(views.mean), tuple(views.std),
        of_ours[_head(recipe)], _topmost(theirs, kept),
    )  # fmt: skip


def _is_frozen(module: nn.Module) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and not any(each.requires_grad for each in parameters)


def _head(recipe: Recipe) -> str:
    heads = freezing.head(recipe.model, recipe.options)
    if len(heads) != 1:
        raise WeightsError(_HEADS, name=recipe.model)
    return heads[0]


def _topmost(network: nn.Module, frozen: Collection[nn.Module]) -> tuple[str, ...]:
    """Names of modules that hold all that is frozen and nothing that learns: as few as possible."""
    kept = {id(each) for each in frozen}

    def whole(module: nn.Module) -> bool:
        children = list(module.children())
        return id(module) in kept or (bool(children) and all(map(whole, children)))

    def walk(module: nn.Module, name: str) -> Iterator[str]:
        if whole(module):
            yield name
            return
        for key, child in module.named_children():
            yield from walk(child, f"{name}.{key}" if name else key)

    return tuple(walk(network, ""))


# ---- the program

_PROGRAM = """# pip install {packages}
# Pictures: pictures/train/CLASS/… to learn from, pictures/test/CLASS/… to be tested on.

{imports}
from pathlib import Path

from PIL import Image, ImageOps

# The network with the weights that it has learned
{code}

# Frozen: these layers keep their weights
FROZEN = [{frozen}
]
for name in FROZEN:
    model.get_submodule(name).requires_grad_(False)

# Pictures as the network knows them: its size, its channels, normalised
CHANNELS, ROWS, COLUMNS = {shape}
MEAN = torch.tensor({mean}).view(-1, 1, 1)
STD = torch.tensor({std}).view(-1, 1, 1)
classes = sorted(path.name for path in Path("pictures/train").iterdir() if path.is_dir())


def read(path):
    picture = ImageOps.exif_transpose(Image.open(path)).convert("{mode}")
    picture = ImageOps.fit(picture, (COLUMNS, ROWS), Image.Resampling.BILINEAR)
    levels = torch.tensor(list(picture.tobytes()), dtype=torch.float32)
    return (levels.view(ROWS, COLUMNS, CHANNELS).permute(2, 0, 1) / 255 - MEAN) / STD


def read_all(folder):
    found = [(path, label) for label, name in enumerate(classes) for path in sorted(Path(folder, name).iterdir())]
    return torch.stack([read(path) for path, _ in found]), torch.tensor([label for _, label in found])


x, y = read_all("pictures/train")
test_x, test_y = read_all("pictures/test")

# A new head for these classes
torch.manual_seed({seed})
head = model.get_submodule("{head}")
model.set_submodule("{head}", nn.Linear(head.in_features, len(classes)))

# Only what is not frozen learns
EPOCHS, BATCH = {epochs}, {batch}
learned = [weights for weights in model.parameters() if weights.requires_grad]
optimiser = torch.optim.SGD(learned, lr={rate}, momentum={momentum}, weight_decay={decay})
steps = EPOCHS * (len(x) // BATCH)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, {rate}, steps, cycle_momentum=False)
for epoch in range(EPOCHS):
    model.train()
    for name in FROZEN:
        model.get_submodule(name).eval()  # their batch normalisation and dropout rest
    for batch in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        answers = torch.cat([model(part).argmax(1) for part in test_x.split(100)])
    accuracy = (answers == test_y).float().mean().item()
    print(f"epoch {{epoch + 1}}: loss {{loss.item():.3f}}, right in the test {{accuracy:.1%}}")
"""

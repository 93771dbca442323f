"""Feature maps as a program: the network and its picture, and what its steps return."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnnviz.errors import ParameterError
from cnnviz.images import Image
from cnnviz.images.source import Noise, Source
from cnnviz.networks.facts import FIRST, Summary
from cnnviz.networks.network_source import NetworkSource
from cnnviz.snippets import pictures, step_recorder
from cnnviz.snippets.imports import with_imports
from cnnviz.snippets.parts import Part, joined
from cnnviz.text import N_

__all__ = ["Switched", "feature_maps_program"]

Switched = tuple[str, tuple[int, ...], int]
"""What is switched off: a step; its channels, all when empty; which of its summands instead, -1 for none."""

_FILTERS = {"bilinear": "BILINEAR", "bicubic": "BICUBIC"}
_MOST_CLASSES = 20  # that are written out

_FITTED = "seen = ImageOps.fit(file, ({columns}, {rows}), Image.Resampling.{filter})"

_RESIZED = """width, height = (int({resize} * side / min(file.size)) for side in file.size)
left, top = round((width - {columns}) / 2), round((height - {rows}) / 2)
seen = file.resize((width, height), Image.Resampling.{filter})
seen = seen.crop((left, top, left + {columns}, top + {rows}))"""

_INPUT = """# What the network gets: the middle of the picture at its size, normalised.
file = Image.fromarray(np.rint(255 * picture).astype(np.uint8)).convert("{mode}")
{cut}
levels = torch.from_numpy(np.asarray(seen, np.float32) / np.float32(255))
mean = torch.tensor({mean}).view(-1, 1, 1)
std = torch.tensor({std}).view(-1, 1, 1)
x = ((levels.view({rows}, {columns}, {channels}).permute(2, 0, 1) - mean) / std)[None]"""

_HOOKED = """# What these layers return, copied: later layers may write over it.
STEPS = [{steps}]
maps = {{}}


def keep(name):
    def hook(module, given, output):
        maps[name] = output.clone()

    return hook


for name in STEPS:
    model.get_submodule(name).register_forward_hook(keep(name))
with torch.no_grad():
    scores = model(x)[0]"""

_RECORDED = """steps = Steps(model, x)
with torch.no_grad(), steps:
    scores = model(x)[0]
maps = {maps}"""

_MOVED = """# These steps have their channels in axis {axis}; now they are (1, C, H, W), as the others.
for name in [{steps}]:
    maps[name] = maps[name].movedim({axis}, 1)"""

_PRINTED = """
for name, values in maps.items():
    print(f"{name}: {tuple(values.shape[1:])}, {values.min():.3f} ... {values.max():.3f}")
best = int(scores.argmax())
print(f"answer: {ANSWER}, {scores.softmax(0)[best]:.1%}")"""

_NO_STEP = N_("the name of a step that the network runs")


def feature_maps_program(
    network: NetworkSource,
    summary: Summary,
    source: Source,
    noise: Noise | None = None,
    *,
    steps: Sequence[str] = (),
    off: Collection[Switched] = (),
    classes: Sequence[str] = (),
    name: str = "",
    image: Image | None = None,
) -> str:
    """Write a program that captures what the page shows, by the same names.

    It runs as pasted, without this package, where the network's weights lie beside it or can be fetched. Its
    variables: `x` (1, C, H, W); `maps`, name -> (1, …), channels first, float32; `scores` (classes,).

    Args:
        network: how to build it.
        summary: of the network on its own input, with its steps.
        source: a sample, a pattern, or an upload, which the program reads from the current folder.
        noise: noise to put on the picture.
        steps: names of those to keep; empty for all.
        off: what is switched off.
        classes: names, written out where there are few.
        name: an upload's file name.
        image: the upload itself.

    Raises:
        ParameterError: for a step that the network does not run.
    """
    known = [layer.name for layer in summary.layers]
    for step in {*steps, *(step for step, _, _ in off)} - set(known):
        raise ParameterError("step", step[:80], _NO_STEP)
    model = Part(f"# The network\n{network.code}\nmodel.eval()", network.definitions)
    loaded = pictures.load(source, noise, False, name, image)
    printed = Part(_PRINTED.replace("ANSWER", _answer(classes)).lstrip("\n"))
    captured = [_captured(known, summary, steps, off), _moved(summary, steps)]
    parts = [model, loaded, Part(_input(network)), *captured, printed]
    lines = [*network.imports, "import torch"]
    program = joined([*parts[:3], _classes(classes), *parts[3:]], "\n\n")
    if _simple(known, summary, steps, off):
        return with_imports(program, lines, network.packages)
    return with_imports(program, [*lines, *step_recorder.IMPORTS], network.packages)


def _input(network: NetworkSource) -> str:
    channels, rows, columns = network.shape
    numbers = {"rows": rows, "columns": columns, "filter": _FILTERS[network.interpolation]}
    cut = (_RESIZED if network.resize else _FITTED).format(resize=network.resize, **numbers)
    mode = "L" if channels == 1 else "RGB"
    return _INPUT.format(
        mode=mode, cut=cut, mean=network.mean, std=network.std, rows=rows, columns=columns, channels=channels
    )


def _captured(known: Collection[str], summary: Summary, steps: Sequence[str], off: Collection[Switched]) -> Part:
    if _simple(known, summary, steps, off):
        return Part(_HOOKED.format(steps=_listed(steps)))
    maps = "steps.maps"
    if steps:
        maps = f"{{name: steps.maps[name] for name in [{_listed(steps)}]}}"
    written = _RECORDED.format(maps=maps)
    if off:
        written = f"{_switched_off(off)}\n{written}"
    moving = _moving(summary, [step for step, channels, _ in off if channels])
    if moving:
        written = f"AXES = {moving}  # of the channels, where they are not the second\n{written}"
    return Part(written, (step_recorder.recorder(changing=bool(off), moving=bool(moving)),))


def _moving(summary: Summary, steps: Collection[str]) -> dict[str, int]:
    """The axis of the channels of those steps where it is not the second."""
    return {
        layer.name: layer.channel_axis
        for layer in summary.layers
        if layer.name in steps and layer.channel_axis != FIRST
    }


def _moved(summary: Summary, steps: Sequence[str]) -> Part:
    """What puts the channels first, as the page has them."""
    moving = _moving(summary, steps or [layer.name for layer in summary.layers])
    loops = [
        _MOVED.format(steps=_listed([name for name in moving if moving[name] == axis]), axis=axis)
        for axis in sorted(set(moving.values()))
    ]
    return Part("\n".join(loops))


def _simple(known: Collection[str], summary: Summary, steps: Sequence[str], off: Collection[Switched]) -> bool:
    """Whether hooks suffice: all are modules, each used once, in a network as it is."""
    modules = {name for name, _ in summary.modules}
    return bool(steps) and not off and all(each in modules and f"{each}#2" not in known for each in steps)


def _listed(steps: Sequence[str]) -> str:
    return ", ".join(f'"{each}"' for each in steps)


def _switched_off(off: Collection[Switched]) -> str:
    """What the recorder sets to zero: outputs, some of their channels, or a summand."""
    lines = ["# Switched off: step, and its channels (all when none is named) or one of its summands"]
    lines += ["OFF = [", *(_written(*each) for each in sorted(off)), "]"]
    return "\n".join(lines)


def _written(step: str, channels: tuple[int, ...], summand: int) -> str:
    return f'    ("{step}", {list(channels)}, {summand if summand >= 0 else None}),'


def _classes(classes: Sequence[str]) -> Part:
    return Part(f"CLASSES = {list(classes)}" if 0 < len(classes) <= _MOST_CLASSES else "")


def _answer(classes: Sequence[str]) -> str:
    return "CLASSES[best]" if 0 < len(classes) <= _MOST_CLASSES else "best"

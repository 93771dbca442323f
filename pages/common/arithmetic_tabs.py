"""Below the player: the formula with its numbers, counting, weight sharing, receptive field, methods, programs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from cnnviz import snippets
from cnnviz.convolution import counting, formulas
from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling
from cnnviz.convolution.reference import fourier, im2col, loops
from cnnviz.networks import timing
from pages.common.charts import short_bytes
from pages.common.field_tab import field_tab
from pages.common.files import File, download_row, npy_bytes
from pages.common.language import _, current, ngettext, translate
from pages.common.player import Scene, play_bytes, scene_message
from pages.common.settings import Settings
from pages.common.tabs import lazy_tabs

__all__ = ["facts_line", "formula", "tabs"]

MOST_COLUMNS = 400  # of the im2col matrix
MOST_TERMS = 150  # its rows


def formula(layer: Layer, size: tuple[int, int]) -> None:
    """The size formula with the numbers filled in; once, when both axes have the same."""
    rows, columns = (formulas.size_formula(layer, size, axis) for axis in (0, 1))
    same = rows.filled.split("=", 1)[1] == columns.filled.split("=", 1)[1]
    lines = ["H' = W' =" + rows.filled.split("=", 1)[1]] if same else [rows.filled, columns.filled]
    with st.container(key="formula-wide"):
        for line in lines:
            st.latex(line)
    with st.container(key="formula-narrow"):
        for line in lines:
            st.latex(_in_steps(line))


def _in_steps(line: str) -> str:
    """A line for each step: on a phone the result would be out of sight."""
    letter, *steps = line.split(" = ")
    if letter == "H'" and steps[0] == "W'":
        letter, *steps = "H' = W'", *steps[1:]
    return rf"\begin{{aligned}}{letter} &= " + r" \\ &= ".join(steps) + r"\end{aligned}"


def facts_line(layer: Layer, size: tuple[int, int]) -> None:
    """Parameters, operations and bytes in one line."""
    inputs, weights, outputs = layer.memory(size)
    rows, columns = layer.output_size(size)
    facts = [
        _("output {channels} × {rows} × {columns}").format(channels=layer.out_channels, rows=rows, columns=columns),
        ngettext("{count:,} parameter", "{count:,} parameters", layer.parameters).format(count=layer.parameters),
    ]
    if not isinstance(layer, MaxPooling | AveragePooling):
        facts.append(_("{count:,} multiply-accumulates").format(count=layer.macs(size)))
    else:
        facts.append(_("{count:,} comparisons or additions").format(count=layer.operations(size)))
    facts.append(
        _("{inputs} in, {weights} weights, {outputs} out").format(
            inputs=short_bytes(inputs), weights=short_bytes(weights), outputs=short_bytes(outputs)
        )
    )
    st.caption(" · ".join(facts))


def tabs(settings: Settings, scene: Scene | None, layer: Layer, size: tuple[int, int]) -> None:
    """What is behind the player; only the tab that is open is computed."""
    drawn: dict[str, tuple[str, Callable[[], None]]] = {
        "why": (_("Why this size"), lambda: _why(layer, size)),
        "parameters": (_("Parameters"), lambda: _parameters(layer)),
        "sharing": (_("Weight sharing"), lambda: _sharing(layer, size)),
        "field": (_("Receptive field"), lambda: field_tab(settings, layer)),
        "matrix": (_("As a matrix (im2col)"), lambda: _matrix(scene)),
        "methods": (_("Methods and timings"), lambda: _methods(scene)),
        "program": (_("Copy as PyTorch"), lambda: _program(scene, layer, size)),
    }
    lazy_tabs(settings, drawn)


def _why(layer: Layer, size: tuple[int, int]) -> None:
    axes = layer.axes(size)
    rounded_up = getattr(layer, "ceil_mode", False)
    for axis in (0, 1) if _symbolic_differ(layer, size) else (0,):
        st.latex(formulas.size_formula(layer, size, axis).symbolic)
    st.markdown(_symbols(layer, any(each.before != each.after for each in axes)))
    for name, along in zip((_("Rows"), _("Columns")), axes, strict=True):
        if along.left_over:
            _left_over(name, along.left_over, rounded_up)
        if unreached := along.unreached():
            shown = ", ".join(str(each + 1) for each in unreached[:20]) + (" …" if len(unreached) > 20 else "")
            st.markdown(_("{axis} of the input that nothing reads: {numbers}.").format(axis=name, numbers=shown))
    if isinstance(layer, Convolution):
        _same(layer, size)


def _symbolic_differ(layer: Layer, size: tuple[int, int]) -> bool:
    rows, columns = (formulas.size_formula(layer, size, axis).symbolic for axis in (0, 1))
    return rows.replace("H", "W") != columns


def _left_over(axis: str, count: int, rounded_up: bool) -> None:
    text = ngettext(
        "{axis}: the last {count} of the padded input finds no window any more.",
        "{axis}: the last {count} of the padded input find no window any more.",
        count,
    ).format(axis=axis, count=count)
    st.markdown(text if rounded_up else text + " " + _("That is what the floor takes away."))


def _symbols(layer: Layer, uneven: bool) -> str:
    """What the letters of the formula mean."""
    padding = _("p₁ and p₂ the padding before and after") if uneven else _("p the padding on each side")
    letters = _(
        "H (rows) or W (columns) is the size of the input, k the kernel, s the stride, {padding}, d the dilation."
    )
    parts = [letters.format(padding=padding)]
    if layer.kind == "transposed":
        parts.append(_("Here padding is cropped from the output; p_out is the output padding."))
    elif getattr(layer, "ceil_mode", False):
        parts.append(
            _(
                "This layer rounds up: a last window may reach beyond the padding, but one that would begin after the "
                "input and the padding before it is left out. + 1 counts the first window."
            )
        )
    else:
        parts.append(_("Rounded down: a window that does not fit whole is left out. + 1 counts the first window."))
    return " ".join(parts)


def _same(layer: Convolution, size: tuple[int, int]) -> None:
    """What "same" would do here, in PyTorch and in TensorFlow."""
    st.markdown("**" + _("“Same” padding for this kernel, stride and input") + "**")
    rows = []
    for axis in (0, 1):
        both = formulas.same_comparison(layer.kernel_size[axis], layer.stride[axis], layer.dilation[axis], size[axis])
        name = (_("rows"), _("columns"))[axis]
        torch = both.torch
        rows.append(
            {
                _("Axis"): name,
                "PyTorch": f"{torch.before} + {torch.after}" if torch else _("refused: stride must be 1"),
                _("PyTorch output"): str(torch.output) if torch else "–",
                "TensorFlow": f"{both.tensorflow.before} + {both.tensorflow.after}",
                _("TensorFlow output"): str(both.tensorflow.output),
            }
        )
    st.table(pd.DataFrame(rows).set_index(_("Axis")))
    st.caption(
        _(
            "Padding is written before + after. PyTorch keeps the size and takes stride 1 only; TensorFlow promises "
            "the size divided by the stride, rounded up, pads as little as that needs, and puts the odd one after."
        )
    )


def _parameters(layer: Layer) -> None:
    for line in counting.count(layer).lines:
        st.markdown("- " + translate(line))
    examples = (
        (_("3×3, 1 → 32 channels"), Convolution(3, in_channels=1, out_channels=32)),
        (_("3×3, 3 → 64 channels"), Convolution(3, in_channels=3, out_channels=64)),
    )
    st.markdown("**" + _("To compare") + "**")
    for title, example in examples:
        st.markdown(f"- {title}: {example.parameters:,}")
    block = counting.block(64)
    st.markdown(
        "- "
        + _("ResNet basic block, 64 channels, with biases and two batch norms: {total:,}").format(total=block.total)
    )
    with st.expander(_("How the block is counted")):
        for line in block.lines:
            st.markdown("- " + translate(line))


def _sharing(layer: Layer, size: tuple[int, int]) -> None:
    st.markdown(
        _(
            "A 3×3 convolution uses its 9 weights and one bias at every place. A fully connected layer from the same "
            "input to an output of the same size has a weight of its own for every pair of cells. In the player, point "
            "at a weight: everything that it multiplies lights up."
        )
    )
    names = (_("Input"), _("Convolution 3×3"), _("Fully connected"), _("Ratio"))
    rows = [
        (
            f"{each.size} × {each.size}",
            f"{each.convolution:,}",
            f"{each.dense:,}",
            f"{each.dense / each.convolution:,.0f}",
        )
        for each in counting.sharing()
    ]
    st.table(pd.DataFrame(rows, columns=list(names)).set_index(names[0]))
    if not layer.weight_shape:
        return
    rows_out, columns_out = layer.output_size(size)
    text = _(
        "Your layer has **{own:,}** parameters; fully connected, from {inputs:,} to {outputs:,} cells, it would have "
        "**{dense:,}**."
    )
    st.markdown(
        text.format(
            own=layer.parameters,
            inputs=layer.in_channels * size[0] * size[1],
            outputs=layer.out_channels * rows_out * columns_out,
            dense=counting.fully_connected(layer, size),
        )
    )


def _matrix(scene: Scene | None) -> None:
    if scene is None or not isinstance(scene.layer, Convolution):
        st.info(_("The matrix view is for convolutions that fit the player."))
        return
    layer = scene.layer
    rows, columns = layer.output_size(scene.size)
    terms = layer.in_channels // layer.groups * layer.kernel_size[0] * layer.kernel_size[1]
    if rows * columns > MOST_COLUMNS or terms > MOST_TERMS:
        text = _(
            "The matrix has {rows} rows and {columns} columns: too many to draw. Choose a smaller input or kernel."
        )
        st.info(text.format(rows=terms, columns=rows * columns))
        return
    st.markdown(
        _(
            "Each window becomes a column (im2col), each filter a row; one matrix product then gives all outputs. "
            "Point at a number of the columns: the same input cell stands in many of them, which is the price in "
            "memory: {cells:,} input numbers became {copies:,}."
        ).format(cells=scene.cells.size, copies=terms * layer.groups * rows * columns)
    )
    asked = "values" if scene.predict == "values" else ""
    matrix = replace(scene, view="matrix", predict=asked, signature=scene.signature + " matrix")
    play_bytes("arithmetic/matrix", scene_message(matrix))


def _methods(scene: Scene | None) -> None:
    if scene is None:
        st.info(_("This layer is too large to be computed here."))
        return
    st.markdown(
        _("The same output by different roads: each step with its shape, and the code, which is meant to be read.")
    )
    reasons = timing.reasons(scene.layer, scene.size)
    for method, module in (("loops", loops), ("im2col", im2col), ("fourier", fourier)):
        with st.expander(_(timing.TITLES[method])):
            if reasons[method]:
                st.caption(_(reasons[method]))
            else:
                st.markdown("\n".join(_stages(scene.signature, current(), method, scene)))
            st.code(inspect.getsource(module), language="python", height=320)
    if st.button(_("Measure the times here"), key="arithmetic/measure", icon=":material/timer:"):
        with st.spinner(_("Each method runs several times …")):
            timings = timing.compare(scene.layer, scene.cells, scene.weights, scene.bias)
        st.session_state["arithmetic/timings"] = (scene.signature, timings)
    signature, timings = st.session_state.get("arithmetic/timings", ("", ()))
    if signature == scene.signature:
        _timing_table(timings)


@st.cache_data(max_entries=64, show_spinner=False)
def _stages(signature: str, language: str, method: str, _scene: Scene) -> list[str]:
    """A line for each step of a method, with the shape of its array."""
    run = {"loops": loops.run, "im2col": im2col.run, "fourier": fourier.run}[method]
    traced = run(_scene.layer, _scene.cells, _scene.weights, _scene.bias)
    return [
        f"- **{_(stage.title)}** `{' × '.join(map(str, stage.shape))}` · {_(stage.formula)}" for stage in traced.stages
    ]


def _timing_table(timings: Sequence[timing.Timing]) -> None:
    names = (_("Method"), _("Milliseconds"), _("Against the library"), _("Largest difference"))
    library = next((each.milliseconds for each in timings if each.method == "torch"), None)
    rows = []
    for each in timings:
        if each.milliseconds is None:
            rows.append((_(each.title), "–", _(each.reason), "–"))
            continue
        ratio = f"{each.milliseconds / library:,.1f} ×" if library else "–"
        rows.append((_(each.title), f"{each.milliseconds:.3g}", ratio, f"{each.largest_difference:.1g}"))
    st.table(pd.DataFrame(rows, columns=list(names)).set_index(names[0]))
    st.caption(_("Medians on this machine, all in 64 bits, with one thread; the library is PyTorch."))


def _program(scene: Scene | None, layer: Layer, size: tuple[int, int]) -> None:
    st.code(snippets.layer_line(layer, size), language="python")
    if scene is None:
        return
    st.markdown(_("The whole computation, with these numbers:"))
    program = snippets.layer_program(layer, scene.cells, scene.weights, scene.bias)
    st.code(program, language="python")
    stored = {"input": scene.cells}
    if scene.weights is not None and scene.weights.size > snippets.MOST_WEIGHTS:
        stored["weights"] = scene.weights
    if scene.bias is not None and scene.bias.size > snippets.MOST_LITERALS:
        stored["bias"] = scene.bias
    if "np.load" in program:
        st.caption(_("Not everything can be written out; save these beside the program:"))
    download_row([File(f"{name}.npy", f"{name}.npy", partial(npy_bytes, each)) for name, each in stored.items()])

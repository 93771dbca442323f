"""Choosing filters: the chain of steps, and for the chosen step its kind, numbers, cells, stride and dilation."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cnnviz.convolution import catalogue, kernels, notation
from cnnviz.convolution.chain import MAX_STEPS, Bilateral, Linear, Median, Step
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import ParameterError
from pages.common.kernel_editor import kernel_editor
from pages.common.language import _
from pages.common.pictures import parameter_control
from pages.common.settings import Setting, Settings, bound, number

__all__ = ["chain_controls", "chain_settings", "step_title"]

MOST_STRIDE = 8  # of the sliders; a link may carry more
MOST_DILATION = 8


def chain_settings() -> tuple[Setting, Setting]:
    """The settings "chain" (a tuple of steps) and "step" (which of them is being edited, from 0)."""
    default = (catalogue.make("sobel_x"),)
    return Setting("chain", default, notation.write, notation.read), number("step", 0, 0, MAX_STEPS - 1)


def step_title(step: Step) -> str:
    """A step's name in the visitor's language, with its repetitions."""
    repeat = getattr(step, "repeat", 1)
    return _(catalogue.entry(catalogue.key_of(step)).title) + (f" × {repeat}" if repeat > 1 else "")


def chain_controls(settings: Settings) -> None:
    """Draw the controls and store the chain in the settings."""
    chain: tuple[Step, ...] = settings["chain"]
    if not chain:
        chain = settings["chain"] = (catalogue.make("identity"),)
    index = min(settings["step"], len(chain) - 1)
    if len(chain) > 1:
        index = bound(
            f"{settings.page}/step",
            index,
            st.segmented_control,
            _("Filters, one after the other"),
            list(range(len(chain))),
            format_func=lambda i: f"{i + 1} {step_title(chain[i])}",
            required=True,
        )
    settings["step"] = index
    step = _step_controls(settings, index, chain[index])
    settings["chain"] = (*chain[:index], step, *chain[index + 1 :])
    _chain_buttons(settings, index, len(chain))


def _step_controls(settings: Settings, index: int, step: Step) -> Step:
    prefix = f"{settings.page}/step {index}"
    key = bound(
        f"{prefix}/kind",
        catalogue.key_of(step),
        st.selectbox,
        _("Filter"),
        catalogue.names(),
        format_func=_entry_name,
    )
    if key != catalogue.key_of(step):
        step = _changed(step, key)
    entry = catalogue.entry(key)
    st.caption(_(entry.responds_to) if entry.linear else _("Not a convolution.") + " " + _(entry.responds_to))
    step = _numbers(prefix, step, key)
    if isinstance(step, Linear):

        def use(kernel: Kernel) -> None:
            _store(settings, index, kernel)

        kernel_editor(f"{prefix}/kernel", step.kernel, use)
    return _extras(prefix, step)


def _entry_name(key: str) -> str:
    entry = catalogue.entry(key)
    return _(entry.title) if entry.linear else _("{title} · nonlinear").format(title=_(entry.title))


def _changed(step: Step, key: str) -> Step:
    """Another kind of filter: stride, dilation and repeat stay where both have them."""
    if key == kernels.CUSTOM:
        weights = step.kernel.weights if isinstance(step, Linear) else kernels.get("identity").weights
        fresh: Step = Linear(kernels.custom(weights))
    else:
        fresh = catalogue.make(key)
    if isinstance(step, Linear) and isinstance(fresh, Linear):
        return replace(step, kernel=fresh.kernel)
    return fresh


def _store(settings: Settings, index: int, kernel: Kernel) -> None:
    chain: tuple[Step, ...] = settings["chain"]
    step = chain[index] if index < len(chain) else None
    if isinstance(step, Linear):
        settings["chain"] = (*chain[:index], replace(step, kernel=kernel), *chain[index + 1 :])


def _numbers(prefix: str, step: Step, key: str) -> Step:
    values = catalogue.values_of(step)
    before = dict(values)
    for parameter in catalogue.entry(key).parameters:
        values[parameter.name] = parameter_control(f"{prefix}/{key}/{parameter.name}", parameter, values[parameter.name])
    if values == before:
        return step
    try:
        fresh = catalogue.make(key, values)
    except ParameterError as error:  # Canny's thresholds bind each other
        st.caption(_("{name} must be {legal}.").format(name=error.name, legal=error.legal))
        return step
    if isinstance(step, Linear) and isinstance(fresh, Linear):
        return replace(step, kernel=fresh.kernel)
    return replace(fresh, repeat=step.repeat) if isinstance(step, Median | Bilateral) else fresh  # type: ignore[call-arg]


def _extras(prefix: str, step: Step) -> Step:
    """Stride, dilation and repeat; drawn when their drawer is open, because every control costs time at every run."""
    if not isinstance(step, Linear | Median | Bilateral):
        return step
    label = _("Stride, dilation, repeat") if isinstance(step, Linear) else _("Repeat")
    drawer = st.expander(label + _summary(step), key=f"{prefix}/extras", on_change="rerun")
    if not drawer.open:
        return step
    with drawer:
        if isinstance(step, Linear):
            strides = _pair(f"{prefix}/stride", _("Stride"), step.strides, MOST_STRIDE)
            dilations = _pair(f"{prefix}/dilation", _("Dilation"), step.dilations, MOST_DILATION)
            step = replace(step, stride=strides, dilation=dilations)
        repeat = bound(f"{prefix}/repeat", step.repeat, st.slider, _("Repeat"), 1, 10)
        return replace(step, repeat=repeat)


def _summary(step: Linear | Median | Bilateral) -> str:
    """What differs from 1, for the closed drawer."""
    parts = []
    if isinstance(step, Linear):
        pairs = ((_("Stride"), step.strides), (_("Dilation"), step.dilations))
        parts = [f"{name} {rows} × {columns}" for name, (rows, columns) in pairs if (rows, columns) != (1, 1)]
    if step.repeat > 1:
        parts.append(f"× {step.repeat}")
    return f": {', '.join(parts)}" if parts else ""


def _pair(key: str, label: str, value: tuple[int, int], most: int) -> tuple[int, int]:
    left, right = st.columns(2)
    highest = max(most, *value)
    with left:
        rows = bound(f"{key}/rows", value[0], st.number_input, _("{name}, rows").format(name=label), 1, highest, step=1)
    with right:
        columns = bound(
            f"{key}/columns", value[1], st.number_input, _("{name}, columns").format(name=label), 1, highest, step=1
        )
    return int(rows), int(columns)


def _chain_buttons(settings: Settings, index: int, count: int) -> None:
    with st.container(horizontal=True, gap="small"):
        prefix = f"{settings.page}/chain"
        st.button(
            _("Add a filter"),
            icon=":material/add:",
            key=f"{prefix}/add",
            disabled=count >= MAX_STEPS,
            on_click=_add,
            args=(settings, index),
        )
        if count > 1:
            st.button("◀", key=f"{prefix}/left", help=_("Move this filter forward"), disabled=index == 0,
                      on_click=_move, args=(settings, index, -1))  # fmt: skip
            st.button("▶", key=f"{prefix}/right", help=_("Move this filter back"), disabled=index == count - 1,
                      on_click=_move, args=(settings, index, 1))  # fmt: skip
            st.button("", icon=":material/delete:", key=f"{prefix}/remove", help=_("Remove this filter"),
                      on_click=_remove, args=(settings, index))  # fmt: skip


def _add(settings: Settings, index: int) -> None:
    chain = settings["chain"]
    settings["chain"] = (*chain[: index + 1], catalogue.make("gaussian"), *chain[index + 1 :])
    settings["step"] = index + 1


def _move(settings: Settings, index: int, by: int) -> None:
    chain = list(settings["chain"])
    chain.insert(index + by, chain.pop(index))
    settings["chain"] = tuple(chain)
    settings["step"] = index + by


def _remove(settings: Settings, index: int) -> None:
    chain = settings["chain"]
    settings["chain"] = (*chain[:index], *chain[index + 1 :])
    settings["step"] = max(0, index - 1)

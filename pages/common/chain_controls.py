"""Choosing filters: the chain of steps, and for the chosen step its kind, numbers, cells, stride and dilation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from cnnviz.convolution import catalogue, kernels, notation
from cnnviz.convolution.chain import MAX_STEPS, Bilateral, Canny, Linear, Median, Step
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import ParameterError
from pages.common.kernel_editor import kernel_editor
from pages.common.language import _
from pages.common.pictures import parameter_control
from pages.common.settings import Setting, Settings, bound, number

__all__ = ["chain_controls", "chain_settings", "step_controls", "step_title"]

_Edit = Callable[[Callable[[Step], Step]], None]

MOST_STRIDE = 8  # of the sliders; a link may carry more
MOST_DILATION = 8


def chain_settings() -> tuple[Setting, Setting]:
    """The settings "chain" (a tuple of steps) and "step" (which of them is being edited, from 0)."""
    default = (catalogue.make("sobel_x"),)
    return Setting("chain", default, notation.write, _read), number("step", 0, 0, MAX_STEPS - 1)


def _read(text: str) -> tuple[Step, ...]:
    if not text:
        raise ParameterError("chain", text, "…")
    return notation.read(text)


def step_title(step: Step) -> str:
    """A step's name in the visitor's language, with its repetitions."""
    repeat = getattr(step, "repeat", 1)
    return _(catalogue.entry(catalogue.key_of(step)).title) + (f" × {repeat}" if repeat > 1 else "")


def chain_controls(settings: Settings) -> None:
    """Draw the controls; what they say goes into the settings."""
    chain: tuple[Step, ...] = settings["chain"]
    index = min(settings["step"], len(chain) - 1)
    if len(chain) > 1:
        bound(
            f"{settings.page}/step",
            index,
            lambda chosen: settings.__setitem__("step", chosen),
            st.segmented_control,
            _("Filters, one after the other"),
            list(range(len(chain))),
            format_func=lambda i: f"{i + 1} {step_title(chain[i])}",
            required=True,
        )
    step_controls(settings, index, chain[index])
    _chain_buttons(settings, index, len(chain))


def _edit(settings: Settings, index: int, change: Callable[[Step], Step]) -> None:
    """Change one step of the chain as it is now."""
    chain: tuple[Step, ...] = settings["chain"]
    if index < len(chain):
        settings["chain"] = (*chain[:index], change(chain[index]), *chain[index + 1 :])


def step_controls(settings: Settings, index: int, step: Step, *, only_kernel: bool = False) -> None:
    """Draw the controls of one step; with `only_kernel` linear ones are offered, without stride and the like."""

    def edit(change: Callable[[Step], Step]) -> None:
        _edit(settings, index, change)

    prefix = f"{settings.page}/step {index}"
    key = catalogue.key_of(step)
    bound(
        f"{prefix}/kind",
        key,
        lambda chosen: edit(lambda old: _changed(old, chosen)),
        st.selectbox,
        _("Filter"),
        [name for name in catalogue.names() if catalogue.entry(name).linear or not only_kernel],
        format_func=_entry_name,
    )
    entry = catalogue.entry(key)
    st.caption(_(entry.responds_to) if entry.linear else _("Not a convolution.") + " " + _(entry.responds_to))
    for parameter in entry.parameters:
        value = catalogue.values_of(step)[parameter.name]
        parameter_control(f"{prefix}/{key}/{parameter.name}", parameter, value, _setter(edit, parameter.name))
    if isinstance(step, Linear):
        kernel_editor(f"{prefix}/kernel", step.kernel, lambda kernel: edit(lambda old: _with_kernel(old, kernel)))
    if not only_kernel:
        _extras(prefix, step, edit)


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


def _with_kernel(step: Step, kernel: Kernel) -> Step:
    return replace(step, kernel=kernel) if isinstance(step, Linear) else step


def _setter(edit: _Edit, name: str) -> Callable[[float], None]:
    return lambda value: edit(lambda step: _with_number(step, name, value))


def _with_number(step: Step, name: str, value: float) -> Step:
    """Set one number of a step. Canny's thresholds push each other, so that high is never below low."""
    values = {**catalogue.values_of(step), name: value}
    if isinstance(step, Canny):
        pushed = {"low": "high", "high": "low"}.get(name)
        if pushed and values["high"] < values["low"]:
            values[pushed] = value
    fresh = catalogue.make(catalogue.key_of(step), values)
    if isinstance(step, Linear) and isinstance(fresh, Linear):
        return replace(step, kernel=fresh.kernel)
    if isinstance(step, Median | Bilateral) and isinstance(fresh, Median | Bilateral):
        return replace(fresh, repeat=step.repeat)
    return fresh


def _extras(prefix: str, step: Step, edit: _Edit) -> None:
    """Stride, dilation and repeat; drawn when their drawer is open, because every control costs time at every run."""
    if not isinstance(step, Linear | Median | Bilateral):
        return
    label = _("Stride, dilation, repeat") if isinstance(step, Linear) else _("Repeat")
    drawer = st.expander(label + _summary(step), key=f"{prefix}/extras", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        if isinstance(step, Linear):
            _pair(f"{prefix}/stride", _("Stride"), "stride", step.strides, MOST_STRIDE, edit)
            _pair(f"{prefix}/dilation", _("Dilation"), "dilation", step.dilations, MOST_DILATION, edit)
        bound(
            f"{prefix}/repeat",
            step.repeat,
            lambda value: edit(lambda old: replace(old, repeat=value)),  # type: ignore[call-arg]  # drawn for kinds that repeat
            st.slider,
            _("Repeat"),
            1,
            10,
        )


def _summary(step: Linear | Median | Bilateral) -> str:
    """What differs from 1, for the closed drawer."""
    parts = []
    if isinstance(step, Linear):
        pairs = ((_("Stride"), step.strides), (_("Dilation"), step.dilations))
        parts = [f"{name} {rows} × {columns}" for name, (rows, columns) in pairs if (rows, columns) != (1, 1)]
    if step.repeat > 1:
        parts.append(f"× {step.repeat}")
    return f": {', '.join(parts)}" if parts else ""


def _pair(key: str, label: str, field: str, value: tuple[int, int], most: int, edit: _Edit) -> None:
    """Two number fields, for rows and columns."""

    def setter(axis: int) -> Callable[[int], None]:
        def change(step: Step, number: int) -> Step:
            if not isinstance(step, Linear):
                return step
            old = step.strides if field == "stride" else step.dilations
            pair = (int(number), old[1]) if axis == 0 else (old[0], int(number))
            return replace(step, stride=pair) if field == "stride" else replace(step, dilation=pair)

        return lambda number: edit(lambda step: change(step, number))

    names = (_("{name}, rows"), _("{name}, columns"))
    for axis, column in enumerate(st.columns(2)):
        with column:
            bound(
                f"{key}/{axis}",
                value[axis],
                setter(axis),
                st.number_input,
                names[axis].format(name=label),
                1,
                max(most, *value),
                step=1,
            )


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
    if len(chain) >= MAX_STEPS:  # a second click before the button was gone
        return
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

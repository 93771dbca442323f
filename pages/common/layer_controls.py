"""The controls of a layer: sliders whose limits follow from each other, and a line to type anything."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.convolution import contents, layer_limits, presets
from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import CnnvizError
from pages.common.arithmetic_settings import LAST_SEED, PHOTO, SETTINGS, is_rectangular, preset_values
from pages.common.language import _
from pages.common.layer_typing import typed_controls
from pages.common.settings import Settings, bound

__all__ = ["layer_controls", "preset_control"]

_KINDS: dict[str, Callable[..., Layer]] = {
    "convolution": Convolution,
    "transposed": TransposedConvolution,
    "max": MaxPooling,
    "average": AveragePooling,
}
# As far as the sliders go; what is larger can be typed.
_SIZES = range(1, 65)
_KERNELS = range(1, 12)
_STRIDES = range(1, 9)
_PADDINGS = range(12)
_DILATIONS = range(1, 7)
_CHANNELS = range(1, 9)
_NUMBERED = "numbered"


def preset_control(settings: Settings, *, told: bool) -> None:
    """Draw the list of presets; a choice sets the whole page. With `told` it says what to see in the chosen one."""
    titles = {key: _(presets.get(key).title) for key in presets.names()}
    defaults = {setting.name: setting.default for setting in SETTINGS}
    now = {name: settings[name] for name in ("layer", "size", "cells", "weights")}
    matching = (key for key in titles if now.items() <= {**defaults, **preset_values(presets.get(key))}.items())

    chosen = next(matching, None)

    def choose(key: str | None) -> None:
        if key is not None:
            settings.replace(preset_values(presets.get(key)))

    key = "arithmetic/preset"
    label = _("Presets")
    bound(
        key,
        chosen,
        choose,
        st.selectbox,
        label,
        list(titles),
        format_func=titles.__getitem__,
        placeholder=_("Choose a figure or a network"),
        index=None,
    )
    if chosen is not None and told:
        preset = presets.get(chosen)
        st.caption(_(preset.look) + " " + _("Source: {source}").format(source=preset.source))


def layer_controls(settings: Settings) -> None:
    """Draw all controls of the layer and of the numbers in the grids."""
    layer, size = settings["layer"], settings["size"]
    _kind_control(settings, layer)
    apart = settings["apart"] or size[0] != size[1] or is_rectangular(layer)
    axes: tuple[int | None, ...] = (0, 1) if apart else (None,)
    _side_by_side([partial(_size_slider, settings, axis) for axis in axes])
    for name, label, candidates in _offered(layer):
        _side_by_side([partial(_axis_slider, settings, name, label, candidates, axis) for axis in axes])
    bound("arithmetic/apart", apart, partial(_set_apart, settings), st.toggle, _("Rows and columns apart"))
    _padding_controls(settings, layer, size)
    _channel_controls(settings, layer, size)
    typed_controls(settings)
    _content_controls(settings, layer)


def _set_apart(settings: Settings, apart: bool) -> None:
    """Together again, the columns follow the rows; what cannot be made square stays as it is."""
    if not apart:
        layer, rows = settings["layer"], settings["size"][0]
        for name, *__ in _offered(layer):
            value = getattr(layer, name)[0]
            with contextlib.suppress(CnnvizError):
                layer = layer_limits.with_value(layer, name, None, value[0] if isinstance(value, tuple) else value)
        if layer_limits.fits(layer, (rows, rows)):
            settings["layer"], settings["size"] = layer, (rows, rows)
    settings["apart"] = apart


def _side_by_side(drawn: Sequence[Callable[[], None]]) -> None:
    """Draw two controls in one line; one alone in the whole width."""
    if len(drawn) == 1:
        drawn[0]()
        return
    for column, draw in zip(st.columns(len(drawn), gap="medium", vertical_alignment="bottom"), drawn, strict=True):
        with column:
            draw()


def _set_layer(settings: Settings, layer: Layer) -> None:
    """Take a layer over; quick answers can ask for one that the answers before have made impossible."""
    try:
        layer.output_size(settings["size"])
    except CnnvizError:
        return
    settings["layer"] = layer
    settings["step"] = 1


def _kind_control(settings: Settings, layer: Layer) -> None:
    names = {
        "convolution": _("Convolution"),
        "transposed": _("Transposed"),
        "max": _("Max pooling"),
        "average": _("Average pooling"),
    }

    def change(kind: str) -> None:
        _set_layer(settings, _converted(settings["layer"], kind, settings["size"]))
        settings["view"] = "spread" if kind == "transposed" else "windows"

    label = _("Operation")
    bound("arithmetic/kind", layer.kind, change, st.selectbox, label, list(_KINDS), format_func=names.__getitem__)


def _converted(layer: Layer, kind: str, size: tuple[int, int]) -> Layer:
    """A layer of another kind with as many of the old settings as it can have."""
    channels = {"in_channels": layer.in_channels, "out_channels": layer.out_channels}
    own: dict[str, Any] = {"channels": layer.in_channels} if kind in ("max", "average") else channels
    wanted: list[dict[str, Any]] = [
        {"stride": layer.stride, "padding": layer.padding, **own},
        {"stride": layer.stride, **own},
        own,
    ]
    for settings in wanted:
        try:
            fresh = _KINDS[kind](layer.kernel_size, **settings)
            fresh.output_size(size)
        except CnnvizError:
            continue
        return fresh
    return _KINDS[kind](1, **own)


def _slider(key: str, label: str, legal: Sequence[int], value: int, store: Callable[[int], None]) -> None:
    """A slider over the legal values; without a choice it is there, but grey."""
    options = sorted({*legal, value})
    if len(options) == 1:
        only = options[0]
        st.select_slider(label, [only, only + 1], value=only, disabled=True, key=f"{key}/only {only}")
        return
    bound(key, value, store, st.select_slider, label, options)


def _size_slider(settings: Settings, axis: int | None) -> None:
    layer, size = settings["layer"], settings["size"]
    label = {None: _("Input rows and columns"), 0: _("Input rows"), 1: _("Input columns")}[axis]
    legal = layer_limits.legal_sizes(layer, axis, _SIZES)

    def store(value: int) -> None:
        rows, columns = settings["size"]
        fresh = {None: (value, value), 0: (value, columns), 1: (rows, value)}[axis]
        if layer_limits.fits(settings["layer"], fresh):
            settings["size"] = fresh
            settings["step"] = 1

    _slider(f"arithmetic/size {axis}", label, legal, size[axis or 0], store)


def _offered(layer: Layer) -> list[tuple[str, str, Sequence[int]]]:
    """What the layer has along each axis: name, label, and what a slider may offer."""
    offered: list[tuple[str, str, Sequence[int]]] = [
        ("kernel_size", _("Kernel size"), _KERNELS),
        ("stride", _("Stride"), _STRIDES),
    ]
    if not isinstance(layer.padding, str):
        offered.append(("padding", _("Padding"), _PADDINGS))
    if not isinstance(layer, AveragePooling):
        offered.append(("dilation", _("Dilation"), _DILATIONS))
    if isinstance(layer, TransposedConvolution):
        offered.append(("output_padding", _("Output padding"), range(max(*layer.stride, *layer.dilation))))
    return offered


def _axis_slider(settings: Settings, name: str, label: str, candidates: Sequence[int], axis: int | None) -> None:
    layer = settings["layer"]
    value = getattr(layer, name)[axis or 0]
    if isinstance(value, tuple):  # padding before and after
        label += f" ({value[0]} + {value[1]})" if value[0] != value[1] else ""
        value = value[0]
    legal = layer_limits.legal(layer, settings["size"], name, axis, candidates)
    suffix = {None: "", 0: " · " + _("rows"), 1: " · " + _("columns")}[axis]
    _slider(f"arithmetic/{name} {axis}", label + suffix, legal, value, _storing(settings, name, axis))


def _storing(settings: Settings, name: str, axis: int | None) -> Callable[[int], None]:
    def store(value: int) -> None:
        with contextlib.suppress(CnnvizError):  # made impossible by a quick answer before it
            _set_layer(settings, layer_limits.with_value(settings["layer"], name, axis, value))

    return store


def _padding_controls(settings: Settings, layer: Layer, size: tuple[int, int]) -> None:
    """Padding by a rule, and what it holds."""
    if isinstance(layer, TransposedConvolution):
        return
    rules = {
        _NUMBERED: _("a number (slider)"),
        "same": _("same, as PyTorch"),
        "same_tensorflow": _("same, as TensorFlow"),
        "full": _("full"),
        "valid": _("valid (none)"),
    }
    if not isinstance(layer, Convolution):
        rules = {key: rules[key] for key in (_NUMBERED, "same_tensorflow", "valid")}
    usable = [rule for rule in rules if rule == _NUMBERED or layer_limits.fits(layer, size, padding=rule)]
    value = layer.padding if isinstance(layer.padding, str) else _NUMBERED

    def change(rule: str) -> None:
        now = settings["layer"]
        padding = 0 if rule == _NUMBERED else rule
        _set_layer(settings, layer_limits.replaced(now, padding=padding))

    label = _("Padding rule")
    bound("arithmetic/rule", value, change, st.selectbox, label, usable, format_func=rules.__getitem__)
    if isinstance(layer, Convolution) and any(sum(side) for side in layer.padding_for(size)):
        _mode_control(settings, layer, size)
    if isinstance(layer, (MaxPooling, AveragePooling)):
        _toggle(settings, "ceil_mode", _("Round up (ceil_mode)"))
    if isinstance(layer, AveragePooling):
        _toggle(settings, "count_include_pad", _("Count the padding in the average"))


def _mode_control(settings: Settings, layer: Convolution, size: tuple[int, int]) -> None:
    names = {
        "zeros": _("zeros"),
        "reflect": _("mirror (reflect)"),
        "replicate": _("edge repeated (replicate)"),
        "circular": _("wrapped around (circular)"),
    }
    usable = [mode for mode in PADDING_MODES if layer_limits.fits(layer, size, padding_mode=mode)]

    def change(mode: str) -> None:
        _set_layer(settings, layer_limits.replaced(settings["layer"], padding_mode=mode))

    label = _("The padding holds")
    bound(
        "arithmetic/padding mode",
        layer.padding_mode,
        change,
        st.selectbox,
        label,
        usable,
        format_func=names.__getitem__,
    )


def _toggle(settings: Settings, name: str, label: str) -> None:
    def change(value: bool) -> None:
        _set_layer(settings, layer_limits.replaced(settings["layer"], **{name: value}))

    bound(f"arithmetic/{name}", getattr(settings["layer"], name), change, st.toggle, label)


def _channel_controls(settings: Settings, layer: Layer, size: tuple[int, int]) -> None:
    if isinstance(layer, (Convolution, TransposedConvolution)):
        labels = {"in_channels": _("Channels in"), "out_channels": _("Filters (out)")}
        _side_by_side([partial(_channel_slider, settings, name, label) for name, label in labels.items()])
        candidates = range(1, min(layer.in_channels, layer.out_channels) + 1)
        legal = layer_limits.legal(layer, size, "groups", None, candidates)
        _slider("arithmetic/groups", _("Groups"), legal, layer.groups, _storing(settings, "groups", None))
        _toggle(settings, "bias", _("Bias"))
        return

    def store(value: int) -> None:
        _set_layer(settings, layer_limits.replaced(settings["layer"], channels=value))

    _slider("arithmetic/channels", _("Channels"), _CHANNELS, layer.in_channels, store)


def _channel_slider(settings: Settings, name: str, label: str) -> None:
    layer = settings["layer"]
    legal = layer_limits.legal(layer, settings["size"], name, None, _CHANNELS)
    _slider(f"arithmetic/{name}", label, legal, getattr(layer, name), _storing(settings, name, None))


def _content_controls(settings: Settings, layer: Layer) -> None:
    cells = {**{key: _(title) for key, title in contents.CELLS.items()}, PHOTO: _("A photo (grey levels 0 to 255)")}
    settings.control("cells", st.selectbox, _("Numbers of the input"), list(cells), format_func=cells.__getitem__)
    if layer.weight_shape:
        weights = {key: _(title) for key, title in contents.WEIGHTS.items()}
        settings.control("weights", st.selectbox, _("Weights"), list(weights), format_func=weights.__getitem__)
    if "integers" in (settings["cells"], settings["weights"]):

        def other() -> None:
            settings["seed"] = (settings["seed"] + 1) % (LAST_SEED + 1)

        st.button(_("Other numbers"), on_click=other, key="arithmetic/other", icon=":material/casino:")

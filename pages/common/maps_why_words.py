"""What a method of attribution says and does not say, in a sentence each."""

from __future__ import annotations

from cnnviz.networks.attribution import Attribution
from cnnviz.networks.attribution_cost import backward_passes, forward_passes, window
from cnnviz.networks.facts import Layer
from pages.common.language import _, escaped, ngettext
from pages.common.maps_looked import Looked
from pages.common.maps_why_choice import Asked, class_name

__all__ = ["caption", "cost", "limits", "not_a_field"]


def limits(asked: Asked, looked: Looked) -> str:
    """What the method does not say, with the numbers of this network."""
    layer = None if asked.step is None else looked.layer(asked.step)
    return _of_layer(layer) if layer is not None else _of_pixels(asked.method.key, looked)


def _of_layer(layer: Layer) -> str:
    rows, columns = layer.map_shape[1:]
    if layer.field is None:
        return _(
            "It is as coarse as the layer, {rows}×{columns} places, and says nothing about what speaks against the "
            "class."
        ).format(rows=rows, columns=columns)
    return _(
        "It is as coarse as the layer, {rows}×{columns} places, each of which sees {high}×{wide} pixels and not only "
        "those that it is drawn on; it says nothing about what speaks against the class."
    ).format(rows=rows, columns=columns, high=layer.field.rows.size, wide=layer.field.columns.size)


def _of_pixels(method: str, looked: Looked) -> str:
    rows, columns = (window(side)[0] for side in looked.done.input.shape[1:])
    return {
        "saliency": _("It does not say whether a pixel speaks for the class or against it."),
        "input_x_gradient": _("A pixel of the mean colour gets 0, however much it matters."),
        "integrated_gradients": _("Another start than the mean colour would give another map."),
        "guided_backprop": _(
            "It hardly changes when the weights of the last layers are made random (Adebayo et al., Sanity Checks for "
            "Saliency Maps, NeurIPS 2018, arXiv 1810.03292): it shows edges rather than reasons."
        ),
        "occlusion": _(
            "It is no finer than its square, here {rows}×{columns} pixels, and a picture with a square on it is one "
            "that the network was never trained on."
        ).format(rows=rows, columns=columns),
    }[method]


def not_a_field() -> str:
    """The difference from a receptive field."""
    return _(
        "A receptive field says which pixels can reach a unit, the same for every picture; this map says which of them "
        "weigh in this answer to this picture."
    )


def caption(asked: Asked, looked: Looked, found: list[Attribution]) -> str:
    """Model, method, classes with confidence, layer, time and passes."""
    classes = ", ".join(
        _("{name} ({share}%)").format(name=class_name(looked, each.target), share=f"{100 * each.confidence:.1f}")
        for each in found
    )
    words = [escaped(looked.about.title), _(asked.method.title), classes]
    if asked.step is not None:
        words.append(_("layer {step}").format(step=escaped(asked.step)))
    words += [f"{sum(each.milliseconds for each in found):.0f} ms", cost(asked, looked)]
    return " · ".join(words)


def cost(asked: Asked, looked: Looked) -> str:
    """Pictures that go through the network, and come back."""
    size = looked.done.input.shape[1], looked.done.input.shape[2]
    forward = forward_passes(asked.method.key, size) * len(asked.targets)
    backward = backward_passes(asked.method.key) * len(asked.targets)
    words = ngettext("{count} pass forward", "{count} passes forward", forward).format(count=forward)
    return _("{forward}, {count} backward").format(forward=words, count=backward) if backward else words

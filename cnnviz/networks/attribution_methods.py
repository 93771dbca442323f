"""The ways to say where a score comes from, and which of them fit a network and a layer.

A score is what the network returns for a class, before the softmax.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.errors import ParameterError
from cnnviz.networks.facts import Summary
from cnnviz.text import N_

__all__ = ["METHODS", "Method", "get", "guidable", "methods_for"]


@dataclass(frozen=True)
class Method:
    """A way to say where a score comes from.

    Attributes:
        key: its name in calls and addresses.
        title: marked with `N_`.
        shows: what its values mean, a sentence marked with `N_`.
        signed: values below 0 mean something; without, none is.
        needs_layer: it looks at one layer's maps; without, at the pixels.
        passes: what it costs, in forward passes of a ResNet-18 on the CPU, about.
        source: the paper.
    """

    key: str
    title: str
    shows: str
    signed: bool
    needs_layer: bool
    passes: float
    source: str


METHODS = (
    Method(
        "grad_cam",
        N_("Grad-CAM"),
        N_("Where the layer's maps speak for the class: maps weighted by the mean gradient of the score, summed."),
        signed=False,
        needs_layer=True,
        passes=2,
        source="Selvaraju et al., Grad-CAM, ICCV 2017, arXiv 1610.02391, equations 1 and 2",
    ),
    Method(
        "saliency",
        N_("Saliency"),
        N_("How much the score changes when a pixel changes a little: the size of the gradient, whatever its sign."),
        signed=False,
        needs_layer=False,
        passes=2.5,
        source="Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2014, arXiv 1312.6034, section 3",
    ),
    Method(
        "input_x_gradient",
        N_("Input × gradient"),
        N_("What each pixel adds to the score as if the network were linear: its value times the gradient there."),
        signed=True,
        needs_layer=False,
        passes=2.5,
        source="Shrikumar et al., Not Just a Black Box, 2016, arXiv 1605.01713, section 2",
    ),
    Method(
        "integrated_gradients",
        N_("Integrated gradients"),
        N_(
            "What each pixel adds to the score on the way from the mean colour to the picture: "
            "the values sum to the difference of the two scores, as nearly as 50 steps allow."
        ),
        signed=True,
        needs_layer=False,
        passes=95,
        source="Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017, arXiv 1703.01365",
    ),
    Method(
        "guided_backprop",
        N_("Guided backpropagation"),
        N_(
            "Which details of the picture excite the class: the gradient, of which every ReLU passes on the "
            "positive part only. Sharp, but it depends less on the class than it seems."
        ),
        signed=True,
        needs_layer=False,
        passes=2.5,
        source="Springenberg et al., Striving for Simplicity, 2015, arXiv 1412.6806, section 3.4",
    ),
    Method(
        "occlusion",
        N_("Occlusion"),
        N_("How far the score falls when a square of the mean colour covers the place, in the mean over all squares."),
        signed=True,
        needs_layer=False,
        passes=145,
        source="Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014, arXiv 1311.2901, "
        "section 4.2",
    ),
)


def get(key: str) -> Method:
    """The method of that name.

    Raises:
        ParameterError: when there is none.
    """
    for method in METHODS:
        if method.key == key:
            return method
    raise ParameterError("method", key[:60], ", ".join(each.key for each in METHODS))


def methods_for(summary: Summary, step: str | None = None) -> tuple[Method, ...]:
    """The methods that tell the truth about this network and step.

    Methods that need a layer want maps with more than one place, on a way to the scores. Guided backpropagation wants
    every activation to be a ReLU that is a module: it changes the gradient of no other.

    Args:
        summary: of the network, (1, C, H, W) to (1, classes).
        step: name of a layer; None offers methods for the pixels alone.
    """
    if summary.failure or summary.untraced or len(summary.input_shape) != 4 or len(summary.outputs) != 1:
        return ()
    if len(summary.layers[summary.outputs[0]].output_shape) != 2:
        return ()
    layer = step is not None and _has_places(summary, step)
    return tuple(
        each
        for each in METHODS
        if (layer or not each.needs_layer) and (each.key != "guided_backprop" or guidable(summary))
    )


def _has_places(summary: Summary, step: str) -> bool:
    reaching = set(summary.outputs)
    for layer in reversed(summary.layers):
        if layer.index in reaching:
            reaching.update(layer.sources)
        if layer.name == step:
            shape = layer.map_shape
            return layer.index in reaching and len(shape) == 3 and shape[1] * shape[2] > 1
    return False


def guidable(summary: Summary) -> bool:
    """Whether guided backpropagation can change all activations: they are modules of the class ReLU."""
    return {layer.kind for layer in summary.layers if layer.family == "activation"} == {"ReLU"}

"""What every reference implementation checks before it computes; all return float64 copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.reference.trace import Cells
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["checked_bias", "checked_cells", "checked_vector", "checked_weights", "checked_without_weights", "numbers"]


def numbers(name: str, value: ArrayLike) -> Cells:
    """Return `value` as a new float64 array.

    Raises:
        ParameterError: when it does not hold finite real numbers.
    """
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ParameterError(name, str(value)[:40], "float64") from None
    if array.dtype.kind not in "buif":
        raise ParameterError(name, f"{array.dtype}", "float64")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)][0]
        raise ParameterError(name, f"{bad}", "float64", N_("every number must be finite"))
    return np.array(array, dtype=np.float64)


def checked_cells(layer: Layer, cells: ArrayLike) -> Cells:
    """Return one input, (in_channels, H, W); whether the layer can be laid over (H, W), its axes say.

    Raises:
        ParameterError: when it has another shape or does not hold finite numbers.
    """
    array = numbers("cells", cells)
    if array.ndim != 3 or array.shape[0] != layer.in_channels:
        raise ParameterError("cells", f"{array.shape}", f"({layer.in_channels}, H, W)")
    return array


def checked_weights(layer: Layer, weights: ArrayLike | None) -> Cells:
    """Return the weights in torch's layout, `layer.weight_shape`.

    Raises:
        ParameterError: when they are missing, have another shape or are not finite numbers.
    """
    if weights is None:
        raise ParameterError("weights", None, f"{layer.weight_shape}")
    return _shaped("weights", weights, layer.weight_shape)


def checked_bias(layer: Layer, bias: ArrayLike | None) -> Cells:
    """Return the bias, (out_channels,); zeros when there is none.

    Raises:
        ParameterError: when it has another shape or does not hold finite numbers.
    """
    if bias is None:
        return np.zeros(layer.out_channels)
    return checked_vector("bias", bias, layer.out_channels)


def checked_vector(name: str, value: ArrayLike, length: int) -> Cells:
    """Return `value`, one number per channel, (length,).

    Raises:
        ParameterError: when it has another shape or does not hold finite numbers.
    """
    return _shaped(name, value, (length,))


def checked_without_weights(weights: ArrayLike | None, bias: ArrayLike | None) -> None:
    """Refuse weights and a bias for pooling.

    Raises:
        ParameterError: when there is one of them.
    """
    for name, value in (("weights", weights), ("bias", bias)):
        if value is not None:
            raise ParameterError(name, f"{np.shape(value)}", "None", N_("pooling has no weights"))


def _shaped(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Cells:
    array = numbers(name, value)
    if array.shape != shape:
        raise ParameterError(name, f"{array.shape}", f"{shape}")
    return array

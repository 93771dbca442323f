"""Parameters: what is legal, what is refused, what comes out."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter, resolve

SIGMA = Parameter("sigma", "Sigma", 1.0, 0.1, 10.0, 0.1, "pixels")
SIZE = Parameter("size", "Size", 3, 1, 31, 2, integer=True)
SHIFT = Parameter("shift", "Shift", 0, -2, 2, 1, integer=True)


@given(st.floats(0.1, 10.0))
def test_legal_numbers_come_back_unchanged(value: float) -> None:
    """Any number of the range, ends included, whatever the step of the control."""
    assert SIGMA.check(value) == value
    assert type(SIGMA.check(value)) is float


@given(st.floats() | st.integers())
def test_everything_else_is_refused(value: float) -> None:
    """NaN, infinity and numbers out of range; the error carries name, value and range."""
    if 0.1 <= value <= 10.0:
        return
    with pytest.raises(ParameterError) as caught:
        SIGMA.check(value)
    assert (caught.value.name, caught.value.legal) == ("sigma", "0.1 … 10")
    assert caught.value.value is value


@pytest.mark.parametrize("value", [True, "3", None, 3 + 0j, [3], math.nan, math.inf, -math.inf, 10**400])
@pytest.mark.parametrize("parameter", [SIGMA, SIZE])
def test_what_is_no_number_of_the_range_is_refused(parameter: Parameter, value: object) -> None:
    """Wrong types and numbers beyond all floats."""
    with pytest.raises(ParameterError):
        parameter.check(value)


@given(st.integers(-5, 40))
def test_integers_stand_on_the_steps(value: int) -> None:
    """Minimum 1 and step 2 means odd numbers only."""
    if 1 <= value <= 31 and value % 2 == 1:
        assert SIZE.check(value) == SIZE.check(float(value)) == SIZE.check(np.int64(value)) == value
        assert type(SIZE.check(np.float32(value))) is int
    else:
        with pytest.raises(ParameterError, match="must be 1, 3, … 31"):
            SIZE.check(value)


@pytest.mark.parametrize("value", [2.5, 1.0000001, np.float32(0.5), Fraction(1, 2)])
def test_an_integer_is_not_rounded(value: float) -> None:
    """A fraction is refused, never cut."""
    with pytest.raises(ParameterError):
        SHIFT.check(value)


def test_numbers_of_numpy_become_plain_ones() -> None:
    """Results go into JSON and addresses."""
    assert type(SIGMA.check(np.float32(0.5))) is float
    assert type(SIGMA.check(2)) is float
    assert type(SHIFT.check(np.int8(-2))) is int


def test_resolve_fills_in_and_keeps_the_order() -> None:
    """Defaults for what is missing, in the order of the parameters."""
    assert list(resolve((SIGMA, SIZE, SHIFT), {"shift": 1, "sigma": 2}).items()) == [
        ("sigma", 2.0),
        ("size", 3),
        ("shift", 1),
    ]
    assert resolve((), {}) == {}


def test_resolve_refuses_unknown_names_and_illegal_values() -> None:
    """A typing error must not silently mean the default."""
    with pytest.raises(ParameterError, match="sigm is 2, but must be left out") as caught:
        resolve((SIGMA, SIZE), {"sigm": 2})
    assert "sigma, size" in caught.value.legal
    with pytest.raises(ParameterError):
        resolve((SIGMA, SIZE), {"size": 4})
    with pytest.raises(ParameterError):
        resolve((), {"size": 3})

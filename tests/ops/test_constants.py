"""What constants and variables take as values."""

import numpy as np
import pytest

from pyconv import Variable
from pyconv.graph import Trace, as_tensor, placeholder

NOT_NUMBERS = [None, "1", 1j, [1.0, None], {}, np.array(["1"]), np.array([1j, 2j])]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_only_numbers_are_constants(value):
    with pytest.raises(TypeError, match="expected numbers that float32 can hold, received"):
        as_tensor(value)
    with pytest.raises(TypeError, match="expected numbers that float32 can hold, received"):
        _ = placeholder((None, 2)) + value


@pytest.mark.parametrize("value", [True, 2, np.int64(2), np.float64(2), [[2.0]], np.uint8([2])])
def test_numbers_are_constants(value):
    tensor = as_tensor(value)
    assert tensor.dtype == "float32"
    np.testing.assert_array_equal(tensor.value, np.asarray(value, "float32"))
    assert as_tensor(np.int32([2])).dtype == "int32"


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_only_numbers_are_assigned(value):
    variable = Variable([7.0, 8.0], name="v")
    with pytest.raises(TypeError, match="variable v: expected numbers that float32 can hold"):
        variable.assign(value)
    np.testing.assert_array_equal(variable.numpy(), [7, 8])
    assert variable.version == 0


def test_symbolic_values_are_assigned_within_a_step_only():
    variable = Variable([7.0], name="v")
    with pytest.raises(TypeError, match="variable v: expected numbers, received <Tensor"):
        variable.assign(placeholder((1,)))
    with Trace() as trace:
        variable.assign(placeholder((1,)))
    assert variable in trace.values

"""Indexing with one tensor or array of integers among slices."""

import numpy as np
import pytest

from pyconv import GradientTape, ops
from pyconv.plan import Function

X = np.random.default_rng(0).random((3, 4, 5)).astype("float32")


@pytest.mark.parametrize("index", [np.int32(2).reshape(()), np.array([0, 2, -1], "int32")])
def test_indices_known_when_a_plan_runs(index):
    function = Function(
        lambda x, i: [x[:, i], x[i, :, 1:3], x[..., i], x[:, None, i, ::2]], batched=False
    )
    want = [X[:, index], X[index, :, 1:3], X[..., index], X[:, None, index, ::2]]
    for got, expected in zip(function(X, index), want, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_number_that_an_op_found():
    x = ops.add(X, 0)
    np.testing.assert_array_equal(x[:, ops.argmax(x[0, :, 0])], X[:, np.argmax(X[0, :, 0])])


def test_gradients_flow_to_what_was_taken():
    x = ops.add(X, 0)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.square(x[:, np.array([0, 2, 2])]))
    expected = np.zeros_like(X)
    expected[:, 0], expected[:, 2] = 2 * X[:, 0], 4 * X[:, 2]
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-6)


def test_indices_that_do_not_exist_are_refused():
    x = ops.add(X, 0)
    with GradientTape() as tape, pytest.raises(IndexError, match="out of range for axis 1"):
        tape.watch(x)
        x[:, np.array(7)]

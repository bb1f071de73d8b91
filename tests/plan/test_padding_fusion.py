"""Zeros around the input of a convolution become its padding; what is cropped from it likewise."""

import numpy as np
import pytest

from pyconv import Variable, ops
from pyconv.graph import gradients
from pyconv.plan import Function

PAIRS = ((0, 0), (1, 2), (0, 1), (0, 0))
CASES = {
    "valid": {},
    "strided": {"strides": 2},
    "same": {"padding": "same"},
    "dilated": {"dilation_rate": 2, "padding": ((1, 0), (0, 3))},
    "depthwise": {"groups": 4, "strides": 2},
}


def step_of(kernel, options, pad):
    """y, and the gradients of its square's sum."""

    def step(x):
        h = pad(ops.relu(x))
        y = ops.conv(h, kernel, **options)
        return [y, *gradients(y, y, [x, kernel.leaf])]

    return Function(step)


def names(function, *arrays):
    return [name for name, _ in function.executable(arrays).plan.ops]


@pytest.mark.parametrize("name", CASES)
def test_zeros_around_an_input_are_padding(name):
    options, rng = CASES[name], np.random.default_rng(0)
    x = rng.normal(size=(3, 7, 6, 4)).astype(np.float32)
    kernel = Variable(rng.normal(size=(3, 3, 4 // options.get("groups", 1), 4)))
    step = step_of(kernel, options, lambda h: ops.pad(h, PAIRS))
    assert not {"fill", "copy"} & set(names(step, x))
    y, dx, dk = step(x)
    outer = np.pad(x, PAIRS)
    expected, dp, expected_dk = step_of(kernel, options, lambda h: h)(outer)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dx, dp[:, 1:-2, :-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(dk, expected_dk, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "pad",
    [
        lambda h: ops.pad(h, PAIRS, constant_values=2.0),
        lambda h: ops.pad(h, PAIRS, mode="edge"),
        lambda h: ops.pad(h[..., 1:], ((0, 0), (0, 0), (0, 0), (0, 1))),
    ],
)
def test_other_padding_stays(pad):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 5, 5, 3)).astype(np.float32)
    kernel = Variable(rng.normal(size=(3, 3, 3, 2)))
    y, _, _ = step_of(kernel, {}, pad)(x)
    np.testing.assert_allclose(
        y, ops.conv(np.asarray(pad(np.maximum(x, 0))), kernel.numpy()), rtol=1e-5, atol=1e-5
    )


def test_a_padded_input_that_is_wanted_too_is_still_made():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 5, 5, 3)).astype(np.float32)
    kernel = Variable(rng.normal(size=(3, 3, 3, 2)))

    def both(x):
        padded = ops.pad(x, PAIRS)
        return [padded, ops.conv(padded, kernel)]

    padded, y = Function(both)(x)
    np.testing.assert_array_equal(padded, np.pad(x, PAIRS))
    np.testing.assert_allclose(y, ops.conv(padded, kernel.numpy()), rtol=1e-5, atol=1e-5)


def test_zeros_around_nothing_stay():
    kernel = Variable(np.ones((3, 3, 3, 2)))
    padded = Function(lambda x: [ops.conv(ops.pad(x, PAIRS), kernel)])
    np.testing.assert_array_equal(
        padded(np.ones((2, 0, 5, 3), np.float32))[0], np.zeros((2, 1, 4, 2))
    )


def test_nothing_may_be_left_of_a_transpose():
    kernel = Variable(np.ones((3, 3, 2, 3)))
    cropped = Function(lambda x: [ops.conv_transpose(x, kernel)[:, 4:4]])
    assert cropped(np.ones((2, 5, 5, 3), np.float32))[0].shape == (2, 0, 7, 2)

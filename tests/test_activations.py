"""Activation functions by name against float64 NumPy."""

import math

import numpy as np
import pytest

from pyconv import activations

X = np.float32([-30, -3.5, -1, -0.3, 0, 0.2, 1, 2.9, 6.5, 40]).reshape(2, 5)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


EQUATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "tanh": np.tanh,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "exponential": np.exp,
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_values(name):
    function = activations.get(name)
    x = X if name != "exponential" else X / 10
    expected = EQUATIONS[name](np.float64(x))
    np.testing.assert_allclose(function(x), expected, rtol=2e-6, atol=1e-6)
    assert activations.get(activations.serialize(function)) is function


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get(np.abs) is np.abs
    assert activations.deserialize("mine", {"mine": np.abs}) is np.abs
    assert activations.serialize(np.abs) is np.abs
    with pytest.raises(ValueError, match="received 3 of type int"):
        activations.get(3)

"""The gradients of `Unary` and `Binary`, in differentiable ops."""

from __future__ import annotations

import math

from pyconv.graph import ZERO, Tensor, apply
from pyconv.ops.elementwise import (
    Binary,
    Unary,
    cos,
    erf,
    exp,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    negative,
    power,
    sign,
    sin,
    square,
)


def _scale(x: Tensor, factor: float) -> Tensor:
    return apply(Unary("mul_alpha", factor), x)


def _shift(x: Tensor, term: float) -> Tensor:
    return apply(Unary("add_alpha", term), x)


def _through(function: str):
    """The gradient is a binary op of the output and what flows in."""
    return lambda x, y, g, alpha: apply(Binary(f"{function}_gradient", alpha), y, g)


def _sigmoid(x: Tensor) -> Tensor:
    return apply(Unary("sigmoid"), x)


def _silu_gradient(x, y, g, alpha):
    s = _sigmoid(x)
    return g * (s + y * (1.0 - s))


def _gelu_gradient(x, y, g, alpha):
    """d/dx x P(x) = P(x) + x p(x), with the normal distribution P and its density p."""
    density = _scale(exp(_scale(square(x), -0.5)), 1 / math.sqrt(2 * math.pi))
    return g * (_scale(_shift(erf(_scale(x, math.sqrt(0.5))), 1.0), 0.5) + x * density)


def _gelu_tanh_gradient(x, y, g, alpha):
    """y = x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3) (Hendrycks & Gimpel 2016)."""
    c = math.sqrt(2 / math.pi)
    cube = _scale(square(x), 0.044715)
    t = apply(Unary("tanh"), _scale(x * _shift(cube, 1.0), c))
    slope = _scale(_shift(_scale(cube, 3.0), 1.0), c)
    return g * (_scale(_shift(t, 1.0), 0.5) + _scale(x * (1.0 - square(t)) * slope, 0.5))


def _selu_gradient(x, y, g, alpha):
    scale, bound = 1.0507009873554805, 1.6732632423543772
    return g * (_scale(greater(x, 0.0), scale) + less_equal(x, 0.0) * _shift(y, scale * bound))


#: (x, y, g, alpha) -> what flows to x, for y = function(x).
UNARY = {
    "relu": _through("relu"),
    "relu6": _through("relu6"),
    "leaky_relu": _through("leaky_relu"),
    "elu": _through("elu"),
    "selu": _selu_gradient,
    "sigmoid": _through("sigmoid"),
    "hard_sigmoid": lambda x, y, g, a: _scale(
        apply(Binary("relu6_gradient"), _scale(y, 6.0), g), 1 / 6
    ),
    "tanh": _through("tanh"),
    "softplus": lambda x, y, g, a: g * _sigmoid(x),
    "softsign": lambda x, y, g, a: g / square(_shift(abs(x), 1.0)),
    "silu": _silu_gradient,
    "gelu": _gelu_gradient,
    "gelu_tanh": _gelu_tanh_gradient,
    "exp": lambda x, y, g, a: g * y,
    "expm1": lambda x, y, g, a: g * _shift(y, 1.0),
    "log": lambda x, y, g, a: g / x,
    "log1p": lambda x, y, g, a: g / _shift(x, 1.0),
    "sqrt": lambda x, y, g, a: _scale(g / y, 0.5),
    "rsqrt": lambda x, y, g, a: _scale(g * y / x, -0.5),
    "square": lambda x, y, g, a: _scale(g * x, 2.0),
    "reciprocal": lambda x, y, g, a: negative(g * square(y)),
    "negative": lambda x, y, g, a: negative(g),
    "abs": lambda x, y, g, a: g * sign(x),
    "sign": lambda x, y, g, a: ZERO,
    "sin": lambda x, y, g, a: g * cos(x),
    "cos": lambda x, y, g, a: negative(g * sin(x)),
    "erf": lambda x, y, g, a: _scale(g * exp(negative(square(x))), 2 / math.sqrt(math.pi)),
    "add_alpha": lambda x, y, g, a: g,
    "mul_alpha": lambda x, y, g, a: _scale(g, a),
    "pow_alpha": lambda x, y, g, a: _scale(g * apply(Unary("pow_alpha", a - 1), x), a),
    "max_alpha": lambda x, y, g, a: g * greater_equal(x, a),
    "min_alpha": lambda x, y, g, a: g * less_equal(x, a),
}

#: (a, b, y, g, alpha) -> what flows to a and b, for y = function(a, b).
BINARY = {
    "add": lambda a, b, y, g, c: (g, g),
    "subtract": lambda a, b, y, g, c: (g, negative(g)),
    "multiply": lambda a, b, y, g, c: (g * b, g * a),
    "divide": lambda a, b, y, g, c: (g / b, negative(g * y / b)),
    "maximum": lambda a, b, y, g, c: (g * greater_equal(a, b), g * less(a, b)),
    "minimum": lambda a, b, y, g, c: (g * less_equal(a, b), g * greater(a, b)),
    "power": lambda a, b, y, g, c: (g * b * power(a, b - 1.0), g * y * log(a)),
    "squared_difference": lambda a, b, y, g, c: (
        _scale(g * (a - b), 2.0),
        _scale(g * (b - a), 2.0),
    ),
    "arctan2": lambda a, b, y, g, c: (
        g * b / (square(a) + square(b)),
        negative(g * a / (square(a) + square(b))),
    ),
    # each takes the output y of an activation and what flows in; d/dy is the second derivative
    "relu_gradient": lambda y, d, _, g, c: (ZERO, apply(Binary("relu_gradient"), y, g)),
    "relu6_gradient": lambda y, d, _, g, c: (ZERO, apply(Binary("relu6_gradient"), y, g)),
    "leaky_relu_gradient": lambda y, d, _, g, c: (
        ZERO,
        apply(Binary("leaky_relu_gradient", c), y, g),
    ),
    "elu_gradient": lambda y, d, _, g, c: (
        g * d * less_equal(y, 0.0),
        apply(Binary("elu_gradient", c), y, g),
    ),
    "sigmoid_gradient": lambda y, d, _, g, c: (
        g * d * (1.0 - _scale(y, 2.0)),
        apply(Binary("sigmoid_gradient"), y, g),
    ),
    "tanh_gradient": lambda y, d, _, g, c: (
        _scale(g * d * y, -2.0),
        apply(Binary("tanh_gradient"), y, g),
    ),
    "sigmoid_cross_entropy": lambda z, t, _, g, c: (g * (_sigmoid(z) - t), negative(g * z)),
}

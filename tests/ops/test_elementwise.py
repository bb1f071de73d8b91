"""Functions of one and two tensors against float64 NumPy, gradients against differences."""

import math

import numpy as np
import pytest

from pyconv import ops
from pyconv.plan import Function
from tests.ops.oracle import check_op

erf = np.vectorize(math.erf)
UNARY = {
    "square": np.square,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": np.reciprocal,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "abs": np.abs,
    "negative": np.negative,
    "sin": np.sin,
    "cos": np.cos,
    "erf": erf,
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
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}
UNARY |= {
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "log_sigmoid": lambda x: -np.log1p(np.exp(-x)),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda x: np.where(x < 1, np.maximum(x + 1, 0) ** 2 / 4, x),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
}
POSITIVE = {"sqrt", "rsqrt", "reciprocal", "log"}
# away from kinks, so that differences exist
ANY_SIGN = np.array([[-3.7, -1.4, -0.6, -0.11], [0.13, 0.7, 1.6, 7.2]])
ABOVE_ZERO = np.array([[0.2, 0.5, 1.0, 1.7], [2.2, 3.0, 4.1, 6.5]])


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    x = ABOVE_ZERO if name in POSITIVE or name == "log1p" else ANY_SIGN
    check_op(getattr(ops, name), UNARY[name], x, tolerance=2e-5)


def test_gelu_exact():
    check_op(
        lambda x: ops.gelu(x, approximate=False),
        lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
        ANY_SIGN,
    )


def test_activations_with_arguments():
    check_op(
        lambda x: ops.celu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5)), ANY_SIGN
    )
    check_op(lambda x: ops.threshold(x, 1.0, -2.0), lambda x: np.where(x > 1, x, -2), ANY_SIGN)
    check_op(lambda x: ops.squareplus(x, 1.5), lambda x: (x + np.sqrt(x * x + 1.5)) / 2, ANY_SIGN)
    for axis in (0, -1):
        halves = lambda x, a=axis: np.split(x, 2, a)  # noqa: E731
        check_op(
            lambda x, a=axis: ops.glu(x, a),
            lambda x: halves(x)[0] / (1 + np.exp(-halves(x)[1])),
            ANY_SIGN,
        )
    with pytest.raises(ValueError, match="glu: expected `axis` to be one of an even size"):
        ops.glu(np.zeros((2, 3)))


def sparsemax(x):
    """By bisection of t in sum(max(x - t, 0)) = 1, along the last axis."""
    low, high = x.max(-1, keepdims=True) - 1, x.max(-1, keepdims=True)
    for _ in range(60):
        t = (low + high) / 2
        above = np.maximum(x - t, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, t, low), np.where(above, high, t)
    return np.maximum(x - t, 0)


@pytest.mark.parametrize("shape", [(5,), (2, 1), (3, 9), (2, 3, 2, 4)], ids=str)
def test_sparsemax(shape):
    x = np.random.default_rng(6).normal(size=shape)
    check_op(ops.sparsemax, sparsemax, x, second=False)
    if len(shape) > 1:
        moved = np.moveaxis(x, -1, 1).copy()
        np.testing.assert_allclose(
            ops.sparsemax(moved, 1), np.moveaxis(sparsemax(x), -1, 1), atol=1e-6
        )
    np.testing.assert_allclose(
        ops.sparsemax([[1.0, 1.0, 1.0, -9.0]]), [[1 / 3] * 3 + [0]], rtol=1e-6
    )


@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "round", "isfinite", "logical_not"])
def test_steps_have_values_and_no_gradient(name):
    x = np.array([-2.5, -0.4, 0.0, 0.5, 1.5, 2.5, 1e9], np.float32)
    reference = {"round": np.round, "logical_not": lambda v: v == 0}.get(name) or getattr(np, name)
    np.testing.assert_array_equal(getattr(ops, name)(x), reference(x).astype(np.float32))


def test_special_values():
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 100.0, -100.0], np.float32)
    for name in ("exp", "tanh", "sigmoid", "relu", "abs", "square", "erf"):
        with np.errstate(all="ignore"):
            expected = UNARY[name](x.astype(np.float64)).astype(np.float32)
        got = getattr(ops, name)(x)
        finite = np.isfinite(expected)
        np.testing.assert_allclose(got[1:], expected[1:], rtol=1e-6, atol=1e-37)
        assert finite[3] and (name == "relu" or np.isnan(got[0])), name


BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": np.power,
    "squared_difference": lambda a, b: (a - b) ** 2,
    "arctan2": np.arctan2,
}
SHAPES = [
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 3), (2, 1)),
    ((2, 3), ()),
    ((4, 1, 3), (2, 1)),
    ((1, 2, 1, 2), (3, 1, 2, 1)),
]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_binary_broadcasts(name, shapes):
    rng = np.random.default_rng(1)
    a, b = (rng.uniform(0.5, 2.0, shape) for shape in shapes)
    check_op(getattr(ops, name), BINARY[name], a, b, tolerance=2e-5)
    np.testing.assert_allclose(
        getattr(ops, name)(b.astype("f"), a.astype("f")), BINARY[name](b, a), rtol=1e-5
    )


@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
)
def test_comparisons(name):
    a = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, np.nan]], np.float32)
    b = np.array([2.0, 2.0, 3.0], np.float32)
    expected = getattr(np, name)(a, b).astype(np.float32)
    np.testing.assert_array_equal(getattr(ops, name)(a, b), expected)


def test_where_and_clip():
    c = np.array([1.0, 0.0, 2.0])
    check_op(
        lambda a, b: ops.where(c, a, b), lambda a, b: np.where(c, a, b), [1.0, 2, 3], [4.0, 5, 6]
    )
    check_op(lambda a: ops.clip(a, -1.0, 1.0), lambda a: np.clip(a, -1, 1), [-3.0, 0.5, 2.0])


def test_where_with_a_number_in_a_plan():
    x = np.random.default_rng(8).normal(size=(16, 10)).astype(np.float32)
    chosen = Function(lambda v: [ops.where(ops.greater(v, 0.0), v, -1.0)])
    np.testing.assert_array_equal(chosen(x)[0], np.where(x > 0, x, np.float32(-1)))


def test_softmaxes():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 3, 4))

    def softmax(v, axis):
        e = np.exp(v - v.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)

    for axis in (-1, 1, 0, (1, 2), (0, 2)):
        check_op(lambda v, a=axis: ops.softmax(v, a), lambda v, a=axis: softmax(v, a), x)
        check_op(
            lambda v, a=axis: ops.log_softmax(v, a), lambda v, a=axis: np.log(softmax(v, a)), x
        )


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"expected shapes that broadcast.*\(2, 3\) and \(4,\)"):
        ops.add(np.zeros((2, 3)), np.zeros(4))


def test_empty():
    assert ops.add(np.zeros((0, 3)), np.ones(3)).shape == (0, 3)
    assert ops.relu(np.zeros((0,))).shape == (0,)

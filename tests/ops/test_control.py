"""Choices and loops, at once and in a graph; gradients written by hand."""

import numpy as np
import pytest

from pyconv import GradientTape, Variable, ops
from pyconv.plan import Function
from tests.ops.oracle import check_op

X = np.float32([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def test_cond_and_switch():
    branches = [lambda x: x, lambda x: x * 2, lambda x: x * 3]
    assert ops.cond(np.float32(0), lambda: 1, lambda: 2) == 2
    for index in (-1, 0, 1, 2, 9):
        expected = X * (min(max(index, 0), 2) + 1)
        np.testing.assert_array_equal(ops.switch(index, branches, X), expected)
        traced = Function(lambda i, x: [ops.switch(i, branches, x)], batched=False)
        np.testing.assert_array_equal(traced(np.int32(index), X)[0], expected)

    def chosen(x):
        flag = ops.sum(x) > 0
        pair = ops.cond(flag, lambda: {"a": x, "b": -x}, lambda: {"a": x * 9, "b": x})
        return [pair["a"], pair["b"]]

    for x in (X, -X):
        a, b = Function(chosen, batched=False)(x)
        np.testing.assert_array_equal(a, x if x.sum() > 0 else x * 9)
        np.testing.assert_array_equal(b, -x if x.sum() > 0 else x)


def test_loops():
    assert ops.while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), (0, 0)) == (4, 6)
    assert ops.while_loop(lambda i: True, lambda i: i + 1, 0, maximum_iterations=3) == 3
    check_op(lambda x: ops.fori_loop(0, 3, lambda i, y: y * x + i, x),
             lambda x: (((x * x) * x) + 1) * x + 2, X)  # fmt: skip
    with pytest.raises(ValueError, match="while_loop: expected an array, received a symbolic"):
        Function(lambda x: [ops.while_loop(lambda y: ops.sum(y) < 9, lambda y: y * 2, x)])(X)


def test_maps_and_scans():
    check_op(lambda x: ops.map(lambda row: row * ops.sum(row), x),
             lambda x: x * x.sum(1, keepdims=True), X)  # fmt: skip
    nested = ops.vectorized_map(lambda r: {"s": r["a"] + r["b"]}, {"a": X, "b": X})
    np.testing.assert_array_equal(nested["s"], 2 * X)
    for reverse in (False, True):
        turned = np.s_[::-1] if reverse else np.s_[:]
        expected = np.cumsum(X[turned], 0)[turned]
        carry, y = ops.scan(lambda c, x: (c + x, c + x), np.zeros(3, "f"), X, reverse=reverse)
        np.testing.assert_array_equal(y, expected)
        np.testing.assert_array_equal(carry, X.sum(0))
        joined = ops.associative_scan(lambda a, b: a + b, X.T, reverse=reverse, axis=1)
        np.testing.assert_array_equal(joined, expected.T)
    power = ops.vectorize(lambda a, b: a**b)
    np.testing.assert_array_equal(power(X, np.float32([1, 2, 3])), X ** np.float32([1, 2, 3]))


def test_custom_gradient():
    @ops.custom_gradient
    def clipped_back(x):
        return x * x, lambda g: ops.clip(g, -0.5, 0.5) * x

    v = Variable(X)
    for factor, slope in ((4.0, 0.5), (0.25, 0.25)):
        with GradientTape() as tape:
            total = ops.sum(clipped_back(v) * factor)
        np.testing.assert_allclose(tape.gradient(total, v), slope * X)


@pytest.mark.parametrize("name", ["arcsinh", "erfinv"])
def test_gradients_by_formula_nest(name):
    x = np.float32([[-0.7, -0.2, 0.0, 0.3, 0.8]])
    scipy = pytest.importorskip("scipy.special")
    reference = {"arcsinh": np.arcsinh, "erfinv": scipy.erfinv}[name]
    check_op(getattr(ops, name), reference, x, tolerance=3e-5)


def test_products_of_many_matrices_within_examples():
    """Heads of attention: groups of one convolution."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(3, 2, 5, 6))
    a, b = a.astype("float32"), b.astype("float32")
    np.testing.assert_allclose(Function(lambda x, y: [ops.matmul(x, y)])(a, b)[0], a @ b, atol=1e-5)
    check_op(lambda x: ops.einsum("bhqd,bhkd->bhqk", x, x),
             lambda x: np.einsum("bhqd,bhkd->bhqk", x, x), a[:1, :, :2])  # fmt: skip
    gram = Function(lambda x: [ops.einsum("bi,bj->ij", x, x)])
    np.testing.assert_allclose(gram(X)[0], X.T @ X, rtol=1e-6)

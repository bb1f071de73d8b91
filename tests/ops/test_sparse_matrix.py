"""A sparse matrix along an axis against float64 NumPy, value, gradient and second derivative."""

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.layers import Input
from pyconv.ops.sparse_matrix import SparseMatrix
from tests.ops.oracle import check_op

RNG = np.random.default_rng(11)


def random_matrix(rows, columns, share=0.4):
    return RNG.normal(size=(rows, columns)) * (RNG.uniform(size=(rows, columns)) < share)


def along(x, matrix, axis):
    return np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_value_and_derivatives(axis):
    x = RNG.normal(size=(2, 5, 3, 4))
    matrix = random_matrix(6, x.shape[axis])
    check_op(
        lambda x: ops.square(ops.axis_matrix(x, matrix, axis)),
        lambda x: along(x, np.float32(matrix).astype(np.float64), axis) ** 2,
        x,
        tolerance=5e-5,
    )


@pytest.mark.parametrize("inner", [1, 2, 7, 8, 9, 15, 16, 17, 33, 70])
def test_widths(inner):
    for n, i, o in ((1, 1, 1), (3, 9, 4), (2, 4, 11), (0, 4, 2), (300, 5, 7), (2, 3, 0)):
        x = RNG.normal(size=(n, 2, i, inner)).astype(np.float32)
        matrix = random_matrix(o, i)
        y = ops.axis_matrix(x, matrix, 2)
        np.testing.assert_allclose(y, along(np.float64(x), matrix, 2), rtol=1e-5, atol=1e-5)


def test_forms_of_a_matrix():
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    csr = sparse.csr_matrix(dense)
    forms = [dense, csr, csr.tocoo(), (csr.data, csr.indices, csr.indptr), SparseMatrix.of(csr, 3)]
    for form in forms:
        np.testing.assert_array_equal(ops.axis_matrix([[1.0, 2.0, 3.0]], form, 1), [[7, 0, 0.5]])
    assert len({SparseMatrix.of(form, 3) for form in forms}) == 1
    transposed = SparseMatrix.of(dense, 3).transposed
    assert transposed == SparseMatrix.of(dense.T, 3)


def test_columns_that_repeat_count_twice():
    matrix = ([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3])
    np.testing.assert_array_equal(ops.axis_matrix([1.0, 10.0], matrix, 0), [30, 4])


def test_in_a_model():
    inputs = Input((6, 3))
    matrix = random_matrix(4, 6)
    model = pyconv.Model(inputs, ops.axis_matrix(inputs, matrix, 1))
    x = RNG.normal(size=(70, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(
        model.predict(x, verbose=0), along(np.float64(x), matrix, 1), rtol=1e-5, atol=1e-5
    )


def test_messages():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match="expected 4 elements on axis 1"):
        ops.axis_matrix(x, np.ones((2, 4)), 1)
    with pytest.raises(ValueError, match="the axis of examples"):
        ops.axis_matrix(Input((3,)), np.ones((2, 4)), 0)
    with pytest.raises(ValueError, match="axis_matrix: expected an axis from -2 to 1"):
        ops.axis_matrix(x, np.ones((2, 3)), 2)
    with pytest.raises(ValueError, match="a matrix"):
        ops.axis_matrix(x, np.ones(3), 1)
    with pytest.raises(ValueError, match="columns from 0 to 2"):
        ops.axis_matrix(x, ([1.0], [3], [0, 1]), 1)
    with pytest.raises(ValueError, match="starts"):
        ops.axis_matrix(x, ([1.0], [0], [0, 2]), 1)

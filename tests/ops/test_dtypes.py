"""Which dtypes results have, and integers that float32 cannot hold."""

import numpy as np
import pytest

from pyconv import Input, Model, ops
from pyconv.plan import Function

LARGE = np.int64([2**24 + 1, 5])


def test_integers_are_exact_at_once():
    assert ops.add(LARGE, 2).tolist() == [2**24 + 3, 7]
    assert ops.sum(np.int32([2**24 + 1, 2])) == 2**24 + 3
    assert ops.matmul(LARGE, np.int64([1, 1])) == 2**24 + 6
    assert ops.equal(LARGE, LARGE - 1).tolist() == [False, False]
    assert ops.take(LARGE, [1, 0]).dtype == ops.reshape(LARGE, (2, 1)).dtype == "int64"
    with pytest.raises(ValueError, match="integers that int32 can hold, received 4294967296"):
        ops.flip(np.int64([2**32]))


@pytest.mark.parametrize(
    ("result", "dtype"),
    [
        (lambda: ops.add([1], [2]), "int32"),
        (lambda: ops.add([1], 2.0), "float32"),
        (lambda: ops.add(np.float64([1]), 1), "float32"),
        (lambda: ops.divide([1], [2]), "float32"),
        (lambda: ops.mean(np.uint8([1, 2])), "float32"),
        (lambda: ops.sum(np.uint8([200, 100])), "uint32"),
        (lambda: ops.sum([True, True]), "int32"),
        (lambda: ops.greater([1.0], 0), "bool"),
        (lambda: ops.flip([True, False]), "bool"),
        (lambda: ops.concatenate([[1], [2.0]]), "float32"),
        (lambda: ops.where([True], [1], [2]), "int32"),
        (lambda: ops.cast([1.5], np.int64), "int64"),
        (lambda: ops.cast([0.5], bool), "bool"),
        (lambda: ops.cast([0.5], "float16"), "float16"),
        (lambda: ops.cast([0.5], "bfloat16"), "float32"),
        (lambda: ops.argmax([1.0, 2.0]), "int32"),
    ],
)
def test_dtypes_of_arrays(result, dtype):
    assert result().dtype == dtype


def test_dtypes_in_a_graph():
    def traced(i, x):
        flags = ops.logical_and(ops.greater(i, 0), ~ops.isnan(x))
        return [i + 1, i * 0.5, flags, ops.cast(flags, "int32"), ops.any(flags), i // 2, -i % 3]

    i, x = np.int32([-3, 4]), np.float32([1.0, np.nan])
    results = Function(traced, batched=False)(i, x)
    kinds = ["int32", "float32", "float32", "int32", "float32", "int32", "int32"]
    assert [r.dtype.name for r in results] == kinds
    values = [[-2, 5], [-1.5, 2], [0, 0], [0, 0], 0, [-2, 2], [0, 2]]
    for result, value in zip(results, values, strict=True):
        np.testing.assert_array_equal(result, value)


def test_unknown_dtypes_are_refused():
    with pytest.raises(ValueError, match="expected a dtype of float16, .*received 'complex64'"):
        ops.cast([1.0], "complex64")


def test_functions_without_tensors_are_part_of_models():
    """Sizes that `ops.shape` gives, and tensors made of them alone."""
    x = Input((3,))
    n = ops.shape(x)[0]
    y = ops.concatenate([x, ops.ones((n, 2)), ops.full((n, 1), 7)], axis=1)
    model = Model(x, ops.reshape(y, (n, 3, 2)) / ops.cast(n, "float32"))
    a = np.float32(np.arange(12)).reshape(4, 3)
    expected = np.concatenate([a, np.ones((4, 2)), np.full((4, 1), 7)], 1).reshape(4, 3, 2) / 4
    for result in (model.predict_on_batch(a), model(a)):
        np.testing.assert_allclose(result, expected)


def test_sizes_that_are_not_known():
    sizes = ops.shape(Input((None, 4)))
    assert sizes == (None, None, 4) and repr(sizes) == "(None, None, 4)"
    assert (sizes[0] * 2 + 1, 7 - sizes[1] // 2, sizes[1] % 3) == (None, None, None)
    assert ops.shape(np.ones((2, 3))) == (2, 3)
    with pytest.raises(ValueError, match="numbers that are known when the graph is made"):
        ops.arange(sizes[0])

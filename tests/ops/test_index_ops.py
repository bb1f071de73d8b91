"""Taking, putting and sorting against NumPy; what indices out of range do."""

import numpy as np
import pytest

import pyconv
from pyconv import Variable, ops
from pyconv.graph import Trace, gradients, placeholder
from pyconv.layers import Input
from pyconv.models import Model
from pyconv.plan import Function
from tests.ops.oracle import check_op

RNG = np.random.default_rng(5)
X = RNG.permutation(60).reshape(3, 4, 5) / 9.0 - 2.0


def int32(*shape, low, high):
    return RNG.integers(low, high, shape).astype("int32")


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_take(axis):
    size = X.shape[axis]
    for indices in (np.int32(1), int32(7, low=-size, high=size), int32(2, 3, low=0, high=size)):
        check_op(
            lambda x, i=indices: ops.square(ops.take(x, i, axis)),
            lambda x, i=indices: np.take(x, i, axis) ** 2,
            X,
        )


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_take_along_axis(axis):
    size = X.shape[axis]
    indices = int32(*X.shape, low=-size, high=size)
    few = np.take(indices, [0, 0], axis)
    for i in (indices, few):
        check_op(
            lambda x, i=i: ops.square(ops.take_along_axis(x, i, axis)),
            lambda x, i=i: np.take_along_axis(x, i, axis) ** 2,
            X,
        )


def test_axes_of_size_1_of_indices_are_repeated():
    indices = int32(1, 6, 1, low=0, high=4)
    np.testing.assert_array_equal(
        ops.take_along_axis(X, indices, 1),
        np.take_along_axis(X, np.broadcast_to(indices, (3, 6, 5)), 1).astype("float32"),
    )


def put(x, indices, size, axis, write):
    y = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]))
    for at in np.ndindex(x.shape):
        to = (*at[:axis], indices[at], *at[axis + 1 :])
        y[to] = x[at] if write else y[to] + x[at]
    return y


@pytest.mark.parametrize("mode", ["add", "write"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_scatter_along_axis(axis, mode):
    indices = int32(*X.shape, low=-3, high=3)
    check_op(
        lambda x: ops.square(ops.scatter_along_axis(x, indices, 3, axis, mode)),
        lambda x: put(x, indices, 3, axis, mode == "write") ** 2,
        X,
    )


def test_scatter_is_the_transpose_of_take():
    indices = int32(3, 9, 5, low=-4, high=4)
    v = RNG.normal(size=(3, 9, 5))
    a = np.sum(ops.take_along_axis(X, indices, 1) * v)
    b = np.sum(X * ops.scatter_along_axis(v, indices, 4, axis=1))
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_integers_are_taken_too():
    x = int32(4, 6, low=-9, high=9)
    np.testing.assert_array_equal(ops.take(x, [1, -1], 1), x[:, [1, -1]])


def test_each_example_of_a_batch_has_its_own_indices():
    x, indices = Input((4, 5)), Input((2, 5), dtype="int32")
    model = Model([x, indices], ops.take_along_axis(x, indices, 1))
    places = int32(3, 2, 5, low=0, high=4)
    got = model.predict([X.astype("float32"), places], verbose=0)
    np.testing.assert_array_equal(got, np.take_along_axis(X, places, 1).astype("float32"))


def test_rows_of_a_table_for_each_example():
    """An embedding: the rows' gradients are sums over the examples."""
    table = Variable(RNG.normal(size=(6, 3)))

    def step(ids, seed):
        y = ops.take(table, ids, 0)
        return [y, *gradients(y, seed, [table.leaf])]

    ids, seed = int32(40, 2, low=-6, high=6), RNG.normal(size=(40, 2, 3)).astype("float32")
    expected = np.zeros((6, 3))
    np.add.at(expected, ids, seed)
    results = []
    for threads in (1, 3):
        pyconv.set_num_threads(threads)
        results.append(Function(step)(ids, seed))
    pyconv.set_num_threads(0)
    np.testing.assert_array_equal(results[0][0], table.numpy()[ids])
    np.testing.assert_allclose(results[0][1], expected, atol=1e-5)
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_indices_out_of_range_are_errors():
    taken = Function(lambda x, i: [ops.take_along_axis(x, i, 1)])
    put_back = Function(lambda x, i: [ops.scatter_along_axis(x, i, 3, axis=1)])
    x = np.zeros((2, 3), "float32")
    for bad in (3, -4, 2**31 - 1, -(2**31)):
        indices = np.array([[0, 1, 2], [0, bad, 2]], "int32")
        for function in (taken, put_back):
            with pytest.raises(ValueError, match=f"indices from -3 to 2, received {bad}"):
                function(x, indices)
    with pytest.raises(ValueError, match="take: expected indices from -3 to 2"):
        ops.take(x, [2**33], axis=1)
    with pytest.raises(ValueError, match="expected integers as indices"):
        ops.take(x, [0.5], axis=1)


def test_what_does_not_fit():
    with Trace():  # of any number of examples
        batch = placeholder((None, 3, 4))
        with pytest.raises(ValueError, match="axis behind that of the examples"):
            ops.take(batch, [0], axis=0)
        with pytest.raises(ValueError, match="axis behind that of the examples"):
            ops.argsort(batch, axis=0)
        with pytest.raises(ValueError, match="indices that all examples share"):
            ops.take(batch, placeholder((None, 2), "int32"), axis=1)
    with pytest.raises(ValueError, match="expected int32 indices"):
        ops.take_along_axis(Input((3, 4)), Input((3, 4)), axis=1)
    with pytest.raises(ValueError, match="differ on axis 1 only"):
        ops.take_along_axis(X, np.zeros((2, 4, 5), "int32"), axis=1)
    with pytest.raises(ValueError, match="expected elements of shape"):
        ops.scatter_along_axis(X, np.zeros((3, 2, 5), "int32"), 9, axis=1)
    with pytest.raises(ValueError, match="axis from -3 to 2"):
        ops.take(X, [0], axis=3)
    with pytest.raises(ValueError, match="`k` from 1 to 5, the last axis, received 6"):
        ops.top_k(X, 6)
    with pytest.raises(ValueError, match="`k` from 1 to 5, the last axis, received 2.5"):
        ops.top_k(X, 2.5)
    with pytest.raises(ValueError, match="expected a `size` from 0, received -3"):
        ops.scatter_along_axis(X, np.zeros((3, 4, 5), "int32"), -3)


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_sort(axis):
    ties = np.round(X * 2) / 2
    np.testing.assert_array_equal(ops.argsort(ties, axis), np.argsort(ties, axis, kind="stable"))
    np.testing.assert_array_equal(
        ops.argsort(ties, axis, descending=True), np.argsort(-ties, axis, kind="stable")
    )
    check_op(lambda x: ops.square(ops.sort(x, axis)), lambda x: np.sort(x, axis) ** 2, X)


def test_sort_of_many_and_of_odd_numbers():
    x = RNG.normal(size=5000).astype("float32")
    np.testing.assert_array_equal(ops.sort(x), np.sort(x))
    odd = np.array([np.nan, 1.0, -0.0, np.inf, 0.0, -np.inf, np.nan], "float32")
    np.testing.assert_array_equal(ops.argsort(odd), [5, 2, 4, 1, 3, 0, 6])
    np.testing.assert_array_equal(ops.argsort(odd, descending=True), [0, 6, 3, 1, 2, 4, 5])
    assert ops.argsort(np.zeros((2, 0))).shape == (2, 0)


def test_top_k_names_its_results():
    found = ops.top_k([5.0, 2.0, 7.0], k=2)
    assert (found.values.tolist(), found.indices.tolist()) == ([7.0, 5.0], [2, 0])
    x = pyconv.Input((5,))
    model = pyconv.Model(x, ops.top_k(x, 2).values)
    assert model.predict(np.arange(5.0)[None], verbose=0).tolist() == [[4.0, 3.0]]


def test_top_k():
    ties = np.round(X)
    values, indices = ops.top_k(ties, 3)
    expected = np.argsort(-ties, -1, kind="stable")[..., :3]
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(values, np.take_along_axis(ties, expected, -1))
    check_op(lambda x: ops.square(ops.top_k(x, 2)[0]), lambda x: np.sort(x)[..., :-3:-1] ** 2, X)


def test_few_axes_and_sizes():
    with pytest.raises(ValueError, match="`indices` with the 2 axes"):
        ops.take_along_axis(np.ones((2, 3)), [0, 1], 1)
    with pytest.raises(ValueError, match="a `size` from 0, received None"):
        ops.scatter_along_axis(np.ones(3), [0, 1, 2], None)
    with pytest.raises(ValueError, match="`k` from 1 to 0"):
        ops.top_k(np.ones((2, 0)), 1)
    with pytest.raises(ValueError, match="indices of the same shape"):
        ops.max_unpool(np.ones((2, 2, 3)), np.zeros((3, 2, 3), "int32"), 2)

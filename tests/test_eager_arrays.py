"""Arrays that ops return are NumPy's, and have `numpy()`."""

import copy
import pickle

import numpy as np
import pytest

import pyconv
from pyconv import Variable, layers, ops
from pyconv.graph import Array

X = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]], "float32")


@pytest.mark.parametrize(
    "make",
    [
        lambda x: ops.square(x),
        lambda x: ops.transpose(x, (0, 1)),
        lambda x: layers.Dropout(0.5)(x),
        lambda x: layers.Dense(2)(x),
        lambda x: Variable(x) * 2,
        lambda x: Variable(x)[0],
        lambda x: Variable(x).value,
        lambda x: ops.sum(x) + ops.sum(x),
        lambda x: np.float64(2.0) * ops.abs(x),
        lambda x: x / ops.abs(x),
        lambda x: ops.abs(x)[0],
        lambda x: -ops.abs(x).T,
        lambda x: np.exp(ops.abs(x)),
    ],
)
def test_results_are_arrays(make):
    y = make(X)
    assert type(y) is Array and y.dtype == "float32"
    assert type(y.numpy()) is np.ndarray and np.array_equal(y.numpy(), y)
    assert y.numpy() is not y and not np.shares_memory(y.numpy(), y)


def test_numpy_works_on_arrays():
    y = ops.abs(X) * np.sign(X)
    assert np.array_equal(y, X) and repr(y) == repr(X) and str(y) == str(X)
    assert float(y.sum()) == X.sum() and np.array_equal(y.mean(axis=0), X.mean(axis=0))
    assert np.array_equal(y[y > 0], X[X > 0]) and bool((y == X).all())
    assert np.array_equal(np.concatenate([y, y]), np.concatenate([X, X]))
    assert np.array_equal(np.add(y, 1, out=np.zeros_like(X)), X + 1)
    assert np.array_equal(pickle.loads(pickle.dumps(y)), X)
    assert np.array_equal(copy.deepcopy(y), X)
    assert [row.tolist() for row in y] == X.tolist()
    assert y.astype("float64").dtype == y.astype("float64").sum().dtype == np.float64
    assert [np.array_equal(part, X % 1) for part in np.modf(y)[:1]] == [True]
    y[0, 0] = 7.0
    assert y[0, 0] == 7.0 and f"{y[0, 0]:.2f}" == "7.00"


def test_augmented_assignment_makes_a_new_array():
    y = ops.abs(X)
    z = y
    z += 1
    z *= 2
    assert np.array_equal(z, (np.abs(X) + 1) * 2) and np.array_equal(y, np.abs(X))


def test_variables_return_what_they_are_assigned():
    v = Variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]).numpy().tolist() == [3.0, 4.0]
    assert v.assign_add([1.0, 1.0]).numpy().tolist() == [4.0, 5.0]
    assert v.assign_sub(np.ones(2)).numpy().tolist() == [3.0, 4.0]
    before = v.value
    v.assign([0.0, 0.0])
    assert before.numpy().tolist() == [3.0, 4.0] and v.shape == (2,) and v.dtype == "float32"


def test_python_numbers_become_arrays():
    for y in (ops.sum(0.5), ops.mean(3), ops.transpose([0.5, 0.25]), ops.sum(np.float64(0.5))):
        assert type(y) is Array and y.dtype == "float32"


def test_nothing_is_true_of_no_elements():
    nothing = np.zeros((3, 0), "float32")
    assert ops.any(nothing, axis=1).tolist() == [False] * 3
    assert ops.all(nothing, axis=1).tolist() == [True] * 3


METHODS = {
    "reshape": lambda x: x.reshape(3, 2)[0],
    "reshape to a tuple": lambda x: x.reshape((6,)) ** 2,
    "np.reshape": lambda x: np.reshape(x, (3, -1)) ** 2,
    "sum": lambda x: x.sum() ** 2,
    "sum over an axis": lambda x: x.sum(axis=0, keepdims=True) * x,
    "np.mean": lambda x: np.mean(x**2, axis=1),
    "max": lambda x: x.max(1),
    "T": lambda x: x.T @ x,
    "transpose": lambda x: x.transpose(1, 0)[1:] ** 2,
    "swapaxes": lambda x: np.swapaxes(x, 0, 1) ** 3,
    "flatten": lambda x: x.flatten()[1:4] ** 2,
    "clip": lambda x: x.clip(1.5, 4.5),
    "std": lambda x: x.std(axis=0),
    "dot": lambda x: x.dot(x.T),
}


@pytest.mark.parametrize("function", METHODS.values(), ids=METHODS)
def test_methods_of_numpy_are_recorded(function):
    x, step = np.arange(1.0, 7.0).reshape(2, 3), 1e-4
    watched = ops.convert_to_tensor(x)
    with pyconv.GradientTape() as tape:
        tape.watch(watched)
        total = ops.sum(function(watched))
    expected = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[i] = step
        expected[i] = (function(x + change).sum() - function(x - change).sum()) / (2 * step)
    np.testing.assert_allclose(tape.gradient(total, watched), expected, rtol=1e-3, atol=1e-3)


def test_losses_of_a_described_model_are_those_of_its_weights():
    x = layers.Input((3,))
    dense = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l2")
    model = pyconv.Model(x, dense(x))
    assert len(model.losses) == 1 and float(model.losses[0]) > 0
    model(np.ones((2, 3)))
    assert len(model.losses) == 2 and all(float(loss) > 0 for loss in model.losses)

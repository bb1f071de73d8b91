"""Copies and pickles of whole models."""

import copy
import pickle

import numpy as np
import pytest

import pyconv
from pyconv import layers


def residual(depth):
    """A functional model with a raw op and `depth` residual layers."""
    inputs = pyconv.Input((8,))
    x = layers.Dense(8, activation="relu")(inputs) * 0.5
    for _ in range(depth):
        x = layers.Add()([x, layers.Dense(8, activation="tanh")(x)])
    return pyconv.Model(inputs, layers.Dense(3)(x))


def sequential():
    return pyconv.Sequential(
        [
            pyconv.Input((8,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(3),
        ]
    )


def fitted(model):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 8)).astype("float32"), rng.integers(0, 3, 32)
    loss = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(pyconv.optimizers.SGD(0.05, momentum=0.9), loss)
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    return model, x, y


@pytest.mark.parametrize(
    "make", [sequential, lambda: residual(3)], ids=["sequential", "functional"]
)
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_as_the_model_does(make, duplicate):
    pyconv.utils.set_random_seed(3)
    model, x, y = fitted(make())
    twin = duplicate(model)
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    assert not np.array_equal(twin.get_weights()[0], model.get_weights()[0])
    twin.fit(x, y, epochs=2, verbose=0, shuffle=False)
    for a, b in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_deep_models_are_copied():
    model = residual(100)
    x = np.ones((2, 8), "float32")
    twin = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_model_with_raw_ops_computes_on_arrays():
    model = residual(1)
    x = np.ones((2, 8), "float32")
    np.testing.assert_allclose(model(x), model.predict(x, verbose=0), rtol=1e-6)

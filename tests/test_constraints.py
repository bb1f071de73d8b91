"""Constraints: values by NumPy's equations, names, training."""

import numpy as np
import pytest

import pyconv
from pyconv import constraints, layers
from tests.layers.contract import random_array

W = random_array(5, 4) * 3
NORMS = np.sqrt((W.astype("float64") ** 2).sum(0))


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(2.0), W * np.minimum(NORMS, 2) / NORMS),
        (constraints.UnitNorm(axis=0), W / NORMS),
        (constraints.UnitNorm(axis=[0, 1]), W / np.sqrt((W**2).sum())),
        (constraints.NonNeg(), np.maximum(W, 0)),
        (
            constraints.MinMaxNorm(1.0, 2.0, rate=0.25),
            W * (0.25 * np.clip(NORMS, 1, 2) + 0.75 * NORMS) / NORMS,
        ),
        (constraints.Constraint(), W),
    ],
    ids=lambda c: type(c).__name__,
)
def test_equations(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5, atol=1e-6)
    copy = constraints.deserialize(constraints.serialize(constraint))
    assert type(copy) is type(constraint)
    assert copy.get_config() == constraint.get_config()


def test_names():
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert isinstance(constraints.get("UnitNorm"), constraints.UnitNorm)
    assert constraints.get(None) is None
    assert constraints.get(abs) is abs
    for wrong in ("positive", 3):
        with pytest.raises(ValueError, match="expected"):
            constraints.get(wrong)


def test_weights_obey_after_each_update():
    layer = layers.Dense(3, kernel_constraint="unit_norm", bias_constraint="non_neg")
    model = pyconv.Sequential([layers.Input((4,)), layer])
    model.compile(pyconv.optimizers.SGD(0.1), "mse")
    model.fit(random_array(32, 4), random_array(32, 3), epochs=2, verbose=0)
    np.testing.assert_allclose(np.linalg.norm(layer.kernel.numpy(), axis=0), 1, rtol=1e-5)
    assert (layer.bias.numpy() >= 0).all()

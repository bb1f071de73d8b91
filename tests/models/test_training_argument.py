"""`training` of a call in a functional model, as Keras 3.15 takes it."""

import numpy as np
import pytest

from pyconv import Input, Model, layers
from tests.layers.contract import random_array


@pytest.mark.parametrize("flag", [True, False, None])
def test_callers_outrank_the_calls_of_the_graph(flag):
    """`m(x)` heeds what the call said; `predict`, `fit` and `m(x, training=...)` say it anew."""
    x = 5 * random_array(16, 4) + 3
    i = Input((4,))
    norm = layers.BatchNormalization()
    model = Model(i, norm(i, training=flag))
    unchanged, normalised = x / np.sqrt(1.001), (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3)
    close = {"rtol": 1e-3, "atol": 1e-3}
    np.testing.assert_allclose(model.predict(x, verbose=0), unchanged, **close)
    np.testing.assert_allclose(model(x), normalised if flag else unchanged, **close)
    norm.set_weights([np.ones(4), np.zeros(4), np.zeros(4), np.ones(4)])
    np.testing.assert_allclose(model(x, training=True), normalised, **close)
    norm.set_weights([np.ones(4), np.zeros(4), np.zeros(4), np.ones(4)])
    model.compile("sgd", "mse")
    model.fit(x, x, verbose=0)
    assert np.abs(norm.moving_mean.numpy()).max() > 0

"""An input with a number of examples takes any, as in Keras; files have it where a chain was built
by a call on data."""

import numpy as np

from pyconv import Input, Model, Sequential, layers, saving
from tests.layers.contract import random_array


def test_any_number_of_examples(tmp_path):
    i = Input(batch_shape=(2, 4))
    model = Model(i, layers.Dense(3)(layers.Reshape((4,))(i * 2)))
    assert model.input_shape == (2, 4)
    x = random_array(5, 4)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(
        model.predict(x, verbose=0), 2 * x @ kernel + bias, rtol=1e-5, atol=1e-6
    )
    model.compile("sgd", "mse")
    model.fit(x, random_array(5, 3), batch_size=2, verbose=0)
    called = Sequential([layers.Dense(3)])
    called(random_array(2, 4))
    called.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), called.predict(x, verbose=0))

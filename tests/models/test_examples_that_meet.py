"""Models in which the examples' axis is merged, moved or counted: described by guesses of sizes."""

import numpy as np
import pytest

from pyconv import Input, Model, Sequential, layers, ops

A = np.random.default_rng(0).standard_normal((5, 4)).astype("float32")
B = np.random.default_rng(1).standard_normal((5, 4)).astype("float32")


class Halves(layers.Layer):
    """Twice x, by way of rows of half the length."""

    def call(self, x):
        return ops.reshape(ops.reshape(x, [-1, x.shape[1] // 2]) * 2, ops.shape(x))


class Pixels(layers.Layer):
    def call(self, x):
        n, h, w, c = ops.shape(x)
        return ops.reshape(x, [n, h * w, c])


def test_products_of_all_pairs_of_examples():
    x, y = Input((4,)), Input((4,))
    model = Model([x, y], ops.matmul(x, ops.transpose(y)))
    assert model.output_shape == (None, None)
    np.testing.assert_allclose(model.predict([A, B], verbose=0), A @ B.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model([A, B]), A @ B.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "function, shape",
    [
        (lambda x: ops.concatenate([x, -x], axis=0), (None, 4)),
        (lambda x: ops.flip(x, axis=0), (None, 4)),
        (lambda x: ops.stack([x, x]), (2, None, 4)),
        (lambda x: x[0], (4,)),
        (lambda x: ops.softmax(x, axis=0), (None, 4)),
        (lambda x: ops.reshape(x, (-1, 2)), (None, 2)),
        (lambda x: ops.reshape(x, (4, -1)), (4, None)),
        (lambda x: ops.sort(x, axis=0), (None, 4)),
    ],
)
def test_shapes_and_values_of_ops_on_the_axis_of_examples(function, shape):
    x = Input((4,))
    y = function(x)
    assert y.shape == shape
    model = Model(x, y)
    np.testing.assert_allclose(model(A), function(ops.convert_to_tensor(A)), rtol=1e-6)


def test_training_through_a_layer_that_merges_examples():
    model = Sequential([Input((4,)), Halves(), layers.Dense(3, name="dense")])
    assert model.output_shape == (None, 3)
    model.compile("sgd", "mse")
    plain = Sequential([Input((4,)), layers.Rescaling(2.0), layers.Dense(3)])
    plain.compile("sgd", "mse")
    plain.set_weights(model.get_weights())
    y = np.ones((5, 3), "float32")
    np.testing.assert_allclose(
        model.fit(A, y, batch_size=2, shuffle=False, verbose=0, epochs=3).history["loss"],
        plain.fit(A, y, batch_size=2, shuffle=False, verbose=0, epochs=3).history["loss"],
        rtol=1e-5,
    )


def test_arithmetic_with_free_sizes():
    inputs = Input((None, None, 3))
    model = Model(inputs, Pixels()(inputs))
    assert model.output_shape == (None, None, 3)
    assert model.predict(np.zeros((2, 3, 4, 3)), verbose=0).shape == (2, 12, 3)
    assert Pixels().compute_output_shape((None, 3, 4, 3)) == (None, 12, 3)


def test_what_no_guess_helps_raises_of_the_tensors_as_they_are():
    with pytest.raises(ValueError, match=r"\(None, 4\)"):
        ops.reshape(Input((4,)), (-1, 3, 7))

"""Layers around layers and functions; vectors for numbers."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from tests.layers.contract import random_array


def test_time_distributed_is_the_layer_at_each_step():
    conv = layers.Conv1D(3, 2)
    layer = layers.TimeDistributed(conv)
    x = random_array(2, 4, 5, 3)
    y = np.asarray(layer(x))
    assert y.shape == (2, 4, 4, 3) == layer.compute_output_shape(x.shape)
    for step in range(4):
        np.testing.assert_allclose(y[:, step], conv(x[:, step]), rtol=1e-6)


def test_time_distributed_model_learns():
    pyconv.utils.set_random_seed(1)
    inner = pyconv.Sequential([layers.Dense(4, activation="relu"), layers.Dense(1)])
    model = pyconv.Sequential([layers.Input((3, 2)), layers.TimeDistributed(inner)])
    model.compile(pyconv.optimizers.Adam(0.02), "mse")
    x = random_array(64, 3, 2)
    history = model.fit(x, x.sum(-1, keepdims=True), epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


@pytest.mark.parametrize("cls", [layers.TimeDistributed, layers.SpectralNormalization])
def test_wrappers_come_back_from_their_configs(cls):
    layer = cls(layers.Dense(3, activation="relu", name="within"), name="around")
    copy = cls.from_config(layer.get_config())
    assert copy.layer.units == 3
    assert copy.layer is not layer.layer
    assert copy.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="expected `layer` to be a layer"):
        cls("dense")


def test_spectral_normalization_finds_the_largest_singular_value():
    layer = layers.SpectralNormalization(layers.Dense(4), power_iterations=30)
    x = random_array(2, 5)
    layer(x, training=True)
    assert np.linalg.svd(layer.kernel.numpy(), compute_uv=False)[0] == pytest.approx(1, rel=1e-4)
    before = layer.kernel.numpy()
    layer(x)
    np.testing.assert_array_equal(layer.kernel.numpy(), before)


def test_embedding_takes_rows_and_adds_up_their_gradients():
    layer = layers.Embedding(4, 3)
    numbers = np.array([[1, 1, 0]], "int32")
    with pyconv.GradientTape() as tape:
        y = layer(numbers)
        total = ops.sum(y * y)
    (gradient,) = tape.gradient(total, layer.trainable_weights)
    np.testing.assert_array_equal(y, layer.embeddings.numpy()[numbers])
    expected = np.zeros((4, 3))
    np.add.at(expected, numbers[0], 2 * np.asarray(y)[0])
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_lambda_gets_its_arguments_and_whether_it_trains():
    def scaled(x, factor, training=False):
        return x * factor if training else x

    layer = layers.Lambda(scaled, arguments={"factor": 3.0})
    x = np.ones(2, "float32")
    np.testing.assert_array_equal(layer(x), [1, 1])
    np.testing.assert_array_equal(layer(x, training=True), [3, 3])
    y = layers.Lambda(lambda t: ops.sum(t, axis=-1))(layers.Input((4, 3)))
    assert y.shape == (None, 4)


def test_normalization_adapts_to_batches_as_to_the_whole():
    x = random_array(10, 4, 3) * 5 + 2
    whole, parts = layers.Normalization(), layers.Normalization()
    whole.adapt(x)
    parts.adapt((x[i : i + 3], None) for i in range(0, 10, 3))
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    y = np.asarray(whole(x))
    np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(y.std((0, 1)), 1, rtol=1e-5)


def test_normalization_refuses_data_that_do_not_fit():
    rows = random_array(4, 3)
    with pytest.raises(ValueError, match="expected size 3 on axis 1"):
        layers.Normalization().adapt([rows, rows[:, :1]])
    with pytest.raises(ValueError, match="rank 2"):
        layers.Normalization().adapt([rows, rows[:, 0]])
    with pytest.raises(TypeError, match="batches that are arrays"):
        layers.Normalization().adapt(rows.tolist())
    with pytest.raises(ValueError, match="no `adapt` of a layer with `mean`"):
        layers.Normalization(mean=1.0, variance=2.0).adapt(rows)
    with pytest.raises(ValueError, match=r"`mean` and `variance` of shape \(3,\)"):
        layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(rows)


def test_normalization_by_numbers_of_any_shape_that_fits():
    rows = random_array(4, 3)
    for mean in ([[1.0, 2.0, 3.0]], [1.0, 2.0, 3.0], [2.0], 2.0):
        layer = layers.Normalization(mean=mean, variance=np.full_like(mean, 4.0))
        np.testing.assert_allclose(layer(rows), (rows - mean) / 2, rtol=1e-6)
    with pytest.raises(ValueError, match=r"`mean` and `variance` of shape \(3,\)"):
        layers.Normalization(mean=np.ones((1, 1, 3)), variance=np.ones((1, 1, 3)))(rows)


def test_an_activation_may_be_set_anew():
    model = pyconv.Sequential([layers.Input((3,)), layers.Dense(2, activation="softmax")])
    x = random_array(4, 3)
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(-1), 1, rtol=1e-6)
    model.layers[-1].activation = None
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_a_step_of_a_spectral_layer_is_one_of_the_normalized_kernel():
    """The gradient is that for the kernel that results, and counts once."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    layer = layers.SpectralNormalization(layers.Dense(2))
    model = pyconv.Sequential([layers.Input((3,)), layer])
    weights = model.get_weights()
    model.compile(pyconv.optimizers.SGD(0.0), "mse")
    model.train_on_batch(x, y)
    kernel = layer.kernel.numpy()
    model.set_weights(weights)
    model.compile(pyconv.optimizers.SGD(0.1), "mse")
    model.train_on_batch(x, y)
    gradient = x.T @ (x @ kernel - y) * 2 / y.size
    np.testing.assert_allclose(layer.kernel.numpy(), kernel - 0.1 * gradient, atol=1e-5)

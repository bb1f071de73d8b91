"""Layers against the literal float64 equations."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from tests import reference
from tests.layers.contract import random_array, run, run_with_gradients

CONVS = [
    ((9, 1), {"filters": 15, "kernel_size": 3, "strides": 2}),
    ((9, 3), {"filters": 2, "kernel_size": 4, "padding": "causal", "dilation_rate": 3}),
    ((2, 3), {"filters": 2, "kernel_size": 5, "padding": "same"}),
    ((7, 6, 4), {"filters": 65, "kernel_size": 3, "padding": "same"}),
    ((7, 6, 4), {"filters": 8, "kernel_size": (2, 3), "strides": (3, 2), "padding": "same"}),
    ((8, 7, 6), {"filters": 4, "kernel_size": 3, "groups": 2}),
    ((9, 9, 2), {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": (2, 3)}),
    ((4, 4, 1), {"filters": 1, "kernel_size": 4}),
    ((1, 1, 17), {"filters": 33, "kernel_size": 1}),
    ((3, 5, 4, 2), {"filters": 3, "kernel_size": (2, 3, 1), "strides": (1, 2, 1)}),
    ((3, 4, 3, 2), {"filters": 4, "kernel_size": 3, "padding": "same", "groups": 2}),
]
TRANSPOSES = [
    ((4, 2), {"kernel_size": 3}),
    ((4, 2), {"kernel_size": 1, "strides": 3}),
    ((4, 2), {"kernel_size": 2, "strides": 3, "padding": "same"}),
    ((4, 2), {"kernel_size": 5, "strides": 2, "padding": "same"}),
    ((4, 2), {"kernel_size": 4, "strides": 3, "padding": "same"}),
    ((4, 2), {"kernel_size": 3, "strides": 2, "output_padding": 1}),
    ((4, 2), {"kernel_size": 2, "strides": 3, "output_padding": 2}),
    ((4, 2), {"kernel_size": 3, "strides": 2, "output_padding": 0, "padding": "same"}),
    ((4, 2), {"kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"}),
    ((4, 2), {"kernel_size": 4, "strides": 3, "output_padding": 2, "padding": "same"}),
    ((4, 2), {"kernel_size": 3, "dilation_rate": 2}),
    ((3, 4, 5), {"kernel_size": (3, 2), "strides": (2, 1)}),
    ((2, 3, 2, 1), {"kernel_size": 2, "strides": 2}),
]
POOLS = [
    ((5, 3), {"pool_size": 2}),
    ((5, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ((4, 1), {"pool_size": 3, "strides": 1, "padding": "same"}),
    ((7, 6, 17), {"pool_size": (3, 2), "strides": (2, 3)}),
    ((7, 6, 4), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ((2, 2, 1), {"pool_size": 2}),
    ((3, 4, 5, 2), {"pool_size": 2, "padding": "same"}),
]


def check_conv(name, equation, shape, kwargs):
    """The layer with random weights against the equation, in both data formats."""
    rank = len(shape) - 1
    cls = getattr(layers, name.format(rank))
    layer = cls(bias_initializer="random_normal", **kwargs)
    x = random_array(2, *shape)
    y = run(layer, x)
    arguments = {k: v for k, v in kwargs.items() if k not in ("filters", "kernel_size")}
    arguments.pop("depth_multiplier", None)
    kernel, bias = layer.get_weights()
    expected = equation(x, kernel, bias=np.float64(bias), **arguments)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    if kwargs.get("padding") != "causal":
        first = cls(data_format="channels_first", **kwargs)
        x = np.moveaxis(x, -1, 1)
        first.build(x.shape)
        first.set_weights(layer.get_weights())
        moved = np.moveaxis(run(first, np.ascontiguousarray(x)), 1, -1)
        np.testing.assert_allclose(moved, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("shape", "kwargs"), CONVS, ids=str)
def test_conv(shape, kwargs):
    check_conv("Conv{}D", reference.conv, shape, kwargs)


@pytest.mark.parametrize(("shape", "kwargs"), TRANSPOSES, ids=str)
def test_conv_transpose(shape, kwargs):
    check_conv("Conv{}DTranspose", reference.conv_transpose, shape, {"filters": 17, **kwargs})


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("shape", [(7, 2), (6, 5, 3), (5, 4, 33)], ids=str)
def test_depthwise(shape, padding, multiplier):
    kwargs = {"kernel_size": 3, "padding": padding, "strides": 2, "depth_multiplier": multiplier}
    check_conv("DepthwiseConv{}D", reference.depthwise_conv, shape, kwargs)


@pytest.mark.parametrize("function", ["max_pool", "average_pool"])
@pytest.mark.parametrize(("shape", "kwargs"), POOLS, ids=str)
def test_pooling(shape, kwargs, function):
    name = {"max_pool": "MaxPooling", "average_pool": "AveragePooling"}[function]
    layer = getattr(layers, f"{name}{len(shape) - 1}D")(**kwargs)
    x = random_array(2, *shape) - 3  # zeros around must not win over negative numbers
    expected = getattr(reference, function)(x, **kwargs)
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-6, atol=1e-6)


def test_pooling_of_figure_9_8():
    layer = layers.MaxPooling1D(3, strides=1, padding="same")
    x = np.float32([[0.1, 1, 0.2, 0.1], [0.3, 0.1, 1, 0.2]])[..., None]
    np.testing.assert_array_equal(
        run(layer, x)[..., 0], np.float32([[1, 1, 1, 0.2], [0.3, 1, 1, 1]])
    )


@pytest.mark.parametrize("name", ["GlobalAveragePooling2D", "GlobalMaxPooling2D"])
def test_global_pooling(name):
    x = random_array(2, 5, 7, 3)
    function = np.mean if "Average" in name else np.max
    layer = getattr(layers, name)
    np.testing.assert_allclose(
        run(layer(), x), function(np.float64(x), axis=(1, 2)), rtol=1e-5, atol=1e-6
    )
    kept = run(layer(keepdims=True, data_format="channels_first"), x)
    assert kept.shape == (2, 5, 1, 1)
    np.testing.assert_allclose(
        kept[..., 0, 0], function(np.float64(x), axis=(2, 3)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(4, 3), (2, 1, 1), (4, 3, 2, 5)], ids=str)
@pytest.mark.parametrize("axis", [-1, 1])
def test_batch_normalization(shape, axis):
    x = 2 * random_array(*shape) + 5
    layer = layers.BatchNormalization(
        axis, momentum=0.9, gamma_initializer="random_uniform", beta_initializer="random_normal"
    )
    y = run(layer, x, training=True)
    gamma, beta, moving_mean, moving_variance = layer.get_weights()
    expected, mean, variance = reference.batch_norm(x, gamma, beta, axis=axis)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(moving_variance, 0.9 + 0.1 * variance, rtol=1e-5)
    scale = gamma / np.sqrt(np.float64(moving_variance) + 1e-3)
    expected = (np.moveaxis(np.float64(x), axis, -1) - moving_mean) * scale + beta
    np.testing.assert_allclose(run(layer, x), np.moveaxis(expected, -1, axis), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(layer.get_weights()[2], moving_mean)


def test_batch_normalization_frozen_infers_in_training():
    x = random_array(8, 3)
    layer = layers.BatchNormalization(trainable=False)
    np.testing.assert_allclose(run(layer, x, training=True), x / np.sqrt(1.001), rtol=1e-6)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(3))


def test_batch_normalization_with_a_large_mean():
    x = random_array(64, 2) + 1000
    y = run(layers.BatchNormalization(), x, training=True)
    np.testing.assert_allclose(y, reference.batch_norm(x)[0], atol=2e-4)


def test_dropout():
    layer = layers.Dropout(0.4, seed=5)
    x = np.ones((1000, 20), "float32")
    first, second = run(layer, x, training=True), run(layer, x, training=True)
    assert set(np.unique(first)) == {0, np.float32(1 / 0.6)}
    assert abs((first == 0).mean() - 0.4) < 0.02
    assert (first != second).any()
    np.testing.assert_array_equal(layer.seed_generator.state.numpy(), [5, 2])
    np.testing.assert_array_equal(run(layers.Dropout(0.4, seed=5), x, training=True), first)
    np.testing.assert_array_equal(run(layer, x), x)


def test_dropout_gradient_has_the_mask_of_the_forward_pass():
    layer = layers.Dropout(0.5, seed=1)
    y, dx = run_with_gradients(layer, np.full((4, 50), 3, "float32"))
    np.testing.assert_array_equal(dx, 2 * y * y)


def test_dropout_noise_shape():
    layer = layers.Dropout(0.5, noise_shape=(None, 1, 8), seed=2)
    y = run(layer, np.ones((3, 4, 8), "float32"), training=True)
    np.testing.assert_array_equal(y, y[:, :1] * np.ones((1, 4, 1)))
    assert 0 < (y == 0).mean() < 1


def test_dropout_seeds_come_from_the_global_seed():
    pyconv.utils.set_random_seed(3)
    first = layers.Dropout(0.5).seed_generator.state.numpy()
    pyconv.utils.set_random_seed(3)
    np.testing.assert_array_equal(layers.Dropout(0.5).seed_generator.state.numpy(), first)


def test_dense():
    x = random_array(2, 3, 5)
    layer = layers.Dense(4, bias_initializer="ones")
    y = run(layer, x)
    expected = np.float64(x) @ layer.kernel.numpy() + 1
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, [0, 0, 0.5, 3]),
        ({"max_value": 1.0}, [0, 0, 0.5, 1]),
        ({"negative_slope": 0.5}, [-1, 0, 0.5, 3]),
        ({"threshold": 1.0}, [0, 0, 0, 3]),
        ({"threshold": 1.0, "negative_slope": 0.5, "max_value": 2.0}, [-1.5, -0.5, -0.25, 2]),
    ],
    ids=str,
)
def test_relu(kwargs, expected):
    x = np.float32([[-2, 0, 0.5, 3]])
    np.testing.assert_array_equal(run(layers.ReLU(**kwargs), x), np.float32([expected]))


def test_padding_and_reshaping():
    x = random_array(2, 3, 4, 5)
    padded = run(layers.ZeroPadding2D(((1, 0), (2, 3))), x)
    np.testing.assert_array_equal(padded, np.pad(x, ((0, 0), (1, 0), (2, 3), (0, 0))))
    np.testing.assert_array_equal(run(layers.Flatten(), x), x.reshape(2, -1))
    last = np.moveaxis(x, 1, -1).reshape(2, -1)
    np.testing.assert_array_equal(run(layers.Flatten("channels_first"), x), last)
    np.testing.assert_array_equal(run(layers.Permute((2, 3, 1)), x), x.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(run(layers.Reshape((-1, 10)), x), x.reshape(2, 6, 10))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("add", lambda a, b: a + b),
        ("subtract", lambda a, b: a - b),
        ("multiply", lambda a, b: a * b),
        ("average", lambda a, b: (a + b) / 2),
        ("maximum", np.maximum),
        ("minimum", np.minimum),
        ("concatenate", lambda a, b: np.concatenate([a, b], -1)),
    ],
)
def test_merging_functions(name, function):
    a, b = random_array(2, 3, seed=1), random_array(2, 3, seed=2)
    np.testing.assert_allclose(getattr(layers, name)([a, b]), function(a, b), rtol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_mean_over_masked_positions(data_format):
    x = random_array(2, 3, 4)
    mask = np.array([[True, False, True], [False, True, False]])
    layer = layers.GlobalAveragePooling1D(data_format)
    inputs = x if data_format == "channels_last" else x.transpose(0, 2, 1)
    expected = [x[0, [0, 2]].mean(0), x[1, 1]]
    np.testing.assert_allclose(layer(inputs, mask=mask), expected, rtol=1e-6)

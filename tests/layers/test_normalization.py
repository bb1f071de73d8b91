"""Normalization within examples against the float64 equations and PyTorch."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array, run, run_with_gradients

RANDOM = {"gamma_initializer": "random_uniform", "beta_initializer": "random_normal"}


def normalized(x, axes, epsilon=1e-3):
    x = np.float64(x)
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [-1, 1], (1, 2, 3)], ids=str)
def test_layer_normalization(axis):
    x = 2 * random_array(3, 4, 5, 7) + 100
    layer = layers.LayerNormalization(axis, **RANDOM)
    y = run(layer, x)
    axes = tuple(np.sort(np.atleast_1d(axis) % 4))
    shape = tuple(s if a in axes else 1 for a, s in enumerate(x.shape))
    gamma, beta = (np.float64(w).reshape(shape) for w in layer.get_weights())
    np.testing.assert_allclose(y, normalized(x, axes) * gamma + beta, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("groups", [1, 3, 12, -1])
@pytest.mark.parametrize("axis", [-1, 1])
def test_group_normalization(axis, groups):
    x = 3 * random_array(2, 4, 5, 12) + 2
    split = x.reshape(2, 4, 5, 12 if groups == -1 else groups, -1)
    expected = normalized(split, (1, 2, 4)).reshape(x.shape)
    layer = layers.GroupNormalization(groups, axis, **RANDOM)
    y = run(layer, np.moveaxis(x, -1, axis).copy())
    gamma, beta = layer.get_weights()
    expected = np.moveaxis(expected * gamma + beta, -1, axis)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_axes_are_sorted_when_built():
    layer = layers.LayerNormalization()
    assert layer.get_config()["axis"] == -1
    x = random_array(2, 3, 4)
    layer(x)
    assert layer.get_config()["axis"] == [-1]
    layer = layers.LayerNormalization([1, -1])
    layer(x)
    assert layer.axis == [-1, 1]
    assert layer.gamma.shape == (4, 3)  # Keras' order, laid out anew for the input


def test_rms_and_unit_normalization():
    x = random_array(3, 4, 5)
    mean = np.square(np.float64(x)).mean((1, 2), keepdims=True)
    layer = layers.RMSNormalization((1, 2), epsilon=0.5)
    layer.build(x.shape)
    layer.scale.assign(random_array(4, 5, seed=2))
    expected = x / np.sqrt(mean + 0.5) * layer.scale.numpy()
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5, atol=1e-6)
    length = np.sqrt(np.square(np.float64(x)).sum(1, keepdims=True))
    np.testing.assert_allclose(run(layers.UnitNormalization(1), x), x / length, rtol=1e-5)
    y, dx = run_with_gradients(layers.UnitNormalization(), np.zeros((2, 3), "float32"))
    assert not y.any() and not dx.any()


@pytest.mark.parametrize("size", [1, 2, 5, 20])
@pytest.mark.parametrize("channels", [1, 9, 16])
def test_local_response_normalization(channels, size):
    x = 3 * random_array(2, 3, 4, channels)
    layer = layers.LocalResponseNormalization(size, alpha=0.7, beta=0.6, k=2.0)
    squares, expected = np.square(np.float64(x)), np.empty(x.shape)
    for i in range(channels):
        first = i - size // 2
        total = squares[..., max(first, 0) : max(first + size, 0)].sum(-1)
        expected[..., i] = x[..., i] / (2.0 + 0.7 / size * total) ** 0.6
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5)
    layer.axis = 1
    moved = run(layer, np.moveaxis(x, -1, 1).copy())
    np.testing.assert_allclose(np.moveaxis(moved, 1, -1), expected, rtol=1e-5)


def peers(nn):
    """(our layer, PyTorch's, input)"""
    images = random_array(3, 5, 4, 12)
    yield layers.LayerNormalization((1, 2, 3)), nn.LayerNorm((5, 4, 12), 1e-3), images
    yield layers.GroupNormalization(4), nn.GroupNorm(4, 12, 1e-3), images
    yield layers.GroupNormalization(-1), nn.InstanceNorm2d(12, 1e-3), images
    yield layers.RMSNormalization((1, 2, 3)), nn.RMSNorm((5, 4, 12), 1e-6), images
    yield layers.LocalResponseNormalization(5), nn.LocalResponseNorm(5), 30 * images
    yield (
        layers.LocalResponseNormalization(4, alpha=2.0, beta=0.5, k=3.0),
        nn.LocalResponseNorm(4, 2.0, 0.5, 3.0),
        images,
    )


@pytest.mark.peer
def test_as_pytorch():
    torch = pytest.importorskip("torch")
    for layer, module, x in peers(torch.nn):
        last = "Layer" in type(module).__name__ or "RMS" in type(module).__name__
        leaf = torch.tensor(x if last else np.moveaxis(x, -1, 1), requires_grad=True)
        expected = module(leaf)
        (expected**3 / 3).sum().backward()
        y, dx, *_ = run_with_gradients(layer, x)
        for ours, theirs in ((y, expected.detach().numpy()), (dx, leaf.grad.numpy())):
            theirs = theirs if last else np.moveaxis(theirs, 1, -1)
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=3e-5, err_msg=str(module))


def test_messages():
    x = random_array(2, 3, 4)
    for name in ("LayerNormalization", "RMSNormalization", "GroupNormalization"):
        with pytest.raises(ValueError, match="expected a known size from 1 on axis"):
            getattr(layers, name)(axis=1)(layers.Input((None, 3)))
    with pytest.raises(ValueError, match="expected `groups` to divide the 4 channels.* 3"):
        layers.GroupNormalization(3)(x)
    with pytest.raises(ValueError, match="expected an axis from -3 to 2.*received 3"):
        layers.LayerNormalization(3)(x)
    with pytest.raises(ValueError, match="expected `axis` without 0"):
        layers.UnitNormalization((0, 1))(x)
    with pytest.raises(ValueError, match="expected `size` to be a positive integer"):
        layers.LocalResponseNormalization(0)

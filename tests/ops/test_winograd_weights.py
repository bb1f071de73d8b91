"""Kernel gradients in Winograd's tiles against float64, at the precision that is promised."""

import numpy as np
import pytest

import pyconv
from pyconv import Input, Sequential, ops
from pyconv.layers import Conv2D, Dense, Flatten

SHAPES = [  # images, height, width, in channels, out channels, taps
    (1, 8, 8, 16, 16, 3),
    (3, 13, 14, 33, 48, 3),
    (16, 16, 16, 32, 17, 3),
    (2, 56, 56, 16, 64, 3),
    (18, 14, 14, 130, 129, 3),  # of several rounds on all threads
    (3, 13, 14, 33, 48, 5),
    (2, 28, 28, 16, 16, 5),
    (5, 14, 14, 72, 129, 5),
]


def windows(x, k):
    """x[n, h, w, c], padded by k // 2 pixels, as [kh, kw, n h w, c]."""
    h, w = x.shape[1:3]
    x = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2), (0, 0)))
    taps = [x[:, i : i + h, j : j + w] for i in range(k) for j in range(k)]
    return np.reshape(taps, (k, k, -1, x.shape[-1]))


def relative_rms(got, want):
    return np.sqrt(np.mean((got - want) ** 2) / np.mean(want**2))


def sequential_error(x, dy, want, k):
    """Of a float32 sum over the pixels one after another, in one tap and some channels."""
    products = windows(x[..., :4], k)[0, 1][:, :, None] * dy.reshape(-1, dy.shape[-1])[:, None, :4]
    return relative_rms(np.cumsum(products, axis=0, dtype="float32")[-1], want[0, 1, :4, :4])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_error_against_float64(shape):
    n, h, w, ic, oc, k = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, h, w, ic), dtype="float32")
    dy = rng.standard_normal((n, h, w, oc), dtype="float32")
    x64, dy64 = x.astype("float64"), dy.astype("float64")
    want = np.swapaxes(windows(x64, k), -1, -2) @ dy64.reshape(-1, oc)
    got = np.asarray(ops.conv_kernel_gradient(x, dy, k, padding="same"))
    assert relative_rms(got, want) <= max(3e-6, 4 * sequential_error(x, dy, want, k))


@pytest.mark.parametrize("k", [3, 5])
def test_bits_do_not_depend_on_threads(k):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((9, 14, 15, 64), dtype="float32")
    results = []
    before = pyconv.get_num_threads()
    for threads in (1, 2, 3):
        pyconv.set_num_threads(threads)
        results.append(np.asarray(ops.conv_kernel_gradient(x, x, k, padding="same")))
    pyconv.set_num_threads(before)
    assert all((r == results[0]).all() for r in results)


def trained_kernels(algorithm):
    """Of two layers after a step, in which slices of the batch add up their gradients."""
    pyconv.utils.set_random_seed(0)
    model = Sequential(
        [Input((12, 12, 16)), Conv2D(16, 3, padding="same"), Conv2D(32, 3), Flatten(), Dense(3)]
    )
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 12, 12, 16)), rng.standard_normal((64, 3))
    try:
        pyconv.config.set_conv_algorithm(algorithm)
        model.train_on_batch(x.astype("float32"), y.astype("float32"))
    finally:
        pyconv.config.set_conv_algorithm("auto")
    return [layer.get_weights()[0] for layer in model.layers[:2]]


def test_step_as_with_the_direct_algorithm():
    for got, want in zip(trained_kernels("auto"), trained_kernels("direct"), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)

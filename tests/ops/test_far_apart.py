"""Windows, strides and steps between taps that go far beyond the image: they cost no more than what
lies inside."""

import numpy as np
import pytest

from pyconv import config, ops
from pyconv.graph import gradients
from pyconv.plan import Function

FAR = 1_000_000
rng = np.random.default_rng(0)


@pytest.mark.parametrize("size", [(2**22, 2**21, 2**21), (FAR, FAR, 2)])
def test_windows_beyond_the_image(size):
    x = rng.permutation(7 * 6 * 2 * 3).reshape(1, 7, 6, 2, 3).astype(np.float32)
    y, index = ops.max_pool_with_indices(x, size, padding="same")
    pixels = x.reshape(-1, 3)
    np.testing.assert_array_equal(y.ravel(), pixels.max(0))
    np.testing.assert_array_equal(index.ravel(), pixels.argmax(0))
    mean = ops.average_pool(x, size, padding="same")
    np.testing.assert_allclose(mean.ravel(), pixels.mean(0), rtol=1e-6)


def with_gradients(x, kernel, **options):
    def step(x, kernel):
        y = ops.conv(x, kernel, **options)
        return [y, *gradients(y, y, [x, kernel])]

    return Function(step, batched=False)(x, kernel)


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("k", [1, 3])
def test_strides_beyond_the_image(groups, k):
    x = rng.normal(size=(2, 9, 7, 4)).astype(np.float32)
    kernel = rng.normal(size=(k, k, 4 // groups, 8)).astype(np.float32)
    for far, near in zip(
        with_gradients(x, kernel, strides=FAR), with_gradients(x, kernel, strides=9), strict=True
    ):
        np.testing.assert_array_equal(far, near)


@pytest.mark.parametrize("algorithm", ["auto", "winograd"])
@pytest.mark.parametrize("sizes", [(9,), (8, 7), (3, 4, 5)])
@pytest.mark.parametrize("k", [3, 5])
def test_taps_beyond_the_image(sizes, k, algorithm):
    x = rng.normal(size=(2, *sizes, 16)).astype(np.float32)
    kernel = rng.normal(size=(*(k,) * len(sizes), 16, 17)).astype(np.float32)
    config.set_conv_algorithm(algorithm)
    try:
        y, dx, dk = with_gradients(x, kernel, dilation_rate=FAR, padding="same")
    finally:
        config.set_conv_algorithm("auto")
    middle = (k // 2,) * len(sizes)
    expected = np.zeros_like(kernel)
    expected[middle] = x.reshape(-1, 16).T @ y.reshape(-1, 17)
    np.testing.assert_allclose(y, x @ kernel[middle], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(dx, y @ kernel[middle].T, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(dk, expected, rtol=1e-4, atol=1e-2)


def transposed(sizes, **options):
    """A kernel of ones, of 3 taps an axis, put at pixels of 1 that are FAR apart."""
    x = np.ones((1, *sizes, 1), np.float32)
    return ops.conv_transpose(x, np.ones((3,) * len(sizes) + (1, 1)), strides=FAR, **options)


def test_images_spread_wide():
    y = transposed((3,)).ravel()
    assert np.array_equal(np.flatnonzero(y), [n * FAR + k for n in range(3) for k in range(3)])
    assert np.all(y[y != 0] == 1)


def test_images_that_no_memory_holds():
    with pytest.raises(MemoryError, match="allocate"):
        transposed((3, 3))
    with pytest.raises(ValueError, match="sizes whose product memory can hold, received a result"):
        transposed((300, 300, 300))


@pytest.mark.parametrize(("examples", "log_size"), [(8, 54), (9, 54), (9, 53)])
def test_maps_that_no_memory_holds(examples, log_size):
    def step(x):
        return [ops.sum(ops.flip(ops.broadcast_to(x, (*x.shape[:1], 2**log_size)), 1), 1)]

    with pytest.raises(MemoryError, match="allocate"):
        Function(step)(np.ones((examples, 1), np.float32))

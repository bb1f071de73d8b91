"""Gated, partial, pixel-adaptive convolution and squeeze-and-excitation, from their equations."""

from itertools import product

import numpy as np
import pytest

from pyconv import ops
from tests import reference
from tests.ops.oracle import check_op


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gated_conv(x, kernel, gate, bias=0.0, gate_bias=0.0, **geometry):
    y = np.tanh(reference.conv(x, kernel, bias=bias, **geometry))
    return y * sigmoid(reference.conv(x, gate, bias=gate_bias, **geometry))


@pytest.mark.parametrize("geometry", [{}, {"strides": 2, "padding": "same"}], ids=str)
def test_gated(geometry):
    inputs = draw(2, 5, 4, 3), draw(3, 2, 3, 9, seed=1), draw(3, 2, 3, 9, seed=2)
    biases = draw(9, seed=3), draw(9, seed=4)
    y = ops.gated_conv(*inputs, *biases, ops.tanh, **geometry)
    np.testing.assert_allclose(y, gated_conv(*inputs, *biases, **geometry), rtol=1e-5, atol=1e-5)


def test_gated_gradients():
    check_op(
        lambda x, a, b: ops.gated_conv(x, a, b, activation=ops.tanh, padding="same"),
        lambda x, a, b: gated_conv(x, a, b, padding="same"),
        draw(2, 4, 2), draw(3, 2, 2, seed=1), draw(3, 2, 2, seed=2), tolerance=3e-5,
    )  # fmt: skip


def partial_conv(x, mask, kernel, bias, pads, strides):
    """Window by window, with zeros around both."""
    around = [(0, 0), *pads, (0, 0)]
    x, mask = np.pad(np.float64(x), around), np.pad(np.float64(mask), around)
    *sizes, _, filters = kernel.shape
    outputs = [(i - k) // s + 1 for i, k, s in zip(x.shape[1:-1], sizes, strides, strict=True)]
    y, valid = np.zeros((len(x), *outputs, filters)), np.zeros((len(x), *outputs, 1))
    for n, *at in np.ndindex(len(x), *outputs):
        window = (
            n,
            *(slice(o * s, o * s + k) for o, s, k in zip(at, strides, sizes, strict=True)),
        )
        m = mask[window]
        if m.sum() > 0:
            seen = np.tensordot(x[window] * m, kernel, axes=m.ndim)
            y[(n, *at)] = seen * m.size / m.sum() + bias
            valid[(n, *at)] = 1
    return y, valid


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("geometry", "pads", "strides"),
    [
        ({}, [(0, 0), (0, 0)], (1, 1)),
        ({"padding": "same"}, [(1, 1), (0, 1)], (1, 1)),
        ({"padding": [(2, 0), (1, 1)], "strides": (2, 3)}, [(2, 0), (1, 1)], (2, 3)),
    ],
    ids=str,
)
def test_partial(geometry, pads, strides, channels):
    mask = (np.random.default_rng(5).random((2, 7, 6, channels)) < 0.3).astype("float32")
    mask[0, :5, :4] = 0
    x, kernel, bias = draw(2, 7, 6, 3), draw(3, 2, 3, 9, seed=1), draw(9, seed=2)
    results = ops.partial_conv(x, mask, kernel, bias, **geometry)
    expected = partial_conv(x, mask, kernel, bias, pads, strides)
    assert 0 < results[1].mean() < 1
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-5, atol=1e-5)


def test_partial_without_holes_is_convolution():
    x, kernel = draw(2, 6, 5, 4), draw(3, 3, 2, 6, seed=1)
    y, valid = ops.partial_conv(x, np.ones((2, 6, 5, 1)), kernel, groups=2, strides=2)
    np.testing.assert_allclose(y, reference.conv(x, kernel, 2, groups=2), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(valid, np.ones((2, 2, 2, 1)))


def test_partial_gradients():
    mask = np.float32([[1, 0, 0, 1, 1], [0, 0, 0, 0, 1]])[..., None]
    check_op(
        lambda x, k, b: ops.partial_conv(x, mask, k, b)[0],
        lambda x, k, b: partial_conv(x, mask, k, b, [(0, 0)], (1,))[0],
        draw(2, 5, 2), draw(2, 2, 3, seed=1), draw(3, seed=2),
    )  # fmt: skip


def test_gates_of_another_shape():
    with pytest.raises(ValueError, match="gate_kernel: expected the kernel's shape"):
        ops.gated_conv(draw(1, 4, 3), draw(2, 3, 1), draw(2, 3, 2))


def test_kernels_of_another_rank():
    x, kernel = draw(1, 4, 4, 3), draw(3, 3, 1)
    with pytest.raises(ValueError, match="partial_conv: expected an input"):
        ops.partial_conv(x, np.ones((1, 4, 4, 1)), kernel)
    with pytest.raises(ValueError, match="pixel_adaptive_conv: expected an input"):
        ops.pixel_adaptive_conv(x, x, kernel)


def test_partial_refuses_another_mask():
    with pytest.raises(ValueError, match="mask: expected the input's size"):
        ops.partial_conv(draw(1, 4, 3), np.ones((1, 4, 2)), draw(2, 3, 1))
    with pytest.raises(ValueError, match="mask: expected the input's size"):
        ops.partial_conv(draw(1, 4, 3), np.ones((1, 5, 1)), draw(2, 3, 1))


def pixel_adaptive_conv(x, guide, kernel, bias, pads, strides, dilation):
    around = [(0, 0), *pads, (0, 0)]
    x, guide = np.pad(np.float64(x), around), np.pad(np.float64(guide), around)
    *sizes, _, filters = kernel.shape
    outputs = [
        (i - d * (k - 1) - 1) // s + 1
        for i, k, s, d in zip(x.shape[1:-1], sizes, strides, dilation, strict=True)
    ]
    y = np.zeros((len(x), *outputs, filters)) + bias
    for at in product(*map(range, outputs)):
        middle = tuple(k // 2 for k in sizes)
        centre = guide[(slice(None), *reference.positions(at, strides, middle, dilation))]
        for cell in product(*map(range, sizes)):
            there = (slice(None), *reference.positions(at, strides, cell, dilation))
            near = np.exp(-0.5 * ((guide[there] - centre) ** 2).sum(-1, keepdims=True))
            y[(slice(None), *at)] += (x[there] * near) @ kernel[cell]
    return y


@pytest.mark.parametrize(
    ("geometry", "pads", "strides", "dilation"),
    [
        ({}, [(0, 0), (0, 0)], (1, 1), (1, 1)),
        ({"padding": "same", "dilation_rate": (1, 2)}, [(1, 1), (4, 4)], (1, 1), (1, 2)),
        ({"padding": 2, "strides": (2, 3)}, [(2, 2), (2, 2)], (2, 3), (1, 1)),
    ],
    ids=str,
)
def test_pixel_adaptive(geometry, pads, strides, dilation):
    x, guide, kernel = draw(2, 7, 8, 3), draw(2, 7, 8, 2, seed=1), draw(3, 5, 3, 9, seed=2)
    bias = draw(9, seed=3)
    y = ops.pixel_adaptive_conv(x, guide, kernel, bias=bias, **geometry)
    expected = pixel_adaptive_conv(x, guide, kernel, bias, pads, strides, dilation)
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)


def test_pixel_adaptive_with_an_even_guide_is_convolution():
    x, kernel = draw(2, 6, 5, 3), draw(3, 3, 3, 4, seed=1)
    for flip_kernel in (False, True):
        guide = np.ones((2, 6, 5, 1))
        y = ops.pixel_adaptive_conv(x, guide, kernel, flip_kernel=flip_kernel)
        expected = reference.conv(x, kernel[::-1, ::-1] if flip_kernel else kernel)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_pixel_adaptive_gradients():
    check_op(
        lambda x, f, k: ops.pixel_adaptive_conv(x, f, k, padding="same"),
        lambda x, f, k: pixel_adaptive_conv(x, f, k, 0.0, [(1, 1)], (1,), (1,)),
        draw(1, 4, 2), draw(1, 4, 2, seed=1), draw(3, 2, 1, seed=2), tolerance=3e-5,
    )  # fmt: skip


def test_pixel_adaptive_refuses():
    with pytest.raises(ValueError, match="kernel: expected odd sizes"):
        ops.pixel_adaptive_conv(draw(1, 4, 1), draw(1, 4, 1), draw(2, 1, 1))
    with pytest.raises(ValueError, match="guide: expected the input's size"):
        ops.pixel_adaptive_conv(draw(1, 4, 1), draw(1, 5, 1), draw(3, 1, 1))


def squeeze_excite(x, w1, w2, b1, b2):
    squeezed = x.mean(tuple(range(1, x.ndim - 1)), keepdims=True)
    return x * sigmoid(np.maximum(squeezed @ w1 + b1, 0) @ w2 + b2)


@pytest.mark.parametrize("sizes", [(5,), (3, 4), (2, 3, 2)], ids=str)
def test_squeeze_excite(sizes):
    inputs = draw(2, *sizes, 9), draw(9, 4, seed=1), draw(4, 9, seed=2)
    biases = draw(4, seed=3), draw(9, seed=4)
    y = ops.squeeze_excite(*inputs, *biases)
    np.testing.assert_allclose(y, squeeze_excite(*inputs, *biases), rtol=1e-5, atol=1e-5)


def test_squeeze_excite_gradients():
    inputs = draw(2, 3, 4), draw(4, 3, seed=1), draw(3, 4, seed=2), draw(3, seed=3), draw(4)
    check_op(ops.squeeze_excite, squeeze_excite, *inputs)

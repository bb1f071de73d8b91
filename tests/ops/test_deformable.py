"""Deformable convolution, from its equation."""

from itertools import product

import numpy as np
import pytest

from pyconv import ops
from tests import reference
from tests.ops.oracle import check_op


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def read(image, place):
    """sum_q image[q] prod_a max(0, 1 - |place_a - q_a|)."""
    value = np.zeros(image.shape[-1])
    for q in np.ndindex(image.shape[:-1]):
        weight = np.prod(np.maximum(0, 1 - np.abs(place - np.array(q))))
        value += weight * image[q]
    return value


def deformable_conv(x, offsets, kernel, strides, pads, dilation, mask=None, groups=1):
    *sizes, channels, filters = kernel.shape
    rank, outputs = len(sizes), offsets.shape[1:-1]
    offsets = offsets.reshape(len(x), *outputs, groups, *sizes, rank)
    mask = np.ones(offsets.shape[:-1]) if mask is None else mask.reshape(offsets.shape[:-1])
    parts = np.split(np.float64(x), groups, axis=-1)
    y = np.zeros((len(x), *outputs, filters))
    for n, *at in np.ndindex(len(x), *outputs):
        for cell in product(*map(range, sizes)):
            place = np.array(reference.positions(at, strides, cell, dilation)) - pads
            seen = [
                mask[(n, *at, g, *cell)] * read(parts[g][n], place + offsets[(n, *at, g, *cell)])
                for g in range(groups)
            ]
            y[(n, *at)] += np.concatenate(seen) @ kernel[cell]
    return y


CASES = [
    ((5, 4), (3, 2), {}, (1, 1), (0, 0), (1, 1), 1),
    ((5, 4), (3, 3), {"padding": "same"}, (1, 1), (1, 1), (1, 1), 2),
    ((7, 6), (2, 3), {"strides": (2, 3), "padding": 2, "dilation_rate": (1, 2)},
     (2, 3), (2, 2), (1, 2), 4),
    ((9,), (3,), {"strides": 2, "padding": "causal"}, (2,), (2,), (1,), 1),
    ((3, 4, 3), (2, 2, 1), {}, (1, 1, 1), (0, 0, 0), (1, 1, 1), 2),
]  # fmt: skip


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("sizes", "kernel_size", "geometry", "strides", "pads", "dilation", "groups"), CASES, ids=str
)
def test_values(sizes, kernel_size, geometry, strides, pads, dilation, groups, masked):
    x, kernel = draw(2, *sizes, 4), draw(*kernel_size, 4, 9, seed=1)
    outputs = reference.conv(x, kernel, **{**geometry, "padding": _pairs(geometry, kernel_size)})
    cells = np.prod(kernel_size) * groups
    offsets = 1.5 * draw(*outputs.shape[:-1], cells * len(sizes), seed=2)
    mask = draw(*outputs.shape[:-1], cells, seed=3) if masked else None
    y = ops.deformable_conv(x, offsets, kernel, mask=mask, offset_groups=groups, **geometry)
    expected = deformable_conv(x, offsets, kernel, strides, np.array(pads), dilation, mask, groups)
    np.testing.assert_allclose(y, expected, rtol=3e-5, atol=3e-5)


def _pairs(geometry, kernel_size):
    padding = geometry.get("padding", "valid")
    return [(padding, padding)] * len(kernel_size) if isinstance(padding, int) else padding


def test_without_offsets_it_is_convolution():
    x, kernel, bias = draw(2, 6, 5, 3), draw(3, 3, 3, 4, seed=1), draw(4, seed=2)
    for flip_kernel in (False, True):
        y = ops.deformable_conv(
            x, np.zeros((2, 3, 3, 18)), kernel, strides=2, padding="same", bias=bias,
            flip_kernel=flip_kernel,
        )  # fmt: skip
        turned = kernel[::-1, ::-1] if flip_kernel else kernel
        expected = reference.conv(x, turned, 2, "same", bias=bias)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_gradients():
    """At places between the pixels, where the reading has a slope."""
    offsets = np.random.default_rng(2).uniform(0.2, 0.8, (1, 2, 2, 8))
    check_op(
        lambda x, o, k, m: ops.deformable_conv(x, o, k, mask=m),
        lambda x, o, k, m: deformable_conv(x, o, k, (1, 1), np.zeros(2), (1, 1), m),
        draw(1, 3, 3, 1), offsets, draw(2, 2, 1, 2, seed=1), draw(1, 2, 2, 4, seed=3),
        tolerance=3e-5, second=False,
    )  # fmt: skip


def test_mistakes():
    x, kernel = draw(1, 4, 4, 2), draw(3, 3, 2, 1)
    with pytest.raises(ValueError, match=r"offsets: expected shape \(1, 2, 2, 18\)"):
        ops.deformable_conv(x, np.zeros((1, 4, 4, 18)), kernel)
    with pytest.raises(ValueError, match=r"mask: expected shape \(1, 2, 2, 9\)"):
        ops.deformable_conv(x, np.zeros((1, 2, 2, 18)), kernel, mask=np.zeros((1, 2, 2, 18)))
    with pytest.raises(ValueError, match="kernel: expected 2 channels"):
        ops.deformable_conv(x, np.zeros((1, 2, 2, 18)), draw(3, 3, 1, 1))

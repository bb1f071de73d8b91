"""Patches against literal windows and Keras, and unpooling against PyTorch."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.plan import Function
from tests import reference
from tests.ops.oracle import check_op

RNG = np.random.default_rng(6)


def patches(x, size, strides, dilation, padding, fill):
    """(n, spatial..., cells * channels) from the literal windows."""
    x = reference.surrounded(x, padding, size, strides, dilation, fill)
    walk = reference.windows(x, size, strides, dilation)
    count = np.prod(size) * x.shape[-1]
    return reference.output_of(
        ((at, cells.reshape(len(x), -1)) for at, cells in walk), len(x), count
    )


CASES = [
    ((2, 7, 3), (3,), (1,), (1,), "valid"),
    ((1, 6, 2), (2,), (3,), (2,), "same"),
    ((2, 5, 6, 3), (3, 2), (2, 1), (1, 2), "same"),
    ((1, 4, 4, 1), (4, 4), (1, 1), (1, 1), "valid"),
    ((2, 3, 4, 2), (2, 3), (1, 2), (1, 1), ((1, 0), (2, 1))),
    ((1, 3, 4, 3, 2), (2, 2, 1), (1, 2, 3), (1, 1, 1), "same"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_extract_patches(case):
    shape, size, strides, dilation, padding = case
    for fill in (0.0, -1.5):
        check_op(
            lambda x, f=fill: ops.square(
                ops.extract_patches(x, size, strides, dilation, padding, f)
            ),
            lambda x, f=fill: patches(x, size, strides, dilation, padding, f) ** 2,
            RNG.normal(size=shape),
        )


def test_patches_times_a_kernel_are_a_convolution():
    x, kernel = RNG.normal(size=(2, 9, 8, 17)), RNG.normal(size=(3, 2, 17, 5))
    flat = ops.extract_patches(x, (3, 2), strides=(2, 1), padding="same")
    got = ops.dense(flat, kernel.reshape(-1, 5))
    np.testing.assert_allclose(
        got, ops.conv(x, kernel, strides=(2, 1), padding="same"), rtol=1e-4, atol=1e-4
    )


def test_strides_are_the_size_by_default():
    assert ops.extract_patches(np.ones((0, 9, 7, 2)), 3).shape == (0, 3, 2, 18)
    with pytest.raises(ValueError, match="extract_patches: expected an input at least as large"):
        ops.extract_patches(np.ones((1, 3, 3, 1)), 4)


@pytest.mark.peer
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_patches_as_keras(padding):
    keras = pytest.importorskip("keras")
    x = RNG.normal(size=(2, 7, 6, 3)).astype("float32")
    for size, strides, dilation in ((3, 1, 2), ((3, 2), (2, 2), 1)):
        expected = keras.ops.image.extract_patches(x, size, strides, dilation, padding)
        np.testing.assert_array_equal(
            ops.extract_patches(x, size, strides, dilation, padding), np.asarray(expected)
        )


def unpool(x, indices, size):
    y = np.zeros((len(x), np.prod(size), x.shape[-1]))
    flat, places = x.reshape(len(x), -1, x.shape[-1]), indices.reshape(len(x), -1, x.shape[-1])
    for n, i, c in np.ndindex(flat.shape):
        y[n, places[n, i, c], c] = flat[n, i, c]
    return y.reshape(len(x), *size, x.shape[-1])


@pytest.mark.parametrize("size", [(9,), (4, 7), (3, 4, 2)], ids=str)
def test_max_unpool_undoes_max_pool(size):
    x = RNG.permutation(2 * np.prod(size) * 3).reshape(2, *size, 3) / 10.0
    y, indices = ops.max_pool_with_indices(x, 2)
    np.testing.assert_array_equal(y, ops.max_pool(x, 2))
    back = ops.max_unpool(y, indices, 2, output_size=size)
    np.testing.assert_array_equal(ops.max_pool(back, 2), y)
    check_op(
        lambda v: ops.square(ops.max_unpool(v, indices, 2, output_size=size)),
        lambda v: unpool(v, indices, size) ** 2,
        y,
    )


def test_unpooled_windows_that_overlap():
    """The last element for a place stays; the gradient knows."""
    x = np.array([0.0, 5.0, 1.0, 2.0, 5.5]).reshape(1, 5, 1)
    y, indices = ops.max_pool_with_indices(x, 3, strides=1)
    np.testing.assert_array_equal(indices.ravel(), [1, 1, 4])
    check_op(
        lambda v: ops.square(ops.max_unpool(v, indices, 3, 1)),
        lambda v: unpool(v, indices, (5,)) ** 2,
        y + [[[1.0], [2.0], [3.0]]],
    )


def test_unpooling_messages():
    y, indices = ops.max_pool_with_indices(np.ones((1, 6, 6, 2)), 2)
    with pytest.raises(ValueError, match="indices of the same shape"):
        ops.max_unpool(y, indices[:, :2], 2)
    with pytest.raises(ValueError, match="max_unpool: expected integers as indices"):
        ops.max_unpool(y, y, 2)
    with pytest.raises(ValueError, match=r"nearer than a stride to \(6, 6\), received \(8, 6\)"):
        ops.max_unpool(y, indices, 2, output_size=(8, 6))
    unpooled = Function(lambda v, i: [ops.max_unpool(v, i, 2)])
    with pytest.raises(ValueError, match="indices from -36 to 35, received 36"):
        unpooled(y, indices + np.int32(36))


@pytest.mark.peer
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_indices_and_unpooling_as_torch(rank):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    sizes = (11, 9, 7)[:rank]
    for seed in range(12):
        rng = np.random.default_rng(seed)
        k, s, d = rng.integers(1, 4, 3).tolist()
        p = int(rng.integers(0, k // 2 + 1))
        ceil = bool(rng.integers(2))
        x = np.round(rng.normal(size=(2, *sizes, 3)) * 3).astype("float32")  # ties
        last = torch.from_numpy(np.moveaxis(x, -1, 1).copy())
        pool = getattr(functional, f"max_pool{rank}d")
        y, indices = pool(last, k, s, p, d, ceil, return_indices=True)
        got = ops.max_pool_with_indices(x, k, s, p, d, ceil)
        for a, b in zip(got, (y, indices), strict=True):
            np.testing.assert_array_equal(np.moveaxis(a, -1, 1), b.numpy())
        if d == 1 and s >= k:
            back = getattr(functional, f"max_unpool{rank}d")(y, indices, k, s, p, sizes)
            mine = ops.max_unpool(*got, k, s, p, output_size=sizes)
            np.testing.assert_array_equal(np.moveaxis(mine, -1, 1), back.numpy())

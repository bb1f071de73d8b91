"""Rearranging and reducing against float64 NumPy, gradients against differences."""

import numpy as np
import pytest

from pyconv import Input, ops, random
from tests.ops.oracle import check_op

RNG = np.random.default_rng(3)
X = RNG.permutation(24).reshape(2, 3, 4) / 7.0 + 0.3  # distinct, so that extremes have gradients

AXES = [None, 0, 1, -1, (0, 1), (1, 2), (0, 2), (0, 1, 2)]


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod"])
def test_reduce(name, axis):
    for keepdims in (False, True):
        check_op(
            lambda x: getattr(ops, name)(x, axis, keepdims),
            lambda x: getattr(np, name)(x, axis, keepdims=keepdims),
            X if name != "prod" else X / X.mean(),
            second=name in ("sum", "mean"),
            tolerance=3e-5,
        )


@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 17), (33, 65), (100, 3), (3, 4097)])
def test_reduce_sizes(shape):
    x = RNG.normal(size=shape).astype(np.float32)
    for axis in (0, 1):
        np.testing.assert_allclose(
            ops.sum(x, axis), x.sum(axis, dtype=np.float64), rtol=1e-5, atol=1e-5
        )
        np.testing.assert_array_equal(ops.max(x, axis), x.max(axis))
        np.testing.assert_array_equal(ops.argmax(x, axis), x.argmax(axis))
        np.testing.assert_array_equal(ops.argmin(x, axis), x.argmin(axis))


def test_long_sums_are_accurate():
    x = RNG.uniform(0, 1, 3_000_000).astype(np.float32)
    assert abs(float(ops.sum(x)) / x.sum(dtype=np.float64) - 1) < 3e-7
    y = x.reshape(-1, 3)
    np.testing.assert_allclose(ops.sum(y, 0), y.sum(0, dtype=np.float64), rtol=1e-6)


def test_argmax_takes_the_first_of_equals():
    x = np.zeros((3, 20), np.float32)
    x[1, 7] = x[1, 12] = 2.0
    np.testing.assert_array_equal(ops.argmax(x, -1), [0, 7, 0])


@pytest.mark.parametrize("axes", [0, -1, (0, 1), (1, 2), (0, 2)], ids=str)
def test_moments(axes):
    for i, reference in enumerate((np.mean, np.var)):
        check_op(
            lambda x: ops.moments(x, axes, keepdims=True)[i],
            lambda x: reference(x, axes, keepdims=True),
            X,
        )


def test_moments_of_shifted_data():
    x = (RNG.normal(size=(5000, 3)) + 1000).astype(np.float32)
    mean, variance = ops.moments(x, 0)
    np.testing.assert_allclose(mean, x.mean(0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(variance, x.astype(np.float64).var(0), rtol=1e-3)


REARRANGE = {
    "reshape": (lambda x: ops.reshape(x, (4, -1)), lambda x: x.reshape(4, -1)),
    "transpose": (lambda x: ops.transpose(x, (2, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    "transpose_all": (ops.transpose, lambda x: x.T),
    "squeeze": (
        lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
        lambda x: x,
    ),
    "broadcast": (
        lambda x: ops.broadcast_to(ops.expand_dims(x, 1), (2, 5, 3, 4)),
        lambda x: np.broadcast_to(x[:, None], (2, 5, 3, 4)),
    ),
    "concatenate": (
        lambda x: ops.concatenate([x, x * 2.0, x], 1),
        lambda x: np.concatenate([x, x * 2, x], 1),
    ),
    "stack": (lambda x: ops.stack([x, x], 1), lambda x: np.stack([x, x], 1)),
    "pad": (
        lambda x: ops.pad(x, [(0, 0), (2, 1), (0, 3)], constant_values=1.5),
        lambda x: np.pad(x, [(0, 0), (2, 1), (0, 3)], constant_values=1.5),
    ),
    "flip": (lambda x: ops.flip(x, (1, 2)), lambda x: x[:, ::-1, ::-1]),
    "index": (lambda x: x[1, ..., None, 1:], lambda x: x[1, ..., None, 1:]),
    "steps": (lambda x: x[:, ::2, ::-3], lambda x: x[:, ::2, ::-3]),
    "last": (lambda x: x[..., -1], lambda x: x[..., -1]),
}


@pytest.mark.parametrize("name", REARRANGE)
def test_rearrange(name):
    op, reference = REARRANGE[name]
    check_op(lambda x: ops.square(op(x)), lambda x: reference(x) ** 2, X)


def test_messages():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match="cannot give"):
        ops.reshape(x, (4, -1))
    with pytest.raises(ValueError, match="some order"):
        ops.transpose(x, (0, 0))
    with pytest.raises(ValueError, match="sum: expected an axis from -2 to 1"):
        ops.sum(x, 2)
    with pytest.raises(ValueError, match="differ on axis 0 only"):
        ops.concatenate([x, np.zeros((2, 4))], 0)


def test_one_hot_and_labels_out_of_range():
    np.testing.assert_array_equal(ops.one_hot([[1], [0]], 3), [[[0, 1, 0]], [[1, 0, 0]]])
    np.testing.assert_array_equal(ops.one_hot([3, -1], 3, axis=0), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="labels from 0 to 1.*received -1"):
        ops.sparse_softmax_cross_entropy(np.zeros((2, 2)), [0, -1])


def test_cross_entropies():
    z = RNG.normal(size=(3, 2, 5)) * 3
    labels = RNG.integers(0, 5, (3, 2))
    targets = RNG.uniform(0, 1, (3, 2, 5))

    def log_softmax(v):
        return v - np.log(np.exp(v).sum(-1, keepdims=True))

    check_op(
        lambda v: ops.sparse_softmax_cross_entropy(v, labels),
        lambda v: -np.take_along_axis(log_softmax(v), labels[..., None], -1)[..., 0],
        z,
    )
    check_op(ops.softmax_cross_entropy, lambda v, t: -(t * log_softmax(v)).sum(-1), z, targets)
    check_op(  # one number flows into all rows
        lambda v, t: ops.mean(ops.softmax_cross_entropy(v, t)),
        lambda v, t: -(t * log_softmax(v)).sum(-1).mean(),
        z,
        targets,
    )
    check_op(
        lambda v: ops.sum(ops.sparse_softmax_cross_entropy(v, labels)),
        lambda v: -np.take_along_axis(log_softmax(v), labels[..., None], -1).sum(),
        z,
    )
    check_op(
        ops.sigmoid_cross_entropy,
        lambda v, t: np.maximum(v, 0) - v * t + np.log1p(np.exp(-np.abs(v))),
        z,
        targets,
    )


@pytest.mark.parametrize("sizes", [np.array([2, 6]), ops.stack([2, 6]), [np.array(2), 6]])
def test_sizes_may_be_arrays(sizes):
    x = np.arange(12.0, dtype="float32").reshape(3, 4)
    shape = (2, 6)
    np.testing.assert_array_equal(ops.reshape(x, sizes), x.reshape(shape))
    np.testing.assert_array_equal(ops.tile(x, sizes), np.tile(x, shape))
    np.testing.assert_array_equal(ops.broadcast_to(x[0, 0], sizes), np.broadcast_to(0, shape))
    for made in (ops.zeros(sizes), ops.ones(sizes), ops.full(sizes, 1), random.normal(sizes)):
        assert made.shape == shape
    np.testing.assert_array_equal(ops.sum(x, np.array(1)), x.sum(1))


@pytest.mark.parametrize("places", [[-1], [2, -1], [5], [7], [3, 1], [-7], [1, 1], [], 5, 1])
@pytest.mark.parametrize("size", [5, 0])
def test_split_cuts_where_numpy_does(places, size):
    x = np.arange(2.0 * size, dtype="float32").reshape(2, size)
    symbol = Input((size,))
    parts = np.split(x, places, axis=1)
    for split in (ops.split, ops.array_split):
        assert [p.tolist() for p in split(x, places, axis=1)] == [p.tolist() for p in parts]
    described = ops.split(symbol, places, axis=1) if size else parts
    assert [p.shape[1] for p in described] == [p.shape[1] for p in parts]


@pytest.mark.parametrize("parts", [0, -2])
def test_split_refuses_numbers_of_parts_that_are_none(parts):
    for split in (ops.split, ops.array_split):
        with pytest.raises(ValueError, match="expected a number of parts"):
            split(np.ones(4), parts)


def test_axes_differ():
    for function, axes in ((ops.sum, (0, 0)), (ops.max, [1, -1]), (ops.expand_dims, (0, 0))):
        with pytest.raises(ValueError, match="expected axes that differ, received"):
            function(np.ones((2, 3)), axes)


def test_sizes_are_whole():
    for shape in ((2.5, 3), 2.5, np.array([2.0, 3.0])):
        with pytest.raises(TypeError, match="integer"):
            ops.zeros(shape)


def test_counts_and_places_may_be_arrays():
    x = np.arange(64.0, dtype="float32").reshape(1, 8, 8, 1)
    two = ops.convert_to_tensor(2)
    parts = ops.split(x, ops.convert_to_tensor([3]), axis=1)
    assert [part.shape[1] for part in parts] == [3, 5]
    assert ops.segment_sum(np.ones(3), np.array([0, 1, 1]), num_segments=two).tolist() == [1, 2]
    cropped = ops.image.crop_images(x, two, two, target_height=3, target_width=3)
    np.testing.assert_array_equal(cropped, x[:, 2:5, 2:5])
    assert ops.image.pad_images(x, two, two, target_height=12, target_width=12).shape[1] == 12

"""Pixel shuffles, repetition and tiling against index arithmetic, NumPy and peers."""

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.layers import Input
from pyconv.plan import Function
from tests.ops.oracle import check_op

RNG = np.random.default_rng(14)


def shuffled(x, r, torch_order):
    """y[r i + a, r j + b, c] = x[i, j, channel] by its definition; 1-D has one row."""
    n, h, w, channels = x.shape
    rows = r if h > 1 else 1
    c = channels // (rows * r)
    y = np.zeros((n, h * rows, w * r, c))
    for i, j, a, b, k in np.ndindex(h, w, rows, r, c):
        place = a * r + b
        source = k * rows * r + place if torch_order else place * c + k
        y[:, rows * i + a, r * j + b, k] = x[:, i, j, source]
    return y


@pytest.mark.parametrize("r", [1, 2, 3])
@pytest.mark.parametrize("c", [1, 2, 5])
def test_two_axes(r, c):
    x = RNG.normal(size=(2, 3, 4, c * r * r)).astype(np.float32)
    for forth, back, torch_order in (
        (ops.pixel_shuffle, ops.pixel_unshuffle, True),
        (ops.depth_to_space, ops.space_to_depth, False),
    ):
        y = forth(x, r)
        np.testing.assert_array_equal(y, shuffled(x, r, torch_order))
        np.testing.assert_array_equal(back(y, r), x)


def test_one_axis():
    x = RNG.normal(size=(2, 4, 6)).astype(np.float32)
    for forth, back, torch_order in (
        (ops.pixel_shuffle, ops.pixel_unshuffle, True),
        (ops.depth_to_space, ops.space_to_depth, False),
    ):
        y = forth(x, 3)
        np.testing.assert_array_equal(y, shuffled(x[:, None], 3, torch_order)[:, 0])
        np.testing.assert_array_equal(back(y, 3), x)


def test_derivatives():
    x = RNG.normal(size=(2, 2, 2, 8))
    check_op(lambda x: ops.square(ops.pixel_shuffle(x, 2)), lambda x: shuffled(x, 2, True) ** 2, x)


REPETITIONS = {
    "repeat_0": (lambda x, m: m.repeat(x, 3, axis=0)),
    "repeat_1": (lambda x, m: m.repeat(x, 2, axis=1)),
    "repeat_last": (lambda x, m: m.repeat(x, 2, axis=-1)),
    "tile_one": (lambda x, m: m.tile(x, 2)),
    "tile_all": (lambda x, m: m.tile(x, (2, 1, 3))),
    "tile_more": (lambda x, m: m.tile(x, (2, 1, 1, 3))),
    "tile_few": (lambda x, m: m.tile(x, (3, 1))),
}


@pytest.mark.parametrize("name", REPETITIONS)
def test_repetition(name):
    call = REPETITIONS[name]
    x = RNG.normal(size=(2, 3, 4))
    check_op(lambda x: ops.square(call(x, ops)), lambda x: call(x, np) ** 2, x)
    np.testing.assert_array_equal(ops.repeat(np.int32([1, 2]), 2, 0), [1, 1, 2, 2])


def test_free_sizes():
    inputs = Input((None, 6))
    outputs = ops.repeat(ops.pixel_shuffle(inputs, 2), 3, axis=1)
    model = pyconv.Model(inputs, outputs)
    x = RNG.normal(size=(3, 5, 6)).astype(np.float32)
    expected = np.repeat(ops.pixel_shuffle(x, 2), 3, axis=1)
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


def test_messages():
    x = np.zeros((1, 4, 4, 6))
    with pytest.raises(ValueError, match=r"channels that 2\^2 divides, received 6"):
        ops.pixel_shuffle(x, 2)
    with pytest.raises(ValueError, match="sizes that 3 divides"):
        ops.pixel_unshuffle(x, 3)
    with pytest.raises(ValueError, match="positive integer factor"):
        ops.depth_to_space(x, 0)
    with pytest.raises(ValueError, match="1 or 2 spatial axes"):
        ops.space_to_depth(np.zeros((1, 2, 2, 2, 1)), 2)
    with pytest.raises(ValueError, match="`repeats` from 0"):
        ops.repeat(x, -1, 1)
    with pytest.raises(ValueError, match="other than that of the examples"):
        Function(lambda x: [ops.repeat(x, 2, 0)])(np.zeros((2, 3), "float32"))


@pytest.mark.peer
def test_torch():
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=(2, 12, 3, 5)).astype(np.float32)
    y = torch.nn.functional.pixel_shuffle(torch.tensor(x), 2)
    ours = ops.pixel_shuffle(x.transpose(0, 2, 3, 1), 2)
    np.testing.assert_array_equal(ours.transpose(0, 3, 1, 2), y)
    back = ops.pixel_unshuffle(ours, 2).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(back, torch.nn.functional.pixel_unshuffle(y, 2))


@pytest.mark.peer
def test_tensorflow():
    nn = pytest.importorskip("tensorflow").nn
    x = RNG.normal(size=(2, 3, 5, 12)).astype(np.float32)
    y = nn.depth_to_space(x, 2).numpy()
    np.testing.assert_array_equal(ops.depth_to_space(x, 2), y)
    np.testing.assert_array_equal(ops.space_to_depth(y, 2), nn.space_to_depth(y, 2))

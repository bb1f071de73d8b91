"""ops.pad against NumPy's, gradients against differences."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.plan import Function
from tests.ops.oracle import check_op

MODES = ["constant", "reflect", "symmetric", "edge", "wrap"]
RNG = np.random.default_rng(4)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("shape", "pairs"),
    [
        ((2, 5, 3), [(0, 0), (2, 1), (0, 2)]),
        ((1, 4), [(0, 0), (3, 3)]),
        ((3,), [(7, 8)]),  # wider than the axis
        ((1, 1), [(2, 1), (0, 3)]),
        ((2,), [(0, 0)]),
    ],
    ids=str,
)
def test_pad(shape, pairs, mode):
    check_op(
        lambda x: ops.square(ops.pad(x, pairs, mode)),
        lambda x: np.pad(x, pairs, mode) ** 2,
        RNG.normal(size=shape),
    )


def test_modes_per_axis():
    x = RNG.normal(size=(2, 3, 4, 3))
    pairs = [(0, 0), (1, 2), (2, 0), (1, 1)]
    modes = ["constant", "constant", "circular", "replicate"]
    expected = np.pad(x, [pairs[0], pairs[1], (0, 0), (0, 0)], constant_values=7.0)
    expected = np.pad(expected, [(0, 0), (0, 0), pairs[2], (0, 0)], "wrap")
    expected = np.pad(expected, [(0, 0)] * 3 + [pairs[3]], "edge")
    np.testing.assert_allclose(ops.pad(x, pairs, modes, 7.0), expected, rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 7, 8, 9, 15, 16, 17, 33])
def test_channels(channels):
    x = RNG.normal(size=(2, 4, 5, channels)).astype(np.float32)
    pairs = [(0, 0), (2, 1), (1, 3), (0, 0)]
    for mode in MODES:
        padded = Function(lambda v, m=mode: [ops.pad(v, pairs, m)])
        np.testing.assert_array_equal(padded(x)[0], np.pad(x, pairs, mode))
        assert padded(x[:0])[0].shape == (0, 7, 9, channels)


def test_integers_stay():
    assert ops.pad(np.int32([1, 2]), [(1, 1)], "reflect").tolist() == [2, 1, 2, 1]


def test_crop():
    x = RNG.normal(size=(2, 5, 3))
    pairs = [(0, 0), (2, 1), (0, 1)]
    check_op(lambda v: ops.square(ops.crop(v, pairs)), lambda v: v[:, 2:4, :2] ** 2, x)
    padded = ops.pad(x, pairs, "reflect")
    np.testing.assert_array_equal(ops.crop(padded, pairs), np.float32(x))
    with pytest.raises(ValueError, match="expected `crop_width` to leave something"):
        ops.crop(x, [(0, 0), (3, 2), (0, 0)])


def test_messages():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match="expected `mode` to be one of constant.*'mirror'"):
        ops.pad(x, [(0, 0), (1, 1)], "mirror")
    with pytest.raises(ValueError, match="2 pairs of sizes from 0 as `pad_width`"):
        ops.pad(x, [(1, 1)] * 3)
    with pytest.raises(ValueError, match="expected elements along axis 1"):
        ops.pad(np.zeros((2, 0)), [(0, 0), (1, 1)], "edge")
    with pytest.raises(ValueError, match="axis of examples"):
        Function(lambda v: [ops.pad(v, [(1, 0), (0, 0)])])(np.zeros((2, 3), "float32"))

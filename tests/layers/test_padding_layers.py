"""Padding and cropping layers against NumPy, PyTorch and Keras."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array, run, run_with_gradients

KINDS = {
    "Zero": ("constant", "ConstantPad"),
    "Reflection": ("reflect", "ReflectionPad"),
    "Replication": ("edge", "ReplicationPad"),
    "Circular": ("wrap", "CircularPad"),
}
SIZES = (5, 4, 6)
PAIRS = ((1, 2), (3, 0), (2, 1))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_padding(kind, rank, data_format):
    x = random_array(2, *SIZES[:rank], 3)
    pairs = ((0, 0), *PAIRS[:rank], (0, 0))
    expected = np.pad(x, pairs, KINDS[kind][0])
    layer = getattr(layers, f"{kind}Padding{rank}D")(PAIRS[:rank], data_format)
    if data_format == "channels_first":
        x, expected = np.moveaxis(x, -1, 1).copy(), np.moveaxis(expected, -1, 1)
    np.testing.assert_array_equal(run(layer, x), expected)


@pytest.mark.peer
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_padding_as_pytorch(kind, rank):
    torch = pytest.importorskip("torch")
    x = random_array(2, *SIZES[:rank], 3)
    arguments = [size for pair in reversed(PAIRS[:rank]) for size in pair]
    module = getattr(torch.nn, f"{KINDS[kind][1]}{rank}d")
    module = module(arguments, 0.0) if kind == "Zero" else module(arguments)
    leaf = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
    expected = module(leaf)
    (expected**3 / 3).sum().backward()
    layer = getattr(layers, f"{kind}Padding{rank}D")(PAIRS[:rank])
    y, dx = run_with_gradients(layer, x)
    np.testing.assert_array_equal(y, np.moveaxis(expected.detach().numpy(), 1, -1))
    np.testing.assert_allclose(dx, np.moveaxis(leaf.grad.numpy(), 1, -1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_cropping(rank):
    x = random_array(2, *SIZES[:rank], 3)
    cut = tuple(slice(a, s - b) for s, (a, b) in zip(SIZES, PAIRS[:rank], strict=False))
    layer = getattr(layers, f"Cropping{rank}D")
    np.testing.assert_array_equal(run(layer(PAIRS[:rank]), x), x[(slice(None), *cut)])
    first = layer(PAIRS[:rank], data_format="channels_first")
    moved = run(first, np.moveaxis(x, -1, 1).copy())
    np.testing.assert_array_equal(np.moveaxis(moved, 1, -1), x[(slice(None), *cut)])
    default = {1: 1, 2: 0, 3: 1}[rank]
    assert run(layer(), x).shape[1:-1] == tuple(s - 2 * default for s in SIZES[:rank])


def test_free_sizes_stay_free():
    images = layers.Input((None, 7, 3))
    assert layers.CircularPadding2D(1)(images).shape == (None, None, 9, 3)
    assert layers.Cropping2D(1)(images).shape == (None, None, 5, 3)


def test_messages():
    with pytest.raises(ValueError, match="expected `padding` to be an integer.*received \\(1,\\)"):
        layers.ReflectionPadding2D((1,))
    with pytest.raises(ValueError, match="expected `cropping` to be an integer.*received -1"):
        layers.Cropping1D(-1)
    with pytest.raises(ValueError, match="layer cut: crop: expected `crop_width` to leave"):
        layers.Cropping1D(2, name="cut")(random_array(2, 4, 1))

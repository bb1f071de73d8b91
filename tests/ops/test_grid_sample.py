"""Sampling against the literal sum over pixels, in float64, and against PyTorch's."""

from itertools import product

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.graph import as_tensor, gradients
from pyconv.layers import Input
from pyconv.plan import Function
from tests.ops.oracle import check_op, graph_gradients

RNG = np.random.default_rng(12)
PADS = {"nearest": "edge", "reflect": "symmetric", "mirror": "reflect", "wrap": "wrap"}
FAR = 12  # pixels around the image that the reference writes out


def reference(x, points, fill_mode="constant", fill_value=0.0, interpolation="bilinear"):
    """y[p] = sum_q x[q] prod_a max(0, 1 - |p_a - q_a|) over the image and FAR pixels around it."""
    rank = x.ndim - 2
    pairs = [(0, 0), *[(FAR, FAR)] * rank, (0, 0)]
    if fill_mode == "constant":
        wide = np.pad(x, pairs, constant_values=fill_value)
    else:
        wide = np.pad(x, pairs, mode=PADS[fill_mode])
    y = np.zeros((*points.shape[:-1], x.shape[-1]))
    for at in np.ndindex(points.shape[:-1]):
        point = points[at] + FAR
        if interpolation == "nearest":
            y[at] = wide[(at[0], *np.rint(point).astype(int))]
            continue
        first = np.floor(point).astype(int)
        for side in product((0, 1), repeat=rank):
            q = first + side
            y[at] += wide[(at[0], *q)] * np.prod(np.maximum(0, 1 - np.abs(point - q)))
    return y


def random_points(n, count, sizes, beyond=3.0):
    """Points inside and around the image, away from where the slope jumps."""
    points = RNG.uniform(-beyond, np.array(sizes) - 1 + beyond, (n, count, len(sizes)))
    return np.floor(points) + np.clip(points - np.floor(points), 0.1, 0.9)


@pytest.mark.parametrize("fill_mode", ["constant", *PADS])
@pytest.mark.parametrize("sizes", [(5,), (3, 4), (2, 3, 2)], ids=str)
def test_value_and_derivatives(sizes, fill_mode):
    x = RNG.normal(size=(2, *sizes, 2))
    points = random_points(2, 4, sizes)
    check_op(
        lambda x, p: ops.square(ops.grid_sample(x, p, fill_mode=fill_mode)),
        lambda x, p: reference(x, p, fill_mode) ** 2,
        x,
        points,
        tolerance=2e-4,
    )


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["constant", *PADS])
def test_channels(fill_mode, interpolation):
    for c in (1, 7, 8, 9, 15, 16, 17, 33, 130):
        x = RNG.normal(size=(3, 4, 5, c)).astype(np.float32)
        points = random_points(3, 11, (4, 5), 7.0).astype(np.float32)
        y = ops.grid_sample(x, points, interpolation, fill_mode, 1.5)
        expected = reference(np.float64(x), points, fill_mode, 1.5, interpolation)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_one_pixel_and_no_examples():
    x = np.full((2, 1, 1, 3), 2.0)
    for fill_mode in PADS:
        y = ops.grid_sample(x, random_points(2, 5, (1, 1)), fill_mode=fill_mode)
        np.testing.assert_allclose(y, 2.0, rtol=1e-6)
    assert ops.grid_sample(np.zeros((0, 2, 2, 1)), np.zeros((0, 4, 2))).shape == (0, 4, 1)
    assert ops.grid_sample(np.zeros((2, 2, 2, 1)), np.zeros((2, 0, 2))).shape == (2, 0, 1)


def test_points_that_are_no_numbers():
    x = np.ones((1, 3, 3, 2))
    points = [[[np.nan, 1.0], [np.inf, 0.0], [-1e30, 1e30], [1.0, 1.0]]]
    for fill_mode in ("constant", *PADS):
        for interpolation in ("bilinear", "nearest"):
            y = ops.grid_sample(x, points, interpolation, fill_mode)
            assert np.isnan(y[0, 0]).all() and np.isfinite(y[0, 1:]).all() and y[0, 3, 0] == 1


def test_shapes_of_points():
    x = RNG.normal(size=(2, 4, 5, 3))
    points = random_points(1, 12, (4, 5))
    grid = ops.grid_sample(x, points.reshape(1, 3, 4, 2))
    assert grid.shape == (2, 3, 4, 3)
    both = ops.grid_sample(x, np.repeat(points, 2, 0))
    np.testing.assert_array_equal(grid.reshape(2, 12, 3), both)


def test_index():
    x = RNG.normal(size=(3, 4, 5, 20))
    index = np.int32([2, 0, 2, 2])
    points = random_points(4, 6, (4, 5))
    check_op(
        lambda x, p: ops.square(ops.grid_sample(x, p, index=index)),
        lambda x, p: reference(x[index], p) ** 2,
        x[..., :2],
        points,
        tolerance=2e-4,
    )
    with pytest.raises(ValueError, match="indices of the images.*received 3"):
        ops.grid_sample(x, points, index=np.int32([0, 3, 0, 0]))


@pytest.mark.parametrize("indexed", [False, True])
def test_the_same_bits_for_all_threads(indexed):
    x = RNG.normal(size=(3, 30, 30, 70)).astype(np.float32)
    points = random_points(5 if indexed else 3, 900, (30, 30)).astype(np.float32)
    index = np.int32([0, 1, 0, 0, 2]) if indexed else None
    seed = RNG.normal(size=(*points.shape[:2], 70))
    before, results = pyconv.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            pyconv.set_num_threads(threads)
            op = lambda x, p: ops.grid_sample(x, p, index=index)  # noqa: E731
            y, flows = graph_gradients(op, [x, points], seed)
            results.append([y, *flows])
    finally:
        pyconv.set_num_threads(before)
    for result in results[1:]:
        for a, b in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(a, b)


def test_in_a_model():
    images, points = Input((6, 7, 3)), Input((2, 5, 2))
    model = pyconv.Model([images, points], ops.grid_sample(images, points, fill_mode="reflect"))
    x = RNG.normal(size=(40, 6, 7, 3)).astype(np.float32)
    p = random_points(40, 10, (6, 7)).reshape(40, 2, 5, 2).astype(np.float32)
    expected = reference(np.float64(x), p, "reflect")
    np.testing.assert_allclose(model.predict([x, p], verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_third_derivative_says_so():
    x, points = RNG.normal(size=(1, 3, 3, 1)), random_points(1, 1, (3, 3))

    def slope(t, source):
        return gradients(t, as_tensor(np.ones(t.shape)), [source])[0]

    def third(x, p):
        total = ops.grid_sample(x, p).sum()
        for _ in range(3):
            total = slope(total, p).sum()
        return [total]

    with pytest.raises(ValueError, match="at most two derivatives"):
        Function(third, batched=False)(np.float32(x), np.float32(points))


def test_messages():
    x = np.zeros((2, 3, 4, 1))
    cases = [
        ((x, np.zeros((2, 5, 3))), {}, "expected points"),
        ((x, np.zeros((3, 5, 2))), {}, "expected points"),
        ((x[0, 0], np.zeros((2, 5, 2))), {}, "1 to 3 spatial axes"),
        ((x, np.zeros((2, 5, 2))), {"fill_mode": "zero"}, "`fill_mode`"),
        ((x, np.zeros((2, 5, 2))), {"interpolation": "cubic"}, "`interpolation`"),
        ((x, np.zeros((2, 5, 2))), {"fill_value": np.inf}, "`fill_value`"),
    ]
    for args, kwargs, message in cases:
        with pytest.raises(ValueError, match=message):
            ops.grid_sample(*args, **kwargs)
    with pytest.raises(ValueError, match="`index`"):  # of any number of examples
        Function(lambda x: [ops.grid_sample(x, np.zeros((2, 5, 2)), index=np.zeros(2))])(
            x.astype("float32")
        )


@pytest.mark.peer
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_torch(mode, padding):
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=(2, 5, 6, 9)).astype(np.float32)
    points = random_points(2, 20, (5, 6)).astype(np.float32)
    scaled = torch.tensor((points * 2 / np.float32([4, 5]) - 1)[:, None, :, ::-1].copy())
    theirs = torch.nn.functional.grid_sample(
        torch.tensor(x).permute(0, 3, 1, 2), scaled, mode, padding, align_corners=True
    )
    ours = {"zeros": "constant", "border": "nearest", "reflection": "mirror"}[padding]
    np.testing.assert_allclose(
        ops.grid_sample(x, points, mode, ours),
        theirs.numpy()[:, :, 0].transpose(0, 2, 1),
        rtol=1e-4,
        atol=1e-4,
    )

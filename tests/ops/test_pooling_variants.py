"""Lp, Gaussian, learned, blurred, random, adaptive pooling and pooling over channels, against
literal windows in float64; random draws against their literal probabilities."""

from itertools import product

import numpy as np
import pytest

from pyconv import Variable, ops
from pyconv.graph import gradients
from pyconv.plan import Function
from tests import reference
from tests.ops.oracle import check_op

RNG = np.random.default_rng(9)

# (shape, pool_size, strides, padding); the last three are (before, after) pairs of a ceil mode
CASES = [
    ((2, 7, 3), 3, 2, "valid"),
    ((1, 5, 1), 3, 1, "same"),
    ((2, 5, 6, 3), (3, 2), (2, 1), "same"),
    ((1, 4, 5, 2), 3, 2, ((1, 0), (2, 1))),
    ((1, 3, 4, 3, 2), 2, (1, 2, 3), "valid"),
]


def distinct(*shape):
    """Numbers of both signs with gaps, so that maxima have gradients."""
    return RNG.permutation(np.prod(shape)).reshape(shape) / 9.0 - 2.05


def new_key(seed=3):
    return Variable([seed, 0], dtype="int32", trainable=False)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("p", [1, 2, 2.5, 3])
def test_lp_pool(case, p):
    shape, *arguments = case

    def norm(cells, axis):
        return (np.abs(cells) ** p).sum(axis) ** (1 / p)

    check_op(
        lambda x: ops.lp_pool(x, p, *arguments),
        lambda x: reference.pooled(norm, 0.0, x, *arguments),
        distinct(*shape),
        tolerance=3e-5,
        second=p == 2,
    )


def test_lp_pool_of_zeros_has_no_gradient():
    def step(x):
        y = ops.lp_pool(x, 2, 2)
        return [y, *gradients(y, y + 1.0, [x])]

    y, gradient = Function(step)(np.array([0, 0, 3, 4], "float32").reshape(1, 4, 1))
    np.testing.assert_allclose(y.ravel(), [0, 5])
    np.testing.assert_allclose(gradient.ravel(), [0, 0, 3.6, 4.8], rtol=1e-6)


@pytest.mark.peer
def test_lp_pool_as_torch():
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=(2, 9, 8, 3)).astype("float32")
    for p, k, s in ((2, 3, 2), (4, 2, 1)):
        peer = torch.nn.functional.lp_pool2d(torch.from_numpy(np.moveaxis(x, -1, 1)), p, k, s)
        np.testing.assert_allclose(
            np.moveaxis(ops.lp_pool(x, p, k, s), -1, 1), peer.numpy(), rtol=1e-5
        )


def gaussian(size, sigma):
    """The literal weights of a window's cells, row by row."""
    centre = (np.array(size) - 1) / 2
    squares = [np.sum((np.array(cell) - centre) ** 2) for cell in product(*map(range, size))]
    return np.exp(-np.array(squares) / (2 * sigma**2))[:, None]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gaussian_pool(case):
    shape, *arguments = case
    weights = gaussian(reference.per_axis(arguments[0], len(shape) - 2), 0.8)

    def mean(cells, axis):
        inside = ~np.isnan(cells)
        return np.nansum(weights * cells, axis) / np.sum(weights * inside, axis)

    check_op(
        lambda x: ops.gaussian_pool(x, 0.8, *arguments),
        lambda x: reference.pooled(mean, np.nan, x, *arguments),
        distinct(*shape),
        second=False,
    )


def test_hanging_windows():
    """In ceil mode a pooling is that of an image with padding at its end, which does not count."""
    x = np.abs(distinct(2, 6, 4, 3))
    more = ((0, 1), (0, 1))
    for pool in (
        lambda *a, **k: ops.gaussian_pool(x, 1.0, *a, **k),
        lambda *a, **k: ops.lp_pool(x, 2, *a, **k),
        lambda *a, **k: ops.stochastic_pool(x, *a, **k),
        lambda *a, **k: ops.max_pool_dropout(x, 0.3, *a, **k),
        lambda *a, **k: ops.stochastic_pool(x, *a, **k, key=new_key()),
    ):
        y = pool(3, 2, ceil_mode=True)
        assert y.shape == (2, 3, 2, 3)
        np.testing.assert_allclose(y, pool(3, 2, more), rtol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weighted_pool(case):
    shape, size, strides, padding = case
    size = reference.per_axis(size, len(shape) - 2)
    for channels in ((), shape[-1:]):
        weights = RNG.normal(size=(*size, *channels))

        def total(x, w, count=channels):
            flat = w.reshape(np.prod(size), *(count or (1,)))
            return reference.pooled(
                lambda cells, axis: (cells * flat).sum(axis), 0.0, x, size, strides, padding
            )

        check_op(
            lambda x, w: ops.weighted_pool(x, w, strides, padding),
            total,
            distinct(*shape),
            weights,
            tolerance=3e-5,
            second=False,
        )


@pytest.mark.parametrize("shape", [(2, 7, 3), (1, 6, 5, 2), (1, 3, 4, 3, 1), (1, 2, 1)], ids=str)
@pytest.mark.parametrize("blur", [1, 2, 3, 4])
def test_max_blur_pool(shape, blur):
    """A maximum at every place, then a strided convolution of the reflected image."""
    rank = len(shape) - 2
    row = {1: [1.0], 2: [0.5, 0.5], 3: [0.25, 0.5, 0.25], 4: [0.125, 0.375, 0.375, 0.125]}[blur]

    def literal(x):
        y = reference.max_pool(x, 2, 1)
        pairs = [(0, 0), *[((blur - 1) // 2, blur // 2)] * rank, (0, 0)]
        y = np.pad(y, pairs, mode="reflect")
        kernel = np.array(1.0)
        for _ in range(rank):
            kernel = np.multiply.outer(kernel, row)
        return reference.depthwise_conv(
            y, np.broadcast_to(kernel[..., None, None], (*kernel.shape, shape[-1], 1)), 2
        )

    check_op(
        lambda x: ops.max_blur_pool(x, blur_size=blur), literal, distinct(*shape), second=False
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_expected_stochastic_pool(case):
    shape, *arguments = case

    def expectation(cells, axis):
        return (cells**2).sum(axis) / cells.sum(axis)

    check_op(
        lambda x: ops.stochastic_pool(x, *arguments),
        lambda x: reference.pooled(expectation, 0.0, np.maximum(x, 0), *arguments),
        np.abs(distinct(*shape)),
        tolerance=3e-5,
        second=False,
    )


def drawn_with_gradient(x, *arguments, seed=3):
    key = new_key(seed)

    def step(x):
        y = ops.stochastic_pool(x, *arguments, key=key)
        return [y, *gradients(y, ops.ones_like(y), [x])]

    return Function(step)(np.asarray(x, "float32"))


def check_frequencies(counts, probabilities):
    """Each within five standard deviations of its mean."""
    n, p = np.sum(counts), np.asarray(probabilities)
    assert np.all(np.abs(counts - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1e-9)


def test_stochastic_draws():
    window = np.array([1.0, 0.0, 4.0, 2.0, -3.0])
    x = np.tile(window, 4000).reshape(8, -1, 1)
    y, gradient = drawn_with_gradient(x, 5)
    counts = [(y == value).sum() for value in window]
    check_frequencies(counts, np.maximum(window, 0) / 7)
    np.testing.assert_array_equal(gradient.reshape(-1, 5).sum(1), 1)
    np.testing.assert_array_equal((gradient * x).reshape(-1, 5).sum(1), y.ravel())
    check_frequencies(gradient.reshape(-1, 5).sum(0), np.maximum(window, 0) / 7)


def test_channels_and_windows_draw_apart():
    y, _ = drawn_with_gradient(
        np.tile(np.array([1.0, 1.001]), 500).reshape(1, 1000, 1) * np.ones(4), 2
    )
    high = (y > 1).reshape(-1, 4)
    assert abs(np.corrcoef(high.T)[0, 1:]).max() < 0.25
    again, _ = drawn_with_gradient(np.ones((1, 4, 1)), 2)
    other, _ = drawn_with_gradient(np.arange(1.0, 65).reshape(1, 64, 1), 2, seed=4)
    same, _ = drawn_with_gradient(np.arange(1.0, 65).reshape(1, 64, 1), 2, seed=3)
    assert (again == 1).all() and (other != same).any()


def test_stochastic_pool_of_windows_without_positive_elements():
    x = np.array([0.0, 0.0, -1.0, -2.0, 3.0, 0.0]).reshape(1, 6, 1)
    y, gradient = drawn_with_gradient(x, 2)
    np.testing.assert_array_equal(y.ravel(), [0, 0, 3])
    np.testing.assert_array_equal(gradient.ravel(), [0, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(ops.stochastic_pool(x, 2).ravel(), [0, 0, 3])


def test_padding_is_never_drawn():
    y, _ = drawn_with_gradient(np.ones((4, 5, 5, 9)), 3, 1, "same")
    np.testing.assert_array_equal(y, 1)


def test_a_key_advances():
    key = new_key()
    x = np.arange(1.0, 401).reshape(1, 400, 1)
    first, second = (ops.stochastic_pool(x, 2, key=key) for _ in range(2))
    assert (first != second).any()
    assert key.numpy()[1] == 2


def expected_rest(cells, rate):
    """The mean over all ways of dropping elements, of the largest that is left or 0."""
    total = 0.0
    for kept in product((False, True), repeat=len(cells)):
        chance = np.prod([1 - rate if k else rate for k in kept])
        total += chance * max((c for c, k in zip(cells, kept, strict=True) if k), default=0.0)
    return total


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_expected_max_pool_dropout(rate, padding):
    def mean(cells, axis):
        columns = np.moveaxis(cells, 1, -1)
        values = [
            expected_rest(c[np.isfinite(c)], rate) for c in columns.reshape(-1, columns.shape[-1])
        ]
        return np.reshape(values, columns.shape[:-1])

    check_op(
        lambda x: ops.max_pool_dropout(x, rate, 2, 1, padding),
        lambda x: reference.pooled(mean, -np.inf, x, 2, 1, padding),
        distinct(1, 3, 4, 2),
        second=False,
    )


def test_drawn_max_pool_dropout():
    """Overlapping windows see the same elements dropped; what is left has Wu & Gu's chances."""
    x = distinct(3, 30, 30, 5).astype("float32")
    kept = ops.dropout(np.ones_like(x), 0.6, new_key()) > 0
    largest = reference.max_pool(np.where(kept, x, -np.inf), 2, 1)
    y = ops.max_pool_dropout(x, 0.6, 2, 1, key=new_key())
    np.testing.assert_array_equal(y, np.where(np.isfinite(largest), largest, 0))
    window = np.array([1.0, 2.0, 3.0])
    y = ops.max_pool_dropout(np.tile(window, 5000).reshape(5, -1, 1), 0.4, 3, key=new_key(5))
    counts = [(y == value).sum() for value in (0.0, *window)]
    check_frequencies(counts, [0.4**3, 0.6 * 0.4**2, 0.6 * 0.4, 0.6])


def test_gradient_of_max_pool_dropout():
    key = new_key()

    def step(x):
        y = ops.max_pool_dropout(x, 0.5, 2, key=key)
        return [y, *gradients(y, ops.ones_like(y), [x])]

    x = distinct(2, 20, 3).astype("float32") + 4.0
    y, gradient = Function(step)(x)
    pairs, largest = gradient.reshape(2, 10, 2, 3), y != 0
    np.testing.assert_array_equal(pairs.sum(2), largest)
    np.testing.assert_array_equal((gradient * x).reshape(pairs.shape).sum(2), y)


def adaptive(function, x, sizes):
    """The function of each of PyTorch's windows."""
    parts = []
    for at in product(*map(range, sizes)):
        cells = x
        for axis, (o, count) in enumerate(zip(at, sizes, strict=True), start=1):
            size = x.shape[axis]
            start, end = int(np.floor(o * size / count)), int(np.ceil((o + 1) * size / count))
            cells = np.take(cells, range(start, end), axis)
        parts.append((at, function(cells, axis=tuple(range(1, x.ndim - 1)))))
    return reference.output_of(parts, len(x), x.shape[-1])


ADAPTIVE = [
    ((2, 7, 3), (3,)),
    ((1, 3, 2), (5,)),
    ((2, 5, 6, 3), (2, 4)),
    ((1, 4, 3, 17), (1, 3)),
    ((1, 3, 4, 5, 2), (2, 3, 2)),
]


@pytest.mark.parametrize(("shape", "sizes"), ADAPTIVE, ids=str)
@pytest.mark.parametrize("name", ["max", "average"])
def test_adaptive_pool(shape, sizes, name):
    op = getattr(ops, f"adaptive_{name}_pool")
    literal = np.max if name == "max" else np.mean
    check_op(
        lambda x: ops.square(op(x, sizes)),
        lambda x: adaptive(literal, x, sizes) ** 2,
        distinct(*shape),
        tolerance=3e-5,
    )


@pytest.mark.peer
@pytest.mark.parametrize(("shape", "sizes"), ADAPTIVE, ids=str)
def test_adaptive_pool_as_torch(shape, sizes):
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=shape).astype("float32")
    last = torch.from_numpy(np.moveaxis(x, -1, 1).copy())
    for name, op in (("avg", ops.adaptive_average_pool), ("max", ops.adaptive_max_pool)):
        peer = getattr(torch.nn.functional, f"adaptive_{name}_pool{len(sizes)}d")(last, sizes)
        np.testing.assert_allclose(
            np.moveaxis(op(x, sizes), -1, 1), peer.numpy(), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(("k", "s"), [(2, 2), (3, 1), (3, 2), (1, 4), (12, 12)])
def test_channel_pools(k, s):
    x = distinct(2, 3, 12)

    def windows(x):
        return np.lib.stride_tricks.sliding_window_view(x, k, -1)[..., ::s, :]

    check_op(
        lambda x: ops.square(ops.channel_max_pool(x, k, s)), lambda x: windows(x).max(-1) ** 2, x
    )
    check_op(
        lambda x: ops.square(ops.channel_average_pool(x, k, s)),
        lambda x: windows(x).mean(-1) ** 2,
        x,
    )


def test_maxout():
    x = distinct(2, 6, 5)
    check_op(
        ops.maxout, lambda v: v.reshape(2, 5, 3, 2).max(-1), x.transpose(0, 2, 1), second=False
    )
    np.testing.assert_array_equal(
        ops.maxout(x, 3, axis=1), np.float32(x.reshape(2, 2, 3, 5).max(2))
    )


def test_messages():
    x = np.ones((1, 6, 4))
    with pytest.raises(
        ValueError, match="lp_pool: expected `p` to be a finite number from 1, received 0.5"
    ):
        ops.lp_pool(x, 0.5, 2)
    with pytest.raises(ValueError, match="gaussian_pool: expected `sigma` to be above 0"):
        ops.gaussian_pool(x, 0, 2)
    with pytest.raises(ValueError, match="gaussian_pool: expected `sigma` to be above 0"):
        ops.gaussian_pool(x, "wide", 2)
    with pytest.raises(ValueError, match="max_pool_dropout: expected `rate` in"):
        ops.max_pool_dropout(x, 1.0, 2)
    with pytest.raises(ValueError, match="weighted_pool: expected weights of 1 spatial axes"):
        ops.weighted_pool(x, np.ones((2, 3)))
    with pytest.raises(ValueError, match="maxout: expected a divisor of the 4 channels"):
        ops.maxout(x, 3)
    with pytest.raises(ValueError, match="channel_max_pool: expected a pool_size from 1 to the 4"):
        ops.channel_max_pool(x, 5)
    with pytest.raises(ValueError, match="adaptive_max_pool: expected"):
        ops.adaptive_max_pool(np.ones((1, 0, 4)), 2)
    with pytest.raises(ValueError, match="output_size: expected"):
        ops.adaptive_average_pool(x, 0)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_gaussian_pool_of_a_narrow_bell(size):
    """The nearest cells inside the image count alone, however far from the centre they lie."""
    x = distinct(1, 5, 2)
    y = ops.gaussian_pool(x, 1e-3, size, 1, [(size - 1, size - 1)])
    for o, value in enumerate(y[0]):
        cells = np.arange(max(o - size + 1, 0), min(o + 1, 5))
        far = np.abs(cells - (o - size + 1) - (size - 1) / 2)
        nearest = x[0, cells[far == far.min()]]
        np.testing.assert_allclose(value, nearest.mean(0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_weighted_pool_with_a_hanging_window(case, stride):
    """As average pooling with equal weights, whose hanging windows count as they are."""
    shape, size, _, padding = case
    x = distinct(*shape)
    rank = len(shape) - 2
    window = np.ones(size if isinstance(size, tuple) else (size,) * rank)
    y = ops.weighted_pool(x, window, stride, padding, ceil_mode=True)
    expected = ops.lp_pool(x + 9, 1, window.shape, stride, padding, ceil_mode=True)
    nine = ops.lp_pool(0 * x + 9, 1, window.shape, stride, padding, ceil_mode=True)
    np.testing.assert_allclose(y, expected - nine, rtol=1e-4, atol=1e-4)

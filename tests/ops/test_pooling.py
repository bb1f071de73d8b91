"""Maximum and average pooling against literal windows, and against PyTorch and Keras."""

import numpy as np
import pytest

from pyconv import ops
from tests import reference
from tests.ops.oracle import check_op, graph_gradients

RNG = np.random.default_rng(8)


def column(values):
    return np.array(values).reshape(1, -1, 1)


def distinct(*shape):
    """Numbers of both signs with gaps, so that maxima have gradients."""
    return RNG.permutation(np.prod(shape)).reshape(shape) / 9.0 - 2.05


def test_figure_9_8():
    for values, expected in (
        ([0.1, 1.0, 0.2, 0.1], [1.0, 1.0, 1.0, 0.2]),
        ([0.3, 0.1, 1.0, 0.2], [0.3, 1.0, 1.0, 1.0]),
    ):
        y = ops.max_pool(column(values), 3, strides=1, padding="same")
        np.testing.assert_array_equal(y.ravel(), np.float32(expected))


def test_figure_9_10():
    x = column([0.1, 1.0, 0.2, 0.1, 0.0, 0.1])
    y = ops.max_pool(x, 3, strides=2, ceil_mode=True)
    np.testing.assert_array_equal(y.ravel(), np.float32([1.0, 0.2, 0.1]))
    assert ops.max_pool(x, 3, strides=2).size == 2


CASES = [
    ((2, 7, 3), 3, 2, "valid"),
    ((1, 7, 1), 3, 1, "same"),
    ((2, 5, 6, 3), (3, 2), (2, 1), "same"),
    ((1, 5, 5, 2), 3, 2, ((1, 0), (2, 1))),
    ((1, 4, 3, 5, 2), 2, (1, 2, 3), "valid"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_pool(name, case):
    shape, *arguments = case
    op, literal = getattr(ops, name), getattr(reference, name)
    check_op(
        lambda x: ops.square(op(x, *arguments)),
        lambda x: literal(x, *arguments) ** 2,
        distinct(*shape),
        tolerance=3e-5,
    )


def test_dilated_max_pool():
    """A window with holes is a window over every d-th cell."""
    x = distinct(1, 9, 2)
    apart = [ops.max_pool(x[:, i : i + 5 : 2], 3) for i in range(5)]
    np.testing.assert_array_equal(
        ops.max_pool(x, 3, strides=1, dilation_rate=2), np.concatenate(apart, axis=1)
    )
    check_op(
        lambda x: ops.square(ops.max_pool(x, 3, 1, 1, dilation_rate=2)),
        lambda x: reference.max_pool(x, 3, 1, 1, 2) ** 2,
        distinct(1, 6, 5, 2),
    )


def torch_pools(torch, rank):
    functional = torch.nn.functional
    return getattr(functional, f"max_pool{rank}d"), getattr(functional, f"avg_pool{rank}d")


@pytest.mark.peer
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pools_as_torch(rank):
    """Every mix of stride, padding, dilation, ceil mode and counted padding, with gradients."""
    torch = pytest.importorskip("torch")
    sizes = (10, 7, 6)[:rank]
    maximum, average = torch_pools(torch, rank)
    for seed in range(40 // rank):
        rng = np.random.default_rng(100 * rank + seed)
        k = rng.integers(1, 4, rank).tolist()
        s = rng.integers(1, 4, rank).tolist()
        d = rng.integers(1, 3, rank).tolist()
        p = [int(rng.integers(0, i // 2 + 1)) for i in k]
        ceil, count = bool(rng.integers(2)), bool(rng.integers(2))
        x = rng.normal(size=(2, *sizes, 3)).astype("float32")
        pads = [(i, i) for i in p]
        check_against(
            torch,
            lambda t, a=(k, s, p, d, ceil): maximum(t, *a),
            lambda t, a=(k, s, pads, d, ceil): ops.max_pool(t, *a[:3], None, *a[3:]),
            x,
        )
        check_against(
            torch,
            lambda t, a=(k, s, p, ceil, count): average(t, *a),
            lambda t, a=(k, s, pads, ceil, count): ops.average_pool(t, *a[:3], None, *a[3:]),
            x,
        )


def check_against(torch, peer, op, x):
    """Values, and gradients of half the sum of squares."""
    last = torch.from_numpy(np.moveaxis(x, -1, 1).copy()).requires_grad_()
    expected = peer(last)
    (expected * expected / 2).sum().backward()
    y = np.moveaxis(expected.detach().numpy(), 1, -1)
    got, (gradient,) = graph_gradients(op, [x], np.ascontiguousarray(y))
    np.testing.assert_allclose(got, y, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        np.moveaxis(gradient, -1, 1), last.grad.numpy(), rtol=1e-5, atol=1e-5
    )


def test_messages():
    with pytest.raises(ValueError, match="max_pool: expected an input at least as large"):
        ops.max_pool(np.zeros((1, 4, 1)), 3, dilation_rate=2)
    with pytest.raises(ValueError, match="average_pool: expected padding narrower"):
        ops.average_pool(np.zeros((1, 4, 1)), 2, padding=2)
    with pytest.raises(ValueError, match="1 to 3 spatial axes"):
        ops.max_pool(np.zeros((1, 4)), 2)

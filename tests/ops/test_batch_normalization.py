"""Batch normalization: value, gradients and second derivatives against float64."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.graph import gradients
from pyconv.plan import Function
from tests import reference
from tests.ops.oracle import check_op

EPSILON = 1e-3


def normalized(x, offset, scale):
    axes = tuple(range(len(x.shape) - 1))
    mean, variance = ops.moments(x, axes)
    return ops.batch_normalization(x, mean, variance, -1, offset, scale, EPSILON)


def equation(x, offset, scale):
    axes = tuple(range(x.ndim - 1))
    return (x - x.mean(axes)) / np.sqrt(x.var(axes) + EPSILON) * scale + offset


@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 2), (2, 1, 2, 3), (5, 1, 1)], ids=str)
def test_gradients_nest(shape):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    check_op(normalized, equation, x, *rng.normal(size=(2, shape[-1])))


def test_given_statistics():
    rng = np.random.default_rng(1)
    x, mean, variance, offset, scale = rng.normal(size=(3, 4, 2)), *rng.uniform(1, 2, (4, 2))

    def given(x, mean, variance, offset, scale):
        return (x - mean) / np.sqrt(variance + EPSILON) * scale + offset

    def op(x, mean, variance, offset, scale):
        return ops.batch_normalization(x, mean, variance, -1, offset, scale, EPSILON)

    check_op(op, given, x, mean, variance, offset, scale)


def backward(x, g, scale):
    """(dx, dscale, doffset): the equations of Ioffe & Szegedy 2015, section 3."""
    axes, count = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
    deviation = np.sqrt(x.var(axes) + EPSILON)
    xhat = (x - x.mean(axes)) / deviation
    dscale, doffset = (g * xhat).sum(axes), g.sum(axes)
    return scale / deviation * (g - doffset / count - xhat * dscale / count), dscale, doffset


def by_examples(x, g, offset, scale):
    """[y, dx, doffset, dscale] of one plan, whose examples are counted when it runs."""

    def step(x, g):
        leaves = [ops.add(v, 0.0 * x.sum()) for v in (offset, scale)]
        y = ops.relu(normalized(x, *leaves))
        return [y, *gradients(y, g, [x, *leaves])]

    return Function(step)(x, g)


@pytest.mark.parametrize("channels", [1, 7, 8, 9, 15, 16, 17, 33, 70])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 23)], ids=str)
def test_every_width(channels, size):
    rng = np.random.default_rng(channels)
    x = rng.normal(2, 3, (5, *size, channels)).astype(np.float32)
    offset, scale = rng.normal(size=(2, channels)).astype(np.float32)
    g = rng.normal(size=x.shape).astype(np.float32)
    y, dx, doffset, dscale = by_examples(x, g, offset, scale)
    plain = reference.batch_norm(x, scale, offset)[0]
    np.testing.assert_allclose(y, np.maximum(plain, 0), rtol=1e-5, atol=1e-5)
    masked = np.where(y > 0, np.float64(g), 0)
    expected = backward(np.float64(x), masked, np.float64(scale))
    for got, want in zip((dx, dscale, doffset), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * (1 + abs(want).max()))


@pytest.mark.parametrize("shape", [(1, 4, 5, 3), (1, 1, 1, 4), (9, 2)], ids=str)
def test_few_numbers(shape):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    channels = shape[-1]
    y, dx, *_ = by_examples(x, np.ones_like(x), np.zeros(channels, "f"), np.ones(channels, "f"))
    np.testing.assert_allclose(y, np.maximum(reference.batch_norm(x)[0], 0), atol=1e-5)
    assert np.isfinite(dx).all()


def test_a_huge_mean_costs_no_more_than_the_rounding_of_x():
    x = np.random.default_rng(0).normal(1e4, 1, (16, 12, 11, 5)).astype(np.float32)
    g = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    y, dx, _, dscale = by_examples(x, g, np.full(5, 20, "f"), np.ones(5, "f"))
    expected = backward(np.float64(x), np.float64(g), 1.0)
    np.testing.assert_allclose(y, reference.batch_norm(x)[0] + 20, atol=2e-3)
    np.testing.assert_allclose(dx, expected[0], atol=1e-3)
    of_the_mean = 2**-11 * abs(g.sum((0, 1, 2), dtype=np.float64)).max()  # half a unit at 1e4
    np.testing.assert_allclose(dscale, expected[1], atol=of_the_mean + 0.01)


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="number for each of the channels"):
        ops.batch_normalization(np.ones((2, 3)), np.ones(2), np.ones(2), -1)

"""Convolution over p4 and p4m: the literal sums, and equivariance."""

import numpy as np
import pytest

from pyconv import config, ops
from tests import reference
from tests.ops.oracle import check_op

GROUPS = {"p4": 4, "p4m": 8}


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def act(g, image, axes=(0, 1)):
    """The element's picture: mirrored left to right, then turned counterclockwise."""
    image = np.flip(image, axes[1]) if g >= 4 else image
    return np.rot90(image, g % 4, axes)


def matrix(g):
    """The element as a matrix that acts on (x, y)."""
    turn = np.array([[0, -1], [1, 0]])
    mirror = np.array([[-1, 0], [0, 1]])
    return np.linalg.matrix_power(turn, g % 4) @ np.linalg.matrix_power(mirror, g // 4)


def number(m, order):
    return next(g for g in range(order) if np.array_equal(matrix(g), np.round(m)))


def between(g, h, order):
    """The number of g^-1 h."""
    return number(np.linalg.inv(matrix(g)) @ matrix(h), order)


def lifting_conv(x, kernel, order, **geometry):
    kernels = [act(g, kernel) for g in range(order)]
    return np.concatenate([reference.conv(x, k, **geometry) for k in kernels], axis=-1)


def group_conv(x, kernel, order, **geometry):
    blocks = np.split(x, order, axis=-1)
    outputs = [
        sum(
            reference.conv(blocks[h], act(g, kernel[:, :, between(g, h, order)]), **geometry)
            for h in range(order)
        )
        for g in range(order)
    ]
    return np.concatenate(outputs, axis=-1)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("geometry", [{}, {"padding": "same", "strides": 2}], ids=str)
def test_values(group, geometry):
    order = GROUPS[group]
    x, kernel = draw(2, 5, 6, 3), draw(3, 3, 3, 2, seed=1)
    y = ops.lifting_conv(x, kernel, group, **geometry)
    np.testing.assert_allclose(y, lifting_conv(x, kernel, order, **geometry), atol=1e-5)
    z = ops.group_conv(y, draw(3, 3, order, 2, 5, seed=2), group, **geometry)
    expected = group_conv(y, draw(3, 3, order, 2, 5, seed=2), order, **geometry)
    np.testing.assert_allclose(z, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("group", GROUPS)
def test_gradients(group):
    order = GROUPS[group]
    check_op(
        lambda x, k: ops.lifting_conv(x, k, group),
        lambda x, k: lifting_conv(x, k, order),
        draw(1, 2, 3, 2), draw(2, 2, 2, 1, seed=1), second=False,
    )  # fmt: skip
    check_op(
        lambda x, k: ops.group_conv(x, k, group),
        lambda x, k: group_conv(x, k, order),
        draw(1, 1, 2, order), draw(1, 1, order, 1, 1, seed=1), tolerance=3e-5, second=group == "p4",
    )  # fmt: skip


def moved(y, g, order):
    """What becomes of feature maps over the group when the image is moved by g: each map is moved,
    and block h comes from block g^-1 h."""
    blocks = np.split(y, order, axis=-1)
    return np.concatenate(
        [act(g, blocks[between(g, h, order)], (1, 2)) for h in range(order)], axis=-1
    )


@pytest.fixture
def direct_sums():
    """Winograd's convolution rounds differently in turned tiles."""
    config.set_conv_algorithm("direct")
    yield
    config.set_conv_algorithm("auto")


@pytest.mark.usefixtures("direct_sums")
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("size", "geometry"), [(6, {}), (6, {"padding": "same"}), (7, {"strides": 2})], ids=str
)
def test_equivariance_is_exact(group, size, geometry):
    order = GROUPS[group]
    lifting, kernel = draw(3, 3, 2, 4, seed=1), draw(3, 3, order, 4, 3, seed=2)

    def network(x):
        y = ops.relu(ops.lifting_conv(x, lifting, group, bias=draw(4, seed=3), **geometry))
        return y, ops.group_conv(y, kernel, group, padding="same", bias=draw(3, seed=4))

    x = draw(2, size, size, 2)
    maps = network(x)
    for g in range(order):
        turned = network(np.ascontiguousarray(act(g, x, (1, 2))))
        for a, b in zip(turned, maps, strict=True):
            scale = np.abs(b).max()
            np.testing.assert_allclose(a / scale, moved(b, g, order) / scale, atol=1e-6)
        pooled = ops.group_pool(turned[1], group)
        expected = act(g, ops.group_pool(maps[1], group), (1, 2))
        np.testing.assert_allclose(pooled / scale, expected / scale, atol=1e-6)


def test_group_pool():
    x = draw(2, 3, 4, 24)
    np.testing.assert_array_equal(ops.group_pool(x, "p4m"), x.reshape(2, 3, 4, 8, 3).max(3))
    expected = x.reshape(2, 3, 4, 4, 6).mean(3)
    np.testing.assert_allclose(ops.group_pool(x, "p4", "mean"), expected, atol=1e-6)


def test_mistakes():
    with pytest.raises(ValueError, match="group: expected 'p4' or 'p4m', received 'p6'"):
        ops.lifting_conv(draw(1, 3, 3, 1), draw(3, 3, 1, 1), "p6")
    with pytest.raises(ValueError, match="kernel: expected 4 axes and as many rows as columns"):
        ops.lifting_conv(draw(1, 3, 3, 1), draw(3, 2, 1, 1))
    with pytest.raises(ValueError, match="kernel: expected 8 elements of p4m on axis 2"):
        ops.group_conv(draw(1, 3, 3, 4), draw(3, 3, 4, 1, 1), "p4m")
    with pytest.raises(
        ValueError, match=r"x: expected \(n, height, width, a multiple of 4 channels\)"
    ):
        ops.group_pool(draw(1, 3, 3, 6))

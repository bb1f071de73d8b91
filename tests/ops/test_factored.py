"""Convolutions with kernels that are products of smaller ones."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.plan import Function
from pyconv.utils import is_separable, separate_kernel
from tests import reference
from tests.ops.oracle import check_op


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def composed(first, *others):
    """The kernel of the convolution that 1-D convolutions along the axes make together."""
    kernel = np.float64(first)
    for other in others:
        kernel = np.einsum("abclq,defqi->adbecfli", kernel, np.float64(other)).reshape(
            *(i * j for i, j in zip(kernel.shape[:3], other.shape[:3], strict=True)),
            kernel.shape[-2],
            other.shape[-1],
        )
    return kernel


GEOMETRIES = [
    {},
    {"padding": "same"},
    {"padding": "same", "strides": 2},
    {"strides": (2, 1, 3), "dilation_rate": (1, 2, 1), "padding": [(1, 0), (2, 2), (0, 3)]},
    {"padding": 2},
]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize(("channels", "filters"), [(1, 1), (3, 9), (17, 8)])
def test_spatially_separable_is_the_composed_convolution(geometry, channels, filters):
    x = draw(2, 6, 7, 8, channels)
    kernels = [
        draw(2, 1, 1, channels, filters, seed=1),
        draw(1, 3, 1, filters, filters, seed=2) / filters,
        draw(1, 1, 2, filters, filters, seed=3) / filters,
    ]
    y = ops.spatially_separable_conv(x, kernels, **geometry)
    if isinstance(geometry.get("padding"), int):
        geometry = {**geometry, "padding": [(geometry["padding"],) * 2] * 3}
    expected = reference.conv(x, composed(*kernels), **geometry)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_as_many_groups_as_channels_have_outer_products_as_kernels():
    x, u, v = draw(2, 6, 5, 4), draw(3, 4, seed=1), draw(2, 4, seed=2)
    kernels = [u.reshape(3, 1, 1, 4), v.reshape(1, 2, 1, 4)]
    y = ops.spatially_separable_conv(x, kernels, groups=4, bias=np.arange(4.0))
    kernel = np.einsum("ml,nl->mnl", u, v)[..., None]
    expected = reference.depthwise_conv(x, kernel, bias=np.arange(4.0))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("geometry", [{}, {"padding": "same", "strides": (2, 3)}], ids=str)
@pytest.mark.parametrize(("channels", "filters"), [(1, 1), (3, 9), (16, 7)])
def test_outer_product(geometry, channels, filters):
    x = draw(2, 6, 7, channels)
    a, v, h = draw(channels, filters, seed=1), draw(3, filters, seed=2), draw(2, filters, seed=3)
    y = ops.outer_product_conv(x, a, v, h, **geometry)
    expected = reference.conv(x, np.einsum("li,mi,ni->mnli", a, v, h), **geometry)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_gradients():
    x = draw(2, 4, 3, 2)
    check_op(
        lambda x, a, v, h: ops.outer_product_conv(x, a, v, h, padding="same"),
        lambda x, a, v, h: reference.conv(x, np.einsum("li,mi,ni->mnli", a, v, h), padding="same"),
        x, draw(2, 3, seed=1), draw(3, 3, seed=2), draw(2, 3, seed=3),
        tolerance=3e-5,
    )  # fmt: skip
    check_op(
        lambda x, d, p: ops.separable_conv(x, d, p, strides=2),
        lambda x, d, p: reference.conv(reference.depthwise_conv(x, d, 2), p),
        x, draw(2, 2, 2, 2, seed=1), draw(1, 1, 4, 3, seed=2),
        tolerance=3e-5,
    )  # fmt: skip


def test_a_kernel_for_each_axis():
    with pytest.raises(ValueError, match="kernels: expected a list of 2"):
        ops.spatially_separable_conv(draw(1, 3, 3, 1), [draw(3, 1, 1, 1)])


def test_factors_of_one_number_of_filters():
    with pytest.raises(ValueError, match="channel, vertical, horizontal: expected matrices"):
        ops.outer_product_conv(draw(1, 3, 3, 1), draw(1, 2), draw(3, 3), draw(3, 2))


def test_separate_kernel():
    factors = [draw(k, 3, 5, seed=k) for k in (2, 3, 4)]
    kernel = np.einsum("ali,bli,cli->abcli", *factors)
    found = separate_kernel(kernel)
    assert [f.shape for f in found] == [(2, 3, 5), (3, 3, 5), (4, 3, 5)]
    product = np.einsum("ali,bli,cli->abcli", *found)
    np.testing.assert_allclose(product, kernel, rtol=1e-5, atol=1e-5)


def test_is_separable():
    kernel = np.outer([1, 2, 1], [1, 0, -1]).reshape(3, 3, 1, 1)
    assert is_separable(kernel)
    assert is_separable(np.zeros((3, 3, 2, 2)))
    assert is_separable(draw(5, 2, 3))  # one axis: nothing to separate
    laplacian = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]).reshape(3, 3, 1, 1)
    assert not is_separable(laplacian)
    assert not is_separable(np.concatenate([kernel, laplacian], axis=-1))
    assert is_separable(kernel + 1e-3 * laplacian, tolerance=1e-2)
    cube = np.zeros((2, 2, 2, 1, 1))  # each slice along the first axis is separable, the cube not
    cube[0, 0, 0], cube[1, 1, 1] = 1, 1
    assert not is_separable(cube)
    with pytest.raises(ValueError, match="kernel: expected"):
        is_separable(np.ones((3, 3)))


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({"padding": "same"}, "zeros"),
        ({"strides": (2, 1), "padding": ((1, 3), 2)}, "zeros"),
        ({"padding": "same", "flip_kernel": True}, "zeros"),
        ({"padding": "same", "dilation_rate": 2}, "reflect"),
    ],
)
def test_constant_kernels_that_are_outer_products_go_axis_by_axis(options, mode):
    rng = np.random.default_rng(0)
    x, u, v = (rng.standard_normal(s) for s in ((2, 14, 15, 3), (5, 1, 3), (1, 7, 3)))
    kernel = (u * v)[..., None].astype("float32")
    separate = Function(lambda t: [ops.depthwise_conv(t, kernel, padding_mode=mode, **options)])
    x = x.astype("float32")
    expected = ops.depthwise_conv(x, kernel, padding_mode=mode, **options)
    np.testing.assert_allclose(separate(x)[0], expected, rtol=1e-5, atol=1e-5)
    forward = [name for name, _ in separate.executable((x,)).plan.ops if name == "conv_forward"]
    assert len(forward) == 2


@pytest.mark.parametrize(
    "kernel",
    [
        np.ones((3, 3, 2, 1), "float32"),
        np.random.default_rng(0).standard_normal((5, 5, 2, 1)).astype("float32"),
        np.full((5, 5, 2, 1), np.nan, "float32"),
    ],
    ids=["small", "not separable", "not finite"],
)
def test_other_constant_kernels_stay_whole(kernel):
    whole = Function(lambda t: [ops.depthwise_conv(t, kernel)])
    x = np.ones((1, 8, 8, 2), "float32")
    assert [n for n, _ in whole.executable((x,)).plan.ops if n == "conv_forward"] == [
        "conv_forward"
    ]

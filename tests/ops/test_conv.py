"""Convolution, transpose, kernel gradient and pooling: literal loops, identities, PyTorch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyconv import ops
from pyconv.graph import apply
from pyconv.ops.convolution_ops import Conv, ConvKernelGradient, ConvTranspose
from pyconv.ops.geometry import Geometry
from tests import reference
from tests.ops.oracle import check_op, graph_gradients

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def tolerance(kernel_shape):
    """Grows with the square root of the number of products in a sum."""
    return 1e-6 * max(np.prod(kernel_shape[:-1]), 10) ** 0.5


@st.composite
def problems(draw):
    """(x, kernel, arguments of ops.conv): shapes that straddle tiles and vectors, and odd ones."""
    rank = draw(st.integers(1, 3))
    largest = {1: 40, 2: 12, 3: 6}[rank]
    size = draw(st.tuples(*[st.integers(1, largest)] * rank))
    kernel = draw(st.tuples(*[st.integers(1, 4)] * rank))
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    dilation = draw(st.tuples(*[st.integers(1, 3)] * rank))
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    ic = groups * draw(st.sampled_from([1, 2, 3, 5, 8, 17]))
    oc = groups * draw(st.sampled_from([1, 2, 7, 15, 16, 17, 33, 65]))
    if draw(st.booleans()):
        padding = "same"
    else:
        needed = [
            max(d * (k - 1) + 1 - i, 0) for d, k, i in zip(dilation, kernel, size, strict=True)
        ]
        pads = [(draw(st.integers(0, 3)), draw(st.integers(0, 3)) + n) for n in needed]
        padding = tuple(pads)
    n = draw(st.sampled_from([1, 2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x = rng.normal(size=(n, *size, ic)).astype(np.float32)
    k = rng.normal(size=(*kernel, ic // groups, oc)).astype(np.float32)
    return (
        x,
        k,
        {"strides": strides, "padding": padding, "dilation_rate": dilation, "groups": groups},
    )


def geometry(arguments):
    return Geometry(
        arguments["strides"], arguments["dilation_rate"], arguments["padding"], arguments["groups"]
    )


@settings(max_examples=120, deadline=None)
@given(problems())
def test_conv_is_the_equation(problem):
    x, kernel, arguments = problem
    expected = reference.conv(x, kernel, **arguments)
    got = ops.conv(x, kernel, **arguments)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=20 * tolerance(kernel.shape))


@settings(max_examples=120, deadline=None)
@given(problems())
def test_adjoint_identity(problem):
    assert_adjoint(*problem)


def assert_adjoint(x, kernel, arguments):
    """<c(K, V), G> = <V, h(K, G)> = <K, g(G, V)>"""
    shape = geometry(arguments)
    y = ops.conv(x, kernel, **arguments)
    g = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    dx = apply(ConvTranspose(shape, input_size=x.shape[1:-1]), g, kernel)
    dk = apply(ConvKernelGradient(shape, kernel.shape[:-2]), x, g)
    expected = np.vdot(reference.conv(x, kernel, **arguments), np.float64(g))
    bound = 1e-5 * np.linalg.norm(y) * np.linalg.norm(g) + 1e-4
    assert abs(np.vdot(np.float64(x), np.float64(dx)) - expected) < bound
    assert abs(np.vdot(np.float64(kernel), np.float64(dk)) - expected) < bound


FEW = {
    "one": ((2, 9, 10, 64), (3, 3, 64, 1), {"padding": "same"}),
    "three": ((2, 9, 7, 65), (3, 3, 65, 3), {}),
    "four, merged taps": ((1, 8, 9, 21), (2, 3, 21, 4), {"padding": "same"}),
    "five": ((1, 8, 9, 64), (3, 3, 64, 5), {}),
    "two of each group": ((1, 8, 9, 66), (3, 2, 33, 4), {"strides": (2, 2), "groups": 2}),
    "dilated": ((1, 11, 40), (3, 40, 2), {"dilation_rate": (2,), "padding": "same"}),
    "pointwise": ((3, 2, 130), (1, 130, 3), {}),
    "kernel packed in parts": ((1, 2, 17001), (1, 17001, 4), {}),
}


@pytest.mark.parametrize("case", FEW)
def test_few_channels_out_or_in(case):
    """Lanes are those of the sum: each of its products counts, also in the transpose."""
    x_shape, k_shape, own = FEW[case]
    rank = len(x_shape) - 2
    ones, zeros = (1,) * rank, ((0, 0),) * rank
    arguments = {"strides": ones, "padding": zeros, "dilation_rate": ones, "groups": 1} | own
    x, kernel, bias = normal(*x_shape), normal(*k_shape), normal(k_shape[-1])
    expected = np.maximum(reference.conv(x, kernel, **arguments) + bias, 0)
    got = ops.relu(ops.conv(x, kernel, bias=bias, **arguments))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=20 * tolerance(kernel.shape))
    assert_adjoint(x, kernel, arguments)
    if arguments["groups"] == 1:
        assert_adjoint(normal(*x_shape[:-1], k_shape[-1]), np.swapaxes(kernel, -1, -2), arguments)


SMALL = {
    "plain": ((2, 5, 4, 2), (3, 2, 2, 3), {}),
    "strided": ((1, 7, 6, 2), (3, 2, 2, 2), {"strides": (2, 3)}),
    "same": ((2, 5, 2), (3, 2, 3), {"padding": "same", "strides": 2}),
    "causal": ((1, 6, 2), (3, 2, 2), {"padding": "causal", "dilation_rate": 2}),
    "dilated": ((1, 8, 1), (3, 1, 2), {"dilation_rate": 2, "strides": 3}),
    "grouped": ((1, 4, 4, 4), (2, 2, 2, 6), {"groups": 2}),
    "depthwise": ((2, 4, 3, 3), (2, 2, 1, 6), {"groups": 3, "padding": "same"}),
    "volume": ((1, 3, 3, 3, 2), (2, 2, 2, 2, 2), {"padding": "same"}),
    "kernel larger than input": ((1, 2, 2), (5, 2, 2), {"padding": ((3, 3),)}),
}


@pytest.mark.parametrize("case", SMALL)
def test_gradients_to_second_order(case):
    x_shape, k_shape, arguments = SMALL[case]
    check_op(
        lambda x, k: ops.square(ops.conv(x, k, **arguments)),
        lambda x, k: reference.conv(x, k, **arguments) ** 2,
        normal(*x_shape),
        normal(*k_shape) / 2,
        tolerance=2e-5,
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "strides,output_padding", [(1, None), (2, None), (3, None), (3, 1), (4, 3)]
)
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
def test_conv_transpose_is_keras(padding, strides, output_padding, kernel_size):
    x, kernel = normal(2, 4, 3), normal(kernel_size, 2, 3)
    arguments = (strides, padding, output_padding)
    try:
        expected = reference.conv_transpose(x, kernel, *arguments)
    except ValueError:
        pytest.fail("the oracle has a shape of its own")
    np.testing.assert_allclose(ops.conv_transpose(x, kernel, *arguments), expected, atol=1e-5)


def test_dense_is_the_matrix_product():
    for n, inputs, units in [(1, 1, 1), (1, 300, 70), (7, 17, 16), (100, 285, 135), (3, 5000, 33)]:
        x, w, b = normal(n, inputs), normal(inputs, units), normal(units)
        expected = np.float64(x) @ np.float64(w) + b
        np.testing.assert_allclose(ops.dense(x, w, b), expected, atol=2e-6 * inputs**0.5 * 20)
    check_op(lambda x, w: ops.dense(x, w), np.matmul, normal(2, 3, 4), normal(4, 5))
    assert ops.dense(np.zeros((0, 4)), np.zeros((4, 2))).shape == (0, 2)


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@pytest.mark.parametrize("channels", [1, 3, 16, 19])
@pytest.mark.parametrize(
    "sizes,pool,strides,padding",
    [
        ((7,), 2, None, "valid"),
        ((7,), 3, 2, "same"),
        ((6, 5), (2, 3), None, "valid"),
        ((6, 5), 3, 2, "same"),
        ((5, 5), 2, 1, "same"),
        ((4, 3, 5), 2, None, "valid"),
        ((4, 3, 5), (2, 2, 3), (1, 2, 2), "same"),
        ((1, 1), 1, 1, "valid"),
    ],
)
def test_pools(name, channels, sizes, pool, strides, padding):
    x = RNG.permutation(2 * np.prod(sizes) * channels).reshape(2, *sizes, channels) / 50
    op, oracle = getattr(ops, name), getattr(reference, name)
    arguments = (pool, strides, padding)
    x = x.astype(np.float32)
    expected = oracle(x, *arguments)
    np.testing.assert_allclose(op(x, *arguments), expected, rtol=1e-6)
    if channels <= 3:
        check_op(lambda v: op(v, *arguments), lambda v: oracle(v, *arguments), x, second=False)


def test_pool_gradients_nest():
    x = RNG.permutation(24).reshape(1, 4, 3, 2) / 7.0
    for name in ("max_pool", "average_pool"):
        op, oracle = getattr(ops, name), getattr(reference, name)
        check_op(lambda v: ops.square(op(v, 2, 1)), lambda v: oracle(v, 2, 1) ** 2, x)


def test_fused_bias_and_relu_are_the_separate_ones():
    x, kernel, bias = normal(2, 9, 9, 5), normal(3, 3, 5, 18), normal(18)
    from pyconv.plan import Function

    fused = Function(lambda x: [ops.relu(ops.conv(x, kernel, bias=bias))])
    assert [name for name, _ in fused.executable((x,)).plan.ops] == ["conv_pack", "conv_forward"]
    expected = np.maximum(reference.conv(x, kernel) + bias, 0)
    np.testing.assert_allclose(fused(x)[0], expected, atol=1e-5)


def test_nan_and_inf_stay_where_they_belong():
    x = np.zeros((1, 8, 1), np.float32)
    x[0, 2], x[0, 6] = np.nan, np.inf
    y = ops.conv(x, np.ones((2, 1, 1)))[0, :, 0]
    np.testing.assert_array_equal(np.isnan(y), [0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(np.isinf(y), [0, 0, 0, 0, 0, 1, 1])
    assert np.isnan(ops.relu(np.float32([np.nan])))[0]


def test_no_examples():
    kernel = normal(3, 2, 4)
    assert ops.conv(np.zeros((0, 7, 2)), kernel).shape == (0, 5, 4)
    _, (dx, dk) = graph_gradients(ops.conv, [np.zeros((0, 7, 2)), kernel], np.zeros((0, 5, 4)))
    assert dx.shape == (0, 7, 2)
    np.testing.assert_array_equal(dk, np.zeros((3, 2, 4)))


def test_messages():
    x = np.zeros((1, 5, 3))
    with pytest.raises(ValueError, match="to have 3 / 1 input channels"):
        ops.conv(x, np.zeros((2, 2, 4)), groups=1)
    with pytest.raises(ValueError, match="at least as large as the kernel"):
        ops.conv(x, np.zeros((6, 3, 4)))
    with pytest.raises(ValueError, match="received 'whole'"):
        ops.conv(x, np.zeros((2, 3, 4)), padding="whole")
    with pytest.raises(ValueError, match="strides: expected an integer of at least 1"):
        ops.conv(x, np.zeros((2, 3, 4)), strides=0)
    with pytest.raises(ValueError, match="output_padding below strides"):
        ops.conv_transpose(x, np.zeros((2, 4, 3)), 2, output_padding=2)
    with pytest.raises(ValueError, match="at least as large as the window"):
        ops.max_pool(x, 6)
    with pytest.raises(ValueError, match="an input_size that"):
        apply(
            ConvTranspose(Geometry((2,), (1,), "valid"), input_size=(9,)),
            np.zeros((1, 2, 1)),
            np.zeros((2, 1, 1)),
        )


@pytest.mark.peer
@settings(max_examples=60, deadline=None)
@given(problems())
def test_gradients_are_pytorchs(problem):
    torch = pytest.importorskip("torch")
    x, kernel, arguments = problem

    def first(array, source, destination):
        """Channels first, in float64, contiguous as PyTorch's backward pass needs it."""
        moved = np.moveaxis(np.float64(array), source, destination)
        return torch.from_numpy(np.ascontiguousarray(moved))

    rank = x.ndim - 2
    y = ops.conv(x, kernel, **arguments)
    g = np.random.default_rng(2).normal(size=y.shape).astype(np.float32)
    _, (dx, dk) = graph_gradients(lambda a, b: ops.conv(a, b, **arguments), [x, kernel], g)

    pads = geometry(arguments).pads(x.shape[1:-1], kernel.shape[:-2])
    v = first(x, -1, 1).requires_grad_()
    k = first(kernel, (-1, -2), (0, 1)).requires_grad_()
    padded = torch.nn.functional.pad(v, [size for pair in reversed(pads) for size in pair])
    conv = getattr(torch.nn.functional, f"conv{rank}d")
    z = conv(
        padded, k, None, arguments["strides"], 0, arguments["dilation_rate"], arguments["groups"]
    )
    z.backward(first(g, -1, 1))
    atol = 50 * tolerance((y.size // y.shape[-1], kernel.shape[-1], 1))
    np.testing.assert_allclose(y, np.moveaxis(z.detach().numpy(), 1, -1), rtol=1e-5, atol=atol)
    np.testing.assert_allclose(dx, np.moveaxis(v.grad.numpy(), 1, -1), rtol=1e-5, atol=atol)
    np.testing.assert_allclose(
        dk, np.moveaxis(k.grad.numpy(), (0, 1), (-1, -2)), rtol=1e-5, atol=atol
    )


def test_a_conv_of_one_op_is_not_retraced():
    """Eager calls of one shape share a plan."""
    from pyconv.plan.function import _op_functions

    x, kernel = normal(1, 6, 2), normal(3, 2, 2)
    ops.conv(x, kernel)
    before = len(_op_functions)
    ops.conv(x, kernel)
    assert len(_op_functions) == before
    assert isinstance(next(reversed(_op_functions)), Conv)

"""Tiled and locally connected maps, a kernel for each example, padding modes: the literal
equations, the adjoint identity over all options, and what they are special cases of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyconv
from pyconv import ops
from pyconv.plan import Function
from tests import reference
from tests.ops.oracle import check_op, graph_gradients
from tests.ops.test_conv_options import WORDS, pairs_of

RNG = np.random.default_rng(0)
NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def literal(x, kernel, strides, pairs, dilation, groups, modes=None, tiling=None, flip=False):
    """The equations in float64; a kernel has an axis for the examples where it has one more."""
    rank = x.ndim - 2
    if kernel.ndim == rank + 3 + rank * (tiling is not None):
        rows = [
            literal(row[None], k, strides, pairs, dilation, groups, modes, tiling, flip)
            for row, k in zip(x, kernel, strict=True)
        ]
        return np.concatenate(rows)
    if modes is not None:
        for axis, (mode, pair) in enumerate(zip(modes, pairs, strict=True)):
            options = {"mode": NUMPY_MODES[mode]} if mode != "zeros" else {}
            x = np.pad(x, [pair if a == axis + 1 else (0, 0) for a in range(x.ndim)], **options)
        pairs = "valid"
    if tiling is None:
        kernel = np.flip(kernel, range(rank)) if flip else kernel
        return reference.conv(x, kernel, strides, pairs, dilation, groups)
    y = None
    for tile in np.ndindex(*tiling):
        z = literal(x, kernel[tile], strides, pairs, dilation, groups, flip=flip)
        y = np.zeros_like(z) if y is None else y
        at = tuple(slice(a, None, t) for a, t in zip(tile, tiling, strict=True))
        y[(slice(None), *at)] = z[(slice(None), *at)]
    return y


@st.composite
def problems(draw):
    """(x, kernel, options of conv or tiled_conv, options of `literal`) where all fit."""
    rank = draw(st.integers(1, 3))
    axes = st.tuples(*[st.integers(1, 3)] * rank)
    size, strides, dilation = draw(axes), draw(axes), draw(axes)
    sizes = tuple(
        draw(st.integers(d * (k - 1) + 1, d * (k - 1) + 8 - rank))
        for k, d in zip(size, dilation, strict=True)
    )
    padding = tuple(draw(st.sampled_from(WORDS)) for _ in range(rank))
    pairs = pairs_of(padding, sizes, size, strides, dilation)
    modes = tuple(
        draw(st.sampled_from([m for m, most in (("zeros", 99), ("reflect", i - 1),
             ("replicate", 99), ("circular", i)) if max(pair) <= most]))
        for i, pair in zip(sizes, pairs, strict=True)
    )  # fmt: skip
    tiling = draw(st.one_of(st.none(), st.tuples(*[st.integers(1, 4)] * rank)))
    groups, n = draw(st.sampled_from([1, 1, 2, 3])), draw(st.integers(1, 3))
    ic, oc = groups * draw(st.integers(1, 4)), groups * draw(st.sampled_from([1, 2, 9]))
    each = (n,) if draw(st.booleans()) else ()
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.normal(size=(n, *sizes, ic)).astype(np.float32)
    kernel = rng.normal(size=(*each, *(tiling or ()), *size, ic // groups, oc))
    flip = draw(st.booleans())
    options = {
        "strides": strides, "padding": padding, "dilation_rate": dilation, "groups": groups,
        "flip_kernel": flip, "padding_mode": modes,
    }  # fmt: skip
    arguments = (strides, pairs, dilation, groups, modes, tiling, flip)
    return x, kernel.astype(np.float32), options, arguments


@settings(max_examples=200, deadline=None)
@given(problems())
def test_equations_and_adjoints(problem):
    """<c(K, V), G> = <V, h(K, G)> = <K, g(G, V)> for every kind of kernel and padding."""
    x, kernel, options, arguments = problem
    expected = literal(x, kernel, *arguments)
    function = ops.conv if arguments[-2] is None else ops.tiled_conv
    g = np.random.default_rng(1).normal(size=expected.shape).astype(np.float32)
    y, (dx, dk) = graph_gradients(lambda v, k: function(v, k, **options), [x, kernel], g)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-4)
    product = np.vdot(expected, np.float64(g))
    bound = 1e-5 * np.linalg.norm(y) * np.linalg.norm(g) + 1e-4
    assert abs(np.vdot(np.float64(x), np.float64(dx)) - product) < bound
    assert abs(np.vdot(np.float64(kernel), np.float64(dk)) - product) < bound


KINDS = {
    "tiled": ((1, 4, 5, 2), (2, 2, 2, 2, 2, 2), {"padding": "same"}, (2, 2)),
    "tiled, strided": ((1, 7, 2), (2, 2, 1, 2), {"strides": 2, "dilation_rate": 2, "groups": 2},
                       (2,)),
    "locally connected": ((2, 4, 2), (3, 2, 2, 1), {}, (3,)),
    "each": ((2, 3, 4, 2), (2, 2, 2, 2, 2), {"padding": 1, "strides": (1, 2)}, None),
    "each, tiled": ((2, 4, 1), (2, 2, 2, 1, 2), {}, (2,)),
    "reflect": ((1, 4, 3, 2), (3, 2, 2, 1), {"padding": 1, "padding_mode": "reflect"}, None),
    "replicate": ((1, 4, 2), (3, 2, 2), {"padding": "full", "padding_mode": "replicate"}, None),
    "circular": ((1, 3, 4, 1), (3, 3, 1, 2),
                 {"padding": "same", "strides": 2, "padding_mode": ("circular", "zeros")}, None),
    "circular, depthwise": ((1, 4, 2), (3, 1, 2),
                            {"padding": "same", "groups": 2, "padding_mode": "circular"}, None),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives(kind):
    x_shape, k_shape, options, tiling = KINDS[kind]
    rank = len(x_shape) - 2
    values = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1,
              "padding_mode": "zeros"} | options  # fmt: skip
    strides = reference.per_axis(values["strides"], rank)
    dilation = reference.per_axis(values["dilation_rate"], rank)
    pairs = pairs_of(values["padding"], x_shape[1:-1], k_shape[-2 - rank : -2], strides, dilation)
    modes = values["padding_mode"]
    modes = (modes,) * rank if isinstance(modes, str) else modes
    function = ops.conv if tiling is None else ops.tiled_conv

    def expected(x, k):
        return literal(x, k, strides, pairs, dilation, values["groups"], modes, tiling) ** 2

    check_op(
        lambda x, k: ops.square(function(x, k, **options)),
        expected,
        normal(*x_shape),
        normal(*k_shape) / 2,
        tolerance=3e-5,
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_tiling_of_one_is_convolution(rank):
    x, kernel = normal(2, *[6] * rank, 3), normal(*[1] * rank, *[3] * rank, 3, 4)
    one = ops.tiled_conv(x, kernel, 2, "same")
    np.testing.assert_array_equal(one, ops.conv(x, kernel.reshape(kernel.shape[rank:]), 2, "same"))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_tiling_of_the_output_is_locally_connected(rank):
    """Eq. 9.9 as written, with strides and groups."""
    sizes, strides = (6, 5, 4)[:rank], (2, 1, 2)[:rank]
    places = ops.conv_output_size(sizes, (2, 3, 2)[:rank], strides)
    kernel = normal(*places, *(2, 3, 2)[:rank], 2, 6)
    x, bias = normal(3, *sizes, 4), normal(*places, 6)
    got = ops.locally_connected(x, kernel, strides, groups=2, bias=bias)
    np.testing.assert_array_equal(got, ops.tiled_conv(x, kernel, strides, groups=2, bias=bias))
    expected = np.zeros((3, *places, 6))
    for at in np.ndindex(*places):
        for cell in np.ndindex(*(2, 3, 2)[:rank]):
            v = x[(slice(None), *(o * s + m for o, s, m in zip(at, strides, cell, strict=True)))]
            w = np.float64(kernel[(*at, *cell)]).reshape(2, 2, 3)
            flow = np.einsum("ngl,lgi->ngi", v.reshape(3, 2, 2), w.transpose(0, 1, 2))
            expected[(slice(None), *at)] += flow.reshape(3, 6)
    np.testing.assert_allclose(got, expected + bias, atol=1e-4)


def test_bias_of_tiles():
    """The bias takes turns as the kernels do."""
    x, kernel, bias = normal(2, 7, 8, 2), normal(3, 2, 2, 2, 2, 4), normal(3, 2, 4)
    y = ops.tiled_conv(x, kernel, bias=bias) - ops.tiled_conv(x, kernel)
    j, k = np.arange(6)[:, None] % 3, np.arange(7) % 2
    np.testing.assert_allclose(y, np.broadcast_to(bias[j, k], y.shape), atol=1e-5)
    check_op(
        lambda x, k, b: ops.square(ops.tiled_conv(x, k, bias=b)),
        lambda x, k, b: (
            literal(x, k, (1,), ((0, 0),), (1,), 1, None, (2,)) + np.tile(b, (2, 1))[:3]
        ) ** 2,
        normal(1, 4, 1),
        normal(2, 2, 1, 2),
        normal(2, 2),
    )  # fmt: skip


def test_tiles_beyond_the_output_are_not_used():
    x, kernel = normal(1, 4, 2), normal(5, 3, 2, 3)
    y, (_, dk) = graph_gradients(ops.tiled_conv, [x, kernel], np.ones((1, 2, 3)))
    np.testing.assert_array_equal(dk[2:], 0)
    np.testing.assert_allclose(
        y, literal(x, kernel, (1,), ((0, 0),), (1,), 1, None, (5,)), atol=1e-5
    )


def test_the_same_bits_on_every_number_of_threads():
    """Many tiles, kernels of each example, a mode: forward and gradients."""
    local, x = normal(12, 11, 3, 3, 9, 17) / 5, normal(9, 14, 13, 9)
    dynamic = normal(9, 3, 3, 9, 17) / 5

    def loss(x, local, dynamic):
        around = ops.conv(x, dynamic, padding=1, padding_mode="reflect")
        return ops.locally_connected(x, local) + ops.conv(x, dynamic) + around[:, :12, :11]

    seed, before = normal(9, 12, 11, 17), pyconv.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            pyconv.set_num_threads(threads)
            output, flows = graph_gradients(loss, [x, local, dynamic], seed)
            results.append([output, *flows])
    finally:
        pyconv.set_num_threads(before)
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_kernels_of_a_batch_of_any_size():
    """The number of examples is known when the plan runs, and kernels are computed in it."""
    function = Function(lambda x, k: [ops.relu(ops.conv(x, ops.square(k), padding="same"))])
    for n in (3, 1, 0, 5):
        x, kernels = normal(n, 5, 6, 3), normal(n, 3, 3, 3, 8)
        rows = zip(x, kernels, strict=True)
        expected = [reference.conv(a[None], k**2, padding="same")[0] for a, k in rows]
        got = function(x, kernels)[0]
        np.testing.assert_allclose(got, np.maximum(np.reshape(expected, got.shape), 0), atol=1e-4)


def test_products_of_many_matrices():
    """Each example's matrix by its own, also along more axes, of a batch or of numbers."""
    for lead in [(4,), (0,), (2, 3)]:
        a, b = normal(*lead, 5, 7), normal(*lead, 7, 9)
        np.testing.assert_allclose(ops.matmul(a, b), a @ b, atol=1e-4)
        np.testing.assert_allclose(
            Function(lambda x, y: [ops.matmul(x, y)])(a, b)[0], a @ b, atol=1e-4
        )
    check_op(ops.matmul, np.matmul, normal(2, 3, 4), normal(2, 4, 5))
    with pytest.raises(ValueError, match="matmul: expected shapes that broadcast"):
        ops.matmul(normal(3, 4, 5), normal(2, 5, 6))


def test_mode_shifts_commute():
    """A circular shift of the input shifts the output: all places are alike."""
    x, kernel = normal(1, 6, 5, 2), normal(3, 3, 2, 4)
    options = {"padding": "same", "padding_mode": "circular"}
    shifted = ops.conv(np.roll(x, (2, -1), (1, 2)), kernel, **options)
    np.testing.assert_allclose(shifted, np.roll(ops.conv(x, kernel, **options), (2, -1), (1, 2)),
                               atol=1e-5)  # fmt: skip


def test_modes_of_depthwise_and_separable():
    x, kernel, pointwise = normal(2, 6, 5, 3), normal(3, 3, 3, 2), normal(1, 1, 6, 4)
    options = {"padding": "same", "padding_mode": ("circular", "reflect")}
    expected = literal(
        x, kernel.reshape(3, 3, 1, 6), (1, 1), [(1, 1)] * 2, (1, 1), 3, ("circular", "reflect")
    )
    np.testing.assert_allclose(ops.depthwise_conv(x, kernel, **options), expected, atol=1e-5)
    np.testing.assert_allclose(
        ops.separable_conv(x, kernel, pointwise, **options),
        reference.conv(expected, pointwise),
        atol=1e-4,
    )


def test_messages():
    x = np.zeros((2, 5, 3))
    with pytest.raises(ValueError, match="kernels for the .4,. places .* received them for .3,."):
        ops.locally_connected(x, np.zeros((3, 2, 3, 4)))
    with pytest.raises(ValueError, match="mode 'reflect': expected a padding below the size 5"):
        ops.conv(x, np.zeros((2, 3, 4)), padding=5, padding_mode="reflect")
    with pytest.raises(ValueError, match="padding_mode 'circular': .* of at most the size 5"):
        ops.conv(x, np.zeros((2, 3, 4)), padding=6, padding_mode="circular")
    with pytest.raises(ValueError, match="padding_mode: expected 'zeros', .* received 'edge'"):
        ops.conv(x, np.zeros((2, 3, 4)), padding_mode="edge")
    with pytest.raises(ValueError, match=r"a kernel \(2, as many spatial axes"):
        ops.conv(x, np.zeros((3, 2, 3, 4)))
    with pytest.raises(ValueError, match="tiled_conv: expected a kernel"):
        ops.tiled_conv(x, np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="received an input of shape"):
        ops.tiled_conv(x, np.zeros((0, 2, 3, 4)))


@pytest.mark.peer
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_modes_are_pytorchs(mode):
    torch = pytest.importorskip("torch")
    layer = torch.nn.Conv2d(3, 5, 3, stride=2, padding=(2, 1), padding_mode=mode).double()
    v = torch.randn(2, 3, 7, 6, dtype=torch.float64, requires_grad=True)
    z = layer(v)
    z.sum().backward()
    x, expected = (np.moveaxis(t.detach().numpy(), 1, -1) for t in (v, z))
    kernel = layer.weight.detach().numpy().transpose(2, 3, 1, 0)
    options = {"padding": (2, 1), "padding_mode": mode, "bias": layer.bias.detach().numpy()}
    y, (dx, dk) = graph_gradients(
        lambda a, b: ops.conv(a, b, 2, **options),
        [x, kernel],
        np.ones(expected.shape),
    )
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(dx, np.moveaxis(v.grad.numpy(), 1, -1), atol=1e-5)
    np.testing.assert_allclose(dk, layer.weight.grad.numpy().transpose(2, 3, 1, 0), atol=1e-4)

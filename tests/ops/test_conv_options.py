"""c, h and g with every option: literal equations, adjoints, second derivatives, sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyconv import ops
from tests import reference
from tests.ops.oracle import check_op

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def pairs_of(padding, sizes, kernel, strides, dilation):
    """Pairs (before, after) per axis, from the definitions, for the reference."""
    words = (padding,) * len(sizes) if isinstance(padding, (str, int)) else padding
    result = []
    for word, i, k, s, d in zip(words, sizes, kernel, strides, dilation, strict=True):
        reach = d * (k - 1)
        if word == "full":
            result.append((reach, reach))
        elif isinstance(word, str):
            result.append(reference.zeros_around(word, i, k, s, d))
        else:
            result.append((word, word) if isinstance(word, int) else word)
    return result


WORDS = ["valid", "same", "full", "causal", 2, (1, 3)]


@st.composite
def problems(draw):
    """(x, kernel, options of conv, pairs of zeros) where the kernel fits."""
    rank = draw(st.integers(1, 3))
    axes = st.tuples(*[st.integers(1, 3)] * rank)
    kernel, strides, dilation = draw(axes), draw(axes), draw(axes)
    sizes = tuple(
        draw(st.integers(d * (k - 1) + 1, d * (k - 1) + 7 - rank))
        for k, d in zip(kernel, dilation, strict=True)
    )
    single = draw(st.booleans())
    padding = draw(st.sampled_from(WORDS[:5])) if single else None
    padding = padding or tuple(draw(st.sampled_from(WORDS)) for _ in range(rank))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    ic, oc = groups * draw(st.integers(1, 4)), groups * draw(st.sampled_from([1, 2, 9]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.normal(size=(draw(st.integers(1, 3)), *sizes, ic)).astype(np.float32)
    k = rng.normal(size=(*kernel, ic // groups, oc)).astype(np.float32)
    options = {
        "strides": strides, "padding": padding, "dilation_rate": dilation, "groups": groups,
        "flip_kernel": draw(st.booleans()),
    }  # fmt: skip
    return x, k, options, pairs_of(padding, sizes, kernel, strides, dilation)


def expected_conv(x, kernel, options, pairs):
    if options["flip_kernel"]:
        kernel = np.flip(kernel, range(kernel.ndim - 2))
    return reference.conv(
        x, kernel, options["strides"], pairs, options["dilation_rate"], options["groups"]
    )


@settings(max_examples=150, deadline=None)
@given(problems())
def test_adjoint_identity(problem):
    """<c(K, V), G> = <V, h(K, G)> = <K, g(G, V)>, and c is the literal equation."""
    x, kernel, options, pairs = problem
    expected = expected_conv(x, kernel, options, pairs)
    y = ops.conv(x, kernel, **options)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-4)
    g = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    dx = ops.conv_transpose(g, kernel, **options, input_size=x.shape[1:-1])
    dk = ops.conv_kernel_gradient(x, g, kernel.shape[:-2], **options)
    product = np.vdot(expected, np.float64(g))
    bound = 1e-5 * np.linalg.norm(y) * np.linalg.norm(g) + 1e-4
    assert abs(np.vdot(np.float64(x), np.float64(dx)) - product) < bound
    assert abs(np.vdot(np.float64(kernel), np.float64(dk)) - product) < bound


OPTIONS = [
    {},
    {"strides": 2, "padding": "same", "flip_kernel": True},
    {"padding": "full", "dilation_rate": 2, "groups": 2},
    {"strides": (2, 1), "padding": ("causal", (2, 0)), "dilation_rate": (1, 2)},
]


def literal_transpose(g, kernel, size, pairs, options):
    """dV, by the definition: what each element of V adds to <c(K, V), G>."""
    strides, dilation = options["strides"], options["dilation_rate"]
    flipped = np.flip(kernel, range(kernel.ndim - 2)) if options["flip_kernel"] else kernel
    shape = (*size, kernel.shape[-2] * options["groups"])
    ones = np.eye(np.prod(shape)).reshape(-1, *shape)
    added = reference.conv(ones, flipped, strides, pairs, dilation, options["groups"])
    return (g.reshape(len(g), -1) @ added.reshape(len(added), -1).T).reshape(len(g), *shape)


def full_options(options):
    values = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1,
              "flip_kernel": False} | options  # fmt: skip
    for name in ("strides", "dilation_rate"):
        values[name] = reference.per_axis(values[name], 2)
    return values


@pytest.mark.parametrize("case", range(len(OPTIONS)))
def test_all_three_to_second_order(case):
    options, size = full_options(OPTIONS[case]), (3, 4)
    x, kernel = normal(1, *size, 2), normal(2, 2, 2 // options["groups"], 2) / 2
    pairs = pairs_of(options["padding"], size, (2, 2), options["strides"], options["dilation_rate"])
    g = normal(*ops.conv(x, kernel, **options).shape)
    check_op(
        lambda x, k: ops.square(ops.conv(x, k, **options)),
        lambda x, k: expected_conv(x, k, options, pairs) ** 2,
        x,
        kernel,
        tolerance=3e-5,
    )
    check_op(
        lambda g, k: ops.square(ops.conv_transpose(g, k, **options, input_size=size)),
        lambda g, k: literal_transpose(g, k, size, pairs, options) ** 2,
        g[..., :1] if options["groups"] == 1 else g,
        kernel[..., :1] if options["groups"] == 1 else kernel,
        tolerance=3e-5,
        second=case < 2,
    )


def test_kernel_gradient_to_second_order():
    x, g = normal(1, 5, 2), normal(1, 2, 3)
    options = {"strides": 2, "padding": ((0, 1),)}

    def literal(x, g):
        x = np.pad(x, [(0, 0), (0, 1), (0, 0)])
        return np.stack([np.einsum("nml,nmi->li", x[:, k : k + 4 : 2][:, :2], g) for k in range(4)])

    check_op(
        lambda x, g: ops.square(ops.conv_kernel_gradient(x, g, 4, **options)),
        lambda x, g: literal(x, g)[:4] ** 2,
        x,
        g,
        tolerance=3e-5,
    )


def test_full_flipped_convolution_commutes():
    """I * K = K * I (eq. 9.5), and is NumPy's in one dimension."""
    image, kernel = normal(1, 6, 5, 1), normal(3, 4, 1, 1)
    one = ops.conv(image, kernel, padding="full", flip_kernel=True)
    other = ops.conv(
        kernel.reshape(1, 3, 4, 1), image.reshape(6, 5, 1, 1), padding="full", flip_kernel=True
    )
    np.testing.assert_allclose(one, other, atol=1e-6)
    row = ops.conv(image[:, 0], kernel[0], padding="full", flip_kernel=True)
    np.testing.assert_allclose(
        row.ravel(), np.convolve(image[0, 0, :, 0], kernel[0, :, 0, 0]), atol=1e-6
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_stride_is_subsampling(rank):
    """Figs 9.12, 10.11."""
    x, kernel, strides = normal(2, *[7] * rank, 3), normal(*[2] * rank, 3, 4), (2, 3, 1)[:rank]
    strided = ops.conv(x, kernel, strides)
    np.testing.assert_allclose(strided, ops.subsample(ops.conv(x, kernel), strides), atol=1e-5)
    check_op(
        lambda x: ops.square(ops.subsample(x, 2)),
        lambda x: x[:, ::2, ::2] ** 2,
        normal(1, 3, 4, 1),
    )


def test_stride_with_dilation():
    """Prince's problem 10.4: kernel 7, dilation 3, stride 3."""
    x, kernel = normal(1, 40, 2), normal(7, 2, 3)
    expected = reference.conv(x, kernel, 3, "valid", 3)
    np.testing.assert_allclose(ops.conv(x, kernel, 3, dilation_rate=3), expected, atol=1e-5)


def test_grouped_transpose_is_one_per_group():
    g, kernel = normal(2, 5, 6), normal(3, 2, 6)
    whole = ops.conv_transpose(g, kernel, 2, "same", groups=3)
    parts = [
        ops.conv_transpose(g[..., 2 * i : 2 * i + 2], kernel[..., 2 * i : 2 * i + 2], 2, "same")
        for i in range(3)
    ]
    np.testing.assert_allclose(whole, np.concatenate(parts, axis=-1), atol=1e-5)


def test_separable_is_depthwise_then_pointwise():
    x, depthwise, pointwise = normal(2, 6, 5, 3), normal(3, 2, 3, 2), normal(1, 1, 6, 4)
    expected = reference.conv(
        reference.depthwise_conv(x, depthwise, 2, "same"), pointwise, bias=np.arange(4)
    )
    got = ops.separable_conv(x, depthwise, pointwise, 2, "same", bias=np.arange(4.0))
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_bias_of_each_location():
    x, kernel, bias = normal(2, 5, 4, 2), normal(3, 3, 2, 4), normal(3, 2, 4)
    expected = reference.conv(x, kernel) + bias
    np.testing.assert_allclose(ops.conv(x, kernel, bias=bias), expected, atol=1e-5)


def test_input_sizes_are_those_of_the_output():
    for k, s, d in [(1, 1, 1), (3, 1, 2), (2, 3, 1), (6, 2, 3), (1, 4, 1)]:
        for padding in ["valid", "same", "full", "causal", 1, ((0, 2),)]:
            outputs = [ops.conv_output_size(i, k, s, padding, d) for i in range(1, 40)]
            for o in range(1, 6):
                sizes = [i for i, size in enumerate(outputs, start=1) if size == o]
                assert ops.conv_input_sizes(o, k, s, padding, d) == sizes


def test_sizes_of_several_axes():
    assert ops.conv_output_size((16, 16), (6, 5), padding="same", strides=(1, 2)) == (16, 8)
    assert ops.conv_output_size((5, 5), 3, padding="full") == (7, 7)
    assert ops.conv_input_sizes((2, 3), 3, (1, 2)) == ([4], [7, 8])
    assert ops.conv_output_size(3, 5) == 0
    x, kernel = np.ones((1, 3, 4, 1)), np.ones((2, 3, 1, 1))
    for padding, extra in [("valid", None), ("same", None), ("valid", 1), (1, None), ("full", 1)]:
        size = ops.conv_transpose_output_size((3, 4), (2, 3), 2, padding, 1, extra)
        assert ops.conv_transpose(x, kernel, 2, padding, extra).shape == (1, *size, 1)


def test_depth():
    assert ops.conv_depth(16, 6) == [16, 11, 6, 1]  # fig. 9.13
    assert ops.conv_depth(6, 3) == [6, 4, 2]
    assert ops.conv_depth(8, 3, strides=2, padding="same") == [8, 4, 2, 1]
    assert ops.conv_depth(1, 3) == [1]
    with pytest.raises(ValueError, match="shrinks its input"):
        ops.conv_depth(8, 3, padding="same")


def test_messages():
    x, kernel = np.zeros((1, 5, 3)), np.zeros((2, 3, 4))
    with pytest.raises(ValueError, match="padding: expected .* received -1"):
        ops.conv(x, kernel, padding=-1)
    with pytest.raises(ValueError, match=r"padding: expected .* received \[1, 2\]"):
        ops.conv(x, kernel, padding=[1, 2])
    with pytest.raises(ValueError, match="groups: expected an integer of at least 1"):
        ops.conv(x, kernel, groups=-1)
    with pytest.raises(ValueError, match="conv: expected an input .n, up to 3"):
        ops.conv(x, np.zeros((2, 2, 3, 4)))
    with pytest.raises(ValueError, match=r"received \(9,\), .* possible are \[10, 11\]"):
        ops.conv_transpose(np.zeros((1, 5, 4)), kernel, 2, input_size=9)
    with pytest.raises(ValueError, match="input_size or output_padding, received both"):
        ops.conv_transpose(np.zeros((1, 5, 4)), kernel, 2, "valid", 1, input_size=9)
    with pytest.raises(ValueError, match="leaves nothing of an axis of size 1"):
        ops.conv_transpose(np.zeros((1, 1, 4)), np.zeros((5, 3, 4)), padding=4)
    with pytest.raises(ValueError, match="conv_kernel_gradient: expected g of shape"):
        ops.conv_kernel_gradient(x, np.zeros((1, 5, 4)), 2)
    with pytest.raises(ValueError, match="strides: expected an integer"):
        ops.subsample(x, 0)

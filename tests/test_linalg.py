"""Convolutions as matrices, and networks as dense ones."""

import numpy as np
import pytest

from pyconv import layers, linalg, ops, utils
from pyconv.models import Input, Model, Sequential

scipy_linalg = pytest.importorskip("scipy.linalg")
RNG = np.random.default_rng(2)


def kernel_of(*shape):
    return RNG.normal(size=shape).astype("float32")


def vec(x, order):
    """Each example as a row."""
    return (np.moveaxis(x, -1, 1) if order == "channels_first" else x).reshape(len(x), -1)


CASES = [
    ((9,), (3, 2, 4), {}),
    ((9,), (4, 1, 1), {"strides": 2, "padding": "same"}),
    ((8,), (3, 2, 3), {"padding": "causal", "dilation_rate": 2}),
    ((6, 5), (3, 2, 3, 2), {"padding": "same", "dilation_rate": 2, "strides": 2}),
    ((5, 4), (2, 3, 1, 6), {"padding": "full", "groups": 3}),
    ((5, 6), (3, 3, 2, 2), {"padding": ((2, 0), (1, 3)), "strides": (2, 1)}),
    ((5, 6), (2, 3, 2, 2), {"flip_kernel": True}),
    ((3, 4, 5), (2, 2, 3, 1, 2), {"strides": (1, 2, 1), "padding": "same", "groups": 2}),
    ((1, 1), (3, 3, 1, 1), {"padding": "same"}),
]


@pytest.mark.parametrize("order", linalg.ORDERS)
@pytest.mark.parametrize(("sizes", "kernel", "options"), CASES, ids=str)
def test_matrix_times_vector_is_the_convolution(sizes, kernel, options, order):
    kernel = kernel_of(*kernel)
    x = kernel_of(2, *sizes, kernel.shape[-2] * options.get("groups", 1))
    y = ops.conv(x, kernel, **options)
    matrix = linalg.conv_matrix(kernel, sizes, **options, order=order)
    np.testing.assert_allclose(vec(x, order) @ matrix.T, vec(y, order), rtol=1e-5, atol=1e-5)
    if "flip_kernel" not in options:
        back = ops.conv_transpose(y, kernel, **options, input_size=sizes)
        np.testing.assert_allclose(vec(y, order) @ matrix, vec(back, order), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular", ("zeros", "circular")])
def test_modes_are_those_of_convolution(mode):
    kernel, x = kernel_of(3, 4, 2, 3), kernel_of(1, 5, 6, 2)
    options = {"strides": 2, "padding": ((1, 2), (2, 1)), "padding_mode": mode}
    expected = ops.conv(x, kernel, **options)
    matrix = linalg.conv_matrix(kernel, (5, 6), **options)
    np.testing.assert_allclose(matrix @ x.ravel(), expected.ravel(), rtol=1e-5, atol=1e-5)


def literal_tiled(x, kernels, strides):
    """Equation 9.10 for an image; tiles as many as outputs make it equation 9.9."""
    (th, tw, kh, kw, _, filters), (sh, sw) = kernels.shape, strides
    outputs = ((x.shape[0] - kh) // sh + 1, (x.shape[1] - kw) // sw + 1)
    y = np.zeros((*outputs, filters))
    for j, k in np.ndindex(*outputs):
        patch = x[j * sh : j * sh + kh, k * sw : k * sw + kw]
        y[j, k] = np.einsum("mnl,mnlf->f", patch, kernels[j % th, k % tw])
    return y


@pytest.mark.parametrize(
    ("tiles", "strides"), [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((2, 2), (2, 1)), ((4, 5), (1, 1))]
)
def test_tiled_and_locally_connected(tiles, strides):
    kernels, x = kernel_of(*tiles, 3, 2, 2, 3), kernel_of(6, 6, 2)
    matrix = linalg.conv_matrix(kernels, (6, 6), strides)
    expected = literal_tiled(x, kernels, strides)
    np.testing.assert_allclose(matrix @ x.ravel(), expected.ravel(), rtol=1e-5, atol=1e-5)
    y = ops.tiled_conv(x[None], kernels, strides)
    np.testing.assert_allclose(matrix @ x.ravel(), y.ravel(), rtol=1e-5, atol=1e-5)
    if tiles == (1, 1):
        assert (matrix != linalg.conv_matrix(kernels[0, 0], (6, 6))).nnz == 0
    if tiles == (4, 5):
        assert len(np.unique(matrix.data)) == kernels.size
        y = ops.locally_connected(x[None], kernels)
        np.testing.assert_allclose(matrix @ x.ravel(), y.ravel(), rtol=1e-5, atol=1e-5)


def toeplitz(kernel, n, padding):
    """A band of the kernel along the diagonals."""
    before = {"valid": 0, "same": (len(kernel) - 1) // 2, "full": len(kernel) - 1}[padding]
    first = np.zeros(n + before)
    first[: len(kernel)] = kernel
    outputs = ops.conv_output_size(n, len(kernel), padding=padding)
    rows = [np.roll(np.r_[first, np.zeros(n)], shift)[before : before + n]
            for shift in range(outputs)]  # fmt: skip
    return np.array(rows)


@pytest.mark.parametrize("padding", ["valid", "same", "full"])
def test_one_axis_is_toeplitz(padding):
    kernel = np.arange(1.0, 4).reshape(3, 1, 1)
    matrix = linalg.conv_matrix(kernel, 7, padding=padding).toarray()
    np.testing.assert_array_equal(matrix, toeplitz(kernel.ravel(), 7, padding))
    np.testing.assert_array_equal(matrix, scipy_linalg.toeplitz(matrix[:, 0], matrix[0]))


def test_two_axes_are_doubly_block_toeplitz_and_circular_padding_circulant():
    kernel = kernel_of(3, 3, 1, 1)
    for mode in ("zeros", "circular"):
        matrix = linalg.conv_matrix(kernel, (5, 6), padding="same", padding_mode=mode).toarray()
        blocks = matrix.reshape(5, 6, 5, 6).transpose(0, 2, 1, 3)
        wraps = mode == "circular"
        for i, j in np.ndindex(5, 5):
            below = blocks[(i + 1) % 5, (j + 1) % 5]
            if wraps or max(i, j) < 4:
                np.testing.assert_array_equal(blocks[i, j], below)
            rolled = np.roll(blocks[i, j], (1, 1), (0, 1))
            inner = slice(None) if wraps else slice(1, None)
            np.testing.assert_array_equal(blocks[i, j][inner, inner], rolled[inner, inner])
    line = linalg.conv_matrix(kernel[0], 6, padding="same", padding_mode="circular").toarray()
    np.testing.assert_array_equal(line, scipy_linalg.circulant(line[:, 0]))


def test_a_stride_is_sampling_of_the_plain_matrix():
    kernel = kernel_of(3, 2, 2, 3)
    plain = linalg.conv_matrix(kernel, (7, 6))
    strided = linalg.conv_matrix(kernel, (7, 6), strides=(2, 3))
    sampled = linalg.subsample_matrix((5, 5), (2, 3), 3) @ plain
    assert abs(sampled - strided).max() == 0
    x = kernel_of(1, 5, 5, 3)
    taken = linalg.subsample_matrix((5, 5), (2, 3), 3) @ x.ravel()
    np.testing.assert_array_equal(taken, ops.subsample(x, (2, 3)).ravel())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((3, 1), 5), "expected a kernel"),
        (((3, 1, 1), 5.5), "`input_size`"),
        (((3, 1, 1), None), "`input_size`"),
        (((3, 1, 1), np.ones((3, 3))), r"`input_size` .* array of shape \(3, 3\)"),
        (((3, 1, 1), (0,)), "`input_size`"),
        (((0, 1, 1), 5), "a kernel with elements"),
        (((3, 1, 1), 2), "at least as large as the kernel"),
        (((3, 1, 3), 5, 1, "valid", 1, 2), "multiple of `groups`"),
        (((3, 1, 1), 5, 1, "sam"), "padding"),
        (((3, 1, 1), 5, 1, "same", 1, None, False, "odd"), "padding_mode"),
        (((3, 1, 1), 5, 1, "same", 1, None, False, "zeros", "C"), "`order`"),
    ],
)
def test_bad_arguments(arguments, message):
    shape, *rest = arguments
    with pytest.raises(ValueError, match=message):
        linalg.conv_matrix(np.ones(shape), *rest)


def test_picture_has_a_colour_for_each_parameter_and_white_for_zero():
    kernel = np.arange(1, 4).reshape(3, 1, 1)
    figure = linalg.plot_matrix(linalg.conv_matrix(kernel, 6, padding="same"))
    (image,) = figure.axes[0].images
    shown = image.to_rgba(image.get_array())[..., :3]
    matrix = linalg.conv_matrix(kernel, 6, padding="same").toarray()
    for value in range(4):
        assert len(np.unique(shown[matrix == value], axis=0)) == 1
    assert (shown[matrix == 0] == 1).all()
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 4
    with pytest.raises(ValueError, match="expected a matrix"):
        linalg.plot_matrix(np.ones(3))


def network(*chain):
    return Sequential([Input(chain[0]), *chain[1:]])


@pytest.mark.parametrize(
    "model",
    [
        lambda: network(
            (40, 1),
            *(layers.Conv1D(15, 3, strides=2, activation="relu") for _ in range(3)),
            layers.Flatten(),
            layers.Dense(10),
        ),
        lambda: network(
            (7, 6, 2),
            layers.ZeroPadding2D(1),
            layers.Conv2D(3, 3, dilation_rate=2, activation="tanh"),
            layers.AveragePooling2D(2, strides=1, padding="same"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.MaxPooling2D(2),
            layers.Conv2DTranspose(2, 2, strides=2, activation="softmax"),
        ),
        lambda: network(
            (2, 6, 5),
            layers.Conv2D(4, 3, groups=2, data_format="channels_first"),
            layers.Flatten(data_format="channels_first"),
            layers.Dense(3, activation="softmax"),
        ),
        lambda: network((5, 4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)),
    ],
)
def test_networks_written_as_dense_ones_have_equal_outputs(model):
    model = model()
    model.set_weights([np.abs(w) + RNG.uniform(0, 0.3, w.shape) for w in model.get_weights()])
    dense = utils.to_dense(model)
    x = kernel_of(3, *model.input_shape[1:])
    expected = model.predict_on_batch(x).reshape(3, -1)
    np.testing.assert_allclose(dense.predict_on_batch(x), expected, rtol=1e-4, atol=1e-5)


def test_dense_form_of_the_mnist1d_network():
    convolutions = [layers.Conv1D(15, 3, strides=2, activation="relu") for _ in range(3)]
    model = network((40, 1), *convolutions, layers.Flatten(), layers.Dense(10))
    dense = utils.to_dense(model)
    assert [layer.units for layer in dense.layers if hasattr(layer, "units")] == [285, 135, 60, 10]
    assert dense.count_params() == 59_065
    matrix = linalg.conv_matrix(convolutions[1].kernel.numpy(), 19, strides=2).toarray()
    second = next(layer for layer in dense.layers if getattr(layer, "units", 0) == 135)
    np.testing.assert_array_equal(second.kernel.numpy().T, matrix)


def test_dense_form_of_shared_layers_and_nested_models():
    x, y = Input((7, 6, 2)), Input((4, 3, 2))
    shared = layers.Conv2D(2, 3, padding="same", activation="tanh")
    thrice = Model(x, shared(shared(shared(x))))
    block = Sequential([layers.Conv2D(3, 3), Sequential([layers.ReLU(), layers.Conv2D(2, 2)])])
    nested = Sequential([Input((7, 6, 2)), block, Model(y, shared(y))])
    for model in (thrice, nested):
        dense = utils.to_dense(model)
        assert sum(isinstance(layer, layers.Dense) for layer in dense.layers) == 3
        x = kernel_of(3, 7, 6, 2)
        expected = model.predict_on_batch(x).reshape(3, -1)
        np.testing.assert_allclose(dense.predict_on_batch(x), expected, rtol=1e-4, atol=1e-5)


def test_only_chains_have_a_dense_form():
    x = Input((5, 1))
    y = layers.Conv1D(1, 3, padding="same")(x)
    for outputs in (layers.Add()([y, x]), y + 1, [y, x]):
        with pytest.raises(ValueError, match="a chain of layers"):
            utils.to_dense(Model(x, outputs))
    for other in (Model([x, Input((5, 1))], y), layers.Dense(3)):
        with pytest.raises(ValueError, match="a model with one input"):
            utils.to_dense(other)
    with pytest.raises(ValueError, match="known sizes"):
        utils.to_dense(network((None, 1), layers.Conv1D(1, 3)))

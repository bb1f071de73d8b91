"""The convolution layers beyond Keras' own, and the arguments that Keras' lack."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.initializers import LecunUniform
from tests import reference
from tests.layers.contract import check_fit, random_array, run, run_with_gradients


def check(name, kwargs, shape, equation):
    """The layer with random weights against equation(x, weights...), in both data formats."""
    cls = getattr(layers, name)
    layer = cls(bias_initializer="random_normal", **kwargs)
    x = random_array(2, *shape)
    y = run(layer, x)
    expected = equation(x, *map(np.float64, layer.get_weights()))
    np.testing.assert_allclose(y, expected, rtol=3e-5, atol=3e-5)
    first = cls(data_format="channels_first", **kwargs)
    x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    assert first.compute_output_shape((2, *x.shape[1:])) == np.moveaxis(y, -1, 1).shape
    first.build(x.shape)
    first.set_weights(layer.get_weights())
    np.testing.assert_allclose(np.moveaxis(run(first, x), 1, -1), y, rtol=3e-5, atol=3e-5)


GEOMETRIES = [
    ({"padding": "full"}, [(2, 2), (1, 1)]),
    ({"padding": "full", "dilation_rate": 2}, [(4, 4), (2, 2)]),
    ({"padding": "causal", "strides": 2}, [(2, 0), (1, 0)]),
    ({"padding": 1, "strides": (2, 3), "dilation_rate": (2, 1)}, [(1, 1), (1, 1)]),
    ({"padding": [(0, 3), "full"]}, [(0, 3), (1, 1)]),
]


@pytest.mark.parametrize("flip_kernel", [False, True])
@pytest.mark.parametrize(("geometry", "pads"), GEOMETRIES, ids=str)
def test_padding_and_flips(geometry, pads, flip_kernel):
    kwargs = {"kernel_size": (3, 2), "flip_kernel": flip_kernel, **geometry}
    plain = {k: v for k, v in geometry.items() if k != "padding"}

    def turned(kernel):
        return np.flip(kernel, (0, 1)) if flip_kernel else kernel

    def conv(x, kernel, bias):
        return reference.conv(x, turned(kernel), padding=pads, bias=bias, groups=2, **plain)

    def depthwise(x, kernel, bias):
        return reference.depthwise_conv(x, turned(kernel), padding=pads, bias=bias, **plain)

    def separable(x, kernel, pointwise, bias):
        return reference.conv(depthwise(x, kernel, 0.0), pointwise, bias=bias)

    check("Conv2D", {"filters": 6, "groups": 2, **kwargs}, (5, 6, 4), conv)
    check("DepthwiseConv2D", {"depth_multiplier": 2, **kwargs}, (5, 6, 3), depthwise)
    check("SeparableConv2D", {"filters": 4, **kwargs}, (5, 6, 3), separable)


def test_flipped_full_convolution_commutes():
    x, kernel = random_array(1, 7, 1), random_array(3, 1, 1, seed=1)
    layer = layers.Conv1D(1, 3, padding="full", flip_kernel=True, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    other = layers.Conv1D(1, 7, padding="full", flip_kernel=True, use_bias=False)
    other.build((1, 3, 1))
    other.set_weights([x.reshape(7, 1, 1)])
    np.testing.assert_allclose(layer(x), other(kernel.reshape(1, 3, 1)), rtol=1e-5, atol=1e-6)


def test_training_flipped_and_unflipped_ends_in_mirrored_kernels():
    x = random_array(64, 9, 2)
    target = run(layers.Conv1D(3, 3, kernel_initializer="he_normal"), x)
    start, kernels = random_array(3, 2, 3, seed=1), []
    for flip_kernel in (False, True):
        layer = layers.Conv1D(3, 3, flip_kernel=flip_kernel)
        model = pyconv.Sequential([layer])
        model.build(x.shape)
        layer.kernel.assign(start[::-1].copy() if flip_kernel else start)
        model.compile(pyconv.optimizers.SGD(0.1), "mse")
        model.fit(x, target, epochs=3, batch_size=16, shuffle=False, verbose=0)
        kernels.append(layer.kernel.numpy())
    np.testing.assert_allclose(kernels[0], kernels[1][::-1], rtol=1e-5, atol=1e-6)
    assert np.abs(kernels[0] - start).max() > 0.1


@pytest.mark.parametrize("name", ["Conv2D", "Conv2DTranspose", "SeparableConv2D"])
def test_bias_per_location(name):
    layer = getattr(layers, name)(3, 2, bias_per="location", bias_initializer="random_normal")
    x = random_array(2, 4, 5, 2)
    y = run(layer, x)
    assert layer.bias.shape == y.shape[1:]
    bare = getattr(layers, name)(3, 2, use_bias=False)
    bare.build(x.shape)
    bare.set_weights(layer.get_weights()[:-1])
    np.testing.assert_allclose(y, run(bare, x) + layer.bias.numpy(), rtol=1e-5, atol=1e-5)
    *_, gradient = run_with_gradients(layer, x)
    np.testing.assert_allclose(gradient, (np.float64(y) ** 2).sum(0), rtol=1e-4, atol=1e-4)


def test_bias_per_location_wants_a_size():
    with pytest.raises(ValueError, match=r"layer c: expected inputs of a fixed size .* bias_per"):
        layers.Conv1D(3, 2, bias_per="location", name="c")(layers.Input((None, 4)))
    with pytest.raises(ValueError, match="`bias_per` to be one of"):
        layers.Conv1D(3, 2, bias_per="tile")


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_subclass_may_have_another_convolution(data_format):
    class Standardized(layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            mean, variance = pyconv.ops.moments(kernel, axes=(0, 1, 2), keepdims=True)
            kernel = (kernel - mean) / pyconv.ops.sqrt(variance + 1e-10)
            return pyconv.ops.conv(
                inputs, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
            )

    x = random_array(2, 7, 7, 7)
    arguments = {"strides": 2, "padding": "same", "bias_initializer": "ones", "activation": "relu"}
    layer = Standardized(3, 3, data_format=data_format, **arguments)
    plain = layers.Conv2D(3, 3, data_format=data_format, **arguments)
    y = layer(x)
    plain.build(x.shape)
    kernel, bias = layer.get_weights()
    spread = (kernel - kernel.mean((0, 1, 2))) / kernel.std((0, 1, 2))
    plain.set_weights([spread, bias])
    np.testing.assert_allclose(y, plain(x), rtol=1e-4, atol=1e-5)
    check_fit(Standardized, {"filters": 3, "kernel_size": 3}, (7, 7, 2))


def test_depthwise_3d():
    kwargs = {"kernel_size": (2, 3, 1), "strides": (1, 2, 1), "padding": "same"}
    kwargs |= {"depth_multiplier": 2, "dilation_rate": (2, 1, 1)}
    geometry = {k: kwargs[k] for k in ("strides", "padding", "dilation_rate")}
    check(
        "DepthwiseConv3D", kwargs, (3, 4, 5, 9),
        lambda x, kernel, bias: reference.depthwise_conv(x, kernel, bias=bias, **geometry),
    )  # fmt: skip


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("geometry", [{}, {"strides": 2, "padding": "same"}], ids=str)
def test_separable(rank, geometry):
    def equation(x, depthwise, pointwise, bias):
        y = reference.depthwise_conv(x, depthwise, **geometry)
        return reference.conv(y, pointwise, bias=bias)

    kwargs = {"filters": 5, "kernel_size": 2, "depth_multiplier": 3, **geometry}
    check(f"SeparableConv{rank}D", kwargs, (4, 5, 3)[:rank] + (7,), equation)


def test_spatially_separable():
    def equation(x, vertical, horizontal, bias):
        y = reference.conv(x, vertical, (2, 1), "same", groups=2)
        return reference.conv(y, horizontal, (1, 3), "same", groups=2, bias=bias)

    kwargs = {"filters": 8, "kernel_size": (3, 2), "strides": (2, 3), "padding": "same"}
    check("SpatiallySeparableConv2D", {"groups": 2, **kwargs}, (6, 7, 4), equation)


def test_spatially_separable_counts():
    """w d weights for w^d, per pair of channels."""
    for rank in (1, 2, 3):
        layer = getattr(layers, f"SpatiallySeparableConv{rank}D")(4, 5, use_bias=False)
        layer.build((None, *(9,) * rank, 4))
        assert layer.count_params() == 5 * rank * 16


def test_outer_product():
    def equation(x, a, v, h, bias):
        return reference.conv(x, np.einsum("li,mi,ni->mnli", a, v, h), 2, "same", bias=bias)

    kwargs = {"filters": 8, "kernel_size": (3, 2), "strides": 2, "padding": "same"}
    check("OuterProductConv2D", kwargs, (6, 7, 3), equation)


def test_outer_product_begins_with_lecun_variance():
    layer = layers.OuterProductConv2D(1000, 5, kernel_initializer=LecunUniform(seed=3))
    layer.build((None, 28, 28, 20))
    a, v, h, _ = layer.get_weights()
    kernel = np.einsum("li,mi,ni->mnli", a, v, h)
    assert kernel.var() * 5 * 5 * 20 == pytest.approx(1, rel=0.1)
    np.testing.assert_array_equal(a, LecunUniform(seed=3)(a.shape))
    assert abs(np.corrcoef(v.ravel(), h.ravel())[0, 1]) < 0.1  # draws of their own


@pytest.mark.parametrize("kind", ["P4", "P4M"])
def test_group_layers_are_equivariant(kind):
    """A network of them with global pooling gives one answer for all turns (and flips)."""
    group = kind.lower()
    model = pyconv.Sequential([
        getattr(layers, f"{kind}LiftingConv2D")(
            3, 3, padding="same", activation="relu", bias_initializer="random_normal"
        ),
        layers.MaxPooling2D(2),
        getattr(layers, f"{kind}Conv2D")(5, 3, activation="relu", bias_initializer="random_normal"),
        layers.GroupPooling(group),
        layers.GlobalAveragePooling2D(),
    ])  # fmt: skip
    x = random_array(2, 8, 8, 2)
    y = model.predict(x, verbose=0)
    views = [np.rot90(x, turns, (1, 2)) for turns in range(4)]
    views += [view[:, :, ::-1] for view in views if kind == "P4M"]
    for view in views:
        seen = model.predict(np.ascontiguousarray(view), verbose=0)
        np.testing.assert_allclose(seen, y, rtol=1e-5, atol=1e-6)


def test_fit_a_group_network():
    """Edges across and edges down are one kind to p4m, so that half as many examples show both."""
    pyconv.utils.set_random_seed(1)
    x, bar = random_array(64, 8, 8, 1) / 4, np.zeros((8, 8, 1), "float32")
    labels = np.arange(64) % 2
    bar[2:6, 3:5] = 1
    x[labels == 1] += bar
    model = pyconv.Sequential([
        layers.P4MLiftingConv2D(2, 3, activation="relu"),
        layers.Subsampling2D(2),
        layers.P4MConv2D(4, 3, activation="relu"),
        layers.GroupPooling("p4m"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.compile(
        pyconv.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, labels, epochs=20, batch_size=16, verbose=0)
    turned = np.ascontiguousarray(np.rot90(x, axes=(1, 2)))
    assert model.evaluate(turned, labels, verbose=0)[1] > 0.95  # bars in a direction never seen


def test_group_layers_refuse():
    with pytest.raises(ValueError, match=r"a square `kernel_size`, received .* \(3, 2\)"):
        layers.P4LiftingConv2D(4, (3, 2))
    with pytest.raises(ValueError, match="layer g: expected a multiple of 8 channels"):
        layers.P4MConv2D(4, 3, name="g")(layers.Input((5, 5, 4)))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_subsampling_a_convolution_of_stride_1_is_stride_s(rank):
    x = random_array(2, *(7, 8, 6)[:rank], 3)
    strides = (2, 3, 1)[:rank]
    strided = getattr(layers, f"Conv{rank}D")(4, 2, strides=strides)
    y = run(strided, x)
    dense = getattr(layers, f"Conv{rank}D")(4, 2)
    dense.build(x.shape)
    dense.set_weights(strided.get_weights())
    sampled = getattr(layers, f"Subsampling{rank}D")(strides)
    model = pyconv.Sequential([dense, sampled])
    np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=1e-5, atol=1e-5)


# which of LeNet-5's 16 filters see which of its 6 maps (LeCun et al. 1998, table I)
LENET_C3 = [
    [1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1],
    [1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1],
    [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1],
    [0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1],
    [0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1],
    [0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1],
]


@pytest.mark.parametrize("geometry", [{}, {"strides": 2, "padding": "same"}], ids=str)
def test_connection_table(geometry):
    def equation(x, kernel, bias):
        full = np.zeros((3, 3, 6, 16))
        full[:, :, np.array(LENET_C3, bool)] = kernel
        return reference.conv(x, full, bias=bias, **geometry)

    kwargs = {"table": LENET_C3, "kernel_size": 3, **geometry}
    check("ConnectionTableConv2D", kwargs, (6, 7, 6), equation)


def test_missing_connections_are_not_stored():
    layer = layers.ConnectionTableConv2D(np.array(LENET_C3), 5, kernel_initializer=LecunUniform(3))
    layer.build((None, 14, 14, 6))
    assert layer.count_params() == 1516  # LeCun et al. 1998, section II.B
    full = LecunUniform(3)((5, 5, 6, 16))
    np.testing.assert_array_equal(layer.kernel, full[:, :, np.array(LENET_C3, bool)])
    groups = layers.ConnectionTableConv2D(np.kron(np.eye(2), np.ones((2, 3))), 3)
    conv = layers.Conv2D(6, 3, groups=2)
    x = random_array(2, 5, 5, 4)
    y = run(conv, x)
    groups.build(x.shape)
    kernel, bias = conv.get_weights()
    rows = [kernel[..., :, 3 * g : 3 * g + 3].reshape(3, 3, 6) for g in range(2)]
    groups.set_weights([np.concatenate(rows, axis=-1), bias])
    np.testing.assert_allclose(run(groups, x), y, rtol=1e-5, atol=1e-5)


def test_connection_table_refuses():
    with pytest.raises(ValueError, match="table: expected zeros and ones"):
        layers.ConnectionTableConv2D([[1, 2]], 3)
    with pytest.raises(ValueError, match="table: expected zeros and ones"):
        layers.ConnectionTableConv2D([[1, 0], [1]], 3)
    with pytest.raises(ValueError, match=r"table: .* filters without inputs: \[1\]"):
        layers.ConnectionTableConv2D([[1, 0]], 3)
    with pytest.raises(ValueError, match="layer t: expected 2 input channels, as `table` has rows"):
        layers.ConnectionTableConv2D([[1], [1]], 3, name="t")(layers.Input((5, 5, 3)))


CONVOLUTIONS = sorted(
    name
    for name in layers.__all__
    if "Conv" in name and hasattr(getattr(layers, name), "kernel_shapes")
)


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_arguments_by_position(name):
    """Keras' order: filters, kernel_size, strides, padding; depthwise layers have no filters."""
    cls = getattr(layers, name)
    values = [4, 3, 2, "same"]["Depthwise" in name :]
    names = ["filters", "kernel_size", "strides", "padding"]["Depthwise" in name :]
    if "Table" in name:
        values[0], names[0] = [[1, 1]], "table"
    config = cls(*values, name="layer").get_config()
    assert config == cls(**dict(zip(names, values, strict=True)), name="layer").get_config()
    assert cls.from_config(config).get_config() == config


FITS = [
    (
        "Conv2D",
        {"filters": 3, "kernel_size": 3, "padding": "same", "padding_mode": "reflect"},
        (5, 6, 2),
    ),
    (
        "Conv2D",
        {
            "filters": 3,
            "kernel_size": 3,
            "padding": "full",
            "flip_kernel": True,
            "bias_per": "location",
        },
        (4, 3, 2),
    ),
    (
        "Conv1D",
        {
            "filters": 3,
            "kernel_size": 3,
            "padding": [(2, 1)],
            "padding_mode": "replicate",
            "strides": 2,
            "dilation_rate": 2,
        },
        (9, 2),
    ),
    (
        "Conv3D",
        {"filters": 3, "kernel_size": 2, "padding": 1, "padding_mode": "circular"},
        (3, 2, 3, 2),
    ),
    (
        "Conv2DTranspose",
        {
            "filters": 3,
            "kernel_size": 3,
            "padding": "same",
            "padding_mode": "circular",
            "bias_per": "location",
        },
        (4, 3, 2),
    ),
    ("ConnectionTableConv2D", {"table": [[1, 0, 1], [0, 1, 1]], "kernel_size": 3}, (5, 6, 2)),
    ("DepthwiseConv3D", {"kernel_size": 2}, (3, 4, 3, 2)),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 3}, (8, 2)),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("SeparableConv3D", {"filters": 3, "kernel_size": 2}, (3, 4, 3, 2)),
    ("SpatiallySeparableConv1D", {"filters": 3, "kernel_size": 3}, (8, 2)),
    ("SpatiallySeparableConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("SpatiallySeparableConv3D", {"filters": 3, "kernel_size": 2}, (3, 4, 3, 2)),
    ("OuterProductConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("P4LiftingConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("P4Conv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 4)),
    ("P4MLiftingConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("P4MConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 8)),
]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("name", "kwargs", "shape"), FITS, ids=str)
def test_fit(name, kwargs, shape, data_format):
    if data_format == "channels_first":
        shape = (shape[-1], *shape[:-1])
    check_fit(getattr(layers, name), {"data_format": data_format, **kwargs}, shape)

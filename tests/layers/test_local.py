"""Layers whose kernels depend on the place or the example."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from tests import reference
from tests.layers.contract import check_fit, random_array, run, run_with_gradients

GEOMETRIES = [
    {},
    {"strides": 2, "padding": "same"},
    {"strides": 2, "dilation_rate": 2, "padding": "full"},
    {"groups": 2, "flip_kernel": True},
]


def placed_conv(
    x, kernel, strides=1, padding="valid", dilation_rate=1, groups=1, flip_kernel=False
):
    """Z[j, i] = sum over l, m of V[l, j s + m d] W[j mod t, m, l, i] (G. 9.9 and 9.10)."""
    rank = x.ndim - 2
    tiling, kernel_size = kernel.shape[:rank], kernel.shape[rank:-2]
    if flip_kernel:
        kernel = np.flip(kernel, tuple(range(rank, 2 * rank)))
    strides, dilation = (reference.per_axis(v, rank) for v in (strides, dilation_rate))
    if padding == "full":
        padding = [(d * (k - 1),) * 2 for k, d in zip(kernel_size, dilation, strict=True)]
    x = reference.surrounded(np.float64(x), padding, kernel_size, strides, dilation)

    def pixel(at, cells):
        own = kernel[tuple(j % t for j, t in zip(at, tiling, strict=True))]
        window = cells.reshape(len(x), *kernel_size, -1)
        return reference.conv(window, own, groups=groups).reshape(len(x), -1)

    walk = reference.windows(x, kernel_size, strides, dilation)
    parts = ((at, pixel(at, cells)) for at, cells in walk)
    return reference.output_of(parts, len(x), kernel.shape[-1])


def repeated(bias, sizes):
    """A bias that takes turns, for outputs of these sizes."""
    for axis, size in enumerate(sizes):
        bias = np.take(bias, np.arange(size) % bias.shape[axis], axis)
    return bias


def check(name, kwargs, geometry, shape):
    cls = getattr(layers, name)
    kwargs = {**kwargs, **geometry, "bias_initializer": "random_normal"}
    layer = cls(**kwargs)
    x = random_array(2, *shape)
    y = run(layer, x)
    kernel, bias = (np.float64(w) for w in layer.get_weights())
    expected = placed_conv(x, kernel, **geometry)
    expected = expected + repeated(bias, y.shape[1:-1])
    np.testing.assert_allclose(y, expected, rtol=3e-5, atol=3e-5)
    first = cls(data_format="channels_first", **kwargs)
    x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    first.build(x.shape)
    first.set_weights(layer.get_weights())
    np.testing.assert_allclose(np.moveaxis(run(first, x), 1, -1), y, rtol=3e-5, atol=3e-5)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_locally_connected(rank, geometry):
    kwargs = {"filters": 6, "kernel_size": (3, 2, 1)[:rank]}
    check(f"LocallyConnected{rank}D", kwargs, geometry, (6, 5, 3)[:rank] + (4,))


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_tiled(rank, geometry):
    kwargs = {"filters": 6, "kernel_size": (3, 2, 1)[:rank], "tiling": (2, 3, 2)[:rank]}
    check(f"TiledConv{rank}D", kwargs, geometry, (7, 6, 3)[:rank] + (4,))


def twin(layer, cls, x, **kwargs):
    """A layer of another class with the weights of a built one, in other shapes."""
    other = cls(layer.filters, layer.kernel_size, layer.strides, layer.padding, **kwargs)
    other.build(x.shape)
    shapes = [v.shape for v in other.weights]
    values = zip(layer.get_weights(), shapes, strict=True)
    other.set_weights([value.reshape(shape) for value, shape in values])
    return other


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("geometry", [(1, "valid"), (2, "same")], ids=str)
def test_a_tiling_of_1_is_convolution(rank, geometry):
    x = random_array(2, *(6, 5, 4)[:rank], 3)
    conv = getattr(layers, f"Conv{rank}D")(4, 2, *geometry, bias_initializer="random_normal")
    y, *gradients = run_with_gradients(conv, x)
    tiled = twin(conv, getattr(layers, f"TiledConv{rank}D"), x, tiling=1)
    for a, b in zip(run_with_gradients(tiled, x), (y, *gradients), strict=True):
        np.testing.assert_allclose(a.reshape(b.shape), b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("geometry", [(1, "valid"), (2, "same")], ids=str)
def test_a_tiling_as_large_as_the_output_is_locally_connected(rank, geometry):
    x = random_array(2, *(6, 5, 4)[:rank], 3)
    cls = getattr(layers, f"LocallyConnected{rank}D")
    local = cls(4, 2, *geometry, bias_initializer="random_normal")
    y, *gradients = run_with_gradients(local, x)
    tiled = twin(local, getattr(layers, f"TiledConv{rank}D"), x, tiling=y.shape[1:-1])
    for a, b in zip(run_with_gradients(tiled, x), (y, *gradients), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_each_place_is_drawn_as_a_convolution():
    layer = layers.LocallyConnected2D(32, 3, kernel_initializer="he_normal")
    layer.build((None, 8, 8, 16))
    kernel = layer.kernel.numpy()
    assert kernel.var() * 9 * 16 == pytest.approx(2, rel=0.05)
    assert np.abs(np.corrcoef(kernel.reshape(36, -1)) - np.eye(36)).max() < 0.1


@pytest.mark.parametrize(
    ("name", "bias_per", "shape"),
    [
        ("LocallyConnected2D", None, (4, 3, 5)),
        ("LocallyConnected2D", "channel", (5,)),
        ("TiledConv2D", None, (2, 2, 5)),
        ("TiledConv2D", "channel", (5,)),
        ("TiledConv2D", "location", (4, 3, 5)),
    ],
)
def test_biases(name, bias_per, shape):
    layer = getattr(layers, name)(5, 2, bias_per=bias_per, bias_initializer="random_normal")
    x = random_array(2, 5, 4, 3)
    y = run(layer, x)
    assert layer.bias.shape == shape
    bias = layer.bias.numpy()
    layer.bias.assign(np.zeros_like(bias))
    spread = repeated(bias, (4, 3)) if bias.ndim > 1 else bias
    np.testing.assert_allclose(y - run(layer, x), np.broadcast_to(spread, y.shape), atol=1e-5)


def test_dynamic():
    """A kernel for each example: as many convolutions."""
    geometry = {"strides": 2, "padding": "same", "groups": 2}
    x, kernels = random_array(3, 6, 5, 4), random_array(3, 3, 2, 2, 6, seed=1)
    layer = layers.DynamicConv2D(bias_initializer="random_normal", activation="relu", **geometry)
    y = run(layer, x, kernels)
    rows = [
        reference.conv(x[n : n + 1], kernels[n], bias=layer.bias.numpy(), **geometry)
        for n in range(3)
    ]
    np.testing.assert_allclose(y, np.maximum(np.concatenate(rows), 0), rtol=1e-5, atol=1e-5)
    first = layers.DynamicConv2D(data_format="channels_first", use_bias=False, **geometry)
    moved = run(first, np.ascontiguousarray(np.moveaxis(x, -1, 1)), kernels)
    rows = [reference.conv(x[n : n + 1], kernels[n], **geometry) for n in range(3)]
    np.testing.assert_allclose(np.moveaxis(moved, 1, -1), np.concatenate(rows), atol=2e-5)


def test_mistakes():
    with pytest.raises(ValueError, match="layer l: expected inputs at least as large as the kern"):
        layers.LocallyConnected2D(3, 7, name="l")(layers.Input((5, 9, 2)))
    with pytest.raises(ValueError, match="layer l: expected inputs of a fixed size"):
        layers.LocallyConnected1D(3, 2, name="l")(layers.Input((None, 2)))
    with pytest.raises(ValueError, match="tiling: expected an integer of at least 1"):
        layers.TiledConv2D(3, 2, tiling=0)
    with pytest.raises(ValueError, match=r"layer d: expected a list \[x, kernels\]"):
        layers.DynamicConv1D(name="d")(layers.Input((5, 2)))
    with pytest.raises(ValueError, match=r"layer d: expected kernels \(n, 1 spatial axes"):
        layers.DynamicConv1D(name="d")([layers.Input((5, 2)), layers.Input((6,))])


FITS = [
    ("LocallyConnected1D", {"filters": 3, "kernel_size": 3}, (6, 2)),
    ("LocallyConnected2D", {"filters": 3, "kernel_size": 2}, (3, 4, 2)),
    ("LocallyConnected3D", {"filters": 3, "kernel_size": 2}, (3, 2, 3, 2)),
    ("TiledConv1D", {"filters": 3, "kernel_size": 3}, (8, 2)),
    ("TiledConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("TiledConv3D", {"filters": 3, "kernel_size": 2}, (3, 4, 3, 2)),
]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("name", "kwargs", "shape"), FITS, ids=str)
def test_fit(name, kwargs, shape, data_format):
    if data_format == "channels_first":
        shape = (shape[-1], *shape[:-1])
    check_fit(getattr(layers, name), {"data_format": data_format, **kwargs}, shape)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_fit_a_filter_that_follows_a_code(data_format):
    """A network that makes kernels from a code learns which blur each code stands for."""
    pyconv.utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    x, codes = random_array(128, 8, 1), np.eye(2, dtype="float32")[rng.integers(2, size=128)]
    blurs = np.float32([[1, 0, -1], [0.3, 0.4, 0.3]])
    kernels = (codes @ blurs).reshape(128, 3, 1, 1)
    target = run(layers.DynamicConv1D(use_bias=False), x, kernels)
    if data_format == "channels_first":
        x, target = x.reshape(128, 1, 8), target.reshape(128, 1, 6)
    signal, code = layers.Input(x.shape[1:]), layers.Input((2,))
    made = layers.Reshape((3, 1, 1))(layers.Dense(3)(code))
    model = pyconv.Model(
        [signal, code], layers.DynamicConv1D(data_format=data_format)([signal, made])
    )
    model.compile(pyconv.optimizers.Adam(0.05), "mse")
    history = model.fit([x, codes], target, epochs=20, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.01 * history[0]

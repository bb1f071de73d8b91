"""Layers around the variants of convolution: their ops are held to the equations elsewhere."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from tests.layers.contract import check_fit, random_array, run

GEOMETRY = {"strides": (2, 1), "padding": "same"}


def check(name, kwargs, op, *shapes):
    """The layer with random weights against op(inputs, weights), in both data formats."""
    cls = getattr(layers, name)
    layer = cls(bias_initializer="random_normal", **kwargs)
    arrays = [random_array(2, *shape, seed=i) for i, shape in enumerate(shapes)]
    y = run(layer, *arrays)
    np.testing.assert_allclose(y, op(*arrays, *layer.get_weights()), rtol=1e-5, atol=1e-5)
    first = cls(data_format="channels_first", **kwargs)
    moved = [np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in arrays]
    shapes = [x.shape for x in moved]
    first.build(shapes if len(shapes) > 1 else shapes[0])
    first.set_weights(layer.get_weights())
    np.testing.assert_allclose(np.moveaxis(run(first, *moved), 1, -1), y, rtol=1e-5, atol=1e-5)


def test_gated():
    def op(x, kernel, gate_kernel, bias, gate_bias):
        return ops.gated_conv(x, kernel, gate_kernel, bias, gate_bias, ops.elu, **GEOMETRY)

    kwargs = {"filters": 4, "kernel_size": 3, "activation": "elu", **GEOMETRY}
    check("GatedConv2D", kwargs, op, (5, 6, 3))


def test_gates_begin_with_weights_of_their_own():
    layer = layers.GatedConv1D(4, 3, bias_initializer="random_normal")
    layer.build((None, 8, 2))
    kernel, gate_kernel, bias, gate_bias = layer.get_weights()
    assert np.abs(kernel - gate_kernel).max() > 0.1
    assert np.abs(bias - gate_bias).max() > 0.01


def test_partial():
    def op(x, mask, kernel, bias):
        return ops.relu(ops.partial_conv(x, mask, kernel, bias, **GEOMETRY)[0])

    kwargs = {"filters": 4, "kernel_size": 3, "activation": "relu", **GEOMETRY}
    check("PartialConv2D", kwargs, op, (5, 6, 3), (5, 6, 1))


def test_partial_layers_in_a_row_fill_a_hole():
    mask = np.ones((1, 9, 9, 1), "float32")
    mask[:, 2:7, 2:7] = 0
    image, holes = layers.Input((9, 9, 3)), layers.Input((9, 9, 1))
    y, m = layers.PartialConv2D(4, 3, padding="same")([image, holes])
    y, m = layers.PartialConv2D(4, 3, padding="same")([y, m])
    y, m = layers.PartialConv2D(4, 3, padding="same")([y, m])
    model = pyconv.Model([image, holes], [y, m])
    x = random_array(1, 9, 9, 3)
    y, valid = model.predict([x, mask], verbose=0)
    assert valid.min() == 1  # a hole of 5 x 5 loses a ring a layer
    x[:, 2:7, 2:7] = 1e6  # nothing depends on what is missing
    np.testing.assert_array_equal(model.predict([x, mask], verbose=0)[0], y)


def test_pixel_adaptive():
    def op(x, guide, kernel, bias):
        return ops.pixel_adaptive_conv(x, guide, kernel, bias=bias, **GEOMETRY)

    kwargs = {"filters": 4, "kernel_size": 3, **GEOMETRY}
    check("PixelAdaptiveConv2D", kwargs, op, (5, 6, 3), (5, 6, 2))


def test_squeeze_excite():
    def op(x, kernel_0, bias_0, kernel_1, bias_1):
        return ops.squeeze_excite(x, kernel_0, kernel_1, bias_0, bias_1)

    check("SqueezeExcite", {"ratio": 3}, op, (5, 6, 9))


def test_deformable():
    geometry = {**GEOMETRY, "dilation_rate": (1, 2), "flip_kernel": True}

    def op(x, kernel, offset_kernel, bias, offset_bias):
        offsets = ops.conv(x, offset_kernel, bias=offset_bias, **geometry)
        moves, mask = offsets[..., :18].copy(), ops.sigmoid(offsets[..., 18:])
        return ops.deformable_conv(x, moves, kernel, mask=mask, bias=bias, **geometry)

    kwargs = {"filters": 4, "kernel_size": 3, "modulated": True, **geometry}
    kwargs |= {"offset_initializer": "random_normal"}
    check("DeformableConv2D", kwargs, op, (5, 6, 3))


def test_deformable_begins_as_a_convolution():
    x = random_array(2, 6, 5, 4)
    layer = layers.DeformableConv2D(3, 3, strides=2, offset_groups=2)
    y = run(layer, x)
    np.testing.assert_allclose(y, ops.conv(x, layer.kernel.numpy(), 2), rtol=1e-5, atol=1e-5)


def test_mistakes():
    x = layers.Input((4, 4, 2))
    with pytest.raises(ValueError, match=r"layer p: expected a list \[x, mask\]"):
        layers.PartialConv2D(3, 2, name="p")(x)
    with pytest.raises(ValueError, match=r"layer a: guide: expected the input's size"):
        layers.PixelAdaptiveConv2D(3, 3, name="a")([x, layers.Input((5, 5, 1))])
    with pytest.raises(ValueError, match="an odd `kernel_size`"):
        layers.PixelAdaptiveConv2D(3, 4)
    with pytest.raises(ValueError, match="layer d: expected .* a multiple of `offset_groups`"):
        layers.DeformableConv2D(3, 3, offset_groups=3, name="d")(x)
    with pytest.raises(ValueError, match="expected groups=1, received 2"):
        layers.DeformableConv2D(4, 3, groups=2)
    with pytest.raises(ValueError, match="`ratio` to be a positive integer"):
        layers.SqueezeExcite(0)


FITS = [
    ("GatedConv1D", {"filters": 3, "kernel_size": 3}, (8, 2)),
    ("GatedConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    ("GatedConv3D", {"filters": 3, "kernel_size": 2}, (3, 4, 3, 2)),
    ("DeformableConv2D", {"filters": 3, "kernel_size": 3, "modulated": True}, (5, 6, 2)),
    ("PartialConv1D", {"filters": 3, "kernel_size": 3, "padding": "same"}, (8, 2), (8, 1)),
    ("PartialConv2D", {"filters": 3, "kernel_size": 3, "strides": 2}, (5, 7, 2), (5, 7, 1)),
    ("PartialConv3D", {"filters": 3, "kernel_size": 1}, (3, 4, 3, 2), (3, 4, 3, 2)),
    ("PixelAdaptiveConv2D", {"filters": 3, "kernel_size": 3}, (5, 6, 2), (5, 6, 1)),
    ("SqueezeExcite", {"ratio": 1}, (4, 5, 6)),
]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("name", "kwargs", "shapes"), [(n, k, s) for n, k, *s in FITS], ids=str)
def test_fit(name, kwargs, shapes, data_format):
    if data_format == "channels_first":
        shapes = [(shape[-1], *shape[:-1]) for shape in shapes]
    check_fit(getattr(layers, name), {"data_format": data_format, **kwargs}, *shapes)

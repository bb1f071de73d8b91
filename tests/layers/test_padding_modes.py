"""Every convolution layer with every padding mode is the same layer on an input padded before."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array, run, run_with_gradients

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
PAIRS = [(2, 1), (1, 3)]
KERNEL = {"kernel_size": 3, "bias_initializer": "random_normal", "strides": (1, 2)}
FILTERS = {"filters": 4, **KERNEL}
LAYERS = [
    ("Conv2D", {"groups": 2, **FILTERS}),
    ("DepthwiseConv2D", KERNEL),
    ("SeparableConv2D", FILTERS),
    ("SpatiallySeparableConv2D", FILTERS),
    ("OuterProductConv2D", FILTERS),
    ("LocallyConnected2D", FILTERS),
    ("TiledConv2D", FILTERS),
    ("ConnectionTableConv2D", {"table": [[1, 1], [0, 1], [1, 0], [1, 0]], **KERNEL}),
    ("GatedConv2D", FILTERS),
    ("PartialConv2D", FILTERS),
    ("PixelAdaptiveConv2D", FILTERS),
    ("DynamicConv2D", {"strides": (1, 2)}),
    ("P4LiftingConv2D", FILTERS),
    ("P4Conv2D", FILTERS),
]


def padded(x, modes):
    for axis, (pair, mode) in enumerate(zip(PAIRS, modes, strict=True), start=1):
        x = np.pad(x, [pair if a == axis else (0, 0) for a in range(4)], mode=MODES[mode])
    return x


@pytest.mark.parametrize("mode", [*MODES, ("circular", "reflect"), ("zeros", "replicate")], ids=str)
@pytest.mark.parametrize(("name", "kwargs"), LAYERS, ids=str)
def test_layer(name, kwargs, mode):
    x, others = random_array(2, 6, 7, 4), []
    modes = (mode, mode) if isinstance(mode, str) else mode
    before = [padded(x, modes)]
    if name == "PartialConv2D":
        others = [(random_array(2, 6, 7, 1, seed=1) > 0).astype("float32")]
    if name == "PixelAdaptiveConv2D":
        others = [random_array(2, 6, 7, 2, seed=1)]
    before += [padded(other, modes) for other in others]
    if name == "DynamicConv2D":
        others = [random_array(2, 3, 3, 4, 5, seed=1)]
        before += others
    layer = getattr(layers, name)(padding=PAIRS, padding_mode=mode, **kwargs)
    y = run(layer, x, *others)
    plain = getattr(layers, name)(**kwargs)
    run(plain, *before)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, run(plain, *before), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", [*MODES, ("circular", "reflect")], ids=str)
def test_transposes_are_transposes(mode):
    """<c(K, V), G> = <V, h(K, G)>."""
    kwargs = {"strides": 2, "padding": "same", "padding_mode": mode, "use_bias": False}
    conv = layers.Conv2D(5, 3, **kwargs)
    v = random_array(2, 6, 8, 3)
    z = run(conv, v)
    g = random_array(*z.shape, seed=1)
    transpose = layers.Conv2DTranspose(3, 3, **kwargs)
    transpose.build(g.shape)
    transpose.set_weights(conv.get_weights())
    for layer in (transpose, layers.TiedConv2DTranspose(conv, use_bias=False)):
        product = np.sum(np.float64(v) * run(layer, g))
        assert product == pytest.approx(np.sum(np.float64(z) * g), rel=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_deformable(mode):
    """Without offsets it is convolution, in every mode."""
    kwargs = {"strides": 2, "padding": 2, "padding_mode": mode}
    x = random_array(2, 6, 7, 3)
    layer = layers.DeformableConv2D(4, 3, bias_initializer="random_normal", **kwargs)
    y = run(layer, x)
    conv = layers.Conv2D(4, 3, **kwargs)
    conv.build(x.shape)
    conv.set_weights([layer.kernel.numpy(), layer.bias.numpy()])
    np.testing.assert_allclose(run(conv, x), y, rtol=1e-5, atol=1e-5)


def test_gradients_reach_the_elements_that_were_copied():
    """A circular convolution treats all places alike: so does the gradient of its sum."""
    x = random_array(1, 5, 6, 2)
    layer = layers.Conv2D(
        3, 3, padding="same", padding_mode="circular", kernel_initializer="random_normal"
    )
    y, dx, *_ = run_with_gradients(layer, x)
    shifted, dshifted, *_ = run_with_gradients(layer, np.roll(x, (2, 3), (1, 2)))
    np.testing.assert_allclose(shifted, np.roll(y, (2, 3), (1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dshifted, np.roll(dx, (2, 3), (1, 2)), rtol=1e-4, atol=1e-6)


def test_mistakes():
    with pytest.raises(ValueError, match="padding_mode: expected .* received None"):
        layers.Conv2D(4, 3, padding_mode=None)
    with pytest.raises(ValueError, match="padding_mode: expected 'zeros', 'reflect'"):
        layers.Conv2D(4, 3, padding_mode="mirror")
    with pytest.raises(ValueError, match="layer d: padding_mode: expected one of .* for all axes"):
        layer = layers.DeformableConv2D(4, 3, padding_mode=("zeros", "reflect"), name="d")
        layer(layers.Input((5, 5, 1)))

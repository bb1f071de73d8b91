"""Transposed layers with the kernel of a convolution: one weight, two uses."""

import copy
import pickle

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from tests import reference
from tests.layers.contract import random_array, run_with_gradients


class Autoencoder(layers.Layer):
    """R = h(K, H) of H = c(K, V)."""

    def __init__(self, encode, tied, **kwargs):
        super().__init__(**kwargs)
        self.encode, self.decode = encode, tied(encode, use_bias=False)

    def call(self, inputs):
        return self.decode(self.encode(inputs))


@pytest.mark.parametrize("kwargs", [{"strides": 2}, {"strides": 3, "padding": "same"}], ids=str)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_gradients_of_both_uses_are_summed(rank, kwargs):
    """Goodfellow et al., section 9.5: g(H, E, s) for the decoder, and for the encoder g of c(K, E,
    s), which flows into H."""
    x = random_array(2, *(8, 7, 6)[:rank], 3)
    encode = getattr(layers, f"Conv{rank}D")(4, 3, use_bias=False, **kwargs)
    model = Autoencoder(encode, getattr(layers, f"TiedConv{rank}DTranspose"))
    r, dx, dk = run_with_gradients(model, x)
    assert r.shape == x.shape
    assert [v is encode.kernel for v in model.weights] == [True]
    kernel = encode.kernel.numpy()
    h, e = ops.conv(x, kernel, **kwargs), r * r
    dh = ops.conv(e, kernel, **kwargs)
    decoder = ops.conv_kernel_gradient(e, h, 3, **kwargs)
    encoder = ops.conv_kernel_gradient(x, dh, 3, **kwargs)
    scale = np.abs(dk).max()
    np.testing.assert_allclose(dk / scale, (decoder + encoder) / scale, rtol=1e-4, atol=1e-5)
    assert np.abs(encoder).max() > 1e-2 * scale


def test_the_output_is_the_transpose():
    """<c(K, V), G> = <V, h(K, G)>, also with groups, dilation and flipped kernels."""
    kwargs = {"groups": 2, "dilation_rate": (2, 1), "flip_kernel": True, "padding": [(1, 0), 2]}
    conv = layers.Conv2D(6, (2, 3), use_bias=False, **kwargs)
    v = random_array(2, 7, 6, 4)
    z = conv(v)
    g = random_array(*z.shape, seed=1)
    r = layers.TiedConv2DTranspose(conv, use_bias=False)(g)
    assert np.sum(np.float64(z) * g) == pytest.approx(np.sum(np.float64(v) * r), rel=1e-4)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_values(data_format):
    conv = layers.Conv2D(5, 3, strides=2, data_format=data_format)
    x = random_array(2, 9, 8, 3)
    x = x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 1))
    h = conv(x)
    tied = layers.TiedConv2DTranspose(conv, activation="relu", bias_initializer="random_normal")
    r = tied(h)
    assert r.shape == x.shape
    h, r = (t if data_format == "channels_last" else np.moveaxis(t, 1, -1) for t in (h, r))
    kernel, bias = conv.kernel.numpy(), tied.bias.numpy()
    expected = np.zeros((2, 9, 8, 3))
    expected[:, :, :7] = reference.conv_transpose(h, kernel, 2)
    np.testing.assert_allclose(r, np.maximum(expected + bias, 0), rtol=1e-5, atol=1e-5)


def test_sizes():
    """That of the convolution's inputs, another that is asked for, or that of a tensor."""
    conv = layers.Conv1D(2, 3, strides=3)
    h = conv(random_array(1, 11, 1))
    assert h.shape == (1, 3, 2)
    assert layers.TiedConv1DTranspose(conv)(h).shape == (1, 11, 1)
    assert layers.TiedConv1DTranspose(conv, input_size=10)(h).shape == (1, 10, 1)
    assert layers.TiedConv1DTranspose(conv)(h, like=np.ones((1, 9, 1))).shape == (1, 9, 1)
    with pytest.raises(ValueError, match=r"possible are \[9, 10, 11\]"):
        layers.TiedConv1DTranspose(conv, input_size=12)(h)


def test_any_size():
    image = layers.Input((None, None, 1))
    conv = layers.Conv2D(3, 3, strides=2)
    model = pyconv.Model(image, layers.TiedConv2DTranspose(conv)(conv(image), like=image))
    assert model.output_shape == (None, None, None, 1)
    for size in (8, 9):
        assert model.predict(np.ones((2, size, 7, 1)), verbose=0).shape == (2, size, 7, 1)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_stay_tied(copied):
    model = pyconv.Sequential([layers.Input((8, 1)), layers.Conv1D(2, 3)])
    model.add(layers.TiedConv1DTranspose(model.layers[0]))
    twin = copied(model)
    conv, tied = twin.layers[-2:]
    assert tied.kernel is conv.kernel
    assert tied.kernel is not model.layers[0].kernel
    assert len(twin.weights) == 3


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_fit_an_autoencoder(rank, data_format):
    """Of smooth data, so that few numbers tell much."""
    pyconv.utils.set_random_seed(1)
    x = np.repeat(random_array(128, 2, *(3, 2)[: rank - 1], 1), 3, axis=1)
    x = x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 1))
    size = (3, 1, 1)[:rank]
    conv = getattr(layers, f"Conv{rank}D")(2, size, size, data_format=data_format)
    model = pyconv.Sequential([conv, getattr(layers, f"TiedConv{rank}DTranspose")(conv)])
    model.compile(pyconv.optimizers.Adam(0.02), "mse")
    history = model.fit(x, x, epochs=30, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.05 * history[0]


def test_a_linear_autoencoder_finds_the_principal_components():
    """R = W^T W v, over one pixel, spans the subspace of the largest variances."""
    rng = np.random.default_rng(0)
    mixing = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    x = rng.standard_normal((256, 6)) * [3, 2, 0.5, 0.4, 0.3, 0.2] @ mixing
    x = np.float32(x - x.mean(0)).reshape(256, 1, 6)
    conv = layers.Conv1D(2, 1, use_bias=False)
    model = pyconv.Sequential([conv, layers.TiedConv1DTranspose(conv, use_bias=False)])
    model.compile(pyconv.optimizers.Adam(0.02), "mse")
    model.fit(x, x, epochs=200, batch_size=256, verbose=0)
    found, _ = np.linalg.qr(np.float64(conv.kernel.numpy()[0]))
    principal = np.linalg.svd(np.float64(x[:, 0]))[2][:2].T
    np.testing.assert_allclose(found @ found.T, principal @ principal.T, atol=1e-2)


def test_mistakes():
    with pytest.raises(ValueError, match="expected `conv` to be a Conv2D layer, received None"):
        layers.TiedConv2DTranspose(None)
    with pytest.raises(ValueError, match="expected `conv` to be a Conv2D layer"):
        layers.TiedConv2DTranspose(layers.Conv1D(2, 3))
    with pytest.raises(ValueError, match="expected `conv` to be a Conv1D layer"):
        layers.TiedConv1DTranspose(layers.SeparableConv1D(2, 3))
    with pytest.raises(ValueError, match="layer t: expected `conv`, c, to be built before"):
        layers.TiedConv1DTranspose(layers.Conv1D(2, 3, name="c"), name="t")(np.ones((1, 4, 2)))

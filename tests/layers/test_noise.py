"""Random layers: their distributions, their seeds, and inference."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array, run, run_with_gradients


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_spatial_dropout_drops_whole_channels(rank, data_format):
    layer = getattr(layers, f"SpatialDropout{rank}D")(0.4, data_format=data_format, seed=3)
    first = data_format == "channels_first"
    x = np.ones((20, 50, *(2, 3, 4)[:rank]) if first else (20, *(2, 3, 4)[:rank], 50), "float32")
    y = run(layer, x, training=True)
    y = (y if first else np.moveaxis(y, -1, 1)).reshape(20, 50, -1)
    np.testing.assert_array_equal(y, y[..., :1] + 0 * y)
    assert set(np.unique(y)) == {0, np.float32(1 / 0.6)}
    assert abs((y[..., 0] == 0).mean() - 0.4) < 0.05
    np.testing.assert_array_equal(run(layer, x), x)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("GaussianNoise", {"stddev": 0.5}),
        ("GaussianDropout", {"rate": 0.2}),
        ("AlphaDropout", {"rate": 0.3}),
    ],
)
def test_moments_seeds_and_inference(name, kwargs):
    layer = getattr(layers, name)(seed=5, **kwargs)
    x = random_array(500, 40)
    first, second = run(layer, x, training=True), run(layer, x, training=True)
    assert (first != second).any()
    again = run(getattr(layers, name)(seed=5, **kwargs), x, training=True)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(run(layer, x), x)
    spread = {"GaussianNoise": 1.25, "GaussianDropout": 1.25, "AlphaDropout": 1.0}[name]
    np.testing.assert_allclose([first.mean(), first.var()], [0, spread], atol=0.04)


def test_gradients_have_the_noise_of_the_forward_pass():
    x = np.full((4, 50), 3, "float32")
    y, dx = run_with_gradients(layers.GaussianDropout(0.5, seed=1), x)
    np.testing.assert_allclose(dx, y * y * (y / 3), rtol=1e-5)
    y, dx = run_with_gradients(layers.GaussianNoise(1.0, seed=1), x)
    np.testing.assert_allclose(dx, y * y, rtol=1e-6)


def test_alpha_dropout_noise_shape():
    layer = layers.AlphaDropout(0.5, noise_shape=(None, 1, 8), seed=2)
    y = run(layer, np.ones((3, 4, 8), "float32"), training=True)
    np.testing.assert_array_equal(y, y[:, :1] * np.ones((1, 4, 1)))
    assert len(np.unique(y)) == 2


def test_messages():
    with pytest.raises(ValueError, match=r"expected `rate` in \[0, 1\), received 1"):
        layers.GaussianDropout(1)
    with pytest.raises(ValueError, match=r"expected `rate` in \[0, 1\], received 2"):
        layers.SpatialDropout1D(2)
    with pytest.raises(ValueError, match="`stddev` to be a number of at least 0, received -1"):
        layers.GaussianNoise(-1)

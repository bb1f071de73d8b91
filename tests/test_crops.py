"""Averages over ten crops."""

import numpy as np
import pytest

from pyconv import Model, Sequential, layers, ops
from pyconv.utils import predict_ten_crops, ten_crops

X = np.random.default_rng(0).normal(size=(3, 7, 8, 2)).astype("float32")


def test_ten_crops():
    crops = ten_crops(X, (4, 5))
    corners = [X[:, :4, :5], X[:, :4, 3:], X[:, 3:, :5], X[:, 3:, 3:], X[:, 1:5, 1:6]]
    for crop, mirrored, expected in zip(crops[:5], crops[5:], corners, strict=True):
        np.testing.assert_array_equal(crop, expected)
        np.testing.assert_array_equal(mirrored, expected[:, :, ::-1])
    first = ten_crops(np.moveaxis(X, -1, 1), (4, 5), "channels_first")
    for a, b in zip(first, crops, strict=True):
        np.testing.assert_array_equal(np.moveaxis(a, 1, -1), b)


def test_outputs_are_averaged():
    model = Sequential([layers.Input((4, 5, 2)), layers.Conv2D(3, 4), layers.Flatten()])
    expected = np.mean([model.predict(c.copy(), verbose=0) for c in ten_crops(X, (4, 5))], 0)
    np.testing.assert_allclose(predict_ten_crops(model, X, verbose=0), expected, rtol=1e-6)
    x = layers.Input((None, None, 2))
    mean = ops.mean(layers.Conv2D(3, 1)(x), (1, 2))
    free = Model(x, [mean, mean * 2.0])
    a, b = predict_ten_crops(free, X, (4, 5), batch_size=2, verbose=0)
    np.testing.assert_allclose(2 * a, b, rtol=1e-6)
    with pytest.raises(ValueError, match="expected a model of one image size.*give `size`"):
        predict_ten_crops(free, X)


@pytest.mark.parametrize("size", [(8, 5), (0, 5), (4,)])
def test_crops_must_fit(size):
    with pytest.raises(ValueError, match="ten_crops: expected images of four axes"):
        ten_crops(X, size)

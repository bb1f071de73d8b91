"""Pooling layers with indices and without some channels; inputs of any size; training."""

import numpy as np
import pytest

from pyconv import layers, ops
from pyconv.layers import Input
from pyconv.models import Model, Sequential
from pyconv.optimizers import Adam
from pyconv.utils import set_random_seed
from tests import reference
from tests.layers.contract import check_layer, random_array


class RoundTrip(layers.Layer):
    """Max pooling with indices and its unpooling as one layer, which the contract can take."""

    def __init__(self, rank, output_size=None, data_format=None, **kwargs):
        super().__init__()
        pool, unpool = (
            getattr(layers, f"{name}{rank}D") for name in ("MaxPoolingWithIndices", "MaxUnpooling")
        )
        self.pool = pool(data_format=data_format, **kwargs)
        more = {"output_size": output_size, "data_format": data_format}
        kept = {k: v for k, v in kwargs.items() if k not in ("ceil_mode", "dilation_rate")}
        self.unpool = unpool(**kept, **more)

    def get_config(self):
        args, kwargs = self._records.arguments
        return dict(zip(("rank",), args, strict=False)) | kwargs

    def call(self, inputs):
        maxima, indices = self.pool(inputs)
        return self.unpool([maxima * maxima, indices])


@pytest.mark.parametrize(
    ("kwargs", "shape"),
    [
        ({"rank": 1}, (6, 3)),
        ({"rank": 1, "pool_size": 3, "strides": 1}, (7, 17)),
        ({"rank": 2, "output_size": (7, 5)}, (7, 5, 9)),
        ({"rank": 2, "padding": "same", "output_size": (5, 4)}, (5, 4, 2)),
        ({"rank": 2, "data_format": "channels_first", "ceil_mode": True}, (2, 6, 4)),
        ({"rank": 3, "pool_size": [1, 2, 2]}, (3, 4, 2, 1)),
    ],
    ids=str,
)
def test_round_trip(kwargs, shape):
    check_layer(RoundTrip, kwargs, shape)


@pytest.mark.parametrize("name", ["MaxPoolingWithIndices2D", "MaxUnpooling2D"])
def test_configs(name):
    layer = getattr(layers, name)(3, strides=2, padding="same", data_format="channels_first")
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_unpooling_wants_both():
    layer = layers.MaxUnpooling1D(name="u")
    with pytest.raises(ValueError, match=r"layer u: expected a list \[maxima, indices\]"):
        layer(np.ones((1, 3, 2)))
    with pytest.raises(ValueError, match="layer u: .*indices of the same shape"):
        layer([np.ones((1, 3, 2)), np.zeros((1, 2, 2), "int32")])


def test_segmenting_network_trains():
    """Encoder and decoder joined by indices (Noh et al. 2015) learn which pixel of each square is
    the brightest, which no pooled map tells."""
    set_random_seed(1)
    x = Input((9, 9, 1))
    y, indices = layers.MaxPoolingWithIndices2D()(x)
    y = layers.Conv2D(8, 3, padding="same", activation="relu")(y)
    y = layers.Conv2D(1, 1, activation="softplus")(y)
    y = layers.MaxUnpooling2D(output_size=9)([y, indices])
    model = Model(x, layers.Conv2D(2, 3, padding="same")(y))
    images = random_array(64, 9, 9, 1) + 5
    labels = ops.max_unpool(*ops.max_pool_with_indices(images, 2), 2, output_size=9)[..., 0] > 0
    model.compile(Adam(0.02), pixel_loss)
    labels = labels.astype("int32")
    history = model.fit(images, labels, epochs=30, batch_size=8, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]


def pixel_loss(labels, logits):
    return ops.mean(ops.sparse_softmax_cross_entropy(logits, labels), axis=(1, 2))


@pytest.mark.parametrize("kwargs", [{}, {"pool_size": 3, "strides": 2, "padding": "same"}], ids=str)
def test_pooling_of_some_channels(kwargs):
    """The others are subsampled at the windows' centres, in their places."""
    x = random_array(2, 7, 6, 5)
    y = layers.MaxPooling2D(**kwargs, channels=[1, 4])(x)
    whole = layers.MaxPooling2D(**kwargs)(x)
    np.testing.assert_array_equal(y[..., [1, 4]], whole[..., [1, 4]])
    size, strides = kwargs.get("pool_size", 2), kwargs.get("strides", 2)
    centre = (size**2 - 1) // 2 if size == 3 else 0
    expected = reference.pooled(
        lambda cells, axis: cells[:, centre],
        np.nan,
        x,
        size,
        strides,
        kwargs.get("padding", "valid"),
    )
    np.testing.assert_array_equal(y[..., [0, 2, 3]], expected[..., [0, 2, 3]].astype("float32"))


def test_messages_of_pooling():
    with pytest.raises(ValueError, match="`channels` from 0 to 2, received"):
        layers.MaxPooling1D(channels=[3])(np.ones((1, 4, 3)))
    with pytest.raises(ValueError, match="`channels` to be a list of numbers, received 3"):
        layers.MaxPooling1D(channels=3)
    with pytest.raises(ValueError, match="padding"):
        layers.AveragePooling2D(2, padding="full")
    with pytest.raises(ValueError, match="padding: expected"):
        layers.MaxPooling2D(padding=(1, 2, 3))
    with pytest.raises(ValueError, match="`rate` in"):
        layers.MaxPoolingDropout1D(1.5)


VARIANTS = [
    ("MaxPooling2D", {"ceil_mode": True, "channels": [0]}),
    ("MaxPoolingWithIndices2D", {}),
    ("LpPooling2D", {}),
    ("GaussianPooling2D", {}),
    ("MaxBlurPooling2D", {}),
    ("WeightedPooling2D", {}),
    ("StochasticPooling2D", {}),
    ("MaxPoolingDropout2D", {"rate": 0.5}),
    ("AdaptiveAveragePooling2D", {"output_size": (3, 2)}),
    ("AdaptiveMaxPooling2D", {"output_size": 3}),
    ("Maxout", {}),
    ("ChannelAveragePooling", {}),
]


@pytest.mark.parametrize(("name", "kwargs"), VARIANTS, ids=str)
def test_inputs_of_any_size(name, kwargs):
    """A model that was described without sizes gives each size what the layer gives it."""
    layer = getattr(layers, name)(**kwargs)
    x = Input((None, None, 4))
    y = layer(x)
    y = y[0] if isinstance(y, list) else y
    model = Model(x, layers.GlobalAveragePooling2D(keepdims=True)(y) * y)
    for size in ((8, 6), (5, 9)):
        image = np.abs(random_array(2, *size, 4))
        own = layer(image)
        own = own[0] if isinstance(own, list) else own
        expected = own.mean((1, 2), keepdims=True) * own
        np.testing.assert_allclose(model.predict(image, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_unpooling_of_any_size():
    x = Input((None, None, 3))
    model = Model(x, layers.MaxUnpooling2D()(layers.MaxPoolingWithIndices2D()(x)))
    assert model.output_shape == (None, None, None, 3)
    for size in ((4, 6), (8, 2)):
        image = random_array(2, *size, 3)
        y = model.predict(image, verbose=0)
        assert y.shape == image.shape
        np.testing.assert_array_equal(reference.max_pool(y, 2), reference.max_pool(image, 2))


@pytest.mark.parametrize(
    "name", ["StochasticPooling2D", "MaxPoolingDropout2D", "WeightedPooling2D"]
)
def test_layers_that_draw_or_learn_train(name):
    kwargs = {"rate": 0.3} if "Dropout" in name else {}
    model = Sequential(
        [
            Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            getattr(layers, name)(**kwargs),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    x = random_array(128, 8, 8, 1)
    history = model.fit(x, x[:, 2:6, 2:6].mean((1, 2)), epochs=15, batch_size=16, verbose=0)
    loss = history.history["loss"]
    assert loss[-1] < 0.5 * loss[0]
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("padding", ["valid", "same", ((1, 1), (0, 1))])
@pytest.mark.parametrize("size", [2, 3])
def test_some_channels_blurred(padding, size):
    x = random_array(2, 7, 6, 3)
    y = layers.MaxBlurPooling2D(size, 2, padding, channels=[1])(x)
    whole = layers.MaxBlurPooling2D(size, 2, padding)(x)
    np.testing.assert_array_equal(y[..., 1], whole[..., 1])
    before = [0, 0] if padding == "valid" else [(size - 1) // 2] * 2
    before = [pair[0] for pair in padding] if isinstance(padding, tuple) else before
    rows, columns = (
        np.clip(np.arange(count) * 2 - b + (size - 1) // 2, 0, limit - 1)
        for count, b, limit in zip(y.shape[1:3], before, x.shape[1:3], strict=True)
    )
    np.testing.assert_array_equal(y[..., ::2], x[:, rows][:, :, columns][..., ::2])


def test_weights_of_some_channels():
    layer = layers.WeightedPooling2D(2, channels=[2, 0], ceil_mode=True)
    x = random_array(2, 5, 4, 3)
    y = layer(x)
    assert layer.kernel.shape == (2, 2, 2)
    assert y.shape == (2, 3, 2, 3)
    np.testing.assert_array_equal(y[..., 1], x[:, ::2, ::2, 1])
    np.testing.assert_allclose(y[:, 0, 0, 0], x[:, :2, :2, 0].mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(y[:, 2, 0, 2], x[:, 4, :2, 2].sum(1) / 4, rtol=1e-5)

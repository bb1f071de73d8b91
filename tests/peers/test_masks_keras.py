"""Masks beside Keras: outputs, their masks, losses, updates, and the operations of models."""

import os

import numpy as np
import pytest

import pyconv

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

RNG = np.random.default_rng(5)
IDS = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0], [0, 0, 5, 1, 2], [1, 1, 1, 1, 1]])
SEQUENCES = (IDS > 0)[..., None] * RNG.standard_normal((*IDS.shape, 4)).astype("float32")


def chain(*make):
    """A model of layers one after another, on whole numbers."""

    def build(k):
        x = y = k.Input((5,))
        for layer in (embedding, *make):
            y = layer(k)(y)
        return k.Model(x, y), IDS

    return build


def embedding(k):
    return k.layers.Embedding(6, 4, mask_zero=True)


def layer(name, *args, **kwargs):
    return lambda k: getattr(k.layers, name)(*args, **kwargs)


def sequential(k):
    layers = k.layers
    parts = [layers.Masking(), layers.GRU(3, return_sequences=True)]
    return k.Sequential([*parts, layers.TimeDistributed(layers.Dense(2))]), SEQUENCES


def merged(name, masks=2, **arguments):
    def build(k):
        a, b = k.Input((5,)), k.Input((5,))
        second = k.layers.Embedding(6, 4, mask_zero=masks == 2)
        y = getattr(k.layers, name)(**arguments)([embedding(k)(a), second(b)])
        return k.Model([a, b], k.layers.LSTM(2, return_sequences=True)(y)), [IDS, IDS[::-1].copy()]

    return build


def transformer(k):
    layers, x = k.layers, k.Input((5,))
    y = embedding(k)(x)
    y = layers.LayerNormalization()(layers.Add()([y, layers.MultiHeadAttention(2, 4)(y, y)]))
    y = layers.Add()([y, layers.Dense(4)(layers.Dense(8, activation="relu")(y))])
    return k.Model(x, [layers.Dense(3)(y), layers.GlobalAveragePooling1D()(y)]), IDS


def cross_attention(k):
    a, b = k.Input((5,)), k.Input((5,))
    x, y = embedding(k)(a), embedding(k)(b)
    z = k.layers.MultiHeadAttention(2, 4)(x, y, use_causal_mask=True)
    z = k.layers.MultiHeadAttention(2, 4, dropout=1e-9)(z, y, y)
    return k.Model([a, b], k.layers.Dense(2)(z)), [IDS, IDS[::-1].copy()]


def recurrent_states(k):
    layers, x = k.layers, k.Input((5,))
    y, h, c = layers.LSTM(3, return_sequences=True, return_state=True)(embedding(k)(x))
    return k.Model(x, layers.LSTM(3, return_sequences=True)(y, initial_state=[h, c])), IDS


def encoder(k):
    layers, ops = k.layers, k.ops

    class Places(layers.Layer):
        def __init__(self):
            super().__init__()
            self.words, self.places = embedding(k), layers.Embedding(5, 4)

        def call(self, x):
            return self.words(x) + self.places(ops.arange(5))

        def compute_mask(self, inputs, mask=None):
            return self.words.compute_mask(inputs)

    class Encoder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.attention, self.norm = layers.MultiHeadAttention(2, 4), layers.LayerNormalization()
            self.supports_masking = True

        def call(self, x, mask=None):
            allowed = None if mask is None else ops.cast(mask[:, None, :], "int32")
            return self.norm(x + self.attention(query=x, value=x, attention_mask=allowed))

    x = k.Input((5,))
    return k.Model(x, layers.Dense(3)(Encoder()(Encoder()(Places()(x))))), IDS


def nested(k):
    x, y = k.Input((5,)), k.Input((5, 4))
    inner = k.Model(y, k.layers.GRU(3, return_sequences=True)(k.layers.Dropout(0.0)(y)))
    return k.Model(x, k.layers.LSTM(2, return_sequences=True)(inner(embedding(k)(x)))), IDS


def no_support(k):
    class Plain(k.layers.Layer):
        def call(self, x):
            return x * 2.0

    return chain(lambda k: Plain(), layer("LSTM", 2, return_sequences=True))(k)


STEPS = {"return_sequences": True}
CASES = {
    "convolution": chain(layer("Conv1D", 4, 3, padding="same"), layer("LSTM", 3)),
    "sequential": sequential,
    "bidirectional": chain(lambda k: k.layers.Bidirectional(k.layers.GRU(2, **STEPS))),
    "zeros": chain(layer("LSTM", 3, **STEPS, zero_output_for_mask=True)),
    "normalized": chain(layer("BatchNormalization"), layer("LayerNormalization"), layer("PReLU")),
    "no support": chain(layer("RMSNormalization")),
    "pooled": chain(layer("Dense", 3), layer("GlobalAveragePooling1D")),
    "flat": chain(layer("Flatten"), layer("Dense", 2)),
    "softmax": chain(layer("LSTM", 3, **STEPS), layer("Dense", 3, activation="softmax")),
    "add": merged("Add"),
    "add, one mask": merged("Add", 1),
    "multiply": merged("Multiply"),
    "multiply, one mask": merged("Multiply", 1),
    "maximum": merged("Maximum"),
    "minimum, one mask": merged("Minimum", 1),
    "concatenate": merged("Concatenate", 1),
    "concatenate steps": merged("Concatenate", axis=1),
    "attention": merged("Attention"),
    "additive attention": merged("AdditiveAttention"),
    "transformer": transformer,
    "cross attention": cross_attention,
    "states": recurrent_states,
    "encoder": encoder,
    "nested": nested,
    "custom": no_support,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("build", CASES.values(), ids=CASES)
def test_masks(build):
    (theirs, x), (ours, _) = build(keras), build(pyconv)
    theirs(x), ours(x)
    values = [
        0.4 * RNG.standard_normal(w.shape) if "moving" not in w.path else w.numpy()
        for w in theirs.weights
    ]
    theirs.set_weights(values)
    ours.set_weights(values)
    expected, received = (pyconv.tree.flatten(model(x)) for model in (theirs, ours))
    for a, b in zip(received, expected, strict=True):
        compare_masks(a, b)
        np.testing.assert_allclose(a, np.asarray(b), rtol=0, atol=2e-5)
    y = [np.ones(a.shape, "float32") for a in received]
    for model, k in ((theirs, keras), (ours, pyconv)):
        model.compile(k.optimizers.SGD(0.1), "mse", run_eagerly=k is keras)
        for _ in range(2):
            model.train_on_batch(x, y if len(y) > 1 else y[0])
    for metric, peer in zip(ours.metrics, theirs.metrics, strict=True):
        np.testing.assert_allclose(metric.result(), np.asarray(peer.result()), rtol=1e-4)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)
    if hasattr(theirs, "operations"):
        names = [type(layer).__name__ for layer in theirs.operations]
        kinds = [type(x).__name__ for x in ours._network.operations] if ours._network else names
        assert len(names) == len(kinds)


def compare_masks(a, b):
    a, b = a._keras_mask, getattr(b, "_keras_mask", None)
    assert (a is None) == (b is None)
    if a is not None:
        np.testing.assert_array_equal(a, np.asarray(b))


@pytest.mark.parametrize("name", ["bidirectional", "maximum", "transformer", "sequential"])
def test_files_of_masked_models(name, tmp_path):
    for maker, reader in ((keras, pyconv), (pyconv, keras)):
        model, x = CASES[name](maker)
        model(x)
        model.save(tmp_path / "model.keras")
        again = reader.models.load_model(tmp_path / "model.keras")
        pairs = zip(pyconv.tree.flatten(again(x)), pyconv.tree.flatten(model(x)), strict=True)
        for a, b in pairs:
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=0, atol=1e-5)

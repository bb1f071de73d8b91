"""Masks: where they come from, how they travel, and what they change."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from pyconv.layers import GRU, LSTM, Dense, Embedding, Input, Masking
from tests.layers.contract import random_array

IDS = np.array([[3, 1, 0, 0], [2, 2, 5, 1], [4, 0, 0, 0]])
LENGTHS = (IDS > 0).sum(1)


def embedding():
    return Embedding(6, 4, mask_zero=True)


def test_where_masks_come_from():
    x = random_array(2, 3, 4)
    x[0, 1] = -1.0
    x[1, 2, :2] = -1.0
    y = Masking(-1.0)(x)
    assert y._keras_mask.tolist() == [[True, False, True], [True, True, True]]
    assert not y[0, 1].any() and np.array_equal(y[1], x[1])
    assert np.array_equal(embedding()(IDS)._keras_mask, IDS > 0)
    assert Embedding(6, 4)(IDS)._keras_mask is None


@pytest.mark.parametrize("kind", ["functional", "sequential", "subclass", "nested"])
def test_a_masked_sequence_is_a_shorter_one(kind):
    parts = [embedding(), layers.Dropout(0.5), GRU(3, return_sequences=True), LSTM(2)]

    class Chain(pyconv.Model):
        def __init__(self):
            super().__init__()
            self.parts = parts

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

    if kind == "functional":
        x = y = Input((4,))
        for part in parts:
            y = part(y)
        model = pyconv.Model(x, y)
    elif kind == "nested":
        x = Input((4,))
        model = pyconv.Sequential([x, pyconv.Sequential([x, *parts[:2]]), *parts[2:]])
    else:
        model = pyconv.Sequential(parts) if kind == "sequential" else Chain()
    received = model.predict(IDS, verbose=0)
    for ids, length, row in zip(IDS, LENGTHS, received, strict=True):
        y = parts[0].embeddings.numpy()[ids[None, :length]]
        expected = parts[3](parts[2](y))
        np.testing.assert_allclose(row, expected[0], rtol=1e-4, atol=1e-6)


def test_losses_and_metrics_count_what_the_mask_leaves():
    model = pyconv.Sequential([Input((4,)), embedding(), Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    y = random_array(3, 4, 2)
    kept = (model.predict(IDS, verbose=0) - y)[IDS > 0]
    loss, error = model.evaluate(IDS, y, verbose=0)
    assert loss == pytest.approx(np.mean(kept**2), rel=1e-5)
    assert error == pytest.approx(np.mean(abs(kept)), rel=1e-5)


class Halves(layers.Layer):
    """Every second step."""

    def call(self, inputs, mask=None):
        self.seen = mask
        return inputs[:, ::2]

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[:, ::2]


def test_a_layer_with_a_mask_of_its_own():
    layer = Halves()
    y = layer(embedding()(IDS))
    assert np.array_equal(layer.seen, IDS > 0)
    assert np.array_equal(y._keras_mask, IDS[:, ::2] > 0)
    x = Input((4,))
    model = pyconv.Model(x, layers.GlobalAveragePooling1D()(Halves()(embedding()(x))))
    vectors = model.layers[1].embeddings.numpy()
    expected = [vectors[row[row > 0]].mean(0) for row in IDS[:, ::2]]
    np.testing.assert_allclose(model.predict(IDS, verbose=0), expected, rtol=1e-5)


def test_a_mask_that_is_lost_is_told():
    x = embedding()(IDS)
    with pytest.warns(UserWarning, match="with a mask, which it does not hand on"):
        y = layers.Conv1D(2, 3, name="conv")(x)
    assert y._keras_mask is None


def test_masks_of_several_arguments():
    class Pair(layers.Layer):
        supports_masking = True

        def call(self, first, second, first_mask=None, second_mask=None, third_mask=None):
            self.seen = first_mask, second_mask, third_mask
            return first + second

    layer = Pair()
    layer(embedding()(IDS), Embedding(6, 4)(IDS))
    assert np.array_equal(layer.seen[0], IDS > 0) and layer.seen[1:] == (None, None)


def test_a_mask_that_is_passed_outranks_the_one_that_came():
    x = embedding()(IDS)
    layer = GRU(3)
    np.testing.assert_allclose(layer(x, mask=IDS < 9), layer(ops.convert_to_numpy(x)), atol=1e-6)


def test_a_file_brings_masks_back(tmp_path):
    x = Input((4,))
    y = layers.Bidirectional(GRU(3, return_sequences=True))(Masking()(embedding()(x)))
    model = pyconv.Model(x, layers.Attention()([y, y]))
    model.save(tmp_path / "m.keras")
    again = pyconv.saving.load_model(tmp_path / "m.keras")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(again.predict(IDS, verbose=0), model.predict(IDS, verbose=0))


def test_reversible_embedding():
    layer = layers.ReversibleEmbedding(6, 4, mask_zero=True, logit_soft_cap=2.0)
    y = layer(IDS)
    assert np.array_equal(y._keras_mask, IDS > 0)
    expected = 2 * np.tanh(y @ layer.embeddings.numpy().T / 2)
    np.testing.assert_allclose(layer(y, reverse=True), expected, rtol=1e-4, atol=1e-6)
    layer = layers.ReversibleEmbedding(6, 4, tie_weights=False)
    y = layer(IDS)
    expected = y @ layer.reverse_embeddings.numpy()
    np.testing.assert_allclose(layer(y, reverse=True), expected, rtol=1e-4, atol=1e-6)

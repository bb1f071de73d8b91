"""Models whose inputs are strings, or integers that are looked up, ahead of plans."""

import copy

import numpy as np
import pytest

import pyconv
from pyconv import Input, Model, Sequential, layers

TEXTS = np.array([["a b"], ["c d d a b"], ["q"], [""], ["b b c"], ["d"]])
Y = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0], "float32")


def vectorizer(**options):
    layer = layers.TextVectorization(**options)
    layer.adapt(["a b c d", "b c d", "c d", "d"])
    return layer


def behind(layer):
    """What comes after a vectorizer, and that with it as one model."""
    pyconv.utils.set_random_seed(1)
    rest = Sequential(
        [
            Input((None,), dtype="int32"),
            layers.Embedding(9, 3),
            layers.Conv1D(4, 2, padding="same", activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1),
        ]
    )
    text = Input((1,), dtype="string")
    return rest, Model(text, rest(layer(text)))


@pytest.mark.parametrize("length", [4, None])
def test_whole_model_is_its_parts(length):
    """Where texts are as long as the longest of a batch, so are they in `fit`."""
    layer = vectorizer(output_sequence_length=length)
    rest, whole = behind(layer)
    start = rest.get_weights()
    batches = [(layer(TEXTS[i : i + 2]), Y[i : i + 2]) for i in (0, 2, 4)]
    rest.compile("sgd", "mse", metrics=["mae"])
    expected = rest.fit(batches, epochs=2, verbose=0).history
    trained = rest.get_weights()
    rest.set_weights(start)
    whole.compile("sgd", "mse", metrics=["mae"])
    history = whole.fit(TEXTS, Y, batch_size=2, epochs=2, shuffle=False, verbose=0).history
    assert history == expected
    for a, b in zip(whole.get_weights(), trained, strict=True):
        np.testing.assert_array_equal(a, b)
    parts = np.concatenate([rest.predict(x, verbose=0) for x, _ in batches])
    np.testing.assert_array_equal(whole.predict(TEXTS, batch_size=2, verbose=0), parts)
    np.testing.assert_allclose(whole(TEXTS[:2]), parts[:2], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(whole.predict_on_batch(TEXTS[:2]), parts[:2])


def test_kinds_of_data():
    _, model = behind(vectorizer(output_sequence_length=4))
    model.compile("sgd", "mse")
    data = pyconv.utils.Dataset.from_tensor_slices((TEXTS, Y)).batch(4)
    expected = model.evaluate(TEXTS, Y, batch_size=4, verbose=0)
    assert model.evaluate(data, verbose=0) == pytest.approx(expected, rel=1e-6)
    assert model.evaluate(TEXTS.astype(object)[:, 0], Y, verbose=0) == pytest.approx(expected)
    assert model.evaluate(np.char.encode(TEXTS), Y, verbose=0) == pytest.approx(expected)
    history = model.fit(TEXTS, Y, validation_split=0.3, sample_weight=Y + 1, verbose=0).history
    assert set(history) == {"loss", "val_loss"}
    model.compile("sgd", "mse", run_eagerly=True)
    assert model.fit(data, verbose=0).history["loss"][0] > 0


def test_sequences_of_layers():
    layer = vectorizer(output_sequence_length=3)
    np.testing.assert_array_equal(Sequential([layer]).predict(TEXTS, verbose=0), layer(TEXTS))
    model = Sequential([layer, layers.Embedding(9, 2)])
    assert model.predict(TEXTS[:, 0], verbose=0).shape == (6, 3, 2)
    model = Sequential([Input((1,), dtype="string"), layer, layers.Rescaling(2.0)])
    np.testing.assert_array_equal(model.predict(TEXTS, verbose=0), 2.0 * layer(TEXTS))
    again = copy.deepcopy(model)
    np.testing.assert_array_equal(again.predict(TEXTS, verbose=0), 2.0 * layer(TEXTS))


def test_several_inputs_and_layers_of_one():
    text, number = Input((1,), dtype="string"), Input((1,), dtype="int64")
    counts = vectorizer(output_mode="count")(text)
    crossed = layers.HashedCrossing(5, output_mode="one_hot")([text, number])
    known = layers.IntegerLookup(vocabulary=[7, 2**30], output_mode="one_hot")(number)
    plain = layers.Rescaling(0.5)(number)
    outputs = layers.Concatenate()([counts, crossed, known, plain])
    model = Model({"text": text, "number": number}, outputs)
    data = {"text": TEXTS, "number": np.array([[7], [2**30], [1], [2**30 + 1], [0], [-7]])}
    found = model.predict(data, verbose=0)
    np.testing.assert_array_equal(found, model(data))
    assert found[:, 10:13].argmax(1).tolist() == [1, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("shuffle", [False, True])
def test_integers_that_are_looked_up_are_exact(shuffle):
    """No plan reads them, so they may be larger than any that kernels have."""
    users = Input((2,), dtype="int64")
    layer = layers.IntegerLookup(vocabulary=[5_000_000_000, 2**24 + 1, 2**24])
    model = Model(users, layer(users))
    ids = np.array([[5_000_000_000, 7], [2**24 + 1, 2**24], [-(2**40), 5_000_000_001]])
    expected = [[1, 0], [2, 3], [0, 0]]
    assert model.predict(ids, batch_size=2, verbose=0).tolist() == expected
    assert model.predict_on_batch(ids).tolist() == expected
    model = Sequential([users, layer, layers.Embedding(4, 1), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(ids, np.ones(3), batch_size=2, shuffle=shuffle, verbose=0)


def test_lists_of_texts():
    """Examples as arrays of their own, of one size or of several."""
    words = Input((None,), dtype="string")
    table = layers.StringLookup(vocabulary=["a", "b", "c"])
    model = Model(words, layers.GlobalAveragePooling1D()(layers.Embedding(4, 2)(table(words))))
    same = [np.array(row) for row in (["a", "b"], ["c", "q"])]
    longer = np.array(["b", "b", "a"], object)
    expected = [model.predict(row[None], verbose=0)[0] for row in (*same, longer)]
    np.testing.assert_allclose(model.predict([*same, longer], verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(model.predict(same, verbose=0), expected[:2], rtol=1e-6)
    model.compile("sgd", "mse")
    model.fit([*same, longer], np.ones((3, 2)), verbose=0)
    with pytest.raises(TypeError, match="input .*: expected strings, received .* dtype float64"):
        model.predict([longer, np.ones(2)], verbose=0)
    with pytest.raises(ValueError, match="lists of different lengths"):
        model.predict([["a", "b"], ["c"]], verbose=0)


def test_models_that_are_refused():
    text = Input((1,), dtype="string")
    words = layers.StringLookup(vocabulary=["a"], invert=True)
    with pytest.raises(ValueError, match="strings to become numbers"):
        Sequential([Input((1,), dtype="int64"), words])
    with pytest.raises(ValueError, match="outermost model"):
        users = layers.IntegerLookup(vocabulary=[2**24 + 1])
        Sequential([Input((2,)), layers.Dense(2), users]).predict(np.ones((1, 2)), verbose=0)
    layer = vectorizer()
    with pytest.raises(ValueError, match="strings to become numbers"):
        Sequential([text, layers.Dense(2)])
    with pytest.raises(ValueError, match="strings to become numbers"):
        Model(text, text)
    with pytest.raises(ValueError, match="outermost model"):
        Sequential([Input((1,), dtype="string"), Sequential([layer, layers.Embedding(9, 2)])])
    with pytest.raises(ValueError, match="outermost model"):
        hashing = layers.Hashing(3)
        Sequential([Input((2,)), layers.Dense(2), hashing]).predict(np.ones((1, 2)), verbose=0)

    class Reader(Model):
        def call(self, inputs):
            return layer(inputs)

    assert Reader()(TEXTS).shape == (6, 5)
    with pytest.raises(ValueError, match="outermost model"):
        Reader().predict(TEXTS, verbose=0)
    with pytest.raises(TypeError, match="strings"):
        Sequential([layer, layers.Embedding(9, 2)]).predict(np.ones((2, 1)), verbose=0)

"""Vocabularies in files: to pyconv and to Keras, from both."""

import io
import zipfile

import h5py
import numpy as np
import pytest

import pyconv

TEXTS = [["a b"], ["c q ü"], ["d d"]]
WORDS = [["p"], ["zz"], ["q"]]
NUMBERS = np.array([[3], [77], [5]])
FLOATS = np.array([[0.5, 3.0], [9.0, 1.0], [4.0, 5.0]], "float32")


def model_of(k):
    """A model with a layer of every kind, in pyconv or in Keras."""
    counts = k.layers.TextVectorization(output_mode="tf_idf")
    counts.adapt(["a b c", "b c d ü"])
    places = k.layers.TextVectorization(output_sequence_length=4, ngrams=(1, 2))
    places.adapt(["a b c", "b c d"])
    words = k.layers.StringLookup(vocabulary=["p", "q"], output_mode="multi_hot")
    numbers = k.layers.IntegerLookup(num_oov_indices=2, mask_token=0)
    numbers.adapt(np.array([3, 4, 3, 5]))
    intervals = k.layers.Discretization(num_bins=3, output_mode="count")
    intervals.adapt(np.arange(10.0))
    text, word = k.Input((1,), dtype="string"), k.Input((1,), dtype="string")
    number, floats = k.Input((1,), dtype="int64"), k.Input((2,))
    features = [
        k.layers.GlobalMaxPooling1D()(k.layers.Embedding(20, 3)(places(text))),
        k.layers.Dense(2)(counts(text)),
        words(word),
        k.layers.Embedding(9, 2)(numbers(number)),
        k.layers.Hashing(4, output_mode="one_hot")(word),
        k.layers.HashedCrossing(5, output_mode="one_hot", name="crossing")([word, number]),
        intervals(floats),
    ]
    flat = [k.ops.cast(k.layers.Reshape((-1,))(x), "float32") for x in features]
    return k.Model([text, word, number, floats], k.layers.Concatenate()(flat))


def data_for(k):
    data = [np.array(TEXTS), np.array(WORDS), NUMBERS, FLOATS]
    if k is pyconv:
        return data
    import tensorflow as tf

    return [tf.constant(x) for x in data]


def check_way(writer, reader, path):
    model = model_of(writer)
    model.save(path)
    again = reader.saving.load_model(path)
    expected = np.asarray(model(data_for(writer)))
    np.testing.assert_allclose(again(data_for(reader)), expected, rtol=1e-5, atol=1e-6)


def test_pyconv_reads_its_files(tmp_path):
    path = tmp_path / "model.keras"
    check_way(pyconv, pyconv, path)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("assets/")]
        first = archive.read("assets/layers/text_vectorization/vocabulary.txt").decode()
        numbers = archive.read("assets/layers/integer_lookup/vocabulary.txt").decode()
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    assert len(names) == 5 and not any("string_lookup" in name for name in names)
    assert first.split("\n")[:4] == ["", "[UNK]", "c", "b c"]
    assert numbers == "0\n-1\n-1\n3\n5\n4"
    assert [len(weights[f"layers/text_vectorization{i}/vars"]) for i in ("", "_1")] == [0, 1]


@pytest.mark.peer
def test_with_keras_both_ways(tmp_path):
    keras = pytest.importorskip("keras")
    check_way(pyconv, keras, tmp_path / "a.keras")
    check_way(keras, pyconv, tmp_path / "b.keras")


def test_functions_of_text_come_back(tmp_path):
    @pyconv.saving.register_keras_serializable("lookups")
    def plain(texts):
        return np.char.lower(texts)

    layer = pyconv.layers.TextVectorization(standardize=plain, ngrams=2, vocabulary=["a", "a b"])
    model = pyconv.Sequential([pyconv.Input((1,), dtype="string"), layer])
    model.save(tmp_path / "model.keras")
    again = pyconv.saving.load_model(tmp_path / "model.keras")
    assert again.predict(np.array([["A b"]]), verbose=0).tolist() == [[2, 1, 3]]
    assert again.layers[0].standardize is plain


def changed(source, target, change):
    """A copy of an archive, of whose members `change(name, bytes)` makes others; None: left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


DAMAGES = {
    "none is there": lambda name, content: None if name.startswith("assets/") else content,
    "invalid literal": lambda name, content: b"0\nx" if "integer" in name else content,
    "received twice": lambda name, content: b"\na\na" if "_1/vocab" in name else content,
    "can't decode": lambda name, content: b"\xff\xfe" if "_1/vocab" in name else content,
}


@pytest.mark.parametrize("message", DAMAGES)
def test_damaged_vocabularies(tmp_path, message):
    model_of(pyconv).save(tmp_path / "a.keras")
    path = changed(tmp_path / "a.keras", tmp_path / "b.keras", DAMAGES[message])
    with pytest.raises(ValueError, match=message) as error:
        pyconv.saving.load_model(path)
    assert "\n" not in str(error.value)


def test_assets_of_users_layers(tmp_path):
    @pyconv.saving.register_keras_serializable("lookups")
    class Noted(pyconv.layers.Layer):
        def call(self, inputs):
            return inputs

        def save_assets(self, dir_path):
            with open(f"{dir_path}/note.bin", "wb") as file:
                file.write(self.note)

        def load_assets(self, dir_path):
            with open(f"{dir_path}/note.bin", "rb") as file:
                self.note = file.read()

    layer = Noted()
    layer.note = bytes(range(256))
    model = pyconv.Sequential([pyconv.Input((2,)), layer])
    model.save(tmp_path / "model.keras")
    assert pyconv.saving.load_model(tmp_path / "model.keras").layers[0].note == layer.note

"""Columns of tables as vectors, the model behind them, and their files; Keras is the peer."""

import numpy as np
import pytest

from pyconv import Model, layers, saving
from pyconv.utils import Dataset, FeatureSpace

DATA = {
    "size": [0.0, 0.1, 0.2, 0.6],
    "kind": ["cat", "dog", "cat", "bird"],
    "legs": [4, 4, 3, 2],
    "name": ["a", "b", "c", "d"],
    "age": [0.1, 0.2, 0.3, 0.9],
}


def space(cls=FeatureSpace, **kwargs):
    found = cls(
        {
            "size": "float_normalized",
            "kind": "string_categorical",
            "legs": cls.integer_categorical(num_oov_indices=0),
            "name": cls.string_hashed(num_bins=8),
            "age": cls.float_discretized(num_bins=3),
        },
        crosses=[("kind", "legs"), cls.cross(("legs", "age"), crossing_dim=4)],
        crossing_dim=8,
        **kwargs,
    )
    found.adapt(DATA)
    return found


def test_columns_in_order_of_their_names_then_crosses():
    y = space()(DATA)
    assert y.shape == (4, 3 + 4 + 3 + 8 + 1 + 8 + 4) and y.dtype == "float32"
    np.testing.assert_array_equal(y[:, 3:7], np.eye(4)[[1, 2, 1, 3]])  # kinds, [UNK] first
    np.testing.assert_array_equal(y[:, 7:10], np.eye(3)[[0, 0, 1, 2]])  # legs, the most first
    size = np.array(DATA["size"])
    np.testing.assert_allclose(y[:, 18], (size - size.mean()) / size.std(), rtol=1e-5)
    np.testing.assert_array_equal(y[:, 19:27].sum(1), 1)


def test_single_values_batches_and_data_sets_agree():
    one, several = space(), space(output_mode="dict")
    rows = one(DATA)
    for i, element in enumerate(Dataset.from_tensor_slices(DATA).map(one)):
        np.testing.assert_array_equal(element, rows[i])
    parts = several({key: value[1] for key, value in DATA.items()})
    assert list(parts) == [*sorted(DATA), "kind_X_legs", "legs_X_age"]
    np.testing.assert_array_equal(np.concatenate(list(parts.values())), rows[1])


def test_a_model_behind_the_columns_and_one_behind_the_vector():
    columns = space()
    outputs = layers.Dense(1, activation="sigmoid")(columns.get_encoded_features())
    trained = Model(columns.get_encoded_features(), outputs)
    whole = Model(columns.get_inputs(), outputs)
    trained.compile("sgd", "binary_crossentropy")
    labelled = Dataset.from_tensor_slices((DATA, [0, 1, 0, 1])).batch(2)
    trained.fit(labelled.map(lambda x, y: (columns(x), y)), verbose=0)
    batch = {key: np.array(value) for key, value in DATA.items()}
    expected = trained.predict(columns(DATA), verbose=0)
    np.testing.assert_allclose(whole.predict(batch, verbose=0), expected, rtol=1e-6)


def test_files_bring_all_back(tmp_path):
    columns = space()
    columns.save(tmp_path / "space.keras")
    loaded = saving.load_model(tmp_path / "space.keras")
    np.testing.assert_array_equal(loaded(DATA), columns(DATA))
    whole = Model(columns.get_inputs(), columns.get_encoded_features())
    whole.save(tmp_path / "model.keras")
    batch = {key: np.array(value) for key, value in DATA.items()}
    again = saving.load_model(tmp_path / "model.keras").predict(batch, verbose=0)
    np.testing.assert_array_equal(again, columns(DATA))


def test_own_layers_for_columns():
    text = layers.TextVectorization(output_mode="tf_idf")
    columns = FeatureSpace({"text": FeatureSpace.feature("string", text, "float")})
    columns.adapt({"text": ["one string", "two string"]})
    assert columns({"text": ["one", "two two"]}).shape == (2, 4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FeatureSpace({}),
        lambda: FeatureSpace({"a": "text"}),
        lambda: FeatureSpace({"a": "float"}, output_mode="list"),
        lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]),
        lambda: FeatureSpace({"a": "float"})([1.0]),
        lambda: FeatureSpace({"a": "float", "b": "float"})({"a": [1.0]}),
        lambda: FeatureSpace({"a": "float"})({"a": [1.0], "b": [1.0]}),
        lambda: FeatureSpace({"a": "float_normalized"})({"a": [1.0]}),
        lambda: FeatureSpace({"a": "float_normalized"}).adapt([1.0]),
        lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, "int")})({"a": [1]}),
        lambda: FeatureSpace({"a": FeatureSpace.feature("float32", layers.ReLU(), "one_hot")})(
            {"a": [1.0]}
        ),
    ],
)
def test_what_is_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


def test_layers_ahead_of_lookups_run_at_the_edge_too():
    x = layers.Input((1,))
    crossed = layers.HashedCrossing(7)([layers.Discretization([0.0, 1.0])(x), layers.Hashing(3)(
        layers.Discretization([0.5])(x))])  # fmt: skip
    model = Model(x, layers.CategoryEncoding(7)(crossed))
    data = np.array([[-1.0], [0.2], [3.0]], "float32")
    np.testing.assert_array_equal(model.predict(data, verbose=0), model(data))


@pytest.mark.peer
def test_data_sets_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    columns = space(output_mode="dict")
    rows, names = columns(DATA), [*sorted(DATA), "kind_X_legs", "legs_X_age"]
    data = tf.data.Dataset.from_tensor_slices(DATA)
    for i, element in enumerate(data.map(columns)):
        assert list(element) == names
        for name, value in element.items():
            np.testing.assert_array_equal(value.numpy(), rows[name][i])
    (batch,) = data.batch(4).map(columns)
    np.testing.assert_array_equal(batch["kind"].numpy(), rows["kind"])


@pytest.mark.peer
def test_values_and_files_are_those_of_keras(tmp_path):
    keras = pytest.importorskip("keras")
    ours, theirs = space(), space(keras.utils.FeatureSpace)
    np.testing.assert_allclose(ours(DATA), np.asarray(theirs(DATA)), atol=1e-6)
    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    read = saving.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(read(DATA), ours(DATA), atol=1e-6)
    read = keras.models.load_model(tmp_path / "ours.keras")
    np.testing.assert_allclose(np.asarray(read(DATA)), ours(DATA), atol=1e-6)
    pairs = ours.get_encoded_features(), theirs.get_encoded_features()
    assert len({tuple(tensor.shape) for tensor in pairs}) == 1

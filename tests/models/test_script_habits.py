"""What long scripts for Keras rely on beside the layers: names, orders, dtypes, attributes."""

import json

import numpy as np

import pyconv
from pyconv import Input, Model, Sequential, Variable, layers, ops
from pyconv.saving import serialize_keras_object
from pyconv.utils import clear_session

X, Y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")


class Scores(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


def test_variables_without_a_name_are_numbered():
    clear_session()
    layer = layers.Layer(name="own")
    made = [Variable(0.0), layer.add_weight(()), Variable(0.0, name="named"), layer.add_weight(())]
    assert [v.name for v in made] == ["variable", "variable_1", "named", "variable_2"]
    assert made[-1].path == "own/variable_2"


def test_attention_takes_no_name_of_a_dropout():
    clear_session()
    layers.Attention(dropout=0.5)
    assert layers.Dropout(0.1).name == "dropout"


def test_a_model_that_is_not_built_has_no_inputs():
    for model in (Scores(), Sequential([layers.Dense(2)])):
        for name in ("inputs", "outputs", "input", "output", "input_shape", "output_shape"):
            assert not hasattr(model, name)


def test_the_only_output_of_a_list_is_returned_as_it_is():
    x = Input((3,))
    y = layers.Dense(2)(x)
    for outputs in ([y], (y,)):
        model = Model([x], outputs)
        model.compile("sgd", "mse")
        model.fit(X, [Y], verbose=0)
        assert model(X).shape == model.predict(X, verbose=0).shape == (4, 2)
        assert model(x).shape == (None, 2) and model.predict_on_batch([X]).shape == (4, 2)
        assert type(model.output) is type(outputs)
    assert [array.shape for array in Model(x, [y, y])(X)] == [(4, 2), (4, 2)]
    assert Model(x, [[y]])(X)[0].shape == (4, 2)


def test_weights_of_a_layer_outside_are_used_and_not_trained():
    """Normalization that was adapted once and is called by subclasses, as the Perceiver's."""
    normalization, scale = layers.Normalization(), layers.Dense(3)
    normalization.adapt(np.arange(12.0).reshape(4, 3))

    class Outer(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(scale(normalization(inputs)))

    model = Outer()
    model.compile("sgd", "mse")
    model(X)
    before, kernel = scale.get_weights(), model.dense.kernel.numpy()
    model.fit(X, Y, verbose=0)
    assert [v.name for v in model.weights] == ["kernel", "bias"]
    np.testing.assert_array_equal(before[0], scale.get_weights()[0])
    assert np.any(kernel != model.dense.kernel.numpy())


def test_layers_without_weights_know_what_they_were_built_for():
    """As Keras 3.15 has it: only those that are built from the start have no build_config."""
    x = Input((8, 8, 3))
    y = layers.Flatten()(layers.ReLU()(layers.Rescaling(2.0)(x)))
    configs = [serialize_keras_object(layer) for layer in Model(x, y).layers]
    shapes = [config.get("build_config") for config in configs]
    assert shapes == [None, *[shape and {"input_shape": shape} for shape in (
        (None, 8, 8, 3), None, (None, 8, 8, 3))]]  # fmt: skip


def test_calls_in_configs_say_whether_they_train_where_the_signature_does():
    x = Input((8, 3))
    inner = Model(x, layers.Dense(3)(x))
    drop = layers.Dropout(0.5)
    calls = [
        (drop(x), {"training": False}),
        (drop(x, training=True), {"training": True}),
        (layers.RandomFlip()(x[:, None]), {"training": True}),
        (layers.LSTM(2)(x), {"training": False, "mask": None}),
        (layers.BatchNormalization()(x), {"mask": None}),
        (layers.BatchNormalization()(x, training=False), {"training": False}),
        (inner(x), {"mask": None}),
        (inner(x, training=False), {"training": False, "mask": None}),
        (Sequential([drop])(x, training=False), {"training": False}),
    ]
    for outputs, kwargs in calls:
        nodes = Model(x, outputs).get_config()["layers"][-1]["inbound_nodes"]
        assert kwargs in [node["kwargs"] for node in nodes]


def test_constants_that_ops_made_are_tensors_in_configs():
    x = Input((2,))
    kinds = []
    for constant in (ops.ones((2,)), np.ones((2,), "float32")):
        config = Model(x, ops.add(x, constant)).get_config()
        kinds.append(config["layers"][1]["inbound_nodes"][0]["args"][1]["class_name"])
        again = Model.from_config(json.loads(json.dumps(config)))
        np.testing.assert_array_equal(again(Y), Y + 1)
    assert kinds == ["__tensor__", "__numpy__"]


def test_integers_as_dtype():
    assert ops.cast([1.5], "int").dtype == "int64"
    assert pyconv.backend.standardize_dtype("int") == "int64"

"""Habits of Keras' models that scripts lean on; each was seen with Keras 3.15 on TensorFlow."""

import numpy as np
import pytest

import pyconv
from pyconv import Input, Model, Sequential, Variable, callbacks, layers, ops, random


def paths(model):
    return [weight.path for weight in model.weights]


def test_the_compiled_metrics_are_one_metric_of_the_model():
    class Own(Model):
        def train_step(self, data):
            x, y = data
            y_pred = self(x)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(self.compute_loss(x, y, y_pred))
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    x = Input((2,))
    model = Own(x, layers.Dense(1)(x))
    model.compile("sgd", "mse", metrics=["mse", "mae"])
    assert model.metrics_names == ["loss", "compile_metrics"]
    history = model.fit(np.ones((4, 2)), np.zeros((4, 1)), verbose=0).history
    assert sorted(history) == ["loss", "mae", "mse"]
    assert history["mse"] == history["loss"]
    assert [metric.name for metric in model.metrics[1].metrics] == ["mse", "mae"]


def test_symbols_and_variables_are_compared_number_by_number():
    def right(y_true, y_pred):
        return ops.cast(y_true == ops.argmax(y_pred, axis=-1), "float32")

    def wrong(y_true, y_pred):
        return ops.mean(ops.cast(ops.argmax(y_pred, axis=-1) != y_true, "float32"))

    x, y = np.eye(4, 3, dtype="float32"), np.array([0, 1, 1, 0])
    model = Sequential([Input((3,)), layers.Softmax()])
    model.compile(loss="sparse_categorical_crossentropy", metrics=[right, wrong])
    assert model.evaluate(x, y, verbose=0)[1:] == [0.75, 0.25]
    variable = Variable([1.0, 2.0])
    np.testing.assert_array_equal(variable == 2, [False, True])
    np.testing.assert_array_equal(np.array([1, 3]) != variable, [False, True])
    assert variable != "a" and variable not in ("a", None)
    assert len({variable, Variable([1.0, 2.0])}) == 2


@pytest.mark.parametrize("kind", [Sequential, Model])
def test_trainable_is_passed_on_only_where_it_changes(kind):
    chain = [layers.Dense(3), layers.Dense(2)]
    x = Input((2,))
    model = Sequential([x, *chain]) if kind is Sequential else Model(x, chain[1](chain[0](x)))
    chain[0].trainable = False
    model.trainable = True
    assert len(model.trainable_weights) == 2
    model.trainable = False
    model.trainable = True
    assert len(model.trainable_weights) == 4


def test_weights_of_a_sequential_model_have_its_name_in_their_path():
    inner = Sequential([layers.Dense(3, name="x")], name="in")
    model = Sequential([Input((2,)), layers.Dense(4, name="y"), inner], name="s")
    assert paths(model) == ["s/y/kernel", "s/y/bias", "s/in/x/kernel", "s/in/x/bias"]
    x = Input((2,))
    outer = Model(x, Sequential([layers.Dense(3, name="z")], name="t")(x), name="outer")
    assert paths(outer) == ["t/z/kernel", "t/z/bias"]
    built = Sequential([Input((2,)), outer.layers[1]])
    assert paths(built) == ["t/z/kernel", "t/z/bias"]


class ByHand(layers.Layer):
    """A layer that builds others in its own `build`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2, name="y")
        self.chain = Sequential([layers.Dense(3, name="z")], name="c")

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.chain.build((*input_shape[:-1], 2))

    def call(self, x):
        return self.chain(self.dense(x))


class Around(layers.Layer):
    """A layer whose inner one is built while a model is described."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = ByHand(name="b")

    def call(self, x):
        return self.inner(x)


def test_layers_that_are_built_by_hand_have_their_builder_in_their_path():
    expected = ["b/y/kernel", "b/y/bias", "b/c/z/kernel", "b/c/z/bias"]
    called = ByHand(name="b")
    called(np.ones((1, 4)))
    assert paths(called) == expected
    x = Input((4,))
    assert paths(Model(x, ByHand(name="b")(x))) == expected
    assert paths(Model(x, Around(name="o")(x))) == [f"o/{path}" for path in expected]


def test_a_sequential_model_takes_its_input_from_a_model_in_front():
    base = Sequential([Input((4,), dtype="int32"), layers.Embedding(5, 2)])
    model = Sequential([base, layers.Flatten(), layers.Dense(3)])
    assert model.built and model.output_shape == (None, 3)
    model.build((None, 4))
    part = Model(model.inputs, model.layers[0].output)  # of the call within the model
    x = np.array([[0, 1, 2, 3]])
    np.testing.assert_array_equal(part.predict(x, verbose=0), base.predict(x, verbose=0))
    with pytest.raises(ValueError, match=r"expected the input shape \(None, 4\)"):
        model.build((None, 5))


def test_layers_of_a_model_have_different_names():
    x = Input((2,))
    with pytest.raises(ValueError, match="two named 'same'"):
        Model(x, layers.Dense(2, name="same")(layers.Dense(2, name="same")(x)))


def test_a_model_has_inputs():
    with pytest.raises(ValueError, match="at least one symbolic input"):
        Model([], [])


def test_arrays_of_numpy_are_no_tensors():
    assert not ops.is_tensor(np.ones(2)) and ops.is_tensor(ops.ones(2)) and ops.is_tensor(Input(()))


def test_outputs_are_named_by_what_makes_them():
    x = Input((2,))
    model = Model(x, {"b": layers.Dense(1, name="first")(x), "a": layers.Dense(1, name="last")(x)})
    assert model.output_names == ["last", "first"]


def test_ops_within_models_return_arrays_with_numpy():
    x = Input((3,))
    model = Model(x, [~(x > 0.5), ops.one_hot(ops.argmax(x, -1), 3)])
    signs, hot = model(np.eye(3))
    np.testing.assert_array_equal(signs.numpy(), 1 - np.eye(3))
    np.testing.assert_array_equal(hot.numpy(), np.eye(3))


def test_callbacks_see_predictions_as_the_model_nests_them():
    seen = []
    watch = callbacks.LambdaCallback()
    watch.on_predict_batch_end = lambda batch, logs: seen.append(logs)
    x = Input((2,))
    one, two = Model(x, layers.Dense(3)(x)), Model(x, {"a": layers.Dense(1)(x)})
    one.predict(np.ones((5, 2)), batch_size=3, verbose=0, callbacks=[watch])
    two.predict(np.ones((5, 2)), verbose=0, callbacks=[watch])
    assert [logs["outputs"].shape for logs in seen[:2]] == [(3, 3), (2, 3)]
    assert seen[2]["a"].shape == (5, 1)  # Keras' list of callbacks flattens dicts


def test_a_chain_without_input_is_described_by_its_first_call():
    def chain():
        return Sequential([layers.Conv1D(2, 3), layers.Flatten(), layers.Dense(4)])

    class Within(Model):
        def __init__(self):
            super().__init__()
            self.chain = chain()

        def call(self, x):
            return self.chain(x)

    x = Input((5, 3))
    symbolic, called, within, trained = chain(), chain(), Within(), Within()
    assert Model(x, symbolic(x)).layers[-1].output_shape == (None, 4)
    called(np.ones((2, 5, 3)))
    within(np.ones((2, 5, 3)))
    trained.compile("sgd", "mse")
    trained.fit(np.ones((2, 5, 3)), np.ones((2, 4)), verbose=0)
    for found, n in ((symbolic, None), (called, 2), (within.chain, 2), (trained.chain, None)):
        assert found.input_shape == (n, 5, 3) and found.layers[0].output.shape == (n, 3, 2)
        assert found.get_config()["build_input_shape"] == (n, 5, 3)
        features = Model(found.inputs, found.layers[0].output)
        assert features(np.ones((7, 5, 3))).shape == (7, 3, 2)


def test_the_description_of_a_chain_adds_no_losses():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    class Within(Model):
        def __init__(self):
            super().__init__()
            self.chain = Sequential([Penalty(), layers.Dense(2)])

        def call(self, x):
            return self.chain(x)

    model = Within()
    model(np.ones((2, 3)))
    assert [float(loss) for loss in model.losses] == [6.0]


def test_further_losses_are_added_up():
    class Penalized(layers.Layer):
        def call(self, x):
            self.add_loss(x)
            return x

    x = Input((2,))
    model = Model(x, Penalized()(x))
    model.compile("sgd")
    assert model.evaluate(np.float32([[1, 2], [3, 4]]), verbose=0) == 10.0


def test_validation_data_may_have_inputs_only():
    class Own(Model):
        def test_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            return {"mean": ops.mean(self(x))}

        train_step = test_step

    x = Input((2,))
    model = Own(x, layers.Activation("relu")(x))
    model.compile()
    ones = np.ones((4, 2))
    history = model.fit(ones, validation_data=(2 * ones,), verbose=0).history
    assert history == {"mean": [1.0], "val_mean": [2.0]}


def test_lists_of_integers_are_int32():
    for x in ([np.uint8([1, 2])], [np.int64([1, 2])], (3, np.int64(4))):
        assert ops.convert_to_tensor(x).dtype == "int32"
    assert ops.convert_to_tensor(np.int64([1, 2])).dtype == "int64"


def test_states_of_seeds_have_the_generator_in_their_path():
    first, second = (random.SeedGenerator(seed=1) for _ in range(2))
    assert first.state.path == f"{first.name}/seed_generator_state"
    assert first.name != second.name


def nested_model(library):
    a, c, d = (library.Input((n,), name=name) for name, n in (("a", 3), ("c", 2), ("d", 2)))
    joined = library.layers.Concatenate()([a, c, d])
    x, y = (
        library.layers.Dense(n, kernel_initializer="ones", name=name)(joined)
        for name, n in (("x", 1), ("y", 2))
    )
    return library.Model({"a": a, "b": {"c": c, "d": d}}, {"x": x, "z": {"y": y}})


NESTED = {
    "a": np.linspace(0, 1, 24, dtype="float32").reshape(8, 3),
    "b": {
        "c": np.linspace(-1, 1, 16, dtype="float32").reshape(8, 2),
        "d": np.linspace(2, 1, 16, dtype="float32").reshape(8, 2),
    },
}
NESTED_TARGETS = {"x": np.ones((8, 1), "float32"), "z": {"y": np.zeros((8, 2), "float32")}}


def nested_results(library):
    """Logs and predictions of a model with nested dicts as inputs and outputs."""
    model = nested_model(library)
    model.compile("sgd", loss={"x": "mse", "z": {"y": "mae"}})
    options = {"batch_size": 4, "verbose": 0}
    logs = model.evaluate(NESTED, NESTED_TARGETS, return_dict=True, **options)
    fitted = model.fit(NESTED, NESTED_TARGETS, shuffle=False, epochs=2, **options).history
    split = model.fit(NESTED, NESTED_TARGETS, validation_split=0.5, shuffle=False, **options)
    found = model.predict(NESTED, **options)
    called = model(NESTED)
    values = [*logs.values(), *fitted.values(), *split.history.values()]
    arrays = [found["x"], found["z"]["y"], called["x"], called["z"]["y"]]
    return [list(logs), list(fitted), list(split.history)], values + [np.asarray(a) for a in arrays]


@pytest.mark.peer
def test_nested_dicts_go_in_and_out_as_in_keras():
    keras = pytest.importorskip("keras")
    (ours, numbers), (theirs, others) = nested_results(pyconv), nested_results(keras)
    assert ours == theirs
    for a, b in zip(numbers, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_what_a_nest_lacks_is_named():
    model = nested_model(pyconv)
    with pytest.raises(ValueError, match=r"value at \('b', 'd'\), received none at 'd'"):
        model.predict({"a": NESTED["a"], "b": {"c": NESTED["b"]["c"]}}, verbose=0)


def test_dicts_are_read_by_the_names_of_inputs_and_may_hold_more():
    a, b = pyconv.Input((2,), name="a"), pyconv.Input((2,), name="b")
    data = {"a": np.ones((3, 2)), "b": np.full((3, 2), 5.0), "c": np.zeros(3)}
    for inputs in ([b, a], {"a": a, "b": b}):
        model = pyconv.Model(inputs, pyconv.layers.Subtract()([b, a]))
        assert np.all(model.predict(data, verbose=0) == 4) and np.all(model(data) == 4)


def test_tensors_have_names():
    pyconv.utils.clear_session()
    tensor, named = pyconv.Input((3,)), pyconv.Input((3,), name="image")
    assert [tensor.name, named.name, tensor.name] == ["keras_tensor", "image", "keras_tensor"]
    assert (tensor + 1).name == "keras_tensor_1"
    assert pyconv.Model(named, named * 2).input.name == "image"


def variable_facts(library):
    """What scripts read of variables: dtypes, orders, what operators return."""
    made = library.Variable
    initial = (np.arange(3), np.array([1], "uint8"), [1, 2], 3, 3.0, True, np.array([True]))
    kinds = [made(x) for x in initial] + [
        made("ones", shape=(2,), dtype=d) for d in ("int64", "bool")
    ]
    facts = [(v.dtype, v.numpy().dtype.name, np.asarray(v).tolist()) for v in kinds]
    v = made(np.array([[1.0, 2.4], [3.0, -4.0]], "float32"), name="v", aggregation="sum")
    results = [+v, round(v), abs(v), 2 / v, v // 2, v % 2, v @ v, v > 1, v[0], v[:, 1], np.sum(v)]
    facts += [np.asarray(r).tolist() for r in (*results, v.assign_sub(v * 0.5), v.assign_add(v))]
    facts += [v.aggregation, v.synchronization, repr(v), library.ops.is_tensor(v)]
    small = made(np.array([250], "uint8"))
    small.assign(np.array([300]))
    model = library.Sequential(
        [library.Input((3,)), MixedWeights(library), library.layers.Dropout(0.5)]
    )
    facts += [
        np.asarray(small).tolist(),
        [(w.path.split("/")[-1], w.dtype) for w in model.variables],
    ]
    optimizer = library.optimizers.Adam()
    return [*facts, (optimizer.iterations.dtype, optimizer.learning_rate.dtype)]


def MixedWeights(library):  # noqa: N802 (makes a layer)
    """A layer with variables of its own among what `add_weight` makes."""

    class Mixed(library.layers.Layer):
        def __init__(self):
            super().__init__(name="mixed")
            self.first = library.Variable(1.0, name="first")
            self.second = library.Variable(2.0, trainable=False, name="second")
            self.third = self.add_weight(name="third")
            self.count = self.add_weight(name="count", dtype="int64", trainable=False)
            self.last = library.Variable([3.0], name="last")

        def call(self, inputs):
            return inputs * self.first

    return Mixed()


@pytest.mark.peer
def test_variables_are_as_in_keras():
    keras = pytest.importorskip("keras")
    for ours, theirs in zip(variable_facts(pyconv), variable_facts(keras), strict=True):
        assert ours == theirs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, None, "float16"), "float32, integers or bool"),
        (("ones",), "`shape`"),
        ((np.ones(2), (3,)), "initial value of shape"),
    ],
)
def test_variables_that_cannot_be_made(arguments, message):
    with pytest.raises(ValueError, match=message):
        Variable(*arguments)
    with pytest.raises(ValueError, match="without '/'"):
        Variable(1.0, name="a/b")
    with pytest.raises(ValueError, match="aggregation"):
        Variable(1.0, aggregation="largest")


@pytest.mark.parametrize(
    ("initial", "dtype"),
    [(np.array([2**40]), None), (2**40, "int64"), (float("nan"), "int32"), (-1e12, "uint8")],
)
def test_variables_refuse_integers_of_more_than_32_bits(initial, dtype):
    with pytest.raises(ValueError, match="variable v: expected integers of 32 bits, received"):
        Variable(initial, dtype=dtype, name="v")
    variable = Variable(np.ones(np.shape(initial)), dtype=dtype or "int64", name="v")
    with pytest.raises(ValueError, match="variable v: expected integers of 32 bits, received"):
        variable.assign(initial)
    assert variable.numpy() == 1


def test_variables_begin_as_what_they_are_assigned():
    for value, dtype in ((2.5, "bool"), (300, "uint8"), (3_000_000_000, "uint32"), (2.5, "int32")):
        made, assigned = (Variable(x, dtype=dtype) for x in (value, 0))
        assigned.assign(value)
        assert made.numpy() == assigned.numpy() == np.array(value).astype(dtype)
        assert float(made + 0) == float(assigned + 0)


def test_names_of_variables_and_of_ops_are_counted_as_in_keras():
    pyconv.utils.clear_session()
    layer = layers.Layer()
    assert [Variable(1.0).name, layer.add_weight().name] == ["variable", "variable_1"]
    x = Input((3,))
    model = Model(x, ops.expand_dims(x, -1))
    Model.from_config(model.get_config())
    config = Model(x, ops.expand_dims(x, 1)).get_config()
    names = [operation["name"] for operation in config["layers"]]
    assert "expand_dims_1" in names

"""Models that are saved and loaded again: equal configs, predictions and further training."""

import json

import h5py
import numpy as np
import pytest

import pyconv as keras
from pyconv import Input, Model, Sequential, layers, losses, optimizers, saving
from pyconv.utils.nest import flatten
from tests.layers.contract import random_array
from tests.layers.test_contract import CASES, MERGES


def plain(config):
    """As JSON has it."""
    return json.loads(json.dumps(config))


def one_or_list(values):
    return values[0] if len(values) == 1 else list(values)


@pytest.mark.parametrize(
    ("name", "kwargs", "shapes"), [(n, k, s) for n, k, *s in CASES + MERGES], ids=str
)
def test_every_layer(tmp_path, name, kwargs, shapes):
    inputs = [Input(shape) for shape in shapes]
    layer = getattr(layers, name)(**kwargs)
    model = Model(inputs, layer(one_or_list(inputs)))
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert plain(again.get_config()) == plain(model.get_config())
    x = [random_array(3, *shape) for shape in shapes]
    check_equal(*(net.predict(one_or_list(x), verbose=0) for net in (model, again)))


def check_equal(y, z):
    for before, after in zip(flatten(y), flatten(z), strict=True):
        np.testing.assert_array_equal(before, after)


def trained(model, loss="mse", optimizer="adam", steps=3, **kwargs):
    model.compile(optimizer, loss, **kwargs)
    x, y = data(model)
    model.fit(x, y, batch_size=4, epochs=steps, shuffle=False, verbose=0)
    return model


def data(model):
    x = [random_array(8, *t.shape[1:], seed=i) for i, t in enumerate(model.inputs)]
    y = [random_array(8, *t.shape[1:], seed=9 + i) for i, t in enumerate(model.outputs)]
    return one_or_list(x), one_or_list(y)


def continued(model):
    """Losses of further training."""
    x, y = data(model)
    history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return history.history["loss"]


def chain():
    return Sequential(
        [Input((6, 6, 2)), layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization(),
         layers.Flatten(), layers.Dense(2, kernel_regularizer="l2")]
    )  # fmt: skip


def branches():
    """Two inputs, two outputs, a shared layer, a nested model that is used twice, ops between."""
    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    inner = Sequential([Input((6,)), layers.Dense(4, activation="tanh"), layers.Dense(2)])
    x = layers.Concatenate()([shared(a), shared(b)])
    y = inner(x * 2 + 1)
    z = inner(keras.ops.clip(x, -1, 1))
    mean = keras.ops.mean(y[:, :1] / (z * z + 1.0), axis=-1, keepdims=True)
    return Model({"a": a, "b": b}, [layers.Add()([y, z]), mean], name="branches")


def frozen():
    model = chain()
    model.layers[0].trainable = False
    return model


def nested():
    x = Input((4,))
    inner = Model(x, layers.Dense(3)(x), name="inner")
    y = Input((4,))
    return Model(y, inner(layers.Dense(4)(y)))


MODELS = [chain, frozen, nested]


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_training_goes_on(tmp_path, make, ending):
    model = trained(make())
    path = tmp_path / f"m.{ending}"
    model.save(path)
    again = saving.load_model(path)
    assert [v.shape for v in again.optimizer.variables] == [
        v.shape for v in model.optimizer.variables
    ]
    assert continued(again) == continued(model)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.01, momentum=0.9, nesterov=True),
        optimizers.Adam(optimizers.schedules.ExponentialDecay(0.01, 2, 0.9)),
        optimizers.Adam(0.01, amsgrad=True, use_ema=True, clipnorm=1.0),
        optimizers.AdamW(0.01),
        optimizers.Adamax(0.01),
        optimizers.Nadam(0.01),
        optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        optimizers.Adagrad(0.01),
        optimizers.Adadelta(0.01),
        optimizers.Lion(0.01),
        optimizers.Ftrl(0.01),
        optimizers.Lamb(0.01),
        optimizers.Adafactor(0.01),
    ],
    ids=lambda o: o.name,
)
def test_every_optimizer_goes_on(tmp_path, optimizer):
    model = trained(nested(), optimizer=optimizer)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert continued(again) == continued(model)


def test_branches(tmp_path):
    model = branches()
    model.compile("adam", ["mse", losses.Huber(0.5)], loss_weights=[1.0, 2.0], metrics=["mae", []])
    x = {name: random_array(8, 4, seed=i) for i, name in enumerate("ab")}
    y = [random_array(8, 2), random_array(8, 1)]
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert plain(again.get_config()) == plain(model.get_config())
    assert plain(again.get_compile_config()) == plain(model.get_compile_config())
    check_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
    assert model.evaluate(x, y, verbose=0) == again.evaluate(x, y, verbose=0)
    assert saving.load_model(tmp_path / "m.keras", compile=False).optimizer is None


@saving.register_keras_serializable("tests")
class Block(layers.Layer):
    """Sub-layers in attributes, lists and dicts, one of them twice, and a weight of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.chain = [layers.Dense(units), [layers.Dense(units), layers.Dense(units)]]
        self.named = {"z": layers.Dense(units), "a": layers.Dense(units)}
        self._private = self.chain[0]

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")

    def call(self, inputs):
        x = self.chain[1][1](self.chain[1][0](self.chain[0](inputs)))
        return self.named["a"](self.named["z"](x)) * self.scale

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@saving.register_keras_serializable("tests")
class Net(Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.out = layers.Dense(2)
        self.block = Block(units)

    def call(self, inputs):
        return self.out(self.block(inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_subclasses(tmp_path):
    model = Net(5)
    model.build((None, 4))
    trained(model)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert type(again) is Net and again.units == 5
    assert continued(again) == continued(model)


def unregistered(x):
    return x * 2


def test_custom_objects(tmp_path):
    class Twice(layers.Layer):
        def call(self, inputs):
            return inputs * 2

    def off(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    model = Sequential([Input((4,)), Twice(), layers.Dense(2, activation=unregistered)])
    trained(model, loss=off, metrics=[off])
    path = tmp_path / "m.keras"
    model.save(path)
    with pytest.raises(TypeError, match="Twice.*custom_objects"):
        saving.load_model(path)
    own = {"Twice": Twice, "unregistered": unregistered, "off": off}
    again = saving.load_model(path, custom_objects=own)
    assert continued(again) == continued(model)
    with saving.custom_object_scope(own):
        saving.load_model(path)
    assert not saving.get_registered_object("Twice")


def test_lambdas_are_not_saved(tmp_path):
    model = Sequential([Input((4,)), layers.Dense(2, activation=lambda x: x)])
    with pytest.warns(UserWarning, match="lambda"):
        model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="lambda, whose code"):
        saving.load_model(tmp_path / "m.keras")


def test_ties_are_kept(tmp_path):
    x = Input((8, 8, 1))
    encode = layers.Conv2D(3, 3, name="encode")
    model = Model(x, layers.TiedConv2DTranspose(encode, name="decode")(encode(x)))
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert again.get_layer("decode").kernel is again.get_layer("encode").kernel
    assert again.count_params() == model.count_params()


def test_weights(tmp_path):
    model, other = trained(chain()), trained(chain())
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    other.load_weights(path)
    assert continued(other) == continued(model)
    model.save(tmp_path / "m.keras")
    fresh = chain()
    fresh.load_weights(tmp_path / "m.keras")
    check_equal(model.get_weights(), fresh.get_weights())


def test_skip_mismatch(tmp_path):
    def net(units):
        return Sequential([Input((4,)), layers.Dense(3, name="same"), layers.Dense(units)])

    model, other = net(2), net(5)
    model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="expected shape"):
        other.load_weights(tmp_path / "m.weights.h5")
    last = other.layers[1].get_weights()
    with pytest.warns(UserWarning, match="keep their weights"):
        other.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    np.testing.assert_array_equal(model.layers[0].kernel, other.layers[0].kernel)
    np.testing.assert_array_equal(last[0], other.layers[1].kernel)
    saving.save_weights(model, tmp_path / "part.weights.h5", objects_to_skip=[model.layers[1]])
    other.load_weights(tmp_path / "part.weights.h5", objects_to_skip=[other.layers[1]])
    other.layers[0].set_weights([np.zeros((4, 3)), np.zeros(3)])
    other.load_weights(tmp_path / "m.weights.h5", objects_to_skip=[other.layers[1]])
    np.testing.assert_array_equal(model.layers[0].kernel, other.layers[0].kernel)


def test_older_weights_by_name(tmp_path):
    def net(*names):
        return Sequential([Input((4,)), *(layers.Dense(4, name=name) for name in names)])

    model, other = net("a", "b", "c"), net("c", "other")
    path = tmp_path / "m.h5"
    model.save(path)
    with pytest.raises(ValueError, match="2 layers"):
        other.load_weights(path)
    kept = other.layers[1].get_weights()[0]
    other.load_weights(path, by_name=True)
    np.testing.assert_array_equal(other.layers[0].kernel, model.layers[2].kernel)
    np.testing.assert_array_equal(other.layers[1].kernel, kept)


def test_many_layers_in_an_older_file(tmp_path):
    """Their names are more than one attribute can have."""
    names = [f"{'long' * 50}_{i}" for i in range(400)]
    model = Sequential([Input((2,)), *(layers.Activation("relu", name=name) for name in names)])
    model.save(tmp_path / "m.h5")
    assert len(saving.load_model(tmp_path / "m.h5").layers) == 400


def test_json():
    model = branches()
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    x = {name: random_array(3, 4) for name in "ab"}
    check_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
    assert again.to_json() == model.to_json()


@pytest.mark.parametrize("make", [chain, nested, branches])
def test_clones(make):
    model = make()
    clone = keras.models.clone_model(model)
    assert [type(layer) for layer in clone.layers] == [type(layer) for layer in model.layers]
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    clone.set_weights(model.get_weights())
    x = [random_array(3, *t.shape[1:]) for t in model.inputs]
    x = dict(zip("ab", x, strict=True)) if make is branches else x[0]
    check_equal(model.predict(x, verbose=0), clone.predict(x, verbose=0))
    assert not {id(v) for v in model.weights} & {id(v) for v in clone.weights}


def test_clones_with_functions():
    model = nested()
    calls = []

    def call(layer, *args, **kwargs):
        calls.append(layer.name)
        return layer(*args, **kwargs)

    clone = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    assert clone.layers[1] is model.layers[1] and calls == [
        layer.name for layer in model.layers[1:]
    ]
    deep = keras.models.clone_model(
        model, recursive=True, clone_function=lambda layer: layers.Dense(layer.units * 1)
    )
    assert deep.output_shape == (None, 3)
    with pytest.raises(ValueError, match="functional"):
        keras.models.clone_model(chain(), call_function=call)


def test_unbuilt(tmp_path):
    model = Sequential([layers.Dense(2)])
    with pytest.warns(UserWarning, match="not built"):
        model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert not again.built and again(np.ones((1, 4), "float32")).shape == (1, 2)


def keras_2(name, config, *inbound):
    """The entry of a layer as Keras 2 wrote it."""
    nodes = [[[tensor, 0, 0, {}] for tensor in call] for call in inbound]
    config = {"name": name, "trainable": True, "dtype": "float32"} | config
    return {"class_name": config.pop("class"), "config": config, "name": name,
            "inbound_nodes": nodes}  # fmt: skip


def test_files_of_keras_2(tmp_path):
    a = Input((4,), name="a")
    shared = layers.Dense(4, name="dense")
    y = layers.Add(name="add")([shared(a), shared(shared(a))])
    model = Model(a, layers.BatchNormalization(name="norm")(y))
    path = tmp_path / "m.h5"
    model.save(path)
    entrance = {"class": "InputLayer", "batch_input_shape": [None, 4], "sparse": False}
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    dense = {"class": "Dense", "units": 4, "activation": "linear", "kernel_initializer": glorot}
    entries = [
        keras_2("a", entrance),
        keras_2("dense", dense, ["a"], ["dense"]),
        keras_2("add", {"class": "Add"}, ["dense", "dense"]),
        keras_2("norm", {"class": "BatchNormalization", "axis": [1]}, ["add"]),
    ]
    entries[2]["inbound_nodes"][0][1][1] = 1  # the second call
    config = {"name": "m", "layers": entries, "input_layers": [["a", 0, 0]],
              "output_layers": [["norm", 0, 0]]}  # fmt: skip
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
    again = saving.load_model(path)
    x = random_array(3, 4)
    check_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))

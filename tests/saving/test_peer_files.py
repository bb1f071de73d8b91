"""Files that Keras wrote open here, files from here open in Keras; both predict and train alike."""

import json

import numpy as np
import pytest

import pyconv
from tests.layers.contract import random_array
from tests.peers import keras_cases

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def one_or_list(values):
    return values[0] if len(values) == 1 else list(values)


def chain(k):
    layers = k.layers
    return k.Sequential(
        [k.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
         layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten(),
         layers.Dense(5, activation="softmax")]
    )  # fmt: skip


def branches(k):
    layers = k.layers
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    inner = k.Sequential([k.Input((6,)), layers.Dense(3), layers.Dense(2)], name="inner")
    x = layers.Concatenate()([shared(a), shared(b)])
    y = k.ops.relu(inner(x * 2 + 1))
    z = k.ops.softmax(k.ops.reshape(k.ops.concatenate([y, -y], axis=-1), (-1, 2, 2)))
    z = k.ops.mean(z[:, 0] / 3.0 - 1, axis=-1, keepdims=True)
    return k.Model([a, b], [layers.Dense(1, name="w")(y), z**2])


def residual(k):
    layers = k.layers
    i = k.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    y = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.DepthwiseConv2D(3, padding="same")(y)
    y = layers.SeparableConv2D(4, 3, padding="same")(y)
    x = layers.Conv2DTranspose(2, 3, strides=2)(layers.Add()([x, y]))
    x = layers.PReLU()(layers.LayerNormalization()(layers.GlobalAveragePooling2D()(x)))
    return k.Model(i, layers.Dense(2)(x))


def nested(k):
    x = k.Input((4,))
    inner = k.Model(x, k.layers.Dense(3)(x), name="inner")
    y = k.Input((4,))
    return k.Model(y, inner(k.layers.Dense(4)(y)))


def frozen(k):
    model = k.Sequential([k.Input((4,)), k.layers.Dense(3), k.layers.Dense(2)])
    model.layers[0].trainable = False
    return model


def compiled(k, make):
    optimizers = {
        chain: lambda: k.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
        branches: lambda: k.optimizers.Adam(0.01, amsgrad=True),
        residual: lambda: k.optimizers.AdamW(k.optimizers.schedules.CosineDecay(0.01, 50)),
        nested: lambda: k.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        frozen: lambda: k.optimizers.Nadam(0.01, use_ema=True),
    }
    losses = {
        chain: k.losses.SparseCategoricalCrossentropy(),
        branches: ["mae", k.losses.mean_squared_error],
    }
    metrics = {
        chain: ["accuracy"],
        branches: [["mse"], [k.metrics.MeanAbsoluteError(name="off")]],
    }
    model = make(k)
    model.compile(optimizers[make](), losses.get(make, "mse"), metrics=metrics.get(make))
    return model


def data(make, model):
    x = [random_array(16, *t.shape[1:], seed=i) for i, t in enumerate(model.inputs)]
    y = [random_array(16, *t.shape[1:], seed=9 + i) for i, t in enumerate(model.outputs)]
    y = [np.arange(16) % 5] if make is chain else y
    return one_or_list(x), one_or_list(y)


def fit(model, x, y, epochs):
    history = model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0).history
    return {key: np.asarray(values) for key, values in history.items()}


#: Keras cannot open its own older files with ops between layers.
GOES_ON = [(make, "keras") for make in (branches, chain, residual, nested, frozen)]
GOES_ON += [(make, "h5") for make in (chain, residual, nested, frozen)]
SLOW = [pytest.param(*case, marks=pytest.mark.slow) for case in GOES_ON[1:]]


@pytest.mark.parametrize(("make", "ending"), [GOES_ON[0], *SLOW])
@pytest.mark.parametrize("written_by", ["keras", "pyconv"])
def test_training_goes_on_elsewhere(tmp_path, keras, make, ending, written_by):
    writer, reader = (keras, pyconv) if written_by == "keras" else (pyconv, keras)
    model = compiled(writer, make)
    x, y = data(make, model)
    fit(model, x, y, 2)
    path = str(tmp_path / f"m.{ending}")
    model.save(path)
    again = reader.models.load_model(path)
    for a, b in zip(model.predict(x, verbose=0), again.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    if ending == "h5" and reader is keras:
        return  # it cannot train what it opened from an older file, its own neither
    before, after = fit(model, x, y, 3), fit(again, x, y, 3)
    assert before.keys() == after.keys()
    for key, values in before.items():
        np.testing.assert_allclose(values, after[key], rtol=2e-4, atol=1e-5, err_msg=key)
    weights = str(tmp_path / "m.weights.h5")
    model.save_weights(weights)
    other = compiled(reader, make)
    other.load_weights(weights)
    for a, b in zip(model.predict(x, verbose=0), other.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def attention(k):
    x = k.Input((6, 8))
    y = k.layers.MultiHeadAttention(2, 4)(x, x)
    return k.Model(x, k.layers.GroupQueryAttention(4, 4, 2)(y, x))


@pytest.mark.parametrize("written_by", ["keras", "pyconv"])
def test_attention(tmp_path, keras, written_by):
    """Its parts have private names in one of the layers, and public ones in the other."""
    writer, reader = (keras, pyconv) if written_by == "keras" else (pyconv, keras)
    model, path = attention(writer), str(tmp_path / "m.keras")
    model.save(path)
    again, x = reader.models.load_model(path), random_array(3, 6, 8)
    np.testing.assert_allclose(
        model.predict(x, verbose=0), again.predict(x, verbose=0), rtol=1e-4, atol=1e-5
    )


def one_of_each():
    """A case of each layer that Keras has, too, without randomness and wrappers."""
    found = {}
    for family in keras_cases.FAMILIES:
        for name, arguments, shapes in family():
            richest = max(len(arguments), len(found.get(name, ((), ()))[0]))
            if family is not keras_cases.random and len(arguments) == richest:
                found[name] = (arguments, shapes)
    return [(name, *case) for name, case in found.items() if hasattr(pyconv.layers, name)]


def all_layers(k):
    """A model of all of them side by side."""
    inputs, outputs = [], []
    for name, arguments, shapes in one_of_each():
        made = {
            key: getattr(k.layers, value[0])(**value[1]) if key == "layer" else value
            for key, value in arguments.items()
        }
        own = [k.Input(shape) for shape in shapes]
        inputs += own
        made["name"] = f"case_{name.lower()}"
        outputs.append(getattr(k.layers, name)(**made)(one_or_list(own)))
    return k.Model(inputs, outputs)


@pytest.mark.slow
@pytest.mark.parametrize("written_by", ["keras", "pyconv"])
def test_all_layers(tmp_path, keras, written_by):
    writer, reader = (keras, pyconv) if written_by == "keras" else (pyconv, keras)
    model = all_layers(writer)
    path = str(tmp_path / "m.keras")
    model.save(path)
    again = reader.models.load_model(path)
    x = [random_array(4, *t.shape[1:], seed=i) for i, t in enumerate(model.inputs)]
    pairs = zip(
        one_of_each(), model.predict(x, verbose=0), again.predict(x, verbose=0), strict=True
    )
    for case, a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5, err_msg=str(case))


def test_configs_are_those_of_keras(keras, tmp_path):
    """What is written for a model is what Keras writes, name for name."""
    for make in (chain, branches, residual, nested, frozen):
        keras.utils.clear_session()
        pyconv.utils.clear_session()
        theirs = json.loads(compiled(keras, make).to_json())
        ours = json.loads(compiled(pyconv, make).to_json())
        found = differences(ours, theirs)
        assert found == [], found


#: Names of ops count differently, parts that are one object have a number, and what has no weights
#: may have been built or not.
FREE = ("shared_object_id", "name", "keras_history", "build_config")


def differences(ours, theirs, at=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted((ours.keys() | theirs.keys()) - set(FREE))
        return [d for k in keys for d in differences(ours.get(k), theirs.get(k), f"{at}.{k}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{at}[{i}]")]
    if isinstance(ours, float) and isinstance(theirs, float):
        return [] if abs(ours - theirs) <= 1e-6 * abs(theirs) else [(at, ours, theirs)]
    return [] if ours == theirs else [(at, ours, theirs)]


def test_pyconvs_own_layers_are_refused_cleanly(keras, tmp_path):
    x = pyconv.Input((8, 8, 2))
    model = pyconv.Model(x, pyconv.layers.SqueezeExcite(2)(x))
    path = str(tmp_path / "m.keras")
    model.save(path)
    with pytest.raises(TypeError, match="SqueezeExcite"):
        keras.models.load_model(path)

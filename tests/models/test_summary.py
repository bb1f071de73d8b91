"""The text of `summary`, names and shapes of models beside Keras'."""

import numpy as np
import pytest

import pyconv


def chain(k):
    layers = [k.layers.Conv2D(4, 3, activation="relu"), k.layers.MaxPooling2D()]
    layers += [k.layers.Conv2D(8, 3), k.layers.BatchNormalization(), k.layers.Flatten()]
    return k.Sequential([k.Input((28, 28, 1)), *layers, k.layers.Dropout(0.5), k.layers.Dense(10)])


def long_names(k):
    first = k.layers.Dense(3, name="a_very_long_name_for_a_layer_that_does_not_fit")
    return k.Sequential([k.Input((8,)), first, k.layers.Dense(2)], name="my_model")


def without_input(k):
    return k.Sequential([k.layers.Dense(3), k.layers.Dense(2)])


def line(k):
    x = k.Input((8,), name="x")
    return k.Model(x, k.layers.Dense(2)(k.layers.Dense(3)(x)))


def residual(k):
    x = k.Input((8, 8, 3))
    y = k.layers.Conv2D(4, 3, padding="same")(x)
    y = k.layers.Add()([y, k.layers.Conv2D(4, 3, padding="same")(y)])
    return k.Model(x, k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(y)), name="res")


def shared(k):
    left, right = k.Input((4,), name="left"), k.Input((4,), name="right")
    dense = k.layers.Dense(3, name="shared")
    return k.Model([left, right], k.layers.Concatenate()([dense(right), dense(left)]))


def relu_twice(k):
    x, relu = k.Input((4,)), k.layers.ReLU()
    return k.Model(x, relu(k.layers.Dense(2)(relu(k.layers.Dense(3)(x)))))


def two_outputs(k):
    x = k.Input((4,))
    h = k.layers.Dense(5)(x)
    return k.Model(x, {"a": k.layers.Dense(1, name="a")(h), "b": k.layers.Dense(2, name="b")(h)})


def nested(k):
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(3), k.layers.Dense(2)], name="inner")
    x = k.Input((4,))
    return k.Model(x, k.layers.Dense(1)(inner(x)), name="outer")


def nested_with_two_outputs(k):
    inputs = k.Input((4,))
    inner = k.Model(inputs, [k.layers.Dense(3)(inputs), k.layers.Dense(2)(inputs)], name="two")
    x = k.Input((4,))
    return k.Model(x, k.layers.Concatenate()(inner(x)))


def frozen(k):
    model = chain(k)
    model.layers[0].trainable = False
    return model


def ops_between(k):
    x = k.Input((4,))
    h = k.layers.Dense(4)(x)
    return k.Model(x, k.layers.Dense(1)(abs(k.ops.relu(h + x) * 2.0 - x[:, :1]) / 3.0))


def branches(k):
    x = y = k.Input((32, 32, 3))
    for filters in (8, 16):
        around = k.layers.Conv2D(filters, 1, strides=2)(y)
        y = k.layers.SeparableConv2D(filters, 3, padding="same")(y)
        y = k.layers.Activation("relu")(k.layers.BatchNormalization()(y))
        y = k.layers.add([around, k.layers.MaxPooling2D(3, strides=2, padding="same")(y)])
    return k.Model(x, y)


def trained(k):
    model = line(k)
    model.compile("adam", "mse")
    model.fit(np.ones((4, 8), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return model


def only_compiled(k):
    model = line(k)
    model.compile("sgd", "mse")
    return model


def subclass(k, called=True):
    class Pair(k.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = k.layers.Dense(3), k.layers.Dense(2)

        def call(self, x):
            return self.second(self.first(x))

    model = Pair()
    if called:
        model(np.ones((5, 4), "float32"))
    return model


def subclass_before_its_call(k):
    return subclass(k, called=False)


def called_on_arrays(k):
    model = k.Sequential([k.layers.Rescaling(0.5), k.layers.Flatten(), k.layers.Dense(2)])
    model(np.ones((5, 4, 3), "float32"))
    return model


def subclass_with_a_chain(k):
    class Around(k.Model):
        def __init__(self):
            super().__init__()
            self.chain = k.Sequential([k.Input((None, 3)), k.layers.Dense(2)])

        def call(self, x):
            return self.chain(x)

    model = Around()
    model(np.ones((5, 4, 3), "float32"))
    return model


def normalized(k):
    norm = k.layers.Normalization()
    norm.adapt(np.ones((5, 4, 3), "float32"))
    inner = k.Sequential([norm, k.layers.Flatten()], name="inner")
    x = k.Input((4, 3))
    return k.Model(x, k.layers.Dense(2)(inner(x)))


def layers_with_several_outputs(k):
    class Pair(k.layers.Layer):
        def call(self, x):
            return x, {"twice": 2 * x}

    class Within(k.layers.Layer):
        def build(self, input_shape):
            self.chain = k.Sequential([k.layers.Dense(3), k.layers.Dense(2)])

        def call(self, x):
            return self.chain(x)

    x = k.Input((4,))
    return k.Model(x, k.layers.Add()([*Pair()(Within()(x))[1].values(), Within()(x)]))


MODELS = (
    subclass_with_a_chain,
    called_on_arrays,
    normalized,
    layers_with_several_outputs,
    chain,
    long_names,
    without_input,
    line,
    residual,
    shared,
    relu_twice,
    two_outputs,
    nested,
    nested_with_two_outputs,
    frozen,
    ops_between,
    branches,
    trained,
    only_compiled,
    subclass,
    subclass_before_its_call,
)
OPTIONS = (
    {},
    {"show_trainable": True},
    {"expand_nested": True},
    {"line_length": 100},
    {"line_length": 60, "positions": [0.5, 0.7, 0.85, 1.0]},
)


RANGES = (("conv2d", "flatten"), ("max.*", "conv"), ("none", "dense"))


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", reason="Keras, the peer, is not installed")


def made(model, package):
    package.utils.clear_session()
    return model(package)


def text(model, **options):
    printed = []
    try:
        model.summary(print_fn=lambda s, **_: printed.append(s), **options)
    except ValueError:
        return ValueError
    return printed[0]


@pytest.mark.peer
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_text_is_keras_own(keras, model):
    ours, theirs = made(model, pyconv), made(model, keras)
    for options in OPTIONS:
        assert text(ours, **options) == text(theirs, **options)
    if model is chain:
        for names in RANGES:
            assert text(ours, layer_range=names) == text(theirs, layer_range=names)


@pytest.mark.peer
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_names_shapes_and_orders_are_keras_own(keras, model):
    ours, theirs = made(model, pyconv), made(model, keras)
    assert ours.name == theirs.name
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    for weights in ("weights", "trainable_weights", "non_trainable_weights"):
        given, expected = ([(v.name, tuple(v.shape)) for v in getattr(m, weights)] for m in
                           (ours, theirs))  # fmt: skip
        assert given == expected
    if theirs.built:
        assert ours.count_params() == theirs.count_params()
    if theirs.built and not model.__name__.startswith("subclass"):
        for shape in ("input_shape", "output_shape"):
            assert getattr(ours, shape) == getattr(theirs, shape)
        for tensors in ("inputs", "outputs"):
            shapes = [[tuple(t.shape) for t in getattr(m, tensors)] for m in (ours, theirs)]
            assert shapes[0] == shapes[1]
    for index, layer in enumerate(ours.layers):
        assert ours.get_layer(index=index) is ours.get_layer(layer.name) is layer


@pytest.mark.peer
def test_models_are_numbered_as_in_keras(keras):
    assert numbers(pyconv) == numbers(keras)


def numbers(k):
    """Names of functional models among sequential ones, which take such names as well."""
    k.utils.clear_session()
    names = [line(k).name]
    chain(k)
    names.append(line(k).name)
    model = k.Sequential([k.layers.Dense(2)])
    names.append(line(k).name)
    model.build((None, 3))
    names.append(line(k).name)
    model.add(k.layers.Dense(3))
    names.append(line(k).name)
    model.pop()
    return [*names, line(k).name]


def test_without_a_function_it_goes_to_the_standard_output(capsys):
    assert made(line, pyconv).summary() is None
    printed = capsys.readouterr().out
    assert printed.startswith('Model: "functional"\n┏') and "x (InputLayer)" in printed


def test_columns_too_narrow_are_an_error():
    with pytest.raises(ValueError, match="line_length"):
        made(line, pyconv).summary(line_length=10)


def test_shapes_that_keras_does_not_know(capsys):
    """Seen with Keras 3.15: of layers that only arrays went through, and that say no shape."""

    class Own(pyconv.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(1,))

        def call(self, x):
            return x * self.scale

    class Net(pyconv.Model):
        def __init__(self):
            super().__init__()
            x = pyconv.Input((2,))
            dropped = pyconv.layers.Dropout(0.1)(x)
            self.chain = [
                pyconv.layers.Dense(2),
                pyconv.layers.ReLU(),
                Own(),
                pyconv.Model(x, dropped),
            ]

        def call(self, x):
            for layer in self.chain:
                x = layer(x)
            return x

    net = Net()
    net.summary()
    assert capsys.readouterr().out.count("(unbuilt)") == 2
    net(np.ones((3, 4)))
    net.summary()
    rows = [row for row in capsys.readouterr().out.splitlines() if row.startswith("│")]
    assert [row.split("│")[2].strip() for row in rows] == ["(3, 2)", "?", "?", "(None, 2)"]

"""How models are put together: functional, sequential, nested, shared, subclassed."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.layers import Add, Concatenate, Conv1D, Dense, Flatten, GlobalAveragePooling1D, Layer
from pyconv.models import Input, Model, Sequential

RNG = np.random.default_rng(0)


def rows(n, *shape):
    return RNG.normal(size=(n, *shape)).astype("float32")


def dense(layer, x):
    kernel, bias = (w.numpy().astype("float64") for w in layer.weights)
    return x @ kernel + bias


def test_functional_model_is_its_layers():
    x = Input((5,))
    first, second = Dense(4, activation="relu"), Dense(3)
    model = Model(x, second(first(x)))
    data = rows(7, 5)
    expected = dense(second, np.maximum(dense(first, data), 0))
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(data), expected, rtol=1e-5, atol=1e-6)
    assert [layer.name for layer in model.layers[1:]] == [first.name, second.name]
    assert model.input_shape == (None, 5) and model.output_shape == (None, 3)
    assert model.count_params() == 5 * 4 + 4 + 4 * 3 + 3


def test_several_inputs_and_outputs_as_lists_and_dicts():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    joined = Concatenate()([a, b])
    left, right = Dense(1, name="left"), Dense(2, name="right")
    model = Model([a, b], {"left": left(joined), "right": right(joined)})
    xa, xb = rows(6, 2), rows(6, 3)
    both = np.concatenate([xa, xb], 1)
    for data in ([xa, xb], {"b": xb, "a": xa}):
        out = model.predict(data, verbose=0, batch_size=4)
        np.testing.assert_allclose(out["left"], dense(left, both), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(out["right"], dense(right, both), rtol=1e-5, atol=1e-6)


def test_ops_between_layers_are_part_of_the_model():
    x = Input((4,))
    layer = Dense(4)
    y = ops.relu(layer(x) * 2.0 + 1.0) - x
    model = Model(x, y)
    data = rows(3, 4)
    expected = np.maximum(dense(layer, data) * 2 + 1, 0) - data
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_a_shared_layer_has_its_weights_once_and_both_gradients():
    a, b = Input((3,)), Input((3,))
    shared = Dense(2, use_bias=False)
    model = Model([a, b], Add()([shared(a), shared(b)]))
    assert len(model.weights) == 1
    xa, xb, y = rows(8, 3), rows(8, 3), rows(8, 2)
    model.compile("sgd", "mse")
    before = shared.get_weights()[0].astype("float64")
    error = (xa + xb) @ before - y
    model.train_on_batch([xa, xb], y)
    gradient = (xa + xb).T @ (2 * error / error.size)
    np.testing.assert_allclose(
        shared.get_weights()[0], before - 0.01 * gradient, rtol=1e-5, atol=1e-6
    )


def test_nested_models_and_models_from_the_middle():
    inner = Sequential([Input((4,)), Dense(3, activation="tanh"), Dense(2)], name="inner")
    x = Input((4,))
    outer = Model(x, Dense(1)(inner(x)))
    assert inner in outer.layers and len(outer.weights) == 6
    data = rows(5, 4)
    features = inner.predict(data, verbose=0)
    np.testing.assert_allclose(
        outer.predict(data, verbose=0), dense(outer.layers[-1], features), rtol=1e-5, atol=1e-6
    )
    middle = Model(inner.inputs, inner.layers[0].output)
    np.testing.assert_allclose(
        middle.predict(data, verbose=0), np.tanh(dense(inner.layers[0], data)), rtol=1e-5, atol=1e-6
    )
    head = Model(inner.layers[0].output, inner.outputs[0])
    np.testing.assert_allclose(
        head.predict(middle.predict(data, verbose=0), verbose=0), features, rtol=1e-5, atol=1e-6
    )


class Residual(Model):
    def __init__(self, units):
        super().__init__()
        self.inside = Dense(units, activation="relu")
        self.outside = [Dense(units), Dense(units)]

    def call(self, inputs, training=None):
        hidden = self.inside(inputs)
        if training:
            hidden = hidden * 0.5
        return self.outside[1](self.outside[0](hidden)) + inputs


def test_a_subclass_builds_itself_from_the_first_data_and_sees_training():
    model = Residual(3)
    data = rows(4, 3)
    out = model.predict(data, verbose=0)
    hidden = np.maximum(dense(model.inside, data), 0)
    expected = dense(model.outside[1], dense(model.outside[0], hidden)) + data
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    assert len(model.weights) == len(model.trainable_weights) == 6
    half = dense(model.outside[1], dense(model.outside[0], hidden / 2)) + data
    model.compile("sgd", "mse")
    loss = model.train_on_batch(data, np.zeros((4, 3)))
    assert loss == pytest.approx((half**2).mean(), rel=1e-5)
    built = Residual(3)
    built.build((None, 3))
    assert built.count_params() == model.count_params()


def test_sequential_add_pop_and_deferred_build():
    model = Sequential([Conv1D(4, 3), Flatten()])
    model.add(Dense(2))
    assert not model.built and model.weights == []
    x = rows(5, 8, 1)
    assert model.predict(x, verbose=0).shape == (5, 2)
    assert len(model.weights) == 4 and model.output_shape == (None, 2)
    last = model.pop()
    assert isinstance(last, Dense)
    assert model.predict(x, verbose=0).shape == (5, 24)
    model.add(Dense(3))
    assert model.predict_on_batch(x).shape == (5, 3)
    assert [type(layer) for layer in model.layers] == [Conv1D, Flatten, Dense]


def test_sequential_from_input_shape_of_the_first_layer():
    model = Sequential([Dense(4, input_shape=(3,)), Dense(2)])
    assert model.built and model.count_params() == 26
    late = Sequential([Dense(4), Dense(2)])
    late.build((None, 3))
    assert late.count_params() == 26


def test_user_layers_over_ops_train():
    class Scale(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="s")

        def call(self, inputs):
            return inputs * self.factor

    model = Sequential([Input((3,)), Scale()])
    model.compile("sgd", "mse")
    x, y = rows(6, 3), rows(6, 3)
    model.train_on_batch(x, y)
    gradient = (2 * (x - y) * x / x.size).sum(0)
    np.testing.assert_allclose(model.get_weights()[0], 1 - 0.01 * gradient, rtol=1e-5)


def test_layers_are_ordered_by_distance_from_the_outputs_as_in_keras():
    x = Input((4,), name="x")
    a = Dense(4, name="a")(x)
    b = Dense(4, name="b")(a)
    c = Dense(4, name="c")(x)
    model = Model(x, Add(name="sum")([c, b]))
    assert [layer.name for layer in model.layers] == ["x", "a", "c", "b", "sum"]


def test_weights_can_be_read_set_and_found():
    model = Sequential([Input((3,)), Dense(4, name="one"), Dense(2, name="two")])
    values = [w + 1 for w in model.get_weights()]
    model.set_weights(values)
    assert all(map(np.array_equal, model.get_weights(), values))
    assert model.get_layer("two") is model.layers[1] is model.get_layer(index=1)
    with pytest.raises(ValueError, match=r"among \['one', 'two'\], received 'three'"):
        model.get_layer("three")
    with pytest.raises(ValueError, match="either `name` or `index`"):
        model.get_layer()


def test_summary_totals():
    model = Sequential(
        [Input((40, 1)), *(Conv1D(15, 3, strides=2) for _ in range(3)), Flatten(), Dense(10)]
    )
    model.layers[0].trainable = False
    lines = []
    model.summary(print_fn=lines.append, show_trainable=True, line_length=80)
    text = "\n".join(lines)
    assert "Total params: 2,050 (8.01 KB)" in text
    assert "Trainable params: 1,990 (7.77 KB)" in text
    assert "Non-trainable params: 60 (240.00 B)" in text
    assert "(None, 19, 15)" in text and "690" in text


def test_any_size_where_the_input_is_free():
    x = Input((None, 2))
    model = Model(x, GlobalAveragePooling1D()(Conv1D(3, 2)(x)))
    for size in (4, 9, 4):
        assert model.predict(rows(2, size, 2), verbose=0).shape == (2, 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Model(Input((2,)), Dense(1)(Input((2,)))), ValueError, "list it among the inputs"),
        (lambda: Model(Input((2,)), np.ones(3)), TypeError, "expected symbolic tensors"),
        (lambda: Model(inputs=Input((2,))), ValueError, "expected both `inputs` and `outputs`"),
        (lambda: Sequential([3]), ValueError, "expected a layer to add, received 3"),
        (lambda: Sequential([Dense(1, name="a"), Dense(1, name="a")]), ValueError, "second 'a'"),
        (lambda: Sequential([Dense(1), Input((2,))]), ValueError, "only once, as the first entry"),
        (lambda: Sequential().pop(), IndexError, "there is none"),
        (lambda: Residual(2).signature, ValueError, "not built"),
        (lambda: Model()(np.ones((1, 2))), NotImplementedError, "define call"),
    ],
)
def test_wrong_structures(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_failed_add_leaves_the_model_as_it_was():
    model = Sequential([Input((4,)), Dense(2)])
    with pytest.raises(ValueError, match="conv1d"):
        model.add(Conv1D(2, 3))
    assert len(model.layers) == 1 and model.output_shape == (None, 2)

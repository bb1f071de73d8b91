"""Mistakes in layers that users write: each has a message of its own, and leaves nothing behind."""

import numpy as np
import pytest

from pyconv import layers, ops
from pyconv.layers import Dense, Input, Layer
from pyconv.models import Sequential
from tests.layers.contract import random_array

X = random_array(3, 4)


class Calls(Layer):
    """A layer whose call is given."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(self, inputs)


@pytest.mark.parametrize("inputs", [X, Input((4,))], ids=["array", "symbolic"])
@pytest.mark.parametrize("value", [None, "a", 1.0, [None]])
def test_a_call_must_return_tensors(value, inputs):
    layer = Calls(lambda self, x: value, name="mine")
    with pytest.raises(TypeError, match="layer mine: expected `call` to return tensors or arrays"):
        layer(inputs)


def test_a_layer_must_call_the_constructor_of_its_base():
    class Forgetful(Layer):
        def __init__(self):
            self.units = 3

    with pytest.raises(TypeError, match=r"Forgetful.__init__ to begin with super\(\).__init__\(\)"):
        Forgetful()(X)


@pytest.mark.parametrize(
    "make", [lambda: Dense(2), lambda: Sequential([Dense(2)]), lambda: Calls(_with_dense_inside)]
)
def test_a_layer_with_weights_made_within_call_is_refused(make):
    outer = Calls(lambda self, x: make()(x), name="outer")
    for _ in range(2):
        with pytest.raises(ValueError, match="outer makes at each call"):
            outer(X)


def _with_dense_inside(self, x):
    if not hasattr(self, "dense"):
        self.dense = Dense(2)
    return self.dense(x)


def test_a_layer_made_at_each_call_is_refused_from_the_second():
    def function(self, x):
        self.dense = Dense(2)
        return self.dense(x)

    outer = _called(Calls(function, name="outer"))
    with pytest.raises(ValueError, match="outer makes at each call"):
        outer(X)


def test_a_layer_made_at_the_first_call_is_kept():
    outer = _called(Calls(_with_dense_inside))
    np.testing.assert_array_equal(outer(X), outer(X))
    assert len(outer.weights) == 2


def test_a_layer_made_outside_is_used_without_being_kept():
    dense = Dense(2)
    outer = Calls(lambda self, x: dense(x))
    np.testing.assert_array_equal(outer(X), dense(X))
    assert not outer.weights and len(dense.weights) == 2
    outer.dense = dense
    assert len(outer.weights) == 2


def test_layers_without_weights_may_be_made_within_call():
    outer = Calls(lambda self, x: layers.ReLU()(layers.Flatten()(x)))
    np.testing.assert_array_equal(outer(X), np.maximum(X, 0))


@pytest.mark.parametrize(
    "keep",
    [
        lambda inner: inner,
        lambda inner: [inner],
        lambda inner: {"a": (inner,)},
        lambda inner: Calls(lambda self, x: x),
    ],
)
def test_layers_that_are_kept_are_built_at_the_first_call(keep):
    inner = Sequential([Dense(2), layers.BatchNormalization()])
    outer = Calls(lambda self, x: inner(x))
    outer.kept = keep(inner)
    if isinstance(outer.kept, Calls):
        outer.kept.inner = inner  # reached through another layer
    assert outer(X).shape == (3, 2)
    assert len(outer.weights) == 6


def test_layers_passed_to_another_layer_are_kept_by_the_caller():
    class Apply(Layer):
        def call(self, inputs, layer):
            return layer(inputs)

    class Both(Layer):
        def __init__(self):
            super().__init__()
            self.apply, self.dense = Apply(), Dense(2)

        def call(self, inputs):
            return self.apply(inputs, self.dense)

    assert len(_called(Both()).weights) == 2


def test_layers_made_within_build_are_kept_later():
    class Late(Layer):
        def build(self, input_shape):
            inner = Calls(_with_dense_inside)
            inner(np.ones((1, *input_shape[1:])))
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

    assert len(_called(Late()).weights) == 2
    assert Late().compute_output_shape((None, 4)) == (None, 2)


def _called(layer):
    layer(X)
    return layer


def test_set_weights_changes_all_or_nothing():
    layer = _called(Dense(2, name="d"))
    before = layer.get_weights()
    kernel = np.ones((4, 2))
    with pytest.raises(ValueError, match=r"shape \(2,\), received \(3,\)"):
        layer.set_weights([kernel, np.ones(3)])
    with pytest.raises(TypeError, match=r"d/bias: expected numbers .* complex128"):
        layer.set_weights([kernel, np.ones(2, complex)])
    for kept, value in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(kept, value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dense(2, kernel_constraint="positive"),
        lambda: Dense(2, bias_constraint="positive"),
        lambda: layers.Conv2D(2, 3, kernel_constraint="positive"),
        lambda: layers.Conv2D(2, 3, bias_constraint="positive"),
        lambda: layers.DepthwiseConv2D(3, depthwise_constraint="positive"),
        lambda: layers.Conv2DTranspose(2, 3, kernel_constraint="positive"),
        lambda: layers.BatchNormalization(gamma_constraint="positive"),
        lambda: layers.BatchNormalization(beta_constraint="positive"),
        lambda: Layer().add_weight((2,), constraint="positive"),
    ],
)
def test_unknown_constraints(make):
    with pytest.raises(ValueError, match="expected a name of constraints, .* received 'positive'"):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Dense(2), (0,), "known size of the last axis, from 1"),
        (Dense(2), (0, 3), "conv: expected sizes of at least 1"),
        (layers.Conv2D(2, 1), (4, 4, 0), "known number of channels, from 1"),
        (layers.Conv2D(2, 3, padding="same"), (0, 4, 3), "conv: expected sizes of at least 1"),
        (layers.Conv2DTranspose(2, 3), (0, 4, 3), "conv_transpose: expected sizes of at least 1"),
        (layers.BatchNormalization(), (0,), "known size from 1 on axis -1"),
    ],
)
def test_empty_inputs(layer, shape, message):
    with pytest.raises(ValueError, match=f"layer {layer.name}: .*{message}"):
        layer(Input(shape))


@pytest.mark.parametrize("shape", [(4, -1, 5), (2, 3), ()])
def test_reshape_keeps_the_examples(shape):
    with pytest.raises(ValueError, match=r"reshape: expected -1 or None as the first size"):
        ops.reshape(Input((6,)), shape)

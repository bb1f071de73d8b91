"""Copies and pickles of variables, tensors and layers."""

import copy
import pickle

import numpy as np
import pytest

from pyconv import Variable, layers, ops, regularizers
from pyconv.graph import as_tensor
from pyconv.layers import Dense, Input, Layer
from tests.layers.contract import random_array, run, run_with_gradients


def _pickled(value):
    return pickle.loads(pickle.dumps(value))


both = pytest.mark.parametrize("copied", [copy.deepcopy, _pickled], ids=["deepcopy", "pickle"])


class Tower(Layer):
    """Many layers in a row, a shared one, a random one, and a weight of its own."""

    def __init__(self, depth, **kwargs):
        super().__init__(**kwargs)
        self.chain = [Dense(4, activation="relu") for _ in range(depth)]
        self.norm = layers.BatchNormalization()
        self.again = self.chain[0]
        self.dropout = layers.Dropout(0.5, seed=3)

    def build(self, input_shape):
        self.scale = self.add_weight((4,), "ones", name="scale", regularizer="l2")

    def call(self, inputs, training=False):
        for layer in self.chain:
            inputs = layer(inputs)
        return self.dropout(self.norm(inputs)) * self.scale


class Two(Layer):
    """A layer with two outputs."""

    def call(self, inputs):
        return inputs, ops.abs(inputs)


@both
def test_a_variable_keeps_everything_but_its_storage(copied):
    variable = Variable([[1, 2]], dtype="int32", trainable=False, name="count")
    variable.path = "layer/count"
    variable.regularizer = regularizers.L2(0.5)
    variable.constraint = np.abs
    twin = copied(variable)
    variable.assign([[3, 4]])
    np.testing.assert_array_equal(twin.numpy(), [[1, 2]])
    assert (twin.name, twin.path, twin.dtype, twin.trainable) == (
        "count", "layer/count", "int32", False,
    )  # fmt: skip
    assert twin.regularizer.l2 == 0.5
    assert twin.constraint is np.abs
    assert as_tensor(twin).value is twin
    twin.assign([[5, 6]])
    np.testing.assert_array_equal(twin.numpy(), [[5, 6]])
    np.testing.assert_array_equal(variable.numpy(), [[3, 4]])


@both
def test_a_variable_stays_one_within_a_copy(copied):
    variable = Variable([1.0])
    twin, again, leaf = copied([variable, variable, variable.leaf])
    assert twin is again
    assert twin is not variable
    assert leaf is twin.leaf


@both
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
def test_odd_shapes(copied, shape):
    assert copied(Variable(np.ones(shape))).shape == shape


def test_a_shallow_copy_has_values_of_its_own():
    variable = Variable([1.0])
    twin = copy.copy(variable)
    twin.assign([2.0])
    assert float(variable) == 1


@both
def test_a_built_layer_goes_on_alone(copied):
    tower = Tower(3)
    x = random_array(5, 4)
    tower(Input((4,)))
    expected = run_with_gradients(tower, x)
    for variable in tower.dropout.variables:
        variable.assign([3, 0])
    for norm, value in zip(tower.norm.non_trainable_weights, (0, 1), strict=True):
        norm.assign(np.full(4, value))
    twin = copied(tower)
    for weight in tower.weights:
        weight.assign(np.zeros(weight.shape))
    assert twin.again is twin.chain[0]
    assert twin.get_config() == tower.get_config()
    assert len(twin.losses) == len(tower.losses) == 1
    assert [v.path for v in twin.variables] == [v.path for v in tower.variables]
    for a, b in zip(run_with_gradients(twin, x), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not run(tower, x).any()


@both
def test_copies_do_not_follow_the_graph_of_a_deep_model(copied):
    tensor = Input((4,))
    chain = [Dense(4) for _ in range(200)]
    for layer in chain:
        tensor = layer(tensor)
    twin = copied(chain[-1])
    np.testing.assert_array_equal(twin.kernel.numpy(), chain[-1].kernel.numpy())
    with pytest.raises(AttributeError, match="expected a call on symbolic tensors"):
        _ = twin.output


@both
def test_symbolic_tensors_keep_the_calls_and_ops_between_them(copied):
    x = Input((4,), name="x")
    layer = Dense(2)
    y = layer(x) * 2.0
    start, twin, end = copied((x, layer, y))
    assert start.history.layer.output is start
    assert end.history.function is y.history.function
    assert end.history.outputs is end
    hidden = end.history.inputs[0]
    assert hidden.history.layer is twin
    assert hidden.history.inputs == [start]
    assert hidden.history.outputs is hidden
    assert end.history.args[1] == 2


@both
def test_every_output_of_a_call_knows_the_same_call(copied):
    first, second = copied(Two()(Input((4,))))
    assert first.history is second.history
    assert first.history.outputs == (first, second)

"""Calls with values of variables that come as arguments, and trees of all variables."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, metrics, ops


class Counting(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(input_shape[-1:], "ones", name="factor")
        self.calls = self.add_weight((), "zeros", trainable=False, name="calls")

    def call(self, inputs):
        self.calls.assign_add(1.0)
        self.add_loss(ops.sum(self.factor))
        return inputs * self.factor


def test_a_call_with_other_weights_changes_none():
    layer, x = Counting(), np.ones((2, 3), "float32")
    with pytest.raises(ValueError, match="that is built"):
        layer.stateless_call([], [], x)
    layer(x)
    y, others, losses = layer.stateless_call([[1, 2, 3]], [5.0], x, return_losses=True)
    assert y.tolist() == [[1, 2, 3]] * 2 and float(others[0]) == 6 and float(losses[0]) == 6
    assert float(layer.calls) == 1 and layer.factor.numpy().tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="list of 1 values, one for each variable, received 0"):
        layer.stateless_call([], [0.0], x)
    with pytest.raises(ValueError, match=r"expected a value of shape \(3,\)"):
        layer.stateless_call([np.ones(2)], [0.0], x)
    assert float(layer.calls) == 1


def test_values_that_a_tape_watches_are_refused():
    layer = layers.Dense(2)
    layer.build((None, 3))
    kernel = ops.ones((3, 2))
    with pyconv.GradientTape() as tape:
        tape.watch(kernel)
        with pytest.raises(TypeError, match="that no tape watches"):
            layer.stateless_call([kernel, np.zeros(2)], [], np.ones((1, 3)))


def test_metrics_of_other_values():
    metric = metrics.Mean()
    metric.update_state(8.0)
    values = metric.stateless_update_state([3.0, 1.0], [1.0, 2.0])
    assert [float(v) for v in values] == [6.0, 3.0]
    assert float(metric.stateless_result(values)) == 2.0
    assert [float(v) for v in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) == 8.0


def test_the_tree_of_a_model():
    net = pyconv.Sequential([pyconv.Input((3,)), layers.Dense(2, name="top")], name="net")
    net.compile("adam", "mse", metrics=["mae"])
    net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    tree = net.get_state_tree("numpy_array")
    assert tree["trainable_variables"]["net"]["top"].keys() == {"kernel", "bias"}
    assert tree["optimizer_variables"][net.optimizer.name]["iteration"] == 1
    assert tree["metrics_variables"].keys() == {"loss", "mean_absolute_error"}
    before = net.get_weights()
    net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    net.set_state_tree(tree)
    np.testing.assert_array_equal(net.get_weights()[0], before[0])
    assert int(net.optimizer.iterations) == 1
    with pytest.raises(ValueError, match="state_tree"):
        net.set_state_tree({"weights": {}})

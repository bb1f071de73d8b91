"""Recurrent layers beside Keras: weights, values, states, gradients, configs."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, utils
from pyconv.utils.nest import flatten
from tests.layers.contract import random_array
from tests.peers.keras_pair import compare_configs

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

X = random_array(3, 5, 4)
MASK = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [0, 1, 1, 1, 1]], bool)
FILM = random_array(2, 3, 6, 5, 2)
PLAIN = ("LSTM", "GRU", "SimpleRNN")
ALL = {"units": 3, "return_sequences": True}


def within(name, **arguments):
    """A layer or cell as an argument of another."""
    return lambda namespace: getattr(namespace, name)(**arguments)


CASES = [
    *((name, {"units": 3}, X, {}) for name in PLAIN),
    *((name, {**ALL, "use_bias": False}, X, {}) for name in PLAIN),
    *((name, {**ALL, "return_state": True, "go_backwards": True}, X, {}) for name in PLAIN),
    *((name, {**ALL, "activation": "relu"}, X, {"mask": MASK}) for name in PLAIN),
    *((name, {"units": 3, "dropout": 0.3, "kernel_regularizer": "l2"}, X, {}) for name in PLAIN),
    ("GRU", {"units": 3, "reset_after": False}, X, {}),
    ("GRU", {**ALL, "reset_after": False, "use_bias": False}, X, {}),
    ("LSTM", {"units": 3, "unit_forget_bias": False}, X, {}),
    ("LSTM", ALL, X, {"initial_state": [random_array(3, 3), random_array(3, 3, seed=1)]}),
    *(("Bidirectional", {"layer": within("LSTM", **ALL), "merge_mode": mode}, X, {})
      for mode in ("concat", "sum", "mul", "ave")),
    ("Bidirectional", {"layer": within("GRU", units=2, return_state=True)}, X, {}),
    ("Bidirectional", {"layer": within("GRU", **ALL)}, X, {"mask": MASK}),
    ("RNN", {"cell": within("LSTMCell", units=3), "return_sequences": True}, X, {}),
    ("RNN", {"cell": within("GRUCell", units=3)}, X, {}),
    *(("ConvLSTM2D", {"filters": 3, "kernel_size": 3, **more}, FILM, {}) for more in (
        {}, {"padding": "same", "return_sequences": True}, {"strides": 2},
        {"use_bias": False, "go_backwards": True}, {"return_state": True, "padding": "same"},
        {"dilation_rate": 2, "kernel_size": 2}, {"activation": "relu", "kernel_size": (1, 2)})),
    ("ConvLSTM1D", {"filters": 3, "kernel_size": 2, "padding": "same"}, FILM[:, :, 0], {}),
    ("ConvLSTM3D", {"filters": 2, "kernel_size": 2}, random_array(2, 2, 3, 4, 3, 2), {}),
]  # fmt: skip


def make(namespace, name, arguments):
    given = {k: v(namespace) if callable(v) else v for k, v in arguments.items()}
    return getattr(namespace, name)(**given, name="recurrent")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{list(case[1])[-1]}")
def test_recurrent(case):
    import tensorflow as tf

    name, arguments, x, call = case
    utils.clear_session(), keras.utils.clear_session()  # names count from the start in both
    ours, theirs = make(layers, name, arguments), make(keras.layers, name, arguments)
    ours(x, **call), theirs(x, **call)
    assert [(w.path, w.shape) for w in ours.weights] == [
        (w.path, tuple(w.shape)) for w in theirs.weights
    ]
    values = [0.4 * random_array(*w.shape, seed=9) for w in theirs.weights]
    ours.set_weights(values)
    theirs.set_weights(values)
    with tf.GradientTape() as tape:
        expected = _list(theirs(x, **call))
        total = tf.reduce_sum(expected[0] ** 2)
    expected += tape.gradient(total, [v.value for v in theirs.trainable_variables])
    with pyconv.GradientTape() as tape:
        received = _list(ours(x, **call))
        total = pyconv.ops.sum(received[0] ** 2)
    received += tape.gradient(total, ours.trainable_variables)
    for a, b in zip(received, map(np.asarray, expected), strict=True):
        bound = 3e-5 * max(1.0, np.abs(b).max())
        np.testing.assert_allclose(np.asarray(a), b, rtol=0, atol=bound)
    said = theirs.compute_output_shape((None, *x.shape[1:]))
    assert flatten(ours.compute_output_shape((None, *x.shape[1:]))) == flatten(said)
    compare_configs(ours, theirs)


def _list(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]

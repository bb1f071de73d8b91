"""Attention beside Keras: weights, values, gradients, configs."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.utils.nest import flatten
from tests.layers.contract import random_array
from tests.peers.keras_pair import compare_configs

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

Q, V, K = random_array(3, 5, 6), random_array(3, 7, 4, seed=1), random_array(3, 7, 8, seed=2)
V6, K6 = random_array(3, 7, 6, seed=3), random_array(3, 7, 6, seed=4)
IMAGE = random_array(2, 3, 4, 6, seed=5)
MASK = random_array(3, 5, 7, seed=6) > -0.5
MASK[..., 0] = True
MAP_MASK = random_array(2, 3, 4, 3, 4, seed=8) > -0.5
MAP_MASK[..., 0, 0] = True
ROWS = [random_array(3, 5, seed=7) > -0.5, np.arange(7) < np.array([[7], [3], [1]])]
MANY, GROUPED = "MultiHeadAttention", "GroupQueryAttention"
HEADS = {"num_heads": 2, "key_dim": 3}

CASES = [
    (MANY, HEADS, (Q, V), {}),
    (MANY, HEADS, (Q, V, K), {}),
    (MANY, {**HEADS, "value_dim": 5, "output_shape": 9, "use_bias": False}, (Q, V),
     {"return_attention_scores": True}),
    (MANY, HEADS, (Q, V), {"attention_mask": MASK}),
    (MANY, HEADS, (Q, Q), {"use_causal_mask": True}),
    (MANY, {**HEADS, "dropout": 0.5}, (Q, V), {"training": False}),
    (MANY, HEADS, (IMAGE, IMAGE), {}),
    (MANY, {**HEADS, "attention_axes": (1,)}, (IMAGE, IMAGE), {}),
    (MANY, {**HEADS, "attention_axes": 2}, (IMAGE, IMAGE), {}),
    (MANY, HEADS, (IMAGE, IMAGE[:, :2]), {"return_attention_scores": True}),
    (MANY, HEADS, (IMAGE, IMAGE), {"attention_mask": MAP_MASK, "return_attention_scores": True}),
    (MANY, HEADS, (IMAGE, IMAGE), {"attention_mask": MAP_MASK[:, :1, :1]}),
    (MANY, HEADS, (IMAGE, IMAGE), {"attention_mask": MAP_MASK[0]}),
    (MANY, {**HEADS, "attention_axes": (2, 1)}, (IMAGE, IMAGE),
     {"attention_mask": MAP_MASK.transpose(0, 2, 1, 4, 3), "return_attention_scores": True}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, (Q, V), {}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "use_bias": False},
     (Q, V), {"return_attention_scores": True}),
    ("Attention", {}, ([Q, V6],), {}),
    ("Attention", {"use_scale": True}, ([Q, V6, K6],), {"return_attention_scores": True}),
    ("Attention", {"score_mode": "concat", "use_scale": True}, ([Q, V6],), {"mask": ROWS}),
    ("Attention", {}, ([Q, Q],), {"use_causal_mask": True}),
    ("Attention", {}, ([IMAGE, IMAGE[:, :, :2]],), {}),
    ("AdditiveAttention", {}, ([Q, V6, K6],), {}),
    ("AdditiveAttention", {}, ([IMAGE, IMAGE[:, :, :2]],), {}),
    ("AdditiveAttention", {"use_scale": False}, ([Q, V6],), {"mask": ROWS}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "inputs", "call"), CASES, ids=lambda v: str(v)[:40])
def test_attention(name, arguments, inputs, call):
    import tensorflow as tf

    arguments = {**arguments, "name": "attention"}
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    ours(*inputs, **call), theirs(*inputs, **call)
    assert [(w.path, w.shape) for w in ours.weights] == [
        (w.path, tuple(w.shape)) for w in theirs.weights
    ]
    values = [0.3 * random_array(*w.shape, seed=9) for w in theirs.weights]
    ours.set_weights(values)
    theirs.set_weights(values)
    with tf.GradientTape() as tape:
        expected = flatten(theirs(*inputs, **call))
        total = tf.reduce_sum(expected[0] ** 2)
    expected += tape.gradient(total, [v.value for v in theirs.trainable_variables])
    with pyconv.GradientTape() as tape:
        received = flatten(ours(*inputs, **call))
        total = pyconv.ops.sum(received[0] ** 2)
    received += tape.gradient(total, ours.trainable_variables)
    for a, b in zip(received, expected, strict=True):
        b = np.asarray(b)
        bound = 3e-5 * max(1.0, np.abs(b).max())
        np.testing.assert_allclose(np.asarray(a), b, rtol=0, atol=bound)
    compare_configs(ours, theirs)


def test_attention_within_a_model():
    inputs = layers.Input((5, 6))
    model = pyconv.Model(inputs, layers.MultiHeadAttention(2, 3)(inputs, inputs))
    layer = model.layers[-1]
    np.testing.assert_allclose(model.predict(Q, verbose=0), layer(Q, Q), rtol=1e-4, atol=1e-6)

"""Random numbers in plans: their range and moments, and the counter."""

import numpy as np

from pyconv import Variable, ops
from pyconv.graph import apply
from pyconv.ops.random import Dropout
from pyconv.plan import Function


def new_key():
    return Variable([7, 0], dtype="int32", trainable=False)


def test_uniform_fills_its_range():
    y = ops.random_uniform(np.zeros(20000), new_key(), minval=-1.0, maxval=3.0)
    assert y.min() >= -1 and y.max() < 3
    np.testing.assert_allclose([y.mean(), y.var()], [1.0, 16 / 12], atol=0.03)


def test_normal_has_mean_and_deviation():
    y = ops.random_normal(np.zeros((100, 2)), new_key(), shape=(200,), mean=2.0, stddev=0.5)
    assert y.shape == (100, 200)
    np.testing.assert_allclose([y.mean(), y.std()], [2.0, 0.5], atol=0.02)


def test_each_call_draws_anew_and_the_key_says_what():
    key = new_key()
    draw = Function(lambda x: [ops.random_uniform(x, key)])
    first, second = draw(np.zeros((3, 4), "float32")), draw(np.zeros((3, 4), "float32"))
    assert not np.array_equal(first, second)
    assert key.numpy().tolist() == [7, 2]
    key.assign([7, 0])
    np.testing.assert_array_equal(draw(np.zeros((3, 4), "float32")), first)


def test_slices_of_the_examples_keep_what_the_whole_keeps():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(7, 5, 5, 17)).astype("float32")  # 425 numbers of an example: no batches
    kernel = rng.normal(size=(3, 3, 17, 17)).astype("float32")
    key = np.array([5, 0], "int32")

    def step(x):
        kept = apply(Dropout(0.5), ops.conv(x, kernel, padding="same"), key)
        return [ops.conv(kept, kernel, padding="same")]

    np.testing.assert_allclose(Function(step)(x)[0], step(x)[0], rtol=1e-4, atol=1e-3)

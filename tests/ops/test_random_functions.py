"""Keras' random functions: seeds, moments and shapes."""

import numpy as np
import pytest

from pyconv import Input, Model, layers, ops, random
from pyconv.plan import Function
from pyconv.utils import set_random_seed

N = 40000
#: name: (arguments, mean, variance)
MOMENTS = {
    "normal": ((1.0, 2.0), 1.0, 4.0),
    "uniform": ((-1.0, 3.0), 1.0, 16 / 12),
    "truncated_normal": ((), 0.0, 0.7737),
    "gamma": ((0.5,), 0.5, 0.5),
    "beta": ((2.0, 3.0), 0.4, 0.04),
    "binomial": ((7, 0.3), 2.1, 1.47),
    "randint": ((0, 10), 4.5, 8.25),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_and_seeds(name):
    arguments, mean, variance = MOMENTS[name]
    draw = getattr(random, name)
    y = np.asarray(draw((N,), *arguments, seed=3), "float64")
    assert abs(y.mean() - mean) < 5 * np.sqrt(variance / N)
    assert abs(y.var() / variance - 1) < 0.06
    np.testing.assert_array_equal(draw((N,), *arguments, seed=3), y.astype("float32"))
    assert (draw((N,), *arguments, seed=4) == y).mean() < 0.3


def test_larger_gammas():
    y = np.asarray(random.gamma((N,), np.float32(3.0), seed=1), "float64")
    assert abs(y.mean() - 3) < 0.05 and abs(y.var() / 3 - 1) < 0.05 and y.min() > 0


def test_categories_have_their_shares():
    y = random.categorical(np.log(np.float32([[0.1, 0.2, 0.7], [1, 0, 0]]) + 1e-30), N, seed=2)
    assert y.shape == (2, N) and y.dtype == "int32" and not y[1].any()
    np.testing.assert_allclose(np.bincount(y[0]) / N, [0.1, 0.2, 0.7], atol=0.01)


def test_generators_draw_anew():
    generator = random.SeedGenerator(5)
    assert generator.get_config() == {"seed": 5, "name": generator.name}
    first, second = (random.normal((3,), seed=generator) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(random.normal((3,), seed=random.SeedGenerator(5)), first)
    assert random.SeedGenerator.from_config(generator.get_config()).seed == 5
    step = Function(lambda x: [x + random.uniform(ops.shape(x), seed=generator)])
    zeros = np.zeros((4, 2), "float32")
    assert not np.array_equal(step(zeros)[0], step(zeros)[0])


def test_no_seed_follows_the_global_one():
    step = Function(lambda x: [x + random.uniform(ops.shape(x))])
    zeros, draws = np.zeros((4, 2), "float32"), []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        draws.append((random.normal((2,)), step(zeros)[0], step(zeros)[0]))
    for one, two, other in zip(*draws, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, other)
    assert not np.array_equal(draws[0][1], draws[0][2])


def test_dropout_and_shuffle():
    x = np.ones((200, 50), "float32")
    y = random.dropout(x, 0.25, seed=1)
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)} and abs((y == 0).mean() - 0.25) < 0.02
    rows = random.dropout(x, 0.5, noise_shape=(None, 1), seed=1)
    assert (rows.min(1) == rows.max(1)).all() and len(np.unique(rows)) == 2
    order = random.shuffle(np.arange(50), seed=1)
    assert sorted(order.tolist()) == list(range(50)) and not (order == np.arange(50)).all()


class Sampling(layers.Layer):
    """The layer of a variational autoencoder."""

    def __init__(self):
        super().__init__()
        self.seed_generator = random.SeedGenerator(1)

    def call(self, inputs):
        mean, log_variance = inputs
        batch, size = ops.shape(mean)
        noise = random.normal((batch, size), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


def test_a_layer_that_samples():
    x = Input((3,))
    model = Model(x, Sampling()([x, x - 4.0]))
    zeros = np.zeros((5, 3), "float32")
    first, second = model.predict_on_batch(zeros), model.predict_on_batch(zeros)
    assert first.shape == (5, 3) and not np.array_equal(first, second)


def test_mistakes():
    with pytest.raises(ValueError, match="random.uniform: expected a floating `dtype`"):
        random.uniform((2,), dtype="int32")
    with pytest.raises(ValueError, match="random.randint: expected an integral `dtype`"):
        random.randint((2,), 0, 3, dtype="float32")
    with pytest.raises(ValueError, match="expected `seed` to be an integer, a SeedGenerator"):
        random.normal((2,), seed="1")
    with pytest.raises(ValueError, match="rate"):
        random.dropout(np.ones(3), 1.0)

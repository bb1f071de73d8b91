"""The methods of `Dataset` beside tf.data's."""

import numpy as np
import pytest

import pyconv
from pyconv.utils import Dataset

X, Y = np.arange(10.0).reshape(10, 1), np.arange(10) % 3
CASES = {
    "batch": lambda d: d.batch(4),
    "whole batches": lambda d: d.batch(4, drop_remainder=True),
    "unbatch": lambda d: d.batch(4).unbatch(),
    "map": lambda d: d.map(lambda x, y: (x + 1, y), num_parallel_calls=2),
    "map to one": lambda d: d.map(lambda x, y: x * 2),
    "map batches": lambda d: d.batch(3).map(lambda x, y: {"x": x, "y": y}),
    "take": lambda d: d.take(3),
    "take all": lambda d: d.take(-1),
    "take too many": lambda d: d.take(30),
    "skip": lambda d: d.skip(8),
    "skip all": lambda d: d.skip(-1),
    "repeat": lambda d: d.repeat(2),
    "endless": lambda d: d.repeat().take(23),
    "shard": lambda d: d.shard(3, 1),
    "filter": lambda d: d.filter(lambda x, y: y > 1),
    "concatenate": lambda d: d.take(2).concatenate(d.skip(7)),
    "enumerate": lambda d: d.map(lambda x, y: y).enumerate(start=4),
    "zip": lambda d: type(d).zip((d.map(lambda x, y: y), d.map(lambda x, y: x).skip(4))),
    "range": lambda d: type(d).range(2, 9, 3),
    "cache": lambda d: d.cache().prefetch(2),
    "apply": lambda d: d.apply(lambda e: e.take(2)),
}


def plain(data):
    def lists(part):
        if isinstance(part, dict):
            return {key: lists(value) for key, value in part.items()}
        if isinstance(part, tuple):
            return [lists(value) for value in part]
        return np.asarray(part).tolist()

    return [lists(element) for element in data]


@pytest.mark.peer
@pytest.mark.parametrize("case", CASES)
def test_elements_and_lengths_are_those_of_tensorflow(case):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow, the peer, is not installed")
    ours = CASES[case](Dataset.from_tensor_slices((X, Y)))
    theirs = CASES[case](tf.data.Dataset.from_tensor_slices((X, Y)))
    for _ in range(2):  # again from the start
        assert plain(ours) == plain(theirs)
        assert plain(ours.as_numpy_iterator()) == plain(theirs.as_numpy_iterator())
    assert int(ours.cardinality()) == int(theirs.cardinality())


def test_shuffled_elements_are_all_there_in_another_order_each_time():
    data = Dataset.range(100).shuffle(20, seed=1)
    first, second = plain(data), plain(data)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second and first != list(range(100))
    assert all(value < place + 20 for place, value in enumerate(first))
    assert plain(Dataset.range(100).shuffle(20, seed=1)) == first
    fixed = Dataset.range(100).shuffle(200, seed=1, reshuffle_each_iteration=False)
    assert plain(fixed) == plain(fixed)


def test_a_cache_is_made_once():
    calls = []
    data = Dataset.range(3).map(lambda x: calls.append(x) or x).cache()
    assert plain(data) == plain(data) == [0, 1, 2] and len(calls) == 3
    with pytest.raises(ValueError, match="filename"):
        data.cache("somewhere")


def test_generators_have_no_length():
    data = Dataset.from_generator(lambda: iter([(1.0, 2)]), output_signature=None)
    assert data.cardinality() == -2 and Dataset.range(3).repeat().cardinality() == -1
    for unknown in (data, Dataset.range(3).repeat()):
        with pytest.raises(TypeError, match="length"):
            len(unknown)


def test_fit_takes_data_sets_of_any_length():
    model = pyconv.Sequential([pyconv.Input((1,)), pyconv.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = Dataset.from_tensor_slices((X.astype("float32"), Y.astype("float32"))).batch(4)
    losses = model.fit(data, epochs=2, verbose=0).history["loss"]
    assert len(losses) == 2
    model.fit(data.filter(lambda x, y: len(y) == 4), epochs=2, verbose=0)
    assert model.optimizer.iterations.numpy() == 10
    model.fit(data.repeat(), steps_per_epoch=5, epochs=2, verbose=0)
    assert model.optimizer.iterations.numpy() == 20

"""Stripes: what may not be reordered, and what slices have to agree with."""

import numpy as np

from pyconv import Variable, ops
from pyconv.graph import gradients
from pyconv.plan import Function
from pyconv.plan.memory import Buffer
from pyconv.plan.record import Record
from pyconv.plan.schedule import schedule


def sweep(x, y, batched):
    params = {"batched": int(batched), "n": 1, "count": 1, "function": 0}
    return Record("unary", "", {"x": x, "y": y}, params, {}, ())


def test_records_that_share_a_buffer_keep_their_order():
    rng = np.random.default_rng(0)
    for _ in range(50):
        buffers = [Buffer(4, True) for _ in range(6)]
        records = [
            sweep(buffers[a], buffers[b], batched)
            for a, b, batched in zip(
                rng.integers(0, 6, 20), rng.integers(0, 6, 20), rng.integers(0, 2, 20), strict=True
            )
        ]
        units = schedule(records)
        order = [record for unit in units for record in unit]
        assert sorted(map(id, order)) == sorted(map(id, records))
        place = {id(record): i for i, record in enumerate(order)}
        for i, first in enumerate(records):
            for second in records[i + 1 :]:
                shared = set(first.used) & set(second.used)
                if shared & (set(first.written) | set(second.written)):
                    assert place[id(first)] < place[id(second)]
        assert all(len(unit) == 1 or all(r.by_example for r in unit) for unit in units)


def network(seed):
    rng = np.random.default_rng(seed)
    kernel = Variable(rng.normal(size=(3, 2, 16)).astype(np.float32))
    dense = Variable(rng.normal(size=(16, 4)).astype(np.float32))
    key = Variable(np.int32([5, 0]), dtype="int32", trainable=False)

    def losses(x, labels, rate=0.0):
        h = ops.relu(ops.conv(x, kernel, padding="same"))
        h = ops.dropout(h, rate, key) if rate else h
        return ops.sparse_softmax_cross_entropy(ops.dense(ops.mean(h, 1), dense), labels)

    return kernel, dense, losses


def batch(n):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 50, 2)).astype(np.float32), rng.integers(0, 4, n).astype(np.int32)


def test_forward_is_one_stripe():
    _, _, losses = network(0)
    executable = Function(lambda x, labels: [losses(x, labels)]).executable(batch(10))
    names = [name for name, _ in executable.plan.ops]
    assert names[:2] == ["conv_pack", "conv_pack"]
    assert executable.plan.stripes == ((2, len(names)),)


def test_every_example_is_what_it_is_alone():
    """A long batch is cut into slices, a batch of one is not."""
    _, _, losses = network(0)
    function = Function(lambda x, labels: [losses(x, labels)])
    x, labels = batch(3000)
    together = function(x, labels)[0]
    for i in (0, 1, 187, 1499, 2998, 2999):
        alone = function(x[i : i + 1], labels[i : i + 1])[0]
        np.testing.assert_allclose(together[i], alone[0], rtol=2e-6)


def test_dropout_does_not_know_slices():
    """The numbers of an element depend on its place in the batch alone."""
    key = Variable(np.int32([5, 0]), dtype="int32", trainable=False)
    dropped = Function(lambda x: [ops.dropout(ops.relu(x), 0.5, key)])
    long = np.ones((20_000, 100), np.float32)
    first = dropped(long)[0]
    key.assign([5, 0])
    again = dropped(long[:30])[0]
    np.testing.assert_array_equal(first[:30], again)
    assert 0.49 < (first == 0).mean() < 0.51
    assert not np.array_equal(first[:100], first[100:200])


def test_gradients_of_a_sliced_step_are_the_sums_over_examples():
    kernel, dense, losses = network(2)

    def step(x, labels):
        loss = ops.sum(losses(x, labels))
        return gradients(loss, ops.ones_like(loss), [kernel.leaf, dense.leaf])

    function = Function(step)
    x, labels = batch(2000)
    whole = function(x, labels)
    parts = [function(x[i : i + 1], labels[i : i + 1]) for i in range(0, 2000)]
    for got, *alone in zip(whole, *parts, strict=True):
        expected = np.sum(np.float64(alone), axis=0)
        np.testing.assert_allclose(got, expected, atol=1e-5 * np.abs(expected).max())


def test_a_bad_label_in_any_slice_stops_the_step():
    _, _, losses = network(3)
    function = Function(lambda x, labels: [losses(x, labels)])
    x, labels = batch(3000)
    for place in (0, 1500, 2999):
        wrong = labels.copy()
        wrong[place] = 17
        try:
            function(x, wrong)
        except ValueError as error:
            assert "received 17" in str(error)
        else:
            raise AssertionError("the label 17 of 4 classes was taken")

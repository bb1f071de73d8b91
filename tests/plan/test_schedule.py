"""Stripes: what may not be reordered, and what slices have to agree with."""

import numpy as np
import pytest

import pyconv
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


def sums_function(kernel, depthwise):
    """A loss, and gradients of a dense and a depthwise kernel and a bias, summed in the stripe."""
    bias = Variable(np.zeros(17, np.float32))

    def step(x):
        h = ops.conv(x, kernel, padding="same", bias=bias)
        loss = ops.sum(ops.square(ops.depthwise_conv(ops.relu(h), depthwise, padding="same")))
        sources = [kernel.leaf, depthwise.leaf, bias.leaf]
        return [loss, *gradients(loss, ops.ones_like(loss), sources)]

    return Function(step)


def sums_arrays(n):
    rng = np.random.default_rng(3)
    kernel = Variable(rng.normal(size=(3, 2, 17)).astype(np.float32))
    depthwise = Variable(rng.normal(size=(3, 17, 1)).astype(np.float32))
    return sums_function(kernel, depthwise), rng.normal(size=(n, 40, 2)).astype(np.float32)


def test_sums_over_examples_join_the_stripe():
    function, x = sums_arrays(10)
    plan = function.executable((x,)).plan
    ((first, last),) = plan.stripes
    inside = [name for name, _ in plan.ops[first:last]]
    assert inside.count("conv_backward_weights") == 2
    assert inside.count("reduce") == 2  # the bias's gradient and the loss
    assert not {"conv_backward_weights", "reduce"} & {name for name, _ in plan.ops[last:]}


@pytest.mark.parametrize("n", [0, 1, 17, 100, 3000])
def test_sums_of_parts_and_slices(n):
    """3,000 examples are cut into more slices than parts."""
    function, x = sums_arrays(n)
    whole = function(x)
    pieces = [function(x[i : i + 7]) for i in range(0, n, 7)] or [[0.0 * g for g in whole]]
    for got, *alone in zip(whole, *pieces, strict=True):
        expected = np.sum(np.float64(alone), axis=0)
        np.testing.assert_allclose(got, expected, atol=1e-5 * np.abs(expected).max())


def test_sums_are_the_same_bits_on_any_number_of_threads():
    function, x = sums_arrays(3000)
    before, results = pyconv.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            pyconv.set_num_threads(threads)
            results.append(function(x))
    finally:
        pyconv.set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_large_sums_stay_outside():
    """Each part of the examples would have to write them."""
    kernel = Variable(np.ones((3, 200, 200), np.float32))

    def step(x):
        loss = ops.sum(ops.square(ops.conv(x, kernel)))
        return gradients(loss, ops.ones_like(loss), [kernel.leaf])

    plan = Function(step).executable((np.zeros((2, 9, 200), np.float32),)).plan
    place = [name for name, _ in plan.ops].index("conv_backward_weights")
    assert not any(first <= place < last for first, last in plan.stripes)


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

"""Batches: every row once, in order or shuffled, in reused buffers of the right dtype."""

import warnings
from itertools import count

import numpy as np
import pytest

from pyconv.data import (
    ArrayBatches,
    IterableBatches,
    class_weight_to_sample_weight,
    split,
    unpack,
)
from pyconv.utils import set_random_seed


def epoch(batches):
    """The rows of an epoch, copied: [x..., y..., weights...] joined."""
    parts = [
        [a.copy() for part in batch for a in part if a is not None] for batch in batches.epoch()
    ]
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", ">f4", "bool"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_each_row_once_in_every_epoch(dtype, shuffle):
    x = np.arange(11 * 3).reshape(11, 3).astype(dtype)
    y = np.arange(11)
    batches = ArrayBatches([x], [y], [None], batch_size=4, shuffle=shuffle)
    assert batches.steps == 3
    orders = []
    for _ in range(3):
        rows, labels = epoch(batches)
        assert rows.dtype == np.float32 and labels.dtype == np.int32
        np.testing.assert_array_equal(rows, x[labels].astype("float32"))
        assert sorted(labels) == list(range(11))
        orders.append(list(labels))
    assert (orders[0] == list(range(11))) is not shuffle
    assert (orders[0] == orders[1]) is not shuffle


def test_the_global_seed_repeats_the_order():
    orders = []
    for seed in (3, 3, 4):
        set_random_seed(seed)
        (rows,) = epoch(ArrayBatches([np.arange(20)], batch_size=6, shuffle=True))
        orders.append(list(rows))
    assert orders[0] == orders[1] != orders[2]


def test_buffers_are_reused_and_contiguous():
    x = np.asfortranarray(np.ones((9, 2, 3)))
    addresses = set()
    for shuffle in (False, True):
        batches = ArrayBatches([x], batch_size=4, shuffle=shuffle)
        for _ in range(2):
            for (rows,), _, _ in batches.epoch():
                assert rows.flags.c_contiguous
                addresses.add((shuffle, rows.ctypes.data))
    assert len(addresses) == 2


def test_float32_rows_in_order_are_not_copied():
    x = np.ones((8, 2), "float32")
    for (rows,), _, _ in ArrayBatches([x], batch_size=3).epoch():
        assert rows.base is x


def test_several_columns_with_weights_and_a_bound_on_steps():
    a, b, y, w = np.arange(10), np.arange(10) * 2.0, np.arange(10) / 2, np.arange(10)
    batches = ArrayBatches([a, b], [y, y], [None, w], 3, True, 2, ["int32", "float32"])
    assert batches.steps == 2
    first, second, y1, y2, weights = epoch(batches)
    assert first.dtype == np.int32 and len(first) == 6
    np.testing.assert_array_equal(second, first * 2.0)
    np.testing.assert_array_equal(y1, first / 2)
    np.testing.assert_array_equal(weights, first)


def test_memory_maps_stay_on_disk(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "uint8", (10, 4))
    x[...] = np.arange(40).reshape(10, 4)
    (rows,) = epoch(ArrayBatches([x], batch_size=3))
    np.testing.assert_array_equal(rows, np.arange(40).reshape(10, 4))


def test_split_takes_the_last_rows():
    x, y = np.arange(10), np.arange(10) * 2
    first, last = split([x, y, None], 0.25)
    np.testing.assert_array_equal(first[0], np.arange(7))
    np.testing.assert_array_equal(last[1], [14, 16, 18])
    assert first[2] is last[2] is None
    with pytest.raises(ValueError, match="on both sides"):
        split([np.arange(1)], 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([np.ones((3, 2))], [np.ones(4)], [None]), r"received x \(3, 2\), y \(4,\)"),
        (([np.ones((0, 2))],), "at least one example"),
        (([np.float32(1.0)],), "at least one example"),
        (([np.ones(3)], (), (), 0), "`batch_size` to be an integer of at least 1, received 0"),
        (([np.ones(3)], (), (), 2.5), "received 2.5"),
        (([np.ones(3)], (), (), 1, False, 0), "`steps`"),
        (([np.ones(1)], [np.array([2**40])], [None]), "int32 can hold"),
    ],
)
def test_wrong_arrays(arguments, message):
    with pytest.raises(ValueError, match=message):
        ArrayBatches(*arguments)


def standard(x, y, w):
    return [x], [y], [w]


def test_iterables_start_again_or_go_on():
    parts = [(i, -i) for i in range(3)]
    whole = IterableBatches(parts, standard)
    assert whole.steps == 3
    assert [x for (x,), _, _ in whole.epoch()] == [0, 1, 2]
    assert [y for _, (y,), _ in whole.epoch()] == [0, -1, -2]
    some = IterableBatches(parts, standard, steps=2)
    with pytest.warns(RuntimeWarning, match="expected 2 batches an epoch, received 1"):
        assert [[x for (x,), _, _ in some.epoch()] for _ in range(3)] == [[0, 1], [2], [0, 1]]
    made = IterableBatches(lambda: iter(parts), standard)
    assert [len(list(made.epoch())) for _ in range(2)] == [3, 3]
    assert made.steps == 3


def test_a_used_up_generator_warns():
    batches = IterableBatches(iter([(1, 2)]), standard)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(batches.epoch())) == 1
    with pytest.warns(RuntimeWarning, match="the data ran out"):
        assert list(batches.epoch()) == []
    short = IterableBatches(iter([(1, 2)]), standard, steps=3)
    with pytest.warns(RuntimeWarning, match="expected 3 batches an epoch, received 1"):
        assert len(list(short.epoch())) == 1


def test_generators_begin_with_the_same_two_batches():
    endless = IterableBatches(((i,) for i in count()), standard, steps=3)
    assert [x for (x,), _, _ in endless.epoch()] == [0, 1, 2]
    assert [x for (x,), _, _ in endless.epoch()] == [3, 4, 5]
    endless.restart()
    assert [x for (x,), _, _ in endless.epoch()] == [0, 1, 6]
    finite = IterableBatches(((i,) for i in range(4)), standard)
    assert len(list(finite.epoch())) == 4
    with pytest.warns(RuntimeWarning, match="expected 4 batches an epoch, received 2"):
        assert [x for (x,), _, _ in finite.epoch()] == [0, 1]


def test_indexed_data_sets_are_told_when_an_epoch_ends():
    class Data:
        ended = 0

        def __len__(self):
            return 2

        def __getitem__(self, i):
            return (i,)

        def on_epoch_end(self):
            self.ended += 1

    data = Data()
    assert [x for (x,), _, _ in IterableBatches(data, standard).epoch()] == [0, 1]
    assert data.ended == 1


def test_what_is_no_batch():
    assert unpack((1,)) == (1, None, None) and unpack(5) == (5, None, None)
    with pytest.raises(ValueError, match="received 4 parts"):
        unpack((1, 2, 3, 4))
    with pytest.raises(TypeError, match="expected arrays, an iterable"):
        list(IterableBatches(3, standard).epoch())


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([0, 1, 2], [1, 5, 1]),
        ([[0], [1]], [1, 5]),
        ([[0.0, 1.0], [1.0, 0.0]], [5, 1]),
        (np.array([[[0, 1], [1, 0]]]), [[[1, 5], [5, 1]]]),
    ],
)
def test_class_weights(targets, expected):
    weights = class_weight_to_sample_weight(np.asarray(targets), {1: 5.0})
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights, expected)

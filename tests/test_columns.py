"""Rows brought into buffers: what NumPy's indexing gives, whatever the array is like."""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

import pyconv
from pyconv import core
from pyconv.data import ArrayBatches, IterableBatches
from pyconv.data.columns import Columns

DTYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "?", ">f4", ">i2", "g"]
LAYOUTS = {
    "dense": lambda a: a,
    "every other": lambda a: a[::2, :, ::2],
    "mirrored": lambda a: a[::-1, ::-1],
    "channels first": lambda a: a.transpose(0, 3, 1, 2),
    "fortran": np.asfortranarray,
    "one number": lambda a: a[:, 1, 2, 0],
    "repeated": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "one row": lambda a: np.broadcast_to(a[:1], a.shape),
    "no numbers": lambda a: a[:, :0],
    "no numbers inside": lambda a: a[:, ::2, :0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_are_those_of_numpy(dtype, layout):
    rng = np.random.default_rng(0)
    numbers = rng.uniform(0 if dtype.startswith("u") else -100, 100, (21, 3, 5, 2))
    array = LAYOUTS[layout](numbers.astype(dtype))
    order = rng.permutation(len(array))
    columns = Columns([array, array], ["float32", "int32"], 8, order)
    in_order = Columns([array, array], ["float32", "int32"], 8)
    for first, count in ((0, 8), (2, 3), (len(array) - 8, 8), (1, 0)):
        rows = order[first : first + count]
        for batch in columns.rows(first, count):
            np.testing.assert_array_equal(batch, array[rows].astype(batch.dtype))
        for batch in in_order.rows(first, count):
            np.testing.assert_array_equal(batch, array[first : first + count].astype(batch.dtype))


def test_every_half():
    halves = np.arange(1 << 16, dtype="u2").view("f2")
    (batch,) = Columns([halves], ["float32"], len(halves)).rows(0, len(halves))
    np.testing.assert_array_equal(batch, halves.astype("float32"))
    numbers = ~np.isnan(batch)
    np.testing.assert_array_equal(np.signbit(batch[numbers]), np.signbit(halves[numbers]))


def test_unaligned_fields():
    records = np.zeros(5, [("flag", "u1"), ("value", "f8")])
    records["value"] = np.arange(5)
    (batch,) = Columns([records["value"]], ["float32"], 3, np.array([4, 0, 2])).rows(0, 3)
    np.testing.assert_array_equal(batch, [4, 0, 2])


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_rows_on_all_threads(dtype, threads):
    """Enough numbers for several tasks; one row is a task, and many rows are one."""
    array = np.random.default_rng(0).uniform(0, 200, (9, 300, 301)).astype(dtype)
    order = np.array([8, 1, 3, 3, 0])
    pyconv.set_num_threads(threads)
    try:
        labels, images = Columns([np.arange(9), array], ["int32", "float32"], 5, order).rows(0, 5)
    finally:
        pyconv.set_num_threads(0)
    np.testing.assert_array_equal(labels, order)
    np.testing.assert_array_equal(images, array[order].astype("float32"))


@pytest.mark.parametrize(
    ("rows", "error"),
    [((0, 4), IndexError), ((3, 3), IndexError), ((-1, 1), IndexError), ((2, 2), IndexError)],
)
def test_rows_that_are_not_there(rows, error):
    gather = core.Gather([(np.zeros((4, 2)), np.zeros((3, 2), "f4"))], np.array([0, 1, 3, 4, 0]))
    with pytest.raises(error, match="expected rows"):
        gather.take(*rows)


@pytest.mark.parametrize(
    ("columns", "order", "message"),
    [
        ([(np.zeros(4, "complex64"), np.zeros(4, "f4"))], None, "expected numbers"),
        ([(np.zeros(4, ">f4"), np.zeros(4, "f4"))], None, "expected numbers"),
        ([(np.zeros(4), np.zeros(4))], None, "float32 or int32"),
        ([(np.zeros((4, 2)), np.zeros((4, 3), "f4"))], None, "2 numbers a row"),
        ([(np.zeros(()), np.zeros(4, "f4"))], None, "from 1 to"),
        ([(np.zeros(4), np.zeros(4, "f4"))], np.zeros(4, "i4"), "an order"),
    ],
)
def test_columns_that_cannot_be_gathered(columns, order, message):
    with pytest.raises((TypeError, ValueError), match=message):
        core.Gather(columns, order)


def test_a_batch_that_cannot_be_written():
    batch = np.zeros(4, "f4")
    batch.flags.writeable = False
    with pytest.raises(ValueError, match="read-only|writable|writeable"):
        core.Gather([(np.zeros(4), batch)])


def test_the_order_is_that_of_numpys_shuffle():
    """A seed means the same batches from version to version."""
    pyconv.utils.set_random_seed(5)
    batches = ArrayBatches([np.arange(10)], batch_size=4, shuffle=True)
    found = [x.tolist() for _ in range(2) for (x,), _, _ in batches.epoch()]
    pyconv.utils.set_random_seed(5)
    generator = np.random.default_rng(pyconv.utils.seed.next_seed())
    order, expected = np.arange(10), []
    for _ in range(2):
        generator.shuffle(order)
        expected += [order[:4].tolist(), order[4:8].tolist(), order[8:].tolist()]
    assert found == expected


def test_full_batches_come_in_the_same_lists():
    shuffled = ArrayBatches([np.ones((7, 2))], [np.arange(7)], [None], 3, True)
    assert shuffled.reuses and shuffled.rows is None
    first, second, last = (batch for batch in shuffled.epoch())
    assert first is second and len(last[0][0]) == 1
    plain = ArrayBatches([np.ones((7, 2), "f4")], [np.arange(7)], [None], 3)
    assert not plain.reuses and plain.rows == 7
    assert len({id(x[0].ctypes.data) for x, _, _ in plain.epoch()}) >= 1


@pytest.mark.parametrize("skip", [0, 1, 3])
def test_an_epoch_is_gone_on_with(skip):
    def source(shuffle):
        pyconv.utils.set_random_seed(1)
        return ArrayBatches([np.arange(10)], batch_size=3, shuffle=shuffle)

    for shuffle in (False, True):
        whole = [x.tolist() for (x,), _, _ in source(shuffle).epoch()]
        assert [x.tolist() for (x,), _, _ in source(shuffle).epoch(skip)] == whole[skip:]
    batches = IterableBatches(lambda: iter(range(5)), lambda x, y, w: x)
    assert list(batches.epoch(skip)) == list(range(5))[skip:]
    batches = IterableBatches(lambda: iter(range(5)), lambda x, y, w: x, steps=4)
    assert [list(batches.epoch(skip)), list(batches.epoch())] == [
        list(range(4))[skip:],
        [4],  # which ends where the iterable does
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_DATA as Linux counts it")
def test_a_memory_map_larger_than_the_memory(tmp_path):
    """Shuffled training reads rows of 512 MB where no more than 256 MB may be allocated."""
    path = tmp_path / "x.dat"
    with open(path, "wb") as file:
        os.truncate(file.fileno(), 1 << 29)
    code = f"""
import resource
import numpy as np, pyconv
from pyconv import layers
limit = 1 << 28
x = np.memmap({str(path)!r}, "f8", "r", shape=(1 << 12, 128, 128))
model = pyconv.Sequential([pyconv.Input((128, 128)), layers.Flatten(), layers.Dense(1)])
model.compile("sgd", "mse")
model.train_on_batch(x[:2], np.zeros(2))
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
model.fit(x, np.zeros(len(x)), batch_size=16, steps_per_epoch=3, verbose=0)
assert model.predict(x[::2], batch_size=16, steps=2, verbose=0).shape == (32, 1)
try:
    np.array(x)
except MemoryError:
    print("small")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "small", done.stderr
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] != 1 << 28

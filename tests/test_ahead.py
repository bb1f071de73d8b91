"""Batches that other threads make: order, errors, ends, and no thread that stays."""

import os
import subprocess
import sys
import threading
import time
import traceback
from contextlib import closing

import numpy as np
import pytest

import pyconv
from pyconv.data import IterableBatches, PyDatasetBatches, ahead
from pyconv.utils import PyDataset


def standard(x, y, w):
    return [x], [y], [w]


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """A thread from the second batch on, however little time batches take."""
    monkeypatch.setattr(ahead, "WORTHWHILE", -1.0)


@pytest.fixture(autouse=True)
def no_thread_stays():
    before = set(threading.enumerate())
    yield
    assert not [t for t in threading.enumerate() if t not in before]


def numbers(batches):
    return [x for (x,), _, _ in batches.epoch()]


class Squares(PyDataset):
    """Batches (i, i * i), of which the later ones of a few take less time."""

    def __init__(self, length=7, **kwargs):
        super().__init__(**kwargs)
        self.length = length
        self.calls = []

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        time.sleep(0.002 * (3 - index % 4))
        self.calls.append((index, threading.current_thread().name))
        if index >= 100:
            raise OSError(f"no batch {index}")
        return index, index * index

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")


def small_model():
    model = pyconv.Sequential([pyconv.Input((3,)), pyconv.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def batch(i=0):
    return np.full((2, 3), i, "float32"), np.zeros((2, 1))


def test_a_generator_is_read_in_order_by_one_thread_at_a_time():
    names = []

    def source():
        for i in range(6):
            names.append(threading.current_thread().name)
            yield i, -i

    assert numbers(IterableBatches(source, standard)) == list(range(6))
    assert names[0] == "MainThread" and names[1:] == ["pyconv-data_0"] * 5


def test_a_generator_is_at_most_one_batch_ahead_and_never_beyond_the_epoch():
    taken = []
    endless = (taken.append(i) or i for i in iter(int, 1) for i in [len(taken)])
    batches = IterableBatches(endless, standard, steps=5)
    for epoch in range(3):
        for step, ((x,), _, _) in enumerate(batches.epoch()):
            assert x == 5 * epoch + step
            time.sleep(0.002)
            assert len(taken) <= min(x + 2, 5 * epoch + 5)
        assert len(taken) == 5 * epoch + 5


def test_lists_are_read_when_they_are_needed():
    threads = []
    batches = IterableBatches([1, 2, 3], lambda x, y, w: threads.append(threading.get_ident()))
    list(batches.epoch())
    assert set(threads) == {threading.get_ident()}


def test_what_a_source_raises_is_raised_where_its_batch_would_have_come():
    def source():
        yield from range(3)
        raise OSError("the disk is gone")

    got = []
    with pytest.raises(OSError, match="the disk is gone") as caught:
        for (x,), _, _ in IterableBatches(source, standard).epoch():
            got.append(x)
    assert got == [0, 1, 2]
    assert "source" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_a_source_keeps_the_errstate_of_its_caller():
    def source():
        for _ in range(3):
            yield np.geterr()["divide"]

    with np.errstate(divide="raise"):
        assert numbers(IterableBatches(source, standard)) == ["raise"] * 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_in_a_callback_ends_the_thread(error):
    class Stop(pyconv.callbacks.Callback):
        def on_train_batch_end(self, index, logs=None):
            if index == 2:
                raise error

    with pytest.raises(error):
        small_model().fit(map(batch, range(9)), verbose=0, callbacks=[Stop()])


def test_an_early_stop_ends_the_thread():
    class Stop(pyconv.callbacks.Callback):
        def on_train_batch_end(self, index, logs=None):
            self.model.stop_training = index == 2

    taken = []
    source = (taken.append(i) or batch(i) for i in range(9))
    small_model().fit(source, verbose=0, callbacks=[Stop()])
    assert len(taken) in (3, 4)


def test_fit_evaluate_and_predict_from_generators_as_from_arrays():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 3)), rng.standard_normal((12, 1))
    parts = [(x[i : i + 2], y[i : i + 2]) for i in range(0, 12, 2)]
    results = []
    for source in (None, parts, lambda: (p for p in parts)):
        pyconv.utils.set_random_seed(0)
        model = small_model()
        data = (x, y) if source is None else (source,)
        size = {"batch_size": 2, "shuffle": False} if source is None else {}
        losses = model.fit(*data, epochs=2, verbose=0, **size).history["loss"]
        size.pop("shuffle", None)
        inputs = x if source is None else source
        results.append((losses, model.evaluate(*data, verbose=0, **size),
                        model.predict(inputs, verbose=0, **size).tolist()))  # fmt: skip
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("options", [{}, {"workers": 3}, {"workers": 3, "max_queue_size": 1}])
def test_a_data_set_comes_in_order_and_knows_of_epochs(options):
    source = Squares(**options)
    batches = PyDatasetBatches(source, standard)
    for _ in range(2):
        assert numbers(batches) == list(range(7))
    assert [c for c in source.calls if c in ("begin", "end")] == ["begin", "end"] * 2
    assert sorted(c[0] for c in source.calls if c[0] in range(7)) == sorted([*range(7)] * 2)
    workers = {c[1] for c in source.calls if c not in ("begin", "end")}
    assert len(workers) <= max(options.get("workers", 1), 2)


def test_a_data_set_in_an_order_of_its_own_each_epoch():
    def orders():
        pyconv.utils.set_random_seed(1)
        batches = PyDatasetBatches(Squares(workers=2), standard, shuffle=True)
        return [numbers(batches) for _ in range(2)]

    first, second = orders()
    assert sorted(first) == sorted(second) == list(range(7)) and first != second
    assert orders() == [first, second]


def test_a_data_set_goes_on_where_an_epoch_of_some_steps_stopped():
    batches = PyDatasetBatches(Squares(5, workers=2), standard, steps=3)
    with pytest.warns(RuntimeWarning, match="ran out"):
        assert [numbers(batches) for _ in range(3)] == [[0, 1, 2], [3, 4], [0, 1, 2]]
    batches.restart()
    assert [x for (x,), _, _ in batches.epoch(skip=2)] == [2]


def test_a_data_set_whose_length_changes_or_has_no_end():
    source = Squares(2)
    batches = PyDatasetBatches(source, standard)
    assert numbers(batches) == [0, 1]
    source.length = 3
    assert numbers(batches) == [0, 1, 2] and batches.steps == 3

    class Endless(Squares):
        num_batches = None

    with pytest.raises(ValueError, match="expected a number of steps"):
        PyDatasetBatches(Endless(), standard)
    batches = PyDatasetBatches(Endless(), standard, steps=2, shuffle=True)
    assert [numbers(batches) for _ in range(2)] == [[0, 1], [2, 3]]


def test_an_error_in_one_of_several_workers():
    got = []
    batches = PyDatasetBatches(Squares(200, workers=3, max_queue_size=4), standard)
    with pytest.raises(OSError, match="no batch 100"), closing(batches.epoch(skip=96)) as epoch:
        for (x,), _, _ in epoch:
            got.append(x)
    assert got == [96, 97, 98, 99]


def test_fit_on_a_data_set():
    class Data(PyDataset):
        def __init__(self):  # without super().__init__, as in old scripts
            self.seen = []

        def __len__(self):
            return 4

        def __getitem__(self, index):
            self.seen.append(index)
            return batch(index)

    data = Data()
    history = small_model().fit(data, epochs=2, verbose=0, shuffle=False, validation_data=data)
    assert len(history.history["val_loss"]) == 2
    assert data.seen == [*range(4)] * 4
    assert small_model().predict(data, verbose=0).shape == (8, 1)
    with pytest.raises(NotImplementedError, match="define __len__"):
        small_model().fit(PyDataset(), verbose=0)
    with pytest.raises(ValueError, match="`workers`"):
        PyDataset(workers=0)


PROCESSES = """
import os, sys
import numpy as np, pyconv

class Data(pyconv.utils.PyDataset):
    def __len__(self):
        return 5
    def __getitem__(self, index):
        return np.full((2, 3), index), np.full((2, 1), os.getpid())

def main():
    data = Data(workers=2, use_multiprocessing=True)
    from pyconv.data import PyDatasetBatches
    batches = list(PyDatasetBatches(data, lambda x, y, w: (x, y, w)).epoch())
    assert [int(x[0, 0]) for x, _, _ in batches] == [0, 1, 2, 3, 4]
    assert os.getpid() not in {int(y[0, 0]) for _, y, _ in batches}
    print("done")

if __name__ == "__main__":
    main()
"""


def test_workers_that_are_processes(tmp_path):
    script = tmp_path / "processes.py"
    script.write_text(PROCESSES)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "done", done.stderr


def test_an_epoch_that_is_left_open_does_not_hold_up_the_end_of_the_process():
    code = """
import time
from pyconv.data import ahead, IterableBatches
ahead.WORTHWHILE = -1.0
def source():
    while True:
        time.sleep(0.01)
        yield 1
epoch = IterableBatches(source, lambda x, y, w: x).epoch()
print([next(epoch) for _ in range(4)])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "[1, 1, 1, 1]" and done.returncode == 0, done.stderr

"""Training that was killed and started again ends with the bits of one that was not."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import pyconv
from pyconv import callbacks
from pyconv.callbacks.state_file import read_state, write_state
from tests.resuming import main, model

CASES = ["watched", "epochs", "accumulated", "dataset", "generator", "iterable", "step", "eager"]


def start(case, directory, *kill_after):
    directory.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.resuming", case, str(directory), *map(str, kill_after)]
    return subprocess.Popen(command)


def end(directory):
    """Everything that a training left."""
    with np.load(directory / "end.npz") as arrays:
        found = {name: arrays[name].tobytes() for name in arrays.files}
    found |= json.loads((directory / "end.json").read_text())
    files = [path for path in sorted(directory.rglob("*")) if path.suffix in (".csv", ".h5")]
    return found | {path.name: path.read_bytes() for path in files}


def uninterrupted(case, tmp_path):
    assert start(case, tmp_path / "whole").wait() == 0
    return end(tmp_path / "whole")


def check_same(case, broken, whole):
    found = end(broken)
    history = found.pop("history")
    for name, values in whole["history"].items():  # the last process ran the epochs that were left
        assert values[len(values) - len(history[name]) :] == history[name], (case, name)
    for name, expected in whole.items():
        assert name in ("history", "epoch") or found[name] == expected, (case, name)
    assert not (broken / "backup").exists()


@pytest.mark.parametrize("case", CASES)
def test_killed_twice(case, tmp_path):
    whole, broken = uninterrupted(case, tmp_path), tmp_path / "broken"
    for steps in (8, -3):
        assert start(case, broken, steps).wait() == -signal.SIGKILL
    assert start(case, broken).wait() == 0
    check_same(case, broken, whole)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_after_each_step(case, tmp_path):
    whole = uninterrupted(case, tmp_path)
    for steps in range(1, 13):
        broken = tmp_path / f"after{steps}"
        assert start(case, broken, steps).wait() == -signal.SIGKILL
        assert start(case, broken).wait() == 0
        check_same(case, broken, whole)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_at_random_times(case, tmp_path):
    whole, rng = uninterrupted(case, tmp_path), random.Random(case)
    for run in range(4):
        broken = tmp_path / f"run{run}"
        for _ in range(6):
            process = start(case, broken)
            time.sleep(rng.uniform(0.3, 1.2))
            process.kill()
            if process.wait() == 0:
                break
        assert (broken / "end.npz").exists() or start(case, broken).wait() == 0
        check_same(case, broken, whole)


def test_an_exception_leaves_the_backup_and_a_later_fit_goes_on(tmp_path):
    rng = np.random.default_rng(0)
    x, y = np.float32(rng.normal(size=(16, 6, 6, 1))), np.zeros((16, 1), "float32")

    class Fails(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError("power")

    net = model("adam")
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(RuntimeError, match="power"):
        net.fit(x, y, epochs=4, verbose=0, callbacks=[backup, Fails()])
    assert (tmp_path / "backup").exists()
    history = net.fit(x, y, epochs=4, verbose=0, callbacks=[backup])
    assert history.epoch == [2, 3] and len(history.history["loss"]) == 2
    assert not (tmp_path / "backup").exists()


def test_a_kept_backup_of_a_complete_training_ends_it_at_once(tmp_path):
    x, y = np.ones((8, 6, 6, 1), "float32"), np.zeros((8, 1), "float32")
    net, keep = model("sgd"), {"backup_dir": tmp_path / "b", "delete_checkpoint": False}
    net.fit(x, y, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(**keep)])
    other = model("sgd")
    again = other.fit(x, y, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(**keep)])
    assert again.history == {} and again.epoch == []
    for a, b in zip(net.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_damaged_backup_and_the_one_before(tmp_path):
    x, y = np.ones((8, 6, 6, 1), "float32"), np.zeros((8, 1), "float32")
    arguments = {"double_checkpoint": True, "delete_checkpoint": False}
    used = [callbacks.BackupAndRestore(tmp_path, **arguments)]
    model("sgd").fit(x, y, epochs=3, verbose=0, callbacks=used)
    latest = tmp_path / "latest.state"
    latest.write_bytes(latest.read_bytes()[:-200])
    history = model("sgd").fit(x, y, epochs=3, verbose=0, callbacks=used)
    assert history.epoch == [2]
    for path in tmp_path.iterdir():
        path.write_bytes(b"no state")
    with pytest.raises(OSError, match="expected a whole file"):
        model("sgd").fit(x, y, epochs=3, verbose=0, callbacks=used)


def test_a_backup_of_another_model_changes_nothing(tmp_path):
    x, y = np.ones((8, 6, 6, 1), "float32"), np.zeros((8, 1), "float32")
    used = [callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)]
    model("sgd").fit(x, y, verbose=0, callbacks=used)
    other = pyconv.Sequential([pyconv.Input((6, 6, 1)), pyconv.layers.Flatten(),
                               pyconv.layers.Dense(1)])  # fmt: skip
    other.compile("sgd", "mse")
    before = other.get_weights()
    with pytest.raises(ValueError, match="expected a backup of this model"):
        other.fit(x, y, epochs=2, verbose=0, callbacks=used)
    for a, b in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_states_are_what_was_written(tmp_path):
    state = {
        "numbers": [1, -2.5, float("inf"), 2**100, True, None, "text", np.float32(0.1)],
        "arrays": {"a": np.arange(6, dtype="int32").reshape(2, 3), "b": np.zeros((0, 2))},
    }
    write_state(tmp_path / "s", state)
    found = read_state(tmp_path / "s")
    assert found["numbers"] == [*state["numbers"][:-1], float(np.float32(0.1))]
    for name, array in state["arrays"].items():
        assert found["arrays"][name].dtype == array.dtype
        np.testing.assert_array_equal(found["arrays"][name], array)
    with pytest.raises(TypeError, match="numbers, strings, arrays"):
        write_state(tmp_path / "s", {"a": object()})
    assert read_state(tmp_path / "s")["numbers"] == found["numbers"]
    assert os.listdir(tmp_path) == ["s"]


def test_nothing_compressed_or_pickled_is_read(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", tree=np.array("{}"))
    np.savez(tmp_path / "pickle.npz", tree=np.array({"a": 1}, dtype=object))
    for name in ("bomb.npz", "pickle.npz"):
        with pytest.raises(OSError, match="expected a whole file"):
            read_state(tmp_path / name)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="`backup_dir`"):
        callbacks.BackupAndRestore("")
    with pytest.raises(ValueError, match="`save_freq`"):
        callbacks.BackupAndRestore("b", save_freq="batch")


def test_the_script_itself_runs(tmp_path):
    main("generator", tmp_path)
    assert (tmp_path / "end.npz").exists()

"""When callbacks are called, and what the ready ones do."""

import csv
import math
import re

import numpy as np
import pytest

from pyconv import callbacks
from pyconv.layers import Dense
from pyconv.models import Input, Sequential
from pyconv.optimizers import SGD

X = np.linspace(-1, 1, 12, dtype="float32").reshape(6, 2)
Y = X[:, :1] - X[:, 1:]


def model(rate=0.0):
    result = Sequential([Input((2,)), Dense(1)])
    result.compile(SGD(rate), "mse")
    return result


class Feed(callbacks.Callback):
    """Puts given values into the logs, in place of a real metric."""

    def __init__(self, key, values):
        super().__init__()
        self.key, self.values = key, values

    def on_epoch_end(self, epoch, logs=None):
        logs[self.key] = self.values[epoch]


def train(*used, epochs, rate=0.0):
    net = model(rate)
    return net, net.fit(X, Y, epochs=epochs, verbose=0, callbacks=list(used))


def test_hooks_are_called_in_order():
    calls = []

    class Recorder(callbacks.Callback):
        pass

    def recorder(name):
        return lambda self, *args: calls.append((name, *(a for a in args if isinstance(a, int))))

    for name in [n for n in vars(callbacks.Callback) if n.startswith("on_")]:
        if name not in ("on_batch_begin", "on_batch_end"):
            setattr(Recorder, name, recorder(name[3:]))
    net = model()
    net.fit(X, Y, batch_size=4, verbose=0, callbacks=[Recorder()], validation_data=(X[:2], Y[:2]))
    batches = [("train_batch_begin", 0), ("train_batch_end", 0)]
    batches += [("train_batch_begin", 1), ("train_batch_end", 1)]
    test = [("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0), ("test_end",)]
    expected = [("train_begin",), ("epoch_begin", 0), *batches, *test, ("epoch_end", 0)]
    assert calls == [*expected, ("train_end",)]
    calls.clear()
    net.evaluate(X[:2], Y[:2], verbose=0, callbacks=[Recorder()])
    assert calls == test
    calls.clear()
    net.predict(X, verbose=0, callbacks=[Recorder()])
    names = ["predict_begin", "predict_batch_begin", "predict_batch_end", "predict_end"]
    assert [call[0] for call in calls] == names


def test_batch_logs_are_running_means_and_params_are_set():
    seen = []

    class Seen(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append((batch, logs["loss"], self.params["steps"], self.params["epochs"]))

    net = model()
    loss = [net.evaluate(X[:n], Y[:n], verbose=0) for n in (4, 6)]
    net.fit(X, Y, batch_size=4, shuffle=False, verbose=0, callbacks=[Seen()])
    assert [s[:1] + s[2:] for s in seen] == [(0, 2, 1), (1, 2, 1)]
    assert [s[1] for s in seen] == pytest.approx(loss, rel=1e-5)


def test_lambda_callback():
    epochs = []
    hook = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append(epoch),
        on_train_batch_end=lambda batch, logs: epochs.append(sorted(logs)),
    )
    train(hook, epochs=2)
    assert epochs == [["loss"], 0, ["loss"], 1]
    assert callbacks.LambdaCallback(own=3).own == 3


def test_logs_are_made_only_where_they_are_wanted():
    made = []
    quiet = callbacks.CallbackList(callbacks.Callback(), add_history=True, add_progbar=True)
    quiet.on_train_batch_end(0, lambda: made.append("quiet"))
    wanted = callbacks.CallbackList([callbacks.TerminateOnNaN(), callbacks.TerminateOnNaN()])
    wanted.on_train_batch_end(0, lambda: made.append("once") or {})
    assert made == ["once"]


@pytest.mark.parametrize(
    ("values", "options", "stopped"),
    [
        ([5, 4, 4, 4, 1], {"patience": 2}, 3),
        ([5, 4, 4, 3, 3, 3], {"patience": 2}, 5),
        ([5, 4.9, 4.8, 4.7], {"patience": 1, "min_delta": 0.5}, 1),
        ([1, 2, 2, 2], {"patience": 2, "mode": "max"}, 3),
        ([5, 4, 3, 2], {"patience": 1}, None),
        ([5, 4, 3], {"patience": 2, "baseline": 1.0}, None),
        ([9, 5, 5, 5, 5], {"patience": 1, "start_from_epoch": 2}, 3),
    ],
)
def test_early_stopping(values, options, stopped):
    stopper = callbacks.EarlyStopping(monitor="val_loss", **options)
    _, history = train(Feed("val_loss", values), stopper, epochs=len(values))
    assert history.epoch[-1] == (len(values) - 1 if stopped is None else stopped)
    assert stopper.stopped_epoch == (stopped or 0)


def test_early_stopping_restores_the_best_weights(capsys):
    seen = []
    record = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(net.get_weights()[0])
    )
    stopper = callbacks.EarlyStopping(
        "val_loss", patience=1, restore_best_weights=True, verbose=1, mode="min"
    )
    net = model(0.1)
    used = [record, Feed("val_loss", [3, 2, 4, 5]), stopper]
    net.fit(X, Y, epochs=4, verbose=0, callbacks=used)
    assert len(seen) == 3
    np.testing.assert_array_equal(net.get_weights()[0], seen[1])
    assert "Epoch 3: early stopping" in capsys.readouterr().out


def test_a_quantity_that_is_not_there_or_has_no_direction():
    with pytest.warns(UserWarning, match="expected 'val_loss' in the logs, received only loss"):
        train(callbacks.EarlyStopping(), epochs=1)
    with pytest.raises(ValueError, match="expected mode='min' or mode='max'"):
        train(Feed("beauty", [1, 2]), callbacks.EarlyStopping("beauty"), epochs=2)
    with pytest.warns(UserWarning, match="falls back to 'auto'"):
        assert callbacks.EarlyStopping(mode="least").mode == "auto"


@pytest.mark.filterwarnings("ignore:the loss became")
def test_terminate_on_nan_stops_right_after_the_batch():
    batches = []
    count = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    broken = Y.copy()
    broken[2] = np.nan
    model().fit(
        X, broken, batch_size=2, shuffle=False, epochs=3, verbose=0,
        callbacks=[callbacks.TerminateOnNaN(), count],
    )  # fmt: skip
    assert batches == [0, 1]


def test_learning_rate_scheduler(capsys):
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    net, history = train(halve, epochs=3, rate=0.8)
    assert history.history["learning_rate"] == pytest.approx([0.4, 0.2, 0.1])
    assert net.optimizer.current_rate() == pytest.approx(0.1)
    assert "Epoch 2: LearningRateScheduler setting learning rate to 0.2" in capsys.readouterr().out
    with pytest.raises(ValueError, match="expected a float"):
        train(callbacks.LearningRateScheduler(lambda epoch: "slow"), epochs=1)


def test_reduce_on_plateau():
    values = [5, 5, 5, 5, 4, 4]
    reduce = callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=2, min_lr=0.3)
    _, history = train(Feed("val_loss", values), reduce, epochs=6, rate=1.0)
    assert history.history["learning_rate"] == pytest.approx([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])
    with pytest.raises(ValueError, match="below 1"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    train(callbacks.CSVLogger(path), epochs=2)
    train(callbacks.CSVLogger(path, append=True), epochs=1)
    rows = list(csv.reader(path.open()))
    assert rows[0] == ["epoch", "loss", "val_loss"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "0"]
    assert all(math.isfinite(float(row[1])) for row in rows[1:])


def test_plain_lines_where_there_is_no_terminal(capsys):
    net = model()
    net.fit(X, Y, epochs=2, validation_data=(X, Y))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0::2] == ["Epoch 1/2", "Epoch 2/2"]
    number = r"-?\d\.\d{4}(e-\d\d)?"
    logs = f"- loss: {number} - val_loss: {number}"
    assert re.fullmatch(rf"1/1 ━{{20}} \d+s \d+[mu]?s/step {logs}", lines[3])
    net.fit(X, Y, validation_data=(X, Y), batch_size=2, verbose=2)
    line = capsys.readouterr().out.strip()
    assert re.fullmatch(rf"3/3 - \d+s - \d+[mu]?s/step {logs}", line)
    net.evaluate(X, Y)
    net.predict(X)
    assert capsys.readouterr().out.count("1/1 ") == 2
    net.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


def test_lines_have_logs_in_their_order_and_zeros_as_tiny_numbers(capsys):
    bar = callbacks.ProgbarLogger()
    bar.set_params({"verbose": 2, "epochs": 1, "steps": 2})
    bar.on_epoch_begin(0)
    bar.on_epoch_end(0, {"val_loss": -0.5, "accuracy": 0.0})
    line = capsys.readouterr().out
    assert line.endswith(" - val_loss: -5.0000e-01 - accuracy: 0.0000e+00\n")


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_an_interrupt_leaves_no_bar_running(method, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    seen = []

    def interrupt(batch, logs):
        seen.append(bar._bar._progress.live.is_started)
        raise KeyboardInterrupt

    bar = callbacks.ProgbarLogger()
    hook = {"fit": "train", "evaluate": "test", "predict": "predict"}[method]
    stop = callbacks.LambdaCallback(**{f"on_{hook}_batch_end": interrupt})
    opened = []
    monkeypatch.setattr(bar, "_open", lambda f=bar._open: f() or opened.append(bar._bar))
    with pytest.raises(KeyboardInterrupt):
        getattr(model(), method)(
            *((X,) if method == "predict" else (X, Y)), verbose=1, callbacks=[bar, stop]
        )
    assert seen == [True]
    assert [one._progress.live.is_started for one in opened] == [False]


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("pyconv.callbacks.progress.REFRESH", 0.0)
    model().fit(X, Y, epochs=2, batch_size=2, verbose=1)
    out = capsys.readouterr().out
    assert "Epoch 1/2" in out and "3/3" in out and "loss: " in out


def test_what_compile_leaves_out_stays():
    net = model()
    net.compile("sgd", "mae", metrics=["mse"])
    net.compile("adam")
    history = net.fit(X, Y, verbose=0).history
    assert sorted(history) == ["loss", "mse"]
    net.compile("adam", "mse", metrics=[])
    assert sorted(net.fit(X, Y, verbose=0).history) == ["loss"]


@pytest.mark.filterwarnings("ignore:.*limited to")
def test_limits_of_the_configuration():
    from pyconv import config

    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(1)
    try:
        batches = []
        count = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: batches.append(b))
        history = model().fit(X, Y, batch_size=2, epochs=5, verbose=0, callbacks=[count])
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
    assert history.epoch == [0, 1] and batches == [0, 0]


def test_a_quantity_without_direction_is_an_error_before_it_is_missed():
    for callback in (
        callbacks.EarlyStopping("beauty"),
        callbacks.ReduceLROnPlateau("beauty"),
        callbacks.ModelCheckpoint("a.keras", "beauty"),
    ):
        with pytest.raises(ValueError, match="expected mode='min' or mode='max'"):
            train(callback, epochs=1)

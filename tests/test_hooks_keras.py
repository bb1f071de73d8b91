"""When hooks are called, with which logs, and what fit returns, beside installed Keras."""

import warnings

import numpy as np
import pytest

import pyconv

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.peer

X = np.linspace(-1, 1, 30, dtype="float32").reshape(10, 3)
Y = [X[:, :1], np.arange(10, dtype="int32") % 2]
HOOKS = [
    name
    for name in vars(pyconv.callbacks.Callback)
    if name.startswith("on_") and not name.startswith("on_batch")
]


def recorder(library, calls):
    def recorded(name):
        def hook(self, *args, logs=None):
            logs = args[-1] if args and isinstance(args[-1], dict) else logs
            numbers = [int(a) for a in args if isinstance(a, (int, np.integer))]
            calls.append((name, numbers, None if logs is None else list(logs)))

        return hook

    return type("Recorder", (library.callbacks.Callback,), {n: recorded(n) for n in HOOKS})()


def stopper(library):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch == 1

    body = {"on_train_batch_end": on_train_batch_end}
    return type("Stopper", (library.callbacks.Callback,), body)()


def model(library, **options):
    inputs = library.Input((3,))
    a = library.layers.Dense(1, name="a")(inputs)
    b = library.layers.Dense(2, activation="softmax", name="b")(inputs)
    net = library.Model(inputs, [a, b])
    net.compile(
        "sgd",
        ["mse", "sparse_categorical_crossentropy"],
        metrics=[["mae"], ["accuracy"]],
        weighted_metrics=[["mse"], []],
        **options,
    )
    return net


def generator(batches):
    for _ in range(batches):
        yield X[:2], (Y[0][:2], Y[1][:2])


CASES = {
    "split": lambda m, **k: m.fit(X, Y, batch_size=4, epochs=2, validation_split=0.2, **k),
    "every second": lambda m, **k: m.fit(
        X, Y, epochs=4, initial_epoch=1, validation_data=(X, Y), validation_freq=2, **k
    ),
    "these epochs": lambda m, **k: m.fit(
        X, Y, epochs=3, validation_data=(X, Y), validation_freq=[1, 3], **k
    ),
    "some batches": lambda m, **k: m.fit(
        X,
        Y,
        batch_size=2,
        epochs=3,
        steps_per_epoch=2,
        validation_data=(X, Y),
        validation_batch_size=3,
        validation_steps=2,
        **k,
    ),  # fmt: skip
    "too many batches": lambda m, **k: m.fit(X, Y, batch_size=5, steps_per_epoch=10, **k),
    "no epoch": lambda m, **k: m.fit(X, Y, epochs=2, initial_epoch=5, **k),
    "generator": lambda m, **k: m.fit(generator(6), epochs=3, steps_per_epoch=2, **k),
    "by names": lambda m, **k: m.fit(X, {"b": Y[1], "a": Y[0]}, **k),
    "evaluate": lambda m, **k: m.evaluate(X, Y, batch_size=4, **k),
    "evaluate a part": lambda m, **k: m.evaluate(X, Y, batch_size=4, steps=2, **k),
    "predict": lambda m, **k: m.predict(X, batch_size=4, **k),
}


def run(library, case, **options):
    calls = []
    net = model(library, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CASES[case](net, verbose=0, callbacks=[recorder(library, calls)])
    if hasattr(result, "history"):
        result = (list(result.history), result.epoch, dict(result.params))
    return calls, len(result), result if isinstance(result, tuple) else None


@pytest.mark.parametrize("case", CASES)
def test_calls(case):
    assert run(pyconv, case) == run(keras, case)


@pytest.mark.parametrize("case", ["split", "evaluate", "predict"])
def test_several_steps_an_execution(case):
    ours, theirs = run(pyconv, case, steps_per_execution=2), run(keras, case, steps_per_execution=2)
    assert ours == theirs


def test_stopping_and_lists_of_callbacks():
    found = []
    for library in (pyconv, keras):
        calls, net = [], model(library)
        net.fit(
            X, Y, batch_size=2, epochs=3, verbose=0, validation_data=(X, Y),
            callbacks=[recorder(library, calls), stopper(library)],
        )  # fmt: skip
        used = library.callbacks.CallbackList(recorder(library, calls), add_history=True, model=net)
        history = net.fit(X, Y, verbose=0, callbacks=used)
        used.on_epoch_end(7, {"loss": 0.5})
        used.on_train_batch_end(3, {"loss": 0.5})
        found.append((calls, list(history.history), history.epoch))
    assert found[0] == found[1]


class OwnSteps:
    """Steps whose logs nest what "compile_metrics" says, among further keys."""

    def train_step(self, data):
        x, y, *_ = data
        for metric in self.metrics:
            metric.update_state(*((0.5,) if metric.name == "loss" else (y, self(x))))
        return {"zeta": 1.0} | {m.name: m.result() for m in self.metrics} | {"alpha": 2.0}

    test_step = train_step


def test_logs_of_own_steps_are_sorted_level_by_level():
    found = []
    for library in (pyconv, keras):
        calls, inputs = [], library.Input((3,))
        outputs = library.layers.Dense(1, kernel_initializer="ones")(inputs)
        net = type("Own", (OwnSteps, library.Model), {})(inputs, outputs)
        net.compile("sgd", metrics=["mse", "mae"])
        y = Y[0]
        options = {"batch_size": 5, "verbose": 0, "callbacks": [recorder(library, calls)]}
        history = net.fit(X, y, epochs=2, validation_data=(X, y), **options).history
        logs = net.evaluate(X, y, return_dict=True, **options)
        values = [float(v) for v in net.get_metrics_result().values()]
        listed = [net.train_on_batch(X, y), net.test_on_batch(X, y), net.evaluate(X, y, verbose=0)]
        found.append((calls, list(history), list(logs), list(net.get_metrics_result()),
                      list(net.train_on_batch(X, y, return_dict=True))))  # fmt: skip
        found.append([*history.values(), list(logs.values()), values, *listed])
    assert found[0] == found[2]
    for ours, theirs in zip(found[1], found[3], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_data_sets_hear_of_epochs():
    found = []
    for library in (pyconv, keras):
        heard = []

        class Data(library.utils.PyDataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                return X[:2], (Y[0][:2], Y[1][:2])

            def on_epoch_begin(self):
                heard.append("begin")

            def on_epoch_end(self):
                heard.append("end")

        net = model(library)
        net.fit(Data(), epochs=2, verbose=0)
        net.evaluate(Data(), verbose=0)
        found.append(heard[heard.index("begin") :])  # Keras ends an epoch more before it begins
    assert found[0] == found[1]


def test_messages_of_callbacks(capsys, tmp_path):
    printed = []
    for library in (pyconv, keras):
        library.utils.set_random_seed(0)
        net = library.Sequential([library.Input((3,)), library.layers.Dense(1, "sigmoid", False)])
        net.compile(library.optimizers.SGD(0.5), "mse")
        net.set_weights([np.zeros((3, 1), "float32")])
        used = library.callbacks
        net.fit(
            X, Y[0] * 0, epochs=5, shuffle=False, verbose=0,
            callbacks=[
                used.LearningRateScheduler(lambda epoch: 0.5 / 2**epoch, verbose=1),
                used.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1.0, verbose=1),
                used.EarlyStopping("loss", patience=3, min_delta=1.0, verbose=1,
                                   restore_best_weights=True),
                used.ModelCheckpoint(str(tmp_path / "w{epoch:02d}.weights.h5"), "loss", verbose=1,
                                     save_best_only=True, save_weights_only=True),
            ],
        )  # fmt: skip
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "early stopping" in printed[0] and "improved from" in printed[0]


@pytest.mark.parametrize(
    "options",
    [{}, {"stateful_metrics": ["b"]}, {"stateless_metrics": ["b"], "unit_name": "sample"}],
)
def test_progress_bars(options, capsys):
    printed = []
    for library in (pyconv, keras):
        bar = library.utils.Progbar(4, verbose=2, **options)
        bar.update(1, [("a", 1.0), ("b", 2.0)])
        bar.add(2, [("a", 4.0), ("b", 1e-5)])
        bar.update(4, finalize=True)
        count, _, pace, *rest = capsys.readouterr().out.strip().split(" - ")
        printed.append((count, pace.rpartition("/")[2], rest))
    assert printed[0] == printed[1]


class Trained:
    """What callbacks see of a model; its weights are the number of the epoch."""

    def __init__(self, library):
        self.optimizer = library.optimizers.SGD(0.5)
        self.metrics, self.metrics_names = [], []
        self.stop_training, self.epoch = False, 0

    def _named_metrics(self):
        return []

    def get_weights(self):
        return [self.epoch]

    def set_weights(self, weights):
        self.epoch = weights[0]


def watched(library, kind, options, values):
    """What a callback did with a sequence of values."""
    net, found = Trained(library), []
    callback = getattr(library.callbacks, kind)("val_loss", **options)
    callback.set_model(net)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        net.epoch = epoch
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
        state = [getattr(callback, n, None) for n in ("wait", "stopped_epoch", "cooldown_counter")]
        found.append((callback.best, *state, float(net.optimizer.learning_rate)))
        if net.stop_training:
            break
    callback.on_train_end()
    return found, net.epoch


def test_decisions_for_random_values():
    rng = np.random.default_rng(0)
    for _ in range(60):
        shared = {
            "mode": str(rng.choice(["min", "max", "auto"])),
            "patience": int(rng.integers(0, 4)),
            "min_delta": float(rng.choice([0.0, 0.1, -0.1])),
        }
        stopping = {
            "baseline": rng.choice([None, 0.5]),
            "restore_best_weights": bool(rng.integers(2)),
            "start_from_epoch": int(rng.integers(0, 3)),
        }
        reducing = {"factor": 0.5, "cooldown": int(rng.integers(0, 3)), "min_lr": 0.05}
        values = [float(v) for v in np.float32(rng.random(12))]
        if rng.integers(4) == 0:
            values[5] = float("nan")
        for kind, own in (("EarlyStopping", stopping), ("ReduceLROnPlateau", reducing)):
            case = kind, shared | own, values
            np.testing.assert_equal(watched(pyconv, *case), watched(keras, *case), err_msg=case)

"""A training that is run in a process of its own, may be killed, and writes how it ended.

python -m tests.resuming CASE DIRECTORY [STEP]: kills itself after so many training steps, or, where
the number is negative, at the end of so many epochs.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

import numpy as np

import pyconv
from pyconv import callbacks, layers, optimizers

EPOCHS, EXAMPLES = 5, 40


def data():
    rng = np.random.default_rng(0)
    x = np.float32(rng.normal(size=(EXAMPLES, 6, 6, 1)))
    return x, np.float32(x.sum(axis=(1, 2)) > 0)


def model(optimizer, metrics=("accuracy",)):
    net = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(optimizer, "binary_crossentropy", metrics=list(metrics))
    return net


class Killer(callbacks.Callback):
    """Ends the process, as nothing else does, after a number of steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = self.epoch = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_epoch_end(self, epoch, logs=None):
        if self.epoch == -epoch - 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Noting(callbacks.Callback):
    """A user's callback with a state of its own, and one that draws random numbers."""

    kept = ("seen", "drawn")

    def __init__(self):
        super().__init__()
        self.seen, self.drawn = {}, []

    def on_epoch_begin(self, epoch, logs=None):
        self.drawn.append(random.random())

    def on_train_batch_end(self, batch, logs=None):
        self.seen[str(batch)] = logs["loss"]


class Rows(pyconv.utils.PyDataset):
    """Rows in an order of its own, which every epoch changes."""

    def __init__(self, x, y, workers=1):
        super().__init__(workers=workers)
        self.x, self.y = x, y
        self.rows = np.arange(len(x))

    def __len__(self):
        return 5

    def __getitem__(self, index):
        rows = self.rows[index * 8 : index * 8 + 8]
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.rows)


def batches(x, y):
    """Random batches without end."""
    while True:
        rows = np.random.randint(0, len(x), 8)
        yield x[rows], y[rows]


class Reshuffled:
    """An iterable that begins anew for each epoch, in another order."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        order = np.random.permutation(len(self.x))
        for i in range(0, len(self.x), 8):
            yield self.x[order[i : i + 8]], self.y[order[i : i + 8]]


def watching(directory):
    """Callbacks with much state."""
    return [
        callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=0.05),
        callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True, min_delta=0.01),
        callbacks.CSVLogger(directory / "log.csv"),
        callbacks.ModelCheckpoint(
            str(directory / "best{epoch}.weights.h5"), save_best_only=True, save_weights_only=True
        ),
    ]


class Pair(pyconv.Model):
    """Two parts, each with an optimizer of its own, trained in a step of its own."""

    def __init__(self):
        super().__init__()
        self.first = layers.Dense(4, activation="tanh")
        self.drop = layers.Dropout(0.2)
        self.second = layers.Dense(1)
        self.second_optimizer = optimizers.Adam(0.01)
        self.mean = pyconv.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.mean]

    def call(self, x, training=False):
        return self.second(self.drop(self.first(layers.Flatten()(x)), training=training))

    def train_step(self, data):
        x, y = data
        parts = [self.first.trainable_variables, self.second.trainable_variables]
        with pyconv.GradientTape() as tape:
            loss = pyconv.ops.mean(pyconv.ops.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, parts[0] + parts[1])
        self.optimizer.apply_gradients(zip(gradients[:2], parts[0], strict=True))
        self.second_optimizer.apply_gradients(zip(gradients[2:], parts[1], strict=True))
        self.mean.update_state(loss)
        return {"loss": self.mean.result(), "last": loss}


def halved(epoch, rate):
    return rate * 0.8


def case(name, directory):
    """(model, arguments of fit, callbacks, save_freq)."""
    x, y = data()
    arrays = {"x": x, "y": y, "batch_size": 8, "epochs": EPOCHS}
    if name == "watched":
        net = model(optimizers.Adam(0.02))
        return net, {**arrays, "validation_split": 0.2}, watching(directory), 3
    if name == "epochs":
        rate = optimizers.schedules.CosineDecayRestarts(0.05, 7)
        net = model(optimizers.SGD(rate, momentum=0.9, use_ema=True, ema_overwrite_frequency=4))
        return net, arrays, [callbacks.SwapEMAWeights(swap_on_epoch=True)], "epoch"
    if name == "accumulated":
        net = model(optimizers.Nadam(0.02, gradient_accumulation_steps=3, use_ema=True))
        used = [callbacks.LearningRateScheduler(halved), Noting()]
        return net, {**arrays, "steps_per_epoch": 3}, used, 2
    if name in ("step", "eager"):
        net = Pair()
        net(x[:2])
        net.compile(optimizers.SGD(0.05, momentum=0.9), run_eagerly=name == "eager")
        return net, arrays, [Noting()], 1
    net = model(optimizers.RMSprop(0.01, momentum=0.5), metrics=("accuracy", "mse"))
    if name == "dataset":
        return net, {"x": Rows(x, y, workers=2), "epochs": EPOCHS}, [Noting()], 2
    if name == "generator":
        fit = {"x": batches(x, y), "steps_per_epoch": 4, "epochs": EPOCHS}
        return (
            net,
            {**fit, "validation_data": (x, y)},
            [callbacks.CSVLogger(directory / "log.csv")],
            1,
        )
    assert name == "iterable"
    return net, {"x": Reshuffled(x, y), "epochs": EPOCHS}, [], 2


def main(name, directory, kill_after=0):
    directory = Path(directory)
    pyconv.utils.set_random_seed(3)
    net, arguments, used, save_freq = case(name, directory)
    backup = callbacks.BackupAndRestore(directory / "backup", save_freq)
    used = [backup, *used, *([Killer(kill_after)] if kill_after else [])]
    history = net.fit(**arguments, verbose=0, callbacks=used)
    states = [c.get_state() for c in used if not isinstance(c, Killer)]
    arrays = [v.numpy() for v in [*net.variables, *net.optimizer.variables]]
    np.savez(directory / "end.npz", *arrays)
    logs = {"history": history.history, "epoch": history.epoch, "states": repr(states)}
    (directory / "end.json").write_text(json.dumps(logs))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))

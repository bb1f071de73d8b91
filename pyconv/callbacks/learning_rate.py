"""Callbacks that change the learning rate between epochs."""

import numpy as np

from pyconv.callbacks.callback import Callback
from pyconv.callbacks.monitor import MonitorCallback
from pyconv.config.switches import show


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    Args:
        schedule: (epoch, learning rate) -> learning rate, or (epoch) -> learning rate.
        verbose: 1: says so each time.

    Example:
        >>> LearningRateScheduler(lambda epoch, lr: lr / 2).schedule(0, 0.1)
        0.05
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):
        rate = current_rate(self.model)
        try:
            rate = self.schedule(epoch, rate)
        except TypeError:  # as Keras: a schedule of the epoch alone
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.floating)):
            raise ValueError(f"expected a float from the `schedule` function, received {rate!r}")
        self.model.optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            show(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = current_rate(self.model)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a quantity has stopped improving.

    Args:
        monitor: key of the logs.
        factor: below 1.
        patience: epochs without improvement that are borne.
        verbose: 1: says so each time.
        mode: "min", "max" or "auto".
        min_delta: the least change that counts as better.
        cooldown: epochs after a reduction before it watches again.
        min_lr: the rate's lower bound.
        **kwargs: ignored, as in Keras.

    Raises:
        ValueError: factor is 1 or more.

    Example:
        >>> ReduceLROnPlateau(monitor="loss", factor=0.5, patience=3).factor
        0.5
    """

    kept = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
        **kwargs,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"expected `factor` below 1, received {factor!r}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0
        self.min_lr = min_lr

    def on_train_begin(self, logs=None):
        self.wait = self.cooldown_counter = 0
        self.best = None

    def on_epoch_end(self, epoch, logs=None):
        self._ready()
        logs = {} if logs is None else logs
        logs["learning_rate"] = current_rate(self.model)
        value = self.get_monitor_value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch):
        before = current_rate(self.model)
        if before > np.float32(self.min_lr):
            rate = max(before * self.factor, self.min_lr)
            self.model.optimizer.learning_rate = rate
            self.cooldown_counter, self.wait = self.cooldown, 0
            if self.verbose > 0:
                show(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")

    def in_cooldown(self):
        """Whether it does not watch yet."""
        return self.cooldown_counter > 0


def current_rate(model):
    """The learning rate of the model's next step, a float."""
    return model.optimizer.current_rate()

"""Callbacks that end training early."""

import math

from pyconv.callbacks.callback import Callback
from pyconv.callbacks.monitor import MonitorCallback
from pyconv.config.switches import show


class EarlyStopping(MonitorCallback):
    """Stops when a quantity has not improved for `patience` epochs (Prechelt 1998).

    Args:
        monitor: key of the logs.
        min_delta: the least change that counts as better.
        patience: epochs without improvement that are borne.
        verbose: whether it says that it stops.
        mode: "min", "max" or "auto".
        baseline: a value that has to be beaten.
        restore_best_weights: whether the best epoch's weights are put back.
        start_from_epoch: epochs before it begins to watch.

    Attributes:
        stopped_epoch: the epoch, from 0, after which it stopped; 0 if it did not.
        best, best_epoch: the best value, and its epoch.

    Example:
        >>> EarlyStopping(monitor="loss", patience=3, restore_best_weights=True).patience
        3
    """

    kept = ("best", "best_epoch", "best_weights", "wait", "stopped_epoch")

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.wait = 0
        self.stopped_epoch = 0
        self.restore_best_weights = restore_best_weights
        self.best_weights = None
        self.start_from_epoch = start_from_epoch

    def on_train_begin(self, logs=None):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        self._ready()
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._is_improvement(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            show(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                show(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)


class TerminateOnNaN(Callback):
    """Stops right after a batch whose loss is NaN or infinite.

    Args:
        raise_error: whether that is a RuntimeError, so that `on_train_end` of callbacks is not
            called and backups stay.

    Example:
        >>> TerminateOnNaN().on_batch_end(0, {"loss": 1.0})  # goes on
    """

    def __init__(self, raise_error=False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            if self.raise_error:
                raise RuntimeError(
                    f"NaN or Inf loss encountered at batch {batch}: expected a finite loss, "
                    f"received {loss}; try a smaller learning rate"
                )
            show(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True

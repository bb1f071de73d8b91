"""Models on disk while they train."""

import os
import warnings

import numpy as np

from pyconv.callbacks.monitor import MonitorCallback
from pyconv.config.switches import show


class Every:
    """Counts batches: true at every `count`-th, over the ends of epochs.

    Args:
        save_freq: an integer, or "epoch": never true.

    Raises:
        ValueError: anything else.

    Example:
        >>> every = Every(2)
        >>> [every.is_due(batch) for batch in (0, 1, 2, 0, 1)]
        [False, True, False, True, False]
    """

    def __init__(self, save_freq):
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"expected `save_freq` 'epoch' or an integer, received {save_freq!r}; an integer "
                "counts batches"
            )
        self.save_freq = save_freq
        self.seen = 0

    def is_due(self, batch):
        """Whether it is time after this batch; `batch` is for the reader, each counts one."""
        if self.save_freq == "epoch":
            return False
        self.seen += 1
        if self.seen < self.save_freq:
            return False
        self.seen = 0
        return True


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after epochs or numbers of batches.

    Args:
        filepath: where to; `{epoch:02d}` and keys of the logs, `{val_loss:.2f}`, are filled in.
            Ends in ".keras", or with save_weights_only in ".weights.h5".
        monitor: key of the logs.
        verbose: 1: says what it does.
        save_best_only: whether it saves only when `monitor` is better than it ever was.
        save_weights_only: whether it calls `model.save_weights` instead of `model.save`.
        mode: "min", "max" or "auto".
        save_freq: "epoch", or the number of batches between two files.
        initial_value_threshold: the value that has to be beaten at first.

    Attributes:
        best: the best value so far.

    Raises:
        ValueError: `filepath` or `save_freq` do not fit.

    Example:
        >>> ModelCheckpoint("{epoch:02d}.keras", monitor="loss").filepath
        '{epoch:02d}.keras'
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._every = Every(save_freq)
        self._current_epoch = 0
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"expected `filepath` to end in {endings[0]!r} with "
                f"save_weights_only={save_weights_only}, received {self.filepath!r}"
            )

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._every.is_due(batch):
            self._save_model(self._current_epoch, batch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        self._ready()
        if self.save_freq == "epoch":
            self._save_model(epoch, None, logs or {})

    def get_state(self):
        return super().get_state() | {"seen": self._every.seen}

    def set_state(self, state):
        self.best, self._every.seen = state["best"], state["seen"]

    def _save_model(self, epoch, batch, logs):
        filepath = self._path(epoch, batch, logs)
        if not self._is_worth_it(epoch, logs, filepath):
            return
        os.makedirs(os.path.dirname(filepath) or ".", exist_ok=True)
        if os.path.isdir(filepath):
            raise OSError(f"expected `filepath` to name a file, received the directory {filepath}")
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(filepath, overwrite=True)
        self._say(f"\nEpoch {epoch + 1}: finished saving model to {filepath}")

    def _path(self, epoch, batch, logs):
        known = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            return self.filepath.format(**known)
        except KeyError as error:
            raise KeyError(
                f"expected `filepath` to name keys of the logs, {', '.join(known)}, received "
                f"{self.filepath!r}: {error}"
            ) from None

    def _is_worth_it(self, epoch, logs, filepath):
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {filepath}")
            return True
        current = logs.get(self.monitor)
        if current is None or np.ndim(current) > 0:
            warnings.warn(
                f"ModelCheckpoint: expected a number {self.monitor!r} in the logs to save the best "
                f"model only, received {current!r}; it saves each",
                stacklevel=2,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._say(
            f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, saving "
            f"model to {filepath}"
        )
        self.best = current
        return True

    def _say(self, message):
        if self.verbose > 0:
            show(message)

"""What `fit`, `evaluate` and `predict` show: a bar on a terminal, a line an epoch elsewhere."""

import sys
import time

import numpy as np

from pyconv.callbacks.callback import Callback
from pyconv.config.switches import show

#: Seconds between two changes of the bar.
REFRESH = 0.1


class ProgbarLogger(Callback):
    """One line an epoch; on a terminal a progress bar with running means until it comes.

    `params["verbose"]` decides: 1 or "auto": as above; 2: only the line; 0: nothing.
    """

    #: Logs of batches are asked of the model, and only when the bar changes.
    makes_own_logs = True

    def __init__(self):
        super().__init__()
        self._bar = None
        self._title = ""
        self._start = self._shown = 0.0
        self._batches = 0
        self._training = False

    def on_train_begin(self, logs=None):
        self._training = True

    def on_train_end(self, logs=None):
        self._training = False

    def on_epoch_begin(self, epoch, logs=None):
        self._open(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_train_batch_end(self, batch, logs=None):
        self._advance(batch)

    def on_test_begin(self, logs=None):
        if not self._training:
            self._open("Evaluate")

    def on_test_batch_end(self, batch, logs=None):
        if not self._training:
            self._advance(batch)

    def on_test_end(self, logs=None):
        if not self._training:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._open("Predict")

    def on_predict_batch_end(self, batch, logs=None):
        self._advance(batch, with_logs=False)

    def on_predict_end(self, logs=None):
        self._finish(None)

    def _open(self, title):
        self._title = title
        self._start = self._shown = time.monotonic()
        self._batches = 0
        verbose = self.params.get("verbose", "auto")
        if verbose in (1, "auto", True) and sys.stdout.isatty():
            self._bar = Bar(title, self.params.get("steps"))

    def _advance(self, batch, with_logs=True):
        self._batches = batch + 1
        now = time.monotonic()
        if self._bar is not None and now - self._shown >= REFRESH:
            self._shown = now
            logs = self.model.steps.logs() if with_logs else None
            self._bar.show(self._batches, format_logs(logs))

    def close(self):
        self._training = False
        self._stop_bar()

    def _stop_bar(self):
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _finish(self, logs):
        self._stop_bar()
        if self.params.get("verbose", "auto") and logs is not None:
            seconds = time.monotonic() - self._start
            text = format_logs(logs)
            pace = f"{1e3 * seconds / max(self._batches, 1):.3g} ms/step"
            line = f"{self._title} - {self._batches} steps - {seconds:.2f} s - {pace}"
            show(f"{line} - {text}" if text else line)


class Bar:
    """One line of rich's progress bars."""

    def __init__(self, title, steps):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

        self._progress = Progress(
            "{task.description}",
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            "{task.fields[text]}",
            auto_refresh=False,
            transient=True,
        )
        self._task = self._progress.add_task(title, total=steps, text="")
        self._progress.start()

    def show(self, batches, text):
        """Moves the bar and shows the text behind it."""
        self._progress.update(self._task, completed=batches, text=text, refresh=True)

    def stop(self):
        """Takes the bar away."""
        self._progress.stop()


def format_logs(logs):
    """The logs as text.

    Example:
        >>> format_logs({"loss": 0.25, "rate": 0.0001})
        'loss: 0.2500 - rate: 1.0000e-04'
    """
    return " - ".join(f"{key}: {_number(value)}" for key, value in sorted((logs or {}).items()))


def _number(value):
    """The number, or the mean of several, in short."""
    value = np.mean(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"

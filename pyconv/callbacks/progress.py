"""What `fit`, `evaluate` and `predict` show: a bar on a terminal, and a line at the end."""

import sys
import time

import numpy as np

from pyconv.callbacks.callback import Callback
from pyconv.config.switches import show
from pyconv.utils.logs import flat_logs

#: Seconds between two changes of the bar.
REFRESH = 0.1


class ProgbarLogger(Callback):
    """Keras' lines: the epoch, and the steps, times and logs when it ends; on a terminal a progress
    bar with running means until then.

    `params["verbose"]` decides: 1 or "auto": with bars; 2: only the lines; 0: nothing.
    """

    #: Logs of batches are asked of the model, and only when the bar changes.
    makes_own_logs = True

    def __init__(self):
        super().__init__()
        self._bar = None
        self._clock = Clock()
        self._shown = 0.0
        self._batches = 0
        self._training = False

    @property
    def _verbose(self):
        verbose = self.params.get("verbose", "auto")
        return 1 if verbose == "auto" else int(verbose)

    def on_train_begin(self, logs=None):
        self._training = True

    def on_train_end(self, logs=None):
        self._training = False

    def on_epoch_begin(self, epoch, logs=None):
        epochs = self.params.get("epochs", 1)
        if self._verbose and epochs > 1:
            show(f"Epoch {epoch + 1}/{epochs}")
        self._open()

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_train_batch_end(self, batch, logs=None):
        self._advance(batch)

    def on_test_begin(self, logs=None):
        if not self._training:
            self._open()

    def on_test_batch_end(self, batch, logs=None):
        if not self._training:
            self._advance(batch)

    def on_test_end(self, logs=None):
        if not self._training:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._open()

    def on_predict_batch_end(self, batch, logs=None):
        self._advance(batch, with_logs=False)

    def on_predict_end(self, logs=None):
        self._finish(None)

    def _open(self):
        self._clock = Clock()
        self._shown = time.monotonic()
        self._batches = 0
        if self._verbose == 1 and sys.stdout.isatty():
            self._bar = Bar("", self.params.get("steps"))

    def _advance(self, batch, with_logs=True):
        self._batches = batch + 1
        self._clock.count(self._batches)
        now = time.monotonic()
        if self._bar is not None and now - self._shown >= REFRESH:
            self._shown = now
            logs = flat_logs(self.model.steps.logs()) if with_logs else None
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
        if self._verbose:
            target = self.params.get("steps") or self._batches
            show(closing_line(self._batches, target, self._clock, logs, self._verbose))


class Clock:
    """Seconds since it was made, and for a step: of the first one, which makes plans, only while
    there are no others."""

    def __init__(self):
        self._begun = self._first = self._last = time.monotonic()
        self._steps = 0

    def count(self, steps):
        """Notes that so many steps are complete."""
        self._steps, self._last = steps, time.monotonic()
        if steps == 1:
            self._first = self._last

    @property
    def seconds(self):
        return time.monotonic() - self._begun

    @property
    def seconds_per_step(self):
        if self._steps > 1 and self._first > self._begun:
            return (self._last - self._first) / (self._steps - 1)
        return (self._last - self._begun) / max(self._steps, 1)


def closing_line(steps, target, clock, logs, verbose, unit="step", width=20):
    """What stands on the line of a loop that has ended, with a full bar for `verbose` 1."""
    bar, dash = (f" {'━' * width}", "") if verbose == 1 else (" -", " -")
    pace = format_pace(clock.seconds_per_step, unit)
    text = format_logs(logs, signed=verbose == 1)
    line = f"{steps}/{target or 'Unknown'}{bar} {clock.seconds:.0f}s{dash} {pace}"
    return f"{line} - {text}" if text else line


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


def format_logs(logs, signed=True):
    """The logs as text.

    Args:
        logs: dict of numbers.
        signed: whether negative numbers are written as positive ones, and not as tiny ones.

    Example:
        >>> format_logs({"loss": 0.25, "rate": 0.0001})
        'loss: 0.2500 - rate: 1.0000e-04'
    """
    return " - ".join(f"{key}: {_number(v, signed)}" for key, v in (logs or {}).items())


def _number(value, signed):
    """The number, or the mean of several, in short."""
    value = np.mean(value)
    size = abs(value) if signed else value
    return f"{value:.4f}" if size > 1e-3 else f"{value:.4e}"


def format_pace(seconds, unit):
    """Seconds for one unit as text.

    Example:
        >>> format_pace(0.0025, "step"), format_pace(2.0, "sample")
        ('2ms/step', '2s/sample')
    """
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    return f"{seconds * 1e3:.0f}ms/{unit}" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/{unit}"

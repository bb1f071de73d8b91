"""A progress bar for loops of one's own."""

import sys
import time

from pyconv.callbacks.progress import Bar, Clock, closing_line, format_logs
from pyconv.config.switches import show


class Progbar:
    """Shows how far a loop is: a bar on a terminal, and a line at the end.

    Args:
        target: number of steps; None: not known.
        width: characters of the full bar at the end.
        verbose: 1: the bar and the line; 2: the line; 0: nothing.
        interval: seconds between two changes of the bar.
        stateful_metrics: names of values that are shown as they are; others are averaged.
        stateless_metrics: names of values that are averaged; others are shown as they are.
        unit_name: what a step is called.

    Raises:
        ValueError: both lists of names are given.

    Example:
        >>> bar = Progbar(2, verbose=2, stateful_metrics=["rate"])
        >>> bar.update(1, [("loss", 2.0), ("rate", 0.5)])
        >>> bar.update(2, [("loss", 1.0), ("rate", 0.25)])
        2/2 - 0s - .../step - loss: 1.0000 - rate: 0.2500
    """

    def __init__(
        self,
        target,
        width=20,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        stateless_metrics=None,
        unit_name="step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "expected `stateful_metrics` or `stateless_metrics`, received both; name either "
                "those that are shown as they are or the others"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._plain = None if stateful_metrics is None else set(stateful_metrics)
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._values = {}  # name -> (sum, number of steps)
        self._seen = 0
        self._clock = Clock()
        self._shown = 0.0
        self._bar = None

    def add(self, n, values=None):
        """Goes on by n steps; see `update`."""
        self.update(self._seen + n, values)

    def update(self, current, values=None, finalize=None):
        """Says how many steps are complete.

        Args:
            current: their number.
            values: pairs (name, value of the steps since the last call).
            finalize: whether the loop has ended; None: when `current` reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, max(current - self._seen, 1), finalize)
        self._seen = current
        self._clock.count(current)
        if finalize:
            self._end()
        elif self.verbose == 1 and sys.stdout.isatty():
            self._show()

    def _take(self, name, value, steps, finalize):
        if finalize or not self._averages(name):
            self._values[name] = (value, 1)
        else:
            total, count = self._values.get(name, (0.0, 0))
            self._values[name] = (total + value * steps, count + steps)

    def _averages(self, name):
        if self._averaged is None:
            return name not in (self._plain or ())
        return name in self._averaged

    def _logs(self):
        return {name: total / n for name, (total, n) in self._values.items()}

    def _show(self):
        now = time.monotonic()
        if self._bar is None:
            self._bar = Bar("", self.target)
        if now - self._shown >= self.interval:
            self._shown = now
            self._bar.show(self._seen, format_logs(self._logs()))

    def _end(self):
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self.verbose:
            line = (self._seen, self.target, self._clock, self._logs(), self.verbose)
            show(closing_line(*line, self.unit_name, self.width))

"""Watching one key of the logs for improvement."""

import operator
import warnings

from pyconv.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of the callbacks that compare a quantity with the best one so far.

    Args:
        monitor: a key of the logs, such as "val_loss".
        mode: "min", "max", or "auto": by the metric's direction or the quantity's name.
        baseline: the best value at first; None: none.
        min_delta: the least change that counts as better.

    Attributes:
        best: the best value so far, or None.

    Example:
        >>> watch = MonitorCallback("val_loss", mode="min")
        >>> watch._is_improvement(0.5, 1.0), watch._is_improvement(0.5, None)
        (True, True)
    """

    kept = ("best",)

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__}: expected `mode` 'auto', 'min' or 'max', received "
                f"{mode!r}; it falls back to 'auto'",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op = None

    def _is_improvement(self, value, reference):
        """Whether the value is better by more than min_delta; anything is better than None."""
        self._ready()
        return reference is None or self.monitor_op(value - self.min_delta, reference)

    def _ready(self):
        """Finds out which values are better, when the metrics are there."""
        if self.monitor_op is None:
            self._set_monitor_op()

    def _set_monitor_op(self):
        """Finds out which values are better.

        Raises:
            ValueError: neither the name nor a metric says it.
        """
        mode = self._found_mode() if self.mode == "auto" else self.mode
        if mode is None:
            raise ValueError(
                f"{type(self).__name__}: cannot tell whether a larger {self.monitor!r} is better; "
                "expected mode='min' or mode='max' for it"
            )
        self.monitor_op = operator.gt if mode == "max" else operator.lt
        self.min_delta *= 1 if mode == "max" else -1

    def _found_mode(self):
        name = self.monitor.removeprefix("val_")
        metrics = dict(self.model._named_metrics())
        direction = getattr(metrics.get(name), "direction", None)
        if name == "loss" or name.endswith("_loss") or direction == "down":
            return "min"
        return "max" if direction == "up" or name.endswith(("acc", "accuracy")) else None

    def get_monitor_value(self, logs):
        """The quantity's value, or None, with a warning, where the logs lack it."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__}: expected {self.monitor!r} in the logs, received only "
                f"{','.join(logs or {})}; monitor one of these, or pass validation data",
                stacklevel=3,
            )
        return value

"""Results of metrics within a step: known when the step has run."""

from __future__ import annotations

from functools import wraps

from pyconv.graph import as_array, as_tensor, current_trace


class Pending:
    """The result of a metric in a step that is being traced, which asks the metric after each run.

    Where it is computed with, it is the symbolic result instead.

    Args:
        metric: the metric.
        compute: its method that computes the result.
    """

    __array_priority__ = 100

    def __init__(self, metric, compute):
        self._metric = metric
        self._compute = compute

    def result(self):
        """The metric's result now."""
        return self._compute(self._metric)

    @property
    def tensor(self):
        """The result as a part of the step."""
        return as_tensor(self._compute(self._metric))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.tensor, name)


def _operator(name):
    return lambda self, *others: getattr(self.tensor, name)(*others)


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg"):
    setattr(Pending, f"__{_name}__", _operator(f"__{_name}__"))


def deferred(compute):
    """A metric's method `result`, which is pending while a step is traced.

    Example:
        >>> from pyconv import metrics
        >>> mean = metrics.Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.result().numpy()
        array(2., dtype=float32)
    """

    @wraps(compute)
    def result(self):
        if current_trace() is not None:
            return Pending(self, compute)
        return as_array(compute(self))

    return result

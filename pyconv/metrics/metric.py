"""The contract of metrics: variables as state, updated inside the step or at once."""

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor, Variable, current_trace
from pyconv.losses.shapes import as_float, as_operand, weights_like
from pyconv.utils.naming import default_name, unique_name


class Metric:
    """Base of all metrics: a subclass defines `update_state` and `result`.

    Args:
        dtype: None or "float32".
        name: the key in logs and in History.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self, name="largest"):
        ...         super().__init__(name=name)
        ...         self.value = self.add_variable((), name="value")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.value.assign(ops.maximum(self.value, ops.max(y_pred)))
        ...     def result(self):
        ...         return self.value.numpy()
        >>> metric = Largest()
        >>> metric.update_state(None, [1.0, 3.0])
        >>> float(metric.result())
        3.0
    """

    #: "up" where larger is better, "down" where smaller is, None where it is not known.
    direction = None

    def __init__(self, dtype=None, name=None):
        if dtype not in (None, "float32"):
            raise ValueError(
                f"expected `dtype` None or 'float32', received {dtype!r}; metrics are float32"
            )
        self.name = name or unique_name(default_name(type(self).__name__))
        self.variables = []

    def add_variable(self, shape, initializer="zeros", dtype=None, name=None):
        """A new state variable, zero at first and after each reset."""
        if initializer not in (None, "zeros"):
            raise ValueError(f"expected initializer 'zeros' for a state, received {initializer!r}")
        state = Variable(np.zeros(shape, dtype or "float32"), dtype=dtype or "float32",
                         trainable=False, name=name or "variable")  # fmt: skip
        state.path = f"{self.name}/{state.name}"
        self.variables.append(state)
        return state

    add_weight = add_variable

    def update_state(self, *args, **kwargs):
        """Takes a batch into account."""
        raise NotImplementedError(f"metric {self.name}: {type(self).__name__} lacks update_state")

    def result(self):
        """The metric of all batches since the last reset."""
        raise NotImplementedError(f"metric {self.name}: {type(self).__name__} lacks result")

    def reset_state(self):
        """Forgets all batches."""
        for variable in self.variables:
            variable.clear()

    def __call__(self, *args, **kwargs):
        """Takes a batch into account and returns the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        """The arguments of the constructor."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        """The metric that `get_config` described."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


class Mean(Metric):
    """The weighted mean of values: sum w v / sum w.

    Values of several axes count as their mean for each example, or for each weight.

    Args:
        name, dtype: see `Metric`.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.update_state(6.0, sample_weight=2.0)
        >>> float(mean.result())
        4.0
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values, sample_weight=None):
        values, weights = samplewise(values, sample_weight, ops.mean)
        self.total.assign(self.total + ops.sum(values))
        self.count.assign(self.count + (_examples(values) if weights is None else weights))

    def result(self):
        """sum w v / sum w, a float32; 0 before the first update."""
        count = float(self.count.numpy())
        return np.float32(float(self.total.numpy()) / count if count else 0.0)


class Sum(Metric):
    """The weighted sum of values: sum w v.

    Args:
        name, dtype: see `Metric`.

    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 3.0])
        >>> float(total.result())
        4.0
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), name="total")

    def update_state(self, values, sample_weight=None):
        values, _ = samplewise(values, sample_weight, ops.sum)
        self.total.assign(self.total + ops.sum(values))

    def result(self):
        return self.total.numpy()


class MeanMetricWrapper(Mean):
    """The mean of what a function says of targets and predictions.

    Args:
        fn: (y_true, y_pred, **kwargs) -> values, (batch, ...).
        name, dtype: see `Metric`.
        **kwargs: further arguments of fn, kept as the metric's config.

    Example:
        >>> off = MeanMetricWrapper(lambda y_true, y_pred: ops.abs(y_true - y_pred), name="off")
        >>> float(off([1.0, 2.0], [1.0, 5.0]))
        1.5
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn = fn
        self.fn_kwargs = kwargs
        self.direction = getattr(fn, "direction", self.direction)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = as_float(as_operand(y_true)), as_operand(y_pred)
        super().update_state(self.fn(y_true, y_pred, **self.fn_kwargs), sample_weight)

    def get_config(self):
        return super().get_config() | self.fn_kwargs


def samplewise(values, sample_weight, reduce):
    """Weighted values and the sum of the weights (None without any).

    Axes that the weights lack are reduced first, so that each weight has one value.
    """
    values = as_operand(values)
    if sample_weight is None:
        return _per_example(values, reduce), None
    weights = as_float(as_operand(sample_weight))
    extra = tuple(range(max(len(weights.shape), 1), len(values.shape)))
    values = reduce(values, axis=extra) if extra else values
    weights = weights_like(values, weights)
    weights = weights * ops.ones_like(values)  # a weight for each value, also where it is repeated
    return _per_example(values * weights, reduce), ops.sum(_per_example(weights, reduce))


def _per_example(values, reduce):
    axes = tuple(range(1, len(values.shape)))
    return reduce(values, axis=axes) if axes else values


def _examples(values):
    """How many examples values of shape (batch,) come from; one number counts as one."""
    if not values.shape:
        return 1.0
    if current_trace() is not None and isinstance(values, Tensor):
        return ops.batch_count(values)
    return float(values.shape[0])

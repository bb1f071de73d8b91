"""The contract of metrics: variables as state, updated inside the step or at once."""

import numpy as np

from pyconv import dtype_policies, initializers, ops
from pyconv.graph import Variable, as_array, current_trace, lent, mask_of
from pyconv.losses.loss import counted, function_config, with_function
from pyconv.losses.shapes import (
    as_float,
    as_operand,
    examples,
    masked_weights,
    same_rank,
)
from pyconv.metrics.pending import deferred
from pyconv.utils.dtypes import is_float_dtype
from pyconv.utils.naming import default_name, unique_name
from pyconv.utils.nest import map_structure


class Metric:
    """Base of all metrics: a subclass defines `update_state` and `result`.

    Variables, and metrics that are attributes, are its state.

    Args:
        dtype: None or "float32".
        name: the key in logs and in History.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self, name="largest"):
        ...         super().__init__(name=name)
        ...         self.value = self.add_variable((), "zeros", name="value")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.value.assign(ops.maximum(self.value, ops.max(y_pred)))
        ...     def result(self):
        ...         return self.value
        >>> metric = Largest()
        >>> metric.update_state(None, [1.0, 3.0])
        >>> float(metric.result())
        3.0
    """

    #: "up" where larger is better, "down" where smaller is, None where it is not known.
    direction = None

    def __init__(self, dtype=None, name=None):
        self._variables, self._metrics = [], []
        self.name = name or unique_name(default_name(type(self).__name__))
        self.dtype = dtype_policies.get(dtype).compute_dtype

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "result" in vars(cls):
            cls.result = deferred(cls.result)

    def __setattr__(self, name, value):
        if isinstance(value, (Metric, Variable)):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, value):
        self._check_made()
        known = self._metrics if isinstance(value, Metric) else self._variables
        if not any(value is one for one in known):
            known.append(value)

    def _check_made(self):
        if "_variables" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__}: expected super().__init__() before the first variable; "
                "call it at the top of __init__"
            )

    @property
    def variables(self):
        """The state: its own variables, then those of the metrics that are attributes."""
        inner = [v for metric in self._metrics for v in metric.variables] if self._metrics else []
        return self._variables + inner

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        """A new state variable; each reset sets it to 0.

        Args:
            shape, initializer, dtype, name: as those of `Layer.add_weight`; None: zeros.
            aggregation: taken for Keras' sake: there is one process.
        """
        self._check_made()
        fill = initializers.get("zeros" if initializer is None else initializer)
        state = Variable(fill, shape=tuple(shape), dtype=_variable_dtype(dtype), trainable=False,
                         name=name)  # fmt: skip
        state.path = f"{self.name}/{state.name}"
        self._track(state)
        return state

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """`add_variable` by another name."""
        return self.add_variable(shape, initializer, dtype, name=name)

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

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """The values of the variables after an update from other values; none is changed."""
        with lent("metric_variables", self.variables, metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.value for variable in self.variables]

    def stateless_result(self, metric_variables):
        """The result for other values of the variables."""
        with lent("metric_variables", self.variables, metric_variables):
            return map_structure(as_array, self.result())

    def stateless_reset_state(self):
        """The values of the variables after a reset, which is not made."""
        with lent("metric_variables", self.variables, [v.numpy() for v in self.variables]):
            self.reset_state()
            return [variable.value for variable in self.variables]

    def __call__(self, *args, **kwargs):
        """Takes a batch into account and returns the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        """The arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """The metric that `get_config` described."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


def _variable_dtype(dtype):
    """The dtype of a variable for one of Keras'."""
    return "float32" if dtype is None or is_float_dtype(dtype) else dtype


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
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values, sample_weight=None):
        values, weights = samplewise(values, sample_weight, ops.mean)
        self.total.assign(self.total + ops.sum(values))
        if weights is None:
            self.count.assign(self.count + (examples(values) if values.shape else 1.0))
        else:
            self.count.assign(self.count + ops.sum(weights))

    def result(self):
        """sum w v / sum w; 0 before the first update."""
        if current_trace() is None:  # two numbers, after every epoch or batch
            total, count = float(self.total), float(self.count)
            return np.float32(total / count if count else 0.0)
        return ops.divide_no_nan(self.total + 0.0, self.count)


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
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values, sample_weight=None):
        values, _ = samplewise(values, sample_weight, ops.sum)
        self.total.assign(self.total + ops.sum(values))

    def result(self):
        return self.total + 0.0


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
        weights = masked_weights(sample_weight, mask_of(y_pred), whole=False)
        y_true, y_pred = as_float(as_operand(y_true)), as_operand(y_pred)
        values = self.fn(y_true, y_pred, **self.fn_kwargs)
        if weights is not None:
            mask = counted(self.fn, y_true, y_pred, values, self.fn_kwargs)
            weights = masked_weights(weights, mask, whole=False)
        super().update_state(values, weights)

    def get_config(self):
        return super().get_config() | function_config(self, MeanMetricWrapper)

    @classmethod
    def from_config(cls, config):
        return cls(**with_function(config))


def samplewise(values, sample_weight, reduce):
    """A weighted value and a weight for each example; no weights where none are given.

    Axes that the weights lack are reduced first, so that each weight has one value.
    """
    values = as_float(as_operand(values))
    if sample_weight is None:
        return _per_example(values, reduce), None
    values, weights = same_rank(values, as_float(as_operand(sample_weight)))
    rank = len(weights.shape)
    behind = tuple(range(rank, len(values.shape)))
    values = reduce(values, axis=behind) if behind else values
    weights = weights * ops.ones_like(values)  # a weight for each value, also where it is repeated
    values = _per_example(values * weights, reduce)
    return values, _per_example(weights, reduce) if rank > 1 else weights


def _per_example(values, reduce):
    axes = tuple(range(1, len(values.shape)))
    return reduce(values, axis=axes) if axes else values

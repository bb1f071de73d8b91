"""The contract of losses: values per position, then weights and masks, then a reduction."""

from pyconv import dtype_policies, ops
from pyconv.graph import mask_of
from pyconv.losses.shapes import (
    as_float,
    as_operand,
    masked_weights,
    merged_mask,
    operands,
    same_rank,
    weighted,
)
from pyconv.utils.naming import default_name, unique_name
from pyconv.utils.nest import map_structure

_MEANS = ("sum_over_batch_size", "mean")
REDUCTIONS = (*_MEANS, "mean_with_sample_weight", "sum", "none", None)


class Loss:
    """Base of all losses: a subclass defines `call(y_true, y_pred)`, the value of each position.

    loss = sum_i w_i * value_i / count, where i runs over the examples (and pixels).

    Args:
        name: for messages and logs.
        reduction: "sum_over_batch_size" or "mean": the sum over all values divided by their number;
            "mean_with_sample_weight": divided by the sum of the weights; "sum"; or "none".
        dtype: None or "float32".

    Raises:
        ValueError: an unknown reduction or dtype.

    Example:
        >>> class LargestError(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.max(ops.abs(y_true - y_pred), axis=-1)
        >>> float(LargestError()([[0.0, 1.0]], [[2.0, 1.5]]))
        2.0
    """

    #: Whether `call` gets integer targets as float32; False where they are class labels.
    float_targets = True

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"expected a `reduction` among {REDUCTIONS}, received {reduction!r}; use "
                "'sum_over_batch_size' for the mean over the batch"
            )
        self.name = name or unique_name(default_name(type(self).__name__))
        self.reduction = reduction
        self.dtype = dtype_policies.get(dtype).compute_dtype

    def call(self, y_true, y_pred):
        """The loss of each position: y_pred's shape without its last axis, usually."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def mask(self, y_true, y_pred, values):
        """1 where a value counts, 0 where it does not; None where all do."""
        return None

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss, on arrays or symbolic tensors.

        Args:
            y_true: targets, (batch, ...), or a nest of them.
            y_pred: predictions, (batch, ...), or a nest of them.
            sample_weight: a factor for each example, (batch,), or for each position.
        """
        mask = mask_of(y_pred)
        y_true, y_pred = operands(y_true), operands(y_pred)
        y_true = map_structure(as_float, y_true) if self.float_targets else y_true
        values = as_operand(self.call(y_true, y_pred))
        mask = merged_mask(mask, self.mask(y_true, y_pred, values))
        return self.reduce(values, masked_weights(sample_weight, mask, self.reduction in _MEANS))

    def reduce(self, values, weights=None):
        """The weighted values' mean or sum, or the values themselves."""
        if weights is not None:
            values, weights = weighted(values, weights)
        if self.reduction in ("none", None) or not values.shape:
            return values
        if self.reduction == "sum":
            return ops.sum(values)
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return ops.divide_no_nan(ops.sum(values), ops.sum(weights))
        return ops.mean(values)

    def get_config(self):
        """The arguments of the constructor."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """The loss that `get_config` described."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A loss whose values a function computes.

    Args:
        fn: (y_true, y_pred, **kwargs) -> the loss of each position.
        reduction, name, dtype: see `Loss`.
        **kwargs: further arguments of fn, kept as the loss's config.
    """

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self.fn_kwargs = kwargs
        self.float_targets = getattr(fn, "float_targets", True)

    def call(self, y_true, y_pred):
        if not isinstance(y_pred, (list, tuple, dict)):
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.fn_kwargs)

    def mask(self, y_true, y_pred, values):
        return counted(self.fn, y_true, y_pred, values, self.fn_kwargs)

    def get_config(self):
        return super().get_config() | function_config(self, LossFunctionWrapper)

    @classmethod
    def from_config(cls, config):
        return cls(**with_function(config))


def function_config(wrapper, cls):
    """The config of what wraps a function: its arguments, and the function where the class `cls`
    itself wraps it. What Keras leaves out is left out at its default (`config_omits`)."""
    from pyconv.saving import serialize_keras_object

    own = {"fn": wrapper.fn} if type(wrapper) is cls else {}
    omitted = getattr(wrapper, "config_omits", {}).items()
    kept = {key: v for key, v in wrapper.fn_kwargs.items() if (key, v) not in omitted}
    return {key: serialize_keras_object(value) for key, value in (own | kept).items()}


def with_function(config):
    """The config with its function instead of the function's name, if it has one."""
    from pyconv.saving import deserialize_keras_object

    return {**config, "fn": deserialize_keras_object(config["fn"])} if "fn" in config else config


def counted(fn, y_true, y_pred, values, kwargs):
    """The mask of the values of a loss function, if it has one: its attribute `counted`."""
    found = getattr(fn, "counted", None)
    return found and found(y_true, y_pred, values, **kwargs)

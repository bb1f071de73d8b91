"""The contract of losses: values per position, then weights, then a reduction."""

from pyconv import ops
from pyconv.losses.shapes import as_float, as_operand, same_rank, weights_like

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none", None)


class Loss:
    """Base of all losses: a subclass defines `call(y_true, y_pred)`, the value of each position.

    loss = sum_i w_i * value_i / count, where i runs over the examples (and pixels).

    Args:
        name: for messages and logs.
        reduction: "sum_over_batch_size" (the mean over all values), "sum", or "none".
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
        if dtype not in (None, "float32"):
            raise ValueError(
                f"expected `dtype` None or 'float32', received {dtype!r}; losses are float32"
            )
        self.name = name or type(self).__name__
        self.reduction = reduction

    def call(self, y_true, y_pred):
        """The loss of each position: y_pred's shape without its last axis, usually."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss, on arrays or symbolic tensors.

        Args:
            y_true: targets, (batch, ...).
            y_pred: predictions, (batch, ...).
            sample_weight: a factor for each example, (batch,), or for each position.
        """
        y_true = as_operand(y_true)
        y_true = as_float(y_true) if self.float_targets else y_true
        values = self.call(y_true, as_operand(y_pred))
        if sample_weight is not None:
            values = values * weights_like(values, as_operand(sample_weight))
        return self.reduce(values)

    def reduce(self, values):
        """The values' mean or sum, or the values themselves."""
        if self.reduction in ("none", None):
            return values
        return ops.sum(values) if self.reduction == "sum" else ops.mean(values)

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
        return self.fn(*same_rank(y_true, y_pred), **self.fn_kwargs)

    def get_config(self):
        return super().get_config() | self.fn_kwargs

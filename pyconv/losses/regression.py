"""Losses of numbers: distances between targets and predictions."""

from pyconv import ops
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, as_operand, check_targets, same_rank


def mean_squared_error(y_true, y_pred):
    """mean over the last axis of (y_true - y_pred)^2.

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]])
        array([2.5], dtype=float32)
    """
    return ops.mean(ops.square(_difference("mean_squared_error", y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true, y_pred):
    """mean over the last axis of |y_true - y_pred|.

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]])
        array([1.5], dtype=float32)
    """
    return ops.mean(ops.abs(_difference("mean_absolute_error", y_true, y_pred)), axis=-1)


def _difference(name, y_true, y_pred):
    y_true, y_pred = same_rank(as_operand(y_true), as_operand(y_pred))
    check_targets(name, y_true, y_pred.shape)
    return as_float(y_pred) - as_float(y_true)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of squared differences: mean (y_true - y_pred)^2.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(MeanSquaredError()([[0.0], [1.0]], [[1.0], [3.0]]))
        2.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of absolute differences: mean |y_true - y_pred|.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(MeanAbsoluteError()([[0.0], [1.0]], [[1.0], [3.0]]))
        1.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction, name, dtype)

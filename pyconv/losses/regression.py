"""Losses of numbers: distances between targets and predictions."""

import math

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import checked_pair


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
    y_true, y_pred = checked_pair("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


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
    y_true, y_pred = checked_pair("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(y_true, y_pred):
    """100 times the mean over the last axis of |y_true - y_pred| / |y_true|.

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...), in percent.

    Example:
        >>> mean_absolute_percentage_error([[1.0, 2.0]], [[1.5, 2.0]])
        array([25.], dtype=float32)
    """
    y_true, y_pred = checked_pair("mean_absolute_percentage_error", y_true, y_pred)
    share = ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon()))
    return 100.0 * ops.mean(share, axis=-1)


def mean_squared_logarithmic_error(y_true, y_pred):
    """mean over the last axis of (log(1 + y_true) - log(1 + y_pred))^2; negative numbers are as 0.

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> mean_squared_logarithmic_error([[0.0, 1.0]], [[1.0, 1.0]]).round(4)
        array([0.2402], dtype=float32)
    """
    y_true, y_pred = checked_pair("mean_squared_logarithmic_error", y_true, y_pred)
    logs = (ops.log(ops.maximum(y, epsilon()) + 1.0) for y in (y_true, y_pred))
    return ops.mean(ops.square(next(logs) - next(logs)), axis=-1)


def cosine_similarity(y_true, y_pred, axis=-1):
    """-sum t p / (|t| |p|): -1 where the vectors point the same way, 1 the opposite way.

    Args:
        y_true, y_pred: (batch, ..., n).
        axis: the axis of the vectors.

    Returns:
        The shape without that axis.

    Example:
        >>> cosine_similarity([[0.0, 2.0]], [[0.0, 1.0]])
        array([-1.], dtype=float32)
    """
    y_true, y_pred = checked_pair("cosine_similarity", y_true, y_pred)
    return ops.negative(
        ops.sum(ops.normalize(y_true, axis) * ops.normalize(y_pred, axis), axis=axis)
    )


def huber(y_true, y_pred, delta=1.0):
    """mean over the last axis of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2).

    Args:
        y_true, y_pred: (batch, ..., n); e is their difference (Huber 1964).
        delta: from where on errors count linearly.

    Returns:
        (batch, ...).

    Example:
        >>> huber([[0.0, 0.0]], [[1.0, 3.0]])
        array([1.5], dtype=float32)
    """
    y_true, y_pred = checked_pair("huber", y_true, y_pred)
    size = ops.abs(y_pred - y_true)
    inner = ops.minimum(size, float(delta))
    return ops.mean(0.5 * ops.square(inner) + delta * (size - inner), axis=-1)


def log_cosh(y_true, y_pred):
    """mean over the last axis of log cosh(y_pred - y_true).

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> log_cosh([[0.0, 0.0]], [[1.0, 0.0]]).round(4)
        array([0.2169], dtype=float32)
    """
    y_true, y_pred = checked_pair("log_cosh", y_true, y_pred)
    e = y_pred - y_true
    return ops.mean(e + ops.softplus(e * -2.0) - math.log(2.0), axis=-1)


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


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of relative differences in percent.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(MeanAbsolutePercentageError()([[1.0], [2.0]], [[1.5], [2.0]]))
        25.0
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of (log(1 + y_true) - log(1 + y_pred))^2.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(MeanSquaredLogarithmicError()([[1.0]], [[1.0]]))
        0.0
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class LogCosh(LossFunctionWrapper):
    """The mean of log cosh(y_pred - y_true).

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(LogCosh()([[1.0]], [[1.0]]))
        0.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """The mean of -sum t p / (|t| |p|).

    Args:
        axis: see `cosine_similarity`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(CosineSimilarity()([[0.0, 2.0]], [[0.0, 1.0]]))
        -1.0
    """

    config_omits = {"axis": -1}

    def __init__(
        self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """The mean of `huber`.

    Args:
        delta: see `huber`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(Huber()([[0.0, 0.0]], [[1.0, 3.0]]))
        1.5
    """

    config_omits = {"delta": 1.0}

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(huber, reduction, name, dtype, delta=delta)

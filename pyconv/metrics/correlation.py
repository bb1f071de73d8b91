"""Correlations along an axis."""

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.shapes import pair
from pyconv.metrics.metric import MeanMetricWrapper


def pearson_correlation(y_true, y_pred, axis=-1):
    """The covariance of targets and predictions divided by both standard deviations.

    Args:
        y_true, y_pred: (batch, ..., n).
        axis: the axis along which they are compared.

    Returns:
        The shape without that axis.

    Example:
        >>> pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]]).round(4)
        array([1.], dtype=float32)
    """
    centred = [y - ops.mean(y, axis=axis, keepdims=True) for y in pair(y_true, y_pred)]
    t, p = (y / ops.sqrt(ops.mean(ops.square(y), axis=axis, keepdims=True)) for y in centred)
    return ops.mean(t * p, axis=axis)


def concordance_correlation(y_true, y_pred, axis=-1):
    """2 cov / (var t + var p + (mean t - mean p)^2): 1 only where they are equal (Lin 1989).

    Args:
        y_true, y_pred: (batch, ..., n).
        axis: the axis along which they are compared.

    Returns:
        The shape without that axis.

    Example:
        >>> concordance_correlation([[0.0, 1.0, 2.0]], [[0.0, 1.0, 2.0]]).round(4)
        array([1.], dtype=float32)
    """
    t, p = pair(y_true, y_pred)
    mean_t, mean_p = (ops.mean(y, axis=axis, keepdims=True) for y in (t, p))
    spread = sum(
        ops.mean(ops.square(y - mean), axis=axis, keepdims=True)
        for y, mean in ((t, mean_t), (p, mean_p))
    )
    spread = spread + ops.square(mean_t - mean_p)
    return ops.mean(2.0 * (t - mean_p) * (p - mean_p) / (spread + epsilon()), axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of `pearson_correlation`.

    Args:
        name, dtype: see `Metric`.
        axis: see `pearson_correlation`.

    Example:
        >>> round(float(PearsonCorrelation()([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])), 4)
        1.0
    """

    direction = "up"

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of `concordance_correlation`.

    Args:
        name, dtype: see `Metric`.
        axis: see `concordance_correlation`.

    Example:
        >>> round(float(ConcordanceCorrelation()([[0.0, 1.0, 2.0]], [[0.0, 1.0, 2.0]])), 4)
        1.0
    """

    direction = "up"

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)

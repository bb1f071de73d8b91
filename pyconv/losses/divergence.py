"""Losses of distributions: the divergence of two, and of counts."""

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import check_targets, pair


def kl_divergence(y_true, y_pred):
    """sum over the last axis of t log(t / p), both kept between `epsilon()` and 1.

    Args:
        y_true, y_pred: (batch, ..., n), probabilities t and p.

    Returns:
        (batch, ...).

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4)
        array([0.1438], dtype=float32)
    """
    y_true, y_pred = pair(y_true, y_pred)
    check_targets("kl_divergence", y_true, y_pred.shape, repeated=1)
    t, p = (ops.clip(y, epsilon(), 1.0) for y in (y_true, y_pred))
    return ops.sum(t * ops.log(t / p), axis=-1)


def poisson(y_true, y_pred):
    """mean over the last axis of p - t log p: counts t, expected to be p.

    Args:
        y_true, y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> poisson([[1.0, 2.0]], [[1.0, 1.0]]).round(4)
        array([1.], dtype=float32)
    """
    y_true, y_pred = pair(y_true, y_pred)
    check_targets("poisson", y_true, y_pred.shape, repeated=1)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


class KLDivergence(LossFunctionWrapper):
    """The mean of sum t log(t / p).

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
        0.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """The mean of p - t log p.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(Poisson()([[1.0, 2.0]], [[1.0, 1.0]])), 4)
        1.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)

"""Losses of overlap, for segmentation."""

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import checked_pair


def dice(y_true, y_pred, axis=None):
    """1 - 2 sum t p / (sum t + sum p) (Sorensen and Dice).

    Args:
        y_true, y_pred: (batch, ...), shares t and p of pixels.
        axis: the axes of the sums; None: all, so one number for the whole batch.

    Returns:
        The shape without these axes.

    Example:
        >>> round(float(dice([[1.0, 0.0]], [[1.0, 1.0]])), 4)
        0.3333
    """
    y_true, y_pred = checked_pair("dice", y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    either = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1.0 - 2.0 * both / (either + epsilon())


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - sum t p / (sum t p + alpha sum t (1 - p) + beta sum p (1 - t)) (Salehi et al. 2017).

    Args:
        y_true, y_pred: (batch, ...), shares t and p of pixels.
        alpha: weight of what is missed.
        beta: weight of what is found where there is none.
        axis: the axes of the sums; None: all, so one number for the whole batch.

    Returns:
        The shape without these axes.

    Example:
        >>> round(float(tversky([[1.0, 0.0]], [[1.0, 1.0]])), 4)
        0.3333
    """
    y_true, y_pred = checked_pair("tversky", y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1.0 - y_pred) * y_true, axis=axis)
    wrong = ops.sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - both / (both + missed * float(alpha) + wrong * float(beta) + epsilon())


class Dice(LossFunctionWrapper):
    """1 - 2 sum t p / (sum t + sum p).

    Args:
        axis: see `dice`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(Dice()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
        0.3333
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """1 - sum t p / (sum t p + alpha sum t (1 - p) + beta sum p (1 - t)).

    Args:
        alpha, beta, axis: see `tversky`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(Tversky()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
        0.3333
    """

    def __init__(
        self,
        alpha=0.5,
        beta=0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)

"""Losses of margins, for targets of -1 and 1 (Rosasco et al. 2004)."""

from pyconv import ops
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, check_targets, pair


def hinge(y_true, y_pred):
    """mean over the last axis of max(1 - y_true y_pred, 0).

    Args:
        y_true: (batch, ..., n), -1 or 1; where all are 0 or 1, 0 means -1.
        y_pred: (batch, ..., n).

    Returns:
        (batch, ...).

    Example:
        >>> hinge([[-1.0, 1.0]], [[0.5, 2.0]])
        array([0.75], dtype=float32)
    """
    return ops.mean(_margins("hinge", y_true, y_pred), axis=-1)


def squared_hinge(y_true, y_pred):
    """mean over the last axis of max(1 - y_true y_pred, 0)^2; see `hinge`.

    Example:
        >>> squared_hinge([[-1.0, 1.0]], [[0.5, 2.0]])
        array([1.125], dtype=float32)
    """
    return ops.mean(ops.square(_margins("squared_hinge", y_true, y_pred)), axis=-1)


def categorical_hinge(y_true, y_pred):
    """max(the largest output of a wrong class - that of the right one + 1, 0).

    Args:
        y_true: (batch, ..., classes), one-hot rows.
        y_pred: (batch, ..., classes).

    Returns:
        (batch, ...).

    Example:
        >>> categorical_hinge([[0.0, 1.0]], [[1.0, 1.5]])
        array([0.5], dtype=float32)
    """
    y_true, y_pred = pair(y_true, y_pred)
    check_targets("categorical_hinge", y_true, y_pred.shape, repeated=1)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


def _margins(name, y_true, y_pred):
    """max(1 - y_true y_pred, 0) of targets of -1 and 1."""
    y_true, y_pred = pair(y_true, y_pred)
    check_targets(name, y_true, y_pred.shape, repeated=1)
    either = ops.maximum(as_float(ops.equal(y_true, 0.0)), as_float(ops.equal(y_true, 1.0)))
    binary = ops.min(either)
    y_true = y_true + binary * (y_true - 1.0)
    return ops.maximum(1.0 - y_true * y_pred, 0.0)


class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0).

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
        0.75
    """

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0)^2.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(SquaredHinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
        1.125
    """

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """The mean of max(wrong - right + 1, 0); see `categorical_hinge`.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[1.0, 1.5]]))
        0.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)

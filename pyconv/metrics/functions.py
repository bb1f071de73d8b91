"""What accuracies count, position by position."""

import numpy as np

from pyconv import ops
from pyconv.losses.shapes import as_float, as_operand, check_targets, pair
from pyconv.ops.loss import hits


def accuracy(y_true, y_pred):
    """1 where y_true == y_pred, else 0; shapes (batch, ...) both.

    Example:
        >>> accuracy([1.0, 2.0], [1.0, 3.0])
        array([1., 0.], dtype=float32)
    """
    y_true, y_pred = pair(y_true, y_pred)
    check_targets("accuracy", y_true, y_pred.shape, repeated=1)
    return as_float(ops.equal(y_true, y_pred))


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where y_true == (y_pred > threshold), else 0; shapes (batch, ...) both.

    Example:
        >>> binary_accuracy([1.0, 0.0], [0.6, 0.7])
        array([1., 0.], dtype=float32)
    """
    y_true, y_pred = pair(y_true, y_pred)
    check_targets("binary_accuracy", y_true, y_pred.shape, repeated=1)
    return as_float(ops.equal(y_true, as_float(ops.greater(y_pred, float(threshold)))))


def categorical_accuracy(y_true, y_pred):
    """1 where the largest of y_true and of y_pred is at the same place of the last axis, else 0.

    Args:
        y_true: (batch, ..., classes), one-hot rows.
        y_pred: (batch, ..., classes).

    Returns:
        (batch, ...).

    Example:
        >>> categorical_accuracy([[0.0, 1.0]], [[0.2, 0.8]])
        array([1.], dtype=float32)
    """
    y_true, y_pred = as_float(as_operand(y_true)), as_float(as_operand(y_pred))
    check_targets("categorical_accuracy", y_true, y_pred.shape)
    return hits(y_true, y_pred)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest of y_pred is at the place y_true of the last axis, else 0.

    Args:
        y_true: (batch, ...) or (batch, ..., 1), class labels.
        y_pred: (batch, ..., classes).

    Returns:
        (batch, ...).

    Example:
        >>> sparse_categorical_accuracy([1], [[0.2, 0.8]])
        array([1.], dtype=float32)
    """
    y_true, y_pred = _labels("sparse_categorical_accuracy", y_true, y_pred)
    return hits(y_true, y_pred)


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the largest of y_true is among the k largest of y_pred, else 0.

    Args:
        y_true: (batch, ..., classes), one-hot rows.
        y_pred: (batch, ..., classes).
        k: how many; outputs equal to the k-th largest are among them.

    Returns:
        (batch, ...).

    Example:
        >>> top_k_categorical_accuracy([[0.0, 0.0, 1.0]], [[0.5, 0.2, 0.3]], k=2)
        array([1.], dtype=float32)
    """
    y_true, y_pred = as_float(as_operand(y_true)), as_float(as_operand(y_pred))
    check_targets("top_k_categorical_accuracy", y_true, y_pred.shape)
    return _in_top_k(_largest(y_true), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where y_true is among the k largest of y_pred, else 0.

    Args:
        y_true: (batch, ...) or (batch, ..., 1), class labels.
        y_pred: (batch, ..., classes).
        k: how many; outputs equal to the k-th largest are among them.
        from_sorted_ids: whether y_pred holds class labels, the best ones first.

    Returns:
        (batch, ...).

    Example:
        >>> sparse_top_k_categorical_accuracy([2], [[0.5, 0.2, 0.3]], k=2)
        array([1.], dtype=float32)
    """
    y_true, y_pred = _labels("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if not from_sorted_ids:
        return _in_top_k(y_true, y_pred, k)
    return ops.max(as_float(ops.equal(ops.expand_dims(y_true, -1), y_pred[..., :k])), axis=-1)


def _labels(name, y_true, y_pred):
    """Labels of the shape of y_pred without its last axis, and y_pred, float32."""
    y_true, y_pred = as_float(as_operand(y_true)), as_float(as_operand(y_pred))
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    check_targets(name, y_true, y_pred.shape[:-1])
    return y_true, y_pred


def _in_top_k(labels, y_pred, k):
    """1 where fewer than k outputs are larger than the label's, which is finite."""
    classes = np.arange(y_pred.shape[-1], dtype="float32")
    chosen = as_float(ops.equal(ops.expand_dims(labels, -1), classes))
    own = ops.sum(ops.where(chosen, y_pred, 0.0), axis=-1, keepdims=True)
    larger = ops.sum(as_float(ops.greater(y_pred, own)), axis=-1)
    real = as_float(ops.isfinite(own[..., 0])) * ops.sum(chosen, axis=-1)
    return as_float(ops.less(larger, float(k))) * real


def _largest(x):
    """Place of the largest along the last axis, as float32."""
    return as_float(ops.argmax(x, axis=-1))

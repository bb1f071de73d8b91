"""What accuracies and errors count, position by position."""

from pyconv import ops
from pyconv.losses.shapes import as_float, as_operand, check_targets, same_rank


def accuracy(y_true, y_pred):
    """1 where y_true == y_pred, else 0; shapes (batch, ...) both.

    Example:
        >>> accuracy([1.0, 2.0], [1.0, 3.0])
        array([1., 0.], dtype=float32)
    """
    y_true, y_pred = same_rank(as_float(as_operand(y_true)), as_float(as_operand(y_pred)))
    check_targets("accuracy", y_true, y_pred.shape)
    return ops.equal(y_true, y_pred)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where y_true == (y_pred > threshold), else 0; shapes (batch, ...) both.

    Example:
        >>> binary_accuracy([1.0, 0.0], [0.6, 0.7])
        array([1., 0.], dtype=float32)
    """
    y_true, y_pred = same_rank(as_float(as_operand(y_true)), as_operand(y_pred))
    check_targets("binary_accuracy", y_true, y_pred.shape)
    return ops.equal(y_true, ops.greater(as_float(y_pred), float(threshold)))


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
    y_true, y_pred = as_float(as_operand(y_true)), as_operand(y_pred)
    check_targets("categorical_accuracy", y_true, y_pred.shape)
    return ops.equal(_largest(y_true), _largest(y_pred))


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
    y_true, y_pred = as_float(as_operand(y_true)), as_operand(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    check_targets("sparse_categorical_accuracy", y_true, y_pred.shape[:-1])
    return ops.equal(y_true, _largest(y_pred))


def _largest(x):
    """Place of the largest along the last axis, as float32."""
    return as_float(ops.argmax(x, axis=-1))


for _function in (accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy):
    _function.direction = "up"

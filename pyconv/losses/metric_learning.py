"""Losses of embeddings: of one class near one another, of others far away."""

import numpy as np

from pyconv import ops
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, as_operand

_NOTHING = -1e9  # its exponential is 0, as that of two of them is


def circle(
    y_true,
    y_pred,
    ref_labels=None,
    ref_embeddings=None,
    remove_diagonal=True,
    gamma=80,
    margin=0.4,
):
    """log(1 + sum_n exp(gamma a_n (m - d_n)) sum_p exp(gamma a_p (d_p - m))) (Sun et al. 2020).

    d are the cosine distances from an embedding to those of other classes (n) and of its own (p);
    a_n = max(1 + m - d_n, 0), a_p = max(m + d_p, 0), and the negatives' margin is 1 - m.

    Args:
        y_true: (batch,) or (batch, 1), class labels.
        y_pred: (batch, n), embeddings of length 1.
        ref_labels, ref_embeddings: what they are compared with; None: the batch itself.
        remove_diagonal: whether an embedding is not compared with itself.
        gamma: the scale.
        margin: m.

    Returns:
        (batch,).

    Example:
        >>> circle([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], gamma=1.0).round(3)
        array([0.546, 0.546, 0.   ], dtype=float32)
    """
    y_pred = as_float(as_operand(y_pred))
    others = y_pred if ref_embeddings is None else as_float(as_operand(ref_embeddings))
    labels = _column(y_true)
    distance = ops.maximum(1.0 - ops.matmul(y_pred, ops.transpose(others)), 0.0)
    same = ops.equal(labels, ops.transpose(labels if ref_labels is None else _column(ref_labels)))
    same = as_float(same)
    other = 1.0 - same
    if remove_diagonal:
        same = same * (1.0 - np.eye(*distance.shape, dtype="float32"))
    near = ops.maximum((margin + distance) * same, 0.0) * (distance - margin)
    far = ops.maximum((1.0 + margin - distance) * other, 0.0) * (1.0 - margin - distance)
    return ops.softplus(_log_sum_exp(gamma * near, same) + _log_sum_exp(gamma * far, other))


def _column(labels):
    """Labels as (batch, 1), float32."""
    return ops.reshape(as_float(as_operand(labels)), (-1, 1))


def _log_sum_exp(x, counts):
    """log sum exp over the rows of what counts; where nothing does, next to nothing."""
    x = ops.where(counts, x, _NOTHING)
    top = ops.stop_gradient(ops.max(x, axis=1, keepdims=True))
    return ops.log(ops.sum(ops.exp(x - top), axis=1)) + top[:, 0]


def _counted(y_true, y_pred, values, **kwargs):
    return ops.greater(values, 0.0)


circle.counted = _counted


class Circle(LossFunctionWrapper):
    """The mean of `circle` over the embeddings for which it is not 0.

    Args:
        gamma, margin, remove_diagonal: see `circle`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> loss = Circle(gamma=1.0)
        >>> round(float(loss([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])), 3)
        0.546
    """

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        super().__init__(
            circle, reduction, name, dtype,
            gamma=gamma, margin=margin, remove_diagonal=remove_diagonal,
        )  # fmt: skip

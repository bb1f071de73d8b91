"""Conversions of arrays for training."""

import numpy as np

from pyconv import ops
from pyconv.graph import Array, Tensor


def to_categorical(x, num_classes=None):
    """One-hot rows of class numbers: y[..., c] = 1 where c = x[...], else 0.

    Args:
        x: integers below num_classes, any shape; a last axis of length 1 is dropped. Negative ones
            count from the end, as indices do.
        num_classes: length of the new last axis; by default the largest class plus one.

    Returns:
        float64 array of shape (x.shape..., num_classes), as in Keras.

    Raises:
        ValueError: a class is out of range, or there is nothing to count the classes from.

    Example:
        >>> to_categorical([0, 2], num_classes=3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    labels = np.asarray(x).astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if not num_classes:
        if labels.size == 0:
            raise ValueError("expected labels, received an empty array; pass `num_classes`")
        num_classes = int(labels.max()) + 1
    if labels.size and (labels.min() < -num_classes or labels.max() >= num_classes):
        raise ValueError(
            f"expected classes below {num_classes}, received {labels.min()} to {labels.max()};"
            " renumber the classes or pass a larger `num_classes`"
        )
    rows = np.zeros((labels.size, num_classes))
    rows[np.arange(labels.size), labels.ravel()] = 1.0
    return rows.reshape(*labels.shape, num_classes)


def normalize(x, axis=-1, order=2):
    """Each row of x along an axis divided by its norm; rows of zeros stay.

    Args:
        x: numbers, of which one row alone gets a first axis, or a tensor.
        axis: the axis.
        order: of the norm, as `numpy.linalg.norm` takes it.

    Returns:
        An array of at least two axes; float32 for lists.

    Example:
        >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    if isinstance(x, (Tensor, Array)):
        return ops.normalize(x, axis=axis, order=order)
    numbers = np.atleast_2d(x if isinstance(x, np.ndarray) else np.asarray(x, "float32"))
    norm = np.linalg.norm(numbers, order, axis, keepdims=True)
    return numbers / np.where(norm == 0, 1, norm).astype(norm.dtype)

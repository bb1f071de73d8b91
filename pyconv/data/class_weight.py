"""Weights of examples from weights of classes."""

from numbers import Real

import numpy as np


def class_weight_to_sample_weight(targets, class_weight):
    """A weight for each example: that of its class; classes that are not named have 1.

    Args:
        targets: class labels (batch,), (batch, 1) or (batch, ..., labels of pixels), or one-hot
            rows (batch, classes).
        class_weight: a dict from class label to weight.

    Returns:
        float32, (batch,) or the shape of the labels.

    Raises:
        ValueError: class_weight is not such a dict.

    Example:
        >>> class_weight_to_sample_weight(np.array([0, 2]), {2: 5.0})
        array([1., 5.], dtype=float32)
    """
    if not isinstance(class_weight, dict) or not all(map(_is_pair, class_weight.items())):
        raise ValueError(
            f"expected `class_weight` as a dict from class label to weight, received "
            f"{class_weight!r}; for example {{0: 1.0, 1: 5.0}}"
        )
    labels = np.round(_labels(np.asarray(targets)))
    weights = np.ones(labels.shape, "float32")
    for label, weight in class_weight.items():
        weights[labels == int(label)] = weight
    return weights


def _is_pair(item):
    label, weight = item
    return isinstance(label, Real) and float(label).is_integer() and isinstance(weight, Real)


def _labels(targets):
    if targets.ndim > 1 and targets.shape[-1] == 1:
        return targets[..., 0]
    one_hot = targets.ndim == 2 or targets.dtype.kind == "f"
    return targets.argmax(axis=-1) if targets.ndim > 1 and one_hot else targets

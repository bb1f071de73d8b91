"""Losses of probabilities: -sum t log p, from logits wherever they can be found."""

from pyconv import ops
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, as_operand, check_targets, same_rank


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """mean over the last axis of -(t log p + (1 - t) log(1 - p)).

    Args:
        y_true: (batch, ..., n), targets t in [0, 1].
        y_pred: (batch, ..., n), probabilities p, or logits z with p = 1 / (1 + exp(-z)).
        from_logits: whether y_pred are logits.
        label_smoothing: s in [0, 1]: targets become t (1 - s) + s / 2.
        axis: the axis of the mean.

    Returns:
        (batch, ...).

    Example:
        >>> binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    y_true, y_pred = same_rank(as_operand(y_true), as_operand(y_pred))
    check_targets("binary_crossentropy", y_true, y_pred.shape)
    t = smooth(as_float(y_true), label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(t, as_float(y_pred), from_logits), axis=axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum_k t_k log p_k over the axis of the classes.

    Args:
        y_true: (batch, ..., classes), one-hot rows or probabilities t.
        y_pred: (batch, ..., classes), probabilities p (divided by their sum), or logits.
        from_logits: whether y_pred are logits: p = softmax(y_pred).
        label_smoothing: s in [0, 1]: targets become t (1 - s) + s / n, n their last axis' size.
        axis: where the classes are.

    Returns:
        (batch, ...).

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    y_true, y_pred = as_operand(y_true), as_operand(y_pred)
    if len(y_true.shape) == len(y_pred.shape) - 1:
        raise ValueError(
            f"categorical_crossentropy: expected one row of {y_pred.shape[-1]} targets for each "
            f"output, received class labels of shape {tuple(y_true.shape)}; use "
            "sparse_categorical_crossentropy, or utils.to_categorical(labels)"
        )
    check_targets("categorical_crossentropy", y_true, y_pred.shape)
    t = smooth(as_float(y_true), label_smoothing, y_pred.shape[-1])
    return ops.categorical_crossentropy(t, as_float(y_pred), from_logits, axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log p_t over the last axis, where t is the class label.

    Args:
        y_true: (batch, ...) or (batch, ..., 1), labels from 0 to classes - 1.
        y_pred: (batch, ..., classes), probabilities p (clipped, then divided by their sum), or
            logits.
        from_logits: whether y_pred are logits: p = softmax(y_pred).
        ignore_class: a label that counts nothing, such as 255 for pixels of no class.
        axis: -1, where the classes are.

    Returns:
        (batch, ...).

    Raises:
        ValueError: a label is out of range, or the shapes do not fit.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    y_true, y_pred = as_operand(y_true), as_operand(y_pred)
    _check_last_axis("sparse_categorical_crossentropy", axis, y_pred)
    labels = class_labels("sparse_categorical_crossentropy", y_true, y_pred)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, as_float(y_pred), from_logits)
    counts = _counted(y_true, y_pred, None, ignore_class)
    outputs = ops.where(ops.expand_dims(counts, -1), as_float(y_pred), 0.0)
    labels = ops.cast(ops.where(counts, as_float(labels), 0.0), "int32")
    values = ops.sparse_categorical_crossentropy(labels, outputs, from_logits)
    return ops.where(counts, values, 0.0)


def _counted(y_true, y_pred, values, ignore_class=None, **kwargs):
    """1 where a label counts, 0 where it is `ignore_class`; None where all count."""
    if ignore_class is None:
        return None
    labels = class_labels("sparse_categorical_crossentropy", as_operand(y_true), as_operand(y_pred))
    return as_float(ops.not_equal(as_float(labels), float(ignore_class)))


sparse_categorical_crossentropy.float_targets = False
sparse_categorical_crossentropy.counted = _counted


def class_labels(what, y_true, y_pred):
    """The labels as int32 of y_pred's shape without its last axis; raises where they cannot be."""
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    expected = tuple(y_pred.shape[:-1])
    if len(y_true.shape) != len(expected):
        raise ValueError(
            f"{what}: expected integer labels of shape {expected}, one for each row of outputs "
            f"{tuple(y_pred.shape)}, received {tuple(y_true.shape)}; for one-hot targets use "
            "categorical_crossentropy"
        )
    check_targets(what, y_true, expected)
    return ops.cast(y_true, "int32")


def smooth(targets, label_smoothing, classes):
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"expected `label_smoothing` in [0, 1], received {label_smoothing!r}")
    if label_smoothing == 0.0:
        return targets
    return targets * (1.0 - label_smoothing) + label_smoothing / classes


def _check_last_axis(what, axis, y_pred):
    if axis not in (-1, len(y_pred.shape) - 1):
        raise ValueError(
            f"{what}: expected the classes on the last axis, received axis={axis} for outputs of "
            f"shape {tuple(y_pred.shape)}; transpose them with ops.transpose or a Permute layer"
        )


class BinaryCrossentropy(LossFunctionWrapper):
    """The mean of -(t log p + (1 - t) log(1 - p)).

    Args:
        from_logits, label_smoothing, axis: see `binary_crossentropy`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_crossentropy, reduction, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class CategoricalCrossentropy(LossFunctionWrapper):
    """The mean of -sum_k t_k log p_k, for one-hot targets t.

    Args:
        from_logits, label_smoothing, axis: see `categorical_crossentropy`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_crossentropy, reduction, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The mean of -log p_t, for class labels t; labels of `ignore_class` do not count.

    Args:
        from_logits, ignore_class, axis: see `sparse_categorical_crossentropy`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
        0.6931
    """

    config_omits = {"axis": -1}

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            sparse_categorical_crossentropy, reduction, name, dtype,
            from_logits=from_logits, ignore_class=ignore_class, axis=axis,
        )  # fmt: skip

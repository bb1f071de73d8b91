"""Cross-entropies that heed some examples less: focal losses, and the one for noisy labels."""

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.crossentropy import smooth
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, as_operand, check_targets, same_rank


def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """mean of -(1 - q)^gamma log q, q = p where t = 1, 1 - p where t = 0 (Lin et al. 2018).

    Args:
        y_true: (batch, ..., n), targets t in [0, 1].
        y_pred: (batch, ..., n), probabilities p, or logits.
        apply_class_balancing: whether values count alpha where t = 1, 1 - alpha where t = 0.
        alpha: weight of class 1.
        gamma: how much less well classified examples count; 0 is the cross-entropy.
        from_logits, label_smoothing, axis: see `binary_crossentropy`.

    Returns:
        (batch, ...).

    Example:
        >>> binary_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.1733], dtype=float32)
    """
    y_true, y_pred = same_rank(as_operand(y_true), as_operand(y_pred))
    check_targets("binary_focal_crossentropy", y_true, y_pred.shape)
    t = smooth(as_float(y_true), label_smoothing, 2)
    p = ops.sigmoid(as_float(y_pred)) if from_logits else as_float(y_pred)
    values = ops.binary_crossentropy(t, as_float(y_pred), from_logits)
    values = (1.0 - (t * p + (1.0 - t) * (1.0 - p))) ** float(gamma) * values
    if apply_class_balancing:
        values = (t * alpha + (1.0 - t) * (1.0 - alpha)) * values
    return ops.mean(values, axis=axis)


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """-alpha sum_k (1 - p_k)^gamma t_k log p_k over the axis of the classes (Lin et al. 2018).

    Args:
        y_true: (batch, ..., classes), one-hot rows or probabilities t.
        y_pred: (batch, ..., classes), probabilities p (divided by their sum), or logits.
        alpha: a factor, or one for each class.
        gamma: how much less well classified examples count; 0 is the cross-entropy.
        from_logits, label_smoothing, axis: see `categorical_crossentropy`.

    Returns:
        (batch, ...).

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.0433], dtype=float32)
    """
    y_true, y_pred = as_operand(y_true), as_float(as_operand(y_pred))
    check_targets("categorical_focal_crossentropy", y_true, y_pred.shape, repeated=1)
    t = smooth(as_float(y_true), label_smoothing, y_pred.shape[-1])
    p = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    p = ops.clip(p / ops.sum(p, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    values = (1.0 - p) ** float(gamma) * alpha * ops.negative(t * ops.log(p))
    return ops.sum(values, axis=axis)


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p_t^q) / q of the label t's probability, robust to wrong labels (Zhang & Sabuncu 2018).

    Args:
        y_true: (batch, ...), class labels.
        y_pred: (batch, ..., classes), probabilities p.
        q: between 0, which is the cross-entropy, and 1, the mean absolute error.

    Returns:
        (batch, ...).

    Example:
        >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
        array([1.], dtype=float32)
    """
    y_pred = as_float(as_operand(y_pred))
    chosen = ops.one_hot(ops.cast(as_operand(y_true), "int32"), y_pred.shape[-1])
    p = ops.sum(y_pred * chosen, axis=-1)
    return (1.0 - p ** float(q)) / float(q)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The mean of `binary_focal_crossentropy`.

    Args:
        apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis: see
            `binary_focal_crossentropy`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(BinaryFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.1733
    """

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_focal_crossentropy, reduction, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
            apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma,
        )  # fmt: skip


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The mean of `categorical_focal_crossentropy`.

    Args:
        alpha, gamma, from_logits, label_smoothing, axis: see `categorical_focal_crossentropy`.
        reduction, name, dtype: see `Loss`.

    Example:
        >>> round(float(CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.0433
    """

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_focal_crossentropy, reduction, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
            alpha=alpha, gamma=gamma,
        )  # fmt: skip


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """The mean of `categorical_generalized_cross_entropy`.

    Args:
        q: see `categorical_generalized_cross_entropy`.
        reduction, name, dtype: see `Loss`.

    Raises:
        ValueError: q is not between 0 and 1.

    Example:
        >>> float(CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
        1.0
    """

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"expected `q` between 0 and 1, received {q!r}")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)

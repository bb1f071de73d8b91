"""The loss of label sequences."""

from pyconv import ops
from pyconv.losses.loss import LossFunctionWrapper
from pyconv.losses.shapes import as_float, as_operand


def ctc(y_true, y_pred):
    """-log of the probability of the labels, wherever in time they are (`ops.ctc_loss`).

    Args:
        y_true: (batch, labels), from 1 on; 0 fills the rest up.
        y_pred: (batch, time, classes), logits; class 0 is the blank.

    Returns:
        (batch,).

    Raises:
        ValueError: other ranks.

    Example:
        >>> import numpy as np
        >>> ctc([[1, 0]], np.zeros((1, 2, 2))).round(4)
        array([0.2877], dtype=float32)
    """
    y_true, y_pred = as_operand(y_true), as_operand(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "ctc: expected targets of shape (batch, labels) and outputs (batch, time, classes), "
            f"received {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        )
    labels = as_float(y_true)
    lengths = ops.sum(as_float(ops.not_equal(labels, 0.0)), axis=-1)
    times = 0.0 * lengths + float(y_pred.shape[1])
    return ops.ctc_loss(ops.cast(labels, "int32"), y_pred, lengths, times)


class CTC(LossFunctionWrapper):
    """The mean of -log of the probability of the labels, wherever in time they are.

    Args:
        reduction, name, dtype: see `Loss`.

    Example:
        >>> import numpy as np
        >>> round(float(CTC()([[1, 0]], np.zeros((1, 2, 2)))), 4)
        0.2877
    """

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)

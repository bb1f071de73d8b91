"""The confusion matrix: how often outputs of each class meet targets of each class."""

import warnings

import numpy as np

from pyconv import ops
from pyconv.losses.shapes import as_float, as_operand
from pyconv.metrics.confusion import class_matrix
from pyconv.metrics.metric import Metric

_DTYPES = ("int8", "int16", "int32", "int64", "float32")


class ConfusionMatrix(Metric):
    """Counts c[i, j] of targets of class i that are predicted as class j, weighted.

    Args:
        num_classes: how many classes there are.
        name: see `Metric`.
        dtype: an integer dtype (None: "int64"), which cuts the fractions of sample weights off, or
            "float32".
        ignore_class: a label that counts nothing, such as 255 for pixels of no class.
        sparse_y_true, sparse_y_pred: whether they are labels; else the largest along `axis` is.
        axis: where the classes are.

    Raises:
        ValueError: another dtype.

    Example:
        >>> ConfusionMatrix(2)([0, 0, 1, 1], [0, 1, 1, 1]).numpy()
        array([[1., 1.],
               [0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(None, name)
        self.dtype = "int64" if dtype in (None, "int", int) else str(dtype)
        if self.dtype not in _DTYPES:
            raise ValueError(f"expected `dtype` None or one of {_DTYPES}, received {dtype!r}")
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", name="total_confusion_matrix"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = _classes(y_true, self.sparse_y_true, self.axis)
        y_pred = _classes(y_pred, self.sparse_y_pred, self.axis)
        weights = ops.ones_like(y_true)
        if sample_weight is not None:
            weights = weights * self._weights(sample_weight)
        if self.ignore_class is not None:
            weights = weights * as_float(ops.not_equal(y_true, float(self.ignore_class)))
        found = class_matrix(y_true, y_pred, self.num_classes, weights)
        self.total_cm.assign(self.total_cm + found)

    def _weights(self, sample_weight):
        """The weights as (batch, pixels) or (batch, 1)."""
        weights = as_operand(sample_weight)
        if self.dtype != "float32" and weights.dtype != "int32":
            warnings.warn(
                f"{self.name}: expected integer sample weights, received {weights.dtype}: their "
                "fractions are cut off; pass dtype='float32' to the metric to keep them",
                stacklevel=4,
            )
            weights = ops.cast(weights, "int32")
        return _rows(as_float(weights)) if weights.shape else as_float(weights)

    def result(self):
        """The counts, (num_classes, num_classes): a row for each class of targets."""
        return self.total_cm + 0.0

    def get_config(self):
        own = {
            "num_classes": self.num_classes,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }
        return super().get_config() | own


def _classes(y, sparse, axis):
    """Labels as float32 integers, (batch, pixels)."""
    y = as_operand(y)
    y = y if sparse else ops.argmax(as_float(y), axis=axis)
    return _rows(as_float(ops.cast(y, "int32")))


def _rows(x):
    """x as (batch, pixels)."""
    return ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))

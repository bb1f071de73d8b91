"""Intersection over union of classes, for segmentation."""

import numpy as np

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.shapes import as_float, as_operand
from pyconv.metrics.confusion_matrix import ConfusionMatrix


class IoU(ConfusionMatrix):
    """The mean over some classes of TP / (TP + FP + FN); classes that do not occur do not count.

    Args:
        num_classes: how many classes there are.
        target_class_ids: those that count.
        name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis: see `ConfusionMatrix`.

    Raises:
        ValueError: a class that there is not.

    Example:
        >>> float(IoU(2, [0])([0, 0, 1, 1], [0, 1, 0, 1])).__round__(4)
        0.3333
    """

    direction = "up"

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"expected `target_class_ids` below num_classes={num_classes}, received "
                f"{list(target_class_ids)}"
            )
        self.target_class_ids = list(target_class_ids)

    def result(self):
        total = self.total_cm + 0.0
        hits = ops.sum(total * np.eye(self.num_classes, dtype="float32"), axis=0)
        union = ops.sum(total, axis=0) + ops.sum(total, axis=1) - hits
        ids = np.asarray(self.target_class_ids, "int32")
        hits, union = ops.take(hits, ids, axis=0), ops.take(union, ids, axis=0)
        occurs = as_float(ops.greater(union, 1e-9))
        shares = occurs * hits / (union + epsilon())
        return ops.sum(shares) / (ops.sum(occurs) + epsilon())

    def get_config(self):
        config = super().get_config()
        first = {key: config.pop(key) for key in ("name", "dtype", "num_classes")}
        return first | {"target_class_ids": self.target_class_ids} | config


def _without(config, *names):
    return {key: value for key, value in config.items() if key not in names}


class BinaryIoU(IoU):
    """`IoU` of the classes 0 and 1, where outputs from a threshold on mean 1.

    Args:
        target_class_ids: the classes that count.
        threshold: from where on an output means 1.
        name, dtype: see `IoU`.

    Example:
        >>> round(float(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
        0.3333
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.greater_equal(as_float(as_operand(y_pred)), float(self.threshold))
        super().update_state(y_true, y_pred, sample_weight)

    def get_config(self):
        config = super().get_config()
        own = {"target_class_ids": self.target_class_ids, "threshold": self.threshold}
        return {key: config[key] for key in ("name", "dtype")} | own


class MeanIoU(IoU):
    """The mean over all classes of TP / (TP + FP + FN); see `IoU`.

    Args:
        num_classes: how many classes there are.
        name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis: see `IoU`.

    Example:
        >>> round(float(MeanIoU(2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
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
        super().__init__(
            num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true,
            sparse_y_pred, axis,
        )  # fmt: skip

    def get_config(self):
        return _without(super().get_config(), "target_class_ids")


class OneHotIoU(IoU):
    """`IoU` of one-hot targets.

    Args:
        num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_pred, axis: see `IoU`.

    Example:
        >>> float(OneHotIoU(2, [0])([[1, 0], [0, 1]], [[0.8, 0.2], [0.3, 0.7]])).__round__(4)
        1.0
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self):
        return _without(super().get_config(), "sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot targets.

    Args:
        num_classes, name, dtype, ignore_class, sparse_y_pred, axis: see `IoU`.

    Example:
        >>> float(OneHotMeanIoU(2)([[1, 0], [0, 1]], [[0.8, 0.2], [0.3, 0.7]])).__round__(4)
        1.0
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return _without(super().get_config(), "sparse_y_true")

"""True and false positives and negatives; precision and recall."""

from pyconv import ops
from pyconv.metrics.confusion import NEVER, AtThresholds, as_thresholds


def _one_or_all(values):
    """A number for one threshold, else one for each."""
    return ops.reshape(values, ()) if values.shape == (1,) else values + 0.0


class _Count(AtThresholds):
    """Base of metrics that are one of the counts.

    Args:
        kind: the count.
        thresholds: outputs above them are positive; None: 0.5.
        name, dtype: see `Metric`.
    """

    def __init__(self, kind, thresholds, name, dtype):
        self.init_thresholds = thresholds
        self.thresholds = as_thresholds(thresholds, 0.5)
        super().__init__(self.thresholds, (kind,), name, dtype)
        self.accumulator = self.variables[0]
        self.accumulator.name = "accumulator"

    def result(self):
        return _one_or_all(self.accumulator)

    def get_config(self):
        return super().get_config() | {"thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How often outputs above the threshold are right.

    Args:
        thresholds: a number or several, from 0 to 1; None: 0.5.
        name, dtype: see `Metric`.

    Example:
        >>> float(TruePositives()([0, 1, 1], [0.8, 0.9, 0.1]))
        1.0
    """

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__("true_positives", thresholds, name, dtype)


class FalsePositives(_Count):
    """How often outputs above the threshold are wrong; arguments as `TruePositives`.

    Example:
        >>> float(FalsePositives()([0, 1, 1], [0.8, 0.9, 0.1]))
        1.0
    """

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__("false_positives", thresholds, name, dtype)


class TrueNegatives(_Count):
    """How often outputs up to the threshold are right; arguments as `TruePositives`.

    Example:
        >>> float(TrueNegatives()([0, 1, 1], [0.8, 0.9, 0.1]))
        0.0
    """

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__("true_negatives", thresholds, name, dtype)


class FalseNegatives(_Count):
    """How often outputs up to the threshold are wrong; arguments as `TruePositives`.

    Example:
        >>> float(FalseNegatives()([0, 1, 1], [0.8, 0.9, 0.1]))
        1.0
    """

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__("false_negatives", thresholds, name, dtype)


class _Share(AtThresholds):
    """Base of precision and recall: the share of true positives."""

    direction = "up"

    def __init__(self, others, thresholds, top_k, class_id, name, dtype):
        self.init_thresholds = thresholds
        self.thresholds = as_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        super().__init__(self.thresholds, ("true_positives", others), name, dtype, top_k, class_id)

    def result(self):
        tp, others = self.variables
        return _one_or_all(ops.divide_no_nan(tp, tp + others))

    def get_config(self):
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return super().get_config() | own


class Precision(_Share):
    """TP / (TP + FP): how many of the positive outputs are right.

    Args:
        thresholds: outputs above them are positive, a number or several; None: 0.5, or, with
            `top_k`, all of those.
        top_k: only the k largest outputs of an example can be positive.
        class_id: the one class that counts.
        name, dtype: see `Metric`.

    Example:
        >>> float(Precision()([0, 1, 1], [0.8, 0.9, 0.1]))
        0.5
    """

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__("false_positives", thresholds, top_k, class_id, name, dtype)


class Recall(_Share):
    """TP / (TP + FN): how many of the positive targets are found; arguments as `Precision`.

    Example:
        >>> float(Recall()([0, 1, 1], [0.8, 0.9, 0.1]))
        0.5
    """

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__("false_negatives", thresholds, top_k, class_id, name, dtype)

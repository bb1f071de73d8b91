"""The best of one rate where another one is large enough."""

from pyconv import ops
from pyconv.losses.shapes import as_float
from pyconv.metrics.confusion import AtThresholds, evenly_spread


class _AtValue(AtThresholds):
    """The largest of a rate among the thresholds where another is at least `value`.

    Args:
        argument: the name of `value` in the constructor.
        value: from 0 to 1.
        num_thresholds: how many thresholds are tried, in equal steps from 0 to 1.
        class_id: the one class that counts.
        name, dtype: see `Metric`.
    """

    direction = "up"

    def __init__(self, argument, value, num_thresholds, class_id, name, dtype):
        if not 0 <= value <= 1:
            raise ValueError(f"expected `{argument}` from 0 to 1, received {value!r}")
        self.thresholds = evenly_spread(num_thresholds)
        super().__init__(self.thresholds, name=name, dtype=dtype, class_id=class_id)
        setattr(self, argument, value)
        self.value = value
        self.num_thresholds = num_thresholds
        self._argument = argument

    def _best(self, rate, constrained):
        enough = as_float(ops.greater_equal(constrained, float(self.value)))
        return ops.maximum(ops.max(ops.where(enough, rate, 0.0)), 0.0)

    def _sensitivity(self):
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _specificity(self):
        return ops.divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def _precision(self):
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_positives)

    def get_config(self):
        own = {"num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return super().get_config() | own | {self._argument: self.value}


class SensitivityAtSpecificity(_AtValue):
    """The largest TP / (TP + FN) where TN / (TN + FP) is at least `specificity`.

    Args:
        specificity: from 0 to 1.
        num_thresholds: how many thresholds are tried, in equal steps from 0 to 1.
        class_id: the one class that counts.
        name, dtype: see `Metric`.

    Example:
        >>> metric = SensitivityAtSpecificity(0.5)
        >>> float(metric([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._sensitivity(), self._specificity())


class SpecificityAtSensitivity(_AtValue):
    """The largest TN / (TN + FP) where TP / (TP + FN) is at least `sensitivity`.

    Args:
        sensitivity: from 0 to 1.
        num_thresholds, class_id, name, dtype: see `SensitivityAtSpecificity`.

    Example:
        >>> metric = SpecificityAtSensitivity(0.5)
        >>> round(float(metric([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])), 4)
        0.6667
    """

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._specificity(), self._sensitivity())


class PrecisionAtRecall(_AtValue):
    """The largest precision where recall is at least `recall`.

    Args:
        recall: from 0 to 1.
        num_thresholds, class_id, name, dtype: see `SensitivityAtSpecificity`.

    Example:
        >>> metric = PrecisionAtRecall(0.5)
        >>> float(metric([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._precision(), self._sensitivity())


class RecallAtPrecision(_AtValue):
    """The largest recall where precision is at least `precision`.

    Args:
        precision: from 0 to 1.
        num_thresholds, class_id, name, dtype: see `SensitivityAtSpecificity`.

    Example:
        >>> metric = RecallAtPrecision(0.8)
        >>> float(metric([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
        0.5
    """

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._sensitivity(), self._precision())

"""F scores: precision and recall in one number."""

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.shapes import as_float, as_operand
from pyconv.metrics.metric import Metric


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), class by class, then averaged.

    Args:
        average: None (a number for each class), "micro" (all classes counted together), "macro"
            (their mean) or "weighted" (their mean, weighted by how often they occur).
        beta: how much more recall counts than precision, a float.
        threshold: outputs above it are positive; None: the largest output is.
        name, dtype: see `Metric`.

    Raises:
        ValueError: wrong arguments, or data that is not (batch, classes).

    Example:
        >>> metric = FBetaScore(beta=2.0, threshold=0.5)
        >>> metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.7]]).round(4)
        array([0.5556, 0.8333], dtype=float32)
    """

    direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"expected `average` None, 'micro', 'macro' or 'weighted', received {average!r}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"expected `beta` as a float above 0, received {beta!r}")
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(
                f"expected `threshold` as a float above 0 and up to 1, received {threshold!r}"
            )
        self.average, self.beta, self.threshold = average, beta, threshold
        self.true_positives = None

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = as_float(as_operand(y_true)), as_float(as_operand(y_pred))
        if self.true_positives is None:
            self._build(y_true.shape, y_pred.shape)
        positive = self._positive(y_pred)
        w = 1.0
        if sample_weight is not None:
            w = ops.expand_dims(as_float(as_operand(sample_weight)), 1)
        axis = None if self.average == "micro" else 0
        for state, values in (
            (self.true_positives, positive * y_true),
            (self.false_positives, positive * (1.0 - y_true)),
            (self.false_negatives, (1.0 - positive) * y_true),
            (self.intermediate_weights, y_true),
        ):
            state.assign(state + ops.sum(values * w, axis=axis))

    def _positive(self, y_pred):
        """1 where an output says yes."""
        if self.threshold is not None:
            return as_float(ops.greater(y_pred, self.threshold))
        largest = ops.max(y_pred, axis=-1, keepdims=True)
        some = as_float(ops.greater(ops.abs(y_pred), 1e-9))
        return as_float(ops.greater_equal(y_pred, largest)) * some

    def _build(self, *shapes):
        if any(len(shape) != 2 for shape in shapes):
            raise ValueError(
                f"{type(self).__name__}: expected targets and outputs of shape (batch, classes), "
                f"received {[tuple(shape) for shape in shapes]}; make one-hot rows of labels with "
                "utils.to_categorical"
            )
        shape = () if self.average == "micro" else (shapes[1][-1],)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(shape, "zeros", name="false_positives")
        self.false_negatives = self.add_variable(shape, "zeros", name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, "zeros", name="intermediate_weights")

    def result(self):
        tp, square = self.true_positives, self.beta**2
        precision = tp / (tp + self.false_positives + epsilon())
        recall = tp / (tp + self.false_negatives + epsilon())
        score = precision * recall * (1.0 + square) / (precision * square + recall + epsilon())
        if self.average == "weighted":
            weights = self.intermediate_weights
            return ops.sum(score * (weights / (ops.sum(weights + 0.0) + epsilon())))
        return score if self.average is None else ops.mean(score)

    def get_config(self):
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return super().get_config() | own


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall), class by class, then averaged.

    Args:
        average, threshold: see `FBetaScore`.
        name, dtype: see `Metric`.

    Example:
        >>> metric = F1Score(threshold=0.5)
        >>> metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.7]]).round(4)
        array([0.6667, 0.6667], dtype=float32)
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        config = super().get_config()
        del config["beta"]
        return config

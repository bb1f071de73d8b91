"""Metrics of numbers that are no means of losses."""

import warnings

from pyconv import ops
from pyconv.losses.regression import cosine_similarity
from pyconv.losses.shapes import as_float, as_operand, examples, pair
from pyconv.metrics.metric import Mean, MeanMetricWrapper, Metric


class RootMeanSquaredError(Mean):
    """sqrt(mean (y_true - y_pred)^2) over all batches.

    Args:
        name, dtype: see `Metric`.

    Example:
        >>> float(RootMeanSquaredError()([[0.0], [1.0]], [[1.0], [1.0]])) ** 2
        0.49999...
    """

    direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = pair(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self):
        return ops.sqrt(super().result())


class CosineSimilarity(MeanMetricWrapper):
    """The mean of sum t p / (|t| |p|): 1 where vectors point the same way.

    Args:
        name, dtype: see `Metric`.
        axis: the axis of the vectors.

    Example:
        >>> float(CosineSimilarity()([[0.0, 2.0]], [[0.0, 1.0]]))
        1.0
    """

    direction = "up"

    config_omits = {"axis": -1}

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(_similarity, name, dtype, axis=axis)


def _similarity(y_true, y_pred, axis=-1):
    return ops.negative(cosine_similarity(y_true, y_pred, axis))


class R2Score(Metric):
    """1 - sum (t - p)^2 / sum (t - mean t)^2, for each output, then averaged.

    Args:
        class_aggregation: "uniform_average", "variance_weighted_average", or None: a number for
            each output.
        num_regressors: how many inputs there are, for the adjusted score; 0: the plain one.
        name, dtype: see `Metric`.

    Raises:
        ValueError: an unknown aggregation, or data that is not (batch, n).

    Example:
        >>> float(R2Score()([[1.0], [2.0], [3.0]], [[1.0], [2.0], [2.0]]))
        0.5
    """

    direction = "up"

    def __init__(
        self,
        class_aggregation="uniform_average",
        num_regressors=0,
        name="r2_score",
        dtype=None,
    ):
        super().__init__(dtype, name)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ValueError(
                f"expected `class_aggregation` among {known}, received {class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(f"expected `num_regressors` from 0, received {num_regressors!r}")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self.squared_sum = None

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = pair(y_true, y_pred)
        if self.squared_sum is None:
            self._build(y_true.shape, y_pred.shape)
        w = as_float(as_operand(1.0 if sample_weight is None else sample_weight))
        w = ops.expand_dims(w, 1) if len(w.shape) == 1 else w
        w = w * ops.ones_like(y_true)
        for state, values in (
            (self.sum, y_true * w),
            (self.squared_sum, ops.square(y_true) * w),
            (self.total_mse, ops.square(y_true - y_pred) * w),
            (self.count, w),
        ):
            state.assign(state + ops.sum(values, axis=0))
        self.num_samples.assign(self.num_samples + examples(y_true) * float(y_true.shape[1]))

    def _build(self, *shapes):
        if any(len(shape) != 2 for shape in shapes):
            raise ValueError(
                "R2Score: expected targets and outputs of shape (batch, n), received "
                f"{[tuple(shape) for shape in shapes]}; reshape them"
            )
        size = shapes[1][-1:]
        self.squared_sum = self.add_variable(size, "zeros", name="squared_sum")
        self.sum = self.add_variable(size, "zeros", name="sum")
        self.total_mse = self.add_variable(size, "zeros", name="residual")
        self.count = self.add_variable(size, "zeros", name="count")

    def result(self):
        total = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1.0 - self.total_mse / total
        infinite = as_float(ops.equal(ops.abs(scores), float("inf")))
        scores = ops.where(infinite, 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, score):
        """1 - (1 - R^2) (n - 1) / (n - regressors - 1)."""
        n = float(self.num_samples)
        if n <= self.num_regressors + 1:
            warnings.warn(
                f"R2Score: expected more than {self.num_regressors + 1} values for the adjusted "
                f"score, received {n:g}; the result is the plain score",
                stacklevel=3,
            )
            return score
        return 1.0 - (1.0 - score) * ((n - 1.0) / (n - self.num_regressors - 1.0))

    def get_config(self):
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return super().get_config() | own

"""Counts of right and wrong predictions: at thresholds, and class by class."""

import numpy as np

from pyconv import ops
from pyconv.config import epsilon
from pyconv.graph.allowance import spend
from pyconv.losses.shapes import as_float, as_operand, same_rank, weighted
from pyconv.metrics.metric import Metric

NEVER = -1e10  # an output that is above no threshold but this one


def as_thresholds(thresholds, default):
    """The thresholds as a list; raises ValueError unless they are from 0 to 1."""
    if thresholds is None:
        return [default]
    thresholds = list(thresholds) if np.iterable(thresholds) else [thresholds]
    if any(t is None or not 0 <= t <= 1 for t in thresholds):
        raise ValueError(f"expected thresholds from 0 to 1, received {thresholds}")
    return thresholds


def evenly_spread(count):
    """`count` thresholds from 0 to 1; 0.5 for one.

    Raises:
        ValueError: count is below 1.
    """
    if count < 1:
        raise ValueError(f"expected `num_thresholds` from 1, received {count!r}")
    spend((count,), itemsize=32)  # bytes of a Python number and its place in the list
    return [0.5] if count == 1 else [i / (count - 1) for i in range(count)]


class AtThresholds(Metric):
    """Base of metrics that count true and false positives and negatives at thresholds.

    Args:
        thresholds: a list of numbers.
        kinds: which of the counts are kept, each as a variable of its name.
        name, dtype: see `Metric`.
        top_k: only the k largest outputs of an example can be positive.
        class_id: the one class that counts.
        shape: of the counts, if it is not (thresholds,): (thresholds, labels).
    """

    KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(
        self, thresholds, kinds=KINDS, name=None, dtype=None, top_k=None, class_id=None, shape=None
    ):
        super().__init__(dtype, name)
        self._thresholds = np.asarray(thresholds, "float64")
        self.top_k, self.class_id = top_k, class_id
        for kind in kinds:
            variable = self.add_variable(shape or (len(thresholds),), "zeros", name=kind)
            setattr(self, kind, variable)
        self._kinds = kinds

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = same_rank(as_float(as_operand(y_true)), as_float(as_operand(y_pred)))
        weights = None if sample_weight is None else _like(y_pred, sample_weight)
        if self.top_k is not None:
            y_pred = _only_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred = (_only_class(y, self.class_id) for y in (y_true, y_pred))
            weights = weights if weights is None else _only_class(weights, self.class_id)
        self._count(y_true, y_pred, weights)

    def _count(self, y_true, y_pred, weights, by_label=False):
        """Adds the counts of a batch; `by_label`: for each label of (batch, labels) apart."""
        shape = tuple(y_pred.shape[1:])
        parts = (1, *shape) if by_label else (int(np.prod(shape)), 1)
        t = ops.reshape(as_float(ops.not_equal(y_true, 0.0)), (-1, *parts))
        p = ops.reshape(y_pred, (-1, *parts))
        w = 1.0 if weights is None else ops.reshape(weights, (-1, *parts))
        above = _spread_above if _is_even(self._thresholds) else _above
        true, false = t * w, (1.0 - t) * w
        positives = [above(p, some, self._thresholds) for some in (true, false)]
        tp, fp = positives
        negatives = [ops.sum(false, axis=(0, 1)) - fp, ops.sum(true, axis=(0, 1)) - tp]
        for kind, counts in zip(self.KINDS, positives + negatives, strict=True):
            if kind in self._kinds:
                state = getattr(self, kind)
                state.assign(state + ops.reshape(counts, tuple(state.shape)))


def _like(y_pred, sample_weight):
    """A weight for each output: those of examples hold for all their outputs."""
    weights = ops.expand_dims(as_float(as_operand(sample_weight)), -1)
    if len(weights.shape) > len(y_pred.shape) and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, -1)
    return weighted(ops.ones_like(y_pred), weights)[0]


def _only_top_k(y_pred, k):
    """The outputs, those that are not among the k largest as `NEVER`."""
    _, places = ops.top_k(y_pred, k)
    chosen = ops.sum(ops.one_hot(places, y_pred.shape[-1]), axis=-2)
    return ops.where(chosen, y_pred, NEVER)


def _only_class(y, class_id):
    if len(y.shape) == 1:
        raise ValueError(
            f"expected outputs of shape (batch, classes) with `class_id`, received {tuple(y.shape)}"
        )
    return y[..., class_id : class_id + 1]


def _is_even(thresholds):
    """Whether the thresholds are 0, ..., 1 in equal steps, so that outputs can be binned."""
    count = len(thresholds)
    even = np.arange(count, dtype="float32") / max(count - 1, 1)
    return count > 2 and np.allclose(thresholds, even, atol=epsilon())


def _above(p, counts, thresholds):
    """The sum of what counts where p is above each threshold: (thresholds, labels).

    Args:
        p, counts: (batch, pixels, labels).
    """
    bounds = thresholds.astype("float32")[:, None]
    above = as_float(ops.greater(ops.expand_dims(p, 2), bounds))
    return ops.sum(above * ops.expand_dims(counts, 2), axis=(0, 1))


def _spread_above(p, counts, thresholds):
    """`_above` for thresholds in equal steps: bins of outputs, then sums from the last bin on."""
    count = len(thresholds)
    bins = ops.ceil(ops.clip(p, 0.0, 1.0) * float(count - 1)) - 1.0
    lowest = 0.0 if thresholds[0] < 0 else -1.0  # 0 itself is above a threshold below 0
    places = ops.cast(ops.maximum(bins, lowest) + 1.0, "int32")
    found = ops.sum(ops.scatter_along_axis(counts, places, count + 1, axis=1), axis=0)
    return ops.matmul(np.triu(np.ones((count, count), "float32")), found[1:])


def class_matrix(y_true, y_pred, classes, weights):
    """How often class i (rows) was taken for class j (columns), a float32 matrix.

    Args:
        y_true, y_pred: (batch, pixels), classes as float32 integers; others do not count.
        classes: how many there are.
        weights: (batch, pixels).
    """
    inside = [as_float(ops.greater_equal(y, 0.0)) * as_float(ops.less(y, float(classes)))
              for y in (y_true, y_pred)]  # fmt: skip
    valid = inside[0] * inside[1]
    places = ops.cast(valid * (y_true * float(classes) + y_pred), "int32")
    found = ops.scatter_along_axis(weights * valid, places, classes * classes, axis=1)
    return ops.reshape(ops.sum(found, axis=0), (classes, classes))

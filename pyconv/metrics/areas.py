"""Areas under curves of rates, by sums over thresholds."""

import numpy as np

from pyconv import ops
from pyconv.config import epsilon
from pyconv.losses.shapes import as_float, as_operand
from pyconv.metrics.confusion import AtThresholds, evenly_spread

_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(AtThresholds):
    """The area under the ROC or the precision-recall curve, by a Riemann sum over thresholds.

    Args:
        num_thresholds: how many thresholds, in equal steps from 0 to 1.
        curve: "ROC" (true over false positive rate), "PR" (precision over recall) or "PRGAIN"
            (Flach & Kull 2015).
        summation_method: "interpolation" (for PR that of Davis & Goadrich 2006, else trapezoids),
            "minoring" or "majoring" (lower and upper sums).
        name, dtype: see `Metric`.
        thresholds: the thresholds between 0 and 1, instead of `num_thresholds`.
        multi_label: whether each label of (batch, labels) has an area of its own; the result is
            their mean.
        num_labels: how many labels, if they are to be known before the first batch.
        label_weights: a weight for each label.
        from_logits: whether outputs are logits.

    Raises:
        ValueError: an unknown curve or summation, or fewer than 2 thresholds.

    Example:
        >>> float(AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
        0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        self.curve = _choice("curve", curve, _CURVES)
        self.summation_method = _choice("summation_method", summation_method, _SUMMATIONS)
        if num_labels and not multi_label:
            raise ValueError("expected `num_labels` with multi_label=True only; leave it out")
        inner = evenly_spread(_at_least_2(num_thresholds))[1:-1]
        self._given = thresholds is not None
        inner = sorted(thresholds) if self._given else inner
        self.num_thresholds = len(inner) + 2
        bounds = [-epsilon(), *inner, 1.0 + epsilon()]
        late = multi_label and not num_labels
        shape = (len(bounds), num_labels) if multi_label else None
        super().__init__(bounds, () if late else self.KINDS, name, dtype, shape=shape)
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = label_weights and np.asarray(label_weights, "float32")
        self._from_logits = from_logits

    @property
    def thresholds(self):
        """All thresholds, with one below 0 and one above 1."""
        return list(self._thresholds)

    def update_state(self, y_true, y_pred, sample_weight=None):
        if self._from_logits:
            y_pred = ops.sigmoid(as_float(as_operand(y_pred)))
        super().update_state(y_true, y_pred, sample_weight)

    def _count(self, y_true, y_pred, weights, by_label=False):
        if not self.multi_label and self.label_weights is not None:
            each = self.label_weights * ops.ones_like(y_pred)
            weights = each if weights is None else weights * each
        if not self._kinds:
            self._build(tuple(y_pred.shape))
        super()._count(y_true, y_pred, weights, self.multi_label)

    def _build(self, shape):
        if len(shape) != 2:
            raise ValueError(
                "AUC: expected outputs of shape (batch, labels) with multi_label=True, received "
                f"{shape}"
            )
        for kind in self.KINDS:
            setattr(self, kind, self.add_variable((self.num_thresholds, shape[1]), "zeros",
                                                  name=kind))  # fmt: skip
        self._kinds = self.KINDS

    def result(self):
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            return self._averaged(self._interpolated())
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            choose = ops.minimum if self.summation_method == "minoring" else ops.maximum
            heights = choose(y[:-1], y[1:])
        return self._averaged((x[:-1] - x[1:]) * heights)

    def _points(self):
        """The curve's x and y at each threshold."""
        tp, fp, tn, fn = (getattr(self, kind) for kind in self.KINDS)
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return ops.divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, ops.divide_no_nan(tp, tp + fp)
        odds = ops.divide_no_nan(tp + fn, tn + fp)
        some = as_float(ops.not_equal(tp, 0.0))
        recall_gain = some * (1.0 - odds * ops.divide_no_nan(fn, tp))
        precision_gain = 1.0 - some * odds * ops.divide_no_nan(fp, tp)
        return ops.maximum(recall_gain, 0.0), precision_gain

    def _interpolated(self):
        """Areas of precision over recall between thresholds, where TP grows linearly with TP + FP
        (Davis & Goadrich 2006)."""
        tp, fn = self.true_positives, self.false_negatives
        positives = tp + self.false_positives
        steps = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(steps, ops.maximum(positives[:-1] - positives[1:], 0.0))
        intercept = tp[1:] - slope * positives[1:]
        both = as_float(ops.greater(ops.minimum(positives[:-1], positives[1:]), 0.0))
        growth = ops.where(both, ops.divide_no_nan(positives[:-1], positives[1:]), 1.0)
        area = slope * (steps + intercept * ops.log(growth))
        return ops.divide_no_nan(area, tp[1:] + fn[1:])

    def _averaged(self, areas):
        """The sum over thresholds; its weighted mean over labels."""
        if not self.multi_label:
            return ops.sum(areas)
        areas = ops.sum(areas, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        return ops.sum(areas * self.label_weights) / float(self.label_weights.sum())

    def get_config(self):
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        if self._given:
            own["thresholds"] = [float(t) for t in self.thresholds[1:-1]]
        return super().get_config() | own


def _choice(argument, value, known):
    """The value in the spelling of the known ones."""
    found = [one for one in known if str(value).lower() == one.lower()]
    if not found:
        raise ValueError(f"expected `{argument}` among {known}, received {value!r}")
    return found[0]


def _at_least_2(num_thresholds):
    if num_thresholds < 2:
        raise ValueError(f"expected `num_thresholds` from 2, received {num_thresholds!r}")
    return num_thresholds

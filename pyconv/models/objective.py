"""What compile's `loss`, `loss_weights` and metrics mean for each output of a model."""

from numbers import Real

from pyconv import losses, metrics
from pyconv.graph import Tensor, Variable
from pyconv.models.signature import arrange
from pyconv.utils.nest import flatten


class Objective:
    """The weighted sum of the losses of all outputs.

    Args:
        loss: one loss for every output, or a list or dict of them, None for outputs without.
        loss_weights: a list or dict of factors; None: 1.
        outputs: the model's output ports.
    """

    def __init__(self, loss, loss_weights, outputs):
        self._losses = losses_of_outputs(loss, outputs)
        weights = _for_each("loss_weights", loss_weights, outputs)
        self._weights = [None if w is None else _scalar(w) for w in weights]
        several = sum(loss is not None for loss in self._losses) > 1
        self.trackers = [
            metrics.Mean(name=f"{port.name}_loss") if several and loss is not None else None
            for loss, port in zip(self._losses, outputs, strict=True)
        ]

    def __call__(self, y, y_pred, sample_weights):
        """The total, or None without any loss; updates the outputs' trackers.

        A loss with reduction "none" is a value for each example, whose gradients add up. As in
        Keras, an output's running mean counts batches, whatever their sizes, but examples where
        the step runs eagerly.
        """
        total = None
        for i, loss in enumerate(self._losses):
            if loss is None:
                continue
            value = loss(y[i], y_pred[i], sample_weights[i])
            if self.trackers[i] is not None:
                examples = None if isinstance(y_pred[i], Tensor) else y_pred[i].shape[0]
                self.trackers[i].update_state(value, sample_weight=examples)
            if self._weights[i] is not None:
                value = value * self._weights[i]
            total = value if total is None else total + value
        return total


class OutputMetrics:
    """The metrics of all outputs; "accuracy" is resolved when the shapes are first seen.

    Args:
        plain: metrics that ignore sample weights: a list for a single output, else a list of lists
            or a dict of them.
        weighted: metrics that use them.
        outputs: the model's output ports.
    """

    def __init__(self, plain, weighted, outputs):
        self._outputs = outputs
        without = _lists("metrics", plain, outputs)
        using = _lists("weighted_metrics", weighted, outputs)
        self._wanted = [
            [(one, False) for one in a] + [(one, True) for one in b]
            for a, b in zip(without, using, strict=True)
        ]
        self._resolved = [None] * len(outputs)

    def update(self, y, y_pred, sample_weights):
        """Updates each output's metrics within the step that is being traced."""
        for i, wanted in enumerate(self._wanted):
            if self._resolved[i] is None:
                self._resolved[i] = [metrics.resolve(one, y[i], y_pred[i]) for one, _ in wanted]
            for metric, (_, weighted) in zip(self._resolved[i], wanted, strict=True):
                metric.update_state(y[i], y_pred[i], sample_weights[i] if weighted else None)

    @property
    def named(self):
        """Pairs (key in logs, metric) in the order of the outputs.

        A weighted metric whose name there is already becomes "weighted_...", as in Keras.
        """
        pairs = []
        for port, wanted, found in zip(self._outputs, self._wanted, self._resolved, strict=True):
            prefix = f"{port.name}_" if len(self._outputs) > 1 else ""
            seen = set()
            for metric, (_, weighted) in zip(found or (), wanted if found else (), strict=True):
                again = "weighted_" if weighted and metric.name in seen else ""
                seen.add(metric.name)
                pairs.append((f"{prefix}{again}{metric.name}", metric))
        return pairs


def numbered(pairs):
    """The pairs (key, value) with keys of their own: a, a_1, a_2.

    Example:
        >>> numbered([("a", 5), ("b", 6), ("a", 7)])
        [('a', 5), ('b', 6), ('a_1', 7)]
    """
    found = {}
    for key, value in pairs:
        name, count = key, 0
        while name in found:
            count += 1
            name = f"{key}_{count}"
        found[name] = value
    return list(found.items())


class FittingCrossentropy(losses.Loss):
    """The binary, sparse or categorical cross-entropy, whichever fits the targets' shape."""

    def call(self, y_true, y_pred):
        kinds = ("binary", "sparse_categorical", "categorical")
        kind = kinds[metrics.kind_of_target(y_true, y_pred)]
        return as_loss(f"{kind}_crossentropy").call(y_true, y_pred)


def losses_of_outputs(loss, outputs):
    """A `Loss` or None for each output, from compile's `loss`."""
    if not isinstance(loss, (list, tuple, dict)):
        return [as_loss(loss) for _ in outputs]
    return [as_loss(one) for one in _for_each("loss", loss, outputs)]


def check_compile_arguments(loss, plain, weighted):
    """Raises ValueError or TypeError for names that do not exist, before there is any data."""
    for identifier in flatten(loss):
        as_loss(identifier)
    for identifier in flatten((plain, weighted)):
        if identifier is not None:
            metrics.check(identifier)


def as_loss(identifier):
    """The `Loss` of a name, function or instance; None stays None."""
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        return FittingCrossentropy()
    loss = losses.get(identifier)
    if loss is None or isinstance(loss, losses.Loss):
        return loss
    return losses.LossFunctionWrapper(loss)


def _scalar(weight):
    if not isinstance(weight, Real):
        raise ValueError(
            f"loss_weights: expected numbers, received {weight!r}; name metrics in "
            "compile(metrics=[...])"
        )
    return Variable(float(weight), shape=(), trainable=False, name="loss_weight")


def _for_each(what, value, outputs):
    """One entry for each output, None for those that a dict leaves out."""
    if value is None:
        return [None] * len(outputs)
    if isinstance(value, dict) and all(len(port.path) < 2 for port in outputs):
        value = {port.name: None for port in outputs} | value
    return arrange(what, value, outputs)


def _lists(what, value, outputs):
    """A list of metrics for each output; an empty list or dict has none for any."""
    if isinstance(value, (list, tuple, dict)) and not value:
        value = None
    if value is not None and len(outputs) == 1 and not isinstance(value, dict):
        nested = isinstance(value, (list, tuple))
        value = list(value) if nested else [value]
        value = value if any(isinstance(one, (list, tuple)) for one in value) else [value]
    return [
        [] if one is None else list(one) if isinstance(one, (list, tuple)) else [one]
        for one in _for_each(what, value, outputs)
    ]

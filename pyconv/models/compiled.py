"""What `compile` fixed: optimizer, losses and metrics, and the running means of a model."""

from pyconv import metrics, optimizers
from pyconv.models.objective import (
    Objective,
    OutputMetrics,
    check_compile_arguments,
    losses_of_outputs,
    numbered,
)
from pyconv.models.signature import ports_of
from pyconv.utils.nest import flatten


class Compiled:
    """The compiled part of a model. Losses and metrics meet the outputs at the first step.

    Args:
        optimizer, loss, loss_weights, plain_metrics, weighted_metrics: see `Model.compile`.

    Raises:
        ValueError: unknown names.
    """

    def __init__(self, optimizer, loss, loss_weights, plain_metrics, weighted_metrics):
        check_compile_arguments(loss, plain_metrics, weighted_metrics)
        self.optimizer = optimizers.get(optimizer)
        self.arguments = {  # of `compile`, for files
            "optimizer": self.optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": plain_metrics,
            "weighted_metrics": weighted_metrics,
        }
        self.loss_tracker = metrics.Mean(name="loss")
        self._loss = (loss, loss_weights)
        self._wanted_metrics = (plain_metrics, weighted_metrics)
        self._objective = None
        self._output_metrics = None
        self._wants_labels = None
        self._named = None

    def wants_labels(self, ports):
        """For each of the model's outputs, whether its loss takes class labels."""
        if self._wants_labels is None:
            found = losses_of_outputs(self._loss[0], ports)
            self._wants_labels = [loss is not None and not loss.float_targets for loss in found]
        return self._wants_labels

    def loss(self, ports, y, y_pred, sample_weights):
        """The total loss of flat lists, within a step; None where there is no loss.

        Args:
            ports: the model's outputs.
            y, y_pred: one tensor for each output.
            sample_weights: one tensor or None for each output.

        Raises:
            ValueError: there are losses but no targets.
        """
        if self._loss[0] is None:
            return None
        if not y:
            raise ValueError("expected targets for the loss, received y=None; pass `y`")
        if self._objective is None:
            self._objective = Objective(*self._loss, ports)
            self._named = None
        return self._objective(y, y_pred, sample_weights)

    def update_metrics(self, ports, y, y_pred, sample_weights):
        """Updates the metrics, within a step."""
        if self._output_metrics is None:
            self._output_metrics = OutputMetrics(*self._wanted_metrics, ports)
        if y:
            self._output_metrics.update(y, y_pred, sample_weights)
        self._named = None

    @property
    def named(self):
        """Pairs (key in logs, metric): the loss, losses of the outputs, metrics."""
        if self._named is None:
            self._named = numbered(self._found())
        return self._named

    def _found(self):
        pairs = [("loss", self.loss_tracker)]
        if self._output_metrics is None and any(self._wanted_metrics):
            pairs.append(("compile_metrics", CompileMetrics(self)))
        if self._objective is not None:
            pairs += [(m.name, m) for m in self._objective.trackers if m is not None]
        if self._output_metrics is not None:
            pairs += self._output_metrics.named
        return pairs


class CompileMetrics(metrics.Metric):
    """Stands for the metrics of `compile` in `Model.metrics` until they have met outputs.

    Args:
        compiled: a `Compiled`.
    """

    def __init__(self, compiled):
        super().__init__(name="compile_metrics")
        self._compiled = compiled

    def update_state(self, y_true, y_pred, sample_weight=None):
        ports, weights = ports_of(y_pred, "output"), flatten(sample_weight)
        weights = weights * len(ports) if len(weights) == 1 else weights
        self._compiled.update_metrics(ports, flatten(y_true), flatten(y_pred), weights)

    def result(self):
        """Nothing: from the first update on, the metrics stand for themselves."""
        return {}

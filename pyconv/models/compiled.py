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
        wanted = (plain_metrics, weighted_metrics)
        self._compile_metrics = CompileMetrics(*wanted) if any(wanted) else None
        self._objective = None
        self._wants_labels = None

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
        return self._objective(y, y_pred, sample_weights)

    @property
    def metrics(self):
        """The loss, `CompileMetrics` if any are wanted, the losses of the outputs."""
        wanted = [] if self._compile_metrics is None else [self._compile_metrics]
        trackers = self._objective.trackers if self._objective is not None else []
        return [self.loss_tracker, *wanted, *(m for m in trackers if m is not None)]

    def update_metrics(self, ports, y, y_pred, sample_weights):
        """Updates the metrics, within a step."""
        if y and self._compile_metrics is not None:
            self._compile_metrics.update(ports, y, y_pred, sample_weights)


class CompileMetrics(metrics.Metric):
    """The metrics of `compile` as one, whose result is a dict; they meet outputs at the first step.

    Args:
        plain, weighted: `metrics` and `weighted_metrics` of `compile`.
    """

    def __init__(self, plain, weighted):
        super().__init__(name="compile_metrics")
        self._wanted = (plain, weighted)
        self._found = None

    @property
    def named(self):
        """Pairs (key in logs, metric); none before the first step."""
        return [] if self._found is None else numbered(self._found.named)

    @property
    def metrics(self):
        """The metrics themselves."""
        return [metric for _, metric in self.named]

    @property
    def variables(self):
        return [variable for metric in self.metrics for variable in metric.variables]

    def update(self, ports, y, y_pred, sample_weights):
        """`update_state` of flat lists, for the model's outputs."""
        if self._found is None:
            self._found = OutputMetrics(*self._wanted, ports)
        self._found.update(y, y_pred, sample_weights)

    def update_state(self, y_true, y_pred, sample_weight=None):
        ports, weights = ports_of(y_pred, "output"), flatten(sample_weight)
        weights = weights * len(ports) if len(weights) == 1 else weights
        self.update(ports, flatten(y_true), flatten(y_pred), weights)

    def reset_state(self):
        for metric in self.metrics:
            metric.reset_state()

    def result(self):
        """What each metric says, by its key in logs."""
        return {key: metric.result() for key, metric in self.named}

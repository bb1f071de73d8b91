"""What `compile` fixed: optimizer, losses and metrics, and the running means of a model."""

from pyconv import metrics, ops, optimizers
from pyconv.models.objective import (
    Objective,
    OutputMetrics,
    check_compile_arguments,
    losses_of_outputs,
    numbered,
)


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

    def track(self, loss, examples, ports, y, y_pred, sample_weights):
        """Updates the running means, within a step. Each batch counts by its examples."""
        self.loss_tracker.update_state(loss, sample_weight=ops.batch_count(examples))
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
        if self._objective is not None:
            pairs += [(m.name, m) for m in self._objective.trackers if m is not None]
        if self._output_metrics is not None:
            pairs += self._output_metrics.named
        return pairs

    def result(self):
        """The running means by key: floats, or what a metric's result is."""
        logs = {}
        for key, metric in self.named:
            value = metric.result()
            if isinstance(value, dict):
                logs.update((k, float(v)) for k, v in value.items())
            else:
                logs[key] = float(value)
        return logs

    def reset(self):
        """Forgets all batches."""
        for _, metric in self.named:
            metric.reset_state()

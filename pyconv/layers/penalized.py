"""What a layer adds to the loss, and its metrics."""

from __future__ import annotations

from pyconv import ops
from pyconv.graph import Variable
from pyconv.layers.weights import Records
from pyconv.utils.nest import flatten


class Penalized:
    """The part of `Layer` that keeps penalties and metrics."""

    trainable_weights: list[Variable]
    _records: Records

    def add_loss(self, loss) -> None:
        """Adds a scalar, or a list of them, to the losses of the current call."""
        self._records.losses += flatten(loss)

    @property
    def losses(self) -> list:
        """Penalties to add to the loss: those of the last call, then those on the weights."""
        added = [loss for layer in self._flatten_layers() for loss in layer._records.losses]
        return added + [v.regularizer(v) for v in self.trainable_weights if v.regularizer]

    def _forget_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._records.losses = []

    @property
    def metrics(self) -> list:
        """The metrics that are attributes of this layer and of those within it."""
        from pyconv.metrics import Metric

        return [m for layer in self._flatten_layers() for m in layer._attributes(Metric)]

    @property
    def metrics_variables(self) -> list:
        """The variables of the metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def _activity_penalty(self, output):
        """The penalty per example, as Keras has it: independent of the batch size."""
        penalty = self.activity_regularizer(output)
        examples = output.shape[0] if output.shape else 1
        return penalty / (ops.batch_count(output) if examples is None else float(max(examples, 1)))

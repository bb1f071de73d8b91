"""What a step does with data: the methods of `Model` that subclasses override."""

import inspect
from functools import cached_property

from pyconv import ops
from pyconv.data.packing import unpack_x_y_sample_weight
from pyconv.graph.node import origin
from pyconv.graph.tape import GradientTape
from pyconv.metrics import Metric
from pyconv.models.signature import arrange, ports_of
from pyconv.utils.nest import flatten


class Stepping:
    """The methods of `Model` that make up its steps, and its metrics.

    They are called on symbolic tensors while a step is traced, and on arrays where the model runs
    eagerly.
    """

    def train_step(self, data):
        """One training step. A subclass may override it, and use a `GradientTape` and optimizers.

        Args:
            data: what `fit` was fed: x, (x,), (x, y) or (x, y, sample_weight).

        Returns:
            The logs, a dict from names to tensors or results of metrics.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._tracked_loss(x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        if variables:
            found = tape.gradient(scaled, variables)
            with origin("optimizer"):
                self.optimizer.apply(found, variables)
        return self._tracked_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """Loss and metrics of a batch, without training; see `train_step`."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self._tracked_loss(x, y, y_pred, sample_weight, False)
        return self._tracked_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """The outputs for a batch; see `train_step`."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def _tracked_loss(self, x, y, y_pred, sample_weight, training):
        """The loss, of which the running mean is kept; each batch counts by its examples."""
        arguments = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight}
        if self._loss_takes_training:
            arguments["training"] = training
        with origin("loss"):
            loss = self.compute_loss(**arguments)
        if loss is None:
            raise ValueError(
                "expected a loss to compute, received none; pass `loss` to compile, or call "
                "add_loss in a layer"
            )
        with origin("metrics"):
            examples = ops.batch_count(flatten(x)[0])
            self._compiled.loss_tracker.update_state(loss, sample_weight=examples)
        return loss

    @cached_property
    def _loss_takes_training(self):
        parameters = inspect.signature(self.compute_loss).parameters.values()
        return any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)

    def _tracked_metrics(self, x, y, y_pred, sample_weight):
        with origin("metrics"):
            return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The scalar that training makes small. A subclass may override it.

        Args:
            x, y, y_pred: inputs, targets and outputs, nested as the model's.
            sample_weight: nested as y, or None.
            training: whether the step trains.

        Returns:
            A scalar: the compiled losses plus `losses`.
        """
        ports = self._ports(y_pred)
        weights = _for_each("sample_weight", sample_weight, ports)
        targets = [] if y is None else _for_each("y", y, ports)
        total = self._compiled.loss(ports, targets, flatten(y_pred), weights)
        for penalty in self.losses:
            penalty = ops.sum(penalty) if penalty.shape else penalty
            total = penalty if total is None else total + penalty
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates the compiled metrics with a batch; arguments as those of `compute_loss`.

        Returns:
            What all metrics say, by name.
        """
        ports = self._ports(y_pred)
        weights = _for_each("sample_weight", sample_weight, ports)
        targets = [] if y is None else _for_each("y", y, ports)
        self._compiled.update_metrics(ports, targets, flatten(y_pred), weights)
        return self.get_metrics_result()

    def _ports(self, y_pred):
        """The model's outputs; where it was not described, as many as there are predictions."""
        if self._signature is not None:
            return self._signature.outputs
        return ports_of(y_pred, "output")

    @property
    def metrics(self):
        """The metrics that `fit` and `evaluate` keep and reset: the loss, "compile_metrics", which
        stands for those of `compile`, and those that are attributes of the model and its layers."""
        compiled = self._compiled.metrics if self._compiled else []
        known = {id(m) for metric in compiled for m in (metric, *getattr(metric, "metrics", ()))}
        return compiled + [m for m in self.steps.own_metrics() if id(m) not in known]

    def _own_metrics(self):
        """The metrics that are attributes of the model and its layers, each once."""
        own = {id(m): m for layer in self._flatten_layers() for m in layer._attributes(Metric)}
        return list(own.values())

    def _named_metrics(self):
        """Pairs (key in logs, metric); those that "compile_metrics" stands for one by one."""
        pairs = ([(m.name, m)] if not hasattr(m, "named") else m.named for m in self.metrics)
        return [pair for some in pairs for pair in some]

    @property
    def metrics_names(self):
        """The names of the metrics; what `evaluate` lists is named in the logs of `return_dict`."""
        return [metric.name for metric in self.metrics]

    def get_metrics_result(self):
        """What the metrics say, by name; while a step is traced, what will be known."""
        logs = {}
        for key, metric in self.steps.named_metrics():
            value = metric.result()
            logs |= value if isinstance(value, dict) else {key: value}
        return logs

    def reset_metrics(self):
        """Starts the running means anew."""
        for _, metric in self.steps.named_metrics():
            metric.reset_state()


def _for_each(what, value, ports):
    """One value for each output; one for all is repeated."""
    if isinstance(value, dict):
        return arrange(what, value, ports)
    values = flatten(value)
    return values * len(ports) if len(values) == 1 else values

"""The loops of fit, evaluate and predict over batches."""

import math
import warnings
from collections.abc import Container

from pyconv.data import as_count


def fit(model, data, epochs, initial_epoch, callbacks, validate):
    """Trains on `data` epoch by epoch.

    Args:
        model: a compiled model.
        data: `ArrayBatches` or `IterableBatches`.
        epochs, initial_epoch: the number where training ends, and begins.
        callbacks: a `CallbackList`.
        validate: (epoch) -> logs of the validation after it, {} for none.
    """
    model.stop_training = False
    watch = LossWatch(model)
    logs = {}
    callbacks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        callbacks.on_epoch_begin(epoch)
        model.reset_metrics()
        if not _train_epoch(model, data, epoch, callbacks, watch):
            break
        logs = model.get_metrics_result()
        logs.update(validate(epoch))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if model.optimizer.use_ema and epochs > initial_epoch:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)


def _train_epoch(model, data, epoch, callbacks, watch):
    """One pass over the data; whether there was any."""
    step = -1
    for step, (x, y, weights) in enumerate(data.epoch()):
        callbacks.on_train_batch_begin(step)
        model.steps.train(x, y, weights)
        watch.check(epoch, step)
        callbacks.on_train_batch_end(step, model.get_metrics_result)
        if model.stop_training:
            break
    return step >= 0


def evaluate(model, data, callbacks):
    """Logs of loss and metrics over `data`."""
    model.reset_metrics()
    data.restart()
    callbacks.on_test_begin()
    for step, (x, y, weights) in enumerate(data.epoch()):
        callbacks.on_test_batch_begin(step)
        model.steps.test(x, y, weights)
        callbacks.on_test_batch_end(step, model.get_metrics_result)
    logs = model.get_metrics_result()
    callbacks.on_test_end(logs)
    return logs


def predict(model, data, callbacks):
    """The outputs for all of `data`, one array for each output."""
    batches = []
    callbacks.on_predict_begin()
    for step, (x, _, _) in enumerate(data.epoch()):
        callbacks.on_predict_batch_begin(step)
        batches.append(model.steps.predict(x))
        callbacks.on_predict_batch_end(step, lambda: {"outputs": batches[-1]})
    callbacks.on_predict_end()
    if not batches:
        raise ValueError("expected at least one batch to predict, received none")
    outputs = list(zip(*batches, strict=True))
    if len(batches) > 1 and any(parts[0].ndim == 0 for parts in outputs):
        raise ValueError(
            f"expected outputs with a row for each example, received a number for each of "
            f"{len(batches)} batches; pass a batch_size for one batch, or use predict_on_batch"
        )
    return [data.joined(parts) for parts in outputs]


class LossWatch:
    """Warns once when the running loss is no longer a finite number."""

    def __init__(self, model):
        self._total = model.metrics[0].total
        self._warned = False

    def check(self, epoch, step):
        """Looks at the loss after a step."""
        if not self._warned and not math.isfinite(self._total.numpy()):
            self._warned = True
            warnings.warn(
                f"the loss became {self._total.numpy()} at epoch {epoch + 1}, batch {step + 1}; "
                "expected a finite number: try a smaller learning rate or clipnorm in the "
                "optimizer, and look for NaN in the data",
                RuntimeWarning,
                stacklevel=4,
            )


class Validation:
    """Runs `evaluate` after the epochs that `validation_freq` names.

    Args:
        model: the model.
        data: batches, or None for no validation.
        freq: every so many epochs, or a list of epochs counted from 1.
        callbacks: the run's `CallbackList`.
    """

    def __init__(self, model, data, freq, callbacks):
        self._model = model
        self._data = data
        self._freq = freq if isinstance(freq, Container) else as_count("validation_freq", freq)
        self._callbacks = callbacks

    def __call__(self, epoch):
        if self._data is None or not self._is_due(epoch + 1):
            return {}
        logs = evaluate(self._model, self._data, self._callbacks)
        return {f"val_{key}": value for key, value in logs.items()}

    def _is_due(self, epoch):
        if isinstance(self._freq, int):
            return epoch % self._freq == 0
        return epoch in self._freq

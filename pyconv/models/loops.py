"""The loops of fit, evaluate and predict over batches."""

import math
import warnings
from collections.abc import Container
from contextlib import closing
from functools import partial

from pyconv.data import as_count
from pyconv.models.progress import Progress
from pyconv.utils.logs import flat_logs


def fit(model, data, epochs, initial_epoch, callbacks, validate):
    """Trains on `data` epoch by epoch.

    Args:
        model: a compiled model.
        data: `Batches`.
        epochs, initial_epoch: the number where training ends, and begins.
        callbacks: a `CallbackList`.
        validate: (epoch) -> logs of the validation after it, {} for none.
    """
    model.stop_training = False
    watch = LossWatch(model)
    progress = Progress(model, data, validate.data, callbacks, initial_epoch)
    data.restart()
    callbacks.on_train_begin()
    progress.find_backup()
    for epoch in range(progress.epoch, 0 if progress.stopped else epochs):
        progress.begin_epoch()
        _train_epoch(model, data, progress, callbacks, watch)
        logs = {**progress.epoch_logs(), **validate(epoch)}
        callbacks.on_epoch_end(epoch, logs)
        progress.end_epoch(logs)
        if model.stop_training:
            break
    progress.end()
    if model.optimizer.use_ema and epochs > initial_epoch:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(progress.logs)


def _train_epoch(model, data, progress, callbacks, watch):
    """One pass over the data, without the batches that were trained before."""
    first = progress.step - 1
    train, reused = model.steps.train, data.reuses
    beat = Beat(model, callbacks, "train")
    with closing(data.epoch(max(first, 0))) as batches:
        for step, (x, y, weights) in enumerate(batches, max(first, 0)):
            if progress.waits:
                progress.restore_with(x, y, weights)
            if step == first:  # trained before
                continue
            beat.begin(step)
            train(x, y, weights, reused)
            watch.check(progress.epoch, step)
            beat.end(step, model.steps.logs)
            progress.end_batch(step)
            if model.stop_training:
                break
    beat.finish()


def evaluate(model, data, callbacks):
    """Logs of loss and metrics over `data`."""
    model.reset_metrics()
    model.stop_evaluating = False
    data.restart()
    callbacks.on_test_begin()
    beat = Beat(model, callbacks, "test")
    with closing(data.epoch()) as batches:
        for step, (x, y, weights) in enumerate(batches):
            beat.begin(step)
            model.steps.test(x, y, weights, data.reuses)
            beat.end(step, model.steps.logs)
            if model.stop_evaluating:
                break
    beat.finish()
    logs = flat_logs(model.steps.total_logs())
    callbacks.on_test_end(logs)
    return logs


def predict(model, data, callbacks):
    """The outputs for all of `data`, one array for each output."""
    results = Results(model.steps, data)
    model.stop_predicting = False
    callbacks.on_predict_begin()
    beat = Beat(model, callbacks, "predict")
    with closing(data.epoch()) as batches:
        for step, (x, _, _) in enumerate(batches):
            beat.begin(step)
            outputs = results.add(x)
            beat.end(step, partial(_prediction_logs, model, outputs))
            if model.stop_predicting:
                break
    beat.finish()
    callbacks.on_predict_end()
    return results.joined()


def _prediction_logs(model, outputs):
    """What callbacks see of a batch's outputs, nested as the model's."""
    return {"outputs": model.steps.nest_outputs(outputs)}


class Beat:
    """Calls the hooks of batches: once for every `steps_per_execution` of them, as Keras does.

    Args:
        model: the model.
        callbacks: a `CallbackList`.
        kind: "train", "test" or "predict".
    """

    def __init__(self, model, callbacks, kind):
        names = (f"on_{kind}_batch_begin", f"on_{kind}_batch_end")
        self._begin, self._end = (getattr(callbacks, name) for name in names)
        self._heard = callbacks.listens(*names)
        self._size = model.steps_per_execution
        self._open = None  # (number of the last batch of those that began, logs)

    def begin(self, step):
        """Before a batch."""
        if self._heard and step % self._size == 0:
            self._begin(step)

    def end(self, step, logs):
        """After a batch; `logs` is called for them."""
        if self._heard:
            last = step - step % self._size + self._size - 1
            self._open = (last, logs)
            if step == last:
                self.finish()

    def finish(self):
        """After the last batch."""
        if self._open is not None:
            self._end(*self._open)
            self._open = None


class Results:
    """The outputs for batches that come one after another.

    Where the number of examples is known, plans write what they compute where it belongs.

    Args:
        steps: the model's `Steps`.
        data: the `Batches`.
    """

    def __init__(self, steps, data):
        self._steps = steps
        self._data = data
        self._parts = []
        self._whole = None
        self._rows = 0

    def add(self, x):
        """Computes and returns the outputs for a batch."""
        executable = self._steps.predict_function.executable(tuple(x))
        if self._data.rows is None or not executable.by_example:
            self._parts.append(self._steps.predict(x))
            return self._parts[-1]
        if self._whole is None:
            self._whole = executable.results(self._data.rows)
        first, self._rows = self._rows, self._rows + len(x[0])
        return self._steps.predict(x, [a[first : self._rows] for a in self._whole])

    def joined(self):
        """One array for each output, or a list of arrays where their sizes differ."""
        if self._whole is not None:
            return [array[: self._rows] for array in self._whole]
        if not self._parts:
            raise ValueError("expected at least one batch to predict, received none")
        outputs = list(zip(*self._parts, strict=True))
        if len(self._parts) > 1 and any(parts[0].ndim == 0 for parts in outputs):
            raise ValueError(
                f"expected outputs with a row for each example, received a number for each of "
                f"{len(self._parts)} batches; pass a batch_size for one batch, or use "
                "predict_on_batch"
            )
        return [self._data.joined(parts) for parts in outputs]


class LossWatch:
    """Warns once when the running loss is no longer a finite number."""

    def __init__(self, model):
        self._total = memoryview(model._compiled.loss_tracker.total.storage).cast("f")
        self._warned = False

    def check(self, epoch, step):
        """Looks at the loss after a step."""
        if not math.isfinite(self._total[0]) and not self._warned:
            self._warned = True
            warnings.warn(
                f"the loss became {self._total[0]} at epoch {epoch + 1}, batch {step + 1}; "
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
        self.data = data
        self._freq = freq if isinstance(freq, Container) else as_count("validation_freq", freq)
        self._callbacks = callbacks

    def __call__(self, epoch):
        if self.data is None or not self._is_due(epoch + 1):
            return {}
        logs = evaluate(self._model, self.data, self._callbacks)
        return {f"val_{key}": value for key, value in logs.items()}

    def _is_due(self, epoch):
        if isinstance(self._freq, int):
            return epoch % self._freq == 0
        return epoch in self._freq

"""Training, testing and predicting: what `Model` does with data."""

import numpy as np

from pyconv.callbacks.callback_list import as_callback_list
from pyconv.config import max_epochs
from pyconv.data import as_count
from pyconv.models import loops
from pyconv.models.compiled import Compiled
from pyconv.models.feeding import Feeding, check_has_data, limited, validation_parts
from pyconv.models.nest_feeding import NestFeeding, split_nests
from pyconv.models.stepping import Stepping
from pyconv.models.steps import Steps, overrides
from pyconv.utils.logs import flat_logs


class Trainer(Stepping):
    """The methods of `Model` that compile, train, test and predict."""

    def _init_trainer(self):
        self._compiled = self._optimizer = None
        self.run_eagerly = False
        self.stop_training = False
        self.steps_per_execution = 1
        self.history = None
        self._forget_steps()

    def __getstate__(self):
        """For copies and pickles: plans are made anew; the graph's order comes before what is in it
        (see `Network.__getstate__`)."""
        state = vars(self) | {"_steps": None}
        return {key: state[key] for key in ("_network", "_chain") if key in state} | state

    def _forget_steps(self):
        """Drops all plans; they are made again when they are needed."""
        self._steps = None

    @property
    def compiled(self):
        """Whether `compile` was called."""
        return self._compiled is not None

    @property
    def optimizer(self):
        """The compiled optimizer, or None."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value):
        self._optimizer = value
        if self._compiled is not None:
            self._compiled.optimizer = value

    @property
    def wants_labels(self):
        """For each output, whether its compiled loss takes class labels."""
        ports = self.signature.outputs
        return self._compiled.wants_labels(ports) if self._compiled else [False] * len(ports)

    @property
    def steps(self):
        """The model's plans."""
        if self._steps is None:
            self._steps = Steps(self)
        return self._steps

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Says how to train. Call it again after `trainable` of a layer has changed; a loss or
        metrics that are left out then stay, as in Keras.

        Args:
            optimizer: an optimizer or its name.
            loss: a loss, its name, or a function (y_true, y_pred); a list or dict of them for
                several outputs.
            loss_weights: factors of the outputs' losses, a list or dict.
            metrics: list of metrics, names or functions; for several outputs a list of lists or a
                dict. "accuracy" fits itself to the shapes of targets and outputs.
            weighted_metrics: the same, with sample weights.
            run_eagerly: whether steps are called on arrays, instead of one plan for each: slower,
                but with Python's `if`, `print` and `.numpy()` at each step.
            steps_per_execution: batches for which callbacks' hooks of batches are called once.
            jit_compile, auto_scale_loss: accepted for Keras' sake.

        Raises:
            ValueError: unknown names.
        """
        before = self._compiled.arguments if self._compiled else {}
        if loss is None:
            loss, loss_weights = before.get("loss"), before.get("loss_weights")
        if metrics is None and weighted_metrics is None:
            metrics, weighted_metrics = before.get("metrics"), before.get("weighted_metrics")
        self._compiled = Compiled(optimizer, loss, loss_weights, metrics, weighted_metrics)
        self._optimizer, self.loss, self.run_eagerly = self._compiled.optimizer, loss, run_eagerly
        self._compiled.arguments |= {
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": bool(jit_compile) and jit_compile != "auto",
        }
        self.steps_per_execution = as_count("steps_per_execution", steps_per_execution)
        self._forget_steps()

    def _check_compiled(self, method):
        if self._compiled is None:
            raise ValueError(
                f"{method}: expected a compiled model, received {self.name}, which is not; call "
                "compile(optimizer=..., loss=...) first"
            )

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Trains the model.

        Args:
            x: arrays (a list or dict for several inputs), or an iterable, generator or function
                that yields batches (x,), (x, y) or (x, y, sample_weight). A list of arrays of one
                example's rank, for a model with one input, is a list of examples, whose sizes may
                differ: each batch has examples of one size.
            y: targets, with arrays; a list of arrays where their sizes differ.
            batch_size: examples of a step, 32 by default.
            epochs: the number of the epoch before which training ends.
            verbose: "auto" or 1: a bar on a terminal, else a line an epoch; 2: the line; 0: quiet.
            callbacks: list of `Callback`.
            validation_split: share of the arrays' last examples that are validated on instead.
            validation_data: (x, y), (x, y, sample_weight) or an iterable of batches.
            shuffle: whether each epoch has an order of its own (arrays).
            class_weight: dict from class label to the weight of its examples.
            sample_weight: a weight for each example or position.
            initial_epoch: the epoch to go on from.
            steps_per_epoch: batches of an epoch; the next one goes on where this one stopped.
            validation_steps: batches of a validation, from the first on; None: all.
            validation_batch_size: examples of a batch of validation; None: batch_size.
            validation_freq: validate every so many epochs, or after the epochs of this list.

        Returns:
            `History`: its `history` has the logs of each epoch.

        Raises:
            ValueError: data that fits neither the model nor its targets, or an uncompiled model.
        """
        self._check_compiled("fit")
        check_has_data(x)
        epochs, initial_epoch = (
            as_count("epochs", epochs, 0),
            as_count("initial_epoch", initial_epoch, 0),
        )
        epochs = limited("epochs", epochs, max_epochs())
        feeding = self._feeding("train_step", class_weight)
        if validation_split and validation_data is None and self._feeds_nests:
            parts = split_nests(x, y, sample_weight, validation_split)
            (x, y, sample_weight), validation_data = parts
        if validation_split and validation_data is None:
            data, rest = feeding.split(
                x, y, sample_weight, validation_split, batch_size, steps_per_epoch, shuffle,
                validation_batch_size or batch_size, validation_steps,
            )  # fmt: skip
        else:
            data = feeding.batches(x, y, sample_weight, batch_size, steps_per_epoch, shuffle)
            rest = self._validation_batches(
                validation_data, validation_batch_size or batch_size, validation_steps
            )
        callbacks = as_callback_list(callbacks, self, verbose, epochs, data.steps, history=True)
        validate = loops.Validation(self, rest, validation_freq, callbacks)
        with callbacks:
            loops.fit(self, data, epochs, initial_epoch, callbacks, validate)
        return self.history

    def _validation_batches(self, validation_data, batch_size, steps):
        if validation_data is None:
            return None
        parts = validation_parts(validation_data)
        feeding = self._feeding("test_step")
        return feeding.batches(*parts, batch_size=batch_size, steps=steps)

    @property
    def _feeds_nests(self):
        """Whether a step of the model's own takes what `fit` is fed."""
        return overrides(self, "train_step") or overrides(self, "test_step")

    def _feeding(self, step, class_weight=None):
        """What makes batches for a step."""
        return (NestFeeding if overrides(self, step) else Feeding)(self, class_weight)

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
    ):
        """Loss and metrics over data.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: see `fit`.
            steps: at most so many batches.
            return_dict: whether a dict by name is returned.

        Returns:
            The loss, or [loss, *metrics], or a dict.
        """
        self._check_compiled("evaluate")
        check_has_data(x)
        data = self._feeding("test_step").batches(x, y, sample_weight, batch_size, steps)
        callbacks = as_callback_list(callbacks, self, verbose, 1, data.steps)
        with callbacks:
            return self._returned(loops.evaluate(self, data, callbacks), return_dict)

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for all of x, batch by batch.

        Args:
            x, batch_size, verbose, callbacks: see `fit`.
            steps: at most so many batches.

        Returns:
            An array, or arrays nested as the model's outputs, in the order of x; a list of arrays
            in place of one where examples of different sizes have outputs of different sizes.
        """
        check_has_data(x)
        data = self._feeding("predict_step").batches(x, batch_size=batch_size, steps=steps)
        callbacks = as_callback_list(callbacks, self, verbose, 1, data.steps)
        with callbacks:
            return self.steps.nest_outputs(loops.predict(self, data, callbacks))

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One training step on one batch.

        Args:
            x, y, sample_weight, class_weight: see `fit`.
            return_dict: whether a dict by name is returned.

        Returns:
            Loss and metrics of this batch, as `evaluate`; the running means start anew.
        """
        self._check_compiled("train_on_batch")
        return self._on_batch("train_step", x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Loss and metrics of one batch, without training; see `train_on_batch`."""
        self._check_compiled("test_on_batch")
        return self._on_batch("test_step", x, y, sample_weight, None, return_dict)

    def _on_batch(self, name, x, y, sample_weight, class_weight, return_dict):
        """Loss and metrics of one batch, after a training or test step."""
        steps, plain = self.steps, sample_weight is None and class_weight is None
        known = steps.known(name, (x, y)) if plain else None
        if known:
            self.reset_metrics()
            steps.repeat(*known)
        else:
            feeding = self._feeding(name, class_weight)
            batch = feeding.buffers(x, y, sample_weight)
            steps = self.steps  # once the batch has described the model
            self.reset_metrics()
            (steps.train if name == "train_step" else steps.test)(*batch)
            if plain and feeding.repeats(x, y):
                steps.learn(name, (x, y), *batch)
        return self._returned(flat_logs(steps.logs()), return_dict)

    def predict_on_batch(self, x):
        """The outputs for one batch.

        Args:
            x: an array, or a list or dict of them, also without rows. Fastest: float32,
                C-contiguous.

        Returns:
            An array, or arrays nested as the model's outputs.
        """
        known = self.steps.known("predict_step", (x,))
        if known:
            step, arrays = known
            return step.run(arrays)[0]
        inputs = self._feeding("predict_step").inputs(x)
        steps = self.steps  # once the batch has described the model
        outputs = steps.predict(inputs)
        nested = steps.nest_outputs(outputs)
        plain = type(x) is np.ndarray and len(inputs) == 1 and inputs[0] is x
        if plain and nested is outputs[0]:
            steps.learn("predict_step", (x,), inputs)
        return nested

    def _returned(self, logs, as_dict):
        """Logs as Keras returns them: a dict in order of the names, the loss, or a list."""
        if as_dict:
            return logs
        if len(logs) == 1:
            return next(iter(logs.values()))
        names = [metric.name for _, metric in self.steps.named_metrics()]
        first = [logs[name] for name in names if name in logs]
        values = first + [logs[name] for name in sorted(logs) if name not in names]
        return values

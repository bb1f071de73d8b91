"""Where a training is, and going on from there."""

import warnings

from pyconv.callbacks import BackupAndRestore
from pyconv.models.steps import overrides
from pyconv.optimizers import Optimizer
from pyconv.utils.seed import random_state, set_random_state


class Progress:
    """The position of a training, and all that what follows depends on.

    Args:
        model: a compiled model.
        data: `Batches`.
        validation_data: `Batches` or None.
        callbacks: a `CallbackList`.
        epoch: the first epoch.

    Attributes:
        epoch: epochs that are complete.
        step: batches of the next one that are.
        logs: those of the last epoch.
        stopped: whether nothing is left to do.
    """

    def __init__(self, model, data, validation_data, callbacks, epoch):
        self.epoch, self.step, self.logs = epoch, 0, {}
        self.stopped = False
        self._model = model
        self._sources = [source for source in (data, validation_data) if source is not None]
        self._callbacks = callbacks
        self._backups = [c for c in callbacks.callbacks if isinstance(c, BackupAndRestore)]
        self._saved = None  # a state that is to be restored
        self._pairs = []  # (function that lists variables, their values) to restore
        self.waits = False  # whether some of the variables do not exist yet
        self._places = None
        self._batch_logs = None  # of the last batch, where it was trained before the backup

    def find_backup(self):
        """Looks for a backup to go on from."""
        for backup in self._backups:
            self._saved = backup.read()
            if self._saved is not None:
                self._check_built()
                position = ("epoch", "step", "logs", "stopped")
                vars(self).update({name: self._saved[name] for name in position})
                return

    def begin_epoch(self):
        """Calls `on_epoch_begin` and restores: what an epoch's beginning changes counts once."""
        if self.step == 0:
            self._restore()
        self._callbacks.on_epoch_begin(self.epoch)
        self._model.reset_metrics()
        self._restore()
        if self._backups:
            self._places = [source.get_state() for source in self._sources]

    def end_batch(self, batch):
        """A batch is complete, and all callbacks know."""
        self.step, self._batch_logs = batch + 1, None
        for backup in self._backups:
            backup.after_batch(batch, self)

    def epoch_logs(self):
        """What `Steps.total_logs` says, also where the backup was made after the last batch."""
        if self._batch_logs is None:
            return self._model.steps.total_logs()
        of_metrics = self._model.get_metrics_result()
        return of_metrics if of_metrics.keys() == self._batch_logs.keys() else self._batch_logs

    def end_epoch(self, logs):
        """An epoch is complete, and all callbacks know."""
        self.epoch, self.step, self.logs = self.epoch + 1, 0, logs
        self.stopped = self._model.stop_training
        if self._backups:
            self._places = [source.get_state() for source in self._sources]
        for backup in self._backups:
            backup.after_epoch(self)

    def end(self):
        """All epochs are complete, maybe before the backup was made."""
        self._restore()

    def get_state(self):
        """All that the rest of the training depends on, as dicts, lists, numbers and arrays."""
        callbacks = [(type(c).__name__, c.get_state()) for c in self._callbacks.callbacks]
        return {
            "epoch": self.epoch,
            "step": self.step,
            "logs": self.logs,
            "batch_logs": self._model.steps.logs() if self.step else None,
            "stopped": self.stopped,
            "variables": [[v.numpy() for v in owner()] for owner in self._owners()],
            "random": random_state(),
            "places": self._places,
            "callbacks": [pair for pair in callbacks if pair[1]],
        }

    def _owners(self):
        """Functions that list the variables of the model, its optimizers and its metrics."""
        model = self._model
        optimizers = [model.optimizer, *vars(model).values()]
        optimizers = dict.fromkeys(o for o in optimizers if isinstance(o, Optimizer))
        return [
            lambda: model.variables,
            *[lambda o=o: o.variables for o in optimizers],
            lambda: [v for metric in model.metrics for v in metric.variables],
        ]

    def _check_built(self):
        if not self._model.built:
            raise ValueError(
                f"expected a built model to go on from a backup, received {self._model.name}; "
                "start it with an Input, or call it on a batch before fit"
            )

    def _restore(self):
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        self._batch_logs = saved["batch_logs"]
        own_step = overrides(self._model, "train_step")
        if self._model.optimizer is not None and not own_step:
            self._model.optimizer.build(self._model.trainable_variables)
        pairs = list(zip(self._owners(), saved["variables"], strict=True))
        for owner, arrays in pairs[: 1 if own_step else 2]:  # the model and its optimizer are there
            _check_fit(owner(), arrays)
        self._pairs = pairs if self.step else pairs[:-1]  # running means begin with an epoch
        self._assign()
        places = list(zip(self._sources, saved["places"], strict=True))
        for source, place in reversed(places):  # the training data's last: it may draw as it goes
            set_random_state(saved["random"])
            source.set_state(place)
        self._restore_callbacks(saved["callbacks"])

    def _assign(self):
        """Sets the variables that exist; running means come with the first plan, and so may further
        optimizers' variables."""
        self.waits = False
        for owner, arrays in self._pairs:
            variables = owner()
            if len(variables) < len(arrays):
                self.waits = True
                continue
            _check_fit(variables, arrays)
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)

    def restore_with(self, x, y, weights):
        """Makes a batch's plan, without running it, for the variables that come with it; a step
        without a plan runs, and what it changed is restored."""
        function, arrays = self._model.steps.plan(x, y, weights)
        drawn = random_state()
        if self._model.run_eagerly:
            function(*arrays)
        else:
            function.executable(arrays)
        set_random_state(drawn)
        self._assign()
        if self.waits:
            raise ValueError(
                "expected the model and metrics of the backup, received fewer variables; train "
                "what was trained before, or delete the backup"
            )

    def _restore_callbacks(self, states):
        left = list(self._callbacks.callbacks)
        for name, state in states:
            found = next((c for c in left if type(c).__name__ == name), None)
            if found is None:
                warnings.warn(
                    f"the backup has the state of a callback {name}, which is not there",
                    stacklevel=5,
                )
                continue
            left.remove(found)
            found.set_state(state)


def _check_fit(variables, arrays):
    shapes = [tuple(array.shape) for array in arrays]
    if [variable.shape for variable in variables] != shapes:
        raise ValueError(
            f"expected a backup of this model, received one with variables of shapes {shapes}; "
            "train the same model with the same optimizer, or delete the backup"
        )

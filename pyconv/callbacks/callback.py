"""The contract of callbacks, and one made of functions."""


class Callback:
    """Base of all callbacks: a subclass overrides the hooks that it needs.

    Attributes:
        model: the model in training.
        params: a dict with `verbose`, `epochs` and `steps` (batches of an epoch, None: unknown).

    A callback that `BackupAndRestore` shall bring back names its state in `kept`, or defines
    `get_state` and `set_state`.

    Example:
        >>> class Names(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, sorted(logs))
        >>> Names().on_epoch_end(0, {"loss": 1.0})
        0 ['loss']
    """

    #: Attributes that make up the callback's own state: numbers, strings, arrays, lists and dicts.
    kept = ()

    def __init__(self):
        self.model = None
        self.params = None

    def get_state(self):
        """The state that `BackupAndRestore` keeps, a dict; by default the attributes in `kept`."""
        return {name: getattr(self, name) for name in self.kept}

    def set_state(self, state):
        """Goes on from what `get_state` returned; called after `on_train_begin`."""
        vars(self).update(state)

    def set_params(self, params):
        """Called before all hooks."""
        self.params = params

    def set_model(self, model):
        """Called before all hooks."""
        self.model = model

    def close(self):
        """Called after all hooks, also where a run breaks off with an exception."""

    def on_batch_begin(self, batch, logs=None):
        """Same as `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Same as `on_train_batch_end`."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch of training; `epoch` counts from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation; logs: {"loss": ..., "val_loss": ..., ...}."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a training step; `batch` counts from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a training step; logs: running means since the epoch began."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of `evaluate` or validation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of `evaluate` or validation; logs: running means."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of `predict`; logs: {"outputs": ...}."""

    def on_train_begin(self, logs=None):
        """When `fit` begins."""

    def on_train_end(self, logs=None):
        """When `fit` ends; logs: those of the last epoch."""

    def on_test_begin(self, logs=None):
        """When `evaluate` or validation begins."""

    def on_test_end(self, logs=None):
        """When `evaluate` or validation ends."""

    def on_predict_begin(self, logs=None):
        """When `predict` begins."""

    def on_predict_end(self, logs=None):
        """When `predict` ends."""


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: (epoch, logs).
        on_train_begin, on_train_end: (logs).
        on_train_batch_begin, on_train_batch_end: (batch, logs).
        **kwargs: functions for the other hooks of `Callback`, or other attributes.

    Example:
        >>> callback = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
        >>> callback.on_epoch_end(1, {"loss": 0.5})
        1 {'loss': 0.5}
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **kwargs,
    ):
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        vars(self).update({name: value for name, value in hooks.items() if value is not None})

"""All callbacks of one run as one."""

from pyconv.callbacks.callback import Callback
from pyconv.callbacks.history import History
from pyconv.callbacks.progress import ProgbarLogger
from pyconv.utils.logs import flat_logs
from pyconv.utils.nest import flatten


class CallbackList(Callback):
    """Calls each hook of every callback, in order.

    Hooks of batches cost nothing where no callback has them: logs are made only when one wants
    them.

    Args:
        callbacks: a callback, a list of them, a CallbackList, or None.
        add_history: whether a `History` is added unless there is one.
        add_progbar: whether a `ProgbarLogger` is added unless there is one.
        model: the model.
        **params: see `Callback.params`.

    Raises:
        TypeError: something is not a callback.

    Example:
        >>> callbacks = CallbackList(add_history=True)
        >>> callbacks.on_train_begin()
        >>> callbacks.on_epoch_end(0, {"loss": 1.0})
        >>> callbacks.history.history
        {'loss': [1.0]}
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        super().__init__()
        self.callbacks = [c for c in flatten(callbacks) if c is not None]
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(
                    f"expected callbacks, received {callback!r} of type {type(callback).__name__}; "
                    "pass instances of subclasses of pyconv.callbacks.Callback"
                )
        if add_progbar and self._find(ProgbarLogger) is None:
            self.callbacks.append(ProgbarLogger())
        if add_history and self._find(History) is None:
            self.callbacks.append(History())
        self.history = self._find(History)
        self._hooks = {}
        self.set_params(params)
        self.set_model(model)

    def set_params(self, params):
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model):
        if model is None:
            return
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Closes what callbacks hold open: a bar, a file; also where a run broke off."""
        for callback in self.callbacks:
            callback.close()

    def _find(self, kind):
        return next((c for c in self.callbacks if isinstance(c, kind)), None)

    def listens(self, *names):
        """Whether any callback has one of these hooks."""
        return any(self._of(name) for name in names)

    def _of(self, name):
        """The hooks of this name that callbacks have overridden."""
        if name not in self._hooks:
            self._hooks[name] = [getattr(c, name) for c in self.callbacks if _overrides(c, name)]
        return self._hooks[name]

    def _call(self, name, *args):
        for hook in self._of(name):
            hook(*args)

    def _batch_end(self, name, batch, given):
        logs = None if callable(given) else flat_logs(given)
        for hook in self._of(name):
            owner = getattr(hook, "__self__", None)
            if logs is None and not getattr(owner, "makes_own_logs", False):
                logs = flat_logs(given())
            hook(batch, logs)

    def on_train_begin(self, logs=None):
        """When `fit` begins."""
        self._call("on_train_begin", flat_logs(logs))

    def on_train_end(self, logs=None):
        """When `fit` ends."""
        self._call("on_train_end", flat_logs(logs))

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch."""
        self._call("on_epoch_begin", epoch, flat_logs(logs))

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch; all callbacks share one dict of logs, sorted by name."""
        self._call("on_epoch_end", epoch, flat_logs(logs))

    def on_train_batch_begin(self, batch, logs=None):
        """Before a training step."""
        self._call("on_train_batch_begin", batch, flat_logs(logs))

    def on_train_batch_end(self, batch, logs=None):
        """After a training step; logs: a dict, or a function that is called where one is wanted."""
        self._batch_end("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs=None):
        """When `evaluate` or validation begins."""
        self._call("on_test_begin", flat_logs(logs))

    def on_test_end(self, logs=None):
        """When `evaluate` or validation ends."""
        self._call("on_test_end", flat_logs(logs))

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of `evaluate`."""
        self._call("on_test_batch_begin", batch, flat_logs(logs))

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of `evaluate`; see `on_train_batch_end`."""
        self._batch_end("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs=None):
        """When `predict` begins."""
        self._call("on_predict_begin", flat_logs(logs))

    def on_predict_end(self, logs=None):
        """When `predict` ends."""
        self._call("on_predict_end", flat_logs(logs))

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of `predict`."""
        self._call("on_predict_batch_begin", batch, flat_logs(logs))

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of `predict`; see `on_train_batch_end`."""
        self._batch_end("on_predict_batch_end", batch, logs)


def as_callback_list(callbacks, model, verbose, epochs, steps, history=False):
    """The callbacks of a run of `model`; a `CallbackList` stays as it is."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    return CallbackList(
        callbacks, history, bool(verbose), model, verbose=verbose, epochs=epochs, steps=steps
    )


def _overrides(callback, name):
    """Whether a hook does anything: here, or through its alias of Keras 1."""
    names = [name]
    if name.startswith("on_train_batch"):
        names.append(name.replace("train_", ""))
    return any(
        getattr(getattr(callback, n), "__func__", None) is not getattr(Callback, n) for n in names
    )

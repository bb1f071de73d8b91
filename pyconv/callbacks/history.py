"""What `fit` returns."""

from pyconv.callbacks.callback import Callback


class History(Callback):
    """Logs of the epochs that `fit` ran: after a resume of those that were left.

    Attributes:
        history: a dict from each key of the logs to its values, one an epoch.
        epoch: the epochs' numbers, from 0.
        model: the model that was trained.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 2.0})
        >>> history.on_epoch_end(1, {"loss": 1.0})
        >>> history.history
        {'loss': [2.0, 1.0]}
    """

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)

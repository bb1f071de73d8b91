"""Averages of weights in the place of weights."""

from pyconv.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the optimizer's averages in the place of the weights while the model is tested, and the
    weights back afterwards. The optimizer needs `use_ema=True`.

    Args:
        swap_on_epoch: whether averages are there from the end of an epoch to the next one's
            beginning, for callbacks such as `ModelCheckpoint`.

    Raises:
        ValueError: the optimizer keeps no averages.

    Example:
        >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
        True
    """

    kept = ("_ema_weights_in_model",)

    def __init__(self, swap_on_epoch=False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def _put(self, averages):
        """Swaps unless the averages are, or are not, in the model already."""
        if self._ema_weights_in_model != averages:
            for variable, average in self._pairs():
                value = variable.numpy()
                variable.assign(average.numpy())
                average.assign(value)
            self._ema_weights_in_model = averages

    def _pairs(self):
        optimizer = self.model.optimizer
        if not optimizer.use_ema:
            raise ValueError(
                "SwapEMAWeights: expected an optimizer that keeps averages, received "
                f"{type(optimizer).__name__} with use_ema=False; set use_ema=True"
            )
        return optimizer.averages

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put(False)

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch and not self._ema_weights_in_model:
            self._put(True)
            if epoch == self.params["epochs"] - 1:
                for variable, average in self._pairs():
                    average.assign(variable.numpy())

    def on_test_begin(self, logs=None):
        self._put(True)

    def on_test_end(self, logs=None):
        self._put(False)

    def on_predict_begin(self, logs=None):
        self._put(True)

    def on_predict_end(self, logs=None):
        self._put(False)

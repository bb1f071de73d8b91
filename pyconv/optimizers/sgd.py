"""Stochastic gradient descent."""

from pyconv.optimizers.numbers import check_range
from pyconv.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted (Polyak 1964; Nesterov: Sutskever et al. 2013).

    w -= lr g without momentum; else m = mu m - lr g, then w += m, or w += mu m - lr g (Nesterov).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        momentum: mu in [0, 1].
        nesterov: whether the step looks ahead.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0, 2.0])
        >>> SGD(learning_rate=0.5).apply([[2.0, 2.0]], [w])
        >>> w.numpy()
        array([0., 1.], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.momentum = check_range("momentum", momentum, 0.0, 1.0)
        self.nesterov = bool(nesterov)
        self.rule = "sgd" if not self.momentum else "nesterov" if self.nesterov else "momentum"
        self.states = {"momentum": 0.0} if self.momentum else {}

    def constants(self):
        return (self.current_rate(), self.momentum)

    def get_config(self):
        return super().get_config() | {"momentum": self.momentum, "nesterov": self.nesterov}

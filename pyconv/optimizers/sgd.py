"""Stochastic gradient descent."""

import numpy as np

from pyconv.graph import Variable
from pyconv.ops.update import sgd_update
from pyconv.optimizers.optimizer import Optimizer, check_range


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
        name="SGD",
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.momentum = check_range("momentum", momentum, 0.0, 1.0)
        self.nesterov = bool(nesterov)
        self._velocity = None  # m of all variables, one after another
        self._offsets = {}

    @property
    def variables(self):
        return super().variables + ([] if self._velocity is None else [self._velocity])

    def step_scalars(self):
        """(learning rate, momentum, weight decay), as the op `sgd` reads them."""
        return (self.current_rate(), self.momentum, self.weight_decay)

    def update(self, gradients, variables):
        velocity = self._velocity_of(variables) if self.momentum else None
        decay = [self.decays(v) for v in variables]
        sgd_update(self.scalars, velocity, list(variables), list(gradients), decay, self.nesterov)

    def _velocity_of(self, variables):
        """The velocity, laid out for these variables; what was known of them is kept."""
        if list(self._offsets) != list(variables):
            before, known = self._velocity, self._offsets
            flat = np.zeros(sum(v.size for v in variables), "float32")
            self._offsets, start = {}, 0
            for v in variables:
                if v in known:
                    flat[start : start + v.size] = before.numpy()[known[v] : known[v] + v.size]
                self._offsets[v] = start
                start += v.size
            self._velocity = Variable(flat, trainable=False, name="velocity")
        return self._velocity

    def get_config(self):
        return super().get_config() | {"momentum": self.momentum, "nesterov": self.nesterov}

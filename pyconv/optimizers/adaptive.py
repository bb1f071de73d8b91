"""Optimizers that scale each gradient by how large it has been: RMSprop, Adam, AdamW."""

import math

from pyconv import ops
from pyconv.optimizers.optimizer import Optimizer, check_range


class RMSprop(Optimizer):
    """w -= lr g / sqrt(v + epsilon), with v the running mean of g^2 (Tieleman & Hinton 2012).

    v = rho v + (1 - rho) g^2; centred: v - a^2 instead of v, with a the running mean of g;
    with momentum mu: m = mu m + lr g / sqrt(v + epsilon) and w -= m.

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        rho: in [0, 1].
        momentum: mu in [0, 1].
        epsilon: keeps the root from 0.
        centered: whether the squared mean is taken off.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> RMSprop(learning_rate=0.1, rho=0.0).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name="rmsprop",
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.rho = check_range("rho", rho, 0.0, 1.0)
        self.momentum = check_range("momentum", momentum, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)
        self.centered = bool(centered)

    def update(self, gradients, variables):
        self.decay_weights(variables)
        rate = self.scalars[0]
        for g, w in zip(gradients, variables, strict=True):
            step = g * rate / ops.sqrt(self._spread(g, w) + self.epsilon)
            if self.momentum:
                velocity = self.slot("momentum", w)
                velocity.assign(velocity * self.momentum + step)
                step = velocity
            w.assign(w - step)

    def _spread(self, g, w):
        square = _follow(self.slot("velocity", w), ops.square(g), self.rho)
        if not self.centered:
            return square
        mean = _follow(self.slot("average_gradient", w), g, self.rho)
        return square - ops.square(mean)

    def get_config(self):
        return super().get_config() | {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adam(Optimizer):
    """w -= a m / (sqrt(v) + epsilon), with a = lr sqrt(1 - beta_2^t) / (1 - beta_1^t) at update t.

    m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g^2 (Kingma & Ba 2014, the form
    before section 2.1); amsgrad: the largest v so far instead of v (Reddi et al. 2018).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        beta_1, beta_2: in [0, 1).
        epsilon: keeps the root from 0.
        amsgrad: see above.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Adam(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name="adam",
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.beta_1 = check_range("beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = check_range("beta_2", beta_2, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)
        self.amsgrad = bool(amsgrad)

    def step_scalars(self):
        rate, t = self.current_rate(), self.updates() + 1
        corrected = rate * math.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        return (corrected, rate * self.weight_decay)

    def update(self, gradients, variables):
        self.decay_weights(variables)
        rate = self.scalars[0]
        for g, w in zip(gradients, variables, strict=True):
            mean = _follow(self.slot("momentum", w), g, self.beta_1)
            square = _follow(self.slot("velocity", w), ops.square(g), self.beta_2)
            if self.amsgrad:
                largest = self.slot("velocity_hat", w)
                largest.assign(ops.maximum(largest, square))
                square = largest
            w.assign(w - mean * rate / (ops.sqrt(square) + self.epsilon))

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with weight decay w -= w weight_decay lr beside the gradient (Loshchilov & Hutter 2017).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        weight_decay: 0.004 by default.
        beta_1, beta_2, epsilon, amsgrad: see `Adam`.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name:
            see `Optimizer`.

    Example:
        >>> AdamW().weight_decay
        0.004
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name="adamw",
        **kwargs,
    ):
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, clipnorm, clipvalue,
            global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip


def _follow(average, value, share):
    """average = share * average + (1 - share) * value; the variable, which reads as the new one."""
    average.assign(average * share + value * (1.0 - share))
    return average

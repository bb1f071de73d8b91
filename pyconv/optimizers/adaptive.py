"""Optimizers that scale each gradient by how large it has been: RMSprop, Adagrad, Adadelta."""

from pyconv.optimizers.numbers import check_range, shares
from pyconv.optimizers.optimizer import Optimizer


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
        name=None,
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
        also = "_centered" * self.centered + "_momentum" * bool(self.momentum)
        self.rule = "rmsprop" + also
        names = ["velocity"] + ["average_gradient"] * self.centered
        self.states = dict.fromkeys(names + ["momentum"] * bool(self.momentum), 0.0)

    @property
    def squares(self):
        return None if self.centered else ("velocity", self.rho)

    @property
    def slot_groups(self):
        order = ("velocity", "momentum", "average_gradient")
        return [(name,) for name in order if name in self.states]

    def constants(self):
        return (self.current_rate(), *shares(self.rho), self.epsilon, self.momentum)

    def get_config(self):
        return super().get_config() | {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adagrad(Optimizer):
    """w -= lr g / sqrt(a + epsilon), with a the sum of g^2 so far (Duchi et al. 2011).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        initial_accumulator_value: a before the first update, at least 0.
        epsilon: keeps the root from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Adagrad(learning_rate=0.1, initial_accumulator_value=0.0).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    rule = "adagrad"
    squares = ("accumulator", 1.0)

    def __init__(
        self,
        learning_rate=0.001,
        initial_accumulator_value=0.1,
        epsilon=1e-7,
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
        self.initial_accumulator_value = check_range(
            "initial_accumulator_value", initial_accumulator_value, 0.0, None
        )
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)
        self.states = {"accumulator": self.initial_accumulator_value}

    def constants(self):
        return (self.current_rate(), self.epsilon)

    def get_config(self):
        return super().get_config() | {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }


class Adadelta(Optimizer):
    """w -= lr s, with the step s = sqrt(d + epsilon) / sqrt(v + epsilon) g (Zeiler 2012).

    v = rho v + (1 - rho) g^2 before, d = rho d + (1 - rho) s^2 after the step.

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        rho: in [0, 1].
        epsilon: keeps the roots from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Adadelta(learning_rate=1.0, epsilon=1e-2).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.5636], dtype=float32)
    """

    rule = "adadelta"
    states = {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.95,
        epsilon=1e-7,
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
        self.rho = check_range("rho", rho, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)

    def constants(self):
        return (self.current_rate(), *shares(self.rho), self.epsilon)

    def get_config(self):
        return super().get_config() | {
            "rho": self.rho,
            "epsilon": self.epsilon,
        }

"""Adam and its kin: running means of the gradient and of its size."""

import math

from pyconv import ops
from pyconv.graph import as_tensor
from pyconv.optimizers.numbers import check_range, shares
from pyconv.optimizers.optimizer import Optimizer
from pyconv.optimizers.places import summed


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
        name=None,
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
        self.rule = "amsgrad" if self.amsgrad else "adam"
        names = ["momentum", "velocity"] + ["velocity_hat"] * self.amsgrad
        self.states = dict.fromkeys(names, 0.0)

    @property
    def squares(self):
        return "velocity", self.beta_2

    @property
    def slot_groups(self):
        return [("momentum", "velocity")] + [("velocity_hat",)] * self.amsgrad

    def constants(self):
        t = self.updates() + 1
        rate = self.current_rate() * math.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        return (rate, *shares(self.beta_1), *shares(self.beta_2), self.epsilon)

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

    Raises:
        ValueError: weight_decay is None.

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
        name=None,
        **kwargs,
    ):
        if weight_decay is None:
            raise ValueError(
                "expected `weight_decay` to be a number, received None; use Adam for no decay"
            )
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, clipnorm, clipvalue,
            global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip


class Adamax(Optimizer):
    """w -= lr / (1 - beta_1^t) m / (u + epsilon) at update t.

    m = beta_1 m + (1 - beta_1) g, u = max(beta_2 u, |g|) (Kingma & Ba 2014, section 7.1).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        beta_1, beta_2: in [0, 1).
        epsilon: keeps the divisor from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Adamax(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    rule = "adamax"
    states = {"momentum": 0.0, "norm": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
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
        self.beta_1 = check_range("beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = check_range("beta_2", beta_2, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)

    @property
    def squares(self):
        return "norm", self.beta_2

    def count_places(self, gradient, places, variable):
        """The largest norm so far is at least the sum of what lookups add, each without sign."""
        slot = self.slot("norm", variable)
        slot.assign(ops.maximum(as_tensor(slot), summed(places, ops.abs) / self.beta_2))

    def constants(self):
        rate = self.current_rate() / (1.0 - self.beta_1 ** (self.updates() + 1))
        return (rate, *shares(self.beta_1), self.beta_2, self.epsilon)

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


class Nadam(Optimizer):
    """Adam with Nesterov's momentum: w -= lr m' / (sqrt(v / (1 - beta_2^t)) + epsilon).

    m and v as `Adam`; m' = u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t), with
    u_t = beta_1 (1 - 0.5 0.96^t) and U_t = u_1 u_2 ... u_t (Dozat 2016).

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        beta_1, beta_2: in [0, 1).
        epsilon: keeps the root from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Nadam(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.8937], dtype=float32)
    """

    rule = "nadam"
    states = {"momentum": 0.0, "velocity": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
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
        self.beta_1 = check_range("beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = check_range("beta_2", beta_2, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._product = self.add_variable((), "ones", name="product")  # U_t

    @property
    def squares(self):
        return "velocity", self.beta_2

    def constants(self):
        t = self.updates() + 1
        now, then, product = self._momentum(t), self._momentum(t + 1), self._next_product()
        factors = (then / (1.0 - product * then), (1.0 - now) / (1.0 - product))
        spread = 1.0 / (1.0 - self.beta_2**t)
        adam = (*shares(self.beta_1), *shares(self.beta_2), self.epsilon)
        return (self.current_rate(), *adam, *factors, spread)

    def _momentum(self, t):
        return self.beta_1 * (1.0 - 0.5 * 0.96**t)

    def _next_product(self):
        return float(self._product.numpy()) * self._momentum(self.updates() + 1)

    def finish_step(self):
        if self.phase()[0]:
            self._product.put(self._next_product())
        super().finish_step()

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }

"""Optimizers that train an average, or a sum, beside the weights: Ftrl, ScheduleFreeAdamW."""

from pyconv import ops
from pyconv.graph import as_tensor
from pyconv.initializers import Constant
from pyconv.optimizers.optimizer import Optimizer, check_range


class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al. 2013): with n' = n + g^2, p = learning_rate_power
    and z += g - (n'^-p - n^-p) / lr w,

    w = (clip(z, -l1, l1) - z) / (n'^-p / lr + 2 l2 + beta / lr).

    Args:
        learning_rate: lr: a float or a `LearningRateSchedule`.
        learning_rate_power: p, at most 0.
        initial_accumulator_value: n before the first update.
        l1_regularization_strength, l2_regularization_strength: l1 and l2.
        l2_shrinkage_regularization_strength: g is g + 2 times this times w in z.
        beta: see the equation.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: see
            `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([0.0])
        >>> Ftrl(learning_rate=0.1, initial_accumulator_value=0.0).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([-0.1], dtype=float32)
    """

    states = {"accumulator": 0.1, "linear": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
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
        self.learning_rate_power = -check_range(
            "-learning_rate_power", -learning_rate_power, 0, None
        )
        self.initial_accumulator_value = check_range(
            "initial_accumulator_value", initial_accumulator_value, 0.0, None
        )
        self.l1_regularization_strength = check_range(
            "l1_regularization_strength", l1_regularization_strength, 0.0, None
        )
        self.l2_regularization_strength = check_range(
            "l2_regularization_strength", l2_regularization_strength, 0.0, None
        )
        self.l2_shrinkage_regularization_strength = check_range(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, 0.0, None
        )
        self.beta = beta
        self.states = {"accumulator": self.initial_accumulator_value, "linear": 0.0}

    def update_step(self, gradient, variable, learning_rate):
        w, power = as_tensor(variable), -self.learning_rate_power
        n, z = self.slot("accumulator", variable), self.slot("linear", variable)
        total = as_tensor(n) + ops.square(gradient)
        grown = ops.power(total, power)
        slope = (grown - ops.power(as_tensor(n), power)) / learning_rate
        shrunk = gradient + 2.0 * self.l2_shrinkage_regularization_strength * w
        linear = as_tensor(z) + shrunk - slope * w
        bound = self.l1_regularization_strength
        curvature = (grown + self.beta) / learning_rate + 2.0 * self.l2_regularization_strength
        n.assign(total)
        z.assign(linear)
        self.assign(variable, (ops.clip(linear, -bound, bound) - linear) / curvature)

    def get_config(self):
        names = (
            "learning_rate_power initial_accumulator_value l1_regularization_strength "
            "l2_regularization_strength l2_shrinkage_regularization_strength beta"
        )
        return super().get_config() | {name: getattr(self, name) for name in names.split()}


class ScheduleFreeAdamW(Optimizer):
    """Gradients at y, steps of z, and their mean x, so that no schedule is needed (Defazio et al.
    2024): z -= lr g / (sqrt(v / (1 - beta_2^t)) + epsilon), x += (z - x) / t,
    y = (1 - beta_1) z + beta_1 x at update t; the variables are y.

    Args:
        learning_rate: lr: a float or a `LearningRateSchedule`.
        beta_1: in (0, 1].
        beta_2: in [0, 1).
        epsilon: keeps the divisor from 0.
        warmup_steps: updates in which lr grows linearly from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: see
            `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> ScheduleFreeAdamW(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.0025,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        warmup_steps=0,
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
        self.warmup_steps = warmup_steps

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        for i, v in enumerate(self._trained):
            here = Constant(v.numpy())
            self._slots["momentum", i] = self.add_variable_from_reference(v, "momentum", here)
            self._slots["velocity", i] = self.add_variable_from_reference(v, "velocity")

    def constants(self):
        t = self.updates() + 1
        warm = min(t / self.warmup_steps, 1.0) if self.warmup_steps > 0 else 1.0
        return (self.current_rate(), warm, 1.0 - self.beta_2**t, 1.0 / t)

    def update_step(self, gradient, variable, learning_rate):
        slot, share = self.slot("momentum", variable), 1.0 - self.beta_1
        v = self.follow("velocity", variable, ops.square(gradient), self.beta_2)
        before = as_tensor(slot)
        root = ops.sqrt(v / self.constant(2)) + self.epsilon
        z = before - learning_rate * self.constant(1) * gradient / root
        x = (as_tensor(variable) - before * share) / self.beta_1
        x = x + (z - x) * self.constant(3)
        slot.assign(z)
        self.assign(variable, z * share + x * self.beta_1)

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }

"""Follow the regularized leader."""

from pyconv import ops
from pyconv.graph import as_tensor
from pyconv.optimizers.numbers import check_range
from pyconv.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """Follows the regularized leader, w = (clip(z, -l1, l1) - z) / (n'^-p / lr + 2 l2 + beta / lr).

    n' = n + g^2, z += g - (n'^-p - n^-p) / lr w, p = learning_rate_power (McMahan et al. 2013).

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
        check_range("-learning_rate_power", -learning_rate_power, 0.0, None)
        self.learning_rate_power = learning_rate_power
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

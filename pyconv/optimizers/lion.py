"""Lion: steps of one size, by the sign of a running mean."""

from pyconv.optimizers.numbers import check_range, shares
from pyconv.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """w -= lr sign(beta_1 m + (1 - beta_1) g), then m = beta_2 m + (1 - beta_2) g.

    Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms".

    Args:
        learning_rate: lr: a number or a `LearningRateSchedule`.
        beta_1: in (0, 1].
        beta_2: in [0, 1].
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Lion(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    rule = "lion"
    states = {"momentum": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.99,
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
        if self.beta_1 == 0.0:
            raise ValueError(
                "expected `beta_1` above 0, received 0: only the sign of g would count"
            )

    def constants(self):
        return (self.current_rate(), *shares(self.beta_1), *shares(self.beta_2))

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }

"""Learning rates that follow the number of updates."""

import math


class LearningRateSchedule:
    """Base of all schedules: a subclass defines `__call__(step)`, the rate of that update.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 / 2**step
        >>> Halving()(2)
        0.025
    """

    def __call__(self, step):
        """The learning rate after `step` updates, a float."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step)")

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The schedule that `get_config` described."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: updates after which the rate has been multiplied by decay_rate.
        decay_rate: the factor.
        staircase: whether step / decay_steps is rounded down.
        name: for configs.

    Example:
        >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(10)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="ExponentialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        power = int(step) / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(power) if self.staircase else power
        )

    def get_config(self):
        return dict(vars(self))


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including step boundaries[i], the last value from then on.

    Args:
        boundaries: increasing numbers of updates.
        values: rates, one more than boundaries.
        name: for configs.

    Example:
        >>> schedule = PiecewiseConstantDecay([100], [0.1, 0.01])
        >>> schedule(100), schedule(101)
        (0.1, 0.01)
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"expected one value more than boundaries, received {len(values)} values and "
                f"{len(boundaries)} boundaries; add the rate that follows the last boundary"
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step):
        return float(self.values[sum(int(step) > boundary for boundary in self.boundaries)])

    def get_config(self):
        return dict(vars(self))


class CosineDecay(LearningRateSchedule):
    """r (a + (1 - a) (1 + cos(pi step / decay_steps)) / 2) (Loshchilov & Hutter 2016).

    Args:
        initial_learning_rate: the rate r; where the warm-up starts if there is one.
        decay_steps: updates until the rate has fallen to a r.
        alpha: the share a.
        name: for configs.
        warmup_target: the rate that warm-up rises to linearly and decay starts from; None: no
            warm-up.
        warmup_steps: updates of the warm-up.

    Example:
        >>> schedule = CosineDecay(0.1, decay_steps=10)
        >>> schedule(0), schedule(10)
        (0.1, 0.0)
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step, start, top = int(step), self.initial_learning_rate, self.warmup_target
        if top is None:
            return self._decayed(start, step)
        if step < self.warmup_steps:
            return start + (top - start) * step / self.warmup_steps
        return self._decayed(top, step - self.warmup_steps)

    def _decayed(self, rate, step):
        share = min(step, self.decay_steps) / self.decay_steps
        cosine = 0.5 * (1.0 + math.cos(math.pi * share))
        return rate * ((1.0 - self.alpha) * cosine + self.alpha)

    def get_config(self):
        return dict(vars(self))


def _positive(decay_steps):
    if not decay_steps > 0:
        raise ValueError(f"expected `decay_steps` above 0, received {decay_steps!r}")
    return decay_steps

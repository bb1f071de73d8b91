"""Learning rates that follow the number of steps."""

import math

import numpy as np

from pyconv.graph import as_array
from pyconv.utils.registry import Registry


class LearningRateSchedule:
    """Base of all schedules: a subclass defines `__call__(step)`, in ops or as plain Python.

    Those of this module define `rate(step)` instead, from a number to a float.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 / 2**step
        >>> Halving()(2)
        0.025
    """

    def __call__(self, step):
        """The learning rate after `step` steps, an array of one float32."""
        return as_array(np.float32(self.rate(float(step))))

    def rate(self, step):
        """The learning rate after `step` steps, a float."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step)")

    def get_config(self):
        """The arguments of the constructor; a subclass that is to be saved defines it."""
        if type(self).__module__ != __name__ or type(self) is LearningRateSchedule:
            raise NotImplementedError(
                f"{type(self).__name__} must define get_config() to be saved; return the arguments "
                "of its constructor as a dict"
            )
        return dict(vars(self))

    @classmethod
    def from_config(cls, config):
        """The schedule that `get_config` described."""
        return cls(**config)


def rate_of(schedule, step):
    """The learning rate after `step` steps, a float."""
    if type(schedule).__call__ is LearningRateSchedule.__call__:
        return float(schedule.rate(step))
    return float(np.asarray(schedule(as_array(np.int32(step)))))


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: updates after which the rate has been multiplied by decay_rate.
        decay_rate: the factor.
        staircase: whether step / decay_steps is rounded down.
        name: for configs.

    Example:
        >>> round(float(ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(10)), 4)
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

    def rate(self, step):
        return self.initial_learning_rate * self.decay_rate ** _passed(self, step)


class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: see the equation.
        decay_rate: see the equation.
        staircase: whether step / decay_steps is rounded down.
        name: for configs.

    Example:
        >>> round(float(InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(10)), 4)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="InverseTimeDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def rate(self, step):
        return self.initial_learning_rate / (1.0 + self.decay_rate * _passed(self, step))


class PolynomialDecay(LearningRateSchedule):
    """(initial - end) (1 - step / decay_steps)^power + end, and `end` from decay_steps on.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: steps until the rate is end_learning_rate.
        end_learning_rate: the least rate.
        power: 1 is linear.
        cycle: whether it rises again: decay_steps then grows to its next multiple above step.
        name: for configs.

    Example:
        >>> round(float(PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)(5)), 4)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def rate(self, step):
        steps = self.decay_steps * (max(math.ceil(step / self.decay_steps), 1) if self.cycle else 1)
        left = 1.0 - min(step, steps) / steps
        start, end = self.initial_learning_rate, self.end_learning_rate
        return (start - end) * left**self.power + end


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including step boundaries[i], the last value from then on.

    Args:
        boundaries: increasing numbers of updates.
        values: rates, one more than boundaries.
        name: for configs.

    Example:
        >>> schedule = PiecewiseConstantDecay([100], [0.1, 0.01])
        >>> [round(float(schedule(step)), 4) for step in (100, 101)]
        [0.1, 0.01]
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

    def rate(self, step):
        return self.values[sum(step > boundary for boundary in self.boundaries)]


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
        >>> [round(float(schedule(step)), 4) for step in (0, 5, 10)]
        [0.1, 0.05, 0.0]
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

    def rate(self, step):
        start, top = self.initial_learning_rate, self.warmup_target
        if top is None:
            return self._decayed(start, step)
        if step < self.warmup_steps:
            return start + (top - start) * step / self.warmup_steps
        return self._decayed(top, step - self.warmup_steps)

    def _decayed(self, rate, step):
        share = min(step, self.decay_steps) / self.decay_steps
        cosine = 0.5 * (1.0 + math.cos(math.pi * share))
        return rate * ((1.0 - self.alpha) * cosine + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay that starts again, each time for longer (Loshchilov & Hutter 2016, SGDR).

    In period i, of first_decay_steps t_mul^i steps, of which the share s has passed:
    r (a + (1 - a) m_mul^i (1 + cos(pi s)) / 2).

    Args:
        initial_learning_rate: the rate r.
        first_decay_steps: steps of period 0.
        t_mul: how much longer each period is than the one before.
        m_mul: the factor of the rate from period to period.
        alpha: the share a.
        name: for configs.

    Example:
        >>> schedule = CosineDecayRestarts(0.1, first_decay_steps=10)
        >>> [round(float(schedule(step)), 4) for step in (0, 5, 10, 20)]
        [0.1, 0.05, 0.1, 0.05]
    """

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="SGDRDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive(first_decay_steps, "first_decay_steps")
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def rate(self, step):
        period, share = self._period(step / self.first_decay_steps)
        cosine = 0.5 * self.m_mul**period * (1.0 + math.cos(math.pi * share))
        return self.initial_learning_rate * ((1.0 - self.alpha) * cosine + self.alpha)

    def _period(self, passed):
        """(number of the period, share of it that has passed); `passed` is in first periods."""
        if self.t_mul == 1.0:
            return math.floor(passed), passed - math.floor(passed)
        # the small term: a period begins at its first step, whatever the logarithms round to
        grown = 1.0 - passed * (1.0 - self.t_mul)
        period = math.floor(math.log(grown) / math.log(self.t_mul) + 1e-9)
        before = (1.0 - self.t_mul**period) / (1.0 - self.t_mul)
        return period, (passed - before) / self.t_mul**period


def _passed(schedule, step):
    """How often decay_steps have passed, in whole where it is a staircase."""
    passed = step / schedule.decay_steps
    return math.floor(passed) if schedule.staircase else passed


def _positive(steps, name="decay_steps"):
    if not steps > 0:
        raise ValueError(f"expected `{name}` above 0, received {steps!r}")
    return steps


_registry = Registry(
    "optimizers.schedule",
    [
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
    ],
)
deserialize = _registry.deserialize


def serialize(learning_rate_schedule):
    """The config of a schedule in the form that Keras writes.

    Example:
        >>> serialize(CosineDecay(0.1, 10))["class_name"]
        'CosineDecay'
    """
    return _registry.serialize(learning_rate_schedule)

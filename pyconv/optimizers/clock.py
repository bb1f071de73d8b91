"""What changes between the steps of an optimizer: rate, counter, the numbers of its rule."""

from functools import partial

import numpy as np

from pyconv import ops
from pyconv.graph import Variable, as_array, as_tensor, current_trace
from pyconv.ops.update import SCALARS
from pyconv.optimizers.numbers import check_range
from pyconv.optimizers.schedules import LearningRateSchedule, rate_of
from pyconv.optimizers.state import State

#: Where `scalars` have the rule's first constant, and, behind what sweeps read, the learning rate.
FIRST, RATE = 2, SCALARS


class Clock(State):
    """The part of `Optimizer` that is data of the steps: what plans read in `scalars` and count."""

    def _init_clock(self, learning_rate):
        self._iterations = self.add_variable((), dtype="int64", name="iteration")
        self._count = (self._iterations.version, 0)
        self._scalars = []  # for each update of a step: (values written, variable)
        self.scalars = None
        self._schedule = learning_rate if callable(learning_rate) else None
        self._rate = None
        if self._schedule is None:
            if not isinstance(learning_rate, (float, np.floating)):
                raise ValueError(
                    "expected `learning_rate` to be a float, a LearningRateSchedule or a function, "
                    f"received {learning_rate!r}; for example 0.01"
                )
            rate = check_range("learning_rate", learning_rate, 0.0, None)
            self._rate = self.add_variable((), name="learning_rate")
            self._rate.assign(np.float32(rate))
            self._rate_seen = (self._rate.version, float(self._rate.numpy()))

    @property
    def learning_rate(self):
        """The rate of the next update: a `Variable`, or an array where a schedule sets it, which is
        a tensor within a step."""
        if self._schedule is None:
            return self._rate
        if current_trace() is not None:
            return self._rate_within(current_trace())
        return as_array(np.float32(self.current_rate()))

    @learning_rate.setter
    def learning_rate(self, value):
        if callable(value):
            self._schedule = value
            self._kept = [v for v in self._kept if v is not self._rate]
        elif self._rate is None or self._schedule is not None:
            raise TypeError(
                f"optimizer {self.name}: its learning rate follows a schedule; expected another "
                f"LearningRateSchedule, received {value!r}; compile with a number to set it freely"
            )
        else:
            value = check_range("learning_rate", float(np.asarray(value)), 0.0, None)
            self._rate.assign(np.float32(value))

    def current_rate(self):
        """The learning rate of the next update as a float."""
        if self._schedule is None:
            if self._rate_seen[0] != self._rate.version:
                self._rate_seen = (self._rate.version, float(self._rate.numpy()))
            return self._rate_seen[1]
        by_step = isinstance(self._schedule, LearningRateSchedule)
        return rate_of(self._schedule, self.count()) if by_step else float(self._schedule())

    def _rate_within(self, trace):
        """The schedule's rate at this place of the step that is being traced."""
        rate = Variable(np.zeros(()), trainable=False, name="learning_rate")
        updated = self._turns(trace) > 0

        def write():
            count = self.count() + updated  # the latest update is counted after the run
            by_step = isinstance(self._schedule, LearningRateSchedule)
            rate.assign(np.float32(rate_of(self._schedule, count) if by_step else self._schedule()))

        trace.before.append(write)
        return as_tensor(rate)

    def _turns(self, trace):
        """How often it has updated in the step that is being traced."""
        return sum(getattr(call, "func", None) == self.prepare_step for call in trace.before)

    @property
    def iterations(self):
        """The number of updates so far: an int64 `Variable`, or with accumulated gradients what
        follows from it."""
        steps = self.gradient_accumulation_steps
        if not steps:
            return self._iterations
        if current_trace() is None:
            return as_array(np.int64(self.updates()))
        count = ops.cast(as_tensor(self._iterations), "float32")
        return ops.cast(ops.floor(count / steps), "int32")

    def count(self):
        """The number of steps so far, an int."""
        if self._count[0] != self._iterations.version:
            self._count = (self._iterations.version, int(self._iterations.numpy()))
        return self._count[1]

    def updates(self):
        """The number of updates so far, an int."""
        return self.count() // (self.gradient_accumulation_steps or 1)

    def phase(self, turn=0):
        """What the next step, or the one `turn` steps later, does: whether it updates rather than
        adds to the sums of gradients, and whether averages replace the variables."""
        steps, count = self.gradient_accumulation_steps, self.count() + turn + 1
        updates = not steps or count % steps == 0
        frequency = self.ema_overwrite_frequency if self.use_ema else None
        number = (count - 1) // (steps or 1) + 1
        return updates, bool(frequency) and number % frequency == 0

    def join(self, trace):
        """Has each run of the plan that is being traced write the scalars of a step before, and
        count the step after. An optimizer may take several turns in a plan, which then counts the
        earlier ones ahead of the run.

        Returns:
            The phase of the step.
        """
        turn = self._turns(trace)
        if turn:
            trace.before.append(self.finish_step)
        else:
            trace.after.append(self.finish_step)
        trace.before.append(partial(self.prepare_step, turn))
        if turn == len(self._scalars):
            scalars = Variable(np.zeros(RATE + 1), trainable=False, name="scalars")
            self._scalars.append((None, scalars))
        self.scalars = self._scalars[turn][1]
        if self.gradient_accumulation_steps or (self.use_ema and self.ema_overwrite_frequency):
            trace.choices[id(self), turn] = partial(self.phase, turn)
        return self.phase(turn)

    def prepare_step(self, turn=0):
        """Writes the next step's scalars, to where the plan's `turn`-th update reads them."""
        # the first update's average is the variable itself
        average = self.ema_momentum if self.use_ema and self.updates() else 0.0
        rate = self.current_rate()
        values = (rate, rate * (self.weight_decay or 0.0), average, *self.constants())
        written, scalars = self._scalars[turn]
        if values != written:
            scalars.put((*values[1:], *(0.0,) * (RATE + 1 - len(values)), rate))
            self._scalars[turn] = (values, scalars)

    def finish_step(self):
        """Counts the step."""
        count = self.count() + 1
        self._iterations.put(count)
        self._count = (self._iterations.version, count)

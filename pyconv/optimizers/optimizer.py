"""The contract of optimizers: updates are a part of the step, rates and counters are its data."""

import warnings

import numpy as np

from pyconv.graph import Variable, current_trace
from pyconv.ops.update import SCALARS, update
from pyconv.optimizers.clipping import Clipping
from pyconv.optimizers.schedules import LearningRateSchedule
from pyconv.plan import Function
from pyconv.plan.function import as_buffer


class Optimizer:
    """Base of all optimizers: a subclass names its `rule` and `states` and defines `constants`.

    The update is one sweep over all variables (`pyconv.ops.update`), a part of each plan that
    trains. What changes between steps (learning rate, momentum, bias corrections) is in `scalars`,
    which `prepare_step` writes before a step. A subclass without a rule defines `update`, in ops.

    Args:
        learning_rate: a number, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: w -= w * weight_decay * learning_rate before each update; None or 0: none.
        clipnorm: largest norm of each variable's gradient.
        clipvalue: largest magnitude of a gradient's elements.
        global_clipnorm: largest norm of all gradients together.
        use_ema: whether averages of the variables are kept, which replace them after training:
            average = ema_momentum * average + (1 - ema_momentum) * w.
        ema_momentum: see use_ema.
        ema_overwrite_frequency: number of updates after which the averages replace the variables;
            None: only after training.
        loss_scale_factor, gradient_accumulation_steps: only None.
        name: for logs and configs.

    Raises:
        ValueError: an argument out of its range, or one that is not supported.
    """

    def __init__(
        self,
        learning_rate,
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
        _refuse(
            type(self).__name__,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            **kwargs,
        )
        self.name = name or type(self).__name__.lower()
        self.weight_decay = check_range("weight_decay", weight_decay or 0.0, 0.0, None)
        self.clipping = Clipping(clipnorm, clipvalue, global_clipnorm)
        self.use_ema = use_ema
        self.ema_momentum = check_range("ema_momentum", ema_momentum, 0.0, 1.0)
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self._schedule = learning_rate if callable(learning_rate) else None
        rate = 0.0 if self._schedule else check_range("learning_rate", learning_rate, 0.0, None)
        self._rate = _state((), "learning_rate", rate)
        self._rate_seen = (self._rate.version, rate)
        self._iterations = Variable(0, shape=(), dtype="int32", trainable=False, name="iterations")
        self._steps = (self._iterations.version, 0)
        self._slots = {}
        self._functions = {}
        self._no_decay = set()
        self._no_decay_names = []
        self._scalars_written = None
        self.scalars = None

    # What subclasses define

    #: The sweep's rule: a name of `pyconv.ops.update.RULES`; None: `update` is in ops.
    rule = None

    #: What the rule keeps of each variable, in its order: the first values by name.
    states = {}

    def constants(self):
        """The rule's numbers in the next step, a tuple of floats."""
        return (self.current_rate(),)

    def update(self, gradients, variables):
        """Makes the update a part of the step that is being traced, in ops. Gradients are clipped;
        `scalars` are the decay, the average's share, and `constants`."""
        raise NotImplementedError(f"optimizer {self.name}: {type(self).__name__} lacks update")

    # Data that steps read

    @property
    def learning_rate(self):
        """The rate of the next update: a `Variable`, or a float where a schedule sets it."""
        return self._rate if self._schedule is None else self.current_rate()

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(value, LearningRateSchedule):
            self._schedule = value
        elif self._schedule is not None:
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
        return float(self._schedule(self.updates()) if by_step else self._schedule())

    @property
    def iterations(self):
        """The number of updates so far, an int32 `Variable`."""
        if int(self._iterations.numpy()) != self.updates():
            self._iterations.assign(np.int32(self.updates()))
            self._steps = (self._iterations.version, self._steps[1])
        return self._iterations

    def updates(self):
        """The number of updates so far, an int: ours, unless the variable was set from outside."""
        if self._steps[0] != self._iterations.version:
            self._steps = (self._iterations.version, int(self._iterations.numpy()))
        return self._steps[1]

    def prepare_step(self):
        """Writes the next step's scalars; call it before each step's plan runs."""
        # the first step's average is the variable itself
        average = self.ema_momentum if self.updates() else 0.0
        values = (self.current_rate() * self.weight_decay, average, *self.constants())
        if values != self._scalars_written:
            if self.scalars is None:
                self.scalars = _state((SCALARS,), "scalars")
            self.scalars.assign(np.float32(values + (0.0,) * (SCALARS - len(values))))
            self._scalars_written = values

    def finish_step(self):
        """Counts the update; call it after each step's plan has run."""
        self._steps = (self._steps[0], self.updates() + 1)
        frequency = self.ema_overwrite_frequency
        if self.use_ema and frequency and self._steps[1] % frequency == 0:
            self.finalize_variable_values()

    # Updates

    @property
    def variables(self):
        """All state: iterations, learning rate and what the updates keep."""
        return [self.iterations, self._rate, *self._slots.values()]

    def slot(self, name, variable, initial=0.0):
        """State of this name that belongs to a variable, of its shape."""
        key = (name, variable)
        if key not in self._slots:
            self._slots[key] = _state(variable.shape, f"{variable.name}_{name}", initial)
        return self._slots[key]

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Weight decay leaves these variables alone; call it before training.

        Args:
            var_list: variables.
            var_names: parts of variables' names or paths, such as "bias".
        """
        self._no_decay.update(id(v) for v in var_list or ())
        self._no_decay_names += list(var_names or ())
        self._functions.clear()

    def decays(self, variable):
        """Whether weight decay changes the variable."""
        named = any(name in variable.path for name in self._no_decay_names)
        return bool(self.weight_decay) and id(variable) not in self._no_decay and not named

    def apply(self, gradients, trainable_variables):
        """Updates the variables: as part of the step inside a trace, else at once.

        Args:
            gradients: one tensor or array for each variable; None where there is none.
            trainable_variables: the variables.

        Raises:
            ValueError: no variable has a gradient.
        """
        pairs = self._with_gradient(gradients, trainable_variables)
        if current_trace() is not None:
            if self.scalars is None:
                self.prepare_step()
            self._trace_update(*zip(*pairs, strict=True))
            return
        gradients, variables = zip(*pairs, strict=True)
        key = tuple(id(v) for v in variables)
        if key not in self._functions:
            self._functions[key] = Function(
                lambda *tensors: self._trace_update(tensors, variables), batched=False
            )
        self.prepare_step()
        self._functions[key](*(as_buffer(g) for g in gradients))
        self.finish_step()

    def apply_gradients(self, grads_and_vars):
        """Updates variables by pairs (gradient, variable); see `apply`."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])

    def _with_gradient(self, gradients, variables):
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        missing = [v.path for g, v in zip(gradients, variables, strict=True) if g is None]
        if not pairs:
            raise ValueError(
                f"expected a loss that depends on the variables {missing or 'of the model'}, "
                "received no gradient for any; is the loss made of the model's outputs, and are "
                "layers trainable?"
            )
        if missing:
            warnings.warn(
                f"the loss does not depend on {', '.join(missing)}; they will not change",
                stacklevel=3,
            )
        return pairs

    def _trace_update(self, gradients, variables):
        constrained = any(getattr(v, "constraint", None) is not None for v in variables)
        if self.rule is None:
            self.update(self.clipping(gradients), variables)
        else:
            average = self.use_ema and not constrained
            self._sweep(self.rule, variables, gradients, average, **self.clipping.sweep)
        self._constrain(variables)
        if self.use_ema and (constrained or self.rule is None):
            self._sweep("none", variables, (), True)
        return []

    def _sweep(self, rule, variables, gradients, average, **clipping):
        """One sweep over the variables; see `pyconv.ops.update`."""
        kinds = self.states.items() if rule != "none" else ()
        update(
            rule,
            self.scalars,
            list(variables),
            list(gradients),
            [[self.slot(name, v, initial) for v in variables] for name, initial in kinds],
            [rule != "none" and self.decays(v) for v in variables],
            [self.slot("average", v) for v in variables] if average else None,
            **clipping,
        )

    def _constrain(self, variables):
        for variable in variables:
            constraint = getattr(variable, "constraint", None)
            if constraint is not None:
                if not callable(constraint):
                    raise TypeError(
                        f"variable {variable.path}: expected `constraint` as a function of the "
                        f"variable that returns its new value, received {constraint!r}"
                    )
                variable.assign(constraint(variable))

    def decay_weights(self, variables):
        """w -= w * weight_decay * learning_rate for the variables that decay, in ops."""
        for variable in variables:
            if self.decays(variable):
                variable.assign(variable - variable * self.scalars[0])

    def finalize_variable_values(self, var_list=None):
        """Replaces variables by their averages, where `use_ema` keeps them."""
        for (name, variable), average in self._slots.items():
            wanted = var_list is None or any(v is variable for v in var_list)
            if name == "average" and wanted:
                variable.assign(average.numpy())

    def get_config(self):
        """The arguments of the constructor."""
        rate = self._schedule or self.current_rate()
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay or None,
            **self.clipping.get_config(),
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
        }

    @classmethod
    def from_config(cls, config):
        """The optimizer that `get_config` described."""
        return cls(**config)


def check_range(name, value, low, high):
    """The value as a float; raises ValueError unless it is a number in [low, high]."""
    number = isinstance(value, (int, float, np.number, np.ndarray)) and np.ndim(value) == 0
    if not number or not value >= low or (high is not None and value > high):
        bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise ValueError(f"expected `{name}` to be a number {bounds}, received {value!r}")
    return float(value)


def shares(beta):
    """What a running mean keeps of itself, and takes of what is new."""
    return (beta, 1.0 - beta)


def _state(shape, name, initial=0.0):
    return Variable(np.full(shape, initial, "float32"), trainable=False, name=name)


def _refuse(optimizer, **arguments):
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise ValueError(
            f"{optimizer}: expected arguments that its documentation lists, received also "
            f"{', '.join(given)}, which it cannot honour; leave them out"
        )

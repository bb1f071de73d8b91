"""The contract of optimizers: updates are a part of the step, rates and counters are its data."""

import re
import warnings

import numpy as np

from pyconv import ops
from pyconv.graph import as_tensor, current_trace
from pyconv.ops.update import SCALARS, update
from pyconv.optimizers.clipping import Clipping
from pyconv.optimizers.clock import FIRST, RATE, Clock
from pyconv.optimizers.numbers import check_count, check_range
from pyconv.optimizers.places import clipped, excess, places_of
from pyconv.optimizers.schedules import LearningRateSchedule
from pyconv.optimizers.schedules import deserialize as schedule_from_config
from pyconv.optimizers.schedules import serialize as schedule_config
from pyconv.plan import Function
from pyconv.plan.function import as_buffer
from pyconv.utils.naming import default_name, unique_name


class Optimizer(Clock):
    """Base of all optimizers.

    Those of this package name their `rule` and `states` and define `constants`: their update is one
    sweep over all variables (`pyconv.ops.update`), a part of each plan that trains. What changes
    between steps (learning rate, momentum, bias corrections) is in `scalars`, which `prepare_step`
    writes before a step. A subclass may instead, as in Keras, define `update_step`, in ops, and in
    `build` make what it needs with `add_variable_from_reference`.

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: w -= w * weight_decay * learning_rate before each update; None or 0: none.
        clipnorm: largest norm of each variable's gradient; 0: any.
        clipvalue: largest magnitude of a gradient's elements; 0: any.
        global_clipnorm: largest norm of all gradients together; 0: any.
        use_ema: whether averages of the variables are kept, which replace them after training:
            average = ema_momentum * average + (1 - ema_momentum) * w.
        ema_momentum: see use_ema.
        ema_overwrite_frequency: number of updates after which the averages replace the variables;
            None: only after training.
        loss_scale_factor: gradients are divided by it, since the loss was multiplied by it.
        gradient_accumulation_steps: steps whose mean gradient makes one update, at least 2; None:
            each step updates. Schedules go by steps, `iterations` counts updates.
        name: for logs and configs.

    Raises:
        ValueError: an argument out of its range, or one that is not known.

    Example:
        >>> import pyconv
        >>> class Signs(Optimizer):
        ...     def update_step(self, gradient, variable, learning_rate):
        ...         self.assign_sub(variable, learning_rate * ops.sign(gradient))
        >>> w = pyconv.Variable([1.0, 2.0])
        >>> _ = Signs(0.5).apply([[3.0, -0.1]], [w])
        >>> w.numpy()
        array([0.5, 2.5], dtype=float32)
    """

    #: Where squares of gradients are kept: a slot, and what of it a step keeps, 1 in a sum.
    squares = None

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
        _refuse(type(self).__name__, kwargs)
        self.name = name or unique_name(default_name(type(self).__name__))
        self.weight_decay = weight_decay and check_range("weight_decay", weight_decay, 0.0, None)
        self.clipnorm, self.clipvalue = clipnorm, clipvalue
        self.global_clipnorm = global_clipnorm
        self.clipping = Clipping(clipnorm, clipvalue, global_clipnorm)
        self.use_ema = use_ema
        self.ema_momentum = check_range("ema_momentum", ema_momentum, 0.0, 1.0)
        self.ema_overwrite_frequency = check_count(
            "ema_overwrite_frequency", ema_overwrite_frequency, 1
        )
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = check_count(
            "gradient_accumulation_steps", gradient_accumulation_steps, 2
        )
        self._init_state()
        self._init_clock(learning_rate)
        self._no_decay = ((), None)  # variables, pattern of names
        self._step_rate = None  # what update_step is given while a step is traced

    # What subclasses define

    #: The sweep's rule: a name of `pyconv.ops.update.RULES`; None: `update_step` is in ops.
    rule = None

    def constants(self):
        """The rule's numbers in the next step, a tuple of floats; the first one is in proportion to
        the learning rate."""
        return (self.current_rate(),)

    def update_step(self, gradient, variable, learning_rate):
        """Makes the update of one variable a part of the step that is being traced, in ops.

        Args:
            gradient: a tensor, clipped.
            variable: the variable, which has decayed.
            learning_rate: a scalar tensor.
        """
        if self.rule is None:
            raise NotImplementedError(
                f"optimizer {self.name}: {type(self).__name__} lacks update_step"
            )
        scalars = as_tensor(self.scalars)
        if learning_rate is not self._step_rate:  # a rule's first constant is in proportion to it
            others = np.ones(SCALARS + 1, "float32")
            others[FIRST] = 0.0
            scalars = scalars * (others + (1.0 - others) * (learning_rate / scalars[RATE]))
        self._sweep(self.rule, scalars, [variable], [gradient], [False])

    def count_places(self, gradient, places, variable):
        """Has the next update take the squares of what lookups of a table add one by one: the slot
        gets ahead of it what squares of their sum lack."""
        name, kept = self.squares
        share = 1.0 if kept == 1.0 else (1.0 - kept) / kept
        slot = self.slot(name, variable)
        slot.assign(as_tensor(slot) + excess(gradient, places) * share)

    def decay_step(self, variable):
        """Makes the decay of one variable a part of the step that is being traced, in ops."""
        self.assign(variable, as_tensor(variable) * (1.0 - as_tensor(self.scalars)[0]))

    def constant(self, index):
        """One of `constants`, as the step that is being traced reads it."""
        return as_tensor(self.scalars)[FIRST + index]

    def follow(self, name, variable, value, beta):
        """The running mean in a slot, mean = beta mean + (1 - beta) value, as a tensor."""
        slot = self.slot(name, variable)
        mean = as_tensor(slot) + (value - as_tensor(slot)) * (1.0 - beta)
        slot.assign(mean)
        return mean

    # Updates

    def apply(self, grads, trainable_variables=None):
        """Updates the variables: as part of the step inside a trace, else at once.

        Args:
            grads: one tensor or array for each variable; None where there is none.
            trainable_variables: the variables; None: those it was built with.

        Raises:
            ValueError: no variable has a gradient, or one is not known.
        """
        grads = list(grads)
        if not grads:
            return
        pairs = self._with_gradient(grads, self._known(grads, trainable_variables))
        grads, variables = map(list, zip(*pairs, strict=True))
        if current_trace() is not None:
            self._trace_step(grads, variables)
            return
        key = tuple(map(id, variables))
        if key not in self._functions:
            self._functions[key] = Function(
                lambda *tensors: self._trace_step(tensors, variables), batched=False
            )
        self._functions[key](*(as_buffer(g) for g in grads))

    def apply_gradients(self, grads_and_vars):
        """Updates variables by pairs (gradient, variable), see `apply`; returns the counter."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self._iterations

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, of which gradients are taken."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

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

    def _trace_step(self, gradients, variables):
        updates, overwrites = self.join(current_trace())
        if self.loss_scale_factor is not None:
            gradients = [as_tensor(g) / self.loss_scale_factor for g in gradients]
        if self.gradient_accumulation_steps:
            gradients = self._gathered(gradients, variables, updates)
        averaged = self._trace_update(gradients, variables) if updates else []
        if self.use_ema:
            rest = [v for v in self._trained if not any(v is other for other in averaged)]
            if rest:
                self._sweep("none", self.scalars, rest, (), [False] * len(rest), average=True)
        if overwrites:
            for variable in self._trained:
                variable.assign(as_tensor(self.slot("average", variable)))
        self._constrain(variables)
        return []

    def _gathered(self, gradients, variables, updates):
        """The mean gradients of the steps of an update, which are then forgotten."""
        slots = [self.slot("gradient_accumulator", v) for v in variables]
        sums = [as_tensor(slot) + g for slot, g in zip(slots, gradients, strict=True)]
        for slot, total in zip(slots, sums, strict=True):
            slot.assign(ops.zeros_like(total) if updates else total)
        return [total / self.gradient_accumulation_steps for total in sums]

    def _trace_update(self, gradients, variables):
        """Returns the variables whose averages followed."""
        clipping, places = self.clipping, [places_of(g) for g in gradients]
        if any(places) and clipping.sweep:
            gradients, places = clipped(clipping, gradients, places)
            clipping = Clipping()
        for gradient, some, variable in zip(gradients, places, variables, strict=True):
            if some and self.squares and self.squares[1]:
                self.count_places(gradient, some, variable)
        if self.rule is not None and type(self).update_step is Optimizer.update_step:
            decay = [self.decays(v) for v in variables]
            self._sweep(
                self.rule, self.scalars, variables, gradients, decay, self.use_ema,
                **clipping.sweep,
            )  # fmt: skip
            return variables if self.use_ema else []
        gradients = clipping([as_tensor(g) for g in gradients])
        self._step_rate = as_tensor(self.scalars)[RATE]
        for variable in variables:
            if self.decays(variable):
                self.decay_step(variable)
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, self._step_rate)
        self._step_rate = None
        return []

    def _sweep(self, rule, scalars, variables, gradients, decay, average=False, **clipping):
        """One sweep over the variables; see `pyconv.ops.update`."""
        names = self.states if rule != "none" else ()
        update(
            rule,
            scalars,
            list(variables),
            list(gradients),
            [[self.slot(name, v) for v in variables] for name in names],
            decay,
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

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Weight decay leaves these variables alone, and only these; call it before training.

        Args:
            var_list: variables.
            var_names: parts of variables' names, such as "bias", regular expressions.
        """
        pattern = re.compile("|".join(var_names)) if var_names else None
        self._no_decay = (tuple(var_list or ()), pattern)
        self._functions.clear()

    def decays(self, variable):
        """Whether weight decay changes the variable."""
        excluded, pattern = self._no_decay
        named = pattern is not None and pattern.search(variable.name) is not None
        return bool(self.weight_decay) and not named and all(v is not variable for v in excluded)

    @property
    def averages(self):
        """Pairs (variable, its average), where `use_ema` keeps them."""
        return [(v, self.slot("average", v)) for v in self._trained] if self.use_ema else []

    def finalize_variable_values(self, var_list):
        """Replaces these variables by their averages, where `use_ema` keeps them."""
        for variable in var_list if self.use_ema else ():
            if id(variable) in self._index:
                variable.assign(self.slot("average", variable).numpy())

    def get_config(self):
        """The arguments of the constructor."""
        rate = self._schedule
        if rate is None:
            rate = float(self._rate.numpy())
        elif isinstance(rate, LearningRateSchedule):
            rate = schedule_config(rate)
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that `get_config` described."""
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = {**config, "learning_rate": schedule_from_config(rate, custom_objects)}
        return cls(**config)


def _refuse(optimizer, kwargs):
    if kwargs.pop("decay", None) is not None:
        warnings.warn("`decay` is ignored, as in Keras 3; use a schedule", stacklevel=4)
    if kwargs:
        raise ValueError(
            f"{optimizer}: expected arguments that its documentation lists, received also "
            f"{', '.join(kwargs)}; leave them out"
        )

"""What an optimizer keeps: its counter, its rate, and arrays for each variable that it trains."""

import warnings

import numpy as np

from pyconv.graph import Variable, as_tensor


class State:
    """The variables of an optimizer, in the order in which Keras' files have them.

    Attributes:
        built: whether the variables to train are known.
    """

    def _init_state(self):
        self.built = False
        self._kept = []  # in order
        self._slots = {}  # (name, index of the variable it belongs to) -> variable
        self._trained = []
        self._index = {}  # id of a variable -> its place in _trained
        self._functions = {}

    #: What an optimizer keeps of each variable: the first values by name.
    states = {}

    @property
    def slot_groups(self):
        """Names of states, in tuples: those of one tuple stand next to each other."""
        return [tuple(self.states)]

    @property
    def variables(self):
        """All state: iteration, learning rate (unless a schedule sets it), and what is kept of each
        variable, from when it is built."""
        return list(self._kept)

    def add_variable(
        self, shape, initializer="zeros", dtype=None, aggregation="none", layout=None, name=None
    ):
        """A new variable of the optimizer's own.

        Args:
            shape: its shape.
            initializer: an initializer or its name.
            dtype: see `Variable`; "float32" by default.
            aggregation, layout: accepted; there is one process.
            name: its name.
        """
        from pyconv import initializers

        dtype = dtype or "float32"
        fill = initializers.get(initializer)
        variable = Variable(fill, shape, dtype, trainable=False, name=name)
        variable.path = f"{self.name}/{variable.name}"
        self._kept.append(variable)
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """A new variable of another one's shape, which it is named after."""
        path = reference_variable.path.replace("/", "_")
        return self.add_variable(
            reference_variable.shape, initializer, name=f"{path}_{name or 'var'}"
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """A list with a new variable for each of these, or, for several names, a list for each."""
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        initial = list(initializer) if several else [initializer] * len(names)
        rows = [
            [
                self.add_variable_from_reference(v, *pair)
                for pair in zip(names, initial, strict=True)
            ]
            for v in trainable_variables
        ]
        lists = tuple(map(list, zip(*rows, strict=True))) if rows else ([],) * len(names)
        return lists[0] if isinstance(name, str) else lists

    def build(self, variables):
        """Makes what is kept of each variable; called with the first update.

        Args:
            variables: the variables to train.
        """
        if self.built:
            return
        self._trained = list(variables)
        self._index = {id(v): i for i, v in enumerate(self._trained)}
        if self.use_ema:
            self._add_slots(("average",), {"average": 0.0})
        if self.gradient_accumulation_steps:
            self._add_slots(("gradient_accumulator",), {"gradient_accumulator": 0.0})
        for names in self.slot_groups:
            self._add_slots(names, self.states)
        self.built = True

    def _add_slots(self, names, initial):
        from pyconv.initializers import Constant

        for i, variable in enumerate(self._trained):
            for name in names:
                self._slots[name, i] = self.add_variable_from_reference(
                    variable, name, Constant(initial[name])
                )

    def slot(self, name, variable):
        """What is kept of a variable under a name of `states`."""
        return self._slots[name, self._get_variable_index(variable)]

    def _get_variable_index(self, variable):
        """The place of a variable among those that are trained; Keras' name."""
        return self._index[id(variable)]

    def _known(self, gradients, variables):
        """The variables that the gradients belong to; builds at the first update."""
        if variables is None and not self.built:
            raise ValueError(
                f"optimizer {self.name}: expected variables with the gradients of the first update,"
                " received none; pass them, or call build(variables) before"
            )
        variables = self._trained if variables is None else list(variables)
        self.build(variables)
        if len(gradients) != len(variables):
            raise ValueError(
                f"optimizer {self.name}: expected a gradient for each variable, received "
                f"{len(gradients)} gradients and {len(variables)} variables"
            )
        for variable in variables:
            if id(variable) not in self._index:
                raise ValueError(
                    f"optimizer {self.name}: expected variables that it was built with, received "
                    f"{variable.path}; make a new optimizer for a new set of variables"
                )
        return variables

    # Names of Keras, for subclasses that define `update_step`

    def assign(self, variable, value):
        """variable = value, as part of the step."""
        variable.assign(as_tensor(value))

    def assign_add(self, variable, value):
        """variable += value, as part of the step."""
        variable.assign(as_tensor(variable) + value)

    def assign_sub(self, variable, value):
        """variable -= value, as part of the step."""
        variable.assign(as_tensor(variable) - value)

    # Files and copies

    def set_weights(self, weights):
        """Sets all `variables` to these arrays; checked before any is changed.

        Raises:
            ValueError: not as many arrays, or of other shapes.
        """
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(
                f"optimizer {self.name}: expected {len(variables)} arrays, received {len(weights)};"
                " call build(variables) first"
            )
        weights = [np.asarray(w).astype(v.dtype) for v, w in zip(variables, weights, strict=True)]
        for variable, weight in zip(variables, weights, strict=True):
            variable.check(weight)
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store):
        """Puts all variables into a dict, under "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store):
        """Sets all variables from what `save_own_variables` stored."""
        if len(store) != len(self.variables):
            warnings.warn(
                f"optimizer {self.name} keeps its state: it has {len(self.variables)} variables, "
                f"the saved one {len(store)}",
                stacklevel=2,
            )
            return
        self.set_weights([np.asarray(store[str(i)]) for i in range(len(store))])

    def __getstate__(self):
        """For copies and pickles: plans are made anew, variables are found by identity again."""
        return vars(self) | {"_functions": {}, "_index": {}}

    def __setstate__(self, state):
        vars(self).update(state)
        self._index = {id(v): i for i, v in enumerate(self._trained)}

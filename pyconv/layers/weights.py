"""Weights: how a layer makes its own, and finds those of the layers within it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from numbers import Integral

import numpy as np

from pyconv import constraints, initializers, regularizers
from pyconv.graph import Variable, placeholder
from pyconv.graph.variable import KEPT
from pyconv.initializers.initializer import further
from pyconv.layers.call import current_scope
from pyconv.random.seed_generator import SeedGenerator
from pyconv.utils.dtypes import standardize_dtype


class Records:
    """What a layer remembers for itself; an object of its own so that it is not searched for
    variables and sub-layers.

    Attributes:
        arguments: positional and keyword arguments of its constructor.
        variables: what `add_weight` made.
        build_shapes: the arguments of its `build`, where the class defines it.
        losses: what `add_loss` added in the current call.
        first_call: its first call on symbolic tensors.
        calls: number of its calls on symbolic tensors.
        built_for: the shapes that its first call built it for.
        called: whether it made outputs before.
        made_in_call: whether another layer's `call` made it.
        made_again: whether it did so not for the first time.
    """

    def __init__(self, args: tuple, kwargs: dict):
        self.arguments = (args, kwargs)
        self.variables: list[Variable] = []
        self.build_shapes: dict | None = None
        self.losses: list = []
        self.first_call = None
        self.calls = 0
        self.built_for = None
        self.called = False
        maker = current_scope()
        self.made_in_call = bool(maker and not maker.building)
        self.made_again = self.made_in_call and maker.layer._records.called

    def __getstate__(self) -> dict:
        """For copies and pickles: without graphs, but for an `Input`, which is its first call."""
        call = self.first_call
        kept = call if call is not None and not call.inputs else None
        return {**vars(self), "losses": [], "first_call": kept}


_active = threading.local()


class sketched_weights:  # noqa: N801 (used as a function)
    """Within it `add_weight` makes symbolic tensors in place of variables, which it lists: what
    large networks need is counted without memory for it."""

    def __enter__(self) -> list:
        self._outer = getattr(_active, "sketches", None)
        _active.sketches = []
        return _active.sketches

    def __exit__(self, *exception):
        _active.sketches = self._outer


class WeightOwner:
    """The part of `Layer` that owns weights.

    Variables and layers are found where they are kept: in attributes, also in lists and dicts.
    """

    name: str
    path: str
    dtype: str
    _records: Records
    _trainable: bool

    def add_weight(
        self,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ) -> Variable:
        """A new weight of this layer.

        Args:
            shape: its shape; () by default.
            initializer: an initializer, its name, or an array; by default "glorot_uniform", zeros
                for integers.
            dtype: see `Variable`; "float32" by default.
            trainable: whether training changes it.
            autocast, aggregation: accepted, without effect: there is one precision and one process.
            regularizer: penalty on it that is added to the loss.
            constraint: a `Constraint`, its name, or a function from its value to the value that it
                gets after each update.
            overwrite_with_gradient: False.
            name: its name within the layer; by default "variable", with a number.

        Returns:
            A `Variable`.
        """
        if overwrite_with_gradient:
            raise ValueError("expected `overwrite_with_gradient` False: it is Keras' for float8")
        dtype = standardize_dtype(dtype or self.dtype)
        shape = (shape,) if isinstance(shape, Integral) else tuple(shape or ())
        sketches = getattr(_active, "sketches", None)
        if sketches is not None:
            sketches.append(placeholder(shape, KEPT.get(dtype, dtype), name or "variable"))
            return sketches[-1]
        if initializer is None:
            initializer = "glorot_uniform" if dtype == "float32" else "zeros"
        variable = Variable(
            initializers.get(initializer),
            shape,
            dtype,
            trainable=trainable,
            aggregation=aggregation,
            name=name,
        )
        variable.path = f"{self._placed_path()}/{variable.name}"
        variable.trainable = trainable and self._trainable
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        earlier = _distinct([*self._records.variables, *self._attributes(Variable)])
        self._records.variables = [*earlier, variable]
        return variable

    def _placed_path(self) -> str:
        """The path; it goes on from that of a layer at work that builds this one by hand."""
        scope = current_scope()
        if scope is not None and scope.layer is not self and self.path == self.name:
            self.path = f"{scope.path}/{self.name}"
        return self.path

    def add_variable(
        self,
        shape,
        initializer,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        name=None,
    ) -> Variable:
        """`add_weight` by another name."""
        return self.add_weight(
            shape, initializer, dtype, trainable, autocast, regularizer, constraint, name=name
        )

    def keep_arguments(self, weight: str, initializer, regularizer=None, constraint=None) -> None:
        """Keeps the arguments of a weight as Keras names them, `kernel_initializer` and so on."""
        setattr(self, f"{weight}_initializer", initializers.get(initializer))
        setattr(self, f"{weight}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{weight}_constraint", constraints.get(constraint))

    def add_argued_weight(self, name: str, shape, arguments: str | None = None, number: int = 0):
        """A weight with the arguments that were kept for it, or for another: the number-th then."""
        arguments = arguments or name
        initializer = further(getattr(self, f"{arguments}_initializer"), number)
        return self.add_weight(
            shape,
            self.drawing(name, initializer),
            regularizer=getattr(self, f"{arguments}_regularizer"),
            constraint=getattr(self, f"{arguments}_constraint"),
            name=name,
        )

    def drawing(self, name: str, initializer):
        """What draws a weight, given the initializer of the arguments."""
        return initializer

    def _attributes(self, kind: type) -> Iterator:
        """Objects of a kind among the attributes and in their containers."""
        for value in list(vars(self).values()):
            yield from (leaf for leaf in _contents(value) if isinstance(leaf, kind))

    def _sublayers(self) -> list[WeightOwner]:
        """Layers that are parts of this one, not those within them."""
        return [layer for layer in _distinct(self._attributes(WeightOwner)) if layer is not self]

    def _flatten_layers(self, trainable_only: bool = False) -> list[WeightOwner]:
        """This layer and all within it, each once; or those that trainable ones lead to."""
        found: dict[int, WeightOwner] = {}
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in found and (layer._trainable or not trainable_only):
                found[id(layer)] = layer
                stack += reversed(layer._sublayers())
        return list(found.values())

    def _own_weights(self) -> list[Variable]:
        """Weights of this layer itself, first those made for training to change."""
        own = _distinct([*self._records.variables, *self._attributes(Variable)])
        return sorted(own, key=lambda v: not v.watched)

    @property
    def weights(self) -> list[Variable]:
        """All weights: the layer's own, then those of the layers within it."""
        return _distinct(v for layer in self._flatten_layers() for v in layer._own_weights())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        layers = self._flatten_layers(trainable_only=True)
        return _distinct(v for layer in layers for v in layer._own_weights() if v.trainable)

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training does not change."""
        trainable = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trainable]

    @property
    def variables(self) -> list[Variable]:
        """The weights and the states of random layers."""
        found = []
        for layer in self._flatten_layers():
            found += layer._own_weights() + [g.state for g in layer._attributes(SeedGenerator)]
        return _distinct(found)

    @property
    def trainable_variables(self) -> list[Variable]:
        """Same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training does not change by gradients."""
        trainable = {id(v) for v in self.trainable_weights}
        return [v for v in self.variables if id(v) not in trainable]

    @property
    def trainable(self) -> bool:
        """Whether training changes this layer; what changes it is passed on to the layers within,
        and to the weights made for training to change.

        As in Keras on TensorFlow, setting what it is already leaves all of them as they are.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if bool(value) == self._trainable:
            return
        self._trainable = bool(value)
        for variable in self._own_weights():
            variable.trainable = self._trainable and variable.watched
        for layer in self._sublayers():
            layer.trainable = value

    def count_params(self) -> int:
        """The number of elements of all weights; raises ValueError before there are any."""
        if not self.built:
            raise ValueError(
                f"layer {self.name}: expected a layer that was built, received one that was not; "
                "call it, or build(input_shape), first"
            )
        return sum(v.size for v in self.weights)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the values of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights) -> None:
        """Sets the values of `weights`; where number or shapes differ (ValueError) or something is
        not a number (TypeError) all keep their values."""
        variables = self.weights
        if len(weights) != len(variables):
            raise ValueError(
                f"layer {self.name}: expected {len(variables)} arrays, received {len(weights)}; "
                "pass them in the order of `weights`, and build the layer first"
            )
        for variable, value in zip(variables, weights, strict=True):
            variable.check(value)
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(np.asarray(value))

    def save_own_variables(self, store) -> None:
        """Puts the layer's own weights, not those of layers within it, into a dict for a file."""
        for i, variable in enumerate(self._own_weights()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store) -> None:
        """Sets the layer's own weights from what `save_own_variables` stored."""
        variables = self._own_weights()
        if len(store.keys()) != len(variables):
            raise ValueError(
                f"layer {self.name}: expected {len(variables)} arrays, received "
                f"{len(store.keys())}; build the layer as it was saved"
            )
        for i, variable in enumerate(variables):
            variable.assign(np.asarray(store[str(i)]))


def _contents(value) -> list:
    """What a container holds, in the order in which it came."""
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list, tuple)):
        return [leaf for part in parts for leaf in _contents(part)]
    return [value]


def _distinct(objects: Iterable) -> list:
    """Each object once, in the order of first appearance."""
    return list({id(x): x for x in objects}.values())

"""The graph of layer calls behind a functional model."""

from pyconv.graph import Call, Tensor, as_array
from pyconv.layers.call import current_scope
from pyconv.layers.core import InputLayer
from pyconv.models.edge import Passed, edge_of
from pyconv.ops.examples import running
from pyconv.utils.nest import flatten, map_structure, sorted_keys


class Network:
    """The calls that lead from inputs to outputs, in an order in which they can be repeated.

    Args:
        inputs: the symbolic inputs, a tensor or a nest of them.
        outputs: what layers and ops made of them, a tensor or a nest.

    Attributes:
        operations: layers, and calls of ops between them, in Keras' order: the farthest from the
            outputs first, among equals as a walk from the outputs back finds them.
        edge: the calls that run on arrays, ahead of plans; None where there are none.

    Raises:
        TypeError: something is not a symbolic tensor.
        ValueError: an output needs a tensor that is not among the inputs; two layers share a name.
    """

    def __init__(self, inputs, outputs):
        self.inputs = inputs
        self.outputs = outputs
        if not flatten(inputs):
            raise ValueError("expected at least one symbolic input of a model, received none")
        for tensor in flatten((inputs, outputs)):
            _check_symbolic(tensor)
        self._ends = {id(t) for t in flatten(inputs)}
        self._made = {}  # by the id of the call
        self._found = {}  # operations as an ordered set: layers, and calls of ops
        self._order = self._walk(flatten(outputs))
        self.edge = edge_of(flatten(inputs), self._order, flatten(outputs))
        entrances = [t.layer for t in flatten(inputs) if isinstance(t.layer, InputLayer)]
        self._found.update(dict.fromkeys(entrances))
        self.operations = self._sorted_operations()
        _check_names(self.layers)

    def __getstate__(self):
        """What `run` needs. The order comes first, so that a copy goes from call to call instead of
        diving through the whole graph at once."""
        names = ("_order", "inputs", "outputs", "operations", "edge")
        return {name: vars(self)[name] for name in names}

    @property
    def layers(self):
        """The layers among the operations."""
        return [operation for operation in self.operations if not isinstance(operation, Call)]

    @property
    def calls(self):
        """All calls, each after those that it needs."""
        return [step.call for step in self._order]

    def run(self, inputs):
        """The outputs, nested as `returned`, for other inputs of the same nesting, or for some that
        have passed the edge: makes every call again, in the second case every one behind the edge.

        As in Keras, a call's own `training` holds only until a caller of the model, such as `fit`,
        says whether it trains.
        """
        old, new, order = flatten(self.inputs), flatten(self._chosen(inputs)), self._order
        if isinstance(inputs, Passed):
            old = self.edge.tensors
            order = [step for step in order if step not in self.edge.steps]
        if len(old) != len(new):
            raise ValueError(f"expected {len(old)} inputs, received {len(new)}")
        values = {id(t): value for t, value in zip(old, new, strict=True)}
        scope = current_scope()
        said = scope is not None and scope.training is not None
        changes = {"training": scope.training} if said else {}
        with running(_examples(new)):
            for step in order:
                results = step.run(lambda x: values.get(id(x), x), changes)
                values.update(zip(map(id, step.outputs), results, strict=True))
        return map_structure(lambda x: values.get(id(x), x), self.returned)

    @property
    def returned(self):
        """The outputs as calls of the model return them: the one of a list of one, as in Keras."""
        alone = isinstance(self.outputs, (list, tuple)) and len(self.outputs) == 1
        return self.outputs[0] if alone else self.outputs

    def _chosen(self, inputs):
        """Of a dict, what the inputs' keys or names say, where all of them are there."""
        by_key = isinstance(self.inputs, dict)
        names = sorted_keys(self.inputs) if by_key else [_name(t) for t in flatten(self.inputs)]
        if isinstance(inputs, dict) and set(names) <= set(inputs):
            return [inputs[name] for name in names]
        return inputs

    def _walk(self, outputs):
        """The calls that the outputs need, each after those that it needs itself."""
        order, seen = [], set()
        stack = [(t, False) for t in reversed(outputs)]
        while stack:
            tensor, ready = stack.pop()
            step = self._step_of(tensor)
            if step is None:
                if isinstance(tensor.layer, InputLayer):
                    self._found[tensor.layer] = None
            elif ready:
                order.append(step)
            elif step not in seen:
                seen.add(step)
                self._found[step.operation] = None
                stack.append((tensor, True))
                stack += [(t, False) for t in reversed(step.inputs)]
        return order

    def _step_of(self, tensor):
        """What made the tensor; None where the network begins."""
        if id(tensor) in self._ends or tensor.value is not None:
            return None
        call = tensor.history
        if call is None or isinstance(call.layer, InputLayer):
            raise ValueError(
                f"expected outputs that are made of the model's inputs alone, received outputs that"
                f" need {tensor!r}; list it among the inputs"
            )
        return self._made.setdefault(id(call), _CallStep(call))

    def _sorted_operations(self):
        depths = dict.fromkeys(self._found, 0)  # of operations; in the order of the walk
        calls = dict.fromkeys(self._order, 0)
        for step in reversed(self._order):
            depth = calls[step] = depths[step.operation] = max(calls[step], depths[step.operation])
            for tensor in step.inputs:
                before = self._step_of(tensor)
                if before is not None:
                    calls[before] = max(calls[before], depth + 1)
                elif tensor.layer in depths:
                    depths[tensor.layer] = max(depths[tensor.layer], depth + 1)
        return sorted(depths, key=lambda operation: -depths[operation])  # stable


def _name(tensor):
    """The name of an input's layer, which is its own where it was given one."""
    return tensor.name if tensor.layer is None else tensor.layer.name


def _examples(inputs: list) -> int | None:
    """The leading size of the inputs, where it is known."""
    shape = getattr(inputs[0], "shape", ()) if inputs else ()
    return shape[0] if shape else None


class _CallStep:
    """A call of a layer, or of an op between layers."""

    def __init__(self, call):
        self.call = call
        self.operation = call.layer or call
        self.inputs = call.inputs
        self.outputs = flatten(call.outputs)

    def run(self, value, changes):
        """The outputs where `value` says what stands for a tensor, with some arguments changed."""
        args, kwargs = map_structure(value, (self.call.args, self.call.kwargs))
        kwargs = {name: changes.get(name, argument) for name, argument in kwargs.items()}
        return [as_array(x) for x in flatten(self.call.function(*args, **kwargs))]


def _check_symbolic(tensor):
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"expected symbolic tensors as inputs and outputs of a model, received {tensor!r} of "
            f"type {type(tensor).__name__}; start with Input(shape) and call layers on it"
        )


def _check_names(layers):
    names = [layer.name for layer in layers]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(
            f"expected layers with different names, received two named {twice!r}; give one of them "
            "another `name`"
        )

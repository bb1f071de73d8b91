"""The graph of layer calls behind a functional model."""

from pyconv.graph import Tensor
from pyconv.layers.core import InputLayer
from pyconv.utils.nest import flatten, map_structure


class Network:
    """The calls that lead from inputs to outputs, in an order in which they can be repeated.

    Args:
        inputs: the symbolic inputs, a tensor or a nest of them.
        outputs: what layers and ops made of them, a tensor or a nest.

    Attributes:
        layers: the layers in Keras' order: the farthest from the outputs first.

    Raises:
        TypeError: something is not a symbolic tensor.
        ValueError: an output needs a tensor that is not among the inputs.
    """

    def __init__(self, inputs, outputs):
        self.inputs = inputs
        self.outputs = outputs
        for tensor in flatten((inputs, outputs)):
            _check_symbolic(tensor)
        self._ends = {id(t) for t in flatten(inputs)}
        self._made = {}  # by the id of the call
        self._visits = {}  # steps as an ordered set
        self._order = self._walk(flatten(outputs))
        self.layers = self._sorted_layers(flatten(inputs))

    def __getstate__(self):
        """What `run` needs. The order comes first, so that a copy goes from call to call instead of
        diving through the whole graph at once."""
        return {name: vars(self)[name] for name in ("_order", "inputs", "outputs", "layers")}

    def run(self, inputs):
        """The outputs for other inputs of the same nesting: makes every call again."""
        old, new = flatten(self.inputs), flatten(inputs)
        if len(old) != len(new):
            raise ValueError(f"expected {len(old)} inputs, received {len(new)}")
        values = {id(t): value for t, value in zip(old, new, strict=True)}
        for step in self._order:
            results = step.run(lambda x: values.get(id(x), x))
            values.update(zip(map(id, step.outputs), results, strict=True))
        return map_structure(lambda x: values.get(id(x), x), self.outputs)

    def _walk(self, outputs):
        """The calls that the outputs need, each after those that it needs itself."""
        order = []
        stack = [(t, False) for t in reversed(outputs)]
        while stack:
            tensor, ready = stack.pop()
            step = self._step_of(tensor)
            if step is None:
                continue
            if ready:
                order.append(step)
            elif step not in self._visits:
                self._visits[step] = None
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

    def _sorted_layers(self, inputs):
        depth = dict.fromkeys(self._order, 0)
        layers = dict.fromkeys((s.layer for s in self._visits if s.layer is not None), 0)
        entrances = [t.layer for t in inputs]
        layers.update((e, 0) for e in entrances if isinstance(e, InputLayer))
        for step in reversed(self._order):
            if step.layer is not None:
                depth[step] = layers[step.layer] = max(depth[step], layers[step.layer])
            for tensor in step.inputs:
                before = self._step_of(tensor)
                if before is not None:
                    depth[before] = max(depth[before], depth[step] + 1)
                elif tensor.layer in layers:
                    layers[tensor.layer] = max(layers[tensor.layer], depth[step] + 1)
        return sorted(layers, key=lambda layer: -layers[layer])  # stable: by visit among equals


class _CallStep:
    """A call of a layer, or of an op between layers."""

    def __init__(self, call):
        self.call = call
        self.layer = call.layer
        self.inputs = call.inputs
        self.outputs = flatten(call.outputs)

    def run(self, value):
        """The outputs where `value` says what stands for a tensor."""
        args, kwargs = map_structure(value, (self.call.args, self.call.kwargs))
        return flatten(self.call.function(*args, **kwargs))


def _check_symbolic(tensor):
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"expected symbolic tensors as inputs and outputs of a model, received {tensor!r} of "
            f"type {type(tensor).__name__}; start with Input(shape) and call layers on it"
        )

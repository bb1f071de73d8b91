"""Functional models as plain data: their layers, and which of them is called on what."""

from __future__ import annotations

from collections import deque

from pyconv.graph import Tensor
from pyconv.layers import InputLayer
from pyconv.layers.layer import Layer
from pyconv.saving.decoding import deserialize_keras_object
from pyconv.saving.encoding import serialize_keras_object
from pyconv.saving.operations import find_operation, operation_config
from pyconv.utils.naming import given_name
from pyconv.utils.nest import flatten, map_structure


def graph_config(network) -> dict:
    """The layers and ends of a functional model, as Keras' `get_config` has them.

    Args:
        network: the model's `Network`.
    """
    writer = _Writer(network)
    return {
        "layers": [writer.entry(operation) for operation in writer.names],
        "input_layers": map_structure(writer.end, network.inputs),
        "output_layers": map_structure(writer.end, network.outputs),
    }


def ends_of_graph(config: dict) -> tuple:
    """The symbolic inputs and outputs that such a config describes, made of new layers.

    Raises:
        ValueError: the calls cannot be made in any order.
    """
    reader = _Reader(config["layers"])
    return reader.ends(config["input_layers"]), reader.ends(config["output_layers"])


class _Writer:
    """Names of layers and ops, and places of their calls."""

    def __init__(self, network):
        entrances = [t.layer for t in flatten(network.inputs)]
        self.names = _unique_names(dict.fromkeys([*network.operations, *entrances]))
        self.calls: dict = {operation: [] for operation in self.names}
        self._places = {}  # by id of the tensor: (operation, which call, which output)
        for tensor in flatten(network.inputs):
            self._places[id(tensor)] = (tensor.layer, 0, 0)
        for call in network.calls:
            operation = call.layer or call
            for i, tensor in enumerate(flatten(call.outputs)):
                self._places[id(tensor)] = (operation, len(self.calls[operation]), i)
            self.calls[operation].append(call)

    def entry(self, operation) -> dict:
        name = self.names[operation]
        if isinstance(operation, InputLayer):
            config, nodes = serialize_keras_object(operation), []
        elif isinstance(operation, Layer):
            config = serialize_keras_object(operation)
            nodes = [self._node(call.args, call.kwargs) for call in self.calls[operation]]
        else:
            config, *arguments = operation_config(
                operation.function, operation.args, operation.kwargs
            )
            config["config"] = {"name": name, **serialize_keras_object(config["config"])}
            nodes = [self._node(*arguments)]
        return {**config, "name": name, "inbound_nodes": nodes}

    def end(self, tensor: Tensor) -> list:
        """The place of an input or output; a functional model has a call 0 of its own there."""
        operation, call, output = self._places[id(tensor)]
        own = getattr(operation, "_network", None) is not None
        return [self.names[operation], call + own, output]

    def _node(self, args, kwargs) -> dict:
        args, kwargs = map_structure(self._tensor, (args, kwargs))
        return {"args": serialize_keras_object(args), "kwargs": serialize_keras_object(kwargs)}

    def _tensor(self, value):
        if not isinstance(value, Tensor) or id(value) not in self._places:
            return value
        operation, *place = self._places[id(value)]
        history = [self.names[operation], *place]
        config = {"shape": tuple(value.shape), "dtype": value.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}


def _unique_names(operations) -> dict:
    """Names by layer or call of an op; the process counts both, so that they may meet."""
    names = {operation: operation.name for operation in operations if isinstance(operation, Layer)}
    taken = set(names.values())
    for operation in operations:
        if operation not in names:
            name = operation.name
            while name in taken:
                name += "_op"
            names[operation] = name
            taken.add(name)
    return {operation: names[operation] for operation in operations}


class _Reader:
    """Makes layers, and calls them in an order in which each call has its inputs."""

    def __init__(self, entries):
        self._made: dict = {}
        self._nodes: dict = {}  # by (name, number of the call)
        self._outputs: dict = {}
        for entry in entries:
            self._make(entry)
        self._call_all()

    def ends(self, places):
        """The tensors at places [name, call, output], nested as they are."""
        if _is_place(places):
            name, call, output = places
            functional = getattr(self._made.get(name), "_network", None) is not None
            return self._tensor(name, call - functional, output)
        if isinstance(places, dict):
            return {key: self.ends(part) for key, part in places.items()}
        return [self.ends(part) for part in places]

    def _make(self, entry: dict) -> None:
        name = entry.get("name")
        if not isinstance(name, str) or name in self._made:
            raise ValueError(f"expected layers with names of their own, received {name!r}")
        made = find_operation(entry)
        made = deserialize_keras_object(entry) if made is None else made
        if not callable(made):
            raise ValueError(f"expected a layer under the name {name!r}, received {made!r}")
        self._made[name] = made
        if isinstance(made, InputLayer):
            self._outputs[name, 0] = [made.output]
            return
        for i, node in enumerate(entry.get("inbound_nodes", ())):
            self._nodes[name, i] = node

    def _call_all(self) -> None:
        needs = {key: self._needs(key) for key in self._nodes}
        waiting: dict = {}
        for key, needed in needs.items():
            for other in needed:
                waiting.setdefault(other, []).append(key)
        ready = deque(key for key, needed in needs.items() if not needed)
        while ready:
            key = ready.popleft()
            self._call(key)
            for other in waiting.get(key, ()):
                needs[other].discard(key)
                if not needs[other]:
                    ready.append(other)
        left = [name for name, call in self._nodes if (name, call) not in self._outputs]
        if left:
            raise ValueError(
                f"expected layers that are called on one another without loops, received "
                f"{', '.join(left[:5])}, of which none can be called first"
            )

    def _needs(self, key) -> set:
        """The calls whose outputs a call needs, and the call of the same layer before it."""
        name, call = key
        found = set(_histories(self._nodes[key]))
        if call:
            found.add((name, call - 1))
        return found - self._outputs.keys()

    def _call(self, key) -> None:
        name, _ = key
        node = self._nodes[key]
        if not isinstance(node, dict) or "args" not in node:
            raise ValueError(f"layer {name}: expected a call with args and kwargs in the file")
        args, kwargs = self._decoded(node["args"]), self._decoded(node.get("kwargs", {}))
        made = self._made[name]
        if isinstance(made, Layer):
            known = made._call_signature.parameters
            any_name = any(p.kind is p.VAR_KEYWORD for p in known.values())
            kwargs = {k: v for k, v in kwargs.items() if v is not None or any_name or k in known}
            self._outputs[key] = flatten(made(*args, **kwargs))
            return
        with given_name(name):
            self._outputs[key] = flatten(made(*args, **kwargs))

    def _decoded(self, data):
        if isinstance(data, (list, tuple)):
            return [self._decoded(part) for part in data]
        if not isinstance(data, dict):
            return data
        if data.get("class_name") == "__keras_tensor__":
            return self._tensor(*data["config"]["keras_history"])
        if "class_name" in data and "config" in data:
            return deserialize_keras_object(data)
        return {key: self._decoded(part) for key, part in data.items()}

    def _tensor(self, name, call, output) -> Tensor:
        outputs = self._outputs.get((name, call), ())
        if not 0 <= output < len(outputs):
            raise ValueError(
                f"expected an output of a layer of the model, received number {output} of call "
                f"{call} of {name!r}"
            )
        return outputs[output]


def _is_place(places) -> bool:
    return isinstance(places, (list, tuple)) and len(places) == 3 and isinstance(places[0], str)


def _histories(data):
    """(name, call) of each symbolic tensor in the arguments of a call."""
    stack = [data]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if part.get("class_name") == "__keras_tensor__":
                name, call, _ = part["config"]["keras_history"]
                yield name, call
            else:
                stack += part.values()
        elif isinstance(part, (list, tuple)):
            stack += part

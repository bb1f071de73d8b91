"""A model as nodes and edges, for its pictures."""

from __future__ import annotations

from pyconv.graph import Call
from pyconv.models import Model, Sequential
from pyconv.models.summary import kind, shape_text
from pyconv.utils.nest import flatten


class Structure:
    """The operations of a model and what flows between them.

    Args:
        model: a built model.
        expand_nested: whether the layers of nested models stand in their place.

    Attributes:
        nodes: layers, or calls of ops between them.
        groups: for each node the names of the nested models that it is in, outermost first.
        edges: pairs of positions in `nodes`.

    Raises:
        ValueError: the model is not built.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> found = Structure(Sequential([Input((3,)), layers.Dense(2), layers.ReLU()]))
        >>> [type(node).__name__ for node in found.nodes], found.edges
        (['Dense', 'ReLU'], [(0, 1)])
    """

    def __init__(self, model, expand_nested=False):
        if not model.built:
            raise ValueError(
                f"expected a model that is built, received {model.name}; call it on data, or build "
                "it, first"
            )
        self.nodes, self.groups, self.edges = [], [], []
        self._expands = expand_nested
        self._add(model, ())

    def _add(self, model, group):
        """Adds a model; the nodes that take its inputs, and those that make its outputs."""
        if isinstance(model, Sequential):
            ends = [self._place(layer, group) for layer in model.layers]
            for (_, before), (after, _) in zip(ends, ends[1:], strict=False):
                self.edges.append((before[0], after[0]))
            return ends[0][0], ends[-1][1]
        if model._network is None:
            return self._place(model, group, whole=True)
        network = model._network
        ends = {id(operation): self._place(operation, group) for operation in network.operations}
        for call in network.calls:
            entries = ends[id(call.layer or call)][0]
            for i, tensor in enumerate(call.inputs):
                self.edges.append((self._source(tensor, ends), entries[min(i, len(entries) - 1)]))
        self.edges = list(dict.fromkeys(self.edges))
        inputs, outputs = flatten(network.inputs), flatten(network.outputs)
        return [ends[id(t.layer)][0][0] for t in inputs], [self._source(t, ends) for t in outputs]

    def _place(self, operation, group, whole=False):
        """Adds an operation, as a node or as the nodes within it."""
        nested = isinstance(operation, Model) and operation.built and not whole
        if nested and self._expands and (operation.layers and _is_described(operation)):
            return self._add(operation, (*group, operation.name))
        self.nodes.append(operation)
        self.groups.append(group)
        return [len(self.nodes) - 1], [len(self.nodes) - 1]

    @staticmethod
    def _source(tensor, ends):
        """The node that makes a tensor."""
        call = tensor.history
        exits = ends[id(call.layer or call)][1]
        place = next(i for i, t in enumerate(flatten(call.outputs)) if t is tensor)
        return exits[min(place, len(exits) - 1)]


def _is_described(model):
    return isinstance(model, Sequential) or model._network is not None


def label(node, names=False, activations=False, shapes=False, dtype=False, trainable=False):
    """What a picture says of a node: a title, and further lines.

    Example:
        >>> from pyconv import Input, layers
        >>> layer = layers.Dense(2, activation="relu", name="a")
        >>> y = layer(Input((3,)))
        >>> label(layer, names=True, activations=True, shapes=True)
        ('a (Dense)', ['Activation: relu', 'Input shape: (None, 3)', 'Output shape: (None, 2)'])
    """
    lines = []
    activation = getattr(node, "activation", None)
    if activations and activation is not None:
        lines.append(f"Activation: {getattr(activation, '__name__', type(activation).__name__)}")
    inputs, outputs = _ends(node)
    if shapes and kind(node) != "InputLayer":
        lines.append(f"Input shape: {shape_text(inputs) if inputs else '?'}")
    if shapes:
        lines.append(f"Output shape: {shape_text(outputs) if outputs is not None else '?'}")
    if dtype:
        dtypes = [t.dtype for t in flatten(outputs)] if outputs is not None else ["?"]
        lines.append(f"Output dtype: {', '.join(dtypes)}")
    if trainable and not isinstance(node, Call) and node.weights:
        lines.append("Trainable" if node.trainable else "Non-trainable")
    return f"{node.name} ({kind(node)})" if names else kind(node), lines


def _ends(node):
    """The symbolic inputs and outputs of a node's first call; None where there was none."""
    call = node if isinstance(node, Call) else node._records.first_call
    return (None, None) if call is None else (call.inputs, call.outputs)

"""Models made again, of new layers."""

from __future__ import annotations

from pyconv.graph import Tensor
from pyconv.layers.core import Input
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential
from pyconv.ops.replay import replayable
from pyconv.utils.nest import flatten, map_structure


def clone_model(
    model, input_tensors=None, clone_function=None, call_function=None, recursive=False
):
    """The same model with layers of its own, whose weights are drawn anew.

    Args:
        model: a model; of a subclass one with `get_config`.
        input_tensors: symbolic tensors that become its inputs; by default new ones.
        clone_function: (layer) -> the layer in its place; by default one of the same config.
        call_function: (layer, *args, **kwargs) -> outputs, in place of calling the new layer; for
            functional models.
        recursive: whether layers of nested models are cloned one by one, too.

    Returns:
        A model, compiled as the given one was.

    Raises:
        ValueError: an argument that this kind of model cannot have.

    Example:
        >>> from pyconv import layers
        >>> model = Sequential([Input((3,)), layers.Dense(2, kernel_initializer="zeros")])
        >>> clone = clone_model(model)
        >>> clone.count_params(), clone.layers[0] is model.layers[0]
        (8, False)
    """
    cloner = _Cloner(clone_function, call_function, recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("expected `call_function` only for functional models")
        clone = cloner.sequential(model, input_tensors)
    elif model._network is not None:
        clone = cloner.functional(model, input_tensors)
    else:
        return _by_config(model, clone_function, input_tensors, call_function)
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone


class _Cloner:
    """Clones layers, each once; the arguments are those of `clone_model`."""

    def __init__(self, clone_function, call_function, recursive):
        self._function = clone_function or (lambda layer: layer.from_config(layer.get_config()))
        self._call = call_function or (lambda layer, *args, **kwargs: layer(*args, **kwargs))
        self._recursive = recursive
        self._clones: dict = {}

    def layer(self, layer):
        if layer not in self._clones:
            nested = self._recursive and isinstance(layer, Model)
            if nested and isinstance(layer, Sequential):
                self._clones[layer] = self.sequential(layer)
            elif nested and layer._network is not None:
                self._clones[layer] = self.functional(layer)
            else:
                self._clones[layer] = self._function(layer)
        return self._clones[layer]

    def sequential(self, model, input_tensors=None):
        layers = [self.layer(layer) for layer in model.layers]
        if input_tensors is not None:
            given = flatten(input_tensors)
            if len(given) != 1 or not isinstance(given[0], Tensor):
                raise ValueError(f"expected one symbolic tensor, received {input_tensors!r}")
            layers.insert(0, Input(batch_shape=given[0].shape, dtype=given[0].dtype))
        elif model._entrance is not None:
            layers.insert(0, _like(model._entrance.output))
        return Sequential(layers, name=model.name, trainable=model.trainable)

    def functional(self, model, input_tensors=None):
        network = model._network
        if input_tensors is None:
            input_tensors = map_structure(_like, network.inputs)
        old, new = flatten(network.inputs), flatten(input_tensors)
        if len(old) != len(new) or not all(isinstance(t, Tensor) for t in new):
            raise ValueError(
                f"expected {len(old)} symbolic tensors as `input_tensors`, received "
                f"{input_tensors!r}"
            )
        values = {id(t): value for t, value in zip(old, new, strict=True)}
        for call in network.calls:
            args, kwargs = map_structure(lambda x: values.get(id(x), x), (call.args, call.kwargs))
            if call.layer is None:
                outputs = replayable(call.function)(*args, **kwargs)
            else:
                outputs = self._call(self.layer(call.layer), *args, **kwargs)
            pairs = zip(flatten(call.outputs), flatten(outputs), strict=True)
            values.update((id(t), value) for t, value in pairs)
        outputs = map_structure(lambda x: values.get(id(x), x), network.outputs)
        return Model(input_tensors, outputs, name=model.name)


def _like(tensor: Tensor) -> Tensor:
    """A new input of a tensor's shape and name."""
    name = tensor.layer.name if tensor.layer is not None else None
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)


def _by_config(model, *arguments):
    if any(argument is not None for argument in arguments):
        raise ValueError(
            f"expected a functional or Sequential model with these arguments, received "
            f"{type(model).__name__}"
        )
    from pyconv.saving import deserialize_keras_object, serialize_keras_object

    own = {type(model).__name__: type(model)}
    return deserialize_keras_object(serialize_keras_object(model), own)

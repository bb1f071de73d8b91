"""A pyconv model as a list of layer calls, from which the peers' models are translated."""

from __future__ import annotations

from typing import NamedTuple

from pyconv import Model
from pyconv.layers import InputLayer, Layer
from pyconv.ops.geometry import axis_pads, make_geometry, per_axis


class Call(NamedTuple):
    """One call of a layer.

    Attributes:
        inputs, output: names of tensors; the model's input is "x".
        input_shape: of the first input, without the examples.
        size, strides: of the layer's window, where it has one.
        pads: (before, after) of each of the window's axes, those of a `ZeroPadding` ahead included.
    """

    layer: Layer
    inputs: tuple[str, ...]
    output: str
    input_shape: tuple[int, ...]
    size: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[tuple[int, int], ...] = ()

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return type(self.layer).__name__


def calls(model: Model) -> list[Call]:
    """The calls from a model's input to its output, each after those that it needs."""
    names: dict[int, str] = {}
    result: list[Call] = []
    zeros: dict[str, tuple] = {}  # by the name of a padded tensor: the padded one's name, the pads
    for tensor in _in_order(model.outputs[0]):
        if isinstance(tensor.layer, InputLayer):
            names[id(tensor)] = "x"
            continue
        call = _call(tensor, names, zeros)
        names[id(tensor)] = call.output
        if call.kind.startswith("ZeroPadding"):
            zeros[call.output] = (call.inputs, call.layer.padding, call.input_shape)
        else:
            result.append(call)
    return result


def _in_order(output) -> list:
    """The tensors that lead to the output, each once, inputs first."""
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        tensor, ready = stack.pop()
        if ready:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            stack += [(t, False) for t in reversed(tensor.history.inputs)]
    return order


def _call(tensor, names, zeros) -> Call:
    layer, sources = tensor.history.layer, tensor.history.inputs
    if layer is None:
        raise ValueError(f"expected a model of layers alone, received the op that made {tensor!r}")
    inputs = tuple(names[id(t)] for t in sources)
    shape, ahead = tuple(sources[0].shape[1:]), None
    if inputs[0] in zeros:
        inputs, ahead, shape = zeros[inputs[0]]
    return Call(layer, inputs, layer.name, shape, *_window(layer, shape, ahead))


def _window(layer: Layer, shape, ahead) -> tuple:
    """Size, strides and pads, for inputs of this shape that had zeros put around `ahead`."""
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if size is None:
        return ()
    rank = len(shape) - 1
    size = per_axis(size, rank, "size")
    strides = per_axis(layer.strides or size, rank, "strides")
    geometry = make_geometry(rank, strides, layer.padding, getattr(layer, "dilation_rate", 1))
    ahead = ahead or ((0, 0),) * rank
    inside = [s + sum(a) for s, a in zip(shape, ahead, strict=False)]
    axes = zip(geometry.paddings, inside, size, strides, geometry.dilation, strict=True)
    own = [axis_pads(*axis) for axis in axes]
    pads = tuple((a[0] + b[0], a[1] + b[1]) for a, b in zip(ahead, own, strict=True))
    return size, strides, pads

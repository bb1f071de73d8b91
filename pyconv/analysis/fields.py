"""Receptive and projective fields: which inputs a unit sees, and which outputs an input reaches."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import lcm

import numpy as np

from pyconv.analysis.costs import example_shapes
from pyconv.analysis.reach import reads
from pyconv.graph import Attributes, Trace, placeholder
from pyconv.graph.gradient import between
from pyconv.layers.spatial import layout
from pyconv.utils.nest import flatten


class ReceptiveField(Attributes):
    """What the units of a layer see, for each spatial axis of the input.

    Attributes:
        layer: the layer's name.
        size: input positions from the first to the last that a unit depends on, padding included.
        jump: input positions between the fields of neighbouring units; a fraction after upsampling,
            0 where the layer has no positions.
        start: the first input position of unit 0's field, negative in the padding.
    """

    layer: str
    size: tuple
    jump: tuple
    start: tuple


class ProjectiveField(Attributes):
    """How many units of a layer each input position reaches.

    Attributes:
        layer: the layer's name.
        counts: for each spatial axis of the input an array with a number for each position.
    """

    layer: str
    counts: tuple


def receptive_field(
    model, input_shape=None, *, layer=None, position=None, data_format="channels_last"
):
    """The receptive fields of a model's layers, or of one unit (Prince, section 10.2.7).

    Follows the indices through every op: branches are joined to the hull of their fields;
    strides, dilation, padding, pooling, transposed convolution, slices and joins are exact.

    Args:
        model: a model with one input, or a layer.
        input_shape: shape of one example, needed where the model's is free.
        layer: with `position`, the name of the unit's layer; the last one by default.
        position: a unit's place on the spatial axes of its layer, a tuple.
        data_format: where the channels of the input and of the layer are.

    Returns:
        A list of `ReceptiveField`, one for each layer that computes; with `position` a tuple of
        slices of the input: all that the unit depends on, within the input.

    Raises:
        ValueError: a free size, an unknown layer or a position outside of it.

    Example:
        >>> from pyconv import Sequential, layers, utils
        >>> chain = [layers.Input((28, 28, 1)), layers.Conv2D(2, 3), layers.Conv2D(2, 3)]
        >>> model = Sequential(chain)
        >>> [field.size for field in utils.receptive_field(model)]
        [(3, 3), (5, 5)]
        >>> utils.receptive_field(model, position=(0, 2))
        (slice(0, 5, None), slice(2, 7, None))
    """
    x, outputs = _described(model, input_shape)
    axes = _spatial_axes(x, data_format)
    if position is None:
        return [_field(name, x, y, axes) for name, y in outputs.items()]
    tables = _tables(x, _chosen(outputs, layer), axes)
    rows = [_row(table, p) for table, p in zip(tables, _checked(position, tables), strict=True)]
    return tuple(slice(int(r[0]), int(r[-1]) + 1) if len(r) else slice(0, 0) for r in rows)


def projective_field(
    model, input_shape=None, *, layer=None, position=None, data_format="channels_last"
):
    """The units that each input reaches: the receptive field's twin. Inputs at the border reach
    fewer.

    Args:
        model, input_shape, data_format: as in `receptive_field`.
        layer: with `position`, the name of the layer; the last one by default.
        position: an input's place on the spatial axes, a tuple.

    Returns:
        A list of `ProjectiveField`, one for each layer that computes; with `position` a tuple of
        arrays: for each axis the places of the layer's units that depend on it.

    Raises:
        ValueError: as `receptive_field`.

    Example:
        >>> from pyconv import Sequential, layers, utils
        >>> model = Sequential([layers.Input((6, 1)), layers.Conv1D(2, 3, strides=2)])
        >>> [counts.tolist() for counts in utils.projective_field(model)[0].counts]
        [[1, 1, 2, 1, 1, 0]]
        >>> utils.projective_field(model, position=(2,))
        (array([0, 1]),)
    """
    x, outputs = _described(model, input_shape)
    axes = _spatial_axes(x, data_format)
    if position is None:
        return [
            ProjectiveField(name, tuple(t.sum(0) for t in _tables(x, y, axes)))
            for name, y in outputs.items()
        ]
    tables = [table.T for table in _tables(x, _chosen(outputs, layer), axes)]
    checked = _checked(position, tables)
    return tuple(_row(table, p) for table, p in zip(tables, checked, strict=True))


def _described(model, input_shape):
    """(the symbolic input, the last tensor of each layer by its name) for inputs of this shape."""
    (shape,) = example_shapes(model, input_shape, single=True)
    x = placeholder((None, *shape))
    with Trace():
        order = between(x, flatten(model(x, training=False)))
    return x, {node.origin: node.outputs[0] for node in order}


def _spatial_axes(x, data_format):
    data_format = layout(data_format)
    return range(2, x.ndim) if data_format == "channels_first" else range(1, x.ndim - 1)


def _chosen(outputs, layer):
    if layer is not None and layer not in outputs:
        raise ValueError(f"expected `layer` as one of {list(outputs)}, received {layer!r}")
    return outputs[layer] if layer is not None else list(outputs.values())[-1]


def _checked(position, tables):
    sizes = tuple(len(table) for table in tables)
    found = np.atleast_1d(position)
    if (
        found.shape != (len(sizes),)
        or found.dtype.kind not in "iu"
        or not all(0 <= p < size for p, size in zip(found, sizes, strict=True))
    ):
        raise ValueError(f"expected `position` within {sizes}, received {position!r}")
    return found


def _row(table, place):
    return np.flatnonzero(table[place])


def _field(name, x, y, axes):
    """The field of the layer that ends in y, from the intervals of a few units."""
    order = between(x, [y])
    carried = [_carried(order, x, y, axis) for axis in axes]
    period = lcm(*(rate for _, _, rate in carried))
    middle = {
        axis: max(y.shape[axis] - period, 0) // 2 // period * period
        for axis, _, _ in carried
        if axis is not None
    }
    units = [_seen(order, x, y, middle, o) for o in range(period + 1)]
    size, jump, start = [], [], []
    for axis in axes:
        ends = [unit[axis - 1] for unit in units]
        step = Fraction(ends[-1][0] - ends[0][0], period)
        size.append(max(high - low + 1 for low, high in ends))
        jump.append(_plain(step))
        start.append(_plain(ends[0][0] - middle.get(axis, 0) * step))
    return ReceptiveField(name, tuple(size), tuple(jump), tuple(start))


def _plain(number):
    return int(number) if number == int(number) else number


def _seen(order, x, y, middle, o):
    """For each axis of x the interval (first, last) that y depends on, as if the input had no
    borders, at place o from the middle of those of its axes that have one."""
    found = {id(y): [(0, size - 1) for size in y.shape[1:]]}
    for axis, place in middle.items():
        found[id(y)][axis - 1] = (place + o, place + o)
    for node in reversed(order):
        for out in node.outputs:
            if id(out) not in found:
                continue
            for k, tensor in enumerate(node.inputs):
                old = found.get(id(tensor))
                new = _intervals(reads(node, k), tensor, found[id(out)])
                found[id(tensor)] = new if old is None else list(map(_hull, old, new))
    return found[id(x)]


def _intervals(taps, tensor, out):
    """The intervals of an input's axes for those of the output."""
    return [
        (0, size - 1) if tap is None else tap.interval(*out[tap.axis - 1])
        for tap, size in zip(taps, tensor.shape[1:], strict=True)
    ]


def _hull(a, b):
    return (min(a[0], b[0]), max(a[1], b[1]))


def _tables(x, y, axes):
    """For each axis a table (units, inputs): True where a unit of y depends on an input; one row
    where y has no such axis."""
    order = between(x, [y])
    return [_carried(order, x, y, axis)[1] for axis in axes]


def _carried(order, x, y, axis):
    """(the axis of y that stands for an axis of x, or None; the table of what depends on what; the
    units of y, after which the pattern repeats: 1 but for upsampling)."""
    carried = {id(x): (axis, np.eye(x.shape[axis], dtype=bool), 1)}
    for node in order:
        parts = [
            _through(node, k, *carried[id(t)])
            for k, t in enumerate(node.inputs)
            if id(t) in carried
        ]
        for out in node.outputs:
            carried[id(out)] = reduce(_joined, parts)
    return carried[id(y)]


def _through(node, k, axis, table, rate):
    """The same of a node's output by that of its input k."""
    tap = None if axis is None else reads(node, k)[axis - 1]
    if tap is None:
        return None, table.any(0, keepdims=True), 1
    matrix = tap.matrix(node.outputs[0].shape[tap.axis], len(table))
    return tap.axis, matrix @ table, rate * tap.rate


def _joined(a, b):
    """Depends on what either depends on."""
    if None in (a[0], b[0]) or a[0] == b[0]:
        return a[0] if b[0] is None else b[0], a[1] | b[1], lcm(a[2], b[2])
    return None, a[1].any(0, keepdims=True) | b[1].any(0, keepdims=True), 1

"""Gradients of tables by place: what each lookup of a row adds, as TensorFlow's `IndexedSlices`.

Keras on TensorFlow squares these one by one: a row that was looked up twice, with g and h, adds
g^2 + h^2 to a mean of squares, where its gradient g + h alone would add (g + h)^2.
"""

from typing import NamedTuple

from pyconv import ops
from pyconv.graph import Tensor, apply
from pyconv.ops.elementwise import Binary
from pyconv.ops.index import Put


class Place(NamedTuple):
    """What the lookups of one call add: the op that puts it into the rows of the table, the values,
    the rows' numbers."""

    op: Put
    values: Tensor
    index: Tensor


def places_of(gradient):
    """The places that a gradient sums up; none where it is of anything else, too."""
    node = getattr(gradient, "node", None)
    if node is None:
        return []
    if isinstance(node.op, Put) and node.op.axis == 0 and not (node.op.along or node.op.write):
        return [Place(node.op, *node.inputs)]
    if isinstance(node.op, Binary) and node.op.function == "add":
        parts = [places_of(part) for part in node.inputs]
        return sum(parts, []) if all(parts) else []
    return []


def summed(places, function=lambda x: x):
    """The sum in each row of a function of what is added there."""
    parts = [apply(place.op, function(place.values), place.index) for place in places]
    return sum(parts[1:], parts[0])


def excess(gradient, places):
    """By how much the sum of squares by place exceeds the square of the gradient."""
    return summed(places, ops.square) - ops.square(gradient)


def clipped(clipping, gradients, places):
    """(gradients, places) where norms are those of what is added by place."""
    parts = [
        [place.values for place in some] or [gradient]
        for gradient, some in zip(gradients, places, strict=True)
    ]
    parts = clipping.by_part(parts)
    places = [
        [place._replace(values=value) for place, value in zip(some, values, strict=True)]
        if some
        else []
        for some, values in zip(places, parts, strict=True)
    ]
    totals = [summed(s) if s else values[0] for s, values in zip(places, parts, strict=True)]
    return totals, places

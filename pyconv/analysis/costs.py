"""What a layer costs as a convolution, as a dense matrix and as a sparse matrix (figure 9.6)."""

from __future__ import annotations

import copy
from collections import Counter
from math import prod

from pyconv.analysis.reach import reads
from pyconv.graph import Attributes, Node, Trace, Variable, placeholder
from pyconv.graph.gradient import topological_order
from pyconv.layers.layer import Layer
from pyconv.layers.weights import sketched_weights
from pyconv.models import Model
from pyconv.utils.nest import flatten
from pyconv.utils.table import as_text


class Cost(Attributes):
    """Numbers for one example.

    Attributes:
        stored: parameters, or entries of the matrix and biases.
        operations: multiplications and additions.
        multiply_adds: multiplications whose products are summed up.
    """

    stored: int
    operations: int
    multiply_adds: int


class CostTable(Attributes):
    """The same map in three forms; `print` shows a table.

    Attributes:
        convolution: as the layers compute it.
        dense, sparse: each convolution and dense layer as a matrix with all entries, and with those
            alone that are not zero by construction.
        output_shape: the shape of one example's output.
    """

    convolution: Cost
    dense: Cost
    sparse: Cost
    output_shape: tuple

    def __str__(self):
        from rich.table import Table

        table = Table()
        for name in ("", "convolution", "dense", "sparse"):
            table.add_column(name, justify="right" if name else "left")
        for row in Cost.fields:
            forms = (self.convolution, self.dense, self.sparse)
            table.add_row(row.replace("_", "-"), *(f"{getattr(form, row):,}" for form in forms))
        return as_text(table)


def cost(layer, input_shape=None):
    """What a layer or model costs for one example (Goodfellow et al., figure 9.6).

    Counts convolutions, their transposes and dense layers; pooling, activations and normalization
    are left out. A convolution of t products an output does t multiplications and t - 1 additions,
    products with padding included; a dense matrix does two operations an entry. No weight is made:
    layers that have none yet stay as they are.

    Args:
        layer: a layer, or a model with one input.
        input_shape: shape of one example; by default that of the model.

    Returns:
        A `CostTable`.

    Raises:
        ValueError: a size of the input is free.

    Example:
        >>> from pyconv import layers, utils
        >>> edges = layers.Conv2D(1, (1, 2), use_bias=False)
        >>> print(utils.cost(edges, (280, 320, 1)))
        ┏━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
        ┃               ┃ convolution ┃          dense ┃  sparse ┃
        ┡━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
        │ stored        │           2 │  8,003,072,000 │ 178,640 │
        │ operations    │     267,960 │ 16,006,144,000 │ 267,960 │
        │ multiply-adds │     178,640 │  8,003,072,000 │ 178,640 │
        └───────────────┴─────────────┴────────────────┴─────────┘
    """
    _, outputs, weights = _sketched(layer, input_shape)
    order = topological_order(outputs)
    maps = [_Map(node, _has_bias(node, order)) for node in order if node.op.multiply_adds(node)]
    return CostTable(
        Cost(_stored(order, weights), *_sums(m.convolution for m in maps)),
        Cost(*_sums((m.dense for m in maps), 3)),
        Cost(*_sums((m.sparse for m in maps), 3)),
        outputs[0].shape[1:],
    )


def multiply_adds(model) -> Counter:
    """The multiply-adds of one example by the names of the layers that do them.

    Args:
        model: a model with known sizes.

    Raises:
        ValueError: a size of the input is free.
    """
    _, outputs, _ = _sketched(model, None)
    counts = Counter()
    for node in topological_order(outputs):
        counts[node.origin] += node.op.multiply_adds(node)
    return counts


def example_shapes(layer, input_shape, single=False):
    """The shapes of one example for each input: the shape given, or those of the model.

    Raises:
        ValueError: no layer, unknown or free sizes, or several inputs where a single one is wanted.
    """
    if not isinstance(layer, Layer):
        raise ValueError(f"expected a layer or a model, received {layer!r}")
    if input_shape is not None:
        shapes = [input_shape]
    elif isinstance(layer, Model):
        shapes = [t.shape[1:] for t in layer.inputs]
    else:
        raise ValueError(f"layer {layer.name}: expected `input_shape`, the shape of one example")
    if single and len(shapes) != 1:
        raise ValueError(f"expected a model with one input, received one with {len(shapes)}")
    for shape in shapes:
        if not isinstance(shape, (tuple, list)) or not all(hasattr(i, "__index__") for i in shape):
            raise ValueError(
                f"expected known sizes, received the input shape {shape!r}; pass `input_shape`, the"
                " shape of one example"
            )
    return shapes


def _sketched(layer, input_shape):
    """(symbolic inputs, outputs, sketches of weights not made yet), the layer left as it is."""
    inputs = [placeholder((None, *shape)) for shape in example_shapes(layer, input_shape)]
    layer = layer if layer.built else copy.deepcopy(layer)
    nested = inputs[0] if len(inputs) == 1 else layer.signature.nest_inputs(inputs)
    with Trace(), sketched_weights() as weights:
        return inputs, flatten(layer(nested, training=False)), weights


def _stored(order, sketches):
    """The elements of all weights that the nodes read."""
    made = {id(t) for t in sketches}
    leaves = {id(t): t for node in order for t in node.inputs if t.node is None}
    return sum(
        prod(t.shape) for t in leaves.values() if id(t) in made or isinstance(t.value, Variable)
    )


def _has_bias(node: Node, order) -> bool:
    """Whether a number that does not depend on the example is added to the node's output."""
    for user in order:
        uses = any(t is node.output for t in user.inputs)
        if uses and getattr(user.op, "function", None) == "add":
            other = next((t for t in user.inputs if t is not node.output), node.output)
            return not other.spec.batched
    return False


class _Map:
    """A linear map within the graph: (stored, operations, multiply-adds) of its forms."""

    def __init__(self, node: Node, has_bias: bool):
        x, y = node.inputs[0].spec, node.output.spec
        outputs = y.size_per_example
        bias = outputs if has_bias else 0
        products = node.op.multiply_adds(node)
        entries = x.size_per_example * outputs
        present = _entries(node)
        self.convolution = (2 * products - outputs + bias, products)
        self.dense = (entries + bias, 2 * entries, entries)
        self.sparse = (present + bias, 2 * present - outputs + bias, present)


def _entries(node: Node) -> int:
    """Entries of the map's matrix that are not zero by construction: products without padding."""
    x, kernel = node.inputs[:2]
    taps = reads(node, 0)[:-1]
    sizes = zip(taps, x.shape[1:-1], node.output.shape[1:-1], strict=True)
    return prod(int(tap.matrix(o, i).sum()) for tap, i, o in sizes) * prod(kernel.shape[-2:])


def _sums(rows, count=2):
    return [sum(column) for column in zip(*rows, strict=True)] or [0] * count

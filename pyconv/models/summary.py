"""The table that `Model.summary` prints, as Keras lays it out."""

from __future__ import annotations

import re

import numpy as np

from pyconv.config.switches import is_interactive_logging_enabled, show
from pyconv.graph import Call
from pyconv.layers.layer import Layer
from pyconv.ops.replay import operation_name
from pyconv.utils.nest import flatten

WIDTH, CONNECTED_WIDTH, FURTHER_WIDTH = 88, 108, 12  # characters
POSITIONS, CONNECTED_POSITIONS = (0.45, 0.8, 1.0), (0.3, 0.56, 0.74, 1.0)  # where columns end
NUMBER, NOTHING, TYPE = "color(34)", "color(45)", "color(33)"  # styles on a terminal


def print_summary(model, line_length, positions, print_fn, layer_range, **columns):
    """Prints the table; see `Model.summary`."""
    from rich.console import Console

    if print_fn is None and not is_interactive_logging_enabled():
        print_fn = show
    plain = {"force_terminal": False, "color_system": None} if print_fn else {}
    console = Console(highlight=False, **plain)
    table = Rows(model, **columns)
    if print_fn:
        console.begin_capture()
    console.print(f'Model: "{model.name}"', style="bold", markup=False)
    console.print(table.render(line_length, positions, layer_range))
    for line in table.totals():
        console.print(line)
    if print_fn:
        print_fn(console.end_capture())


class Rows:
    """The table of a model.

    Args:
        model: the model.
        expand_nested, show_trainable, show_multiply_adds: as in `Model.summary`.
    """

    def __init__(self, model, expand_nested, show_trainable, show_multiply_adds):
        self._model = model
        self._expands = expand_nested
        self._connects = model._network is not None and not is_chain(model._network)
        self._further = ["Trainable"] * bool(show_trainable)
        self._further += ["Multiply-adds"] * bool(show_multiply_adds)
        self._products = _products(model) if show_multiply_adds else None

    def render(self, line_length, positions, layer_range):
        """The table, for rich."""
        import shutil

        from rich.table import Column, Table

        names = ["Layer (type)", "Output Shape", "Param #"]
        names += ["Connected to"] * self._connects + self._further
        width = CONNECTED_WIDTH if self._connects else WIDTH
        width += FURTHER_WIDTH * len(self._further)
        width = line_length or min(width, shutil.get_terminal_size().columns - 4)
        sides = {"Param #": "right", "Trainable": "center", "Multiply-adds": "right"}
        columns = [
            Column(name, justify=sides.get(name, "left"), width=size)
            for name, size in zip(names, self._widths(positions, width), strict=False)
        ]
        table = Table(*columns, width=width, show_lines=True)
        operations = self._model.layers
        if self._model._network is not None:
            operations = self._model._network.operations
        for operation in in_range(operations, layer_range):
            self._add(table, operation)
        return table

    def _widths(self, positions, width):
        ends = list(positions or (CONNECTED_POSITIONS if self._connects else POSITIONS))
        for _ in self._further:
            ends = [*(0.9 * end for end in ends), 1.0]
        ends = [int(end * width) for end in ends]
        widths = [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        if min(widths) < 4:
            raise ValueError(
                f"expected a `line_length` that leaves 4 characters a column, received {width}"
            )
        return widths

    def _add(self, table, operation, depth=0):
        from rich.text import Text

        before = "   " * depth + "└ " if depth else ""
        cells = [
            Text.assemble(f"{before}{operation.name} (", (kind(operation), TYPE), ")"),
            Text.assemble(*_styled(self._shape(operation))),
            Text.assemble(*_parameters(operation)),
        ]
        if self._connects:
            cells.append(Text.assemble(*_styled(self._connections(operation))))
        table.add_row(*cells, *(self._cell(name, operation) for name in self._further))
        for layer in getattr(operation, "layers", ()) if self._expands else ():
            self._add(table, layer, depth + 1)

    def _calls(self, operation):
        """The operation's calls in this model."""
        network = self._model._network
        if isinstance(operation, Call) or network is None:
            return [operation] if isinstance(operation, Call) else []
        calls = [call for call in network.calls if call.layer is operation]
        return sorted(calls, key=lambda call: call.index)

    def _shape(self, operation):
        calls = self._calls(operation)
        call = calls[-1] if calls else operation._records.first_call
        if call is None:
            return _built_shape(operation)
        return shape_text([tuple(tensor.shape) for tensor in flatten(call.outputs)])

    def _connections(self, operation):
        sources = [
            f"{t.history.name}[{t.history.index}][{place_in(t.history.outputs, t)}]"
            for call in self._calls(operation)
            for t in call.inputs
        ]
        return ", ".join(sources) or "-"

    def _cell(self, name, operation):
        layer = not isinstance(operation, Call)
        if name == "Multiply-adds":
            return self._count(operation) if layer else "0"
        if not (layer and operation.weights):
            return "[bold]-[/]"
        yes = operation.trainable
        return f"[bold][{NUMBER}]Y[/][/]" if yes else "[bold][color(9)]N[/][/]"

    def _count(self, layer):
        if self._products is None:
            return "?"
        return f"{sum(self._products[part.name] for part in layer._flatten_layers()):,}"

    def totals(self):
        """The lines below the table."""
        model = self._model
        trained = model.optimizer is not None and model.optimizer.built
        optimizer = model.optimizer.variables if trained else []
        yield _total("Total", model.weights + optimizer)
        yield _total("Trainable", model.trainable_weights)
        yield _total("Non-trainable", model.non_trainable_weights)
        if optimizer:
            yield _total("Optimizer", optimizer)
        if self._products is not None:
            yield f" Multiply-adds: {self._products.total():,}"


def kind(operation):
    """The name of a layer's class, or what Keras' class of an op would be called."""
    if isinstance(operation, Call):
        return "".join(word.capitalize() for word in operation_name(operation.function).split("_"))
    name = type(operation).__name__
    return "Functional" if name == "Model" else name


def place_in(outputs, tensor):
    """The place of a tensor among the outputs of its call."""
    return [id(t) for t in flatten(outputs)].index(id(tensor))


def is_chain(network):
    """Whether each operation is used once, on what the one before it made."""
    layers = [id(call.layer or call) for call in network.calls]
    sources = [id(t.history) for call in network.calls for t in call.inputs]
    one = len(flatten(network.inputs)) == 1
    return one and len(set(layers)) == len(layers) and len(set(sources)) == len(sources)


def in_range(operations, names):
    """The operations from the first whose name matches one pattern to the last of another."""
    if names is None:
        return operations
    if len(names) != 2 or not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected `layer_range` as two names or patterns, received {names!r}")
    first, last = (
        [i for i, operation in enumerate(operations) if re.match(name, operation.name)]
        for name in names
    )
    if not first or not last:
        raise ValueError(
            f"expected `layer_range` to match names among {[o.name for o in operations]}, received "
            f"{names!r}"
        )
    if min(first) > max(last):
        first, last = last, first
    return operations[min(first) : max(last) + 1]


def memory_size(size):
    """Bytes in readable units.

    Example:
        >>> memory_size(8200), memory_size(0)
        ('8.01 KB', '0.00 B')
    """
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _total(name, variables):
    count = sum(v.size for v in variables)
    size = memory_size(sum(v.size * np.dtype(v.dtype).itemsize for v in variables))
    return f"[bold] {name} params: [/][{NUMBER}]{count:,}[/] ({size})"


def _parameters(operation):
    if isinstance(operation, Call):
        return [("0", NUMBER)]
    if not operation.built:
        return [("0", NUMBER), " (unbuilt)"]
    return [(f"{operation.count_params():,}", NUMBER)]


def _built_shape(layer):
    """A model's output shape, or what follows from the shape that the layer was built for."""
    if getattr(layer, "_signature", None) is not None:
        return shape_text(layer.output_shape)
    if layer._records.built_for is None or not _tells_shape(type(layer)):
        return "?"
    try:
        return shape_text(layer.compute_output_shape(layer._records.built_for))
    except (NotImplementedError, TypeError, ValueError):
        return "?"


def _tells_shape(cls):
    """Whether a class says what comes out: a user's does where it has `compute_output_shape`."""
    of_package = (base for base in cls.__mro__ if base.__module__.startswith("pyconv."))
    silent = next(of_package).__name__ in ("Layer", "Model")
    return not silent or cls.compute_output_shape is not Layer.compute_output_shape


def shape_text(outputs):
    """A nest of tensors or shapes as Keras shows it."""
    if hasattr(outputs, "shape"):
        return str(tuple(outputs.shape)).replace(",)", ")")
    if isinstance(outputs, dict):
        return (
            "{" + ", ".join(f"{name}: {shape_text(part)}" for name, part in outputs.items()) + "}"
        )
    if all(size is None or isinstance(size, int) for size in outputs):
        return f"({', '.join(map(str, outputs))})"
    parts = [shape_text(part) for part in outputs]
    if len(parts) == 1:
        return parts[0]
    return f"[{', '.join(parts)}]" if isinstance(outputs, list) else f"({', '.join(parts)})"


def _styled(text):
    """Pieces of text, numbers and None with their styles."""
    return [
        (piece, NOTHING if piece == "None" else NUMBER) if i % 2 else piece
        for i, piece in enumerate(re.split(r"\b(None|\d+)\b", text))
        if piece
    ]


def _products(model):
    """Multiply-adds by names of layers; None where sizes are free."""
    from pyconv.analysis.costs import multiply_adds

    free = any(None in t.shape[1:] for t in model.inputs)
    return None if free else multiply_adds(model)

"""The table that `Model.summary` prints."""

from pyconv.utils.table import as_text

ITEM = 4  # bytes of a parameter: float32


def print_summary(
    model, line_length, print_fn, expand_nested, show_trainable, layer_range, show_multiply_adds
):
    """Prints the table; see `Model.summary`."""
    from rich.table import Table

    rows = list(_rows(_in_range(model.layers, layer_range), expand_nested))
    table = Table(show_lines=True)
    table.add_column("Layer (type)", overflow="fold")
    table.add_column("Output Shape", overflow="fold")
    table.add_column("Param #", justify="right")
    if show_trainable:
        table.add_column("Trainable")
    products = _products(model) if show_multiply_adds else None
    if show_multiply_adds:
        table.add_column("Multiply-adds", justify="right")
    for depth, layer in rows:
        cells = [f"{'  ' * depth}{layer.name} ({type(layer).__name__})", _output_shape(layer)]
        cells.append(f"{layer.count_params():,}")
        cells += ["Y" if layer.trainable else "N"] if show_trainable else []
        if show_multiply_adds:
            cells.append(_count(products, layer))
        table.add_row(*cells)
    lines = [f'Model: "{model.name}"', as_text(table, line_length or _width())]
    lines += [f" {line}" for line in _totals(model)]
    if products is not None:
        lines.append(f" Multiply-adds: {products.total():,}")
    (print_fn or print)("\n".join(lines))


def _products(model):
    """Multiply-adds by names of layers; None where sizes are free."""
    from pyconv.analysis.costs import multiply_adds

    free = any(None in t.shape[1:] for t in model.inputs)
    return None if free else multiply_adds(model)


def _count(products, layer):
    if products is None:
        return "?"
    return f"{sum(products[part.name] for part in layer._flatten_layers()):,}"


def _totals(model):
    trainable = sum(v.size for v in model.trainable_weights)
    total = model.count_params()
    for name, count in (
        ("Total params", total),
        ("Trainable params", trainable),
        ("Non-trainable params", total - trainable),
    ):
        yield f"{name}: {count:,} ({memory_size(count * ITEM)})"


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


def _rows(layers, expand_nested, depth=0):
    """(depth, layer) for each line."""
    for layer in layers:
        yield depth, layer
        if expand_nested and hasattr(layer, "layers"):
            yield from _rows(layer.layers, True, depth + 1)


def _output_shape(layer):
    try:
        outputs = layer.output
    except (AttributeError, ValueError):
        return "?"
    if hasattr(outputs, "shape"):
        return str(tuple(outputs.shape))
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    return ", ".join(str(tuple(t.shape)) for t in parts)


def _in_range(layers, names):
    if names is None:
        return layers
    known = [layer.name for layer in layers]
    if len(names) != 2 or any(name not in known for name in names):
        raise ValueError(
            f"expected `layer_range` as the names of two layers among {known}, received {names!r}"
        )
    first, last = (known.index(name) for name in names)
    return layers[first : last + 1]


def _width():
    import shutil

    return min(max(shutil.get_terminal_size().columns, 60), 100)

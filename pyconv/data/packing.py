"""What a batch consists of, as one tuple and apart."""

from __future__ import annotations

from pyconv.data.iterables import unpack


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """A batch as `fit` takes it; x alone where it is no tuple or list of its own.

    Example:
        >>> pack_x_y_sample_weight(1, 2), pack_x_y_sample_weight((1, 2))
        ((1, 2), ((1, 2),))
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of a batch, None where it has none.

    Raises:
        ValueError: more than three parts.

    Example:
        >>> unpack_x_y_sample_weight((1, 2))
        (1, 2, None)
    """
    return unpack(tuple(data) if isinstance(data, list) else data)

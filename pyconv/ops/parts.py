"""Parts of tensors, read and written."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import symbolic
from pyconv.ops.elementwise import add
from pyconv.ops.examples import with_examples
from pyconv.ops.index import take
from pyconv.ops.padding import pad
from pyconv.ops.selection import where
from pyconv.ops.shaping import shape_of
from pyconv.ops.slices import getitem


def part(x, axis: int, start, stop):
    return getitem(x, (np.s_[:],) * axis + (np.s_[start:stop],))


def get_item(x, key):
    """x[key] with numbers, slices, None and ... in the key.

    Example:
        >>> from pyconv import ops
        >>> ops.get_item([[1.0, 2.0]], (0, 1)).item()
        2.0
    """
    return getitem(x, key)


def slice(inputs, start_indices, shape):
    """The part of a shape that begins at some indices.

    Args:
        inputs: tensor or array.
        start_indices: for each axis the first index; numbers, or an int32 tensor or array.
        shape: the part's sizes; -1 is all behind the first index, None all examples.

    Example:
        >>> from pyconv import ops
        >>> ops.slice([[1.0, 2.0, 3.0]], (0, 1), (1, 2))
        array([[2., 3.]], dtype=float32)
    """
    starts, shape = start_indices, with_examples(shape)
    if not symbolic(starts) and not any(symbolic(s) for s in starts):
        spans = zip(np.asarray(starts).tolist(), shape, strict=True)
        return getitem(inputs, tuple(
            np.s_[:] if size is None else np.s_[start : None if size == -1 else start + size]
            for start, size in spans
        ))  # fmt: skip
    for axis, size in enumerate(shape):
        if size is not None and size != shape_of(inputs)[axis]:
            places = add(getitem(starts, axis) if symbolic(starts) else starts[axis],
                         np.arange(size, dtype="int32"))  # fmt: skip
            inputs = take(inputs, places, axis)
    return inputs


def slice_update(inputs, start_indices, updates):
    """inputs with a part replaced that begins at some indices.

    Args:
        inputs: tensor or array.
        start_indices: for each axis the first index; numbers.
        updates: the new part, of as many axes.

    Example:
        >>> from pyconv import ops
        >>> ops.slice_update([1.0, 2.0, 3.0], [1], [7.0])
        array([1., 7., 3.], dtype=float32)
    """
    whole, part = shape_of(inputs), shape_of(updates)
    starts = np.asarray(start_indices).tolist()
    pairs = [
        (0, 0) if size is None else (start, size - start - own)
        for start, size, own in zip(starts, whole, part, strict=True)
    ]
    inside = np.ones([1 if size is None else size for size in part], bool)
    return where(np.pad(inside, pairs), pad(updates, pairs), inputs)

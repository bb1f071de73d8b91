"""Whole numbers as vectors of zeros and ones."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops
from pyconv.layers.features.data_layer import DataLayer
from pyconv.utils.arguments import choice, expect_none, whole

#: Forms of the vectors that stand for whole numbers.
VECTOR_MODES = ("one_hot", "multi_hot", "count")


class CategoryEncoding(DataLayer):
    """Whole numbers as vectors.

    Args:
        num_tokens: how many numbers there are: 0 to num_tokens - 1.
        output_mode: "one_hot": a vector for each number; "multi_hot": one for each row of numbers,
            with 1 for those that are there; "count": how often each is there.
        sparse: False.

    Returns:
        Called on (n, k): (n, num_tokens), for "one_hot" (n, k, num_tokens) where k is not 1.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> CategoryEncoding(4, output_mode="count")([[0, 1, 1], [3, 2, 3]])
        array([[1., 2., 0., 0.],
               [0., 0., 1., 2.]], dtype=float32)
    """

    config_omits = ("sparse",)

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        expect_none(sparse=sparse or None)
        self.num_tokens = whole(num_tokens, "num_tokens")
        self.output_mode = category_mode(output_mode, VECTOR_MODES)
        self.sparse = False

    def __call__(self, inputs, count_weights=None, **kwargs):
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"layer {self.name}: expected `count_weights` with output_mode='count' only, "
                f"received output_mode={self.output_mode!r}"
            )
        further = {} if count_weights is None else {"count_weights": ops.array(count_weights)}
        return super().__call__(inputs, **further, **kwargs)

    def call(self, inputs, count_weights=None):
        return encoded(inputs, self.output_mode, self.num_tokens, count_weights)


def category_mode(output_mode, modes):
    """The mode, by its present name; raises ValueError unless it is one of `modes`."""
    older = {"binary": "multi_hot", "tf-idf": "tf_idf"}
    known = output_mode if isinstance(output_mode, str) else None
    return choice(older.get(known, output_mode), "output_mode", modes)


def encoded(indices, output_mode, depth, weights=None):
    """Whole numbers as vectors of `depth`, tensors or arrays; numbers out of range add nothing.

    As in Keras on TensorFlow the numbers of one vector are those along axis 1, for a vector or a
    single number all.

    Args:
        indices: the numbers.
        output_mode: "one_hot", "multi_hot" or "count".
        depth: how many numbers there are.
        weights: what each number counts, or None.
    """
    if len(indices.shape) == 0:
        indices = ops.expand_dims(indices, 0)
    rank = len(indices.shape)
    if output_mode == "one_hot":
        indices = ops.squeeze(indices, -1) if rank > 1 and indices.shape[-1] == 1 else indices
        return ops.one_hot(ops.cast(indices, "int32"), depth)
    vectors = ops.one_hot(ops.cast(indices, "int32"), depth)
    if weights is not None:
        vectors = vectors * ops.expand_dims(ops.cast(weights, "float32"), -1)
    combined = ops.sum if output_mode == "count" else ops.max
    return combined(vectors, axis=min(rank, 2) - 1)


def encoded_shape(shape, output_mode, depth) -> tuple:
    """The shape of what `encoded` makes of numbers of a shape.

    Example:
        >>> encoded_shape((None, 3), "one_hot", 5), encoded_shape((None, 3), "count", 5)
        ((None, 3, 5), (None, 5))
    """
    shape = tuple(shape) or (1,)
    if output_mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


def encoded_array(indices, output_mode, depth):
    """The same for an array, as int64; memory is that of the result.

    Example:
        >>> encoded_array(np.array([[0, 1, 1], [2, -1, 2]]), "count", 3)
        array([[1, 2, 0],
               [0, 0, 2]])
    """
    indices = np.atleast_1d(indices)
    if output_mode == "one_hot":
        single = indices.ndim > 1 and indices.shape[-1] == 1
        indices = indices[..., 0] if single else indices
        return (indices[..., None] == np.arange(depth)).astype("int64")
    rows = np.moveaxis(indices, min(indices.ndim, 2) - 1, -1)
    *shape, last = rows.shape
    rows = rows.reshape(math.prod(shape), last)
    row, column = np.nonzero((rows >= 0) & (rows < depth))
    places = row * depth + rows[row, column]
    counts = np.bincount(places, minlength=len(rows) * depth).reshape(*shape, depth)
    return counts if output_mode == "count" else (counts > 0).astype("int64")

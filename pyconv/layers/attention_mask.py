"""What a query may look at."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops

EXCLUDED = -3e38  # the score of what a mask excludes


def joined_mask(query_mask, value_mask, key_mask, causal: bool, queries: int, keys: int):
    """Where each of the queries may look, (n or 1, queries, keys) of 1 and 0; None: everywhere."""
    masks = []
    if query_mask is not None:
        masks.append(ops.expand_dims(ops.cast(query_mask, "float32"), 2))
    for mask in (value_mask, key_mask):
        if mask is not None:
            masks.append(ops.expand_dims(ops.cast(mask, "float32"), 1))
    if causal:
        masks.append(np.tril(np.ones((1, queries, keys), "float32")))
    return math.prod(masks[1:], start=masks[0]) if masks else None

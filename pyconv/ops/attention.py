"""Attention: means of values, weighted by how well keys answer queries."""

from __future__ import annotations

import math

import numpy as np

from pyconv.ops.activation import softmax, tanh
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, multiply
from pyconv.ops.linear import matmul
from pyconv.ops.selection import where
from pyconv.ops.shaping import shape_of, transpose
from pyconv.ops.shuffle import repeat

#: What stands for minus infinity: exp gives 0, and rows without a key still have numbers.
_NEVER = -3e4


def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """softmax(scale Q K^T + bias) V for each head (Vaswani et al. 2017, eq. 1).

    Args:
        query: (n, queries, heads, size).
        key, value: (n, keys, heads, size), or of fewer heads, a number that divides the heads.
        bias: added to the products, of a shape that broadcasts to (n, heads, queries, keys).
        mask: as bias: where it is 0 the key does not count.
        scale: 1 / sqrt(size) by default.
        is_causal: whether a query sees the keys up to its own place only.
        flash_attention: taken for Keras' sake; there is one way to compute it.
        attn_logits_soft_cap: c takes the products z to c tanh(z / c); or None.

    Returns:
        (n, queries, heads, size).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.ones((1, 5, 2, 4), "float32")
        >>> ops.dot_product_attention(x, x, x).shape
        (1, 5, 2, 4)
    """
    q, k, v = (floats(x) for x in (query, key, value))
    heads, own = shape_of(q)[2:3], shape_of(k)[2:3]
    if any(len(shape_of(x)) != 4 for x in (q, k, v)) or heads[0] % own[0]:
        raise ValueError(
            "dot_product_attention: expected (n, places, heads, size), received shapes "
            f"{[shape_of(x) for x in (q, k, v)]}"
        )
    if heads != own:
        k, v = (repeat(x, heads[0] // own[0], axis=2) for x in (k, v))
    scale = 1 / math.sqrt(shape_of(q)[-1]) if scale is None else scale
    logits = matmul(transpose(multiply(q, scale), (0, 2, 1, 3)), transpose(k, (0, 2, 3, 1)))
    if attn_logits_soft_cap is not None:
        logits = multiply(tanh(multiply(logits, 1 / attn_logits_soft_cap)), attn_logits_soft_cap)
    logits = logits if bias is None else add(logits, bias)
    if mask is not None:
        logits = where(mask, logits, _NEVER)
    if is_causal:
        logits = where(np.tri(*shape_of(logits)[-2:], dtype=bool), logits, _NEVER)
    return transpose(matmul(softmax(logits), transpose(v, (0, 2, 1, 3))), (0, 2, 1, 3))

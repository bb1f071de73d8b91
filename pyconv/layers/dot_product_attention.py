"""What layers of attention with several heads share: linear maps for each head, and masks."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.layers.attention_mask import EXCLUDED, joined_mask
from pyconv.layers.dense import EinsumDense
from pyconv.layers.layer import Layer
from pyconv.layers.regularization import Dropout
from pyconv.utils.arguments import expect_none, fraction


class DotProductAttention(Layer):
    """Base of MultiHeadAttention and GroupedQueryAttention: softmax(q k^T / sqrt(d)) v by heads
    (Vaswani et al. 2017). A subclass sets `query_heads`, `heads`, `head_size` and `value_size`."""

    supports_masking = True

    def __init__(
        self,
        *,
        dropout,
        use_bias,
        sliding_window,
        flash_attention,
        use_gate,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        seed,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        expect_none(sliding_window=sliding_window, use_gate=use_gate or None)
        expect_none(flash_attention=flash_attention or None)
        self.dropout = fraction(dropout, "dropout")
        self.use_bias = use_bias
        self.use_gate, self.sliding_window, self.seed = False, None, seed
        self.keep_arguments("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)

    def projection(self, equation: str, sizes: tuple, bias_axes: str, name: str) -> EinsumDense:
        """A linear map with the layer's initializers, regularizers and constraints."""
        arguments = {
            f"{weight}_{what}": getattr(self, f"{weight}_{what}")
            for weight in ("kernel", "bias")
            for what in ("initializer", "regularizer", "constraint")
        }
        axes = bias_axes if self.use_bias else None
        return EinsumDense(equation, sizes, bias_axes=axes, name=name, **arguments)

    def build(self, query_shape, value_shape, key_shape=None):
        def heads(count, size, name):
            return self.projection("...c,cde->...de", (count, size), "de", name)

        self._query_dense = heads(self.query_heads, self.head_size, "query")
        self._key_dense = heads(self.heads, self.head_size, "key")
        self._value_dense = heads(self.heads, self.value_size, "value")
        outputs = self.output_sizes(query_shape)
        letters = "fghij"[: len(outputs)]
        equation = f"...de,de{letters}->...{letters}"
        self._output_dense = self.projection(equation, outputs, letters, "attention_output")
        self.dropout_layer = Dropout(self.dropout, seed=self.seed)
        between = (*query_shape[:-1], self.query_heads, self.value_size)
        for layer, shape in (
            (self._query_dense, query_shape),
            (self._key_dense, value_shape if key_shape is None else key_shape),
            (self._value_dense, value_shape),
            (self._output_dense, between),
        ):
            layer.path = f"{self.path}/{layer.name}"
            layer.build(tuple(shape))

    def output_sizes(self, query_shape) -> tuple:
        """The sizes of one output."""
        return (query_shape[-1],)

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        key = value if key is None else key
        query_mask = self._mask_of_query(query_mask, query, value, key)
        q = self.by_heads(self._query_dense(query))
        k, v = (self.by_heads(x) for x in (self._key_dense(key), self._value_dense(value)))
        k, v = (self._repeated(x) for x in (k, v))
        scores = ops.matmul(q * (1 / math.sqrt(self.head_size)), ops.swapaxes(k, -1, -2))
        axes = self._attended(query.shape), self._attended(key.shape)
        of_inputs = query_mask, value_mask, key_mask, use_causal_mask
        mask = joined_mask(*of_inputs, *scores.shape[-2:])
        masks = [_counted_through(m, *axes) for m in (mask, attention_mask) if m is not None]
        masks = [_by_head(m, scores) for m in masks]
        for allowed in masks:
            scores = ops.where(allowed, scores, EXCLUDED)
        weights = ops.softmax(scores)
        if self.dropout or return_attention_scores or len(query.shape) > 3:
            weights = math.prod(masks, start=weights)  # else the mean where no key is allowed
        mixed = ops.matmul(self.dropout_layer(weights, training=training), v)
        outputs = self._output_dense(self.by_places(mixed, query.shape))
        if not return_attention_scores:
            return outputs
        return outputs, ops.reshape(weights, (*weights.shape[:-2], *axes[0], *axes[1]))

    def _mask_of_query(self, query_mask, query, value, key):
        """The query's mask, of those that came with the call."""
        return query_mask

    def _repeated(self, x):
        """Keys or values of a head for each query head."""
        share = self.query_heads // self.heads
        return x if share == 1 else ops.repeat(x, share, axis=-3)

    def by_heads(self, x):
        """(n, places..., heads, size) as (n, axes not attended..., heads, places, size)."""
        order, apart = self._order(len(x.shape))
        x = ops.transpose(x, order)
        *others, size = x.shape
        return ops.reshape(x, (*others[:apart], math.prod(others[apart:]), size))

    def by_places(self, x, shape):
        """The inverse of `by_heads`, for queries of a shape."""
        order, apart = self._order(len(shape) + 1)
        x = ops.reshape(x, (*x.shape[:apart], *self._attended(shape), x.shape[-1]))
        return ops.transpose(x, tuple(order.index(axis) for axis in range(len(order))))

    def _order(self, ndim: int) -> tuple[tuple[int, ...], int]:
        """The order of the axes of (n, places..., heads, size) in which those that are attended
        come behind the heads, and how many axes are before them."""
        given = getattr(self, "attention_axes", None)
        attended = [axis % (ndim - 1) for axis in given or range(1, ndim - 2)]
        rest = [axis for axis in range(1, ndim - 2) if axis not in attended]
        return (0, *rest, ndim - 2, *attended, ndim - 1), len(rest) + 2

    def _attended(self, shape) -> tuple[int, ...]:
        """The sizes of the axes of (n, places..., size) that are attended, in this order."""
        order, apart = self._order(len(shape) + 1)
        return tuple(shape[axis] for axis in order[apart:-1])

    def compute_output_shape(self, query_shape, value_shape=None, key_shape=None):
        return (*query_shape[:-1], *self.output_sizes(query_shape))


def _counted_through(mask, queries: tuple, keys: tuple):
    """A mask (..., axes of queries, axes of keys) as (..., queries, keys)."""
    count = len(queries)
    if count == 1 or len(mask.shape) < 2 * count:
        return mask
    front = tuple(mask.shape[: -2 * count])
    mask = ops.broadcast_to(mask, (*front, *queries, *keys))
    return ops.reshape(mask, (*front, math.prod(queries), math.prod(keys)))


def _by_head(mask, scores):
    """A mask (n, queries, keys), or one with heads before the queries, for the scores."""
    mask = ops.cast(mask, "float32")
    for _ in range(len(scores.shape) - len(mask.shape)):
        mask = ops.expand_dims(mask, -3)
    return mask

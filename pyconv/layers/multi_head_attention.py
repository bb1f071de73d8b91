"""Attention of several heads: queries, keys and values are projected for each."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.graph import mask_of, set_mask
from pyconv.layers.attention_mask import EXCLUDED, joined_mask
from pyconv.layers.dense import EinsumDense
from pyconv.layers.layer import Layer
from pyconv.layers.regularization import Dropout
from pyconv.utils.arguments import expect_none, fraction, whole


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
        scores = ops.matmul(q * (1 / math.sqrt(self.head_size)), _transposed(k))
        sizes = scores.shape[-2], scores.shape[-1]
        mask = joined_mask(query_mask, value_mask, key_mask, use_causal_mask, *sizes)
        masks = [self._by_head(m, scores) for m in (mask, attention_mask) if m is not None]
        for allowed in masks:
            scores = ops.where(allowed, scores, EXCLUDED)
        weights = ops.softmax(scores)
        if self.dropout or return_attention_scores or len(query.shape) > 3:
            weights = math.prod(masks, start=weights)  # else the mean where no key is allowed
        mixed = ops.matmul(self.dropout_layer(weights, training=training), v)
        outputs = self._output_dense(self.by_places(mixed, query.shape))
        return (outputs, weights) if return_attention_scores else outputs

    def _mask_of_query(self, query_mask, query, value, key):
        """The query's mask, of those that came with the call."""
        return query_mask

    def _by_head(self, mask, scores):
        """A mask (n, queries, keys), or one with heads before the queries, for the scores."""
        mask = ops.cast(mask, "float32")
        for _ in range(len(scores.shape) - len(mask.shape)):
            mask = ops.expand_dims(mask, -3)
        return mask

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
        places = (shape[axis] for axis in order[apart:-1])
        x = ops.reshape(x, (*x.shape[:apart], *places, x.shape[-1]))
        return ops.transpose(x, tuple(order.index(axis) for axis in range(len(order))))

    def _order(self, ndim: int) -> tuple[tuple[int, ...], int]:
        """The order of the axes of (n, places..., heads, size) in which those that are attended
        come behind the heads, and how many axes are before them."""
        given = getattr(self, "attention_axes", None)
        attended = sorted(axis % (ndim - 1) for axis in given) if given else range(1, ndim - 2)
        rest = [axis for axis in range(1, ndim - 2) if axis not in attended]
        return (0, *rest, ndim - 2, *attended, ndim - 1), len(rest) + 2

    def compute_output_shape(self, query_shape, value_shape=None, key_shape=None):
        return (*query_shape[:-1], *self.output_sizes(query_shape))


def _transposed(x):
    """The last two axes the other way around."""
    *others, a, b = range(len(x.shape))
    return ops.transpose(x, (*others, b, a))


class MultiHeadAttention(DotProductAttention):
    """softmax(q k^T / sqrt(key_dim)) v in several heads, each with linear maps of its own, and a
    linear map of what they return (Vaswani et al. 2017).

    Args:
        num_heads: number of heads.
        key_dim: size of queries and keys in a head.
        value_dim: size of values in a head; `key_dim` by default.
        dropout: fraction of the weights that are dropped in training.
        use_bias: whether the linear maps have biases.
        output_shape: size of an output, or several; that of a query by default.
        attention_axes: the axes of places; by default all between the first and the last.
        sliding_window, flash_attention, use_gate: None or False.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: of the linear maps.
        seed: of the dropout.

    Returns:
        Called on query (n, places, size), value and perhaps key (n, others, size), masks that are
        1 where to look, `attention_mask` (n, places, others) among them, `use_causal_mask`:
        (n, places, size), with `return_attention_scores` also (n, num_heads, places, others).

    Raises:
        ValueError: an argument does not fit.

    Example:
        >>> import numpy as np
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
        >>> layer(np.ones((3, 5, 6), "float32"), np.ones((3, 7, 6), "float32")).shape
        (3, 5, 6)
    """

    config_omits = ("flash_attention",)

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            use_gate=use_gate,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            seed=seed,
            **kwargs,
        )
        self.num_heads = self.heads = self.query_heads = whole(num_heads, "num_heads")
        self.key_dim = self.head_size = whole(key_dim, "key_dim")
        self.value_dim = self.value_size = whole(value_dim or key_dim, "value_dim")
        several = output_shape is None or isinstance(output_shape, (list, tuple))
        self.output_shape = output_shape if several else (output_shape,)
        axes = attention_axes
        self.attention_axes = axes if axes is None or isinstance(axes, (list, tuple)) else [axes]

    def build(self, query_shape, value_shape, key_shape=None):
        middle = list(range(1, len(query_shape) - 1))
        given = middle if self.attention_axes is None else self.attention_axes
        if not {axis % len(query_shape) for axis in given} <= set(middle):
            raise ValueError(
                f"expected `attention_axes` between the first and the last of "
                f"{tuple(query_shape)}, received {self.attention_axes}"
            )
        self.attention_axes = given
        super().build(query_shape, value_shape, key_shape)

    # Under these names, which Keras has for this layer alone, its parts are in files.
    query_dense = property(lambda self: self._query_dense)
    key_dense = property(lambda self: self._key_dense)
    value_dense = property(lambda self: self._value_dense)
    output_dense = property(lambda self: self._output_dense)

    def _mask_of_query(self, query_mask, query, value, key):
        """As in Keras: the mask that the query carries, whatever the argument says, and the inputs
        lose theirs."""
        query_mask = mask_of(query)
        for x in (query, value, key):
            set_mask(x, None)
        return query_mask

    def output_sizes(self, query_shape):
        if self.output_shape is None:
            return super().output_sizes(query_shape)
        return tuple(self.output_shape)


class GroupedQueryAttention(DotProductAttention):
    """`MultiHeadAttention` where several query heads share the keys and values of a head (Ainslie
    et al. 2023).

    Args:
        head_dim: size of queries, keys and values in a head.
        num_query_heads: number of query heads.
        num_key_value_heads: number of heads of keys and values, which divides it.
        dropout, use_bias, seed, initializers, regularizers, constraints: as of
            `MultiHeadAttention`.
        sliding_window, flash_attention, use_gate: None or False.

    Raises:
        ValueError: an argument does not fit.

    Example:
        >>> import numpy as np
        >>> layer = GroupedQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
        >>> layer(np.ones((3, 5, 6), "float32"), np.ones((3, 7, 6), "float32")).shape
        (3, 5, 6)
    """

    config_omits = ("flash_attention",)

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            use_gate=use_gate,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            seed=seed,
            **kwargs,
        )
        self.head_dim = self.head_size = self.value_size = whole(head_dim, "head_dim")
        self.num_query_heads = self.query_heads = whole(num_query_heads, "num_query_heads")
        self.num_key_value_heads = self.heads = whole(num_key_value_heads, "num_key_value_heads")
        if self.query_heads % self.heads:
            raise ValueError(
                "expected `num_key_value_heads` to divide `num_query_heads`, received "
                f"{num_key_value_heads} and {num_query_heads}"
            )


GroupQueryAttention = GroupedQueryAttention

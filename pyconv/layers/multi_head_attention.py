"""Attention of several heads: queries, keys and values are projected for each."""

from __future__ import annotations

from pyconv.graph import mask_of, set_mask
from pyconv.layers.dot_product_attention import DotProductAttention
from pyconv.utils.arguments import whole


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
        attention_axes: the axes of places, which queries and keys have alike; by default all
            between the first and the last.
        sliding_window, flash_attention, use_gate: None or False.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: of the linear maps.
        seed: of the dropout.

    Returns:
        Called on query (n, places, size), value and perhaps key (n, others, size), masks that are
        1 where to look, `attention_mask` (n, places, others) among them, `use_causal_mask`:
        (n, places, size), with `return_attention_scores` also (n, num_heads, places, others).
        Several axes of places are several axes of masks and scores, too.

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

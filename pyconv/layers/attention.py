"""Attention without weights of its own, or with one vector: outputs are mixtures of values."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.attention_mask import EXCLUDED, joined_mask
from pyconv.layers.layer import Layer
from pyconv.layers.regularization import Dropout
from pyconv.utils.arguments import choice, fraction


class Attention(Layer):
    """softmax(scores) v with the scores q k^T, or sum tanh(q + k) (Luong et al. 2015).

    Args:
        use_scale: whether scores have a learned factor.
        score_mode: "dot", or "concat": w sum tanh(scale (q + k)) with a learned w.
        dropout: fraction of the weights that are dropped in training.
        seed: of the dropout.

    Returns:
        Called on [query, value] or [query, value, key] of (n, places, size), and perhaps
        `mask=[query_mask, value_mask]` and `use_causal_mask`: (n, places, size), with
        `return_attention_scores` also the weights.

    Raises:
        ValueError: an argument or the list does not fit.

    Example:
        >>> import numpy as np
        >>> Attention()([np.zeros((1, 1, 2)), np.array([[[1.0, 0.0], [3.0, 2.0]]])])
        array([[[2., 1.]]], dtype=float32)
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = choice(score_mode, "score_mode", ("dot", "concat"))
        self.dropout = fraction(dropout, "dropout")
        self.seed = seed
        self.dropout_layer = Dropout(self.dropout, seed=seed, name="dropout")
        self.scale = self.concat_score_weight = None

    def build(self, input_shape):
        _expect_list(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores(self, query, key):
        """(n, queries, keys)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
            return scores if self.scale is None else scores * self.scale
        pairs = _pairs(query, key)
        pairs = pairs if self.scale is None else pairs * self.scale
        return ops.sum(ops.tanh(pairs), axis=-1) * self.concat_score_weight

    def call(
        self,
        inputs,
        mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        _expect_list([x.shape for x in inputs])
        query, value, *key = inputs
        scores = self.scores(query, key[0] if key else value)
        query_mask, value_mask, *_ = mask or (None, None)
        allowed = joined_mask(None, value_mask, None, use_causal_mask, *scores.shape[-2:])
        if allowed is not None:
            scores = ops.where(allowed, scores, EXCLUDED)
        weights = self.dropout_layer(ops.softmax(scores), training=training)
        outputs = ops.matmul(weights, value)
        if query_mask is not None:
            outputs = outputs * ops.expand_dims(ops.cast(query_mask, "float32"), -1)
        return (outputs, weights) if return_attention_scores else outputs

    def compute_mask(self, inputs, mask=None):
        return ops.convert_to_tensor(mask[0]) if mask and mask[0] is not None else None

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])


class AdditiveAttention(Attention):
    """softmax(scores) v with the scores sum s tanh(q + k), s learned (Bahdanau et al. 2015).

    Args:
        use_scale: whether there is an s.
        dropout: fraction of the weights that are dropped in training.

    Called as `Attention`.

    Example:
        >>> import numpy as np
        >>> layer = AdditiveAttention(use_scale=False)
        >>> layer([np.zeros((1, 1, 2)), np.array([[[1.0, 1.0], [1.0, 1.0]]])])
        array([[[1., 1.]]], dtype=float32)
    """

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape):
        _expect_list(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}

    def scores(self, query, key):
        agreed = ops.tanh(_pairs(query, key))
        return ops.sum(agreed if self.scale is None else agreed * self.scale, axis=-1)


def _pairs(query, key):
    """(n, queries, keys, size): each query plus each key."""
    return ops.expand_dims(query, -2) + ops.expand_dims(key, -3)


def _expect_list(shapes) -> None:
    if len(shapes) not in (2, 3) or not all(hasattr(shape, "__len__") for shape in shapes):
        raise ValueError(
            f"expected [query, value] or [query, value, key], received inputs of shape {shapes}"
        )

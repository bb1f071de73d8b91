"""Vectors for numbers."""

from __future__ import annotations

from pyconv import dtype_policies, ops
from pyconv.graph import set_mask
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import expect_none, whole


class Embedding(Layer):
    """A learned vector for each whole number: y = E[x].

    Args:
        input_dim: how many numbers there are: 0 to input_dim - 1.
        output_dim: size of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of E, or their names.
        mask_zero: whether 0 stands for nothing: outputs have a mask that leaves it out.
        weights: first value of E, (input_dim, output_dim), or a list with it.
        lora_rank, lora_alpha, quantization_config: None.

    Returns:
        Called on whole numbers (n, ...): (n, ..., output_dim).

    Raises:
        ValueError: a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> layer = Embedding(3, 2, weights=np.eye(3, 2))
        >>> layer(np.array([[1, 2]]))
        array([[[0., 1.],
                [0., 0.]]], dtype=float32)
    """

    config_omits = ("activity_regularizer", "weights", "lora_rank", "lora_alpha", "input_length")

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        kwargs.pop("input_length", None)  # Keras 2's
        super().__init__(**kwargs)
        expect_none(lora_rank=lora_rank, quantization_config=quantization_config)
        self.input_dim = whole(input_dim, "input_dim")
        self.output_dim = whole(output_dim, "output_dim")
        self.keep_arguments(
            "embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint
        )
        self.mask_zero = self.supports_masking = mask_zero
        self.quantization_config = None
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape=None):
        if not self.built:
            shape = (self.input_dim, self.output_dim)
            self.embeddings = self.add_argued_weight("embeddings", shape)

    def call(self, inputs):
        return ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def get_config(self):
        return {**super().get_config(), "activity_regularizer": None}


class ReversibleEmbedding(Embedding):
    """An embedding, y = E[x], which turns vectors back into scores of numbers: y = x E^T (Press &
    Wolf 2016).

    Args:
        input_dim, output_dim, embeddings_initializer, embeddings_regularizer,
            embeddings_constraint, mask_zero: as of `Embedding`.
        tie_weights: whether the way back has the same weights; else it has a matrix of its own.
        reverse_dtype: None or "float32".
        logit_soft_cap: c, where scores are c tanh(y / c); or None.

    Returns:
        Called on whole numbers (n, ...): (n, ..., output_dim); with `reverse=True` on vectors
        (n, ..., output_dim): (n, ..., input_dim).

    Raises:
        ValueError: a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> layer = ReversibleEmbedding(3, 2, embeddings_initializer="ones")
        >>> layer(layer(np.array([[1]])), reverse=True)
        array([[[2., 2., 2.]]], dtype=float32)
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        self.tie_weights = tie_weights
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.reverse_dtype = reverse_dtype and dtype_policies.get(reverse_dtype).name
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim),
                self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def call(self, inputs, reverse=False):
        if not reverse:
            outputs = super().call(inputs)
            set_mask(outputs, super().compute_mask(inputs))
            return outputs
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        scores = ops.matmul(inputs, kernel)
        cap = self.logit_soft_cap
        return scores if cap is None else ops.tanh(scores / cap) * cap

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape, reverse=False):
        return (*input_shape[:-1], self.input_dim) if reverse else (*input_shape, self.output_dim)

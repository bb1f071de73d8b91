"""Vectors for numbers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import expect_none, whole


class Embedding(Layer):
    """A learned vector for each whole number: y = E[x].

    Args:
        input_dim: how many numbers there are: 0 to input_dim - 1.
        output_dim: size of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of E, or their names.
        mask_zero: accepted; what follows sees the vector of 0 and no mask.
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

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def get_config(self):
        return {**super().get_config(), "activity_regularizer": None}

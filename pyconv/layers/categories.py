"""Whole numbers as vectors of zeros and ones."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import choice, expect_none, whole


class CategoryEncoding(Layer):
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
        modes = ("one_hot", "multi_hot", "count")
        self.output_mode = choice(output_mode, "output_mode", modes)
        self.sparse = False

    def __call__(self, inputs, count_weights=None, **kwargs):
        further = {} if count_weights is None else {"count_weights": ops.array(count_weights)}
        inputs = inputs if hasattr(inputs, "shape") else ops.array(inputs)
        return super().__call__(inputs, **further, **kwargs)

    def call(self, inputs, count_weights=None):
        encoded = ops.one_hot(ops.cast(inputs, "int32"), self.num_tokens)
        if self.output_mode == "one_hot":
            single = len(inputs.shape) > 1 and inputs.shape[-1] == 1
            return ops.squeeze(encoded, -2) if single else encoded
        if count_weights is not None:
            encoded = encoded * ops.expand_dims(ops.cast(count_weights, "float32"), -1)
        if len(inputs.shape) == 0:
            return encoded
        if self.output_mode == "count":
            return ops.sum(encoded, axis=-2)
        return ops.max(encoded, axis=-2)

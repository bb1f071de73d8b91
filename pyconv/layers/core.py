"""The entrance of models: Input and InputLayer."""

from __future__ import annotations

from pyconv.graph import Tensor, placeholder
from pyconv.graph.tensor import DTYPES
from pyconv.layers.call import LayerCall
from pyconv.layers.layer import Layer


class InputLayer(Layer):
    """The layer whose output is an input of the model.

    Args:
        shape: shape of one example; None for a size that is free.
        batch_size: number of examples; None for any.
        dtype: "float32" (default) or "int32".
        batch_shape: the shape with examples first, instead of `shape` and `batch_size`.
        name: the layer's name.

    Example:
        >>> InputLayer(shape=(28, 28, 1)).output.shape
        (None, 28, 28, 1)
    """

    def __init__(self, shape=None, batch_size=None, dtype=None, batch_shape=None, name=None):
        super().__init__(name=name)
        self.batch_shape = _batch_shape(shape, batch_size, batch_shape)
        self.dtype = "float32" if dtype is None else str(getattr(dtype, "__name__", dtype))
        if self.dtype not in DTYPES:
            raise ValueError(
                f"expected a dtype of {DTYPES} for an input, received {dtype!r}; arrays of other "
                "dtypes are converted to float32 when they come"
            )
        tensor = placeholder(self.batch_shape, self.dtype, self.name)
        tensor.history = self._records.first_call = LayerCall(self, (), {}, tensor, self.name)
        self.built = True

    def call(self, inputs):
        return inputs


def Input(  # noqa: N802 (Keras' name)
    shape=None, batch_size=None, dtype=None, batch_shape=None, name=None
) -> Tensor:
    """A symbolic tensor on which layers can be called, to make a `Model` of them.

    Args:
        shape: shape of one example; None for a size that is free.
        batch_size: number of examples; None for any.
        dtype: "float32" (default) or "int32".
        batch_shape: the shape with examples first, instead of `shape` and `batch_size`.
        name: name of the input.

    Returns:
        A tensor of shape (batch_size, *shape).

    Raises:
        ValueError: the shape is not a tuple of positive sizes and None, or the dtype is unknown.

    Example:
        >>> Input((28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    return InputLayer(shape, batch_size, dtype, batch_shape, name).output


def _batch_shape(shape, batch_size, batch_shape) -> tuple[int | None, ...]:
    if (shape is None) == (batch_shape is None) or None not in (batch_size, batch_shape):
        raise ValueError(
            "expected `shape` (of one example), or `batch_shape` alone, received "
            f"shape={shape}, batch_size={batch_size}, batch_shape={batch_shape}"
        )
    sizes = (batch_size, *_sizes(shape)) if batch_shape is None else _sizes(batch_shape)
    if any(size is not None and not (isinstance(size, int) and size >= 0) for size in sizes):
        raise ValueError(
            f"expected sizes that are integers or None, received {sizes}; pass for example "
            "shape=(28, 28, 1)"
        )
    return sizes


def _sizes(shape) -> tuple:
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"expected a shape as a tuple, received {shape!r}; pass for example ({shape},)"
        )
    return tuple(shape)

"""The entrance of models: Input and InputLayer."""

from __future__ import annotations

import inspect

import numpy as np

from pyconv.graph import Tensor, placeholder
from pyconv.graph.tensor import DTYPES
from pyconv.layers.call import LayerCall
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import expect_none

#: The axes that arrays of every NumPy can have.
_MOST_AXES = 32


class InputLayer(Layer):
    """The layer whose output is an input of the model.

    Args:
        shape: shape of one example; None for a size that is free.
        batch_size: number of examples; None for any.
        dtype: "float32" (default) or "int32"; other numbers are converted to one of the two; or
            "string", for layers such as `TextVectorization`.
        sparse, ragged, input_tensor: None or False.
        batch_shape: the shape with examples first, instead of `shape` and `batch_size`.
        optional: accepted, without effect.
        name: the layer's name.

    Example:
        >>> InputLayer(shape=(28, 28, 1)).output.shape
        (None, 28, 28, 1)
    """

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
        **kwargs,
    ):
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        super().__init__(name=name, **kwargs)
        expect_none(sparse=sparse or None, ragged=ragged or None, input_tensor=input_tensor)
        self.batch_shape = _batch_shape(shape, batch_size, batch_shape)
        self.dtype = _input_dtype(dtype)
        self.sparse = self.ragged = False
        self.optional = optional
        tensor = placeholder(self.batch_shape, self.dtype, name or "")
        tensor.history = self._records.first_call = LayerCall(self, (), {}, tensor, self.name)
        self.built = True

    def call(self, inputs):
        return inputs

    def get_config(self):
        names = ("batch_shape", "dtype", "sparse", "ragged", "name", "optional")
        return {name: getattr(self, name) for name in names}


class Identity(Layer):
    """The inputs as they are.

    Example:
        >>> import numpy as np
        >>> Identity()(np.ones(2))
        array([1., 1.], dtype=float32)
    """

    built_at_once = supports_masking = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs


class Lambda(Layer):
    """A function as a layer.

    Args:
        function: a function of the inputs, made of `pyconv.ops`; it may also take `training`.
        output_shape: accepted for Keras' sake: shapes follow from the function.
        mask: the outputs' mask, or a function of the inputs and their mask that returns it.
        arguments: further arguments of the function, by name.

    Raises:
        TypeError: the function is not callable.

    Example:
        >>> import numpy as np
        >>> Lambda(lambda x: x**2)(np.array([1.0, 3.0]))
        array([1., 9.], dtype=float32)
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"expected `function` to be callable, received {function!r}")
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.supports_masking = mask is not None
        self.arguments = arguments or {}

    def call(self, inputs, mask=None, training=None):
        taken = inspect.signature(self.function).parameters
        given = {"mask": mask, "training": training}
        given = {name: value for name, value in given.items() if name in taken}
        return self.function(inputs, **self.arguments, **given)

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        config = super().get_config()
        for name in ("function", "output_shape", "mask", "arguments"):
            value = serialize_keras_object(getattr(self, name))
            config[name] = value
            if value is None and name != "function":
                del config[name]
        return config

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; its function is found by its name."""
        from pyconv.saving import deserialize_keras_object

        for name in ("function", "output_shape", "mask"):
            if name in config:
                config = {**config, name: deserialize_keras_object(config[name])}
        return cls(**config)


def Input(  # noqa: N802 (Keras' name)
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
) -> Tensor:
    """A symbolic tensor on which layers can be called, to make a `Model` of them.

    Args:
        shape: shape of one example; None for a size that is free.
        batch_size: number of examples; None for any.
        dtype: "float32" (default) or "int32"; other numbers are converted to one of the two; or
            "string", for layers such as `TextVectorization`.
        sparse, ragged, tensor: None or False.
        batch_shape: the shape with examples first, instead of `shape` and `batch_size`.
        name: name of the input.
        optional: accepted, without effect.

    Returns:
        A tensor of shape (batch_size, *shape).

    Raises:
        ValueError: the shape is not a tuple of positive sizes and None, or the dtype is unknown.

    Example:
        >>> Input((28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    layer = InputLayer(
        shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name
    )
    return layer.output


def _input_dtype(dtype) -> str:
    """The dtype in which an input's numbers are kept; "string" stays."""
    if dtype == "string":
        return dtype
    try:
        kind = np.dtype(dtype or "float32").kind
    except TypeError:
        kind = None
    if kind not in ("f", "i", "u", "b"):
        raise ValueError(
            f"expected a dtype of {DTYPES} for an input, received {dtype!r}; arrays of other "
            "dtypes are converted to float32 when they come"
        )
    return "float32" if kind == "f" else "int32"


def _batch_shape(shape, batch_size, batch_shape) -> tuple[int | None, ...]:
    if (shape is None) == (batch_shape is None) or None not in (batch_size, batch_shape):
        raise ValueError(
            "expected `shape` (of one example), or `batch_shape` alone, received "
            f"shape={shape}, batch_size={batch_size}, batch_shape={batch_shape}"
        )
    sizes = (batch_size, *_sizes(shape)) if batch_shape is None else _sizes(batch_shape)
    if len(sizes) > _MOST_AXES:
        raise ValueError(f"expected at most {_MOST_AXES} axes, received {len(sizes)}")
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

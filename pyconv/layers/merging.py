"""Layers that join several tensors into one."""

from __future__ import annotations

from functools import reduce

from pyconv import ops
from pyconv.layers.layer import Layer


class Merge(Layer):
    """Base of layers that join a list of tensors, two at a time where a subclass sets `function`,
    an op. Tensors of lower rank get axes of size 1 behind the examples' axis."""

    function = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return reduce(type(self).function, self.aligned(inputs))

    def aligned(self, inputs) -> list:
        """The inputs, brought to one rank."""
        if not isinstance(inputs, (list, tuple)) or not inputs:
            raise ValueError(
                f"expected a list of tensors, received {inputs!r}; call it as layer([a, b])"
            )
        rank = max(len(x.shape) for x in inputs)
        return [_of_rank(rank, x) for x in inputs]


def _of_rank(rank: int, x):
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    return x


class Add(Merge):
    """The sum of a list of tensors.

    Example:
        >>> import numpy as np
        >>> Add()([np.ones(2), np.ones(2)])
        array([2., 2.], dtype=float32)
    """

    function = staticmethod(ops.add)


class Subtract(Merge):
    """The first of two tensors minus the second.

    Example:
        >>> import numpy as np
        >>> Subtract()([np.ones(2), np.ones(2)])
        array([0., 0.], dtype=float32)
    """

    function = staticmethod(ops.subtract)

    def call(self, inputs):
        if len(inputs) != 2:
            raise ValueError(f"expected a list of 2 tensors, received {len(inputs)}")
        return super().call(inputs)


class Multiply(Merge):
    """The product of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Multiply()([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
        array([3., 8.], dtype=float32)
    """

    function = staticmethod(ops.multiply)


class Average(Merge):
    """The mean of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Average()([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
        array([2., 3.], dtype=float32)
    """

    function = staticmethod(ops.add)

    def call(self, inputs):
        return super().call(inputs) * (1 / len(inputs))


class Maximum(Merge):
    """The largest of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Maximum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])
        array([3., 4.], dtype=float32)
    """

    function = staticmethod(ops.maximum)


class Minimum(Merge):
    """The smallest of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Minimum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])
        array([1., 2.], dtype=float32)
    """

    function = staticmethod(ops.minimum)


class Concatenate(Merge):
    """Tensors one after another.

    Args:
        axis: the axis along which they are joined; the sizes of all others agree.

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> Concatenate()([np.ones((2, 1)), np.ones((2, 3))]).shape
        (2, 4)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        return ops.concatenate(list(inputs), axis=self.axis)


def add(inputs, **kwargs):
    """The sum of a list of tensors, by an `Add` layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first of two tensors minus the second, by a `Subtract` layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of a list of tensors, by a `Multiply` layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of a list of tensors, by an `Average` layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of a list of tensors, by a `Maximum` layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of a list of tensors, by a `Minimum` layer."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """Tensors one after another along an axis, by a `Concatenate` layer."""
    return Concatenate(axis=axis, **kwargs)(inputs)

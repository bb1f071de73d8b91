"""Initializers without randomness."""

import numpy as np

from pyconv.initializers.initializer import Initializer


class Zeros(Initializer):
    """All elements 0.

    Example:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    def __call__(self, shape, dtype="float32"):
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """All elements 1.

    Example:
        >>> Ones()((2,))
        array([1., 1.], dtype=float32)
    """

    def __call__(self, shape, dtype="float32"):
        return np.ones(shape, dtype)


class Constant(Initializer):
    """All elements one value, or an array that is broadcast to the shape.

    Args:
        value: number or array-like.

    Example:
        >>> Constant(0.5)((2,))
        array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype="float32"):
        return np.full(shape, self.value, dtype)

    def get_config(self):
        return {"value": np.asarray(self.value).tolist()}


class Identity(Initializer):
    """The identity matrix times a gain, for shapes (rows, columns).

    Args:
        gain: factor of the ones on the diagonal.

    Example:
        >>> Identity()((2, 3))
        array([[1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype="float32"):
        if len(shape) != 2:
            raise ValueError(
                f"expected a shape of two axes for Identity, received {tuple(shape)};"
                " use DeltaOrthogonal for convolution kernels"
            )
        return (self.gain * np.eye(*shape)).astype(dtype)

    def get_config(self):
        return {"gain": self.gain} if self.gain != 1 else {}  # Keras' config never has a gain

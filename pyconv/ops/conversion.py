"""What is a tensor, of which dtype and size; arrays and numbers made into tensors and back."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Array, Tensor, Variable, apply, as_tensor
from pyconv.ops.dtypes import Cast, array_of, concrete, dtype_name, is_integral, symbolic
from pyconv.ops.elementwise import cast, clip
from pyconv.ops.examples import Unknown
from pyconv.ops.shaping import shape_of
from pyconv.ops.slices import stack
from pyconv.utils.strings import as_strings, holds_strings


def array(x, dtype=None):
    """`convert_to_tensor`.

    Example:
        >>> from pyconv import ops
        >>> ops.array([1, 2])
        array([1, 2], dtype=int32)
    """
    return convert_to_tensor(x, dtype)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as the ops have it: a tensor of the graph stays, what has numbers or strings becomes an
    array.

    Args:
        x: tensor, variable, array, nested lists or number.
        dtype: the result's; that of x by default, Python's integers int32 and floats float32.
        sparse, ragged: taken for Keras' sake; there are dense tensors only.

    Example:
        >>> from pyconv import ops
        >>> ops.convert_to_tensor([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if isinstance(x, Unknown):
        return cast(x, dtype or "int32")
    if dtype in (None, "string") and holds_strings(x):
        return as_strings(x)
    if symbolic(x):
        return cast(x, dtype) if dtype is not None else as_tensor(x)
    if isinstance(x, (list, tuple)) and any(symbolic(part) for part in x):
        return stack([convert_to_tensor(part, dtype) for part in x])
    if isinstance(x, Variable):
        return cast(x, dtype or x.dtype)
    return array_of(x) if dtype is None else cast(x, dtype)


def convert_to_numpy(x) -> np.ndarray:
    """A NumPy array of an array, a variable or a number.

    Raises:
        TypeError: x is a tensor of a graph, which has no values yet.

    Example:
        >>> from pyconv import ops
        >>> ops.convert_to_numpy([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    return np.array(array_of(x))


def is_tensor(x) -> bool:
    """Whether x is a tensor of a graph, or an array as the ops return.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.is_tensor(ops.ones((2,))), ops.is_tensor(np.ones((2,)))
        (True, False)
    """
    return isinstance(x, (Tensor, Array, Variable))


def dtype(x) -> str:
    """The name of x's dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.dtype([1.0]), ops.dtype([1])
        ('float32', 'int32')
    """
    return x.dtype if isinstance(x, (Tensor, Variable)) else array_of(x).dtype.name


def view(x, dtype=None):
    """The bytes of an array read as numbers of another dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.view(ops.ones((1,)), "int32")
        array([1065353216], dtype=int32)
    """
    array = concrete("view", x)
    return array if dtype is None else array.view(dtype_name(dtype))


def size(x):
    """The number of elements; None where that of examples is one of the axes.

    Example:
        >>> from pyconv import ops
        >>> int(ops.size([[1.0, 2.0]]))
        2
    """
    shape = shape_of(x)
    return None if None in shape else np.int32(np.prod(shape, dtype=int))


def copy(x):
    """The same numbers in memory of their own.

    Example:
        >>> from pyconv import ops
        >>> ops.copy([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if symbolic(x):
        return as_tensor(x)
    return array_of(x).copy() if is_integral(x) else apply(Cast("float32"), x)


def saturate_cast(x, dtype):
    """`cast`, where numbers beyond the dtype's range become its ends.

    Example:
        >>> from pyconv import ops
        >>> ops.saturate_cast([-1.0, 300.0], "uint8")
        array([  0, 255], dtype=uint8)
    """
    name = dtype_name(dtype)
    if "int" not in name:
        return cast(x, name)
    ends = np.iinfo(name)
    if symbolic(x):
        return cast(clip(x, float(ends.min), float(ends.max)), name)
    return np.clip(np.asarray(array_of(x), "float64"), ends.min, ends.max).astype(name)

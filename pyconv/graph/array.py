"""Arrays that ops computed: NumPy arrays that tapes know."""

from __future__ import annotations

import numpy as np

from pyconv.graph.recording import is_recorded


class Array(np.ndarray):
    """What ops, layers and models return for arrays: a NumPy array with `numpy()`.

    While a `GradientTape` watches it, Python's operators, the functions and methods of NumPy that
    ops have too, and indices are recorded. Augmented assignments make new arrays, as they do for
    tensors.

    Attributes:
        tensor: what stands for it in the graph of recorded values, or None.
        _keras_mask: what of it counts, or None; under Keras' name.

    Example:
        >>> from pyconv import ops
        >>> y = ops.square([1.0, 2.0])
        >>> y + 1, type(y.numpy()).__name__
        (array([2., 5.], dtype=float32), 'ndarray')
    """

    tensor = None
    _keras_mask = None

    #: (name of a NumPy function) -> the op that a tape can record, or None; pyconv.ops sets it.
    op_of = staticmethod(lambda name: None)

    def numpy(self) -> np.ndarray:
        """A copy of the values as a plain NumPy array."""
        return np.array(self)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if method == "__call__" and out is None and any(map(is_recorded, inputs)):
            op = Array.op_of(ufunc.__name__)
            if op is not None:
                return op(*inputs)
        if out is not None:
            kwargs["out"] = tuple([plain(x) for x in out])
        results = getattr(ufunc, method)(*[plain(x) for x in inputs], **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        if isinstance(results, tuple):
            return tuple([as_array(x) for x in results])
        if method != "__call__" and type(results) is not np.ndarray:
            return results  # a sum over all is a number, as NumPy has it
        return _of_kernels(results, inputs)

    def __getitem__(self, index):
        if is_recorded(self):
            return Array.op_of("getitem")(self, index)
        return super().__getitem__(index)

    def astype(self, dtype, *args, **kwargs):
        """A copy in another dtype; floats of another precision are known to tapes as these are."""
        array = super().astype(dtype, *args, **kwargs)
        if self.dtype.kind == array.dtype.kind == "f" and is_recorded(self):
            array = array.view(Array)
            array.tensor = self.tensor
            array.flags.writeable = False
        return array

    def __iadd__(self, other):
        return self + other

    def __isub__(self, other):
        return self - other

    def __imul__(self, other):
        return self * other

    def __itruediv__(self, other):
        return self / other

    def __ipow__(self, other):
        return self**other

    def __imatmul__(self, other):
        return self @ other

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))


def as_array(value):
    """A NumPy array, or a number of NumPy's, as an `Array`; everything else as it is.

    Example:
        >>> as_array(np.ones(2)).numpy()
        array([1., 1.])
    """
    if type(value) is np.ndarray:
        return value.view(Array)
    return np.asarray(value).view(Array) if isinstance(value, np.generic) else value


def plain(value):
    """An `Array` as a NumPy array that shares its memory; everything else as it is."""
    return value.view(np.ndarray) if type(value) is Array else value


def _of_kernels(result, inputs):
    """The result as an `Array`: float64 that no operand asked for becomes float32."""
    result = np.asarray(result)
    if result.dtype == np.float64 and not any(
        type(x) is Array and x.dtype == np.float64 for x in inputs
    ):
        result = result.astype(np.float32)
    return result.view(Array)

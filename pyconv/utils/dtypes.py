"""Names of dtypes, and what Keras makes of several."""

from __future__ import annotations

import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = tuple(f"{sign}int{bits}" for sign in ("u", "") for bits in (8, 16, 32, 64))
DTYPES = (*FLOATS, *INTEGERS, "bool", "string", "complex64", "complex128")

_python = {bool: "bool", int: "int64", "int": "int64", float: "float32", str: "string"}


def standardize_dtype(dtype) -> str:
    """The name of a dtype: of a string, a Python or NumPy type, or another library's dtype.

    Args:
        dtype: None means "float32", int and "int" "int64", float "float32".

    Raises:
        ValueError: there is no such dtype.

    Example:
        >>> standardize_dtype(None), standardize_dtype(np.float16), standardize_dtype(int)
        ('float32', 'float16', 'int64')
    """
    if dtype is None:
        return "float32"
    if isinstance(dtype, (type, str)) and dtype in _python:
        return _python[dtype]
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    name = name.split(".")[-1]
    if name not in DTYPES:
        raise ValueError(f"expected a dtype, one of {', '.join(DTYPES)}; received {dtype!r}")
    return name


def is_float_dtype(dtype) -> bool:
    """Whether it is one of the floating-point dtypes.

    Example:
        >>> is_float_dtype("bfloat16"), is_float_dtype("int8")
        (True, False)
    """
    return standardize_dtype(dtype) in FLOATS


def is_int_dtype(dtype) -> bool:
    """Whether it is one of the integer dtypes; "bool" is none.

    Example:
        >>> is_int_dtype("uint8"), is_int_dtype("bool")
        (True, False)
    """
    return standardize_dtype(dtype) in INTEGERS


def result_type(*dtypes) -> str:
    """The dtype that an operation on such operands has in Keras.

    Floats win over integers, and the widest of them over the others; Python's int and float adapt
    themselves to what stands beside them; 64 bits without a sign become 32.

    Example:
        >>> result_type("int32", "float16"), result_type("uint8", int), result_type(int, float)
        ('float16', 'uint8', 'float32')
    """
    names = [standardize_dtype(d) for d in dtypes if d not in (int, float)]
    floats = {name for name in names if name in FLOATS}
    if len(floats) == 2 and floats == {"float16", "bfloat16"}:
        return "float32"
    if floats:
        return max(floats, key=FLOATS.index)
    if float in dtypes or not dtypes:
        return "float32"
    if int in dtypes and all(name == "bool" for name in names):
        return "int32"
    name = str(np.result_type(*names))
    return {"float64": "float32", "uint64": "uint32"}.get(name, name)

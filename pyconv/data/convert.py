"""From what users pass to the arrays that plans read: float32 or int32, C-contiguous."""

import numpy as np

from pyconv import core

INT32 = np.iinfo(np.int32)
INT64 = np.dtype(np.int64)

#: Values that are checked at once: copies of them stay in the cache.
BLOCK = 1 << 16


def as_array(what, value):
    """The value as a NumPy array of numbers, without a copy where it is one.

    Args:
        what: how messages call it.
        value: array, nested lists, or anything that NumPy can read.

    Raises:
        TypeError: not numbers.
        ValueError: rows of different lengths.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{what}: expected an array, received nested lists that NumPy cannot stack ({error}); "
            "give all rows the same length"
        ) from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{what}: expected numbers, received dtype {array.dtype}; convert them, for instance "
            "with .astype('float32')"
        )
    return array


def as_column(what, value):
    """A row of numbers for each example: an array, or a list of arrays where their shapes differ.

    Args:
        what, value: as in `as_array`.

    Example:
        >>> [row.shape for row in as_column("y", [np.ones(2), np.ones(3)])]
        [(2,), (3,)]
    """
    if isinstance(value, (list, tuple)) and all(hasattr(row, "shape") for row in value):
        return stacked([as_array(what, row) for row in value])
    return as_array(what, value)


def stacked(rows: list):
    """Arrays as one, or as they are where their shapes differ."""
    return rows if len({row.shape for row in rows}) > 1 else np.array(rows)


def target_dtype(what, array):
    """The dtype for targets: int32 for integers, which may be class labels, else float32."""
    if array.dtype.kind not in "iu":
        return "float32"
    check_int32(what, array)
    return "int32"


def as_target(what, array):
    """The array as plans read targets: C-contiguous, of `target_dtype`."""
    if array.dtype is INT64 and array.flags.c_contiguous:  # labels, as NumPy makes them
        labels = core.narrow(array)
        if labels is not None:
            return np.frombuffer(labels, np.int32).reshape(array.shape)
    return np.ascontiguousarray(array, target_dtype(what, array))


def check_int32(what, array):
    """Raises ValueError unless int32 can hold every value, exactly."""
    if array.dtype.char == "i" or np.can_cast(array.dtype, np.int32):
        return
    flat = array.reshape(-1)
    for start in range(0, len(flat), BLOCK):
        part = flat[start : start + BLOCK]
        if part.dtype.kind in "iu":
            fits = part.astype(np.int32) == part
        else:
            fits = (np.floor(part) == part) & (part >= INT32.min) & (part <= INT32.max)
        if not fits.all():
            raise ValueError(
                f"{what}: expected integers that int32 can hold, received {part[~fits][0]}; round "
                "the numbers, or look for NaN and for labels that are none"
            )

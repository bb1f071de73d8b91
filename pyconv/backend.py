"""Keras' `backend`: settings, dtypes and small questions about tensors."""

from __future__ import annotations

from collections import Counter

from pyconv.utils.lazy import exports

_uids: Counter[str] = Counter()


def get_uid(prefix: str = "") -> int:
    """1 for the first use of the prefix in this process, then 2, 3, ...

    Example:
        >>> get_uid("of an example"), get_uid("of an example")
        (1, 2)
    """
    _uids[prefix] += 1
    return _uids[prefix]


def int_shape(x) -> tuple[int | None, ...]:
    """The sizes of a tensor or an array, None for those that are free.

    Example:
        >>> from pyconv import Input
        >>> int_shape(Input((3,)))
        (None, 3)
    """
    return tuple(x.shape)


__all__, __getattr__, __dir__ = exports(
    "pyconv.backend",
    {
        ".config.defaults": (
            "backend epsilon floatx image_data_format set_epsilon set_floatx set_image_data_format"
        ),
        ".ops": "shape",
        ".symbolic": "is_keras_tensor",
        ".utils.dtypes": "is_float_dtype is_int_dtype result_type standardize_dtype",
        ".utils.naming": "clear_session",
    },
)
__all__ += ["get_uid", "int_shape"]

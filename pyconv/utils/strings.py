"""Arrays of strings: objects of `bytes`, as TensorFlow's string tensors are to NumPy."""

from __future__ import annotations

import numpy as np


def holds_strings(value) -> bool:
    """Whether the value is a string, an array of them, or nested lists that begin with one.

    Example:
        >>> holds_strings([["a", "b"]]), holds_strings(np.ones(2))
        (True, False)
    """
    while isinstance(value, (list, tuple)) and len(value):
        value = value[0]
    if isinstance(value, (str, bytes)):
        return True
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return kind in ("U", "S", "O") or getattr(value, "dtype", None) == "string"


def as_strings(value) -> np.ndarray:
    """Strings as an array of `bytes` objects, text in UTF-8.

    Args:
        value: a string or bytes, nested lists or an array of them, or what NumPy can read as such.

    Raises:
        TypeError: something else is among them.
        ValueError: lists of different lengths.

    Example:
        >>> as_strings([["a", b"b"]])
        array([[b'a', b'b']], dtype=object)
    """
    listed = isinstance(value, (list, tuple, str, bytes))
    array = np.array(value, object) if listed else np.asarray(value)
    if array.dtype.kind not in "USO":
        raise TypeError(f"expected strings, received an array of dtype {array.dtype}")
    return objects([_encoded(text) for text in array.ravel().tolist()], array.shape)


def as_texts(strings: np.ndarray) -> np.ndarray:
    """An array of `bytes` as one of NumPy's unicode strings.

    Example:
        >>> as_texts(as_strings(["a", "bc"]))
        array(['a', 'bc'], dtype='<U2')
    """
    texts = [text.decode("utf-8", "replace") for text in strings.ravel().tolist()]
    return np.array(texts, "U").reshape(strings.shape)


def objects(values: list, shape) -> np.ndarray:
    """An array of Python's objects, also where these are sequences."""
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)


def _encoded(text) -> bytes:
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, (list, tuple)):
        raise ValueError("expected lists of one length, received lists of different lengths")
    raise TypeError(f"expected strings, received {text!r} of type {type(text).__name__}")

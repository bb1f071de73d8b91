"""Keras' defaults: the layout of images, the fuzz factor, the dtype, the backend's name."""

from __future__ import annotations

from numbers import Real

BACKEND = "pyconv"
LAYOUTS = ("channels_last", "channels_first")
FLOATS = ("float16", "bfloat16", "float32", "float64")

_values = {"image_data_format": "channels_last", "epsilon": 1e-7}


def image_data_format() -> str:
    """The layout of layers and functions that are given no `data_format`.

    Example:
        >>> image_data_format()
        'channels_last'
    """
    return _values["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Sets the layout of layers that are made from here on, and of functions.

    Args:
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: another layout.

    Example:
        >>> set_image_data_format("channels_last")
    """
    _values["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The layout in lower case, `image_data_format()` where none is given."""
    if data_format is None:
        return image_data_format()
    if not isinstance(data_format, str) or data_format.lower() not in LAYOUTS:
        raise ValueError(f"expected `data_format` to be one of {LAYOUTS}, received {data_format!r}")
    return data_format.lower()


def epsilon() -> float:
    """The number that keeps quotients and logarithms of losses and metrics finite.

    Example:
        >>> epsilon()
        1e-07
    """
    return _values["epsilon"]


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`.

    Raises:
        ValueError: not a positive number.

    Example:
        >>> set_epsilon(1e-7)
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not value > 0:
        raise ValueError(f"expected a positive number as epsilon, received {value!r}")
    _values["epsilon"] = float(value)


def floatx() -> str:
    """The dtype of weights and results: always "float32".

    Example:
        >>> floatx()
        'float32'
    """
    return "float32"


def set_floatx(value: str) -> None:
    """Accepts "float32", the only float dtype that kernels have.

    Raises:
        ValueError: another dtype.

    Example:
        >>> set_floatx("float32")
    """
    if value not in FLOATS:
        raise ValueError(f"expected a floatx of {FLOATS}, received {value!r}")
    if value != "float32":
        raise ValueError(
            f"expected floatx 'float32', received {value!r}: kernels compute in float32 only; "
            "leave set_floatx out"
        )


def backend() -> str:
    """The name of what computes: "pyconv"; Keras' are tensorflow, jax, torch, numpy.

    Example:
        >>> backend()
        'pyconv'
    """
    return BACKEND


def set_backend(backend: str) -> None:
    """Accepts "pyconv"; there is nothing to choose.

    Raises:
        ValueError: another backend.

    Example:
        >>> set_backend("pyconv")
    """
    if backend != BACKEND:
        raise ValueError(
            f"expected the backend 'pyconv', received {backend!r}: kernels are pyconv's own; leave "
            "set_backend out"
        )

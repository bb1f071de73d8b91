"""The most epochs and steps that `fit` runs, whatever its arguments say: for trying scripts out."""

from __future__ import annotations

import os
from numbers import Integral

_limits: dict[str, int | None] = {}


def max_epochs() -> int | None:
    """The most epochs of a `fit`; None where there is no limit.

    It is KERAS_MAX_EPOCHS of the environment until `set_max_epochs` says otherwise.

    Example:
        >>> max_epochs()
    """
    return _limit("KERAS_MAX_EPOCHS")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of every `fit`; None for no limit.

    Raises:
        ValueError: no positive integer.

    Example:
        >>> set_max_epochs(None)
    """
    _limits["KERAS_MAX_EPOCHS"] = _checked("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch, of `evaluate` and of `predict`; None where there is no limit.

    It is KERAS_MAX_STEPS_PER_EPOCH of the environment until `set_max_steps_per_epoch` says
    otherwise.

    Example:
        >>> max_steps_per_epoch()
    """
    return _limit("KERAS_MAX_STEPS_PER_EPOCH")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the steps of every epoch; None for no limit.

    Raises:
        ValueError: no positive integer.

    Example:
        >>> set_max_steps_per_epoch(None)
    """
    _limits["KERAS_MAX_STEPS_PER_EPOCH"] = _checked("max_steps_per_epoch", max_steps_per_epoch)


def _limit(variable: str) -> int | None:
    if variable not in _limits:
        text = os.environ.get(variable)
        _limits[variable] = _checked(variable, int(text) if text and text.isdigit() else text)
    return _limits[variable]


def _checked(name: str, value) -> int | None:
    whole = isinstance(value, Integral) and not isinstance(value, bool) and value > 0
    if value is not None and not whole:
        raise ValueError(f"expected {name} to be a positive integer or None, received {value!r}")
    return value

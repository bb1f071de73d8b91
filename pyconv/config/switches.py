"""Keras' switches: logging has two ways here, the others one."""

from __future__ import annotations

import logging

_switches = {"interactive logging": True, "traceback filtering": True}


def is_interactive_logging_enabled() -> bool:
    """Whether progress and tables go to the standard output, rather than to the log.

    Example:
        >>> is_interactive_logging_enabled()
        True
    """
    return _switches["interactive logging"]


def enable_interactive_logging() -> None:
    """Progress bars and tables go to the standard output."""
    _switches["interactive logging"] = True


def disable_interactive_logging() -> None:
    """Progress bars and tables go to the logger "pyconv", as information."""
    _switches["interactive logging"] = False


def show(message: str, line_break: bool = True) -> None:
    """Prints a message, or logs it where interactive logging is off."""
    if is_interactive_logging_enabled():
        print(message, end="\n" if line_break else "", flush=True)
    else:
        logging.getLogger("pyconv").info(message)


def is_traceback_filtering_enabled() -> bool:
    """What was set; tracebacks here are short and always whole.

    Example:
        >>> is_traceback_filtering_enabled()
        True
    """
    return _switches["traceback filtering"]


def enable_traceback_filtering() -> None:
    """Accepted; tracebacks are always whole."""
    _switches["traceback filtering"] = True


def disable_traceback_filtering() -> None:
    """Accepted; tracebacks are always whole."""
    _switches["traceback filtering"] = False


def is_flash_attention_enabled() -> bool:
    """False: there is no attention kernel of that kind on CPUs.

    Example:
        >>> is_flash_attention_enabled()
        False
    """
    return False


def enable_flash_attention() -> None:
    """Accepted; attention is computed as ever."""


def disable_flash_attention() -> None:
    """Accepted; attention is computed as ever."""


def is_nnx_enabled() -> bool:
    """False: Flax' NNX belongs to JAX.

    Example:
        >>> is_nnx_enabled()
        False
    """
    return False


def enable_unsafe_deserialization() -> None:
    """Refused: loading a model never executes code that a file holds, and no switch changes that.

    Raises:
        RuntimeError: always.

    Example:
        >>> enable_unsafe_deserialization()
        Traceback (most recent call last):
        RuntimeError: expected files ... `custom_objects`...
    """
    raise RuntimeError(
        "expected files that hold no code: pyconv never executes what a model file holds, and has "
        "no switch for it; name your classes and functions in `custom_objects` instead"
    )

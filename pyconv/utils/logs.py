"""Logs as callbacks and users get them."""

import numpy as np


def flat_logs(logs):
    """Logs sorted by their keys, level by level, without dicts in them; floats where it can be,
    as in Keras.

    Args:
        logs: a dict from keys to values or such dicts, or None.

    Example:
        >>> flat_logs({"loss": 0.5, "compile_metrics": {"mse": 2, "mae": "?"}})
        {'mae': '?', 'mse': 2.0, 'loss': 0.5}
    """
    found = {}
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            found |= flat_logs(value)
        else:
            found[key] = _number(value)
    return found


def _number(value):
    if isinstance(value, (float, np.floating)):  # nearly always
        return float(value)
    try:
        return float(value.item() if getattr(value, "size", 0) == 1 else value)
    except (TypeError, ValueError):
        return value

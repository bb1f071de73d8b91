"""Channels first, converted at the edge."""

from __future__ import annotations

from pyconv.config.defaults import standardize_data_format
from pyconv.ops.shaping import shape_of, transpose


def channels_axis(data_format: str | None) -> int:
    """The axis of channels: -1 or 1; None is the process's `config.image_data_format()`."""
    return -1 if standardize_data_format(data_format) == "channels_last" else 1


def in_layout(function, x, data_format: str | None):
    """function(x) of x with channels last, its result in x's own layout."""
    if channels_axis(data_format) == -1:
        return function(x)
    rank = len(shape_of(x))
    last = (0, *range(2, rank), 1)
    first = (0, rank - 1, *range(1, rank - 1))
    return transpose(function(transpose(x, last)), first)

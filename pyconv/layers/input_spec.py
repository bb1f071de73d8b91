"""What a layer expects of its input's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class InputSpec:
    """Conditions on the shape of one input.

    Args:
        dtype: kept, not checked: inputs are converted.
        shape: the sizes, with None for those that may differ.
        ndim, max_ndim, min_ndim: the rank, the highest, the lowest.
        axes: a dict from axis to the size that it must have; sizes of None are not checked.
        allow_last_axis_squeeze: whether a last axis of size 1 may be there or not.
        name: of the input.
        optional: whether None may come in place of the input.

    Example:
        >>> InputSpec(ndim=4, axes={-1: 3}).check("conv2d", (None, 28, 28, 1))
        Traceback (most recent call last):
        ...
        ValueError: layer conv2d: expected size 3 on axis -1 of its input, received shape
        (None, 28, 28, 1); the layer was built for that size: use another layer for this input
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: tuple[int | None, ...] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def get_config(self) -> dict:
        """The arguments of the constructor."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict) -> InputSpec:
        """The spec that `get_config` described."""
        return cls(**config)

    @property
    def _sizes(self) -> dict[int, int | None]:
        """What is known of each axis, from the front or, if the last may be missing, without it."""
        sizes = dict(enumerate(self.shape or ()))
        if self.allow_last_axis_squeeze and sizes.get(len(sizes) - 1) == 1:
            sizes.popitem()
        return sizes | self.axes

    def check(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Raises ValueError, naming the layer, where the shape does not fit."""
        if self.allow_last_axis_squeeze and shape and shape[-1] == 1:
            shape = shape[:-1]
        elif self.ndim is not None and len(shape) != self.ndim:
            raise ValueError(_rank_message(name, f"rank {self.ndim}", shape))
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            raise ValueError(_rank_message(name, f"rank {self.min_ndim} or more", shape))
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            raise ValueError(_rank_message(name, f"rank {self.max_ndim} or less", shape))
        for axis, size in self._sizes.items():
            if size is not None and shape[axis] not in (size, None):
                raise ValueError(
                    f"layer {name}: expected size {size} on axis {axis} of its input, received "
                    f"shape {shape}; the layer was built for that size: use another layer for "
                    "this input"
                )


def _rank_message(name: str, expected: str, shape: tuple) -> str:
    return (
        f"layer {name}: expected an input of {expected} (examples first), received shape {shape}; "
        "add or remove axes, for instance with x[..., None] or a Reshape layer"
    )

"""What a layer expects of its input's shape."""

from __future__ import annotations

from collections.abc import Mapping


class InputSpec:
    """Conditions on the shape of one input.

    Args:
        ndim: the rank.
        min_ndim: the lowest rank.
        axes: a dict from axis to the size that it must have; sizes of None are not checked.

    Example:
        >>> InputSpec(ndim=4, axes={-1: 3}).check("conv2d", (None, 28, 28, 1))
        Traceback (most recent call last):
        ...
        ValueError: layer conv2d: expected size 3 on axis -1 of its input, received shape
        (None, 28, 28, 1); the layer was built for that size: use another layer for this input
    """

    def __init__(
        self,
        ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
    ):
        self.ndim = ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})

    def check(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Raises ValueError, naming the layer, where the shape does not fit."""
        if self.ndim is not None and len(shape) != self.ndim:
            raise ValueError(_rank_message(name, f"rank {self.ndim}", shape))
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            raise ValueError(_rank_message(name, f"rank {self.min_ndim} or more", shape))
        for axis, size in self.axes.items():
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

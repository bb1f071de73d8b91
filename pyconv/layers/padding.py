"""Layers that pad the spatial axes."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.utils.arguments import pairs


class EdgeLayer(SpatialLayer):
    """Base of layers with a pair (before, after) for each spatial axis."""

    def edges(self, pairs: tuple) -> tuple[tuple[int, int], ...]:
        """The pairs for all axes: those of the examples and channels are (0, 0)."""
        none = (0, 0)
        return (none, *pairs, none) if self.channel_axis == -1 else (none, none, *pairs)


class Padding(EdgeLayer):
    """Base of the padding layers, which differ in `rank` and `mode` only."""

    mode: str

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.pairs = pairs(padding, self.rank, "padding")
        self.padding = self.pairs if self.rank > 1 else self.pairs[0]

    def call(self, inputs):
        return ops.pad(inputs, self.edges(self.pairs), self.mode)


class ZeroPadding1D(Padding):
    """Zeros before and after a sequence.

    Args:
        padding: number of elements on each side, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
        >>> print(ZeroPadding1D((1, 2))(x).ravel())
        [0. 1. 2. 3. 0. 0.]
    """

    rank, mode = 1, "constant"


class ZeroPadding2D(Padding):
    """Zeros around images.

    Args:
        padding: number of elements on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> ZeroPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, 5, 3))
        (None, 6, 9, 3)
    """

    rank, mode = 2, "constant"


class ZeroPadding3D(Padding):
    """Zeros around volumes; arguments as in `ZeroPadding2D`, for three axes.

    Example:
        >>> ZeroPadding3D(1).compute_output_shape((None, 4, 5, 6, 1))
        (None, 6, 7, 8, 1)
    """

    rank, mode = 3, "constant"


class ReflectionPadding1D(Padding):
    """A sequence mirrored at its ends, which are not repeated.

    Args:
        padding: number of elements on each side, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
        >>> print(ReflectionPadding1D((1, 2))(x).ravel())
        [2. 1. 2. 3. 2. 1.]
    """

    rank, mode = 1, "reflect"


class ReflectionPadding2D(Padding):
    """Images mirrored at their borders, which are not repeated.

    Args:
        padding: number of elements on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> ReflectionPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, 5, 3))
        (None, 6, 9, 3)
    """

    rank, mode = 2, "reflect"


class ReflectionPadding3D(Padding):
    """Volumes mirrored at their borders; arguments as in `ReflectionPadding2D`, for three axes.

    Example:
        >>> ReflectionPadding3D(1).compute_output_shape((None, 4, 5, 6, 1))
        (None, 6, 7, 8, 1)
    """

    rank, mode = 3, "reflect"


class ReplicationPadding1D(Padding):
    """Copies of the first element before a sequence and of the last after it.

    Args:
        padding: number of elements on each side, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
        >>> print(ReplicationPadding1D((1, 2))(x).ravel())
        [1. 1. 2. 3. 3. 3.]
    """

    rank, mode = 1, "edge"


class ReplicationPadding2D(Padding):
    """Copies of the border's elements around images.

    Args:
        padding: number of elements on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> ReplicationPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, 5, 3))
        (None, 6, 9, 3)
    """

    rank, mode = 2, "edge"


class ReplicationPadding3D(Padding):
    """Copies of the border's elements around volumes; arguments as in `ReplicationPadding2D`.

    Example:
        >>> ReplicationPadding3D(1).compute_output_shape((None, 4, 5, 6, 1))
        (None, 6, 7, 8, 1)
    """

    rank, mode = 3, "edge"


class CircularPadding1D(Padding):
    """The elements of the other end before and after a sequence.

    Args:
        padding: number of elements on each side, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
        >>> print(CircularPadding1D((1, 2))(x).ravel())
        [3. 1. 2. 3. 1. 2.]
    """

    rank, mode = 1, "wrap"


class CircularPadding2D(Padding):
    """The elements of the other end around images.

    Args:
        padding: number of elements on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> CircularPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, 5, 3))
        (None, 6, 9, 3)
    """

    rank, mode = 2, "wrap"


class CircularPadding3D(Padding):
    """The elements of the other end around volumes; arguments as in `CircularPadding2D`.

    Example:
        >>> CircularPadding3D(1).compute_output_shape((None, 4, 5, 6, 1))
        (None, 6, 7, 8, 1)
    """

    rank, mode = 3, "wrap"

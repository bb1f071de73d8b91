"""Pooling over all positions."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer


class GlobalPooling(SpatialLayer):
    """Base of layers that sum up all positions; a subclass sets `function`, an op, and `rank`."""

    built_at_once = True
    function = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.keepdims = keepdims

    def call(self, inputs):
        first = 1 if self.channel_axis == -1 else 2
        axes = tuple(range(first, first + self.rank))
        if 0 in inputs.shape[first : first + self.rank]:
            raise ValueError(
                f"layer {self.name}: expected sizes of at least 1, received shape "
                f"{tuple(inputs.shape)}; look for an empty slice before it"
            )
        return type(self).function(inputs, axis=axes, keepdims=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """Base of GlobalAveragePooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.mean)


class GlobalMaxPooling(GlobalPooling):
    """Base of GlobalMaxPooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.max)


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over all positions, per channel (Lin et al. 2013).

    Args:
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        keepdims: whether the spatial axes stay, with size 1.

    Returns:
        Called on (n, t, channels): (n, channels); with `mask` of shape (n, t), the mean over the
        positions where it is True.

    Example:
        >>> import numpy as np
        >>> GlobalAveragePooling1D()(np.array([[[1.0, 2.0], [3.0, 6.0]]]))
        array([[2., 4.]], dtype=float32)
    """

    rank = 1

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        steps = 1 if self.channel_axis == -1 else 2
        mask = ops.cast(ops.expand_dims(mask, self.channel_axis), "float32")
        total = ops.sum(ops.where(mask, inputs, 0.0), axis=steps, keepdims=self.keepdims)
        return total / ops.sum(mask, axis=steps, keepdims=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean over all positions of images; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalAveragePooling2D().compute_output_shape((None, 7, 7, 512))
        (None, 512)
    """

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean over all positions of volumes; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalAveragePooling3D(keepdims=True).compute_output_shape((None, 4, 7, 7, 8))
        (None, 1, 1, 1, 8)
    """

    rank = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest over all positions, per channel; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> import numpy as np
        >>> GlobalMaxPooling1D()(np.array([[[1.0, 2.0], [3.0, 0.0]]]))
        array([[3., 2.]], dtype=float32)
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest over all positions of images; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalMaxPooling2D().compute_output_shape((None, 7, 7, 512))
        (None, 512)
    """

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest over all positions of volumes; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalMaxPooling3D().compute_output_shape((None, 4, 7, 7, 8))
        (None, 8)
    """

    rank = 3


GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D

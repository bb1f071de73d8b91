"""Max pooling that remembers where the maxima were, and the way back."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.pooling import WindowLayer
from pyconv.ops.geometry import per_axis


class MaxPoolingWithIndices(WindowLayer):
    """Base of MaxPoolingWithIndices1D to 3D, which differ in `rank` only."""

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        *,
        dilation_rate=1,
        ceil_mode=False,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")
        self.ceil_mode = bool(ceil_mode)

    def transform(self, x):
        window = (self.pool_size, self.strides, self.padding, self.dilation_rate, self.ceil_mode)
        return list(ops.max_pool_with_indices(x, *window))


class MaxUnpooling(WindowLayer):
    """Base of MaxUnpooling1D to MaxUnpooling3D, which differ in `rank` only."""

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        output_size=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.input_spec = [self.input_spec, self.input_spec]
        given = output_size is not None
        self.output_size = per_axis(output_size, self.rank, "output_size") if given else None

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ValueError(
                f"expected a list [maxima, indices], received {inputs!r}; call it on what "
                f"MaxPoolingWithIndices{self.rank}D returns"
            )
        return super().call(inputs)

    def transform(self, x):
        maxima, indices = x[0], ops.cast(x[1], "int32")
        return ops.max_unpool(
            maxima, indices, self.pool_size, self.strides, self.padding, self.output_size
        )


class MaxPoolingWithIndices1D(MaxPoolingWithIndices):
    """The largest element of each window, and where it lies, for `MaxUnpooling1D`.

    Args:
        pool_size, strides, padding, data_format, dilation_rate, ceil_mode: as in `MaxPooling1D`.

    Returns:
        Called on (n, t, channels): a list of the maxima (n, t', channels) and of their indices,
        int32 of the same shape: positions in the input, counted row by row.

    Example:
        >>> import numpy as np
        >>> y, indices = MaxPoolingWithIndices1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]]))
        >>> indices.ravel()
        array([1, 2], dtype=int32)
    """

    rank = 1


class MaxPoolingWithIndices2D(MaxPoolingWithIndices):
    """The same over images; arguments as in `MaxPoolingWithIndices1D`.

    Example:
        >>> MaxPoolingWithIndices2D().compute_output_shape((None, 26, 26, 32))
        [(None, 13, 13, 32), (None, 13, 13, 32)]
    """

    rank = 2


class MaxPoolingWithIndices3D(MaxPoolingWithIndices):
    """The same over volumes; arguments as in `MaxPoolingWithIndices1D`.

    Example:
        >>> MaxPoolingWithIndices3D((1, 2, 2)).compute_output_shape((None, 5, 8, 8, 3))
        [(None, 5, 4, 4, 3), (None, 5, 4, 4, 3)]
    """

    rank = 3


class MaxUnpooling1D(MaxUnpooling):
    """Puts maxima back where they came from, zeros elsewhere (Zeiler & Fergus 2014).

    Args:
        pool_size, strides, padding: of the pooling that is undone.
        output_size: spatial sizes of the outputs, where the pooling's input did not have the
            default: (t - 1) strides + pool_size - padding, or t strides with "same" padding.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Returns:
        Called on [maxima, indices], both (n, t, channels): (n, output_size, channels).

    Raises:
        ValueError: an index lies outside the outputs, or an argument does not fit.

    Example:
        >>> import numpy as np
        >>> pooled = MaxPoolingWithIndices1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]]))
        >>> MaxUnpooling1D(2)(pooled).ravel()
        array([0., 3., 2., 0.], dtype=float32)
    """

    rank = 1


class MaxUnpooling2D(MaxUnpooling):
    """The same over images; arguments as in `MaxUnpooling1D`, an integer or (height, width).

    Example:
        >>> shape = (None, 3, 3, 8)
        >>> MaxUnpooling2D(output_size=(7, 6)).compute_output_shape([shape, shape])
        (None, 7, 6, 8)
    """

    rank = 2


class MaxUnpooling3D(MaxUnpooling):
    """The same over volumes; arguments as in `MaxUnpooling1D`, an integer or one per axis.

    Example:
        >>> shape = (None, 2, 3, 3, 8)
        >>> MaxUnpooling3D((1, 2, 2)).compute_output_shape([shape, shape])
        (None, 2, 6, 6, 8)
    """

    rank = 3

"""Kernels for a convolution before a pixel shuffle."""

import numpy as np

from pyconv.initializers.initializer import Initializer


class ICNR(Initializer):
    """Initialization to convolution, nearest-neighbour resize (Aitken et al. 2017, section 3.2).

    All scale^axes channels that a pixel shuffle makes one output channel of begin with the same
    kernel, so that convolution and `PixelShuffle2D` begin as a convolution and nearest upsampling,
    without a checkerboard. Kernels are (k..., ic, oc), in the order of channels of
    `ops.pixel_shuffle`.

    Args:
        initializer: of the kernels (k..., ic, oc / scale^axes): as `initializers.get` takes it.
        scale: the pixel shuffle's factor.

    Raises:
        ValueError: a scale that is no positive integer; on a call with a shape that is no kernel's,
            or whose filters scale^axes does not divide.

    Example:
        >>> kernel = ICNR("he_normal", scale=2)((3, 3, 8, 12))
        >>> [bool((kernel[..., 0] == kernel[..., i]).all()) for i in (1, 3, 4)]
        [True, True, False]
    """

    def __init__(self, initializer="glorot_uniform", scale=2):
        from pyconv import initializers

        if not hasattr(scale, "__index__") or scale < 1:
            raise ValueError(f"expected `scale` to be a positive integer, received {scale!r}")
        self.initializer = initializers.get(initializer)
        self.scale = int(scale)

    def __call__(self, shape, dtype="float32"):
        copies = self._copies(shape)
        kernel = self.initializer((*shape[:-1], shape[-1] // copies), dtype)
        return np.repeat(kernel, copies, axis=-1)

    def _copies(self, shape) -> int:
        """How many channels begin alike."""
        copies = self.scale ** (len(shape) - 2)
        if not 3 <= len(shape) <= 4 or shape[-1] % copies:
            raise ValueError(
                "expected a kernel shape (k..., ic, oc) with one or two spatial axes and filters "
                f"that {self.scale}^axes divides for ICNR, received {tuple(shape)}"
            )
        return copies

    def variance(self, shape):
        """The variance of one element: that of the kernels before they are copied."""
        if not isinstance(self.initializer, Initializer):
            return super().variance(shape)
        return self.initializer.variance((*shape[:-1], shape[-1] // self._copies(shape)))

    def get_config(self):
        from pyconv import initializers

        return {"initializer": initializers.serialize(self.initializer), "scale": self.scale}

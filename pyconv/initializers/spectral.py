"""The basis of the short-time Fourier transform as a convolution kernel."""

import numpy as np

from pyconv.initializers.initializer import Initializer
from pyconv.utils.fourier import fourier_basis, window_values


class STFT(Initializer):
    """K[t, 0, k] = w[t] cos(2 pi t k / fft_length) / scale, or -sin, for kernels of shape
    (frame_length, 1, fft_length / 2 + 1), as `layers.STFTSpectrogram` has them.

    Args:
        side: "real" (cosines) or "imag" (sines).
        window: "hann", "hamming", another name that SciPy knows, frame_length values, or None.
        scaling: "density": scale is sqrt(sum w^2); "spectrum": sum |w|; None: 1.
        periodic: whether the window is periodic; else it is symmetric.

    Raises:
        ValueError: an unknown side or scaling, or a window of another length.

    Example:
        >>> STFT("real", "hann", None, periodic=True)((4, 1, 3))[:, 0].round(1)
        array([[ 0. ,  0. ,  0. ],
               [ 0.5,  0. , -0.5],
               [ 1. , -1. ,  1. ],
               [ 0.5, -0. , -0.5]], dtype=float32)
    """

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        if side not in ("real", "imag"):
            raise ValueError(f"expected `side` to be 'real' or 'imag', received {side!r}")
        if scaling not in ("density", "spectrum", None):
            raise ValueError(
                f"expected `scaling` to be 'density', 'spectrum' or None, received {scaling!r}"
            )
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape, dtype="float32"):
        frame_length, _, bins = shape
        window = window_values(self.window, frame_length, self.periodic)
        if self.window is not None and self.scaling is not None:
            density = self.scaling == "density"
            window = window / (np.sqrt(np.sum(window**2)) if density else np.sum(np.abs(window)))
        basis = fourier_basis(frame_length, 2 * (bins - 1))[self.side == "imag"]
        return (basis * window[:, None])[:, None].astype(dtype)

    def get_config(self):
        window = self.window
        return {
            "side": self.side,
            "window": window if window is None or isinstance(window, str) else list(window),
            "scaling": self.scaling,
            "periodic": self.periodic,
        }

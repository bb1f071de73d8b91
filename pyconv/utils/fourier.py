"""Windows and the basis of the discrete Fourier transform, as float64 arrays."""

import numpy as np

from pyconv.utils.arguments import numbers

_RAISED_COSINES = {"hann": 0.5, "hamming": 0.54}  # a - (1 - a) cos(2 pi t / period)


def window_values(window, length: int, periodic: bool = True) -> np.ndarray:
    """The values of a window.

    Args:
        window: "hann", "hamming", another name that `scipy.signal.get_window` knows, an array of
            this length, or None for ones.
        length: number of values.
        periodic: whether the window repeats after `length` values; else it is symmetric.

    Example:
        >>> window_values("hann", 4)
        array([0. , 0.5, 1. , 0.5])
    """
    if window is None:
        return np.ones(length)
    if not isinstance(window, str):
        values = numbers(window, "window").astype(np.float64)
    elif window in _RAISED_COSINES:
        a, period = _RAISED_COSINES[window], length if periodic else length - 1
        values = a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / period) if period else [1.0]
    else:
        from scipy.signal import get_window

        try:
            values = get_window(window, length, fftbins=periodic)
        except ValueError:
            raise ValueError(
                f"expected `window` to be one of {tuple(_RAISED_COSINES)}, another name that SciPy "
                f"knows, or numbers, received {window!r}"
            ) from None
    values = np.asarray(values)
    if values.shape != (length,):
        raise ValueError(
            f"window: expected {length} values, one for each sample of a frame, received shape "
            f"{values.shape}"
        )
    return values


def fourier_basis(length: int, fft_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary parts of exp(-2 pi i t k / fft_length), (t < length, k <= fft_length / 2).

    Example:
        >>> real, imaginary = fourier_basis(2, 4)
        >>> real.round(), imaginary.round()[1].tolist()
        (array([[ 1.,  1.,  1.],
               [ 1.,  0., -1.]]), [-0.0, -1.0, -0.0])
    """
    turns = np.outer(np.arange(length), np.arange(fft_length // 2 + 1)) % fft_length
    angle = 2 * np.pi * turns / fft_length
    return np.cos(angle), -np.sin(angle)

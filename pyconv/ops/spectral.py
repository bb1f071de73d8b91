"""Time and frequency: the short-time Fourier transform as a convolution, and banks of filters."""

from __future__ import annotations

import numpy as np

from pyconv.ops.convolution import conv
from pyconv.ops.padding import pad
from pyconv.ops.shaping import expand_dims, shape_of
from pyconv.ops.slices import concatenate, getitem
from pyconv.ops.transposed import conv_transpose
from pyconv.utils.arguments import number, whole
from pyconv.utils.fourier import fourier_basis, window_values


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The short-time Fourier transform along the last axis: a strided convolution whose fixed
    kernels are windowed cosines and sines.

    Y[t, k] = sum_j x[t stride + j] w[j] exp(-2 pi i j k / fft_length), k <= fft_length / 2

    Args:
        x: (..., samples), up to 4 axes.
        sequence_length: samples of the window, in the middle of the fft_length samples of a frame.
        sequence_stride: samples from one frame to the next.
        fft_length: samples of a frame, from sequence_length on.
        window: "hann" or "hamming" (periodic), another name that SciPy knows, sequence_length
            values, or None for ones.
        center: whether x is mirrored at both ends, so that frame t is centred at sample t stride.

    Returns:
        (real, imaginary), each (..., frames, fft_length // 2 + 1).

    Raises:
        ValueError: numbers that do not fit, or too few samples.

    Example:
        >>> from pyconv import ops
        >>> real, imaginary = ops.stft([0.0, 1.0, 2.0, 3.0, 4.0], 3, 2, 3)
        >>> real.round(3)
        array([[ 0.75 , -0.375],
               [ 3.75 , -1.875],
               [ 5.25 , -2.625]], dtype=float32)
    """
    shape = shape_of(x)
    framed = _framed_window(sequence_length, sequence_stride, fft_length, window)
    if not 1 <= len(shape) <= 4:
        raise ValueError(f"stft: expected up to 4 axes, samples last, received shape {shape}")
    if len(shape) == 1:
        x = expand_dims(x, 0)
    margin = fft_length // 2 if center else 0
    if shape[-1] is not None and (shape[-1] <= margin or shape[-1] + 2 * margin < fft_length):
        raise ValueError(
            f"stft: expected at least {margin + 1 if center else fft_length} samples on the last "
            f"axis for fft_length={fft_length}, received shape {shape}"
        )
    y = _frames(x, framed, sequence_stride, margin)
    bins = fft_length // 2 + 1
    parts = getitem(y, (..., slice(0, bins))), getitem(y, (..., slice(bins, None)))
    return tuple(getitem(part, 0) for part in parts) if len(shape) == 1 else parts


def _frames(x, framed: np.ndarray, stride: int, margin: int):
    """Real, then imaginary parts of all frames: (..., frames, 2 bins)."""
    between = len(shape_of(x)) - 2  # axes between that of examples and that of samples
    basis = np.concatenate(fourier_basis(len(framed), len(framed)), axis=1) * framed[:, None]
    kernel = np.float32(basis).reshape((1,) * between + (len(framed), 1, -1))
    if margin:
        x = pad(x, [(0, 0)] * (between + 1) + [(margin, margin)], mode="reflect")
    return conv(expand_dims(x, -1), kernel, (1,) * between + (stride,), data_format="channels_last")


def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The inverse of `stft`: a transposed convolution adds up the frames' inverse transforms, each
    times the window; divided by the sum of the squared windows, istft(stft(x)) = x wherever a
    window reaches. (Keras with TensorFlow divides by the sum in the middle at the ends, too.)

    Args:
        x: (real, imaginary), each (..., frames, fft_length // 2 + 1), up to 4 axes.
        sequence_length, sequence_stride, fft_length, window, center: as given to `stft`.
        length: samples of the result, zeros behind those of the frames; by default all that the
            frames (without the mirrored ends) have.

    Returns:
        (..., samples).

    Raises:
        ValueError: numbers that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.sin(np.arange(64.0)).astype("float32")
        >>> y = ops.istft(ops.stft(x, 16, 4, 16), 16, 4, 16)
        >>> bool(np.abs(y - x).max() < 1e-5)
        True
    """
    framed = _framed_window(sequence_length, sequence_stride, fft_length, window)
    if not isinstance(x, (list, tuple)) or len(x) != 2:
        raise ValueError(
            f"istft: expected `x` to be (real, imaginary), received {type(x).__name__}"
        )
    y = concatenate(list(x), axis=-1)
    shape = shape_of(y)
    bins = fft_length // 2 + 1
    if sequence_stride > fft_length or not 2 <= len(shape) <= 4 or shape[-1] != 2 * bins:
        raise ValueError(
            f"istft: expected two tensors (..., frames, {bins}), up to 4 axes, and sequence_stride "
            f"up to fft_length={fft_length}, received shapes {[shape_of(part) for part in x]} and "
            f"sequence_stride={sequence_stride}"
        )
    if shape[-2] is None:
        raise ValueError("istft: expected a known number of frames; give it in the Input")
    y = _overlapped(expand_dims(y, 0) if len(shape) == 2 else y, framed, sequence_stride)
    start = fft_length // 2 if center else 0
    size = shape_of(y)[-1]
    stop = size - start if length is None else start + whole(length, "length")
    y = getitem(y, (..., slice(start, stop)))
    if stop > size:
        y = pad(y, [(0, 0)] * (len(shape_of(y)) - 1) + [(0, stop - max(size, start))])
    return getitem(y, 0) if len(shape) == 2 else y


def _overlapped(y, framed: np.ndarray, stride: int):
    """All frames (..., frames, 2 bins) added up where they lie: (..., samples)."""
    fft_length, between = len(framed), len(shape_of(y)) - 3
    real, imaginary = fourier_basis(fft_length, fft_length)
    weights = np.full(fft_length // 2 + 1, 2.0)  # a bin stands for its mirror image too,
    weights[0] = 1  # but for those that are their own
    if fft_length % 2 == 0:
        weights[-1] = 1
    basis = np.concatenate([real * weights, imaginary * weights], axis=1) / fft_length
    kernel = np.float32(basis * framed[:, None]).reshape((1,) * between + (fft_length, 1, -1))
    samples = conv_transpose(y, kernel, (1,) * between + (stride,), data_format="channels_last")
    samples = getitem(samples, (..., 0))
    return samples * _inverse_sum(framed**2, shape_of(y)[-2], stride)


def _inverse_sum(values: np.ndarray, frames: int, stride: int) -> np.ndarray:
    """1 / the sum of values that begin at each frame, 0 where that is."""
    total = np.zeros((frames - 1) * stride + len(values))
    for frame in range(frames):
        total[frame * stride :][: len(values)] += values
    return np.divide(1, total, out=np.zeros_like(total), where=total > 1e-8).astype("float32")


def _framed_window(length: int, stride: int, fft_length: int, window) -> np.ndarray:
    """The window amid zeros: fft_length values."""
    whole(length, "sequence_length")
    whole(stride, "sequence_stride")
    whole(fft_length, "fft_length", least=length)
    before = (fft_length - length) // 2
    return np.pad(window_values(window, length), (before, fft_length - length - before))


def mel_filter_bank(
    num_mel_bins=20,
    num_spectrogram_bins=129,
    sampling_rate=8000,
    lower_edge_hertz=125.0,
    upper_edge_hertz=3800.0,
):
    """Triangles of height 1 that stand at equal distances on the mel scale: the matrix that takes a
    spectrogram to the mel scale, mel(f) = 1127 ln(1 + f / 700) (HTK's convention).

    Args:
        num_mel_bins: number of triangles; each begins and ends where its neighbours have their top.
        num_spectrogram_bins: bins of the spectrogram, from 0 to half the sampling rate.
        sampling_rate: samples per second.
        lower_edge_hertz, upper_edge_hertz: where the first triangle begins and the last one ends.

    Returns:
        (num_spectrogram_bins, num_mel_bins), float32: a NumPy array. The row of frequency 0 is 0.

    Raises:
        ValueError: edges that are not in order from 0 to half the sampling rate.

    Example:
        >>> from pyconv import ops
        >>> ops.mel_filter_bank(2, 5, 8000, 0.0, 4000.0).round(2).T
        array([[0.  , 0.6 , 0.  , 0.  , 0.  ],
               [0.  , 0.4 , 0.87, 0.38, 0.  ]], dtype=float32)
    """
    whole(num_mel_bins, "num_mel_bins")
    whole(num_spectrogram_bins, "num_spectrogram_bins")
    number(sampling_rate, "sampling_rate", least=0)
    number(lower_edge_hertz, "lower_edge_hertz")
    number(upper_edge_hertz, "upper_edge_hertz")
    if not 0 <= lower_edge_hertz < upper_edge_hertz <= sampling_rate / 2:
        raise ValueError(
            f"mel_filter_bank: expected 0 <= lower_edge_hertz < upper_edge_hertz <= "
            f"{sampling_rate / 2}, half of sampling_rate, received {lower_edge_hertz} and "
            f"{upper_edge_hertz}"
        )
    bins = _mel(np.linspace(0, sampling_rate / 2, num_spectrogram_bins))
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
    bank = _triangles(bins, edges[:-2], edges[1:-1], edges[2:])
    bank[0] = 0
    return bank


def log_filter_bank(
    num_bins=84, num_spectrogram_bins=1025, sampling_rate=16000, min_freq=32.7, bins_per_octave=12
):
    """Triangles of height 1 at equal distances on a logarithmic scale, min_freq 2^(i / octave): the
    matrix that takes a spectrogram to bins of constant quality, as a constant-Q transform has them
    (Brown 1991). Each side of a triangle spans at least one bin of the
    spectrogram.

    Args:
        num_bins: number of triangles.
        num_spectrogram_bins: bins of the spectrogram, from 0 to half the sampling rate.
        sampling_rate: samples per second.
        min_freq: top of the first triangle in hertz.
        bins_per_octave: triangles within a factor of 2.

    Returns:
        (num_spectrogram_bins, num_bins), float32: a NumPy array.

    Raises:
        ValueError: a frequency not above 0, or a top above half the sampling rate.

    Example:
        >>> from pyconv import ops
        >>> ops.log_filter_bank(2, 5, 8000, 1000.0, 1)
        array([[0. , 0. ],
               [1. , 0. ],
               [0. , 1. ],
               [0. , 0.5],
               [0. , 0. ]], dtype=float32)
    """
    whole(num_bins, "num_bins")
    whole(num_spectrogram_bins, "num_spectrogram_bins", least=2)
    whole(bins_per_octave, "bins_per_octave")
    number(sampling_rate, "sampling_rate", least=0)
    number(min_freq, "min_freq", least=0)
    octaves = np.arange(-1, num_bins + 1) / bins_per_octave
    tops = min_freq * 2.0**octaves
    if not min_freq > 0 or tops[-2] > sampling_rate / 2:
        raise ValueError(
            f"log_filter_bank: expected tops from `min_freq` above 0 to half of sampling_rate, "
            f"{sampling_rate / 2} Hz, received {min_freq} to {tops[-2]:.6g} Hz; use fewer bins"
        )
    bins = np.linspace(0, sampling_rate / 2, num_spectrogram_bins)
    before, tops, behind = tops[:-2], tops[1:-1], tops[2:]
    lower, upper = np.minimum(before, tops - bins[1]), np.maximum(behind, tops + bins[1])
    return _triangles(bins, lower, tops, upper)


def _mel(hertz):
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


def _triangles(bins, lower, tops, upper) -> np.ndarray:
    """Rising from 0 at lower[i] to 1 at tops[i], falling to 0 at upper[i]: (bin, i)."""
    bins = bins[:, None]
    slopes = np.minimum((bins - lower) / (tops - lower), (upper - bins) / (upper - tops))
    return np.maximum(slopes, 0).astype("float32")

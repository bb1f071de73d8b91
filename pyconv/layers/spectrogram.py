"""Sound to pictures: layers that compute spectrograms."""

from __future__ import annotations

import math

from pyconv import initializers, ops
from pyconv.layers.arguments import choice
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import SpatialLayer

_EPSILON = 1e-7  # Keras' backend.epsilon()
_LEAST_POWER = 1e-30  # whose root has a finite gradient


class STFTSpectrogram(SpatialLayer):
    """The short-time Fourier transform of each channel as convolutions whose kernels, windowed
    cosines and sines at first, may be trained.

    Args:
        mode: "log" (of the magnitude), "magnitude", "psd" (power, bins but the first and last
            doubled), "real", "imag", "angle" or "stft" (real parts, then imaginary ones).
        frame_length: samples of a frame.
        frame_step: samples from one frame to the next; half of frame_length by default.
        fft_length: bins are its half plus one; the power of 2 from frame_length on by default.
        window: "hann", "hamming", another name that SciPy knows, frame_length values, or None.
        periodic: whether the window is periodic; else it is symmetric.
        scaling: of the window: "density" by its root of the sum of squares, "spectrum" by its sum,
            or None.
        padding: "valid", or "same": ceil(samples / frame_step) frames.
        expand_dims: whether frequencies get an axis of their own, as images have it.
        data_format: "channels_last" (n, samples, channels), the default, or "channels_first".

    Returns:
        (n, frames, channels * bins), with `expand_dims` (n, frames, bins, channels); with
        "channels_first" (n, channels * bins, frames) and (n, channels, frames, bins).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> layer = STFTSpectrogram(frame_length=256, frame_step=128, fft_length=512)
        >>> layer.compute_output_shape((None, 16000, 1))
        (None, 124, 257)
    """

    rank = 1
    modes = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")

    def __init__(
        self,
        mode="log",
        frame_length=256,
        frame_step=None,
        fft_length=None,
        window="hann",
        periodic=False,
        scaling="density",
        padding="valid",
        expand_dims=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.mode = choice(mode, "mode", self.modes)
        self.padding = choice(padding, "padding", ("valid", "same"))
        self.frame_length = frame_length
        self.frame_step = frame_length // 2 if frame_step is None else frame_step
        self.fft_length = fft_length or 2 ** math.ceil(math.log2(frame_length))
        self.expand_dims = expand_dims
        if not 1 <= self.frame_step <= frame_length <= self.fft_length:
            raise ValueError(
                f"expected 1 <= `frame_step` <= `frame_length` <= `fft_length`, received "
                f"{self.frame_step}, {frame_length} and {self.fft_length}"
            )
        self.kernel_initializers = {
            side: initializers.STFT(side, window, scaling, periodic) for side in ("real", "imag")
        }

    def build(self, input_shape):
        self.channels(input_shape)
        needed = {"real": ("real",), "imag": ("imag",)}.get(self.mode, ("real", "imag"))
        shape = (self.frame_length, 1, self.fft_length // 2 + 1)
        self.kernels = {
            side: self.add_weight(shape, self.kernel_initializers[side], name=f"{side}_kernel")
            for side in needed
        }

    def call(self, inputs):
        if self.channel_axis == -1:
            inputs = ops.transpose(inputs, (0, 2, 1))
        signal = ops.expand_dims(inputs, -1)
        parts = [self._frames(signal, kernel) for kernel in self.kernels.values()]
        return self._arranged(getattr(self, f"_{self.mode}", _first)(*parts))

    def _frames(self, signal, kernel):
        """(n, channels, samples, 1) to (n, channels, frames, bins)."""
        return ops.conv(signal, ops.expand_dims(kernel, 0), (1, self.frame_step), self.padding)

    def _stft(self, real, imaginary):
        return ops.concatenate([real, imaginary], axis=-1)

    def _angle(self, real, imaginary):
        return ops.arctan2(imaginary, real)

    def _psd(self, real, imaginary):
        power = ops.square(real) + ops.square(imaginary)
        return power + ops.pad(power[..., 1:-1], [(0, 0)] * 3 + [(1, 1)])

    def _magnitude(self, real, imaginary):
        return ops.sqrt(ops.maximum(ops.square(real) + ops.square(imaginary), _EPSILON))

    def _log(self, real, imaginary):
        return ops.log(ops.maximum(self._magnitude(real, imaginary), _EPSILON))

    def _arranged(self, y):
        """(n, channels, frames, bins) as `data_format` and `expand_dims` say."""
        n, channels, frames, bins = y.shape
        last = self.channel_axis == -1
        if self.expand_dims:
            return ops.transpose(y, (0, 2, 3, 1)) if last else y
        if last:
            y = ops.transpose(y, (0, 2, 1, 3))
            return ops.reshape(y, (n, frames, channels * bins))
        y = ops.transpose(y, (0, 1, 3, 2))
        return ops.reshape(y, (n, channels * bins, frames))


def _first(part):
    return part


class FilteredSpectrogram(Layer):
    """Base of layers that sum up a spectrogram's bins by a bank of filters, then take decibels.

    A subclass defines `filter_bank`, the matrix (fft_length // 2 + 1, filters).
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.fft_length = fft_length
        self.sequence_stride = sequence_stride
        self.sequence_length = sequence_length or fft_length
        self.window = window
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        if self.sequence_length > fft_length:
            raise ValueError(
                f"expected `sequence_length` up to `fft_length`, received {sequence_length} and "
                f"{fft_length}"
            )

    def filter_bank(self):
        """The matrix that takes bins of the spectrogram to filters."""
        raise NotImplementedError(f"{type(self).__name__} must define filter_bank")

    def call(self, inputs):
        real, imaginary = ops.stft(
            inputs, self.sequence_length, self.sequence_stride, self.fft_length, self.window
        )
        power = ops.square(real) + ops.square(imaginary)
        y = ops.matmul(_power(power, self.mag_exp / 2), self.filter_bank())
        y = self._decibels(y) if self.power_to_db else y
        axes = range(len(y.shape))
        return ops.transpose(y, (*axes[:-2], axes[-1], axes[-2]))

    def _decibels(self, y):
        """10 log10(y / ref_power), at most top_db below the loudest of the batch, as in Keras."""
        y = ops.log(ops.maximum(y, self.min_power)) * (10 / math.log(10))
        y = y - 10 * math.log10(max(abs(self.ref_power), self.min_power))
        return ops.maximum(y, ops.max(y) - self.top_db)


def _power(x, exponent: float):
    """x^exponent of powers x, whose gradient is finite at 0."""
    if exponent == 1:
        return x
    x = ops.maximum(x, _LEAST_POWER)
    return ops.sqrt(x) if exponent == 0.5 else ops.power(x, exponent)


class MelSpectrogram(FilteredSpectrogram):
    """The spectrogram of sound on the mel scale, in decibels.

    Args:
        fft_length: samples of a frame.
        sequence_stride: samples from one frame to the next.
        sequence_length: samples of the window; `fft_length` by default.
        window: "hann" or "hamming" (periodic), sequence_length values, or None.
        sampling_rate: samples per second.
        num_mel_bins: number of filters.
        min_freq, max_freq: where the first filter begins and the last one ends, in hertz; up to
            half the sampling rate by default.
        power_to_db: whether the result is 10 log10(S / ref_power).
        top_db: results lie at most so far below the largest one of the batch.
        mag_exp: exponent of the magnitude: 2 for power.
        min_power: smallest S before the logarithm.
        ref_power: what has 0 decibels.

    Returns:
        Called on (n, samples): (n, num_mel_bins, frames); on (samples,): (num_mel_bins, frames).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> layer = MelSpectrogram(num_mel_bins=80, sampling_rate=8000, sequence_stride=128)
        >>> layer.compute_output_shape((None, 16000))
        (None, 80, 126)
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        sampling_rate=16000,
        num_mel_bins=128,
        min_freq=20.0,
        max_freq=None,
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        super().__init__(
            fft_length, sequence_stride, sequence_length, window, power_to_db, top_db, mag_exp,
            min_power, ref_power, **kwargs,
        )  # fmt: skip
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)

    def filter_bank(self):
        bins = self.fft_length // 2 + 1
        return ops.mel_filter_bank(
            self.num_mel_bins, bins, self.sampling_rate, self.min_freq, self.max_freq
        )


class LogFrequencySpectrogram(FilteredSpectrogram):
    """The spectrogram of sound on a logarithmic scale of frequency: the bins of an octave are
    equally many, as the keys of a piano; a shift along the axis is a change of pitch.

    Args:
        num_bins: number of filters.
        bins_per_octave: filters within a factor of 2.
        min_freq: top of the first filter in hertz; by default the note C1.
        others: as in `MelSpectrogram`.

    Returns:
        Called on (n, samples): (n, num_bins, frames); on (samples,): (num_bins, frames).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> layer = LogFrequencySpectrogram(num_bins=60, sampling_rate=8000)
        >>> layer.compute_output_shape((None, 16000))
        (None, 60, 32)
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        sampling_rate=16000,
        num_bins=84,
        bins_per_octave=12,
        min_freq=32.7,
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        super().__init__(
            fft_length, sequence_stride, sequence_length, window, power_to_db, top_db, mag_exp,
            min_power, ref_power, **kwargs,
        )  # fmt: skip
        self.sampling_rate = sampling_rate
        self.num_bins = num_bins
        self.bins_per_octave = bins_per_octave
        self.min_freq = min_freq

    def filter_bank(self):
        return ops.log_filter_bank(
            self.num_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq,
            self.bins_per_octave,
        )  # fmt: skip

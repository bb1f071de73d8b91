"""Spectrograms whose bins are summed up as an ear does: on mel or logarithmic scales."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import number, whole

_LEAST_POWER = 1e-30  # whose root has a finite gradient


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
        length = fft_length if sequence_length is None else sequence_length
        self.fft_length = whole(fft_length, "fft_length")
        self.sequence_stride = whole(sequence_stride, "sequence_stride")
        self.sequence_length = whole(length, "sequence_length")
        self.window = window
        self.power_to_db = power_to_db
        self.top_db = number(top_db, "top_db", least=0)
        self.mag_exp = number(mag_exp, "mag_exp", least=0)
        self.min_power = number(min_power, "min_power", least=_LEAST_POWER)
        self.ref_power = number(ref_power, "ref_power")
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
        self.sampling_rate = number(sampling_rate, "sampling_rate", least=1, most=1e12)
        self.num_mel_bins = whole(num_mel_bins, "num_mel_bins")
        self.min_freq = number(min_freq, "min_freq", least=0)
        self.max_freq = int(self.sampling_rate / 2) if max_freq is None else max_freq
        number(self.max_freq, "max_freq", least=self.min_freq, most=self.sampling_rate / 2)

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
        self.sampling_rate = number(sampling_rate, "sampling_rate", least=1, most=1e12)
        self.num_bins = whole(num_bins, "num_bins")
        self.bins_per_octave = whole(bins_per_octave, "bins_per_octave")
        self.min_freq = number(min_freq, "min_freq", least=0)

    def filter_bank(self):
        return ops.log_filter_bank(
            self.num_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq,
            self.bins_per_octave,
        )  # fmt: skip

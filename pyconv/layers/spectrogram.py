"""Sound to pictures: the short-time Fourier transform as a layer."""

from __future__ import annotations

import math

from pyconv import initializers, ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.utils.arguments import choice, whole

_EPSILON = 1e-7  # Keras' backend.epsilon()


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
        self.frame_length = whole(frame_length, "frame_length")
        half, power = max(frame_length // 2, 1), 2 ** math.ceil(math.log2(frame_length))
        self.frame_step, self.fft_length = frame_step, fft_length  # as given, in configs
        self._step = whole(half if frame_step is None else frame_step, "frame_step")
        self._waves = whole(power if fft_length is None else fft_length, "fft_length")
        self.expand_dims = expand_dims
        if not 1 <= self._step <= frame_length <= self._waves:
            raise ValueError(
                f"expected 1 <= `frame_step` <= `frame_length` <= `fft_length`, received "
                f"{self._step}, {frame_length} and {self._waves}"
            )
        if self._waves % 2 and self._waves > 1:
            raise ValueError(
                f"expected `fft_length` to be even, from which kernels know the period of their "
                f"waves, received {self._waves}; add 1"
            )
        self.kernel_initializers = {
            side: initializers.STFT(side, window, scaling, periodic) for side in ("real", "imag")
        }

    def build(self, input_shape):
        self.channels(input_shape)
        needed = {"real": ("real",), "imag": ("imag",)}.get(self.mode, ("real", "imag"))
        shape = (self.frame_length, 1, self._waves // 2 + 1)
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
        return ops.conv(
            signal, ops.expand_dims(kernel, 0), (1, self._step), self.padding, "channels_last"
        )

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

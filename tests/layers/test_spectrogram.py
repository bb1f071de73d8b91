"""Spectrogram layers against NumPy's FFT and Keras."""

import numpy as np
import pytest

import pyconv
from pyconv import layers

MODES = layers.STFTSpectrogram.modes


def sound(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def decibels(power):
    return 10 * np.log10(np.maximum(power, 1e-10))


def power_spectrum(x, fft_length, stride):
    """|FFT|^2 of mirrored, periodic-Hann-windowed frames: (..., frames, bins)."""
    half = fft_length // 2
    x = np.pad(np.float64(x), [(0, 0)] * (x.ndim - 1) + [(half, half)], mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft_length) / fft_length)
    starts = range(0, x.shape[-1] - fft_length + 1, stride)
    frames = [np.fft.rfft(window * x[..., s : s + fft_length]) for s in starts]
    return np.abs(np.stack(frames, axis=-2)) ** 2


def test_log_frequency_spectrogram():
    x = sound(2, 400)
    layer = layers.LogFrequencySpectrogram(
        128, 32, sampling_rate=4000, num_bins=30, min_freq=100.0, top_db=30.0
    )
    y = decibels(power_spectrum(x, 128, 32) @ layer.filter_bank()).swapaxes(1, 2)
    np.testing.assert_allclose(layer(x), np.maximum(y, y.max() - 30), atol=1e-3)
    np.testing.assert_allclose(layer(x[0]).shape, (30, 13))


def test_a_chirp_of_octaves_is_a_straight_line():
    """A tone whose pitch rises by an octave a second climbs equally many bins each frame."""
    rate, octaves = 8000, np.arange(24000) / 8000
    x = np.sin(2 * np.pi * 220 * (2**octaves - 1) / np.log(2)).astype("float32")
    layer = layers.LogFrequencySpectrogram(
        1024, 400, sampling_rate=rate, num_bins=60, min_freq=110.0
    )
    top = layer(x[None])[0].argmax(axis=0)[3:-3]
    frames = np.arange(3, 3 + len(top))
    expected = 12 * (1 + frames * 400 / rate)
    assert np.abs(top - expected).max() <= 1


def test_kernels_train_or_stay():
    """As in Keras they are trained unless `trainable` says otherwise."""
    for trainable in (True, False):
        model = pyconv.Sequential(
            [
                pyconv.Input((40, 1)),
                layers.STFTSpectrogram("magnitude", 16, trainable=trainable),
                layers.GlobalAveragePooling1D(),
                layers.Dense(1),
            ]
        )
        before = model.layers[0].get_weights()
        model.compile("sgd", "mse")
        model.fit(sound(8, 40, 1), np.ones((8, 1)), verbose=0)
        after = model.layers[0].get_weights()
        assert len(before) == 2
        assert trainable != all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="`mode` to be one of"):
        layers.STFTSpectrogram("power")
    with pytest.raises(ValueError, match="`frame_step` <= `frame_length`"):
        layers.STFTSpectrogram(frame_length=8, frame_step=9)
    with pytest.raises(ValueError, match="`scaling`"):
        layers.STFTSpectrogram(scaling="power")
    with pytest.raises(ValueError, match="`sequence_length` up to `fft_length`"):
        layers.MelSpectrogram(64, sequence_length=65)
    with pytest.raises(ValueError, match="layer mel: stft: expected at least"):
        layers.MelSpectrogram(64, name="mel")(sound(2, 20))


@pytest.mark.peer
@pytest.mark.parametrize("mode", MODES)
def test_stft_spectrogram_as_keras(mode):
    keras = pytest.importorskip("keras")
    for kwargs in (
        {"frame_length": 16},
        {"frame_length": 12, "frame_step": 5, "fft_length": 32, "padding": "same"},
        {"frame_length": 16, "window": "hamming", "periodic": True, "scaling": "spectrum"},
        {"frame_length": 8, "window": None, "scaling": None, "expand_dims": True},
    ):
        x = sound(2, 70, 3)
        got = layers.STFTSpectrogram(mode, **kwargs)(x)
        want = np.asarray(keras.layers.STFTSpectrogram(mode, **kwargs)(x))
        if mode == "angle":  # -pi and pi are the same
            got, want = np.cos(got), np.cos(want)
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=2e-3 if mode == "angle" else 3e-4)


@pytest.mark.peer
def test_mel_spectrogram_as_keras():
    keras = pytest.importorskip("keras")
    for kwargs in (
        {"fft_length": 256, "sequence_stride": 64, "num_mel_bins": 20, "sampling_rate": 8000},
        {"fft_length": 128, "sequence_length": 100, "mag_exp": 1.0, "power_to_db": False},
        {"fft_length": 128, "top_db": 10.0, "ref_power": 3.0, "window": "hamming"},
    ):
        for x in (sound(2, 500), sound(500)):
            got = layers.MelSpectrogram(**kwargs)(x)
            want = np.asarray(keras.layers.MelSpectrogram(**kwargs)(x))
            np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-3)

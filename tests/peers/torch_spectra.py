"""Spectrograms, against PyTorch's Fourier transforms."""

from pyconv import ops
from tests.peers.differential import Case, choose, normal
from tests.peers.torch_layout import torch


def _settings(rng):
    """(window length, stride, FFT's length, samples, the peer's options)."""
    length = int(rng.integers(4, 25))
    stride, fft = int(rng.integers(1, length // 2 + 1)), length + int(rng.integers(0, 9))
    samples = fft + int(rng.integers(0, 60))
    options = {
        "hop_length": stride,
        "win_length": length,
        "window": torch.hann_window(length, dtype=torch.float64),
    }
    return length, stride, fft, samples, options


def draw_stft(rng):
    *case, samples, options = _settings(rng)
    center = bool(rng.integers(2))

    def theirs(x):
        y = torch.stft(x, case[2], **options, center=center, return_complex=True).movedim(1, 2)
        return torch.cat([y.real, y.imag], -1)

    return Case(
        {"case": case, "center": center},
        lambda x: ops.concatenate(ops.stft(x, *case, center=center), axis=-1),
        theirs,
        [normal(rng, int(rng.integers(1, 6)), samples)],
        terms=case[0],
    )


def draw_istft(rng):
    """Spectra of sounds, so that the inverse is not divided by nearly nothing."""
    *case, samples, options = _settings(rng)

    def theirs(x):
        y = torch.stft(x, case[2], **options, return_complex=True)
        return torch.istft(y * 2, case[2], **options)

    def ours(x):
        real, imaginary = ops.stft(x, *case)
        return ops.istft((real * 2.0, imaginary * 2.0), *case)

    return Case(
        {"case": case},
        ours,
        theirs,
        [normal(rng, choose(rng, (1, 3)), samples)],
        "function",
        terms=case[0],
    )


FAMILIES = {"stft": draw_stft, "istft": draw_istft}

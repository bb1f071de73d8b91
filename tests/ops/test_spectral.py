"""Short-time Fourier transforms against their sums, NumPy's FFT and the peers; banks of filters."""

import numpy as np
import pytest

from pyconv import ops
from pyconv.plan import Function
from pyconv.utils.fourier import window_values
from tests.ops.oracle import check_op

# (sequence_length, sequence_stride, fft_length, window, center)
CASES = [
    (8, 4, 8, "hann", True),
    (6, 3, 8, "hamming", True),
    (5, 2, 9, "hann", False),
    (7, 7, 7, None, True),
    (4, 1, 4, np.float64([1, 2, 3, 4]), False),
    (1, 2, 1, "hann", True),
]


def sound(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def transform(x, length, stride, fft_length, window, center):
    """Y[..., t, k], complex: frame by frame with NumPy's FFT."""
    if isinstance(window, str):
        a = {"hann": 0.5, "hamming": 0.54}[window]
        window = a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / length)
    window = np.ones(length) if window is None else window
    before = (fft_length - length) // 2
    window = np.pad(window, (before, fft_length - length - before))
    if center:
        edge = [(0, 0)] * (x.ndim - 1) + [(fft_length // 2,) * 2]
        x = np.pad(x, edge, mode="reflect")
    starts = range(0, x.shape[-1] - fft_length + 1, stride)
    frames = [np.fft.rfft(x[..., s : s + fft_length] * window) for s in starts]
    return np.stack(frames, axis=-2)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("shape", [(20,), (2, 21), (2, 3, 20), (1, 2, 1, 23)], ids=str)
def test_stft(case, shape):
    x = sound(*shape)
    expected = transform(x, *case)
    real, imaginary = ops.stft(x, *case)
    np.testing.assert_allclose(real, expected.real, atol=1e-5)
    np.testing.assert_allclose(imaginary, expected.imag, atol=1e-5)


def test_gradient_of_stft():
    case = CASES[1]
    for part, name in enumerate(["real", "imag"]):
        check_op(
            lambda x, part=part: ops.stft(x, *case)[part],
            lambda x, name=name: getattr(transform(x, *case), name),
            sound(2, 12),
            tolerance=5e-6,
        )


@pytest.mark.parametrize("shape", [(40,), (3, 41), (2, 2, 40)], ids=str)
@pytest.mark.parametrize("case", [(8, 2, 8), (8, 4, 8), (6, 2, 9), (16, 5, 16)], ids=str)
def test_istft_undoes_stft(case, shape):
    x = sound(*shape)
    y = ops.istft(ops.stft(x, *case), *case, length=shape[-1])
    reached = ((shape[-1] - case[2] % 2) // case[1]) * case[1]  # the last window's centre
    np.testing.assert_allclose(y[..., :reached], x[..., :reached], atol=2e-5)


def test_gradient_of_istft():
    x = [sound(2, 5, 5, seed=i) for i in range(2)]

    def inverse(real, imaginary):
        window = window_values("hann", 8)
        frames = np.fft.irfft(real + 1j * imaginary, 8) * window
        y, total = np.zeros((len(real), 24)), np.zeros(24)
        for t in range(5):
            y[:, 4 * t : 4 * t + 8] += frames[:, t]
            total[4 * t : 4 * t + 8] += window**2
        return (y / np.where(total > 0, total, 1))[:, 4:-4]

    check_op(lambda *parts: ops.istft(parts, 8, 4, 8), inverse, *x, second=False)


def test_plans_take_any_number_of_examples():
    plan = Function(lambda x: list(ops.stft(x, 8, 4, 8)))
    for n in (0, 1, 3):
        x = sound(n, 20).astype("float32")
        for got, part in zip(plan(x), ("real", "imag"), strict=True):
            expected = getattr(transform(x, *CASES[0]), part)
            np.testing.assert_allclose(got, expected, atol=1e-5)


def test_mistakes_are_named():
    x = np.zeros((2, 20))
    with pytest.raises(ValueError, match="`fft_length` to be an integer of at least 9"):
        ops.stft(x, 9, 4, 8)
    with pytest.raises(ValueError, match="`sequence_stride` to be a positive integer"):
        ops.stft(x, 8, 0, 8)
    with pytest.raises(ValueError, match="at least 33 samples"):
        ops.stft(x, 64, 4, 64)
    with pytest.raises(ValueError, match="at least 64 samples"):
        ops.stft(x, 64, 4, 64, center=False)
    with pytest.raises(ValueError, match="window: expected 8 values"):
        ops.stft(x, 8, 4, 8, window=np.ones(7))
    with pytest.raises(ValueError, match=r"istft: expected two tensors \(..., frames, 5\)"):
        ops.istft((x, x), 8, 4, 8)
    with pytest.raises(ValueError, match="half of sampling_rate"):
        ops.mel_filter_bank(upper_edge_hertz=5000.0)
    with pytest.raises(ValueError, match="use fewer bins"):
        ops.log_filter_bank(100)


def triangle(x, lower, top, upper):
    return max(0.0, min((x - lower) / (top - lower), (upper - x) / (upper - top)))


def test_mel_filter_bank():
    def mel(f):
        return 2595 * np.log10(1 + f / 700)

    edges = np.linspace(mel(60), mel(7000), 32)
    expected = [
        [triangle(mel(b * 31.25), *edges[i : i + 3]) if b else 0.0 for i in range(30)]
        for b in range(257)
    ]
    got = ops.mel_filter_bank(30, 257, 16000, 60.0, 7000.0)
    np.testing.assert_allclose(got, expected, atol=2e-4)  # 1127 ln is 2595 log10 to 4 digits


def test_a_tone_is_loudest_in_its_bin():
    """Each tone of a chromatic scale has its own filter, also where bins of the FFT are wider."""
    bank = ops.log_filter_bank(48, 1025, 8000, 110.0, 12)
    bins = np.linspace(0, 4000, 1025)
    assert (bank.max(axis=0) > 0.5).all()
    for i, top in enumerate(110 * 2 ** (np.arange(48) / 12)):
        near = np.abs(bins - top).argmin()
        assert bank[near, i] == bank[near].max()


@pytest.mark.peer
@pytest.mark.parametrize("case", [(16, 4, 16), (10, 3, 16), (9, 2, 9)], ids=str)
def test_as_torch(case):
    torch = pytest.importorskip("torch")
    length, stride, fft_length = case
    x = torch.tensor(sound(2, 60), dtype=torch.float32)
    options = {"hop_length": stride, "win_length": length, "window": torch.hann_window(length)}
    expected = torch.stft(x, fft_length, **options, return_complex=True)
    parts = ops.stft(x.numpy(), *case)
    for got, want in zip(parts, (expected.real, expected.imag), strict=True):
        np.testing.assert_allclose(got, want.transpose(1, 2), atol=2e-5)
    inverse = torch.istft(expected, fft_length, **options).numpy()
    np.testing.assert_allclose(ops.istft(parts, *case), inverse, atol=2e-5)


@pytest.mark.peer
@pytest.mark.parametrize("center", [True, False])
def test_as_keras(center):
    keras = pytest.importorskip("keras")
    x, case = sound(2, 80).astype("float32"), (12, 4, 16)
    parts = ops.stft(x, *case, "hamming", center)
    expected = keras.ops.stft(x, *case, "hamming", center)
    for got, want in zip(parts, expected, strict=True):
        np.testing.assert_allclose(got, want, atol=2e-5)
    got = ops.istft(parts, *case, window="hamming", center=center)
    want = keras.ops.istft(expected, *case, window="hamming", center=center)
    assert got.shape == want.shape
    np.testing.assert_allclose(got[:, 16:-16], want[:, 16:-16], atol=2e-5)


def test_as_many_samples_as_asked_for():
    x = sound(2, 64).astype("float32")
    y = ops.istft(ops.stft(x, 16, 4, 16), 16, 4, 16, length=100)
    assert y.shape == (2, 100)
    np.testing.assert_allclose(y[:, :64], x, atol=1e-5)
    np.testing.assert_array_equal(y[:, 72:], 0)
    with pytest.raises(ValueError, match="`length`"):
        ops.istft(ops.stft(x, 16, 4, 16), 16, 4, 16, length=-1)
    with pytest.raises(ValueError, match="`x` to be"):
        ops.istft(x, 16, 4, 16)

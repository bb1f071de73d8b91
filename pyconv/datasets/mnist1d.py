"""MNIST-1D: ten classes of 40-point signals, generated in a second (Greydanus and Kobak 2020).

Each example is the template of a digit, padded, stretched, scaled and shifted; then come correlated
noise where the signal is zero, white noise everywhere, a slope, and interpolation to 40 points.
"""

import numpy as np

from pyconv.datasets.npz import read_splits

# The digits as 12 heights, drawn from left to right; class = row.
TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
CLASSES, TEMPLATE_LENGTH = TEMPLATES.shape
NOISE_SIGMA = 2  # of the Gaussian that correlates the noise, in points


def load_data(
    path=None,
    num_samples=5000,
    seed=42,
    *,
    train_split=0.8,
    padding=(36, 60),
    scale_coeff=0.4,
    max_translation=48,
    corr_noise_scale=0.25,
    iid_noise_scale=0.02,
    shear_scale=0.75,
    final_seq_length=40,
):
    """The MNIST-1D data set, generated or read from a file.

    The defaults repeat the published set. The data as a whole have mean 0 and standard deviation 1.

    Args:
        path: an .npz file with the arrays x_train, y_train, x_test, y_test; the data are then read
            from it and the other arguments are not used.
        num_samples: examples of both splits, a multiple of 10.
        seed: seed of the generator; NumPy's and pyconv's global ones are left alone.
        train_split: part of the examples in the first split, above 0 and below 1.
        padding: least and largest number of zeros after the template.
        scale_coeff: amplitudes are 1 +- scale_coeff / 2.
        max_translation: shifts are 0 to max_translation - 1 points, circular.
        corr_noise_scale: standard deviation of the correlated noise before it is smoothed.
        iid_noise_scale: standard deviation of the white noise.
        shear_scale: slopes are +- shear_scale / 2 over the signal.
        final_seq_length: points of an example.

    Returns:
        (x_train, y_train), (x_test, y_test): float32 of shape (n, final_seq_length) and int64 of
        shape (n,).

    Raises:
        FileNotFoundError: there is no file at `path`.
        ValueError: an argument is out of range, or the file holds something else.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(num_samples=100)
        >>> x_train.shape, y_train.shape, x_test.shape
        ((80, 40), (80,), (20, 40))
    """
    if path is not None:
        return tuple(
            (x.astype("float32"), y.astype("int64")) for x, y in read_splits(path, (None,))
        )
    if num_samples < CLASSES or num_samples % CLASSES:
        raise ValueError(
            f"expected `num_samples` to be a positive multiple of {CLASSES}, received {num_samples}"
        )
    if not 0 < train_split < 1:
        raise ValueError(f"expected `train_split` above 0 and below 1, received {train_split}")
    rng = np.random.RandomState(seed)  # the published set was drawn from this generator
    labels = np.repeat(np.arange(CLASSES), num_samples // CLASSES)
    signals, noise, iid_noise, slopes = _draw(rng, labels, padding, scale_coeff, max_translation)
    noise, iid_noise = corr_noise_scale * noise, iid_noise_scale * iid_noise
    x = _degrade(signals, noise, iid_noise, shear_scale * slopes)
    x = x @ _resampling(x.shape[1], final_seq_length)
    order = rng.permutation(num_samples)
    x, y = x[order], labels[order]
    x = ((x - x.mean()) / x.std()).astype("float32")
    split = int(num_samples * train_split)
    return (x[:split], y[:split]), (x[split:], y[split:])


def _templates():
    """The templates with unit variance over 6, each starting and ending at 0: (class, point)."""
    x = TEMPLATES - TEMPLATES.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    return (x - x[:, :1]) / 6


def _draw(rng, labels, padding, scale_coeff, max_translation):
    """Clean signals (n, length), two sets of unit noise (n, length) and slopes (n, 1), all drawn.

    The order of the draws, example by example, is that of the published set.
    """
    templates = _templates()
    low, high = padding
    length = TEMPLATE_LENGTH + high
    rows = []
    for label in labels:
        zeros = low + int(rng.rand() * (high - low + 1))
        amplitude = 1 + scale_coeff * (rng.rand() - 0.5)
        shift = rng.randint(max_translation)
        signal = amplitude * _stretch(templates[label], zeros, length)
        noise = rng.randn(2, length)
        rows.append((np.roll(signal, shift), *noise, rng.rand(1) - 0.5))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _stretch(template, zeros, length):
    """The template, followed by zeros, interpolated to this length."""
    # 1e-8: the template's own zeros count as signal, so that noise spares them
    x = np.concatenate([template + 1e-8, np.zeros(zeros)])
    return np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(x)), x)


def _degrade(signals, noise, iid_noise, slopes):
    """Signals (n, length) plus smoothed noise in their silent parts, white noise and slopes."""
    length = signals.shape[1]
    x = np.where(signals != 0, signals, noise @ _smoothing(length))
    return x + iid_noise - slopes * np.linspace(-0.5, 0.5, length)


def _smoothing(length):
    """The Gaussian filter of four sigmas, mirrored at the ends, as a (length, length) matrix."""
    radius = 4 * NOISE_SIGMA
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / NOISE_SIGMA) ** 2)
    weights /= weights.sum()
    rows = np.pad(np.eye(length), ((0, 0), (radius, radius)), mode="symmetric")
    return np.stack([np.convolve(row, weights, mode="valid") for row in rows])


def _resampling(length, new_length):
    """Linear interpolation from one length to another as a (length, new_length) matrix."""
    old, new = np.linspace(0, 1, length), np.linspace(0, 1, new_length)
    return np.stack([np.interp(new, old, row) for row in np.eye(length)])

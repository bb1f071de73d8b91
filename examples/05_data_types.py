"""One small problem for each cell of Goodfellow et al.'s table 9.1: what convolutions can see.

                 single channel                multi-channel
    1-D          audio waveform                skeleton animation
    2-D          audio after a transform       colour image
    3-D          CT-like volume                colour video

The colour images are pieces of two photographs; all other data are generated here: simple stand-ins
of known content, no recordings. Each network trains for a second, and is tested on examples that it
has not seen.

    pip install scikit-learn pillow && python examples/05_data_types.py
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_images

import pyconv
from pyconv import layers

RATE = 4000  # sound samples per second
EXAMPLES, TRAINING = 480, 320  # of each problem; the rest is for testing


def waveforms(rng):
    """Is it a plucked tone or a bowed one? A quarter of a second of sound: (n, 1000, 1)."""
    t = np.arange(1000) / RATE
    labels = rng.integers(0, 2, EXAMPLES)
    pitch = rng.uniform(150, 400, (EXAMPLES, 1))
    harmonics = sum(np.sin(2 * np.pi * k * pitch * t) / k for k in (1, 2, 3))
    plucked = np.exp(-t * rng.uniform(10, 20, (EXAMPLES, 1)))
    bowed = np.minimum(1, t * rng.uniform(10, 20, (EXAMPLES, 1)))
    x = harmonics * np.where(labels[:, None] == 0, plucked, bowed)
    return (x + 0.1 * rng.standard_normal(x.shape))[..., None], labels


def skeletons(rng):
    """Walking, running or waving? Angles of six joints over 60 frames: (n, 60, 6)."""
    t = np.arange(60) / 30  # seconds
    labels = rng.integers(0, 3, EXAMPLES)
    rate = np.array([1.0, 2.5, 2.0])[labels] * rng.uniform(0.85, 1.15, EXAMPLES)
    phase = rng.uniform(0, 2 * np.pi, EXAMPLES)[:, None] + 2 * np.pi * rate[:, None] * t
    gait = np.stack([np.sin(phase + shift) for shift in (0, np.pi, 0.7, np.pi + 0.7)], axis=-1)
    arms = np.stack([np.sin(phase + np.pi), np.sin(phase)], axis=-1)
    legs_still = (labels == 2)[:, None, None]
    x = np.concatenate(
        [np.where(legs_still, 0, gait), np.where(legs_still, 1, 0.5) * arms], axis=-1
    )
    return x + 0.3 * rng.standard_normal(x.shape), labels


def chirps(rng):
    """Does the pitch rise, fall or stay? Sound, as its spectrogram: (n, 32 bins, frames, 1)."""
    t = np.arange(2000) / RATE
    labels = rng.integers(0, 3, EXAMPLES)
    slope = np.array([800.0, -800.0, 0.0])[labels] * rng.uniform(0.7, 1.2, EXAMPLES)
    middle = rng.uniform(600, 1200, (EXAMPLES, 1))
    sound = np.sin(2 * np.pi * (middle * t + slope[:, None] * (t - 0.5) * t / 2))
    sound += 0.5 * rng.standard_normal(sound.shape)
    transform = layers.MelSpectrogram(
        256, 64, sampling_rate=RATE, num_mel_bins=32, min_freq=100.0, top_db=40.0
    )
    return transform(sound)[..., None] / 20, labels


def photographs(rng):
    """Which of two photographs is this a piece of, a temple or a flower? (n, 24, 24, 3).

    Pieces for testing come from a part of the pictures that training does not see.
    """
    pictures = np.stack(load_sample_images().images) / 127.5 - 1  # (2, 427, 640, 3)
    labels = rng.integers(0, 2, EXAMPLES)
    tops = rng.integers(0, 427 - 24, EXAMPLES)
    lefts = rng.integers(0, 400 - 24, EXAMPLES)
    lefts[TRAINING:] = rng.integers(400, 640 - 24, EXAMPLES - TRAINING)
    where = zip(labels, tops, lefts, strict=True)
    pieces = np.stack([pictures[i, top : top + 24, left : left + 24] for i, top, left in where])
    return pieces, labels


def volumes(rng):
    """Is the bright body a ball or a tube along the first axis? (n, 12, 16, 16, 1)."""
    labels = rng.integers(0, 2, EXAMPLES)
    centre = rng.uniform(5, 11, (EXAMPLES, 1, 1, 1, 2))
    z, *yx = np.indices((12, 16, 16))
    across = ((np.stack(yx, axis=-1) - centre) ** 2).sum(axis=-1)
    along = (z - rng.uniform(4, 8, (EXAMPLES, 1, 1, 1))) ** 2
    body = np.where(labels[:, None, None, None] == 0, across + along < 16, across < 7)
    skull = np.abs(((np.stack(yx) - 7.5) ** 2).sum(axis=0) - 50) < 6  # a ring around everything
    x = body + 0.7 * skull + 0.4 * rng.standard_normal(body.shape)
    return x[..., None], labels


def videos(rng):
    """Does the coloured ball move left, right, up or down? (n, 8 frames, 16, 16, 3)."""
    labels = rng.integers(0, 4, EXAMPLES)
    direction = np.array([[0, -1], [0, 1], [-1, 0], [1, 0]])[labels]
    start = rng.uniform(5, 11, (EXAMPLES, 2)) - 3.5 * 0.8 * direction
    at = start[:, None] + 0.8 * np.arange(8)[:, None] * direction[:, None]
    pixels = np.indices((16, 16)).transpose(1, 2, 0)
    ball = ((pixels - at[:, :, None, None]) ** 2).sum(axis=-1) < 6
    colour = rng.uniform(0.4, 1, (EXAMPLES, 1, 1, 1, 3))
    x = ball[..., None] * colour
    return x + 0.15 * rng.standard_normal(x.shape), labels


def network(shape, classes):
    """Two strided convolutions of the input's rank, then the mean over all positions."""
    rank = len(shape) - 1
    convolution = getattr(layers, f"Conv{rank}D")
    kernel = {1: 9, 2: 5, 3: 3}[rank]
    return pyconv.Sequential(
        [
            pyconv.Input(shape),
            convolution(12, kernel, strides=2, padding="same", activation="relu"),
            convolution(24, kernel, strides=2, padding="same", activation="relu"),
            convolution(24, kernel, padding="same", activation="relu"),
            getattr(layers, f"GlobalMaxPooling{rank}D")(),
            layers.Dense(classes),
        ]
    )


PROBLEMS = {
    "audio waveform": waveforms,
    "skeleton animation": skeletons,
    "spectrogram": chirps,
    "colour image": photographs,
    "CT-like volume": volumes,
    "colour video": videos,
}


def accuracy(make, epochs):
    """Trains on the first examples of a problem. Returns the share of right answers on the rest,
    that of the commonest class, and the shape of an example."""
    x, labels = make(np.random.default_rng(0))
    x = x.astype("float32")
    pyconv.utils.set_random_seed(0)
    model = network(x.shape[1:], labels.max() + 1)
    model.compile(
        optimizer=pyconv.optimizers.Adam(learning_rate=0.003),
        loss=pyconv.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x[:TRAINING], labels[:TRAINING], batch_size=16, epochs=epochs, verbose=0)
    _, right = model.evaluate(x[TRAINING:], labels[TRAINING:], verbose=0)
    return right, np.bincount(labels[TRAINING:]).max() / (EXAMPLES - TRAINING), x.shape[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    table = Table("data", "shape", "test accuracy", "by guessing")
    arguments = parser.parse_args()
    for name, make in PROBLEMS.items():
        right, guessing, shape = accuracy(make, arguments.epochs)
        table.add_row(name, " x ".join(map(str, shape)), f"{right:.3f}", f"{guessing:.3f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()

"""Trains a small network with the installed wheel; fails if the loss does not fall."""

import shutil

import numpy as np


def train():
    """Losses of the epochs of a Conv1D network that learns the sign of the mean of its input."""
    import pyconv
    from pyconv import layers

    pyconv.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 20, 1)).astype("float32")
    y = (x.mean(axis=(1, 2)) > 0).astype("int64")
    model = pyconv.Sequential(
        [
            pyconv.Input((20, 1)),
            layers.Conv1D(8, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    loss = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=pyconv.optimizers.SGD(0.1), loss=loss)
    history = model.fit(x, y, batch_size=16, epochs=5, verbose=0)
    return history.history["loss"]


if __name__ == "__main__":
    compilers = [name for name in ("cc", "gcc", "clang") if shutil.which(name)]
    if compilers:
        raise SystemExit(f"expected a PATH without a compiler, found {', '.join(compilers)}")
    losses = train()
    if not losses[-1] < 0.8 * losses[0]:
        raise SystemExit(f"expected the loss to fall by a fifth, received {losses}")
    print(f"trained from the wheel: loss {losses[0]:.3f} -> {losses[-1]:.3f}")

"""What a convolutional network knows beforehand: that neighbours belong together.

All pixels of MNIST-1D are moved by one permutation, the same for every example. A fully connected
network learns as before, for it knows nothing of places; the convolutional one loses its lead
(Goodfellow et al., section 9.4; Prince, chapter 10).

    python examples/06_permuted_pixels.py
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

import pyconv
from pyconv import datasets, layers


def convolutional():
    conv = {"kernel_size": 3, "strides": 2, "activation": "relu"}
    hidden = [layers.Conv1D(15, **conv) for _ in range(3)]
    return pyconv.Sequential([pyconv.Input((40, 1)), *hidden, layers.Flatten(), layers.Dense(10)])


def fully_connected():
    hidden = [layers.Dense(units, activation="relu") for units in (285, 135, 60)]
    return pyconv.Sequential([pyconv.Input((40, 1)), layers.Flatten(), *hidden, layers.Dense(10)])


def error(network, data, epochs):
    """Percent of wrong answers on the test examples after training."""
    (x_train, y_train), (x_test, y_test) = data
    pyconv.utils.set_random_seed(0)
    model = network()
    model.compile(
        optimizer=pyconv.optimizers.Adam(learning_rate=0.005),
        loss=pyconv.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x_train, y_train, batch_size=100, epochs=epochs, verbose=0)
    return 100 * float(np.mean(model.predict(x_test, verbose=0).argmax(axis=1) != y_test))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    (x_train, y_train), (x_test, y_test) = datasets.mnist1d.load_data()
    moved = datasets.permute_pixels(x_train, seed=1), datasets.permute_pixels(x_test, seed=1)
    as_it_is = (x_train[..., None], y_train), (x_test[..., None], y_test)
    permuted = (moved[0][..., None], y_train), (moved[1][..., None], y_test)
    table = Table("network", "error", "error, pixels permuted", "difference")
    for network in (convolutional, fully_connected):
        before, after = (error(network, data, arguments.epochs) for data in (as_it_is, permuted))
        name = network.__name__.replace("_", " ")
        table.add_row(name, f"{before:.1f} %", f"{after:.1f} %", f"{after - before:.1f} %")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()

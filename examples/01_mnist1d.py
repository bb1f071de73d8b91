"""The textbook's first experiment: a convolutional against a fully connected network on MNIST-1D.

Repeats Prince, "Understanding Deep Learning", section 10.2.8: 40 inputs, 10 classes, 4,000 training
examples, 100,000 steps of SGD. Prints a table and draws both error curves.

    python examples/01_mnist1d.py                       # data generated here
    python examples/01_mnist1d.py --data mnist1d.npz    # the published set
"""

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import pyconv
from pyconv import layers

BATCH = 100
STEPS_BETWEEN_POINTS = 1000  # of the error curves
BOOK = {"convolutional": "17 %", "fully connected": "40 %"}


def convolutional_network():
    """Three convolutions of 15 channels, kernel 3, stride 2: 2,050 parameters."""
    he = "he_normal"
    conv = {"kernel_size": 3, "strides": 2, "activation": "relu", "kernel_initializer": he}
    return pyconv.Sequential(
        [
            pyconv.Input((40, 1)),
            layers.Conv1D(15, **conv),
            layers.Conv1D(15, **conv),
            layers.Conv1D(15, **conv),
            layers.Flatten(),
            layers.Dense(10, kernel_initializer=he),
        ],
        name="convolutional",
    )


def fully_connected_network():
    """Hidden layers of the sizes that the convolutional network has: 59,065 parameters."""
    he = "he_normal"
    hidden = [layers.Dense(u, activation="relu", kernel_initializer=he) for u in (285, 135, 60)]
    return pyconv.Sequential(
        [
            pyconv.Input((40, 1)),
            layers.Flatten(),
            *hidden,
            layers.Dense(10, kernel_initializer=he),
        ],
        name="fully connected",
    )


def error(model, x, y):
    """Share of wrong answers in percent."""
    return 100 * float(np.mean(model.predict(x, batch_size=1000, verbose=0).argmax(axis=1) != y))


def train(model, data, steps):
    """Trains; returns seconds of training alone and rows of (step, training and test error)."""
    (x_train, y_train), (x_test, y_test) = data
    model.compile(
        optimizer=pyconv.optimizers.SGD(learning_rate=0.01),
        loss=pyconv.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    epochs_between_points = STEPS_BETWEEN_POINTS * BATCH // len(x_train)
    curve = [(0, error(model, x_train, y_train), error(model, x_test, y_test))]
    seconds = 0.0
    for step in range(STEPS_BETWEEN_POINTS, steps + 1, STEPS_BETWEEN_POINTS):
        start = time.perf_counter()
        model.fit(x_train, y_train, batch_size=BATCH, epochs=epochs_between_points, verbose=0)
        seconds += time.perf_counter() - start
        curve.append((step, error(model, x_train, y_train), error(model, x_test, y_test)))
    return seconds, np.array(curve)


def draw(curves, path):
    """Error curves of both networks, as the book's figure has them."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(10, 4), sharey=True)
    for panel, (name, curve) in zip(panels, curves.items(), strict=True):
        panel.plot(curve[:, 0], curve[:, 1], label="training")
        panel.plot(curve[:, 0], curve[:, 2], label="test")
        panel.set(title=f"{name} network", xlabel="step", ylim=(0, 100))
        panel.legend()
    panels[0].set_ylabel("error (%)")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="an .npz file with the published set")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", default="mnist1d.png", help="where the curves are drawn")
    args = parser.parse_args()

    data = pyconv.datasets.mnist1d.load_data(path=args.data)
    data = [(x[..., np.newaxis], y) for x, y in data]
    table = Table(title="MNIST-1D")
    table.add_column("network", no_wrap=True)
    columns = ("parameters", "steps", "time", "training error", "zero from step", "test error")
    for column in (*columns, "the book"):
        table.add_column(column, justify="right")

    curves = {}
    for network in (convolutional_network, fully_connected_network):
        pyconv.utils.set_random_seed(args.seed)
        model = network()
        print(f"training the {model.name} network ...", flush=True)
        seconds, curves[model.name] = train(model, data, args.steps)
        step, train_error, test_error = curves[model.name][-1]
        zero = curves[model.name][curves[model.name][:, 1] == 0, 0]
        table.add_row(
            model.name,
            f"{model.count_params():,}",
            f"{int(step):,}",
            f"{seconds:.1f} s",
            f"{train_error:.1f} %",
            f"{int(zero[0]):,}" if zero.size else "never",
            f"{test_error:.1f} %",
            BOOK[model.name],
        )
    Console(width=max(100, Console().width)).print(table)
    draw(curves, args.picture)
    print(f"error curves: {args.picture}")


if __name__ == "__main__":
    main()

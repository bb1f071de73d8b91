"""Kernels without labels on scikit-learn's 1,797 digits of 8 x 8: random, by hand, by k-means.

A bank of 3 x 3 kernels is applied once to all images and its maps are averaged over the quarters of
the image (Coates & Ng 2011). A linear classifier then learns from few or many labels. Prints a
table of test errors; draws them, and the k-means kernels.

    pip install scikit-learn matplotlib && python examples/04_kmeans_features.py
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

import pyconv
from pyconv import initializers, layers, unsupervised, visualize

FILTERS = 64
KERNEL = (3, 3, 1, FILTERS)
TRAINING = 1437  # images; the others are for testing


def load():
    """Images (n, 8, 8, 1) in [0, 1] and labels, shuffled."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    return (images[order] / 16).reshape(-1, 8, 8, 1).astype("float32"), labels[order]


def banks(images):
    """A layer for each way to come by kernels; none looks at labels."""
    gabor = initializers.Gabor(orientations=16, scales=(0.7, 1.0))(KERNEL)
    edges = initializers.Edge(orientations=32, scales=(0.5, 1.0))(KERNEL)
    random = unsupervised.random_kernels(KERNEL)
    return {
        "random": unsupervised.fixed_conv(random, padding="same"),
        "edges": unsupervised.fixed_conv(edges, padding="same"),
        "Gabor": unsupervised.fixed_conv(gabor, padding="same"),
        "k-means": unsupervised.kmeans_conv(images, FILTERS, 3, padding="same"),
    }


def features(layer, images):
    """Mean responses over the four quarters, computed once."""
    model = pyconv.Sequential([pyconv.Input((8, 8, 1)), layer, layers.AdaptiveAveragePooling2D(2)])
    return unsupervised.features(model, images)


def error(found, labels, count, draws):
    """Test error in percent after learning from `count` labels, the mean over draws of them."""
    errors = []
    for seed in range(draws):
        chosen = np.random.default_rng(seed).permutation(TRAINING)[:count]
        classifier = unsupervised.fit_classifier(found[chosen], labels[chosen])
        errors.append(100 * (1 - classifier.score(found[TRAINING:], labels[TRAINING:])))
    return float(np.mean(errors))


def draw(errors, counts, path):
    """Test error against the number of labels, a line for each bank."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    ax = figure.subplots()
    for name, values in errors.items():
        ax.plot(counts, values, "o-", label=name)
    ax.set(xscale="log", yscale="log", xlabel="labelled images", ylabel="test error (%)")
    ax.set_xticks(counts, counts)
    ticks = [1, 2, 5, 10, 20]
    ax.set_yticks(ticks, ticks)
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[50, 100, 200, 500, TRAINING])
    parser.add_argument("--draws", type=int, default=5, help="choices of labelled images")
    parser.add_argument("--picture", default="features.png", help="where the errors are drawn")
    parser.add_argument("--kernels", default="kernels.png", help="where the kernels are drawn")
    args = parser.parse_args()

    images, labels = load()
    found = {"pixels": images.reshape(len(images), -1)}
    for name, layer in banks(images[:TRAINING]).items():
        found[name] = features(layer, images)
    table = Table(title="test error with a linear classifier")
    table.add_column("kernels", no_wrap=True)
    for count in args.labels:
        table.add_column(f"{count} labels", justify="right")
    errors = {}
    for name, vectors in found.items():
        errors[name] = [error(vectors, labels, count, args.draws) for count in args.labels]
        table.add_row(name, *(f"{value:.1f} %" for value in errors[name]))
    Console(width=max(100, Console().width)).print(table)
    draw(errors, args.labels, args.picture)
    visualize.kernels(layer, normalize=True).savefig(args.kernels, dpi=120)
    print(f"errors: {args.picture}, k-means kernels: {args.kernels}")


if __name__ == "__main__":
    main()

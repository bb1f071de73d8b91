"""A 2-D convolutional network on real handwritten digits: scikit-learn's 1,797 images of 8 x 8.

pip install scikit-learn && python examples/02_digits.py
"""

import numpy as np
from sklearn.datasets import load_digits

import pyconv
from pyconv import layers


def load():
    """Images (n, 8, 8, 1) in [0, 1] and labels, shuffled, the last 360 for testing."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    x = (images[order] / 16).reshape(-1, 8, 8, 1).astype("float32")
    y = labels[order]
    return (x[:-360], y[:-360]), (x[-360:], y[-360:])


def network():
    return pyconv.Sequential(
        [
            pyconv.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main():
    pyconv.utils.set_random_seed(1)
    (x_train, y_train), (x_test, y_test) = load()
    model = network()
    model.summary()
    model.compile(
        optimizer=pyconv.optimizers.SGD(learning_rate=0.05, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=32, epochs=12, validation_split=0.1)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy: {accuracy:.3f}")


if __name__ == "__main__":
    main()

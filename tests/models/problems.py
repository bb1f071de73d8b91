"""A small classification problem that the tests of models share."""

import numpy as np

from pyconv.layers import Dense
from pyconv.models import Input, Sequential
from pyconv.optimizers import SGD

RNG = np.random.default_rng(0)


def classes(n=50, features=4, count=3):
    """Separable data: the class is the place of the largest of the first features."""
    x = RNG.normal(size=(n, features)).astype("float32")
    return x, x[:, :count].argmax(1)


def classifier(**compile_options):
    model = Sequential([Input((4,)), Dense(16, activation="relu"), Dense(3, activation="softmax")])
    options = {"optimizer": SGD(0.5), "loss": "sparse_categorical_crossentropy"}
    model.compile(**(options | compile_options))
    return model

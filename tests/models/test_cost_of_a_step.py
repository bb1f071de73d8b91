"""What a step does besides its plan does not grow with the model."""

import sys

import numpy as np

from pyconv import Input, Sequential, layers


def calls_of_a_step(depth):
    """How many functions train_on_batch calls, once its plan is made."""
    model = Sequential([Input((4,)), *[layers.Dense(4) for _ in range(depth)]])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.zeros((8, 4), "float32")
    model.train_on_batch(x, x)
    model.train_on_batch(x, x)
    count = 0

    def count_calls(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(count_calls)
    try:
        model.train_on_batch(x, x)
    finally:
        sys.setprofile(None)
    return count


def test_a_step_calls_as_much_for_a_deep_model():
    assert calls_of_a_step(20) == calls_of_a_step(2)

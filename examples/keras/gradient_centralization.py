"""Gradient centralization: an optimizer of one's own, whose gradients have zero mean."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(38)


class GCRMSprop(keras.optimizers.RMSprop):
    def apply(self, grads, trainable_variables=None):
        # Each gradient of a kernel is moved to the mean 0 over all but its last axis
        centred = []
        for grad in grads:
            if len(grad.shape) > 1:
                axes = list(range(len(grad.shape) - 1))
                grad -= ops.mean(grad, axis=axes, keepdims=True)
            centred.append(grad)
        return super().apply(centred, trainable_variables)


images, labels = load_digits(return_X_y=True)
x = images.reshape(-1, 8, 8, 1).astype("float32") / 16
x_train, y_train, x_test, y_test = x[:1400], labels[:1400], x[1400:], labels[1400:]

model = keras.Sequential(
    [
        layers.Input(shape=(8, 8, 1)),
        layers.Conv2D(16, (3, 3), activation="relu"),
        layers.Conv2D(32, (3, 3), activation="relu", name="second"),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=GCRMSprop(learning_rate=1e-3),
    metrics=["accuracy"],
)
start = model.get_layer("second").get_weights()[0].copy()
history = model.fit(x_train, y_train, epochs=10, batch_size=64, verbose=2)
assert int(model.optimizer.iterations.numpy()) == 10 * 22
moved = model.get_layer("second").get_weights()[0] - start
assert np.abs(moved).max() > 0.01
print("Test accuracy:", model.evaluate(x_test, y_test, verbose=0)[1])

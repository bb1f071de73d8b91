"""A training loop from scratch: tape, optimizer, metrics and the losses that layers add."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import GradientTape, ops

keras.utils.set_random_seed(16)


class ActivityRegularizationLayer(keras.layers.Layer):
    """Adds a loss from its inputs."""

    def call(self, inputs):
        self.add_loss(1e-3 * ops.mean(ops.square(inputs)))
        return inputs


inputs = keras.Input(shape=(8, 8, 1), name="digits")
x = keras.layers.Conv2D(16, 3, activation="relu")(inputs)
x = ActivityRegularizationLayer()(x)
x = keras.layers.Conv2D(32, 3, activation="relu")(x)
x = keras.layers.Flatten()(x)
outputs = keras.layers.Dense(10, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)

optimizer = keras.optimizers.Adam(learning_rate=1e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1).astype("float32") / 16
x_train, y_train, x_val, y_val = images[:1400], labels[:1400], images[1400:], labels[1400:]
batch_size = 64


def batches(x, y):
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


def train_step(x, y):
    with GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
        loss_value += sum(model.losses)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply(grads, model.trainable_weights)
    train_acc_metric.update_state(y, logits)
    return loss_value


def test_step(x, y):
    val_logits = model(x, training=False)
    val_acc_metric.update_state(y, val_logits)


epochs = 8
for epoch in range(epochs):
    for step, (x_batch_train, y_batch_train) in enumerate(batches(x_train, y_train)):
        loss_value = train_step(x_batch_train, y_batch_train)
        if step % 20 == 0:
            print(f"Training loss (for 1 batch) at step {step}: {float(loss_value):.4f}")
            print(f"Seen so far: {(step + 1) * batch_size} samples")

    train_acc = train_acc_metric.result()
    print(f"Training acc over epoch {epoch}: {float(train_acc):.4f}")
    train_acc_metric.reset_state()

    for x_batch_val, y_batch_val in batches(x_val, y_val):
        test_step(x_batch_val, y_batch_val)
    val_acc = val_acc_metric.result()
    val_acc_metric.reset_state()
    print(f"Validation acc: {float(val_acc):.4f}")
assert np.isfinite(float(loss_value))

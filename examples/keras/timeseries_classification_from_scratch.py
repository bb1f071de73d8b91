"""A fully convolutional network for time series, with checkpoints and a falling learning rate."""

import os
import tempfile

import numpy as np

import pyconv as keras

keras.utils.set_random_seed(2)


def make_series(n, rng):
    """Engine noise: class 1 hides a short burst of a higher frequency."""
    time = np.arange(200)
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    x = np.sin(0.1 * time + phase) + 0.5 * rng.standard_normal((n, 200))
    y = rng.integers(0, 2, n)
    starts = rng.integers(0, 150, n)
    for i in np.flatnonzero(y):
        x[i, starts[i] : starts[i] + 50] += 1.5 * np.sin(0.9 * np.arange(50))
    return x.astype("float32"), np.where(y == 1, 1, -1)


rng = np.random.default_rng(0)
x_train, y_train = make_series(800, rng)
x_test, y_test = make_series(400, rng)

x_train = x_train.reshape((x_train.shape[0], x_train.shape[1], 1))
x_test = x_test.reshape((x_test.shape[0], x_test.shape[1], 1))
num_classes = len(np.unique(y_train))
idx = np.random.permutation(len(x_train))
x_train, y_train = x_train[idx], y_train[idx]
y_train[y_train == -1] = 0
y_test[y_test == -1] = 0


def make_model(input_shape):
    input_layer = keras.layers.Input(input_shape)

    conv1 = keras.layers.Conv1D(filters=16, kernel_size=3, padding="same")(input_layer)
    conv1 = keras.layers.BatchNormalization()(conv1)
    conv1 = keras.layers.ReLU()(conv1)

    conv2 = keras.layers.Conv1D(filters=16, kernel_size=5, padding="same")(conv1)
    conv2 = keras.layers.BatchNormalization()(conv2)
    conv2 = keras.layers.ReLU()(conv2)

    conv3 = keras.layers.Conv1D(filters=16, kernel_size=5, padding="same")(conv2)
    conv3 = keras.layers.BatchNormalization()(conv3)
    conv3 = keras.layers.ReLU()(conv3)

    gap = keras.layers.GlobalAveragePooling1D()(conv3)
    output_layer = keras.layers.Dense(num_classes, activation="softmax")(gap)
    return keras.models.Model(inputs=input_layer, outputs=output_layer)


model = make_model(input_shape=x_train.shape[1:])
epochs = 40
batch_size = 32
best = os.path.join(tempfile.mkdtemp(), "best_model.keras")

callbacks = [
    keras.callbacks.ModelCheckpoint(best, save_best_only=True, monitor="val_loss"),
    keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=8, min_lr=0.0001),
    keras.callbacks.EarlyStopping(monitor="val_loss", patience=20, verbose=1),
]
model.compile(
    optimizer="adam",
    loss="sparse_categorical_crossentropy",
    metrics=["sparse_categorical_accuracy"],
)
history = model.fit(
    x_train,
    y_train,
    batch_size=batch_size,
    epochs=epochs,
    callbacks=callbacks,
    validation_split=0.2,
    verbose=2,
)

model = keras.models.load_model(best)
test_loss, test_acc = model.evaluate(x_test, y_test, verbose=0)
metric = "sparse_categorical_accuracy"
print("Epochs:", len(history.history["val_" + metric]))
print("Test accuracy", test_acc)
print("Test loss", test_loss)

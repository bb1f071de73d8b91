"""A 3-D convolutional network that finds a bright shell in noisy volumes (as in CT scans)."""

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(3)


def volumes(n, rng):
    grid = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), -1)
    centres = rng.uniform(5, 11, (n, 1, 1, 1, 3))
    radius = np.sqrt(((grid - centres) ** 2).sum(-1))
    labels = rng.integers(0, 2, n)
    shell = np.where(labels[:, None, None, None] == 1, np.abs(radius - 4) < 1, radius < 3)
    return shell + 0.4 * rng.standard_normal((n, 16, 16, 16)), labels


def get_model(width=16, height=16, depth=16):
    inputs = keras.Input((width, height, depth, 1))

    x = layers.Conv3D(filters=8, kernel_size=3, activation="relu")(inputs)
    x = layers.MaxPool3D(pool_size=2)(x)
    x = layers.BatchNormalization()(x)

    x = layers.Conv3D(filters=16, kernel_size=3, activation="relu")(x)
    x = layers.MaxPool3D(pool_size=2)(x)
    x = layers.BatchNormalization()(x)

    x = layers.GlobalAveragePooling3D()(x)
    x = layers.Dense(units=32, activation="relu")(x)
    x = layers.Dropout(0.3)(x)

    outputs = layers.Dense(units=1, activation="sigmoid")(x)
    return keras.Model(inputs, outputs, name="3dcnn")


rng = np.random.default_rng(0)
x_train, y_train = volumes(240, rng)
x_val, y_val = volumes(80, rng)
x_train, x_val = x_train[..., None], x_val[..., None]

model = get_model()
model.summary()
lr_schedule = keras.optimizers.schedules.ExponentialDecay(
    0.005, decay_steps=100, decay_rate=0.96, staircase=True
)
model.compile(
    loss="binary_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate=lr_schedule),
    metrics=["acc"],
)
early_stopping_cb = keras.callbacks.EarlyStopping(
    monitor="val_acc", patience=15, restore_best_weights=True
)
model.fit(
    x_train,
    y_train,
    validation_data=(x_val, y_val),
    epochs=12,
    batch_size=16,
    shuffle=True,
    verbose=2,
    callbacks=[early_stopping_cb],
)

prediction = model.predict(np.expand_dims(x_val[0], axis=0))[0]
scores = [1 - prediction[0], prediction[0]]
for score, name in zip(scores, ["solid", "shell"], strict=True):
    print(f"This model is {100 * score:.2f} percent confident that the volume is {name}")
print("Validation accuracy:", model.evaluate(x_val, y_val, verbose=0, return_dict=True)["acc"])

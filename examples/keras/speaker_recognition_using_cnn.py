"""Speakers told apart by the spectrum of a second of sound: 1-D residual blocks."""

import numpy as np

import pyconv as keras

keras.utils.set_random_seed(32)
SAMPLING_RATE = 512
class_names = ["Ada", "Blaise", "Carl", "Dorothy"]


def sounds(n, rng):
    """Voices with four formants of their own, at a pitch that varies, in noise."""
    y = rng.integers(0, len(class_names), n)
    formants = np.array(
        [[40, 90, 150, 200], [50, 100, 130, 210], [35, 80, 160, 190], [45, 110, 140, 220]]
    )
    time = np.arange(SAMPLING_RATE) / SAMPLING_RATE
    pitch = formants[y] * rng.normal(1, 0.02, (n, 1))
    waves = np.sin(2 * np.pi * pitch[..., None] * time + rng.uniform(0, 6, (n, 4, 1))).sum(axis=1)
    return (waves + rng.standard_normal(waves.shape))[..., None].astype("float32"), y


def audio_to_fft(audio):
    fft = np.fft.fft(audio[..., 0])
    # Since we applied the fft over real sounds, half of it is enough
    return np.abs(fft[:, : SAMPLING_RATE // 2])[..., None].astype("float32")


def batches(x, y, batch_size):
    """An endless stream of batches, as audio pipelines are."""
    while True:
        order = np.random.permutation(len(x))
        for start in range(0, len(x) - batch_size + 1, batch_size):
            chosen = order[start : start + batch_size]
            yield audio_to_fft(x[chosen]), y[chosen]


def residual_block(x, filters, conv_num=3, activation="relu"):
    # Shortcut
    s = keras.layers.Conv1D(filters, 1, padding="same")(x)
    for _ in range(conv_num - 1):
        x = keras.layers.Conv1D(filters, 3, padding="same")(x)
        x = keras.layers.Activation(activation)(x)
    x = keras.layers.Conv1D(filters, 3, padding="same")(x)
    x = keras.layers.Add()([x, s])
    x = keras.layers.Activation(activation)(x)
    return keras.layers.MaxPool1D(pool_size=2, strides=2)(x)


def build_model(input_shape, num_classes):
    inputs = keras.layers.Input(shape=input_shape, name="input")
    x = residual_block(inputs, 8, 2)
    x = residual_block(x, 16, 2)
    x = residual_block(x, 32, 3)
    x = keras.layers.AveragePooling1D(pool_size=3, strides=3)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(64, activation="relu")(x)
    outputs = keras.layers.Dense(num_classes, activation="softmax", name="output")(x)
    return keras.models.Model(inputs=inputs, outputs=outputs)


rng = np.random.default_rng(0)
train, train_labels = sounds(640, rng)
valid, valid_labels = sounds(128, rng)

model = build_model((SAMPLING_RATE // 2, 1), len(class_names))
model.summary()
model.compile(
    optimizer="Adam",
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
mdlcheckpoint_cb = keras.callbacks.ModelCheckpoint(
    "model.keras", monitor="val_accuracy", save_best_only=True
)
earlystopping_cb = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
history = model.fit(
    batches(train, train_labels, 32),
    steps_per_epoch=20,
    epochs=10,
    validation_data=(audio_to_fft(valid), valid_labels),
    callbacks=[earlystopping_cb, mdlcheckpoint_cb],
    verbose=2,
)
print("Best epoch:", 1 + int(np.argmin(history.history["val_loss"])))
print("Test accuracy:", model.evaluate(audio_to_fft(valid), valid_labels, verbose=0)[1])

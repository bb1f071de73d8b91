"""ConvMixer: patches, depthwise residual and pointwise convolutions, AdamW, augmentation."""

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(23)
image_size = 16
batch_size = 64


def gratings(n, rng):
    """Colour images of waves in one of four directions."""
    y = rng.integers(0, 4, n)
    rows, columns = np.mgrid[:image_size, :image_size]
    angle = y[:, None, None] * np.pi / 4 + rng.normal(0, 0.1, (n, 1, 1))
    phase = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    wave = np.sin(0.9 * (np.cos(angle) * rows + np.sin(angle) * columns) + phase)
    x = wave[..., None] * rng.uniform(20, 60, (n, 1, 1, 3)) + 128
    return (x + 25 * rng.standard_normal(x.shape)).clip(0, 255).astype("uint8"), y


rng = np.random.default_rng(0)
x_train, y_train = gratings(1024, rng)
x_val, y_val = gratings(256, rng)

flip_augmentation = keras.Sequential([layers.RandomFlip("horizontal_and_vertical")])


def activation_block(x):
    x = layers.Activation("gelu")(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def conv_stem(x, filters: int, patch_size: int):
    x = layers.Conv2D(filters, kernel_size=patch_size, strides=patch_size)(x)
    return activation_block(x)


def conv_mixer_block(x, filters: int, kernel_size: int):
    # Depthwise convolution.
    x0 = x
    x = layers.DepthwiseConv2D(kernel_size=kernel_size, padding="same")(x)
    x = layers.Add()([activation_block(x), x0])  # Residual.

    # Pointwise convolution.
    x = layers.Conv2D(filters, kernel_size=1)(x)
    return activation_block(x)


def get_conv_mixer(filters=32, depth=3, kernel_size=5, patch_size=2, num_classes=4):
    inputs = keras.Input((image_size, image_size, 3))
    x = layers.Rescaling(scale=1.0 / 255)(inputs)

    x = conv_stem(x, filters, patch_size)
    for _ in range(depth):
        x = conv_mixer_block(x, filters, kernel_size)

    x = layers.GlobalAvgPool2D()(x)
    outputs = layers.Dense(num_classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)


model = get_conv_mixer()
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=0.003, weight_decay=0.0001),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.summary()
checkpoint_filepath = "checkpoint.weights.h5"
checkpoint_callback = keras.callbacks.ModelCheckpoint(
    checkpoint_filepath, monitor="val_accuracy", save_best_only=True, save_weights_only=True
)
history = model.fit(
    x_train,
    y_train,
    validation_data=(x_val, y_val),
    epochs=8,
    batch_size=batch_size,
    callbacks=[checkpoint_callback],
    verbose=2,
)
model.load_weights(checkpoint_filepath)
loss, accuracy = model.evaluate(x_val, y_val, verbose=0)
assert accuracy >= max(history.history["val_accuracy"]) - 1e-6

patch_embeddings = model.layers[2].get_weights()[0]
print("Learned patches:", patch_embeddings.shape, "from", model.layers[2].name)
print(f"Test accuracy: {accuracy}")

"""A learnable resizer before a classifier: bilinear interpolation plus learned residuals."""

import numpy as np

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(39)
INP_SIZE = (48, 48)
TARGET_SIZE = (16, 16)
INTERPOLATION = "bilinear"


def textures(n, rng):
    """Fine stripes in one of two directions: gone when pixels are averaged."""
    y = rng.integers(0, 2, n)
    rows, columns = np.mgrid[:48, :48]
    axis = np.where(y[:, None, None] == 1, rows, columns)
    x = np.sin(2.2 * axis + rng.uniform(0, 6, (n, 1, 1)))[..., None]
    return (x + 0.5 * rng.standard_normal((n, 48, 48, 3))).astype("float32"), y


def conv_block(x, filters, kernel_size, strides, activation=None):
    if activation is None:
        activation = layers.LeakyReLU(negative_slope=0.2)
    x = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return activation(x)


def res_block(x):
    inputs = x
    x = conv_block(x, 8, 3, 1)
    x = conv_block(x, 8, 3, 1, activation=layers.Activation("linear"))
    return layers.Add()([inputs, x])


def get_learnable_resizer(filters=8, num_res_blocks=1, interpolation=INTERPOLATION):
    inputs = layers.Input(shape=[None, None, 3])

    # First, perform naive resizing.
    naive_resize = layers.Resizing(*TARGET_SIZE, interpolation=interpolation)(inputs)

    # First convolution block without batch normalization.
    x = layers.Conv2D(filters=filters, kernel_size=7, strides=1, padding="same")(inputs)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2D(filters=filters, kernel_size=1, strides=1, padding="same")(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)

    # Intermediate resizing as a bottleneck.
    bottleneck = layers.Resizing(*TARGET_SIZE, interpolation=interpolation)(x)

    # Residual passes.
    x = res_block(bottleneck)
    for _ in range(num_res_blocks - 1):
        x = res_block(x)

    x = layers.Conv2D(filters=filters, kernel_size=3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Add()([bottleneck, x])
    x = layers.Conv2D(filters=3, kernel_size=7, strides=1, padding="same")(x)
    final_resize = layers.Add()([naive_resize, x])
    return keras.Model(inputs, final_resize, name="learnable_resizer")


learnable_resizer = get_learnable_resizer()


def get_model():
    backbone = keras.Sequential(
        [
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    inputs = layers.Input((INP_SIZE[0], INP_SIZE[1], 3))
    x = learnable_resizer(inputs)
    outputs = backbone(x)
    return keras.Model(inputs, outputs)


rng = np.random.default_rng(0)
train_x, train_y = textures(480, rng)
test_x, test_y = textures(120, rng)
train_labels = keras.utils.to_categorical(train_y)
test_labels = keras.utils.to_categorical(test_y)

model = get_model()
model.compile(
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True),
    optimizer=keras.optimizers.Adam(3e-3),
    metrics=["accuracy"],
)
model.fit(train_x, train_labels, batch_size=32, epochs=8, verbose=2)
resized = learnable_resizer(ops.convert_to_tensor(test_x[:2])).numpy()
assert resized.shape == (2, 16, 16, 3)
print("Test accuracy:", model.evaluate(test_x, test_labels, verbose=0)[1])

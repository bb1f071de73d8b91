"""Segmentation with a U-Net-like Xception: a label for every pixel, fed by a PyDataset."""

import os
import tempfile

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(6)
img_size = (32, 32)
num_classes = 3
batch_size = 8


class Shapes(keras.utils.PyDataset):
    """Images of a disc and its outline on noise; the label is 0 outside, 1 within, 2 on it."""

    def __init__(self, size, seed, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.seed = seed

    def __len__(self):
        return self.size // batch_size

    def __getitem__(self, idx):
        rng = np.random.default_rng((self.seed, idx))
        rows, columns = np.mgrid[: img_size[0], : img_size[1]]
        centres = rng.uniform(10, 22, (2, batch_size, 1, 1))
        radii = rng.uniform(5, 9, (batch_size, 1, 1))
        distance = np.hypot(rows - centres[0], columns - centres[1])
        y = np.where(distance < radii - 1, 1, np.where(distance < radii + 1, 2, 0))
        colours = rng.uniform(0, 1, (batch_size, 3, 3))
        x = colours[np.arange(batch_size)[:, None, None], y]
        x = x + 0.1 * rng.standard_normal(x.shape)
        return x.astype("float32"), y[..., None].astype("uint8")


def get_model(img_size, num_classes):
    inputs = keras.Input(shape=img_size + (3,))

    # Entry block
    x = layers.Conv2D(16, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    previous_block_activation = x  # Set aside residual

    for filters in [32, 64]:
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)

        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)

        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)

        # Project residual
        residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous_block_activation)
        x = layers.add([x, residual])  # Add back residual
        previous_block_activation = x  # Set aside next residual

    for filters in [64, 32, 16]:
        x = layers.Activation("relu")(x)
        x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)

        x = layers.Activation("relu")(x)
        x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)

        x = layers.UpSampling2D(2)(x)

        # Project residual
        residual = layers.UpSampling2D(2)(previous_block_activation)
        residual = layers.Conv2D(filters, 1, padding="same")(residual)
        x = layers.add([x, residual])  # Add back residual
        previous_block_activation = x  # Set aside next residual

    # Add a per-pixel classification layer
    outputs = layers.Conv2D(num_classes, 3, activation="softmax", padding="same")(x)
    return keras.Model(inputs, outputs)


model = get_model(img_size, num_classes)
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(3e-3),
    loss="sparse_categorical_crossentropy",
    metrics=[keras.metrics.MeanIoU(num_classes, sparse_y_pred=False, name="mean_iou")],
)
checkpoint = os.path.join(tempfile.mkdtemp(), "segmentation.keras")
callbacks = [keras.callbacks.ModelCheckpoint(checkpoint, save_best_only=True)]
model.fit(Shapes(480, 1), epochs=8, validation_data=Shapes(64, 2), callbacks=callbacks, verbose=2)

model = keras.models.load_model(checkpoint)
val = Shapes(64, 3)
preds = model.predict(val)
masks = np.concatenate([val[i][1] for i in range(len(val))])[..., 0]
print("Pixels with the right label:", np.mean(np.argmax(preds, axis=-1) == masks))
print("Mean intersection over union:", model.evaluate(val, verbose=0)[1])

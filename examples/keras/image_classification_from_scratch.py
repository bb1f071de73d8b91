"""Classification of image files in folders: a data set from a directory, augmentation, Xception."""

import os
import tempfile

import numpy as np
from PIL import Image

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(31)
image_size = (32, 32)
batch_size = 32
folder = tempfile.mkdtemp()

# "Cats" are triangles, "dogs" are squares: 200 files of each
rng = np.random.default_rng(0)
rows, columns = np.mgrid[:40, :40]
for name in ("Cat", "Dog"):
    os.makedirs(os.path.join(folder, name))
    for i in range(200):
        cy, cx, half = *rng.uniform(14, 26, 2), rng.uniform(8, 12)
        inside = np.maximum(abs(rows - cy), abs(columns - cx)) < half
        if name == "Cat":
            inside &= abs(columns - cx) < (rows - cy + half) / 2
        picture = np.where(inside[..., None], *rng.uniform(0, 255, (2, 3)))
        picture = (picture + 20 * rng.standard_normal(picture.shape)).clip(0, 255)
        Image.fromarray(picture.astype("uint8")).save(os.path.join(folder, name, f"{i}.png"))

train_ds, val_ds = keras.utils.image_dataset_from_directory(
    folder,
    validation_split=0.2,
    subset="both",
    seed=1337,
    image_size=image_size,
    batch_size=batch_size,
)
print(train_ds.class_names)

data_augmentation_layers = [
    layers.RandomFlip("horizontal"),
    layers.RandomRotation(0.05),
]


def data_augmentation(images):
    for layer in data_augmentation_layers:
        images = layer(images)
    return images


# Apply `data_augmentation` to the training images.
train_ds = train_ds.map(lambda img, label: (data_augmentation(img), label))


def make_model(input_shape, num_classes):
    inputs = keras.Input(shape=input_shape)
    # Entry block
    x = layers.Rescaling(1.0 / 255)(inputs)
    x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    previous_block_activation = x  # Set aside residual

    for size in [32, 48]:
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)

        # Project residual
        residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous_block_activation)
        x = layers.add([x, residual])  # Add back residual
        previous_block_activation = x  # Set aside next residual

    x = layers.GlobalAveragePooling2D()(x)
    units = 1 if num_classes == 2 else num_classes
    x = layers.Dropout(0.25)(x)
    # We specify activation=None so as to return logits
    outputs = layers.Dense(units, activation=None)(x)
    return keras.Model(inputs, outputs)


model = make_model(input_shape=image_size + (3,), num_classes=2)
model.compile(
    optimizer=keras.optimizers.Adam(2e-3),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(name="acc")],
)
callbacks = [keras.callbacks.ModelCheckpoint(os.path.join(folder, "save_at_{epoch}.keras"))]
model.fit(train_ds, epochs=15, callbacks=callbacks, validation_data=val_ds, verbose=2)
assert os.path.exists(os.path.join(folder, "save_at_15.keras"))

# Inference on new data: augmentation is not in the model
img = keras.utils.load_img(os.path.join(folder, "Cat", "7.png"), target_size=image_size)
img_array = keras.utils.img_to_array(img)
img_array = keras.ops.expand_dims(img_array, 0)  # Create batch axis
predictions = model.predict(img_array)
score = float(keras.ops.sigmoid(predictions[0][0]))
print(f"This image is {100 * (1 - score):.2f}% cat and {100 * score:.2f}% dog.")
print("Validation accuracy:", model.evaluate(val_ds, verbose=0)[1])

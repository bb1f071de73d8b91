"""DeepLabV3+: dilated convolutions at several rates over a backbone's maps, then a decoder."""

import numpy as np

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(40)
IMAGE_SIZE = 32
BATCH_SIZE = 8
NUM_CLASSES = 3


def people(n, rng):
    """A head (class 1) above a body (class 2) in front of noise."""
    rows, columns = np.mgrid[:IMAGE_SIZE, :IMAGE_SIZE]
    cx, cy = rng.uniform(10, 22, (n, 1, 1)), rng.uniform(8, 12, (n, 1, 1))
    head = np.hypot(rows - cy, columns - cx) < 4
    body = (np.abs(columns - cx) < 6) & (rows > cy + 4) & (rows < cy + 15)
    masks = np.where(head, 1, np.where(body, 2, 0))
    colours = rng.uniform(-1, 1, (n, 1, 1, 3)) * np.array([0.3])
    images = np.where(masks[..., None] > 0, 0.5, -0.5) + colours
    images = images + 0.2 * rng.standard_normal((n, IMAGE_SIZE, IMAGE_SIZE, 3))
    return images.astype("float32"), masks[..., None].astype("int32")


def convolution_block(block_input, num_filters=32, kernel_size=3, dilation_rate=1, use_bias=False):
    x = layers.Conv2D(
        num_filters,
        kernel_size=kernel_size,
        dilation_rate=dilation_rate,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=keras.initializers.HeNormal(),
    )(block_input)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return ops.nn.relu(x)


def DilatedSpatialPyramidPooling(dspp_input):
    dims = dspp_input.shape
    x = layers.AveragePooling2D(pool_size=(dims[-3], dims[-2]))(dspp_input)
    x = convolution_block(x, kernel_size=1, use_bias=True)
    out_pool = layers.UpSampling2D(
        size=(dims[-3] // x.shape[1], dims[-2] // x.shape[2]), interpolation="bilinear"
    )(x)

    out_1 = convolution_block(dspp_input, kernel_size=1, dilation_rate=1)
    out_2 = convolution_block(dspp_input, kernel_size=3, dilation_rate=2)
    out_3 = convolution_block(dspp_input, kernel_size=3, dilation_rate=3)
    x = layers.Concatenate(axis=-1)([out_pool, out_1, out_2, out_3])
    return convolution_block(x, kernel_size=1)


def DeeplabV3Plus(image_size, num_classes):
    model_input = keras.Input(shape=(image_size, image_size, 3))
    backbone = keras.applications.ResNet50(
        weights=None, include_top=False, input_tensor=model_input
    )
    x = backbone.get_layer("conv3_block1_out").output
    x = layers.Conv2D(32, 1)(x)
    x = DilatedSpatialPyramidPooling(x)

    input_a = layers.UpSampling2D(
        size=(image_size // 4 // x.shape[1], image_size // 4 // x.shape[2]),
        interpolation="bilinear",
    )(x)
    input_b = backbone.get_layer("conv2_block1_out").output
    input_b = convolution_block(input_b, num_filters=16, kernel_size=1)

    x = layers.Concatenate(axis=-1)([input_a, input_b])
    x = convolution_block(x)
    x = convolution_block(x)
    x = layers.UpSampling2D(
        size=(image_size // x.shape[1], image_size // x.shape[2]), interpolation="bilinear"
    )(x)
    model_output = layers.Conv2D(num_classes, kernel_size=(1, 1), padding="same")(x)
    return keras.Model(inputs=model_input, outputs=model_output)


rng = np.random.default_rng(0)
train_images, train_masks = people(192, rng)
val_images, val_masks = people(32, rng)

model = DeeplabV3Plus(image_size=IMAGE_SIZE, num_classes=NUM_CLASSES)
for layer in model.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.momentum = 0.8
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss=loss, metrics=["accuracy"])
history = model.fit(
    train_images,
    train_masks,
    batch_size=BATCH_SIZE,
    validation_data=(val_images, val_masks),
    epochs=6,
    verbose=2,
)
assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]

predictions = model.predict(np.expand_dims(val_images[0], axis=0))
predictions = np.squeeze(predictions)
predictions = np.argmax(predictions, axis=2)
assert predictions.shape == (IMAGE_SIZE, IMAGE_SIZE)
print("Pixels with the right label:", model.evaluate(val_images, val_masks, verbose=0)[1])

"""PixelCNN: a generative model whose masked convolutions see only the pixels before."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(26)
num_classes = 10
input_shape = (8, 8, 1)
n_residual_blocks = 2

images, _ = load_digits(return_X_y=True)
# Binarize the pixels
data = np.where(images.reshape(-1, 8, 8, 1) < 6, 0, 1).astype("float32")


class PixelConvLayer(layers.Layer):
    """A convolution whose kernel is multiplied by a mask: type A hides the centre too."""

    def __init__(self, mask_type, **kwargs):
        super().__init__()
        self.mask_type = mask_type
        self.conv = layers.Conv2D(**kwargs)

    def build(self, input_shape):
        # Build the conv2d layer to initialize kernel variables
        self.conv.build(input_shape)
        # Use the initialized kernel to create the mask
        kernel_shape = ops.shape(self.conv.kernel)
        self.mask = np.zeros(shape=kernel_shape)
        self.mask[: kernel_shape[0] // 2, ...] = 1.0
        self.mask[kernel_shape[0] // 2, : kernel_shape[1] // 2, ...] = 1.0
        if self.mask_type == "B":
            self.mask[kernel_shape[0] // 2, kernel_shape[1] // 2, ...] = 1.0

    def call(self, inputs):
        self.conv.kernel.assign(self.conv.kernel * self.mask)
        return self.conv(inputs)


class ResidualBlock(keras.layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv1 = keras.layers.Conv2D(filters=filters, kernel_size=1, activation="relu")
        self.pixel_conv = PixelConvLayer(
            mask_type="B",
            filters=filters // 2,
            kernel_size=3,
            activation="relu",
            padding="same",
        )
        self.conv2 = keras.layers.Conv2D(filters=filters, kernel_size=1, activation="relu")

    def call(self, inputs):
        x = self.conv1(inputs)
        x = self.pixel_conv(x)
        x = self.conv2(x)
        return keras.layers.add([inputs, x])


inputs = keras.Input(shape=input_shape, batch_size=None)
x = PixelConvLayer(mask_type="A", filters=32, kernel_size=5, activation="relu", padding="same")(
    inputs
)
for _ in range(n_residual_blocks):
    x = ResidualBlock(filters=32)(x)
for _ in range(2):
    x = PixelConvLayer(
        mask_type="B", filters=32, kernel_size=1, strides=1, activation="relu", padding="valid"
    )(x)
out = keras.layers.Conv2D(
    filters=1, kernel_size=1, strides=1, activation="sigmoid", padding="valid"
)(x)

pixel_cnn = keras.Model(inputs, out)
adam = keras.optimizers.Adam(learning_rate=0.002)
pixel_cnn.compile(optimizer=adam, loss="binary_crossentropy")
pixel_cnn.summary()
history = pixel_cnn.fit(x=data, y=data, batch_size=128, epochs=12, validation_split=0.1, verbose=2)

# A pixel's prediction does not depend on itself or those behind it
probe = data[:1].copy()
before = pixel_cnn.predict(probe, verbose=0)
probe[0, 4, 4:] = 1 - probe[0, 4, 4:]
probe[0, 5:] = 1 - probe[0, 5:]
after = pixel_cnn.predict(probe, verbose=0)
assert np.allclose(before[0, :4], after[0, :4], atol=1e-5)
assert np.allclose(before[0, 4, :5], after[0, 4, :5], atol=1e-5)

# Images, pixel by pixel
batch = 4
pixels = np.zeros(shape=(batch, *pixel_cnn.input_shape[1:]))
batch, rows, cols, channels = pixels.shape
for row in range(rows):
    for col in range(cols):
        probs = pixel_cnn.predict(pixels, verbose=0)[:, row, col]
        pixels[:, row, col] = np.random.random(probs.shape) < probs
print("Share of ink drawn", pixels.mean(), "and in the data", data.mean())
print("Validation loss:", history.history["val_loss"][-1])

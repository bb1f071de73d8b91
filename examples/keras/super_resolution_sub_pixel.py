"""Super-resolution with sub-pixel convolution: depth to space, and a callback that reports PSNR."""

import math

import numpy as np

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(17)
upscale_factor = 3
crop_size = 24


def textures(n, rng):
    """Smooth patterns of straight and curved waves in [0, 1]."""
    rows, columns = np.mgrid[:crop_size, :crop_size]
    angle = rng.uniform(0, np.pi, (n, 1, 1))
    frequency = rng.uniform(0.3, 0.9, (n, 1, 1))
    phase = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    wave = np.cos(angle) * rows + np.sin(angle) * columns
    return (0.5 + 0.5 * np.sin(frequency * wave + phase))[..., None].astype("float32")


def process_input(x):
    """The mean of each square of pixels."""
    size = crop_size // upscale_factor
    return x.reshape(-1, size, upscale_factor, size, upscale_factor, 1).mean(axis=(2, 4))


class DepthToSpace(layers.Layer):
    def __init__(self, block_size):
        super().__init__()
        self.block_size = block_size

    def call(self, input):
        batch, height, width, depth = ops.shape(input)
        depth = depth // (self.block_size**2)

        x = ops.reshape(input, [batch, height, width, self.block_size, self.block_size, depth])
        x = ops.transpose(x, [0, 1, 3, 2, 4, 5])
        return ops.reshape(x, [batch, height * self.block_size, width * self.block_size, depth])


def get_model(upscale_factor=3, channels=1):
    conv_args = {"activation": "relu", "kernel_initializer": "orthogonal", "padding": "same"}
    inputs = keras.Input(shape=(None, None, channels))
    x = layers.Conv2D(32, 5, **conv_args)(inputs)
    x = layers.Conv2D(32, 3, **conv_args)(x)
    x = layers.Conv2D(16, 3, **conv_args)(x)
    x = layers.Conv2D(channels * (upscale_factor**2), 3, **conv_args)(x)
    outputs = DepthToSpace(upscale_factor)(x)
    return keras.Model(inputs, outputs)


class ESPCNCallback(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.test_img = process_input(test[:1])

    def on_epoch_begin(self, epoch, logs=None):
        self.psnr = []

    def on_epoch_end(self, epoch, logs=None):
        print(f"Mean PSNR for epoch: {np.mean(self.psnr):.2f}")
        if epoch % 10 == 0:
            prediction = self.model.predict(self.test_img, verbose=0)
            print("Test image error:", float(np.abs(prediction - test[:1]).mean()))

    def on_test_batch_end(self, batch, logs=None):
        self.psnr.append(10 * math.log10(1 / logs["loss"]))


rng = np.random.default_rng(0)
train, valid, test = textures(640, rng), textures(64, rng), textures(64, rng)

model = get_model(upscale_factor=upscale_factor, channels=1)
model.summary()
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.002), loss="mean_squared_error")
model.fit(
    process_input(train),
    train,
    epochs=12,
    batch_size=16,
    callbacks=[ESPCNCallback(), keras.callbacks.EarlyStopping(monitor="loss", patience=10)],
    validation_data=(process_input(valid), valid),
    verbose=2,
)


def psnr(a, b):
    return -10 * np.log10(np.mean((a - b) ** 2))


small = process_input(test)
nearest = small.repeat(upscale_factor, 1).repeat(upscale_factor, 2)
prediction = model.predict(small)
print(f"PSNR of repeated pixels {psnr(nearest, test):.2f}")
print("PSNR gained in dB:", float(psnr(prediction, test) - psnr(nearest, test)))

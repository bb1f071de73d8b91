"""A convolutional autoencoder that removes noise from digits."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers
from pyconv.models import Model

keras.utils.set_random_seed(4)


def preprocess(array):
    """Normalizes the array and gives it the shape of images."""
    array = array.astype("float32") / 16.0
    return np.reshape(array, (len(array), 8, 8, 1))


def noise(array):
    """Adds random noise to each image."""
    noise_factor = 0.4
    noisy_array = array + noise_factor * np.random.normal(loc=0.0, scale=1.0, size=array.shape)
    return np.clip(noisy_array, 0.0, 1.0)


images, _ = load_digits(return_X_y=True)
train_data, test_data = preprocess(images[:1400]), preprocess(images[1400:])
noisy_train_data, noisy_test_data = noise(train_data), noise(test_data)

input = layers.Input(shape=(8, 8, 1))

# Encoder
x = layers.Conv2D(32, (3, 3), activation="relu", padding="same")(input)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(32, (3, 3), activation="relu", padding="same")(x)
x = layers.MaxPooling2D((2, 2), padding="same")(x)

# Decoder
x = layers.Conv2DTranspose(32, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2DTranspose(32, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

autoencoder = Model(input, x)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.summary()
autoencoder.fit(
    x=noisy_train_data,
    y=train_data,
    epochs=15,
    batch_size=64,
    shuffle=True,
    validation_data=(noisy_test_data, test_data),
    verbose=2,
)

predictions = autoencoder.predict(noisy_test_data)
before = np.mean((noisy_test_data - test_data) ** 2)
after = np.mean((predictions - test_data) ** 2)
print(f"Mean squared error before {before:.4f} and after {after:.4f}")
print("Noise removed:", 1 - after / before)

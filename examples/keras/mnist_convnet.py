"""Simple convnet: handwritten digits, the first script of most people."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(1)
num_classes = 10
input_shape = (8, 8, 1)

images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(images))
x = np.expand_dims(images[order].reshape(-1, 8, 8).astype("float32") / 16, -1)
y = keras.utils.to_categorical(labels[order], num_classes)
x_train, y_train, x_test, y_test = x[:1437], y[:1437], x[1437:], y[1437:]
print("x_train shape:", x_train.shape)
print(x_train.shape[0], "train samples")

model = keras.Sequential(
    [
        keras.Input(shape=input_shape),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu", padding="same"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu", padding="same"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
model.summary()

batch_size = 64
epochs = 10
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, validation_split=0.1)

score = model.evaluate(x_test, y_test, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])

"""MixUp: examples and labels blended by a beta distribution, from a generator of batches."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(34)
BATCH_SIZE = 64

images, labels = load_digits(return_X_y=True)
x = images.reshape(-1, 8, 8, 1).astype("float32") / 16.0
y = keras.utils.to_categorical(labels, 10)
x_train, y_train = x[:1280], y[:1280]
x_val, y_val = x[1280:1500], y[1280:1500]
x_test, y_test = x[1500:], y[1500:]


def mix_up(ds_one, ds_two, alpha=0.2):
    # Unpack two datasets
    images_one, labels_one = ds_one
    images_two, labels_two = ds_two
    batch_size = keras.ops.shape(images_one)[0]

    # Sample lambda and reshape it to do the mixup
    gamma_1 = keras.random.gamma((batch_size,), alpha)
    gamma_2 = keras.random.gamma((batch_size,), alpha)
    lam = gamma_1 / (gamma_1 + gamma_2)
    x_l = keras.ops.reshape(lam, (batch_size, 1, 1, 1))
    y_l = keras.ops.reshape(lam, (batch_size, 1))

    # Perform mixup on both images and labels by combining a pair of images/labels
    images = images_one * x_l + images_two * (1 - x_l)
    labels = labels_one * y_l + labels_two * (1 - y_l)
    return images, labels


class MixedUp(keras.utils.PyDataset):
    def __len__(self):
        return len(x_train) // BATCH_SIZE

    def __getitem__(self, index):
        one, two = np.random.randint(0, len(x_train), (2, BATCH_SIZE))
        return mix_up((x_train[one], y_train[one]), (x_train[two], y_train[two]))


def get_training_model():
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(16, (3, 3), activation="relu", padding="SAME"),
            layers.MaxPool2D(),
            layers.Conv2D(32, (3, 3), activation="relu", padding="same"),
            layers.GlobalAvgPool2D(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


model = get_training_model()
model.compile(
    loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(3e-3), metrics=["accuracy"]
)
model.fit(MixedUp(), validation_data=(x_val, y_val), epochs=12, verbose=2)
_, test_acc = model.evaluate(x_test, y_test)
print(f"Test accuracy: {test_acc}")

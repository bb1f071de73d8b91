"""Transfer learning: a frozen base in inference mode under a new head, then fine-tuning."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(24)
images, labels = load_digits(return_X_y=True)
x = images.reshape(-1, 8, 8, 1).astype("float32")

# A base that learned the digits 0 to 4 ...
few = labels < 5
base_model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Rescaling(1 / 16),
        layers.Conv2D(32, 3, padding="same"),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same"),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ],
    name="base",
)
pretraining = keras.Sequential([base_model, layers.GlobalAveragePooling2D(), layers.Dense(5)])
sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
pretraining.compile("adam", sparse, metrics=["accuracy"])
pretraining.fit(x[few], labels[few], epochs=8, batch_size=32, verbose=2)
pretraining.save_weights("base.weights.h5")
pretraining.load_weights("base.weights.h5")

# ... helps with few examples of 5 to 9
many = ~few
x_new, y_new = x[many], labels[many] - 5
x_train, y_train, x_val, y_val = x_new[:200], y_new[:200], x_new[200:], y_new[200:]

base_model.trainable = False
inputs = keras.Input(shape=(8, 8, 1))
h = base_model(inputs, training=False)  # BatchNormalization stays in inference mode
h = layers.GlobalAveragePooling2D()(h)
h = layers.Dropout(0.2)(h)
outputs = layers.Dense(5)(h)
model = keras.Model(inputs, outputs)
model.summary(show_trainable=True)
assert len(model.trainable_weights) == 2

model.compile(
    keras.optimizers.Adam(0.01), sparse, metrics=[keras.metrics.SparseCategoricalAccuracy()]
)
before = base_model.get_weights()
model.fit(x_train, y_train, epochs=20, validation_data=(x_val, y_val), verbose=2)
assert all(np.array_equal(a, b) for a, b in zip(before, base_model.get_weights(), strict=True))
head_only = model.evaluate(x_val, y_val, verbose=0)[1]

# Fine-tuning: all weights, a low learning rate
base_model.trainable = True
assert len(model.trainable_weights) == 10
model.compile(
    keras.optimizers.Adam(1e-3), sparse, metrics=[keras.metrics.SparseCategoricalAccuracy()]
)
model.fit(x_train, y_train, epochs=15, validation_data=(x_val, y_val), verbose=2)
statistics = [w for w in base_model.non_trainable_weights if "moving" in w.name]
assert len(statistics) == 4
print("Accuracy of the head alone:", head_only)
print("Accuracy after fine-tuning:", model.evaluate(x_val, y_val, verbose=0)[1])

"""Grad-CAM: where in the image a classifier found the class, by the gradient of its last maps."""

import numpy as np

import pyconv as keras
from pyconv import GradientTape, layers, ops

keras.utils.set_random_seed(15)
rng = np.random.default_rng(0)


def images(n):
    """A cross (class 1) or a ring (class 0) somewhere in noise, and where it is."""
    x = 0.3 * rng.standard_normal((n, 24, 24, 1))
    y = rng.integers(0, 2, n)
    places = rng.integers(4, 20, (n, 2))
    rows, columns = np.mgrid[:24, :24]
    for i, (row, column) in enumerate(places):
        dr, dc = np.abs(rows - row), np.abs(columns - column)
        cross = (np.minimum(dr, dc) < 1) & (np.maximum(dr, dc) < 4)
        ring = np.abs(np.hypot(dr, dc) - 3) < 0.7
        x[i, ..., 0] += 1.5 * (cross if y[i] else ring)
    return x.astype("float32"), y, places


x_train, y_train, _ = images(600)
x_test, y_test, places = images(100)

inputs = keras.Input((24, 24, 1))
x = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
x = layers.MaxPooling2D()(x)
x = layers.Conv2D(32, 3, padding="same", activation="relu", name="last_conv")(x)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(2, activation="softmax", name="predictions")(x)
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=25, batch_size=32, verbose=2)
print("Accuracy:", model.evaluate(x_test, y_test, verbose=0)[1])


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    # A model from the input image to the activations of the last conv layer and the predictions
    grad_model = keras.models.Model(
        model.inputs, [model.get_layer(last_conv_layer_name).output, model.output]
    )

    # The gradient of the top class with respect to the activations of the last conv layer
    with GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = ops.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)

    # The mean intensity of the gradient over each feature map
    pooled_grads = ops.mean(grads, axis=(0, 1, 2))

    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., None]
    heatmap = ops.squeeze(heatmap)
    heatmap = ops.maximum(heatmap, 0) / ops.max(heatmap)
    return heatmap.numpy()


model.layers[-1].activation = None  # Remove last layer's softmax
hits = 0
for i in range(40):
    heatmap = make_gradcam_heatmap(x_test[i : i + 1], model, "last_conv")
    row, column = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    hits += np.hypot(2 * row + 0.5 - places[i, 0], 2 * column + 0.5 - places[i, 1]) < 6
print("Hottest point on the object:", hits / 40)

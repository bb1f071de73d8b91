"""Filters seen from inside: images that make a filter respond most, by gradient ascent."""

import numpy as np

import pyconv as keras
from pyconv import GradientTape, layers, ops

keras.utils.set_random_seed(25)
rng = np.random.default_rng(0)
img_width = img_height = 20

# A small convnet that tells horizontal from vertical waves
rows, columns = np.mgrid[:img_height, :img_width]
y = rng.integers(0, 2, 400)
wave = np.where(y[:, None, None] == 1, rows, columns) * 0.9 + rng.uniform(0, 6, (400, 1, 1))
x = np.sin(wave)[..., None] + 0.3 * rng.standard_normal((400, img_height, img_width, 1))

model = keras.Sequential(
    [
        keras.Input((img_height, img_width, 1)),
        layers.Conv2D(8, 5, activation="relu", name="first"),
        layers.Conv2D(8, 5, activation="relu", name="target"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=6, verbose=2)

# A model that returns the activation values for our target layer
layer = model.get_layer(name="target")
feature_extractor = keras.Model(inputs=model.inputs, outputs=layer.output)


def compute_loss(input_image, filter_index):
    activation = feature_extractor(input_image)
    # We avoid border artifacts by only involving non-border pixels in the loss.
    filter_activation = activation[:, 2:-2, 2:-2, filter_index]
    return ops.mean(filter_activation)


def gradient_ascent_step(img, filter_index, learning_rate):
    with GradientTape() as tape:
        tape.watch(img)
        loss = compute_loss(img, filter_index)
    # Compute gradients, normalize them.
    grads = tape.gradient(loss, img)
    grads = grads / (ops.sqrt(ops.sum(ops.square(grads))) + 1e-8)
    img += learning_rate * grads
    return loss, img


def visualize_filter(filter_index):
    iterations = 30
    learning_rate = 1.0
    img = keras.random.uniform((1, img_width, img_height, 1), seed=filter_index)
    img = (img - 0.5) * 0.25
    first = None
    for _ in range(iterations):
        loss, img = gradient_ascent_step(img, filter_index, learning_rate)
        first = loss if first is None else first
    return float(first), float(loss), img[0].numpy()


gains = []
for filter_index in range(8):
    first, last, img = visualize_filter(filter_index)
    # A filter whose ReLU starts closed everywhere has no gradient
    if first > 0:
        gains.append(last / first)
    print(f"filter {filter_index}: {first:.4f} -> {last:.4f}, image {img.shape}")
print("Median gain of the response:", float(np.median(gains)))

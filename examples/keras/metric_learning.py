"""Metric learning: anchors find their positives among all of a batch, by one einsum."""

import random

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import GradientTape, layers, ops

keras.utils.set_random_seed(22)
random.seed(22)
num_classes = 10

images, labels = load_digits(return_X_y=True)
x = images.reshape(-1, 8, 8, 1).astype("float32") / 16
x_train, y_train, x_test, y_test = x[:1400], labels[:1400], x[1400:], labels[1400:]
class_idx_to_train_idxs = {i: np.flatnonzero(y_train == i) for i in range(num_classes)}


class AnchorPositivePairs(keras.utils.PyDataset):
    def __init__(self, length, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, _idx):
        x = np.empty((2, num_classes, 8, 8, 1), dtype=np.float32)
        for class_idx in range(num_classes):
            examples_for_class = class_idx_to_train_idxs[class_idx]
            anchor_idx = random.choice(examples_for_class)
            positive_idx = random.choice(examples_for_class)
            while positive_idx == anchor_idx:
                positive_idx = random.choice(examples_for_class)
            x[0, class_idx] = x_train[anchor_idx]
            x[1, class_idx] = x_train[positive_idx]
        return x


class EmbeddingModel(keras.Model):
    def train_step(self, data):
        if isinstance(data, tuple):
            data = data[0]
        anchors, positives = data[0], data[1]

        with GradientTape() as tape:
            # Run both anchors and positives through model.
            anchor_embeddings = self(anchors, training=True)
            positive_embeddings = self(positives, training=True)

            # Cosine similarity between anchors and positives: they are normalised.
            similarities = ops.einsum("ae,pe->ap", anchor_embeddings, positive_embeddings)

            # Use these as logits; the correct value is the diagonal.
            temperature = 0.2
            similarities /= temperature
            sparse_labels = ops.arange(num_classes)
            loss = self.compute_loss(y=sparse_labels, y_pred=similarities)

        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))

        for metric in self.metrics:
            # Calling `self.compiled_metrics.update_state` is deprecated
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(sparse_labels, similarities)
        return {m.name: m.result() for m in self.metrics}


inputs = layers.Input(shape=(8, 8, 1))
x = layers.Conv2D(filters=32, kernel_size=3, strides=1, activation="relu")(inputs)
x = layers.Conv2D(filters=64, kernel_size=3, strides=2, activation="relu")(x)
x = layers.GlobalAveragePooling2D()(x)
embeddings = layers.Dense(units=16, activation=None)(x)
embeddings = layers.UnitNormalization()(embeddings)

model = EmbeddingModel(inputs, embeddings)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=3e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
history = model.fit(AnchorPositivePairs(length=150), epochs=6, verbose=2)
assert history.history["loss"][-1] < history.history["loss"][0]

near_neighbours_per_example = 5
embeddings = model.predict(x_test)
gram_matrix = np.einsum("ae,be->ab", embeddings, embeddings)
near_neighbours = np.argsort(gram_matrix.T)[:, -(near_neighbours_per_example + 1) :]
same = y_test[near_neighbours[:, :-1]] == y_test[:, None]
print("Neighbours of the same class:", same.mean())

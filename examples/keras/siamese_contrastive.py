"""Siamese network: one embedding for both images of a pair, trained with the contrastive loss."""

import random

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import ops

keras.utils.set_random_seed(8)
random.seed(8)
epochs = 10
batch_size = 32
margin = 1  # Margin for contrastive loss.

images, labels = load_digits(return_X_y=True)
images = (images / 16).reshape(-1, 8, 8).astype("float32")
x_train, x_test = images[:1200], images[1200:]
y_train, y_test = labels[:1200], labels[1200:]


def make_pairs(x, y):
    """A pair of the same class and a pair of two classes for every image."""
    num_classes = max(y) + 1
    digit_indices = [np.where(y == i)[0] for i in range(num_classes)]
    pairs = []
    labels = []
    for idx1 in range(len(x)):
        label1 = y[idx1]
        idx2 = random.choice(digit_indices[label1])
        pairs += [[x[idx1], x[idx2]]]
        labels += [0]

        label2 = random.randint(0, num_classes - 1)
        while label2 == label1:
            label2 = random.randint(0, num_classes - 1)
        pairs += [[x[idx1], x[random.choice(digit_indices[label2])]]]
        labels += [1]
    return np.array(pairs), np.array(labels).astype("float32")


pairs_train, labels_train = make_pairs(x_train, y_train)
pairs_test, labels_test = make_pairs(x_test, y_test)
x_train_1, x_train_2 = pairs_train[:, 0], pairs_train[:, 1]
x_test_1, x_test_2 = pairs_test[:, 0], pairs_test[:, 1]


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


input = keras.layers.Input((8, 8, 1))
x = keras.layers.BatchNormalization()(input)
x = keras.layers.Conv2D(8, (3, 3), activation="tanh")(x)
x = keras.layers.AveragePooling2D(pool_size=(2, 2))(x)
x = keras.layers.Conv2D(16, (3, 3), activation="tanh")(x)
x = keras.layers.Flatten()(x)
x = keras.layers.BatchNormalization()(x)
x = keras.layers.Dense(10, activation="tanh")(x)
embedding_network = keras.Model(input, x)

input_1 = keras.layers.Input((8, 8, 1))
input_2 = keras.layers.Input((8, 8, 1))
tower_1 = embedding_network(input_1)
tower_2 = embedding_network(input_2)
merge_layer = keras.layers.Lambda(euclidean_distance, output_shape=(1,))([tower_1, tower_2])
normal_layer = keras.layers.BatchNormalization()(merge_layer)
output_layer = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="ones")(normal_layer)
siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)


def loss(margin=1):
    def contrastive_loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - (y_pred), 0))
        return ops.mean((1 - y_true) * square_pred + (y_true) * margin_square)

    return contrastive_loss


siamese.compile(loss=loss(margin=margin), optimizer="RMSprop", metrics=["accuracy"])
siamese.summary()
siamese.fit(
    [x_train_1, x_train_2],
    labels_train,
    validation_data=([x_test_1, x_test_2], labels_test),
    batch_size=batch_size,
    epochs=epochs,
    verbose=2,
)
results = siamese.evaluate([x_test_1, x_test_2], labels_test, verbose=0)
print("test loss, test acc:", results)
print("Test accuracy:", results[1])

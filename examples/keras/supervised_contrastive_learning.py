"""Supervised contrastive learning: an encoder whose loss compares all pairs of a batch."""

import numpy as np
from sklearn.datasets import load_digits

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(21)
num_classes = 10
input_shape = (8, 8, 1)
temperature = 0.1

images, labels = load_digits(return_X_y=True)
x = images.reshape(-1, 8, 8, 1).astype("float32")
x_train, y_train, x_test, y_test = x[:1408], labels[:1408], x[1408:], labels[1408:]

data_augmentation = keras.Sequential(
    [layers.Normalization(), layers.RandomRotation(0.03), layers.RandomZoom(0.05)]
)
# Setting the state of the normalization layer.
data_augmentation.layers[0].adapt(x_train)


def create_encoder():
    inputs = keras.Input(shape=input_shape)
    augmented = data_augmentation(inputs)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(augmented)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    outputs = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs=inputs, outputs=outputs, name="digits-encoder")


def npairs_loss(y_true, y_pred):
    """Computes the npairs loss between the labels' equality and the logits of all pairs."""
    y_pred = ops.cast(y_pred, "float32")
    y_true = ops.cast(y_true, y_pred.dtype)
    y_true = ops.cast(ops.equal(y_true, ops.transpose(y_true)), y_pred.dtype)
    y_true /= ops.sum(y_true, 1, keepdims=True)
    loss = ops.categorical_crossentropy(y_true, y_pred, from_logits=True)
    return ops.mean(loss)


class SupervisedContrastiveLoss(keras.losses.Loss):
    def __init__(self, temperature=1, name=None):
        super().__init__(name=name)
        self.temperature = temperature

    def __call__(self, labels, feature_vectors, sample_weight=None):
        # Normalize feature vectors
        feature_vectors_normalized = keras.utils.normalize(feature_vectors, axis=1, order=2)
        # Compute logits
        logits = ops.divide(
            ops.matmul(feature_vectors_normalized, ops.transpose(feature_vectors_normalized)),
            self.temperature,
        )
        return npairs_loss(ops.expand_dims(ops.squeeze(labels), -1), logits)


def add_projection_head(encoder):
    inputs = keras.Input(shape=input_shape)
    features = encoder(inputs)
    outputs = layers.Dense(64, activation="relu")(features)
    return keras.Model(inputs=inputs, outputs=outputs, name="encoder_with_projection-head")


def create_classifier(encoder, trainable=True):
    for layer in encoder.layers:
        layer.trainable = trainable

    inputs = keras.Input(shape=input_shape)
    features = encoder(inputs)
    features = layers.Dropout(0.2)(features)
    features = layers.Dense(64, activation="relu")(features)
    features = layers.Dropout(0.2)(features)
    outputs = layers.Dense(num_classes, activation="softmax")(features)

    model = keras.Model(inputs=inputs, outputs=outputs, name="digits-classifier")
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


encoder = create_encoder()
encoder.summary()
encoder_with_projection_head = add_projection_head(encoder)
encoder_with_projection_head.compile(
    optimizer=keras.optimizers.Adam(0.003),
    loss=SupervisedContrastiveLoss(temperature),
)
encoder_with_projection_head.summary()
history = encoder_with_projection_head.fit(
    x=x_train, y=y_train, batch_size=128, epochs=15, verbose=2
)

classifier = create_classifier(encoder, trainable=False)
frozen = encoder.get_weights()
classifier.fit(x=x_train, y=y_train, batch_size=64, epochs=15, verbose=2)
assert all(np.array_equal(a, b) for a, b in zip(frozen, encoder.get_weights(), strict=True))
accuracy = classifier.evaluate(x_test, y_test)[1]
print(f"Test accuracy: {accuracy}")

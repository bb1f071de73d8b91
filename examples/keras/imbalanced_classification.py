"""Rare events in sensor data: class weights, precision, recall, and a network with dropout."""

import numpy as np

import pyconv as keras

keras.utils.set_random_seed(33)
rng = np.random.default_rng(0)


def recordings(n):
    """4 channels of noise; in 5 % of the windows a weak pulse passes all channels in turn."""
    x = rng.standard_normal((n, 64, 4))
    targets = (rng.random(n) < 0.05).astype("uint8")
    for i in np.flatnonzero(targets):
        start = rng.integers(5, 35)
        for channel in range(4):
            x[i, start + 5 * channel : start + 5 * channel + 5, channel] += 1.7
    return x.astype("float32"), targets.reshape(-1, 1)


train_features, train_targets = recordings(4000)
val_features, val_targets = recordings(2000)
counts = np.bincount(train_targets[:, 0])
print(f"Number of positive samples in training data: {counts[1]}")
weight_for_0 = 1.0 / counts[0]
weight_for_1 = 1.0 / counts[1]

mean = np.mean(train_features, axis=(0, 1))
std = np.std(train_features, axis=(0, 1))
train_features = (train_features - mean) / std
val_features = (val_features - mean) / std

model = keras.Sequential(
    [
        keras.Input(shape=train_features.shape[1:]),
        keras.layers.Conv1D(16, 9, activation="relu"),
        keras.layers.SpatialDropout1D(0.2),
        keras.layers.Conv1D(32, 9, activation="relu"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.summary()

metrics = [
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
]
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="binary_crossentropy", metrics=metrics)

class_weight = {0: weight_for_0, 1: weight_for_1}
history = model.fit(
    train_features,
    train_targets,
    batch_size=256,
    epochs=20,
    verbose=2,
    validation_data=(val_features, val_targets),
    class_weight=class_weight,
)
results = model.evaluate(val_features, val_targets, return_dict=True, verbose=0)
assert results["tp"] + results["fn"] == val_targets.sum()
assert results["tp"] + results["fp"] + results["tn"] + results["fn"] == len(val_targets)
print("Recall:", results["recall"], "precision:", results["precision"])
print("Area under the curve:", results["auc"])

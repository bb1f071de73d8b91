"""Two inputs, two outputs: losses, weights and metrics by name, data as dicts, a frozen branch."""

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(18)
rng = np.random.default_rng(0)

# A signal of some frequency and a vector; targets: the frequency's class, and a sum
n = 1200
kind = rng.integers(0, 3, n)
time = np.arange(64)
signal = np.sin((0.2 + 0.25 * kind[:, None]) * time + rng.uniform(0, 6, (n, 1)))
signal = (signal + 0.3 * rng.standard_normal((n, 64)))[..., None]
features = rng.standard_normal((n, 5))
amount = features @ np.array([0.5, -1.0, 2.0, 0.0, 1.0]) + kind

signal_input = keras.Input(shape=(64, 1), name="signal")
feature_input = keras.Input(shape=(5,), name="features")
x = layers.Conv1D(16, 7, strides=2, activation="relu", name="conv")(signal_input)
x = layers.MaxPooling1D(2)(x)
x = layers.Conv1D(16, 5, activation="relu")(x)
x = layers.GlobalMaxPooling1D()(x)
merged = layers.concatenate([x, layers.Dense(8, activation="relu")(feature_input)])
kind_output = layers.Dense(3, name="kind")(merged)
amount_output = layers.Dense(1, name="amount")(layers.Dense(16, activation="relu")(merged))

model = keras.Model(
    inputs=[signal_input, feature_input],
    outputs={"kind": kind_output, "amount": amount_output},
)
model.compile(
    optimizer=keras.optimizers.Adam(3e-3),
    loss={
        "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "amount": "mse",
    },
    loss_weights={"kind": 1.0, "amount": 0.5},
    metrics={"kind": ["accuracy"], "amount": [keras.metrics.RootMeanSquaredError(name="rmse")]},
)
history = model.fit(
    {"signal": signal[:1000], "features": features[:1000]},
    {"kind": kind[:1000], "amount": amount[:1000]},
    epochs=20,
    batch_size=32,
    validation_split=0.1,
    verbose=2,
)
print("Logs:", sorted(history.history))

results = model.evaluate(
    {"signal": signal[1000:], "features": features[1000:]},
    {"kind": kind[1000:], "amount": amount[1000:]},
    return_dict=True,
    verbose=0,
)
predictions = model.predict({"signal": signal[1000:], "features": features[1000:]}, verbose=0)
assert predictions["kind"].shape == (200, 3) and predictions["amount"].shape == (200, 1)

# The convolutions stay as they are while the rest goes on to learn
model.get_layer("conv").trainable = False
kernel = model.get_layer("conv").get_weights()[0]
model.compile(
    optimizer="sgd",
    loss={"kind": keras.losses.SparseCategoricalCrossentropy(True), "amount": "mse"},
)
model.fit(
    [signal[:64], features[:64]],
    {"kind": kind[:64], "amount": amount[:64]},
    epochs=1,
    verbose=0,
)
assert np.array_equal(kernel, model.get_layer("conv").get_weights()[0])
print("Accuracy of kinds:", results["kind_accuracy"])
print("Error of amounts:", results["amount_rmse"])

"""Steps of a model's own: traced and eager, beside Keras, and what they see of their data."""

import numpy as np
import pytest

import pyconv
from pyconv import GradientTape, Input, Model, Sequential, layers, losses, metrics, ops, optimizers
from tests.models.custom_steps import MODELS, contrastive, distiller, plain, rows, vae, wgan_gp


@pytest.fixture(autouse=True)
def _seed():
    pyconv.utils.set_random_seed(1)


def fitted(make, eager=False, weights=None, epochs=3):
    model, data = make(pyconv, GradientTape)
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    model.run_eagerly = eager
    fed = data if len(data) == 2 else (Batches(data),)
    history = model.fit(*fed, batch_size=16 if len(data) == 2 else None, epochs=epochs,
                        shuffle=False, verbose=0).history  # fmt: skip
    return model, start, history


class Batches(pyconv.utils.PyDataset):
    """Batches of three parts."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return tuple(part[16 * index : 16 * index + 16] for part in self.data)


@pytest.mark.parametrize("make", MODELS)
def test_eager_steps_are_the_traced_ones(make):
    model, start, traced = fitted(make)
    other, _, eager = fitted(make, eager=True, weights=start)
    assert traced.keys() == eager.keys()
    for key in traced:
        np.testing.assert_allclose(traced[key], eager[key], rtol=2e-3, atol=2e-5)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=2e-3)


@pytest.mark.parametrize("make", [plain, vae, distiller, contrastive])
def test_losses_fall(make):
    key = "distilled" if make is distiller else "loss"
    _, _, history = fitted(make, epochs=8)
    assert history[key][-1] < 0.95 * history[key][0]


def test_logs_are_what_metrics_say_or_what_the_step_returned():
    assert list(fitted(plain)[2]) == ["mae", "loss"]  # as it was nested
    assert list(fitted(wgan_gp)[2]) == ["d_loss", "g_loss"]
    model, _, history = fitted(distiller)
    assert sorted(history) == ["distilled", "loss", "own", "sparse_categorical_accuracy"]
    data = distiller(pyconv, GradientTape)[1]
    logs = model.evaluate(*data, verbose=0, return_dict=True)
    assert sorted(logs) == ["loss", "own", "sparse_categorical_accuracy"]


def test_metrics_begin_anew_with_each_epoch():
    """A tracker of the loss is the mean of the epoch's batches alone."""
    seen = []

    class Tracked(Model):
        def __init__(self):
            super().__init__()
            self.tracker = metrics.Mean(name="mean")

        def train_step(self, data):
            self.tracker.update_state(ops.mean(data))
            return {"mean": self.tracker.result()}

    class Each(pyconv.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["mean"])

    model = Tracked()
    model.compile()
    x = np.array([[1.0], [3.0], [5.0]])
    history = model.fit(x, batch_size=1, epochs=2, shuffle=False, verbose=0, callbacks=[Each()])
    assert seen == [1.0, 2.0, 3.0] * 2 and history.history["mean"] == [3.0, 3.0]


def test_two_optimizers_count_their_own_updates():
    model, _, _ = fitted(wgan_gp, epochs=2)
    assert int(model.d_optimizer.iterations) == 2 * 3 * model.critic_steps
    assert int(model.g_optimizer.iterations) == 2 * 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(0.1, momentum=0.9),
        lambda: optimizers.Adam(0.1),
        lambda: optimizers.Nadam(0.1),
        lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
        lambda: optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2),
        lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2),
    ],
)
def test_several_updates_in_a_step_are_several_steps(make):
    x = rows(0, 6, 3)
    runs = []
    for turns in (1, 3):
        model = Repeated(turns, make())
        model.compile()
        values = [model.train_on_batch(x, return_dict=True) for _ in range(6 // turns)]
        runs.append(([v for logs in values for v in logs.values()], model.dense.get_weights()))
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-4)
    for a, b in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


class Repeated(Model):
    """Updates several times in a step."""

    def __init__(self, turns, own):
        super().__init__()
        self.dense = layers.Dense(2, kernel_initializer="ones")
        self.turns = turns
        self.own = own

    def train_step(self, data):
        x, logs = data[0], {}
        for turn in range(self.turns):
            with GradientTape() as tape:
                loss = ops.mean(ops.square(self.dense(x) - 1.0))
            variables = self.dense.trainable_variables
            self.own.apply(tape.gradient(loss, variables), variables)
            logs[f"{turn}"] = loss
        return logs


def test_values_from_before_an_update_stay():
    """A slow copy moves towards a fast one, which was updated in the same step."""

    class Lookahead(Model):
        def __init__(self):
            super().__init__()
            self.fast = pyconv.Variable([1.0, 2.0])

        def train_step(self, data):
            old = self.fast.value
            with GradientTape() as tape:
                loss = ops.sum(self.fast * self.fast)
            self.optimizer.apply(tape.gradient(loss, [self.fast]), [self.fast])
            moved = ops.sum(self.fast.value - old)
            return {"moved": moved}

    model = Lookahead()
    model.compile(optimizers.SGD(0.25))
    assert model.train_on_batch(np.ones((1, 1)), return_dict=True)["moved"] == pytest.approx(-1.5)
    np.testing.assert_allclose(model.fast.numpy(), [0.5, 1.0])


def test_a_schedule_goes_on_within_a_step():
    class Twice(Model):
        def __init__(self):
            super().__init__()
            self.w = pyconv.Variable([1.0])

        def train_step(self, data):
            logs = {"a": self.optimizer.learning_rate}
            for name in "bc":
                with GradientTape() as tape:
                    loss = ops.sum(self.w)
                self.optimizer.apply([tape.gradient(loss, self.w)], [self.w])
                logs[name] = self.optimizer.learning_rate
            return logs

    model = Twice()
    model.compile(optimizers.SGD(optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)))
    x = np.ones((1, 1))
    assert list(model.train_on_batch(x, return_dict=True).values()) == [1.0, 0.5, 0.25]
    assert list(model.train_on_batch(x, return_dict=True).values()) == [0.25, 0.125, 0.0625]
    np.testing.assert_allclose(model.w.numpy(), [1 - 1 - 0.5 - 0.25 - 0.125])


def test_data_are_what_fit_was_fed():
    seen = []

    def shape_of(leaf):
        return None if leaf is None else tuple(leaf.shape)

    class Spy(Model):
        def train_step(self, data):
            seen.append(pyconv.utils.nest.map_structure(shape_of, data))
            return {}

    model = Spy()
    model.compile()
    a, b = np.ones((4, 2)), np.ones((4, 3))
    options = {"verbose": 0, "batch_size": 4}
    model.fit(a, **options)
    model.fit(a, b, **options)
    model.fit(a, b, sample_weight=np.ones(4), **options)
    model.fit([a, b], **options)
    model.fit({"a": a, "b": b}, b, **options)
    model.fit([(a,)], verbose=0)
    model.fit(iter([({"x": a}, b)]), verbose=0)
    model.train_on_batch(a)
    assert seen == [
        (4, 2),
        ((4, 2), (4, 3)),
        ((4, 2), (4, 3), (4,)),
        ([(4, 2), (4, 3)],),
        ({"a": (4, 2), "b": (4, 3)}, (4, 3)),
        ((4, 2),),
        ({"x": (4, 2)}, (4, 3)),
        ((4, 2), None, None),
    ]


def test_a_split_feeds_the_steps_of_the_model_and_those_of_its_own():
    """Training has a step of its own, validation has not."""
    model, (x, y) = plain(pyconv, GradientTape)
    history = model.fit(x, y, validation_split=0.25, epochs=2, verbose=0).history
    assert sorted(history) == ["loss", "mae", "val_loss", "val_mae"]
    logs = model.evaluate(x[30:], y[30:], verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(history["val_loss"][-1], rel=1e-5)


def test_lists_that_loaders_yield_are_tuples():
    seen = []

    class Spy(Model):
        def train_step(self, data):
            seen.append(type(data))
            return {}

    model = Spy()
    model.compile()
    model.fit(([part, part] for part in [np.ones((2, 3))]), verbose=0)
    assert seen == [tuple]


def test_dropout_draws_anew_in_each_run():
    class Dropped(Model):
        def __init__(self):
            super().__init__()
            self.drop = layers.Dropout(0.5, seed=3)

        def train_step(self, data):
            return {"kept": ops.mean(self.drop(data[0], training=True))}

    model = Dropped()
    model.compile()
    kept = {model.train_on_batch(np.ones((50, 3)), return_dict=True)["kept"] for _ in range(4)}
    assert len(kept) > 1


def test_run_eagerly_gives_values():
    seen = []

    class Printing(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                loss = losses.MeanSquaredError()(y, self.dense(x))
            seen.append(float(loss.numpy()))
            if loss > 0:
                variables = self.dense.trainable_variables
                self.optimizer.apply(tape.gradient(loss, variables), variables)
            return {"loss": loss, "big": bool(loss > 1e9)}

    model = Printing()
    model.compile("sgd", run_eagerly=True)
    model.fit(rows(0, 8, 3), rows(1, 8, 1), batch_size=8, epochs=4, verbose=0)
    assert len(seen) == 4 and seen[-1] < seen[0]
    model.compile("sgd")
    with pytest.raises((TypeError, AttributeError), match="run_eagerly=True"):
        model.fit(rows(0, 8, 3), rows(1, 8, 1), batch_size=4, verbose=0)


def test_examples_may_meet_in_layers_losses_and_predictions():
    class Gram(layers.Layer):
        def call(self, x):
            return ops.matmul(x, ops.transpose(x))

    model = Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.compile(
        optimizers.Adam(0.01),
        lambda y, p: ops.mean(ops.square(Gram()(p) - ops.matmul(y, ops.transpose(y)))),
    )
    x, y = rows(0, 10, 3), rows(1, 10, 2)
    history = model.fit(x, y, batch_size=4, epochs=6, verbose=0).history["loss"]
    assert history[-1] < history[0]
    p = model.predict(x, verbose=0)
    expected = np.mean((p[:4] @ p[:4].T - y[:4] @ y[:4].T) ** 2)
    assert model.evaluate(x[:4], y[:4], verbose=0) == pytest.approx(expected, rel=1e-4)

    class Mixed(Model):
        def call(self, x):
            return x * ops.mean(x) + ops.sum(Gram()(x))

    np.testing.assert_allclose(
        Mixed().predict(x, batch_size=5, verbose=0)[:5],
        x[:5] * x[:5].mean() + (x[:5] @ x[:5].T).sum(),
        rtol=1e-4,
    )


def test_functional_models_may_reshape_over_examples():
    """A vector quantizer: all pixels of all images as rows."""

    class Quantizer(layers.Layer):
        def build(self, input_shape):
            self.codes = self.add_weight(shape=(3, 5), initializer="glorot_uniform", name="codes")

        def call(self, x):
            rows = ops.reshape(x, [-1, 3])
            distances = ops.sum(self.codes**2, axis=0) - 2 * ops.matmul(rows, self.codes)
            chosen = ops.one_hot(ops.argmin(distances, axis=1), 5)
            found = ops.reshape(ops.matmul(chosen, ops.transpose(self.codes)), ops.shape(x))
            self.add_loss(ops.mean((found - ops.stop_gradient(x)) ** 2))
            return x + ops.stop_gradient(found - x)

    inputs = Input((4, 4, 1))
    quantizer = Quantizer()
    outputs = quantizer(layers.Conv2D(3, 2, strides=2)(inputs))
    assert tuple(outputs.shape) == (None, 2, 2, 3)
    model = Model(inputs, layers.Conv2DTranspose(1, 2, strides=2)(outputs))
    model.compile(optimizers.Adam(0.02), "mse")
    x = rows(0, 10, 4, 4, 1)
    before = quantizer.codes.numpy()
    model.fit(x, x, batch_size=4, epochs=2, verbose=0)
    assert not np.array_equal(quantizer.codes.numpy(), before)
    found = Model(inputs, outputs).predict(x, verbose=0).reshape(-1, 3)
    codes = quantizer.codes.numpy().T
    assert all(np.abs(codes - row).sum(1).min() < 1e-5 for row in found)


def test_a_failed_trace_leaves_nothing():
    class Normalized(Model):
        def __init__(self):
            super().__init__()
            self.norm = layers.BatchNormalization()
            self.dense = layers.Dense(2)

        def call(self, x, training=None):
            x = self.norm(x, training=training)
            self.add_loss(ops.mean(ops.matmul(x, ops.transpose(x))) * 0.0)
            return self.dense(x)

    model = Normalized()
    model.compile("sgd", "mse")
    x, y = rows(0, 8, 3), rows(1, 8, 2)
    model.fit(x, y, batch_size=8, epochs=1, verbose=0)
    np.testing.assert_allclose(model.norm.moving_mean.numpy(), 0.01 * x.mean(0), rtol=1e-4)


def test_metrics_and_losses_of_ops():
    class Largest(metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.seen = self.add_weight(shape=(), initializer="zeros", name="seen")
            self.batches = self.add_variable((), "zeros", name="batches")

        def update_state(self, y_true, y_pred, sample_weight=None):
            error = ops.max(ops.abs(ops.cast(y_true, "float32") - y_pred))
            self.seen.assign(ops.maximum(self.seen, error))
            self.batches.assign_add(1.0)

        def result(self):
            return self.seen / ops.maximum(self.batches, 1.0)

    class Scaled(losses.Loss):
        def call(self, y_true, y_pred):
            return 3.0 * ops.mean(ops.square(y_true - y_pred), axis=-1)

    x, y = rows(0, 8, 3), rows(1, 8, 2)
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.compile(optimizers.SGD(0.0), Scaled(), metrics=[Largest()])
    logs = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    p = model.predict(x, verbose=0)
    assert logs["loss"] == pytest.approx(3 * np.mean((p - y) ** 2), rel=1e-5)
    assert logs["largest"] == pytest.approx(np.abs(p - y).max() / 2, rel=1e-5)
    metric = Largest()
    metric.update_state(y, p)
    assert float(metric.result()) == metric.result().numpy() == pytest.approx(np.abs(p - y).max())
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_results_of_metrics_can_be_computed_with_in_a_step():
    class Root(Model):
        def __init__(self):
            super().__init__()
            self.mse = metrics.Mean(name="mse")

        def train_step(self, data):
            self.mse.update_state(ops.mean(ops.square(data[0])))
            return {"rmse": self.mse.result() ** 0.5, "half": 1.0 - 0.5 * self.mse.result()}

    model = Root()
    model.compile()
    logs = model.train_on_batch(np.full((2, 2), 3.0), return_dict=True)
    assert logs == {"half": pytest.approx(-3.5), "rmse": pytest.approx(3.0)}


def test_own_prediction_steps():
    class Twice(Model):
        def call(self, x):
            return x * 2.0

        def predict_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            return {"y": self(x), "z": ops.sum(x, axis=1)}

    x = rows(0, 7, 2)
    found = Twice().predict(x, batch_size=3, verbose=0)
    np.testing.assert_allclose(found["y"], 2 * x)
    np.testing.assert_allclose(found["z"], x.sum(1), rtol=1e-5)
    np.testing.assert_allclose(Twice().predict_on_batch(x)["y"], 2 * x)


def test_one_output_in_a_dict_stays_in_it():
    inputs = Input((2,))
    model, x = Model(inputs, {"y": layers.Dense(1)(inputs)}), rows(0, 3, 2).astype("float32")
    first, second = model.predict_on_batch(x), model.predict_on_batch(x)
    np.testing.assert_array_equal(first["y"], second["y"])


def test_custom_loop_and_grad_cam():
    x, y = rows(0, 32, 6, 6, 1), np.arange(32) % 2
    inputs = Input((6, 6, 1))
    maps = layers.Conv2D(4, 3, activation="relu", name="maps")(inputs)
    model = Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(maps)))
    loss, optimizer = losses.SparseCategoricalCrossentropy(from_logits=True), optimizers.Adam(0.05)
    accuracy, seen = metrics.SparseCategoricalAccuracy(), []
    for _ in range(10):
        for start in range(0, 32, 8):
            with GradientTape() as tape:
                logits = model(x[start : start + 8], training=True)
                value = loss(y[start : start + 8], logits)
            gradients = tape.gradient(value, model.trainable_weights)
            optimizer.apply(gradients, model.trainable_weights)
            accuracy.update_state(y[start : start + 8], logits)
        seen.append(float(value))
    assert seen[-1] < seen[0] and 0 < float(accuracy.result()) <= 1

    grad_model = Model(model.inputs, [model.get_layer("maps").output, model.output])
    with GradientTape() as tape:
        found, predictions = grad_model(x[:1])
        channel = predictions[:, 1]
    gradients = tape.gradient(channel, found)
    kernel = model.layers[-1].kernel.numpy()
    expected = np.broadcast_to(kernel[:, 1] / 16, (1, 4, 4, 4))
    np.testing.assert_allclose(gradients, expected, rtol=1e-4, atol=1e-7)
    heat = ops.squeeze(found[0] @ ops.mean(gradients, axis=(0, 1, 2))[..., None])
    assert heat.numpy().shape == (4, 4)


@pytest.mark.peer
@pytest.mark.parametrize("make", MODELS)
def test_losses_are_those_of_keras(make):
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("needs Keras' TensorFlow backend")
    import tensorflow as tf

    model, start, _ = fitted(make, epochs=1)
    peer, data = make(keras, tf.GradientTape)
    peer.set_weights(start)
    fed = data if len(data) == 2 else ([Batches(data)[i] for i in range(3)],)
    if len(data) == 3:
        fed = (tf.data.Dataset.from_tensor_slices(data).batch(16),)
    history = peer.fit(*fed, batch_size=16 if len(data) == 2 else None, epochs=3, shuffle=False,
                       verbose=0).history  # fmt: skip
    ours = fitted(make, weights=start, epochs=3)[2]
    assert sorted(ours) == sorted(history)
    for key in history:
        np.testing.assert_allclose(ours[key], history[key], rtol=2e-3, atol=1e-5)

"""GradientTape: analytic gradients, differences, nesting, and what it keeps in memory."""

import gc
import weakref

import numpy as np
import pytest

import pyconv
from pyconv import GradientTape, Sequential, Variable, layers, losses, ops, optimizers
from pyconv.graph import Array
from pyconv.graph.tensor import Tensor


def array(*shape, seed=0):
    return ops.abs(np.random.default_rng(seed).normal(size=shape).astype("float32")) + 0.1


def test_analytic_gradients():
    x, y = Variable([1.0, 2.0, 3.0]), Variable(2.0)
    with GradientTape() as tape:
        z = (x**2 * y + ops.exp(x)) / 2.0
    dx, dy = tape.gradient(z, [x, y])
    assert type(dx) is Array
    np.testing.assert_allclose(dx, x.numpy() * 2 + np.exp(x.numpy()) / 2, rtol=1e-6)
    np.testing.assert_allclose(dy, (x.numpy() ** 2).sum() / 2, rtol=1e-6)


def test_nests_of_sources_and_lists_of_targets():
    x, y = Variable(3.0), Variable(4.0)
    with GradientTape() as tape:
        targets = [x * y, {"square": y * y}]
    found = tape.gradient(targets, {"a": x, "b": [y]})
    assert float(found["a"]) == 4.0 and float(found["b"][0]) == 3.0 + 8.0


def test_output_gradients_and_shapes():
    x = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = x * x
    np.testing.assert_array_equal(tape.gradient(y, x, output_gradients=np.array([3.0, 5.0])),
                                  [6.0, 20.0])  # fmt: skip


def test_unconnected():
    x, y = Variable([1.0, 2.0]), Variable(1.0)
    with GradientTape(persistent=True) as tape:
        z = y * 2
    assert tape.gradient(z, x) is None
    assert tape.gradient(z, [x, y])[0] is None
    zeros = tape.gradient(z, x, unconnected_gradients="zero")
    np.testing.assert_array_equal(zeros, [0.0, 0.0])
    assert tape.gradient(np.float32(3.0), x) is None


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x * 2 - 1 / x,
        lambda x: -x[:, :2] + 3.0 * x @ ops.transpose(x),
        lambda x: x[1:, ::2] * np.float64(3) + x[-1, 0],
        lambda x: np.sqrt(x) * np.ones((2, 4), "float32"),
        lambda x: ops.where(x > 1.0, x * x, 0.1 * x),
        lambda x: ops.concatenate([x, x * x], axis=1)[:, None, :],
        lambda x: ops.softmax(ops.matmul(ops.transpose(x), x)) * ops.max(x, axis=0),
        lambda x: layers.BatchNormalization()(x, training=True) ** 3,
        lambda x: abs(x @ np.ones((4, 3), "float32")) ** 1.5,
    ],
)
def test_finite_differences(compute):
    x = array(2, 4, seed=3)
    with GradientTape() as tape:
        tape.watch(x)
        y = compute(x)
        z = ops.sum(y * y)
    gradient, step = tape.gradient(z, x), 1e-2
    for i in np.ndindex(2, 4):
        up, down = x.numpy().astype("float64"), x.numpy().astype("float64")
        up[i] += step
        down[i] -= step
        high, low = (
            float((np.asarray(compute(ops.add(p, 0.0)), "float64") ** 2).sum()) for p in (up, down)
        )
        assert gradient[i] == pytest.approx((high - low) / (2 * step), rel=2e-2, abs=2e-2)


def test_augmented_assignment_is_recorded():
    x = Variable(2.0)
    with GradientTape() as tape:
        total = 0.0
        for power in (1, 2, 3):
            total += x**power
    assert float(tape.gradient(total, x)) == 1 + 4 + 12


def test_second_and_third_derivatives():
    x = Variable(2.0)
    with GradientTape() as outer:
        with GradientTape() as middle:
            with GradientTape() as inner:
                y = x**4
            first = inner.gradient(y, x)
        second = middle.gradient(first, x)
    assert [float(first), float(second)] == [32.0, 48.0]
    assert float(outer.gradient(second, x)) == pytest.approx(48.0)


def test_persistent_tape_records_its_own_gradients():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = x**3
        first = tape.gradient(y, x)
    assert float(tape.gradient(y, x)) == 27.0 and float(tape.gradient(first, x)) == 18.0


def test_a_tape_is_used_once_unless_persistent():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)


def test_watching():
    x, y, fixed = array(2), Variable(2.0), Variable(3.0, trainable=False)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, fixed])
        z = ops.sum(x) * y * fixed
    dx, dy, df = tape.gradient(z, [x, y, fixed])
    np.testing.assert_allclose(dx, [6.0, 6.0])
    assert dy is None and float(df) == pytest.approx(2 * float(x.sum()), rel=1e-6)
    assert tape.watched_variables() == (fixed,)
    with pytest.raises(TypeError, match="convert_to_tensor"):
        GradientTape().watch(np.ones(2))


def test_float64_arrays_are_watched():
    x = ops.add(np.random.default_rng(0).normal(size=(3, 2)), 0.0).astype("float64")
    layer = layers.Dense(1)
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    np.testing.assert_allclose(tape.gradient(y, x), np.tile(layer.kernel.numpy().T, (3, 1)))


def test_untrainable_variables_are_not_watched():
    x, fixed = Variable(2.0), Variable(3.0, trainable=False)
    with GradientTape() as tape:
        y = x * fixed
    assert tape.gradient(y, [x, fixed])[1] is None and tape.watched_variables() == (x,)


def test_stop_recording_and_reset():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            z = y * x
        w = y * 2
    assert tape.gradient([w, z], x) == 12.0
    with GradientTape() as tape:
        y = x * x
        tape.reset()
        z = x * 5
    assert tape.watched_variables() == (x,) and float(tape.gradient([y, z], x)) == 5.0


def test_values_are_those_at_the_time_of_reading():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        x.assign(10.0)
        z = x * x
    assert float(tape.gradient([y, z], x)) == 6.0 + 20.0


def test_what_another_tape_recorded_is_a_constant():
    x = Variable(3.0)
    with GradientTape() as first:
        y = x * x
    with GradientTape() as second:
        z = y * x
    assert float(second.gradient(z, x)) == 9.0 and float(first.gradient(y, x)) == 6.0


def test_inner_tape_sees_only_what_it_watches():
    x, w = array(3), Variable(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        h = x * x
        with GradientTape() as inner:
            y = ops.sum(h * w)
        dw, dx = inner.gradient(y, [w, x])
    assert dx is None
    np.testing.assert_allclose(outer.gradient(dw, x), 2 * x.numpy(), rtol=1e-6)


def test_recorded_arrays_cannot_be_changed():
    x = Variable([1.0, 2.0])
    with GradientTape():
        y = x * x
        with pytest.raises(ValueError, match="read-only"):
            y[0] = 5.0
        y.numpy()[0] = 5.0
    assert y.tolist() == [1.0, 4.0]


def test_jacobians():
    x = array(2, 3)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.square(x)[:, :2] * 3
        mixed = ops.matmul(ops.transpose(x), x)
    jacobian = tape.jacobian(y, x)
    expected = np.einsum("ij,ik,jl->ijkl", 6 * x[:, :2], np.eye(2), np.eye(2, 3))
    np.testing.assert_allclose(jacobian, expected, rtol=1e-6)
    each = tape.batch_jacobian(y, x)
    np.testing.assert_allclose(each, np.einsum("iikl->ikl", expected.transpose(0, 2, 1, 3)))
    full = tape.jacobian(mixed, [x])[0]
    assert full.shape == (3, 3, 2, 3)
    np.testing.assert_allclose(np.einsum("iiaj->iaj", full)[1, :, 1], 2 * x[:, 1], rtol=1e-6)


def small_network():
    return Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.4, seed=1),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def test_layers_record_and_keep_their_side_effects():
    model, x, y = small_network(), array(5, 6, 6, 1), np.array([0, 1, 2, 0, 1])
    moving = model.layers[1].moving_mean.numpy()
    loss = losses.SparseCategoricalCrossentropy()
    optimizer, values = optimizers.Adam(0.02), []
    for _ in range(40):
        with GradientTape() as tape:
            value = loss(y, model(x, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        values.append(float(value))
    assert values[-1] < 0.3 * values[0]
    assert not np.array_equal(moving, model.layers[1].moving_mean.numpy())
    assert int(model.layers[2].key.numpy()[1]) == 40


def test_the_tape_equals_the_compiled_gradient():
    model, x, y = small_network(), array(5, 6, 6, 1), np.array([0, 1, 2, 0, 1])
    model.layers[2].rate = 0.0
    before = model.get_weights()
    with GradientTape() as tape:
        value = losses.SparseCategoricalCrossentropy()(y, model(x, training=True))
    by_tape = tape.gradient(value, model.trainable_variables)
    model.set_weights(before)
    model.compile(optimizers.SGD(1.0), losses.SparseCategoricalCrossentropy())
    model.train_on_batch(x.numpy(), y)
    trained = {v.path: v.numpy() for v in model.trainable_variables}
    model.set_weights(before)
    for variable, gradient in zip(model.trainable_variables, by_tape, strict=True):
        step = variable.numpy() - trained[variable.path]
        np.testing.assert_allclose(gradient, step, rtol=1e-4, atol=1e-6)


def test_gradient_penalty():
    """d/dw of (|d (x . w^2) / dx| - 1)^2, where the gradient is w^2."""
    w, x = Variable([1.0, 2.0]), array(4, 2)
    with GradientTape() as tape:
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.matmul(x, ops.reshape(w * w, (2, 1)))
        gradient = inner.gradient(y, [x])[0]
        norm = ops.sqrt(ops.sum(ops.square(gradient), axis=1))
        penalty = ops.mean((norm - 1.0) ** 2)
    n = np.sqrt(1.0 + 16.0)
    expected = 2 * (n - 1) * 2 * np.array([1.0, 8.0]) / n
    np.testing.assert_allclose(tape.gradient(penalty, w), expected, rtol=1e-5)


def values_held():
    tensors = (o for o in gc.get_objects() if isinstance(o, Tensor))
    return sum(isinstance(t.value, np.ndarray) for t in tensors)


@pytest.mark.parametrize("persistent", [False, True])
def test_memory_is_freed_with_the_tape(persistent):
    w = Variable(np.ones((4, 4), "float32"))

    def step():
        with GradientTape(persistent=persistent) as tape:
            y = ops.sum(ops.tanh(w @ w) * array(4, 4))
        return tape.gradient(y, w), weakref.ref(tape)

    step()
    gc.collect()
    gc.disable()
    try:
        before = values_held()
        results = [step() for _ in range(5)]
        assert values_held() == before
        assert all(tape() is None for _, tape in results)
    finally:
        gc.enable()


def test_arrays_of_a_loop_do_not_chain():
    """What one step made is a constant in the next: graphs do not grow."""
    w, state = Variable(1.0), array(2)
    for _ in range(3):
        with GradientTape() as tape:
            state = state * w
        tape.gradient(state, w)
        assert state.tensor.node is None


@pytest.mark.parametrize(
    "bend",
    [
        ops.relu,
        ops.relu6,
        ops.leaky_relu,
        ops.hard_sigmoid,
        ops.abs,
        lambda x: ops.max_pool(ops.reshape(x, (1, 2, 3)), 2),
    ],
)
def test_second_derivatives_at_kinks_are_zeros(bend):
    """What a gradient depends on by steps alone has the derivative 0, and is not unconnected."""
    x, w = ops.convert_to_tensor(np.float32([[-1.0, 2.0, 3.0], [0.5, -2.0, 4.0]])), Variable(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(bend(x * w))
        slope = tape.gradient(y, x)
    dx, dw = outer.gradient(slope, [x, w])
    np.testing.assert_array_equal(dx, np.zeros((2, 3)))
    assert dw.shape == ()


def test_rules_of_custom_gradients_have_gradients():
    @ops.custom_gradient
    def cube(x):
        return x * x * x, lambda g: g * 3 * x * x

    x = ops.convert_to_tensor(np.float32([1.0, 2.0]))
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = cube(x)
        slope = tape.gradient(y, x)
    np.testing.assert_allclose(outer.gradient(slope, x), [6.0, 12.0])


def test_steps_record_what_is_computed_within_the_tape_alone():
    """As TensorFlow's tapes: what was computed before is a constant, unless it is watched."""
    before, within = pyconv.Variable(2.0), pyconv.Variable(3.0)

    class Own(pyconv.Model):
        def train_step(self, data):
            early = ops.square(before)
            with pyconv.GradientTape(persistent=True) as tape:
                loss = early * within + before
                with tape.stop_recording():
                    hidden = within * 5.0
                loss = loss + hidden
            late = loss * 7.0
            flows = tape.gradient(loss, [before, within])
            with pyconv.GradientTape() as watching:
                watching.watch(early)
                watched = early * early
            lost = tape.gradient(late, within)
            return {
                "before": flows[0], "within": flows[1], "early": watching.gradient(watched, early),
                "late": -1.0 if lost is None else lost,
            }  # fmt: skip

    model = Own()
    for eager in (False, True):
        model.compile("sgd", run_eagerly=eager)
        logs = model.fit(np.ones((2, 1)), verbose=0).history
        assert logs == {"before": [1.0], "within": [4.0], "early": [8.0], "late": [-1.0]}


@pytest.mark.parametrize(
    "reduced",
    [
        lambda x: x.sum(0, "float32"),
        lambda x: x.sum(0, np.float32, None, True),
        lambda x: x.sum(axis=1, dtype="float32", keepdims=True),
        lambda x: x.mean(1, None, None, True),
        lambda x: x.prod((0, 1), "float32"),
        lambda x: x.max(0, None, True),
        lambda x: x.min(1, None, False, 0.5),
        lambda x: x.std(1, None, None, 0, True),
        lambda x: x.cumsum(1, "float32"),
        lambda x: x.flatten("C"),
    ],
)
def test_methods_of_recorded_arrays_take_the_arguments_of_numpy(reduced):
    x = Variable(array(2, 3))
    with GradientTape() as tape:
        y = reduced(x + 0.0)
    expected = reduced(x.numpy())
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert tape.gradient(y, x).shape == x.shape

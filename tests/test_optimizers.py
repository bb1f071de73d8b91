"""Optimizers against their equations, step by step in float64, and against torch."""

import inspect
import math

import numpy as np
import pytest

import pyconv
from pyconv import Input, Sequential, layers, optimizers
from pyconv.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Nadam,
    RMSprop,
    schedules,
)

STEPS = 12


def gradients(shapes=((3, 2), (4,)), seed=0):
    """A gradient for each variable and step."""
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=shape) for shape in shapes] for _ in range(STEPS)]


def run(optimizer, steps, start=None):
    """The variables after the steps."""
    shapes = [g.shape for g in steps[0]]
    start = start or [np.ones(shape) for shape in shapes]
    variables = [pyconv.Variable(w, name=f"w{i}") for i, w in enumerate(start)]
    for step in steps:
        optimizer.apply(step, variables)
    return [v.numpy() for v in variables]


def expect(optimizer, rule, steps=None):
    """Compares with rule(w, g, state, t) -> w, for each variable on its own."""
    steps = steps or gradients()
    for i, result in enumerate(run(optimizer, steps)):
        w, state = np.ones(result.shape), {}
        for t, step in enumerate(steps, start=1):
            w = rule(w, step[i], state, t)
        np.testing.assert_allclose(result, w, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [None, 0.1])
def test_sgd(momentum, nesterov, decay):
    def rule(w, g, state, t):
        w = w - w * (decay or 0) * 0.05
        m = state["m"] = momentum * state.get("m", 0.0) - 0.05 * g
        return w + (momentum * m - 0.05 * g if nesterov else m)

    expect(SGD(0.05, momentum=momentum, nesterov=nesterov, weight_decay=decay), rule)


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop(centered, momentum):
    def rule(w, g, state, t):
        v = state["v"] = 0.8 * state.get("v", 0.0) + 0.2 * g**2
        a = state["a"] = 0.8 * state.get("a", 0.0) + 0.2 * g
        step = 0.01 * g / np.sqrt((v - a**2 if centered else v) + 1e-3)
        m = state["m"] = momentum * state.get("m", 0.0) + step
        return w - m

    optimizer = RMSprop(0.01, rho=0.8, momentum=momentum, epsilon=1e-3, centered=centered)
    expect(optimizer, rule)


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam(amsgrad, decay):
    def rule(w, g, state, t):
        w = w - w * decay * 0.01
        m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
        v = state["v"] = 0.99 * state.get("v", 0.0) + 0.01 * g**2
        top = state["top"] = np.maximum(state.get("top", 0.0), v)
        alpha = 0.01 * math.sqrt(1 - 0.99**t) / (1 - 0.9**t)
        return w - alpha * m / (np.sqrt(top if amsgrad else v) + 1e-7)

    expect(Adam(0.01, beta_2=0.99, amsgrad=amsgrad, weight_decay=decay), rule)
    expect(AdamW(0.01, weight_decay=decay, beta_2=0.99, amsgrad=amsgrad), rule)


def test_adamax():
    def rule(w, g, state, t):
        m = state["m"] = 0.8 * state.get("m", 0.0) + 0.2 * g
        u = state["u"] = np.maximum(0.9 * state.get("u", 0.0), abs(g))
        return w - 0.01 / (1 - 0.8**t) * m / (u + 1e-3)

    expect(Adamax(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-3), rule)


def test_nadam():
    def momentum(t):
        return 0.8 * (1 - 0.5 * 0.96**t)

    def rule(w, g, state, t):
        m = state["m"] = 0.8 * state.get("m", 0.0) + 0.2 * g
        v = state["v"] = 0.9 * state.get("v", 0.0) + 0.1 * g**2
        product = state["p"] = state.get("p", 1.0) * momentum(t)
        ahead = momentum(t + 1) * m / (1 - product * momentum(t + 1))
        mean = ahead + (1 - momentum(t)) * g / (1 - product)
        return w - 0.01 * mean / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)

    expect(Nadam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-3), rule)


def test_adagrad():
    def rule(w, g, state, t):
        a = state["a"] = state.get("a", 0.3) + g**2
        return w - 0.05 * g / np.sqrt(a + 1e-3)

    expect(Adagrad(0.05, initial_accumulator_value=0.3, epsilon=1e-3), rule)


def test_adadelta():
    def rule(w, g, state, t):
        v = state["v"] = 0.8 * state.get("v", 0.0) + 0.2 * g**2
        step = np.sqrt((state.get("d", 0.0) + 1e-3) / (v + 1e-3)) * g
        state["d"] = 0.8 * state.get("d", 0.0) + 0.2 * step**2
        return w - 0.5 * step

    expect(Adadelta(0.5, rho=0.8, epsilon=1e-3), rule)


def test_lion():
    def rule(w, g, state, t):
        m = state.get("m", 0.0)
        state["m"] = 0.7 * m + 0.3 * g
        return w - w * 0.01 * 0.5 - 0.01 * np.sign(0.8 * m + 0.2 * g)

    expect(Lion(0.01, beta_1=0.8, beta_2=0.7, weight_decay=0.5), rule)
    with pytest.raises(ValueError, match="`beta_1` above 0"):
        Lion(beta_1=0.0)


def test_nadam_goes_on_from_variables_that_were_set():
    steps = gradients()
    variables = [pyconv.Variable(np.ones(g.shape)) for g in steps[0]]
    first, second = Nadam(), Nadam()
    for step in steps[:5]:
        first.apply(step, variables)
    again = [pyconv.Variable(v.numpy()) for v in variables]
    second.build(again)
    second.set_weights([v.numpy() for v in first.variables])
    for step in steps[5:]:
        first.apply(step, variables)
        second.apply(step, again)
    for a, b in zip(variables, again, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_each_rule_clips_decays_and_averages_in_one_sweep():
    """As SGD without momentum, whose step is the gradient itself."""
    rng = np.random.default_rng(4)
    large = [rng.normal(size=(260, 256)), rng.normal(size=7)]
    steps = [[g * scale for g in large] for scale in (1.0, 3.0)]
    for clip in ("clipnorm", "global_clipnorm", "clipvalue"):
        variables = [pyconv.Variable(np.ones(g.shape)) for g in large]
        optimizer = SGD(0.1, weight_decay=0.2, use_ema=True, ema_momentum=0.6, **{clip: 0.5})
        w, average = [np.ones(g.shape) for g in large], None
        for step in steps:
            optimizer.apply(step, variables)
            norms = [np.linalg.norm(g) for g in step]
            if clip == "global_clipnorm":
                norms = [math.hypot(*norms)] * 2
            clipped = [g * 0.5 / max(norm, 0.5) for g, norm in zip(step, norms, strict=True)]
            if clip == "clipvalue":
                clipped = [np.clip(g, -0.5, 0.5) for g in step]
            w = [a * (1 - 0.02) - 0.1 * g for a, g in zip(w, clipped, strict=True)]
            old = w if average is None else average
            average = [0.6 * a + 0.4 * b for a, b in zip(old, w, strict=True)]
        for v, expected in zip(variables, w, strict=True):
            np.testing.assert_allclose(v.numpy(), expected, rtol=1e-5, atol=1e-6)
        optimizer.finalize_variable_values(variables)
        for v, expected in zip(variables, average, strict=True):
            np.testing.assert_allclose(v.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_an_optimizer_in_ops():
    class Signs(optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, pyconv.ops.sign(gradient) * learning_rate)

    optimizer = Signs(0.5, weight_decay=0.1, use_ema=True, ema_momentum=0.5)
    variable = pyconv.Variable([1.0])
    optimizer.apply([[3.0]], [variable])
    optimizer.apply([[3.0]], [variable])
    first = 0.95 - 0.5
    second = first * 0.95 - 0.5
    np.testing.assert_allclose(variable.numpy(), [second], rtol=1e-6)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), [(first + second) / 2], rtol=1e-5)


def test_averages_follow_variables_before_they_are_constrained():
    variable = pyconv.Variable([1.0])
    variable.constraint = lambda w: pyconv.ops.maximum(w, 0.0)
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    optimizer.apply([[0.5]], [variable])
    optimizer.apply([[3.0]], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.0])
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), [0.5 * 0.5 + 0.5 * (0.5 - 3.0)])


def test_a_nan_in_a_gradient_is_not_clipped_away():
    for clip in ("clipnorm", "global_clipnorm", "clipvalue"):
        variable = pyconv.Variable([1.0, 1.0])
        SGD(0.1, **{clip: 0.5}).apply([[float("nan"), 1.0]], [variable])
        assert np.isnan(variable.numpy()[0])


def test_clipping():
    def shortened(g, norm, bound):
        return g * bound / max(norm, bound)

    steps = gradients()
    expect(SGD(0.1, clipvalue=0.3), lambda w, g, s, t: w - 0.1 * np.clip(g, -0.3, 0.3))
    expect(
        SGD(0.1, clipnorm=1.0), lambda w, g, s, t: w - 0.1 * shortened(g, np.linalg.norm(g), 1.0)
    )
    norms = [math.sqrt(sum((g**2).sum() for g in step)) for step in steps]
    expect(
        SGD(0.1, global_clipnorm=1.0),
        lambda w, g, s, t: w - 0.1 * shortened(g, norms[t - 1], 1.0),
    )
    with pytest.raises(ValueError, match="at most one of `clipnorm`"):
        SGD(clipnorm=1.0, clipvalue=1.0)
    expect(SGD(0.1, clipnorm=0.0), lambda w, g, s, t: w - 0.1 * g)


def test_the_rate_is_data_and_momentum_folds_it_in():
    variable = pyconv.Variable([1.0])
    optimizer = SGD(0.1, momentum=0.5)
    optimizer.apply([[1.0]], [variable])  # m = -0.1
    optimizer.learning_rate = 0.01
    optimizer.apply([[1.0]], [variable])  # m = -0.05 - 0.01
    np.testing.assert_allclose(variable.numpy(), [1 - 0.1 - 0.06], rtol=1e-6)
    optimizer.learning_rate.assign(1.0)
    optimizer.apply([[1.0]], [variable])  # m = -0.03 - 1
    np.testing.assert_allclose(variable.numpy(), [0.84 - 1.03], rtol=1e-5)
    assert len(optimizer._functions) == 1


def test_iterations_count_updates_and_can_be_set():
    optimizer = Adam()
    run(optimizer, gradients()[:3])
    assert int(optimizer.iterations.numpy()) == 3
    optimizer.iterations.assign(np.int32(10))
    assert optimizer.updates() == 10


def test_schedules():
    decay = schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    assert decay(5) == pytest.approx(0.1 * 0.5**0.5)
    assert schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True)(19) == pytest.approx(0.05)
    pieces = schedules.PiecewiseConstantDecay([2, 4], [0.3, 0.2, 0.1])
    assert [pieces(i) for i in range(6)] == [0.3, 0.3, 0.3, 0.2, 0.2, 0.1]
    cosine = schedules.CosineDecay(0.1, decay_steps=8, alpha=0.2)
    assert cosine(4) == pytest.approx(0.1 * (0.8 * 0.5 + 0.2))
    assert cosine(100) == pytest.approx(0.02)
    warm = schedules.CosineDecay(0.0, 8, warmup_target=0.1, warmup_steps=4)
    assert [warm(0), warm(2), warm(4), warm(12)] == pytest.approx([0.0, 0.05, 0.1, 0.0])
    for schedule in (decay, pieces, warm):
        assert type(schedule).from_config(schedule.get_config())(3) == schedule(3)
    with pytest.raises(ValueError, match="one value more"):
        schedules.PiecewiseConstantDecay([1], [0.1])


def test_a_schedule_is_followed_and_not_settable():
    optimizer = SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.1]))
    variable = pyconv.Variable([0.0])
    for expected in (-1.0, -1.1):
        optimizer.apply([[1.0]], [variable])
        np.testing.assert_allclose(variable.numpy(), [expected], rtol=1e-6)
    with pytest.raises(TypeError, match="follows a schedule"):
        optimizer.learning_rate = 0.1


def test_rates_and_counts_are_arrays():
    schedule = schedules.CosineDecay(0.5, 10)
    optimizer = SGD(schedule, gradient_accumulation_steps=2)
    for value in (schedule(0), optimizer.learning_rate, SGD(0.5).learning_rate):
        assert value.numpy() == np.float32(0.5) and float(value) == 0.5
    variable = pyconv.Variable([0.0])
    for _ in range(3):
        optimizer.apply([[1.0]], [variable])
    assert optimizer.iterations.numpy() == 1 and optimizer.count() == 3


def test_excluded_variables_do_not_decay():
    kernel, bias = pyconv.Variable([1.0], name="kernel"), pyconv.Variable([1.0], name="bias")
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([[0.0], [0.0]], [kernel, bias])
    np.testing.assert_allclose([kernel.numpy()[0], bias.numpy()[0]], [0.95, 1.0])


def test_moving_averages():
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.9)
    variable = pyconv.Variable([0.0])
    w = average = 0.0
    for t in range(5):
        optimizer.apply([[1.0]], [variable])
        w -= 1.0
        average = w if t == 0 else 0.9 * average + 0.1 * w
    np.testing.assert_allclose(variable.numpy(), [w])
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), [average], rtol=1e-6)
    often = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    other = pyconv.Variable([0.0])
    for _ in range(2):
        often.apply([[1.0]], [other])
    np.testing.assert_allclose(other.numpy(), [-1.5])


def test_variables_of_later_updates_are_those_of_the_first():
    a, b = pyconv.Variable([0.0]), pyconv.Variable([0.0], name="b")
    optimizer = SGD(1.0, momentum=0.5)
    optimizer.apply([[1.0], [1.0]], [a, b])
    optimizer.apply([[1.0]], [b])
    np.testing.assert_allclose([a.numpy()[0], b.numpy()[0]], [-1.0, -2.5])
    other = SGD(1.0)
    other.apply([[1.0]], [a])
    with pytest.raises(ValueError, match="built with, received b"):
        other.apply([[1.0], [1.0]], [a, b])
    other.apply([[1.0]])
    np.testing.assert_allclose(a.numpy(), [-3.0])


def test_constraints_are_applied_after_the_update():
    variable = pyconv.Variable([1.0, 1.0])
    variable.constraint = lambda w: pyconv.ops.clip(w, 0.0, 10.0)
    SGD(1.0).apply([[3.0, -1.0]], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.0, 2.0])


def test_missing_gradients():
    a, b = pyconv.Variable([0.0], name="a"), pyconv.Variable([0.0], name="b")
    with pytest.warns(UserWarning, match="does not depend on b"):
        SGD(1.0).apply([[1.0], None], [a, b])
    assert a.numpy()[0] == -1.0 and b.numpy()[0] == 0.0
    with pytest.raises(ValueError, match="received no gradient for any"):
        SGD().apply([None, None], [a, b])


def test_get_and_configs():
    for name, cls in [("sgd", SGD), ("SGD", SGD), ("adam", Adam), ("rmsprop", RMSprop),
                      ("AdamW", AdamW), ("adamax", Adamax), ("Nadam", Nadam), ("lion", Lion),
                      ("Adagrad", Adagrad), ("adadelta", Adadelta)]:  # fmt: skip
        optimizer = optimizers.get(name)
        assert type(optimizer) is cls
        again = cls.from_config(optimizer.get_config())
        assert again.get_config() == optimizer.get_config()
    with pytest.raises(ValueError, match="expected a name of optimizers, one of .*'sdg'"):
        optimizers.get("sdg")
    assert optimizers.get(None) is None
    with pytest.raises(ValueError, match="expected an optimizer"):
        optimizers.get(Adam)
    with pytest.raises(ImportError, match="no longer has"):
        optimizers.legacy.Adam(0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": -0.1}, "`learning_rate` to be a number of at least 0"),
        ({"learning_rate": float("nan")}, "`learning_rate`"),
        ({"learning_rate": "fast"}, "`learning_rate`"),
        ({"momentum": 1.5}, "`momentum` to be a number from 0.0 to 1.0"),
        ({"learning_rate": 1}, "`learning_rate` to be a float"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps"),
        ({"ema_overwrite_frequency": 1.5}, "ema_overwrite_frequency"),
        ({"lr": 0.1}, "received also lr"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SGD(**arguments)


@pytest.mark.peer
def test_like_torch():
    torch = pytest.importorskip("torch")
    steps = gradients()
    for ours, make in [
        (SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        (SGD(0.05, momentum=0.9, nesterov=True),
         lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
        (AdamW(0.01, weight_decay=0.1, epsilon=1e-12),
         lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1, eps=1e-12)),
    ]:  # fmt: skip
        theirs = [torch.ones(g.shape, requires_grad=True) for g in steps[0]]
        optimizer = make(theirs)
        for step in steps:
            for w, g in zip(theirs, step, strict=True):
                w.grad = torch.tensor(g, dtype=torch.float32)
            optimizer.step()
        for a, b in zip(run(ours, steps), theirs, strict=True):
            np.testing.assert_allclose(a, b.detach().numpy(), rtol=2e-5, atol=2e-6)


@pytest.mark.peer
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("RMSprop", {"momentum": 0.5, "centered": True}),
        ("Adam", {"amsgrad": True, "clipnorm": 0.5}),
        ("AdamW", {"clipvalue": 0.3}),
        ("Adamax", {"weight_decay": 0.1}),
        ("Nadam", {}),
        ("Adagrad", {"global_clipnorm": 0.7}),
        ("Adadelta", {}),
        ("Lion", {"weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.5}),
    ],
)
def test_like_keras(name, arguments):
    keras = pytest.importorskip("keras")
    steps = gradients()
    theirs = [keras.Variable(np.ones(g.shape, "float32")) for g in steps[0]]
    optimizer = getattr(keras.optimizers, name)(0.01, **arguments)
    for step in steps:
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(g)) for g in step], theirs)
    ours = run(getattr(optimizers, name)(0.01, **arguments), steps)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, keras.ops.convert_to_numpy(b), rtol=2e-5, atol=2e-6)


@pytest.mark.peer
def test_arguments_of_keras():
    keras = pytest.importorskip("keras")
    for name in ("Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "RMSprop"):
        ours, theirs = (
            inspect.signature(getattr(module, name)).parameters
            for module in (optimizers, keras.optimizers)
        )
        assert list(ours) == list(theirs)
        for key in ours:
            assert key == "name" or ours[key].default == theirs[key].default


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Adam", {"beta_1": 0.0, "beta_2": 0.0}),
        ("Nadam", {"beta_1": 0.0, "beta_2": 0.0}),
        ("Lamb", {"beta_1": 0.0, "beta_2": 0.0}),
        ("Adamax", {"beta_1": 0.0, "beta_2": 0.0}),
        ("RMSprop", {"rho": 0.0}),
        ("Adadelta", {"rho": 0.0}),
    ],
)
def test_tables_learn_where_nothing_of_the_last_squares_is_kept(name, arguments):
    """Rows are looked up twice, whose squares go place by place into a mean that forgets."""
    table = layers.Embedding(4, 2, embeddings_initializer="ones")
    model = Sequential([Input((3,), dtype="int32"), table, layers.Flatten(), layers.Dense(1)])
    model.compile(getattr(optimizers, name)(0.01, **arguments), "mse")
    model.fit(np.array([[0, 0, 1], [1, 2, 0]]), np.ones(2), epochs=3, verbose=0)
    rows = table.get_weights()[0]
    assert np.isfinite(rows).all() and (rows[:3] != 1).all() and (rows[3] == 1).all()

"""Every optimizer with every argument, and every schedule, beside installed Keras."""

import inspect

import numpy as np
import pytest

import pyconv
from pyconv import optimizers

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.peer

STEPS = 6
SHAPES = {"kernel": (4, 3), "bias": (3,), "embedding": (2, 3, 2)}
SHARED = {
    "plain": {},
    "decay": {"weight_decay": 0.1},
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.2},
    "global_clipnorm": {"global_clipnorm": 0.8, "weight_decay": 0.05},
    "no clipping": {"clipnorm": 0.0},
    "scale": {"loss_scale_factor": 8.0},
    "ema": {"use_ema": True, "ema_momentum": 0.8},
    "overwriting": {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 3, "clipnorm": 0.5, "weight_decay": 0.1},
    "all": {
        "gradient_accumulation_steps": 2,
        "use_ema": True,
        "ema_momentum": 0.7,
        "ema_overwrite_frequency": 2,
        "weight_decay": 0.1,
        "loss_scale_factor": 0.5,
    },
}
OWN = {
    "SGD": [{"momentum": 0.9}, {"momentum": 0.8, "nesterov": True}],
    "RMSprop": [{"rho": 0.7, "momentum": 0.5, "epsilon": 1e-3, "centered": True}],
    "Adam": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "amsgrad": True}],
    "AdamW": [{"weight_decay": 0.2}],
    "Adamax": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}],
    "Nadam": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}],
    "Adagrad": [{"initial_accumulator_value": 0.3, "epsilon": 1e-3}],
    "Adadelta": [{"rho": 0.8, "epsilon": 1e-2}],
    "Lion": [{"beta_1": 0.7, "beta_2": 0.8}],
    "Lamb": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}],
    "Ftrl": [
        {"learning_rate_power": -0.6, "initial_accumulator_value": 0.2, "beta": 0.1},
        {
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.03,
        },
    ],
    "Adafactor": [{"beta_2_decay": -0.6, "clip_threshold": 0.5, "relative_step": False}],
    "Muon": [{"nesterov": False, "rms_rate": None}, {"exclude_layers": ["kernel"]}],
}
SCHEDULES = [
    ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.5}),
    ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"decay_steps": 6, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"decay_steps": 6, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"decay_steps": 12, "alpha": 0.1}),
    ("CosineDecay", {"decay_steps": 12, "warmup_target": 0.3, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"first_decay_steps": 4}),
    ("CosineDecayRestarts", {"first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", {"first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9}),
]


def values(seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return [np.float32(rng.normal(size=shape) * scale) for shape in SHAPES.values()]


def constrained(library, variable):
    variable.constraint = lambda w: library.ops.clip(w, -0.8, 0.8)
    return variable


def trajectories(name, arguments, rate=0.05, excluded=None, constraint=False):
    """The variables of both libraries after each step, and both optimizers."""
    optimizer, peer = (
        getattr(library.optimizers, name)(rate(library) if callable(rate) else rate, **arguments)
        for library in (pyconv, keras)
    )
    ours = [pyconv.Variable(v, name=k) for k, v in zip(SHAPES, values(9), strict=True)]
    theirs = [keras.Variable(v, name=k) for k, v in zip(SHAPES, values(9), strict=True)]
    for o, variables, library in ((optimizer, ours, pyconv), (peer, theirs, keras)):
        if excluded:
            o.exclude_from_weight_decay(**excluded(variables))
        if constraint:
            constrained(library, variables[1])
    for step in range(STEPS):
        gradients = values(step, 1.0 + step)
        optimizer.apply(gradients, ours)
        peer.apply([keras.ops.convert_to_tensor(g) for g in gradients], theirs)
        for a, b in zip(ours, theirs, strict=True):
            yield a.numpy(), keras.ops.convert_to_numpy(b), optimizer, peer
    optimizer.finalize_variable_values(ours)
    peer.finalize_variable_values(theirs)
    for a, b in zip(ours, theirs, strict=True):
        yield a.numpy(), keras.ops.convert_to_numpy(b), optimizer, peer


def compare(*case, **options):
    found = list(trajectories(*case, **options))
    for ours, theirs, *_ in found:
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=3e-6, err_msg=str(case))
    return found[-1][2:]


@pytest.mark.parametrize("name", OWN)
def test_trajectories(name):
    """The shared arguments go round; `test_all_trajectories` takes all of them."""
    turn = list(OWN).index(name) % len(SHARED)
    check(name, [*OWN[name], OWN[name][0] | list(SHARED.values())[turn], SHARED["all"]])


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_all_trajectories(name):
    check(name, [{}, *SHARED.values(), *(OWN[name][0] | shared for shared in SHARED.values())])


def check(name, cases):
    for arguments in cases:
        optimizer, peer = compare(name, arguments)
        kept = [(v.shape, keras.ops.convert_to_numpy(v)) for v in peer.variables]
        assert [v.shape for v in optimizer.variables] == [shape for shape, _ in kept]
        for ours, (_, theirs) in zip(optimizer.variables, kept, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, rtol=3e-5, atol=3e-6)
        ours, theirs = optimizer.get_config(), peer.get_config()
        assert {**ours, "name": 0} == {**theirs, "name": 0}
        assert type(optimizer).from_config(ours).get_config() == ours
        assert int(optimizer.iterations) == int(peer.iterations)


def test_decay_with_exclusions():
    for excluded in (
        lambda variables: {"var_names": ["bias"]},
        lambda variables: {"var_list": variables[:1]},
        lambda variables: {"var_list": variables[:1], "var_names": ["^b", "dd"]},
    ):
        for name in ("SGD", "AdamW", "Lion", "Muon"):
            compare(name, {"weight_decay": 0.5}, excluded=excluded)


def test_constraints_and_averages():
    for shared in ("ema", "overwriting", "all"):
        compare("SGD", SHARED[shared], constraint=True)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_schedules(name, arguments):
    def rate(library):
        return getattr(library.optimizers.schedules, name)(0.1, **arguments)

    for step in range(40):
        np.testing.assert_allclose(float(rate(pyconv)(step)), float(rate(keras)(step)), rtol=1e-5)
    compare("Adam", {}, rate=rate)
    optimizer, _ = compare("SGD", {"gradient_accumulation_steps": 2, "momentum": 0.9}, rate=rate)
    again = type(optimizer).from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()


def test_piecewise_and_user_schedules():
    def pieces(library):
        return library.optimizers.schedules.PiecewiseConstantDecay([2, 5, 7], [0.4, 0.3, 0.2, 0.1])

    def users(library):
        class WarmUp(library.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                step = library.ops.cast(step, "float32")
                return 0.1 * library.ops.minimum(step + 1.0, 4.0) / 4.0

        return WarmUp()

    def functions(library):
        return lambda: 0.02

    compare("SGD", {"momentum": 0.9}, rate=pieces)
    compare("Adam", {}, rate=users)
    compare("Adagrad", {}, rate=functions)


def test_subclasses():
    def made(library, base, body):
        return type("Own", (getattr(library.optimizers, base),), body(library))

    def centred(library):
        def update_step(self, gradient, variable, learning_rate):
            if len(gradient.shape) > 1:
                axes = tuple(range(len(gradient.shape) - 1))
                gradient = gradient - library.ops.mean(gradient, axis=axes, keepdims=True)
            super(type(self), self).update_step(gradient, variable, learning_rate * 0.5)

        return {"update_step": update_step}

    def momentum(library):
        def build(self, variables):
            super(type(self), self).build(variables)
            self.m = [self.add_variable_from_reference(v, name="m") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            m = self.m[self._get_variable_index(variable)]
            step = library.ops.cast(self.iterations + 1, "float32")
            self.assign(m, 0.9 * m + gradient / step)
            self.assign_sub(variable, learning_rate * m)

        return {"build": build, "update_step": update_step}

    def applied(library):
        def apply(self, grads, trainable_variables=None):
            super(type(self), self).apply([g * 0.1 for g in grads], trainable_variables)

        return {"apply": apply}

    for base, body, shared in [
        ("Adam", centred, {"weight_decay": 0.1, "clipnorm": 0.5}),
        ("SGD", centred, {"momentum": 0.9}),
        ("RMSprop", centred, {}),
        ("Optimizer", momentum, {"weight_decay": 0.1, "use_ema": True}),
        ("Optimizer", momentum, {"gradient_accumulation_steps": 2}),
        ("Adam", applied, {}),
    ]:
        results = []
        for library in (pyconv, keras):
            optimizer = made(library, base, body)(0.05, **shared)
            variables = [library.Variable(v) for v in values(9)]
            for step in range(STEPS):
                gradients = [
                    library.Variable(g).value if library is keras else g for g in values(step)
                ]
                optimizer.apply(gradients, variables)
            results.append([np.array(v.numpy()) for v in variables])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=3e-6, err_msg=base)


def test_signatures():
    for name in [*OWN, "Optimizer"]:
        if name == "Optimizer":
            continue
        ours, theirs = (
            [(p.name, p.default) for p in inspect.signature(cls).parameters.values()]
            for cls in (getattr(optimizers, name), getattr(keras.optimizers, name))
        )
        assert ours == theirs


WORDS = [
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"gradient_accumulation_steps": 2}),
    ("Adam", {"clipnorm": 0.1}),
    ("SGD", {"clipvalue": 0.01}),
    ("SGD", {"global_clipnorm": 0.1}),
    ("RMSprop", {"momentum": 0.5}),
    *((name, {}) for name in ("Adagrad", "Adamax", "Lamb", "Lion", "Nadam")),
]


def losses_of_words(library, name, options, twice=False, penalty=None):
    """Losses of eight steps of a model of words, most of which come several times in a batch."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 7, (40, 6)), rng.random((40, 1)).astype("float32")
    inputs = library.Input((6,), dtype="int32")
    table = library.layers.Embedding(9, 4, embeddings_regularizer=penalty)
    words = table(inputs)
    words = words + table(library.ops.flip(inputs, 1)) if twice else words
    model = library.Model(inputs, library.layers.Dense(1)(library.layers.Flatten()(words)))
    model.set_weights([rng.random(w.shape) - 0.5 for w in model.weights])
    model.compile(getattr(library.optimizers, name)(0.02, **options), "mse")
    batches = [slice(10 * (i % 4), 10 * (i % 4) + 10) for i in range(8)]
    return [float(model.train_on_batch(x[rows], y[rows])) for rows in batches]


@pytest.mark.parametrize(("name", "options"), WORDS)
def test_words_that_come_again_are_squared_and_clipped_one_by_one(name, options):
    ours, theirs = (losses_of_words(library, name, options) for library in (pyconv, keras))
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-6)


def test_tables_that_are_used_twice_or_penalized():
    for case in ({"twice": True}, {"penalty": "l2"}):
        ours, theirs = (losses_of_words(k, "Adam", {}, **case) for k in (pyconv, keras))
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-6)
